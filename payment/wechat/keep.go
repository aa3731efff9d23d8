package wechat

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"kioskd/payment/internal/link"
)

// Keeper keeps the platform certificates while the machine is off, so that a
// start needs no download. What it keeps is encrypted and signed as it came,
// is verified again when it is loaded, and is no secret beyond that.
type Keeper interface {
	// Load returns what was saved last, or nothing and no error.
	Load() ([]byte, error)
	// Save puts data in the place of what was saved before: after a power cut
	// one of the two is there, whole.
	Save(data []byte) error
}

// kept is a certificate answer as it came.
type kept struct {
	Timestamp string `json:"timestamp"`
	Nonce     string `json:"nonce"`
	Serial    string `json:"serial"`
	Signature string `json:"signature"`
	Body      string `json:"body"`
}

func (k kept) header() http.Header {
	h := http.Header{}
	h.Set("Wechatpay-Timestamp", k.Timestamp)
	h.Set("Wechatpay-Nonce", k.Nonce)
	h.Set("Wechatpay-Serial", k.Serial)
	h.Set("Wechatpay-Signature", k.Signature)
	return h
}

// keep saves a verified answer. Without it the next start downloads again.
func (c *Client) keep(r link.Reply) {
	if c.platform.keeper == nil {
		return
	}
	data, err := json.Marshal(kept{
		Timestamp: r.Header.Get("Wechatpay-Timestamp"),
		Nonce:     r.Header.Get("Wechatpay-Nonce"),
		Serial:    r.Header.Get("Wechatpay-Serial"),
		Signature: r.Header.Get("Wechatpay-Signature"),
		Body:      string(r.Body),
	})
	if err == nil {
		err = c.platform.keeper.Save(data)
	}
	if err != nil {
		c.log.Warn("the platform certificates are not kept; selling goes on", "error", err)
	}
}

// recall puts kept certificates into the keyring. What cannot be proved is not
// used: the first call downloads.
func (c *Client) recall() {
	if c.platform.key == "" || c.platform.keeper == nil {
		return
	}
	data, err := c.platform.keeper.Load()
	if err == nil && len(data) == 0 {
		return
	}
	ring := *c.keys.Load()
	if err == nil {
		ring, err = readKept(data, c.platform.key, ring)
	}
	if err != nil {
		c.log.Warn("the kept platform certificates are not used", "error", err)
		return
	}
	c.keys.Store(&ring)
	c.announceEnd(ring.certs)
}

func readKept(data []byte, key string, ring keyring) (keyring, error) {
	var k kept
	if len(data) > 2*link.MaxAnswer {
		return ring, fmt.Errorf("they are longer than %d bytes", 2*link.MaxAnswer)
	}
	if err := json.Unmarshal(data, &k); err != nil {
		return ring, errors.New("they are damaged")
	}
	certs, err := openCertificates([]byte(k.Body), key)
	if err != nil {
		return ring, err
	}
	ring.certs = certs
	if err := ring.verifyKept(k.header(), []byte(k.Body)); err != nil {
		return ring, err
	}
	return ring, nil
}
