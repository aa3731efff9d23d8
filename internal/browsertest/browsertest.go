// Package browsertest drives a headless Chromium through its DevTools
// protocol, over a pipe, so that a test can use a page as a person does. It
// needs no driver, no port and no other module.
//
// Every method ends the test if the page does not do what it should.
package browsertest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"kioskd/internal/need"
)

// patience is how long a page may take: machines that test are slow at times.
const patience = time.Minute

// Page is one page in a browser of its own. One goroutine uses it.
type Page struct {
	t       testing.TB
	send    *os.File
	session string
	next    int
	answers chan message
	ended   sync.WaitGroup

	mu         sync.Mutex
	complaints []string
}

// Open starts a browser with a window of that many pixels and loads the page.
// The browser ends with the test.
func Open(t testing.TB, url string, width, height int) *Page {
	t.Helper()
	chromium := need.Tool(t, "chromium")
	ours, theirs := pipe(t)
	replies, answers := pipe(t)
	cmd := exec.Command(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--no-first-run", "--user-data-dir="+t.TempDir(), "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{ours, answers} // 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	ours.Close()
	answers.Close()
	p := &Page{t: t, send: theirs, answers: make(chan message, 16)}
	p.ended.Go(func() { p.read(replies) })
	t.Cleanup(func() {
		p.post("Browser.close", nil, "")
		time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		cmd.Wait()
		theirs.Close()
		replies.Close()
		p.ended.Wait()
	})
	p.attach(width, height)
	p.Do("Page.navigate", map[string]any{"url": url}, nil)
	p.Wait(`document.readyState === "complete" && location.href !== "about:blank"`)
	return p
}

func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatalf("make a pipe for chromium: %v", err)
	}
	return r, w
}

func (p *Page) attach(width, height int) {
	p.t.Helper()
	var target struct {
		ID string `json:"targetId"`
	}
	p.Do("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		Session string `json:"sessionId"`
	}
	p.Do("Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &attached)
	p.session = attached.Session
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		p.Do(domain+".enable", nil, nil)
	}
	p.Do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 640}, nil)
	p.prefer("light")
}

// Eval returns the value of a JavaScript expression as JSON.
func (p *Page) Eval(expression string) string {
	p.t.Helper()
	var out struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception json.RawMessage `json:"exceptionDetails"`
	}
	p.Do("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &out)
	if out.Exception != nil {
		p.t.Fatalf("evaluate %s: %s", expression, out.Exception)
	}
	return string(out.Result.Value)
}

// Wait waits until an expression is true.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if p.Eval("!!("+expression+")") == "true" {
			return
		}
	}
	p.t.Fatalf("never true: %s\nthe page says: %s\nit complains: %q", expression, p.Eval("document.body.innerText"), p.Complaints())
}

// WaitText waits until the text of the element contains want.
func (p *Page) WaitText(id, want string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf("document.getElementById(%s)?.textContent.includes(%s)", quote(id), quote(want)))
}

// Text is what an element says, "" if there is none.
func (p *Page) Text(id string) string {
	p.t.Helper()
	var s string
	_ = json.Unmarshal([]byte(p.Eval(fmt.Sprintf("document.getElementById(%s)?.textContent ?? ''", quote(id)))), &s) // a string
	return s
}

// Click waits for an element that a mouse could click, and clicks it.
func (p *Page) Click(id string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf(`(() => {
		const e = document.getElementById(%s);
		if (!e || e.disabled) return false;
		e.scrollIntoView({ block: "center", behavior: "instant" });
		const r = e.getBoundingClientRect();
		const top = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
		if (!top || !e.contains(top)) return false;
		e.click();
		return true;
	})()`, quote(id)))
}

// Choose picks a value of a select.
func (p *Page) Choose(id, value string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf(`(() => {
		const e = document.getElementById(%s);
		if (!e || ![...e.options].some(o => o.value === %[2]s)) return false;
		e.value = %[2]s;
		e.dispatchEvent(new Event("change", { bubbles: true }));
		return true;
	})()`, quote(id), quote(value)))
}

// Key presses a key as KeyboardEvent.key names it: "1", "Escape".
func (p *Page) Key(key string) {
	p.t.Helper()
	down := map[string]any{"type": "keyDown", "key": key}
	if len(key) == 1 {
		down["text"] = key
	}
	p.Do("Input.dispatchKeyEvent", down, nil)
	p.Do("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key}, nil)
}

// Dark makes the browser prefer dark colours.
func (p *Page) Dark() {
	p.t.Helper()
	p.prefer("dark")
}

// prefer sets the colours, and stillness: a picture shows no half of a change.
func (p *Page) prefer(colours string) {
	p.t.Helper()
	p.Do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{
		{"name": "prefers-color-scheme", "value": colours}, {"name": "prefers-reduced-motion", "value": "reduce"},
	}}, nil)
}

// Screenshot is the whole page as PNG, below the fold included.
func (p *Page) Screenshot() []byte {
	p.t.Helper()
	var out struct {
		Data string `json:"data"`
	}
	p.Do("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &out)
	png, err := base64.StdEncoding.DecodeString(out.Data)
	if err != nil {
		p.t.Fatalf("decode the screenshot: %v", err)
	}
	return png
}

// Complaints are the page's exceptions, errors on its console, and what the
// browser refused to load or run.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.complaints...)
}

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always can
	return string(b)
}
