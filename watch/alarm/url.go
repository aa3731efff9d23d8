package alarm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// postWithin bounds one POST.
const postWithin = 10 * time.Second

// URL is posted to, as application/json. Any 2xx means that the message was
// taken; redirections are not followed. An address is often a secret of its
// own, so no error tells it.
type URL struct {
	address string
	version string // of the user agent
	http    *http.Client
}

var _ Target = (*URL)(nil)

// NewURL wants an address that the config has checked.
func NewURL(address, version string) *URL {
	return &URL{address: address, version: version, http: &http.Client{
		Timeout:       postWithin,
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConns: 1, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Name is part of [Target].
func (*URL) Name() string { return "url" }

// Send is part of [Target].
func (u *URL) Send(ctx context.Context, m Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.address, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address cannot be used")
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "kioskd/"+u.version)
	answer, err := u.http.Do(r)
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err // e itself has the address in it
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, 64<<10) // so that the connection can be used again
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("the answer is %s", answer.Status)
	}
	return nil
}
