package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Receive is Send for an answer that may be long. Instead of being kept, its
// body is read by take, which is called once at most, with a Reply that has no
// Body. There is no limit to size or time but ctx and take itself; only a
// silence as long as one attempt ends it. If the body breaks off, Receive
// returns that as Send does, whatever take returns; otherwise what take returns.
func (l *Link) Receive(ctx context.Context, c Call, take func(Reply, io.Reader) error) error {
	var taken error
	err := l.search(ctx, c, func(base string) (answered bool, err error) {
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		silence := fmt.Errorf("nothing came for %s", l.attempt)
		watch := time.AfterFunc(l.attempt, func() { cancel(silence) })
		defer watch.Stop()
		resp, err := l.open(ctx, base, c)
		if err != nil {
			return false, causeOf(ctx, err)
		}
		defer resp.Body.Close()
		b := &body{Reader: resp.Body, heard: func() { watch.Reset(l.attempt) }}
		taken = take(Reply{Base: base, Status: resp.StatusCode, Header: resp.Header}, b)
		if b.lost != nil {
			return true, fmt.Errorf("%s: the answer broke off: %w", base, causeOf(ctx, b.lost))
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	return taken
}

// causeOf says why ctx ended where that is why something failed.
func causeOf(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Cause(ctx)
	}
	return err
}

// body notes what happens to the body of an answer.
type body struct {
	io.Reader
	heard func()
	lost  error
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if n > 0 {
		b.heard()
	}
	if err != nil && err != io.EOF {
		b.lost = err
	}
	return n, err
}
