package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/daemon"
	"kioskd/face"
)

// besieged is the demo's world with customers in it and a panel.
type besieged struct {
	demo   *demo
	crowd  *crowd
	daemon *daemon.Daemon
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
	face := face.New(quiet, nil)
	b.crowd = newCrowd(d, face)
	for i := range b.crowd.habits {
		b.crowd.habits[i] = buys
	}
	b.daemon = &daemon.Daemon{Config: d.config, Version: version(), Drivers: known(), Log: quiet, Face: face, Wrap: b.crowd.watch, PanelAt: func(a net.Addr) { b.at <- a }}
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

// TestPanelInTheDaemon: what a technician does reaches the real machine, and a
// machine that is wired anew meanwhile throws nobody out.
func TestPanelInTheDaemon(t *testing.T) {
	t.Parallel()
	b := newBesieged(t, 1)
	b.daemon.File = b.demo.file()
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
	if err := b.daemon.Run(ctx); err != nil {
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
