package wechat

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kioskd/payment/internal/link"
	"kioskd/reconcile"
	"kioskd/sale"
)

var _ reconcile.Biller = (*Client)(nil)

const (
	billPath = "/v3/bill/tradebill"
	// maxBill bounds a bill before and after decompression: about 900,000 lines.
	maxBill = 256 << 20
)

// billHosts are the provider's own. A URL that names none of them, and none of
// the base URLs, is not the provider's.
var billHosts = []string{"api.mch.weixin.qq.com", "api2.mch.weixin.qq.com", "api.wechatpay.cn", "api2.wechatpay.cn"}

// billAnswer says where a bill is. It is signed; the bill is not.
type billAnswer struct {
	HashType    string `json:"hash_type"`
	HashValue   string `json:"hash_value"`
	DownloadURL string `json:"download_url"`
}

// TradeBill is part of reconcile.Biller: it asks for the bill of a day, of type
// ALL and compressed, and writes it out. The URL of the file works for minutes,
// or, by older documents, for 30 s. The file's answer has no signature: what
// was written is the bill if its SHA-1 is the one of the signed answer before.
// Of the URL only path and query are used, which go to the base URL in use.
//
// Errors: reconcile.ErrNoBill and reconcile.ErrNotReady, both unsigned,
// sale.ErrMerchant, sale.ErrRefused (the date), sale.ErrTemporary (also for a
// file that is not the one that was announced).
// (pay.weixin.qq.com/doc/v3/merchant/4012556654)
func (c *Client) TradeBill(ctx context.Context, day reconcile.Day, w io.Writer) error {
	what := "ask for the bill of " + day.String()
	a, err := c.ask(ctx, request{
		what: what, method: http.MethodGet, want: http.StatusOK,
		path: billPath + "?bill_date=" + day.String() + "&bill_type=ALL&tar_type=GZIP",
	})
	if err != nil {
		return err
	}
	var b billAnswer
	if err := decode(a.body, &b); err != nil {
		return fmt.Errorf("%s: %w", what, c.unverified(err))
	}
	want, err := hex.DecodeString(b.HashValue)
	if b.HashType != "SHA1" || err != nil || len(want) != sha1.Size {
		return fmt.Errorf("%s: %w", what, c.unverified(fmt.Errorf("the answer names no SHA-1 but %s %s", link.Quote(b.HashType), link.Quote(b.HashValue))))
	}
	path, err := c.filePath(b.DownloadURL)
	if err != nil {
		return fmt.Errorf("%s: %w", what, c.unverified(err))
	}
	return c.billFile(ctx, request{what: "fetch the bill of " + day.String(), method: http.MethodGet, path: path, want: http.StatusOK}, want, w)
}

// filePath is the part of a file's URL that is signed and sent. Its query opens
// the bill for a while, so no error tells it.
func (c *Client) filePath(s string) (string, error) {
	u, err := url.Parse(s)
	bare, _, _ := strings.Cut(s, "?")
	switch {
	case err != nil:
		return "", errors.New("the answer's download_url is not a URL")
	case u.Host == "" || len(s) > 2048:
		return "", fmt.Errorf("the answer's download_url %s is not a URL", link.Quote(bare))
	case u.User != nil || !strings.HasPrefix(u.Path, "/v3/"):
		bare, _, _ = strings.Cut(u.Redacted(), "?")
		return "", fmt.Errorf("the answer's download_url %s is not one of this interface", link.Quote(bare))
	case !slices.Contains(c.settings.BaseURLs, u.Scheme+"://"+u.Host) && (u.Scheme != "https" || !slices.Contains(billHosts, u.Host)):
		return "", fmt.Errorf("the answer's download_url leads to %s, which is not WeChat Pay", link.Quote(u.Scheme+"://"+u.Host))
	}
	return u.RequestURI(), nil
}

// billFile fetches the file and writes what is in it.
func (c *Client) billFile(ctx context.Context, q request, want []byte, w io.Writer) error {
	err := c.link.Receive(ctx, link.Call{
		Method: q.method, Path: q.path,
		Sign: func(r *http.Request) error {
			err := c.sign(r, q)
			r.Header.Set("Accept", "*/*")
			return err
		},
	}, func(r link.Reply, body io.Reader) error {
		if r.Status == q.want {
			return unpack(body, want, w)
		}
		r.Body, _ = io.ReadAll(io.LimitReader(body, link.MaxAnswer))
		err := c.refused(q, r)
		if errors.Is(err, sale.ErrRefused) || errors.Is(err, sale.ErrNotFound) { // such as a URL that has run out
			return fmt.Errorf("%w: %w", sale.ErrTemporary, err)
		}
		return err
	})
	if err != nil {
		c.log.DebugContext(ctx, "wechat call failed", "call", q.what, "error", err)
		return fmt.Errorf("%s: %w", q.what, err)
	}
	return nil
}

// unpack writes a file's content and compares its hash. A file is known to be
// compressed by its first bytes, with which no text begins.
func unpack(file io.Reader, want []byte, w io.Writer) error {
	in := bufio.NewReader(io.LimitReader(file, maxBill))
	var content io.Reader = in
	if magic, _ := in.Peek(2); string(magic) == "\x1f\x8b" {
		z, err := gzip.NewReader(in)
		if err != nil {
			return otherFile(err)
		}
		content = z
	}
	sum := sha1.New()
	n, err := io.Copy(io.MultiWriter(sum, w), io.LimitReader(content, maxBill+1))
	switch {
	case err != nil:
		return otherFile(err)
	case n > maxBill:
		return fmt.Errorf("%w: the bill is longer than %d MiB", sale.ErrRefused, maxBill>>20)
	case string(sum.Sum(nil)) != string(want):
		return otherFile(fmt.Errorf("its SHA-1 is %x, not %x", sum.Sum(nil), want))
	}
	return nil
}

func otherFile(err error) error {
	return &sale.Fault{
		Code: sale.CodePayVerify,
		What: "the bill's file is not the one that WeChat Pay has announced",
		Hint: "if it stays, look for a proxy in this network",
		Err:  fmt.Errorf("%w: %w", sale.ErrTemporary, err),
	}
}
