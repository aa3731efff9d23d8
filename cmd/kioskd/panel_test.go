package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/store"
)

// besieged is the demo's world with customers in it and a panel.
type besieged struct {
	demo   *demo
	crowd  *crowd
	daemon *daemon
	pin    string
	at     chan net.Addr
}

func newBesieged(t *testing.T, customers int) *besieged {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	d := &demo{flags: demoFlags{screen: "none", payment: "wechat", seed: 1, customers: customers, panel: "127.0.0.1:0"}, dir: t.TempDir(), log: quiet}
	var wrong bytes.Buffer
	if err := d.world(t.Context(), &wrong); err != nil {
		t.Fatal(err, &wrong)
	}
	t.Cleanup(func() {
		d.provider.Close()
		d.cabinet.Close()
	})
	b := &besieged{demo: d, pin: d.pin, at: make(chan net.Addr, 4)}
	face := newFace(quiet)
	b.crowd = newCrowd(d, face)
	for i := range b.crowd.habits {
		b.crowd.habits[i] = buys
	}
	b.daemon = &daemon{config: d.config, log: quiet, face: face, wrap: b.crowd.watch, panelAt: func(a net.Addr) { b.at <- a }}
	return b
}

// address waits until the panel listens.
func (b *besieged) address(ctx context.Context) string {
	select {
	case at := <-b.at:
		return at.String()
	case <-ctx.Done():
		return "127.0.0.1:0"
	}
}

// TestPanelUnderAttack: ten thousand malformed requests and a thousand wrong
// PINs come while customers buy. Nobody gets in, every sale ends right, and the
// wrong PINs are counted where a restart finds them.
func TestPanelUnderAttack(t *testing.T) {
	t.Parallel()
	const requests, pins = 10_000, 1_000
	b := newBesieged(t, 3)
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	var out strings.Builder
	var play sync.WaitGroup
	b.daemon.ready = func(s *store.Store, _ *sale.Machine) {
		play.Go(func() {
			defer stop()
			at := b.address(ctx)
			var all sync.WaitGroup
			all.Go(func() { b.crowd.play(ctx, s, &out) })
			all.Go(func() { b.storm(t, at, requests) })
			all.Go(func() { b.guess(t, at, pins) })
			all.Wait()
			b.lockedOut(t, at)
		})
	}
	if err := b.daemon.run(ctx); err != nil {
		t.Fatal(err)
	}
	play.Wait()
	if err := b.crowd.report(&out, false); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	t.Log(out.String())
	r, err := store.OpenReadOnly(b.demo.config.Store.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n, err := r.Tries(); err != nil || n < 5 || n > 7 {
		t.Errorf("the ledger has %d wrong PINs, %v", n, err)
	}
}

// storm sends malformed requests, each on a connection of its own.
func (b *besieged) storm(t *testing.T, at string, n int) {
	var sent, answered atomic.Int64
	var all sync.WaitGroup
	begun := time.Now()
	for worker := range 6 {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(worker), 404))
			for sent.Add(1) <= int64(n) {
				text := malformed(rng, at)
				status, body := throw(at, text)
				if status != 0 {
					answered.Add(1)
				}
				if status >= 200 && status < 300 || strings.Contains(body, "Set-Cookie: kioskd_panel=") {
					t.Errorf("%.200q was answered %d %.300q", text, status, body)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d malformed requests in %.1f s, %d answered", n, time.Since(begun).Seconds(), answered.Load())
}

// throw sends bytes and returns the first answer, 0 if there is none.
func throw(at, text string) (status int, answer string) {
	c, err := net.Dial("tcp", at)
	if err != nil {
		return 0, ""
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	_, _ = io.WriteString(c, text)
	_ = c.(*net.TCPConn).CloseWrite()
	raw, _ := io.ReadAll(io.LimitReader(c, 8<<10))
	r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), nil)
	if err != nil {
		return 0, string(raw)
	}
	return r.StatusCode, string(raw)
}

// malformed is a request that must open nothing: a good one for what only
// members may have, with something wrong in it, or no request at all.
func malformed(rng *rand.Rand, at string) string {
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	noise := func(most int) string {
		b := make([]byte, rng.IntN(most))
		for i := range b {
			b[i] = byte(rng.UintN(256))
		}
		return string(b)
	}
	if rng.IntN(8) == 0 {
		return noise(600)
	}
	path := pick("/api/v1/status", "/api/v1/orders", "/api/v1/test", "/api/v1/refunds", "/api/v1/shelves/11", "/api/screen", "/api//v1/status", "/api/v1/../../v1/status",
		"/api/v1/orders/%2e%2e%2fbackup", "/api/v1/export?format=%00", "http://x/api/v1/status", "*", "/%", "/api/login", "/v1/status", "/api/v1/backup", "/api/v1/shelves/"+noise(20), "/api/"+noise(40))
	head := pick("GET", "POST", "HEAD", "PUT", "get", "TRACE", "CONNECT", noise(9)) + " " + path + " " + pick("HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/1.1", noise(8)) + "\r\n"
	head += pick("Host: "+at, "Host: evil.example", "Host: "+noise(20), "X: 1", "Host: "+at+"\r\nHost: x") + "\r\n"
	for range rng.IntN(5) {
		head += pick("X-Kioskd-Panel: 1", "Content-Type: application/json", "Cookie: kioskd_panel="+noise(60), "Cookie: kioskd_panel="+strings.Repeat("A", 43), "Cookie: "+strings.Repeat("a=b; ", rng.IntN(3000)),
			"Transfer-Encoding: chunked", "Content-Length: "+pick("-1", "5", "99999999999999999999", "x"), "Expect: 100-continue", "Upgrade: h2c", "Range: bytes=0-", "If-None-Match: *",
			"X-Forwarded-For: 127.0.0.1", "Authorization: Basic "+noise(12), strings.Repeat("h", rng.IntN(12000))+": 1", noise(30)) + "\r\n"
	}
	body := pick("", `{"slot":11}`, `{"pin":"`+noise(30)+`"}`, `{"number":"x","reason":"y","dispensed":true}`, "5\r\nhello\r\n0\r\n\r\n", "ffffffffffffffff\r\n", strings.Repeat("[", rng.IntN(9000)), noise(300))
	return head + pick("\r\n", "\r\n", "\n\n", "") + body
}

// guess types wrong PINs.
func (b *besieged) guess(t *testing.T, at string, n int) {
	answers := map[int]int{}
	for i := range n {
		typed := fmt.Sprintf("%06d", i)
		if typed == b.pin {
			continue
		}
		status, body := throw(at, login(at, typed))
		answers[status]++
		if status != http.StatusUnauthorized && status != http.StatusTooManyRequests && status != 0 {
			t.Errorf("the PIN %s was answered %d %s", typed, status, body)
		}
	}
	if wrong := answers[http.StatusUnauthorized]; wrong < 5 || wrong > 7 {
		t.Errorf("%d PINs were looked at", wrong)
	}
	t.Logf("%d wrong PINs: %v", n, answers)
}

func login(at, pin string) string {
	body := fmt.Sprintf(`{"pin":%q}`, pin)
	return fmt.Sprintf("POST /api/login HTTP/1.1\r\nHost: %s\r\nX-Kioskd-Panel: 1\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", at, len(body), body)
}

// lockedOut: not even the right PIN opens a panel that is locked.
func (b *besieged) lockedOut(t *testing.T, at string) {
	for range 50 { // a connection may find the house full
		if status, body := throw(at, login(at, b.pin)); status != 0 {
			if status != http.StatusTooManyRequests {
				t.Errorf("the right PIN was answered %d %s", status, body)
			}
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the panel does not answer any more")
}

// TestPanelInTheDaemon: what a technician does reaches the real machine, and a
// machine that is wired anew meanwhile throws nobody out.
func TestPanelInTheDaemon(t *testing.T) {
	t.Parallel()
	b := newBesieged(t, 1)
	b.daemon.file = b.demo.file()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var play sync.WaitGroup
	play.Go(func() {
		defer stop()
		p := phone{t: t, ctx: ctx, at: b.address(ctx)}
		if got := p.ask("POST", "/api/login", `{"pin":"`+b.pin+`"}`); !strings.Contains(got, `"left_s":900`) {
			t.Errorf("logged in: %s", got)
			return
		}
		p.until("GET", "/api/v1/status", "", `"selling":true`)
		p.until("POST", "/api/v1/prices", `{"slot":11,"price":"2.20"}`, `"price":"2.20"`)
		p.until("GET", "/api/v1/shelves", "", `"slot":11,"name":"农夫山泉 550ml","price":220`)
		text, err := os.ReadFile(b.demo.file())
		if err == nil {
			err = os.WriteFile(b.demo.file(), bytes.Replace(text, []byte("pace: 0s"), []byte("pace: 1ms"), 1), 0o600)
		}
		if err != nil {
			t.Error(err)
			return
		}
		p.until("POST", "/api/v1/reload", `{}`, `"idle":["controller.settings.pace"]`)
		p.at = b.address(ctx)
		p.until("GET", "/api/v1/status", "", `"selling":true`)
		p.until("POST", "/api/v1/test", `{"slot":11}`, `"state":"dispensed"`)
		if n := len(b.demo.cabinet.Drops()); n != 1 {
			t.Errorf("%d products fell", n)
		}
	})
	if err := b.daemon.run(ctx); err != nil {
		t.Fatal(err)
	}
	play.Wait()
}

// phone is a technician's, with the cookie that it got.
type phone struct {
	t      *testing.T
	ctx    context.Context
	at     string
	cookie string
}

func (p *phone) ask(method, path, body string) string {
	r, err := http.NewRequestWithContext(p.ctx, method, "http://"+p.at+path, strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	r.Header.Set("X-Kioskd-Panel", "1")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Cookie", p.cookie)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	if c := answer.Header.Get("Set-Cookie"); c != "" {
		p.cookie, _, _ = strings.Cut(c, ";")
	}
	b, _ := io.ReadAll(answer.Body)
	return string(b)
}

// until asks until the answer has the words: a machine that was started just
// now refuses at first.
func (p *phone) until(method, path, body, words string) {
	p.t.Helper()
	got := ""
	for p.ctx.Err() == nil {
		if got = p.ask(method, path, body); strings.Contains(got, words) {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	p.t.Errorf("%s %s never said %s, but %s", method, path, words, got)
}
