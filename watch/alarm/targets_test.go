package alarm_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/watch"
	"kioskd/watch/alarm"
)

func example() alarm.Message {
	at := time.Date(2026, 11, 28, 21, 10, 0, 0, time.FixedZone("", 8*3600))
	return alarm.Message{
		Schema: alarm.Schema, Machine: alarm.Machine{ID: "SH0042", Name: "一号楼大厅"}, Kind: watch.Attention, Status: alarm.Raised,
		Order: "7KQ4MX", Slot: 11, Cause: "refund_failed", Since: at.Add(-5 * time.Second), At: at, Times: 1, Text: "SH0042: ...",
	}
}

const exampleJSON = `{"schema":1,"machine":{"id":"SH0042","name":"一号楼大厅"},"kind":"attention","status":"raised","order":"7KQ4MX","slot":11,` +
	`"cause":"refund_failed","since":"2026-11-28T21:09:55+08:00","at":"2026-11-28T21:10:00+08:00","times":1,"text":"SH0042: ..."}`

func TestCommandGetsTheMessage(t *testing.T) {
	t.Setenv("KIOSKD_SECRET", "of the daemon")
	dir := t.TempDir()
	c := alarm.Command{Argv: []string{"/bin/sh", "-c", `cat > "$1/in"; env > "$1/env"; pwd > "$1/dir"`, "tell", dir}}
	if err := c.Send(t.Context(), example()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(exampleJSON+"\n", read(t, dir, "in")); diff != "" {
		t.Errorf("standard input (-want +got):\n%s", diff)
	}
	if env := read(t, dir, "env"); strings.Contains(env, "SECRET") || !strings.Contains(env, "PATH=/usr/local/sbin:") {
		t.Errorf("environment: %s", env)
	}
	if got := read(t, dir, "dir"); got != "/\n" {
		t.Errorf("it runs in %s", got)
	}
}

func TestCommandThatFails(t *testing.T) {
	for script, want := range map[string]string{
		"exit 3":                               "exit status 3",
		"echo no modem >&2; echo more; exit 1": "exit status 1: no modem",
		"head -c 100000 /dev/zero | tr '\\0' x; exit 1": "exit status 1: " + strings.Repeat("x", 200),
	} {
		err := alarm.Command{Argv: []string{"/bin/sh", "-c", script}}.Send(t.Context(), example())
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", script, err, want)
		}
	}
	err := alarm.Command{Argv: []string{"/nowhere/tell"}}.Send(t.Context(), example())
	if err == nil || err.Error() != "fork/exec /nowhere/tell: no such file or directory" {
		t.Errorf("no program: %v", err)
	}
}

// A program that hangs is killed with what it has started.
func TestCommandThatHangsIsKilled(t *testing.T) {
	dir := t.TempDir()
	c := alarm.Command{Argv: []string{"/bin/sh", "-c", `sleep 300 & echo $! > "$1/child"; wait`, "tell", dir}, Within: 300 * time.Millisecond}
	begun := time.Now()
	err := c.Send(t.Context(), example())
	if err == nil || err.Error() != "did not end within 300ms and was killed" || time.Since(begun) > 5*time.Second {
		t.Errorf("after %s: %v", time.Since(begun), err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(read(t, dir, "child")))
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); alive(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("its child %d is still alive", pid)
		}
	}
}

// alive: a process that nobody has waited for yet is dead.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && syscall.Kill(pid, 0) == nil && !strings.Contains(string(stat), ") Z ")
}

func TestURL(t *testing.T) {
	var got []string
	answers := []int{200, 204, 302, 500}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, fmt.Sprint(r.Method, " ", r.URL, " ", r.Header.Get("Content-Type"), " ", r.Header.Get("User-Agent"), " ", string(body)))
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(answers[0])
		answers = answers[1:]
	}))
	defer s.Close()
	u := alarm.NewURL(s.URL+"/hook?key=secret", "v1.2")
	for _, want := range []string{"<nil>", "<nil>", "the answer is 302 Found", "the answer is 500 Internal Server Error"} {
		if err := u.Send(t.Context(), example()); fmt.Sprint(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	want := "POST /hook?key=secret application/json kioskd/v1.2 " + exampleJSON
	if diff := cmp.Diff([]string{want, want, want, want}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// An address is a secret: a message in a log must not tell it.
func TestNoErrorTellsTheAddress(t *testing.T) {
	for _, address := range []string{"http://127.0.0.1:1/hook?key=secret", "https://secret@127.0.0.1:1/secret", "http://127.0.0.1:1/secret%"} {
		err := alarm.NewURL(address, "v1").Send(t.Context(), example())
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// The example of the manual is what is sent.
func TestTheManualShowsTheMessage(t *testing.T) {
	page, err := os.ReadFile("../../docs/watching.md")
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for line := range strings.Lines(string(page)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, `{"schema"`) {
			shown = append(shown, line)
		}
	}
	if len(shown) != 1 {
		t.Fatalf("%d messages in the manual", len(shown))
	}
	var m alarm.Message
	d := json.NewDecoder(strings.NewReader(shown[0]))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(m)
	if diff := cmp.Diff(shown[0], string(again)); diff != "" {
		t.Errorf("the message (-shown +sent):\n%s", diff)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
