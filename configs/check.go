package configs

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"kioskd/sale"
)

// The ranges of what a file may say.
const (
	maxName   = 40 // characters; what the provider shows the payer holds 127 bytes
	maxHelp   = 32
	maxKey    = 8
	maxSocket = 100 // bytes; the system's own limit is 108 with the final zero
	maxSlot   = 9999

	minPay, maxPay           = 30 * time.Second, 15 * time.Minute
	minDispense, maxDispense = 5 * time.Second, 10 * time.Minute
	maxUnknown               = 100

	minReserve, maxReserve Bytes = 1 << 20, 16 << 30
	minKeep, maxKeep       Days  = 7, 3650
)

var machineID = regexp.MustCompile(`^[A-Za-z0-9]{1,12}$`)

// check finds what is wrong with values that could be read, and makes the
// paths absolute.
func (r *reader) check(c *Config) {
	if r.wanted("machine.id", `write the number of this machine, like "SH0042"`) && !machineID.MatchString(c.Machine.ID) {
		r.reject("machine.id", RuleMachineID, `wants 1 to 12 letters and digits, for it begins every order number: write it like "SH0042"`)
	}
	r.text("machine.name", c.Machine.Name, maxName)
	r.text("machine.help", c.Machine.Help, maxHelp)

	r.file("store.path", &c.Store.Path)
	if b := c.Store.Reserve; b < minReserve || b > maxReserve {
		r.reject("store.reserve", RuleRange, "out of range: write a size from 1MiB to 16GiB")
	}
	if c.Store.Copies != "" {
		c.Store.Copies = strings.TrimRight(c.Store.Copies, "/")
		r.file("store.copies", &c.Store.Copies)
	}
	if d := c.Store.Keep; d < minKeep || d > maxKeep {
		r.reject("store.keep", RuleRange, fmt.Sprintf("out of range: write a number of days from %s to %s", minKeep, maxKeep))
	}
	if r.wanted("controller.port", "write the serial device, like /dev/serial/by-id/usb-...") {
		r.file("controller.port", &c.Controller.Port)
	}
	most := maxPay
	if s, ok := c.Controller.Settings.(payLimit); ok {
		most = min(most, s.PayWithinMost())
	}
	r.span("sale.pay_within", c.Sale.PayWithin, minPay, most)
	r.span("sale.dispense_within", c.Sale.DispenseWithin, minDispense, maxDispense)
	if n := c.Sale.MaxUnknownPerDay; n < 1 || n > maxUnknown {
		r.reject("sale.max_unknown_per_day", RuleRange, fmt.Sprintf("out of range: write a number from 1 to %d", maxUnknown))
	}
	r.text("screen.cancel_key", c.Screen.CancelKey, maxKey)
	if c.Screen.Font != "" {
		r.file("screen.font", &c.Screen.Font)
		r.font("screen.font", c.Screen.Font)
	}
	r.file("control.socket", &c.Control.Socket)
	if len(c.Control.Socket) > maxSocket {
		r.reject("control.socket", RuleSocket, fmt.Sprintf("the whole path has more than %d bytes, too many for a socket: write a shorter one, like %s", maxSocket, Default().Control.Socket))
	}
	r.watch(&c.Watch)
	r.service(&c.Service)
	r.products(c.Products)
	r.newCode(c)
}

// newCode checks the number that asks for a new code.
func (r *reader) newCode(c *Config) {
	n := c.Sale.NewCode
	if n < 0 || n > maxSlot {
		r.reject("sale.new_code", RuleSlot, fmt.Sprintf("out of range: write a number from 1 to %d, or 0 for none", maxSlot))
	}
	for _, p := range c.Shelves() {
		if n != 0 && p.Slot == n {
			r.reject("sale.new_code", RuleDoubledSlot, fmt.Sprintf("slot %d sells a product: write a number that sells nothing, or 0", n))
		}
	}
}

func (r *reader) products(list []Product) {
	if len(list) == 0 {
		r.reject("products", RuleMissing, `missing: write at least one product, like - {slot: 11, name: 可乐, price: "3.00"}`)
	}
	first := map[sale.Slot]int{}
	for i := range list {
		p, at := &list[i], fmt.Sprintf("products[%d]", i)
		if r.wanted(at+".slot", "write the number that the customer presses, like 11") {
			r.slot(at+".slot", p.Slot, first)
		}
		for j, s := range p.Spare {
			r.slot(fmt.Sprintf("%s.spare[%d]", at, j), s, first)
		}
		if r.wanted(at+".name", "write what the customer reads") {
			if p.Name == "" {
				r.reject(at+".name", RuleNoValue, "is empty: write what the customer reads")
			}
			r.text(at+".name", p.Name, maxName)
		}
		r.wanted(at+".price", `write it in yuan, like "3.50"`)
		if p.Image != "" {
			r.file(at+".image", &p.Image)
			r.image(at+".image", p.Image)
		}
	}
}

// slot checks a slot's number and notes where it first stood.
func (r *reader) slot(field string, s sale.Slot, first map[sale.Slot]int) {
	if s < 1 || s > maxSlot {
		r.reject(field, RuleSlot, fmt.Sprintf("out of range: write a number from 1 to %d", maxSlot))
	}
	if r.failed[field] {
		return
	}
	line := r.nearest(field).line
	if before, ok := first[s]; ok {
		r.reject(field, RuleDoubledSlot, fmt.Sprintf("slot %d stands in line %d and again in line %d: give each product a slot of its own", s, before, line))
		return
	}
	first[s] = line
}

// wanted reports a required key that is not there, with what to write.
func (r *reader) wanted(field, write string) bool {
	if r.present(field) {
		return true
	}
	r.reject(field, RuleMissing, "missing: "+write)
	return false
}

// text checks one line for people.
func (r *reader) text(field, s string, most int) {
	if n := utf8.RuneCountInString(s); n > most {
		r.reject(field, RuleLength, fmt.Sprintf("%d characters are too many: write at most %d", n, most))
	}
	if strings.IndexFunc(s, func(c rune) bool { return !printable(c) }) >= 0 {
		r.reject(field, RulePrintable, "has a character that cannot be seen: write one line of plain text")
	}
}

func (r *reader) span(field string, d, least, most time.Duration) {
	if d < least || d > most {
		r.reject(field, RuleRange, fmt.Sprintf("out of range: write a duration from %s to %s", short(least), short(most)))
	}
}

// short writes whole minutes without seconds, whole hours without minutes: 15m.
func short(d time.Duration) string {
	if d > 0 && d%time.Hour == 0 {
		return strings.TrimSuffix(d.String(), "0m0s")
	}
	if d%time.Minute == 0 {
		return strings.TrimSuffix(d.String(), "0s")
	}
	return d.String()
}

// file makes a path absolute.
func (r *reader) file(field string, path *string) {
	switch p := *path; {
	case p == "" || strings.HasSuffix(p, "/"):
		r.reject(field, RulePath, "is not the path of a file: write its folder and its name")
	case strings.HasPrefix(p, "~"):
		r.reject(field, RulePath, "~ stands for nobody's home here: write the whole path")
	case strings.IndexFunc(p, func(c rune) bool { return !printable(c) }) >= 0:
		r.reject(field, RulePrintable, "has a character that cannot be seen: write one line of plain text")
	case !filepath.IsAbs(p):
		*path = filepath.Join(r.dir, p)
	}
}
