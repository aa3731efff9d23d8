package desk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"syscall"
	"time"

	"kioskd/payment/paytest"
)

// CallPing is the client's look whether the provider is there.
const CallPing paytest.Call = "ping"

// Parcel is a request on its way.
type Parcel struct {
	Call   paytest.Call
	Number string // out_trade_no; "" if it is about no order
	Nth    int    // of this call for this order, from 1
	Host   string
	At     time.Time
	Try    *Try // the gateway call that it belongs to, nil if nobody watches
}

// Delivery is what becomes of a request. The zero value is a good network.
type Delivery struct {
	Refuse bool          // the connection breaks at once; nothing arrives
	Hang   bool          // it vanishes: no effect, and no word until the client gives up
	Wait   time.Duration // it arrives so much later, and the client waits
	Late   time.Duration // the connection breaks at once, and the request arrives so much later all the same
	Lose   bool          // it arrives, and the answer vanishes
	Cut    bool          // it arrives, and the connection breaks instead of an answer
	Again  time.Duration // it arrives a second time, so much later
	// Forge replaces the answer. real is the provider's, nil with Hang or
	// Refuse, which then say whether the request arrives.
	Forge func(real *http.Response) *http.Response
	// See is shown the provider's answer before the client is, and the body in
	// one piece.
	See func(real *http.Response, body []byte)
}

// Try is one call of a gateway, which may send several requests.
type Try struct {
	mu     lock
	forged int
}

// Forged is how many forged answers the call was given.
func (t *Try) Forged() int {
	defer t.mu.hold()()
	return t.forged
}

type tryKey struct{}

// WithTry marks a call's context.
func WithTry(ctx context.Context) (context.Context, *Try) {
	t := &Try{}
	return context.WithValue(ctx, tryKey{}, t), t
}

// Courier carries requests to the provider's handler without a network. It is
// the client's http.RoundTripper.
type Courier struct {
	handler http.Handler
	waiting sync.WaitGroup

	mu       lock
	rule     func(Parcel) Delivery
	sent     []Parcel
	counts   map[string]int
	inFlight map[string]int
	overlaps []string
}

// NewCourier serves one provider.
func NewCourier(h http.Handler) *Courier {
	return &Courier{handler: h, counts: map[string]int{}, inFlight: map[string]int{}}
}

// SetRule decides about every request from now on; nil mends the network.
func (c *Courier) SetRule(r func(Parcel) Delivery) {
	defer c.mu.hold()()
	c.rule = r
}

// Sent is every request that the client made, oldest first.
func (c *Courier) Sent() []Parcel {
	defer c.mu.hold()()
	return append([]Parcel(nil), c.sent...)
}

// Overlaps names every order for which two requests were under way at once.
func (c *Courier) Overlaps() []string {
	defer c.mu.hold()()
	return append([]string(nil), c.overlaps...)
}

// Wait waits until nothing is on its way any more.
func (c *Courier) Wait() { c.waiting.Wait() }

var (
	errReset   = &netError{syscall.ECONNRESET}
	errRefused = &netError{syscall.ECONNREFUSED}
)

type netError struct{ error }

// RoundTrip implements http.RoundTripper.
func (c *Courier) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	p, d := c.accept(r, body)
	defer c.leave(p.Number)
	var real *http.Response
	switch {
	case d.Hang && d.Forge == nil:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case d.Refuse && d.Forge == nil:
		return nil, errRefused
	case d.Late > 0:
		c.later(r, body, d.Late)
		return nil, errReset
	case !d.Hang && !d.Refuse:
		if d.Again > 0 {
			c.later(r, body, d.Again)
		}
		if real, err = c.deliver(r, body, d); err != nil {
			return nil, err
		}
	}
	if d.See != nil && real != nil {
		whole, err := io.ReadAll(real.Body)
		if err != nil {
			return nil, err
		}
		real.Body = io.NopCloser(bytes.NewReader(whole))
		d.See(real, whole)
	}
	if d.Forge == nil {
		return real, nil
	}
	if p.Try != nil {
		p.Try.mu.Lock()
		p.Try.forged++
		p.Try.mu.Unlock()
	}
	return d.Forge(real), nil
}

func (c *Courier) accept(r *http.Request, body []byte) (Parcel, Delivery) {
	p := parcel(r, body)
	p.At = time.Now()
	p.Try, _ = r.Context().Value(tryKey{}).(*Try)
	c.mu.Lock()
	key := string(p.Call) + " " + p.Number
	c.counts[key]++
	p.Nth = c.counts[key]
	c.sent = append(c.sent, p)
	if p.Number != "" {
		if c.inFlight[p.Number]++; c.inFlight[p.Number] > 1 {
			c.overlaps = append(c.overlaps, p.Number)
		}
	}
	rule := c.rule
	c.mu.Unlock()
	if rule == nil {
		return p, Delivery{}
	}
	return p, rule(p)
}

func (c *Courier) leave(number string) {
	defer c.mu.hold()()
	c.inFlight[number]--
}

// deliver brings the request to the handler and the answer back. The request
// arrives even if the client gives up meanwhile.
func (c *Courier) deliver(r *http.Request, body []byte, d Delivery) (*http.Response, error) {
	came := make(chan *recorded, 1)
	c.waiting.Go(func() {
		time.Sleep(d.Wait)
		came <- c.serve(r.Context(), r, body)
	})
	if d.Lose {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case rec := <-came:
		if d.Cut {
			return nil, errReset
		}
		return rec.response(r)
	}
}

// later delivers a request whose sender does not wait for it.
func (c *Courier) later(r *http.Request, body []byte, d time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), d+time.Minute)
	c.waiting.Go(func() {
		defer cancel()
		time.Sleep(d)
		c.serve(ctx, r, body)
	})
}

// recorded is what the handler did.
type recorded struct {
	*httptest.ResponseRecorder
	aborted bool
}

func (c *Courier) serve(ctx context.Context, r *http.Request, body []byte) (rec *recorded) {
	in := r.Clone(ctx)
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.RequestURI = r.URL.RequestURI()
	rec = &recorded{ResponseRecorder: httptest.NewRecorder()}
	defer func() {
		if x := recover(); x != nil {
			if err, ok := x.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
				panic(x)
			}
			rec.aborted = true
		}
	}()
	c.handler.ServeHTTP(rec.ResponseRecorder, in)
	return rec
}

func (r *recorded) response(req *http.Request) (*http.Response, error) {
	if r.aborted && !r.Flushed {
		return nil, errReset
	}
	resp := r.Result()
	resp.Request = req
	if r.aborted {
		resp.Body = io.NopCloser(io.MultiReader(resp.Body, broken{}))
	}
	return resp, nil
}

// broken is a body that ends before its end.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
