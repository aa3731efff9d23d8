package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/store"
)

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
	b.daemon.Ready = func(s *store.Store, _ *sale.Machine) {
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
	if err := b.daemon.Run(ctx); err != nil {
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
