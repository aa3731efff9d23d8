package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
)

// panelRuns is how often the first view is opened, each time by a new browser.
const panelRuns = 20

// panelFigures is what a technician's phone waits for, without the phone and
// the network: from opening the page to the state and the picture of the screen,
// with the PIN in between.
type panelFigures struct {
	FirstView span  `json:"first_view_ms"`
	Bytes     int64 `json:"first_view_bytes"` // from the daemon, heads included, packed as browsers want it
}

// panels measures the panel of the built daemon in its demo, beside nothing.
func panels(ctx context.Context, o options, say func(string, ...any)) (f panelFigures, err error) {
	say("opening the panel %d times", panelRuns)
	at, pin, end, err := openPanel(ctx, o.daemon)
	if err != nil {
		return f, err
	}
	defer end()
	var took []time.Duration
	for range panelRuns {
		d, n, err := firstView(ctx, at, pin)
		if err != nil {
			return f, err
		}
		took, f.Bytes = append(took, d), max(f.Bytes, n)
	}
	f.FirstView = spanOf(took)
	return f, nil
}

var panelLine = regexp.MustCompile(`open (http://\S+?)/ for the technician's panel, PIN (\d+)`)

// openPanel starts a demo and returns where its panel is. end ends it.
func openPanel(ctx context.Context, daemon string) (at, pin string, end func(), err error) {
	cmd := exec.CommandContext(ctx, daemon, "demo", "--screen", "none", "--panel", "127.0.0.1:0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", "", nil, err
	}
	end = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := panelLine.FindStringSubmatch(lines.Text()); m != nil {
			return m[1], m[2], end, nil
		}
	}
	end()
	return "", "", nil, errors.New("the demo told of no panel")
}

// firstView does what a browser does that was never here before.
func firstView(ctx context.Context, at, pin string) (took time.Duration, bytes int64, err error) {
	var read atomic.Int64
	jar, err := cookiejar.New(nil)
	if err != nil {
		return 0, 0, err
	}
	t := &http.Transport{DisableCompression: true, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		return counted{c, &read}, err
	}}
	defer t.CloseIdleConnections()
	c := http.Client{Transport: t, Jar: jar, Timeout: 10 * time.Second}
	begun := time.Now()
	for _, together := range [][]string{{"/"}, {"/panel.css", "/panel.js", "/icon.svg"}, {"/api/login"}, {"/api/v1/status", "/api/screen"}} {
		g, inner := errgroup.WithContext(ctx)
		for _, path := range together {
			g.Go(func() error { return load(inner, &c, at+path, pin) })
		}
		if err := g.Wait(); err != nil {
			return 0, 0, err
		}
	}
	return time.Since(begun), read.Load(), nil
}

// load fetches one part; the door wants the PIN.
func load(ctx context.Context, c *http.Client, url, pin string) error {
	method, body := http.MethodGet, ""
	if strings.HasSuffix(url, "/login") {
		method, body = http.MethodPost, fmt.Sprintf(`{"pin":%q}`, pin)
	}
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Kioskd-Panel", "1")
	answer, err := c.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s was answered %s", url, answer.Status)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// counted counts what is read.
type counted struct {
	net.Conn
	read *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read.Add(int64(n))
	return n, err
}
