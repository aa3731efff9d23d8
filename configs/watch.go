package configs

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"kioskd/watch"
	"kioskd/watch/logs"
)

// Watch is how somebody looks at the machine from outside.
type Watch struct {
	Metrics string `yaml:"metrics"` // host:port of GET /metrics; empty: nowhere
	Alarms  Alarms `yaml:"alarms"`
}

// Alarms is who is told about what lasts.
type Alarms struct {
	Command     []string      `yaml:"command"` // a program, absolute, and its arguments; empty: none
	URL         string        `yaml:"url"`     // posted to; empty: none
	On          []watch.Kind  `yaml:"on"`
	Repeat      time.Duration `yaml:"repeat"`     // what still holds is told again
	After       time.Duration `yaml:"after"`      // how long all else but the door must last
	DoorAfter   time.Duration `yaml:"door_after"` // how long the door may be open
	Temperature Temperature   `yaml:"temperature"`
}

// Temperature is what is well inside the cabinet.
type Temperature struct {
	Min Degrees `yaml:"min"`
	Max Degrees `yaml:"max"`
}

// Degrees is a temperature in whole degrees Celsius, or none.
type Degrees struct {
	Celsius int
	Set     bool
}

// MarshalText writes it as in a file.
func (d Degrees) MarshalText() ([]byte, error) {
	if !d.Set {
		return []byte("none"), nil
	}
	return strconv.AppendInt(nil, int64(d.Celsius), 10), nil
}

// UnmarshalText reads whole degrees, or none.
func (d *Degrees) UnmarshalText(b []byte) error {
	if string(b) == "none" {
		*d = Degrees{}
		return nil
	}
	n, err := strconv.ParseInt(string(b), 10, 16)
	if err != nil || strconv.FormatInt(n, 10) != string(b) {
		return fmt.Errorf("not whole degrees")
	}
	*d = Degrees{int(n), true}
	return nil
}

// limit is d as the watcher wants it.
func (d Degrees) limit() *int {
	if !d.Set {
		return nil
	}
	return &d.Celsius
}

// Limits is how much a machine may bear before somebody is told.
func (a Alarms) Limits() watch.Limits {
	return watch.Limits{On: a.On, After: a.After, DoorAfter: a.DoorAfter, Cold: a.Temperature.Min.limit(), Warm: a.Temperature.Max.limit()}
}

func defaultWatch() Watch {
	return Watch{Alarms: Alarms{On: watch.Kinds(), Repeat: time.Hour, After: 10 * time.Minute, DoorAfter: 30 * time.Minute}}
}

const (
	minRepeat, maxRepeat = 5 * time.Minute, 7 * 24 * time.Hour
	minAfter, maxAfter   = 10 * time.Second, 24 * time.Hour
	minDegrees           = -40
	maxDegrees           = 80
)

func (r *reader) watch(w *Watch) {
	if w.Metrics != "" && !IsAddress(w.Metrics) {
		r.reject("watch.metrics", RuleAddress, `wants an address of this machine and a port: write it like 127.0.0.1:9464, or "" for none`)
	}
	a := &w.Alarms
	if len(a.Command) > 0 {
		r.program("watch.alarms.command[0]", &a.Command[0])
	}
	for i, argument := range a.Command {
		if strings.ContainsRune(argument, 0) {
			r.reject(fmt.Sprintf("watch.alarms.command[%d]", i), RulePrintable, "has a character that cannot be seen: write one line of plain text")
		}
	}
	if a.URL != "" && !isHook(a.URL) {
		r.reject("watch.alarms.url", RuleURL, `wants an https address, or http to this machine: write it like https://example.com/alarm, or "" for none`)
	}
	r.span("watch.alarms.repeat", a.Repeat, minRepeat, maxRepeat)
	r.span("watch.alarms.after", a.After, minAfter, maxAfter)
	r.span("watch.alarms.door_after", a.DoorAfter, minAfter, maxAfter)
	t := a.Temperature
	for _, one := range []struct {
		field string
		d     Degrees
	}{{"watch.alarms.temperature.min", t.Min}, {"watch.alarms.temperature.max", t.Max}} {
		if one.d.Set && (one.d.Celsius < minDegrees || one.d.Celsius > maxDegrees) {
			r.reject(one.field, RuleRange, fmt.Sprintf("out of range: write degrees Celsius from %d to %d, or none", minDegrees, maxDegrees))
		}
	}
	if t.Min.Set && t.Max.Set && t.Min.Celsius > t.Max.Celsius {
		r.reject("watch.alarms.temperature.max", RuleRange, "is below min: write more degrees than in min, or none")
	}
}

// program wants a file that can be executed.
func (r *reader) program(field string, path *string) {
	r.file(field, path)
	if r.failed[field] {
		return
	}
	info, err := os.Stat(*path)
	switch {
	case err != nil:
		r.reject(field, RulePath, "there is no such program: write its whole path, like /usr/local/bin/tell")
	case !info.Mode().IsRegular() || info.Mode()&0o111 == 0:
		r.reject(field, RulePath, "is not a program: write the path of one, or make it executable with chmod +x")
	}
}

// IsAddress reports whether s is a host, which may be empty or a name, with the
// number of a port.
func IsAddress(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && !strings.ContainsAny(host, " /@")
}

func isHook(s string) bool {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Fragment != "" {
		return false
	}
	if u.Scheme == "https" {
		return u.Hostname() != ""
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || err == nil && ip.IsLoopback())
}

// logTargets lists where a log can go.
func logTargets() []string {
	return []string{string(logs.Auto), string(logs.ToJournal), string(logs.Stderr)}
}

// kinds lists what a person can be told about.
func kinds() (names []string) {
	for _, k := range watch.Kinds() {
		names = append(names, string(k))
	}
	return names
}
