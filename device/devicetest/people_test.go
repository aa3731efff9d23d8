package devicetest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"kioskd/device/devicetest"
)

func TestStartRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	one := []devicetest.Slot{{Number: 1}}
	for want, o := range map[string]devicetest.Options{
		"a cabinet needs at least one slot":                                       {},
		"slot 0: numbers go from 1 to 999":                                        {Slots: []devicetest.Slot{{}}},
		"slot 1 is listed twice":                                                  {Slots: append(one, one...)},
		"slot 1: stock 300 of 300: the board counts from 0 to 255":                {Slots: []devicetest.Slot{{Number: 1, Stock: 300}}},
		"CheckLen is 5: use 3, 4 or 0 for both":                                   {Slots: one, CheckLen: 5},
		"link the cabinet's port: " + file + " exists and is not a symbolic link": {Slots: one, Link: file},
		"link the cabinet's port: symlink /dev/pts":                               {Slots: one, Link: "/nowhere/at/all"},
	} {
		if _, err := devicetest.Start(o); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Unplugged, the port and its name are gone; plugged, the name leads to a new
// one. A vend goes on meanwhile, and a press is lost.
func TestUnplug(t *testing.T) {
	c := start(t, func(o *devicetest.Options) { o.AnswerWithin = 100 * time.Millisecond })
	h := dial(t, c)
	h.say(drive13)
	h.data(running)
	eventually(t, "the ACK arrives", func() bool { return c.Counters().Acks >= 2 })
	if err := c.Unplug(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(c.Path()); !os.IsNotExist(err) {
		t.Errorf("the link of an unplugged cable: %v", err)
	}
	h.port.SetReadDeadline(time.Now().Add(patience))
	if n, err := h.port.Read(make([]byte, 1)); n != 0 || err == nil || os.IsTimeout(err) {
		t.Errorf("reading an unplugged port: %d bytes, %v", n, err)
	}
	c.Press(13)
	eventually(t, "the board gives up its frames", func() bool { return c.Counters().GivenUp >= 2 })
	for range 2 {
		if err := c.Plug(); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, c)
	again.quiet(100 * time.Millisecond)
	if got, want := c.Tally()[13], (devicetest.Tally{Commands: 1, Turns: 1, Drops: 1}); got != want {
		t.Errorf("tally is %+v, want %+v", got, want)
	}
	if p := c.Presses(); len(p) != 1 || p[0].Taken {
		t.Errorf("presses are %+v", p)
	}
	c.Close()
	if _, err := os.Lstat(c.Path()); !os.IsNotExist(err) {
		t.Errorf("the link of a closed cabinet: %v", err)
	}
	if err := c.Plug(); err == nil {
		t.Error("a closed cabinet can be plugged")
	}
}

// A host that dies leaves the port in exclusive mode: another must be able to
// open it, and must not hear what was said in between.
func TestDeadHost(t *testing.T) {
	c := start(t, func(o *devicetest.Options) { o.AnswerWithin = 10 * time.Millisecond })
	h := open(t, c)
	if err := unix.IoctlSetInt(int(h.port.Fd()), unix.TIOCEXCL, 0); err != nil {
		t.Fatal(err)
	}
	h.port.Close()
	next := open(t, c)
	eventually(t, "exclusive mode is off", func() bool {
		on, err := unix.IoctlGetInt(int(next.port.Fd()), unix.TIOCGEXCL)
		return err == nil && on == 0
	})
	eventually(t, "a hundred POLLs", func() bool { return c.Counters().Polls > 100 })
	b := make([]byte, 4096)
	if err := syscall.SetNonblock(int(next.port.Fd()), true); err != nil {
		t.Fatal(err)
	}
	if n, _ := syscall.Read(int(next.port.Fd()), b); n > 100 {
		t.Errorf("%d old bytes wait for a new host", n)
	}
}

// What people do shows in the state, over HTTP.
func TestControl(t *testing.T) {
	c := start(t, nil)
	h := dial(t, c)
	s := httptest.NewServer(c.Control())
	defer s.Close()
	post := func(path, body string) (int, string) {
		t.Helper()
		r, err := http.Post(s.URL+path, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		var e struct{ Error string }
		json.NewDecoder(r.Body).Decode(&e)
		return r.StatusCode, e.Error
	}
	order := func(path, body string) {
		t.Helper()
		if status, e := post(path, body); status != http.StatusNoContent {
			t.Fatalf("%s %s: %d %s", path, body, status, e)
		}
	}
	order("/press", `{"slot": 13}`)
	h.data(key13)
	order("/cancel", "")
	h.data("FA FB 05 03 09 00 00 0E")
	order("/stock", `{"slot": 12, "stock": 0}`)
	h.data("FA FB 11 0C 02 00 0C 00 00 00 C8 00 0A 00 00 00 D0")
	order("/pause", `{"slot": 12, "paused": true}`)
	h.data("FA FB 11 0C 02 00 0C 00 00 00 C8 00 0A 00 00 01 D1")
	order("/door", `{"open": true}`)
	order("/lift", `{"state": 2}`)
	h.say("FA FB 53 01 01 52")
	h.data("FA FB 54 02 01 02 54")
	order("/jam", `{"slot": 13}`)
	order("/fault", `{"kind": "delay_status", "delay_ms": 20, "slot": 13}`)
	order("/fault", `{"kind": "mute", "chance": 1}`)
	order("/fault", `{"kind": "mute", "off": true}`)
	h.say(drive13)
	h.data(running, jammed)
	order("/fault", `{"kind": "lost_result"}`)
	order("/unplug", `{}`)

	r, err := http.Get(s.URL + "/state")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var got devicetest.State
	if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Plugged || !got.Powered || !got.DoorOpen || got.Port != c.Path() ||
		got.Slots[0].Stock != 0 || !got.Slots[0].Paused || !got.Slots[1].Jammed ||
		got.Tally[13] != (devicetest.Tally{Commands: 1, Turns: 1}) ||
		len(got.Commands) != 1 || len(got.Drops) != 0 || len(got.Presses) != 2 || !got.Presses[0].Taken ||
		len(got.Faults) != 1 || got.Faults[0] != devicetest.LostResult {
		t.Errorf("state is %+v", got)
	}
	order("/fault", `{"off": true}`)
	order("/plug", `{}`)
	order("/restart", `{}`)
	if s := c.State(); !s.Plugged || s.Powered || len(s.Faults) != 0 {
		t.Errorf("state is %+v", s)
	}

	for _, bad := range [][3]string{
		{"/press", `{"slot": 14}`, "this cabinet has no slot 14"},
		{"/press", `{}`, "this cabinet has no slot 0"},
		{"/press", `{"slot": "13"}`, "the body is not what this order takes: json: cannot unmarshal string"},
		{"/press", `{"solt": 13}`, `the body is not what this order takes: json: unknown field "solt"`},
		{"/press", `{"slot": 13} {}`, "the body holds more than one JSON value"},
		{"/press", `{`, "the body is not what this order takes: unexpected EOF"},
		{"/stock", `{"slot": 13}`, "say how many in stock"},
		{"/stock", `{"slot": 13, "stock": 256}`, "stock 256: the board counts from 0 to 255"},
		{"/lift", `{"state": 5}`, "lift state 5: the board knows 0 to 4"},
		{"/fault", `{"kind": "rust"}`, `no fault is called "rust": use one of `},
		{"/fault", `{"kind": "rust", "off": true}`, `no fault is called "rust": use one of `},
		{"/fault", `{"kind": "noise", "for_ms": -1}`, "fault noise: no number may be negative"},
		{"/press", strings.Repeat(" ", 5000) + "{}", "the body is not what this order takes: http: request body too large"},
	} {
		if status, e := post(bad[0], bad[1]); status != http.StatusBadRequest || !strings.HasPrefix(e, bad[2]) {
			t.Errorf("%s %.40s: %d %q, want 400 %q", bad[0], bad[1], status, e, bad[2])
		}
	}
	if status, _ := post("/state", "{}"); status != http.StatusMethodNotAllowed {
		t.Errorf("POST /state: %d", status)
	}
}

// A service test through the menu moves the motor too: the books see it.
func TestServiceTest(t *testing.T) {
	c := start(t, nil)
	h := dial(t, c)
	h.say("FA FB 70 06 01 38 01 01 00 0D 43")
	h.data("FA FB 71 04 01 38 01 00 4C")
	eventually(t, "a product falls", func() bool { return len(c.Drops()) == 1 })
	h.quiet(50 * time.Millisecond)
	if got, want := c.Tally()[13], (devicetest.Tally{Turns: 1, Drops: 1}); got != want || c.Drops()[0].Command != -1 {
		t.Errorf("tally is %+v, want %+v", got, want)
	}
}

// Jams pause their slot where the board is set so, until the list is cleared.
func TestJamPauses(t *testing.T) {
	c := start(t, func(o *devicetest.Options) { o.JamPauses = true })
	h := dial(t, c)
	c.JamNext(13)
	h.say(drive13)
	h.data(running, jammed)
	h.say(check13)
	h.data("FA FB 02 04 01 04 00 0D 0F")
	h.say("FA FB 70 03 01 32 01 40")
	h.data("FA FB 71 04 01 32 01 00 46")
	h.say(check13)
	h.data(good13)
	h.say(numbered(t, drive13, 2)) // one product hung, the next falls
	h.data(running, done)
}
