package forgetest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kioskd/internal/desk"
	"kioskd/internal/proof"
	"kioskd/payment/paytest"
)

var flags = proof.NewFlags()

// moment is when the forger acts, and what it wants to be believed.
type moment struct {
	name  string
	call  paytest.Call
	state string // the lie
}

const anyCall paytest.Call = "any call"

// Each moment is one in which the lie would pay: the customer has not paid,
// or the money has not gone back. In the last two only the list of platform
// certificates is worth forging.
var moments = []moment{
	{"the code is shown", paytest.CallQuery, "SUCCESS"},
	{"the code is shown", paytest.CallQuery, "CLOSED"},
	{"the code is shown", paytest.CallQuery, "REFUND"},
	{"the customer cancelled", paytest.CallQuery, "SUCCESS"},
	{"the customer cancelled and pays", paytest.CallQuery, "CLOSED"},
	{"the customer cancelled and pays", paytest.CallClose, ""},
	{"the customer cancelled and pays", anyCall, ""},
	{"after a restart", paytest.CallQuery, "SUCCESS"},
	{"the code is asked for", paytest.CallCreate, "FORGED"},
	{"the refund is asked for", paytest.CallRefund, "SUCCESS"},
	{"the refund is under way", paytest.CallQueryRefund, "SUCCESS"},
	{"the refund is under way", paytest.CallQueryRefund, "CLOSED"},
	{"the refund is under way", paytest.CallQueryRefund, "ABNORMAL"},
	{"the certificates are fetched anew", paytest.CallQuery, "SUCCESS"},
	{"after a restart with nothing kept", paytest.CallQuery, "SUCCESS"},
}

func (m moment) certificates() bool {
	return m.name == "the certificates are fetched anew" || m.name == "after a restart with nothing kept"
}

type forged struct {
	mode desk.Mode
	moment
	way forgery
}

func (c forged) String() string {
	return fmt.Sprintf("%s/%s/%s %s/%s", c.mode, c.name, c.call, c.state, c.way.name)
}

// sensible leaves out lies that say nothing: a part that the call's answer has
// not, or a check that the provider's word needs no more.
func (c forged) sensible() bool {
	way := c.way
	replay := strings.HasPrefix(way.name, "replay")
	switch {
	case way.in != nil && !way.in(c.mode):
		return false
	case c.certificates() || c.call == anyCall: // with something else than answers to one call
		return c.certificates() && way.list != nil || c.call == anyCall && way.hint
	case way.list != nil:
		return (c.state == "SUCCESS" || c.state == "FORGED") && c.name != "the refund is asked for"
	case way.hint:
		return c.state == "SUCCESS" || c.state == "FORGED" || c.name == "the customer cancelled and pays"
	case way.blind:
		return c.call == paytest.CallQuery && c.state != "REFUND" && c.name != "after a restart"
	case way.name == "no amount" && c.mode.V2() && c.state == "REFUND":
		return false // API v2 promises nothing but the number then
	case replay && c.call == paytest.CallCreate:
		return false // see the package comment
	case replay && strings.Contains(way.name, "this number") && c.call == paytest.CallClose:
		return false // it names none
	}
	return way.part == "" || speechOf(c.mode).says(c.call, c.state, way.part)
}

// blind: no client can see the forgery. In API v2 the answer to a close names
// no order and no time.
func (c forged) blind() bool {
	return c.way.blind || c.mode.V2() && c.call == paytest.CallClose && strings.HasPrefix(c.way.name, "replay")
}

// modes are the columns of the table, each with the size of its sample.
var modes = []struct {
	desk.Mode
	sample int
}{{desk.PublicKey, 50}, {desk.Certificates, 32}, {desk.ChangeOver, 6}, {desk.Partner, 6}, {desk.V2, 40}, {desk.V2MD5, 6}}

func TestForgedAnswers(t *testing.T) {
	keys, err := desk.NewKeys()
	if err == nil {
		keys, err = keys.WithCertificates(4)
	}
	if err != nil {
		t.Fatal(err)
	}
	stolen, weak, ways := key(t, 2048), key(t, 1024), forgeries()
	for _, mode := range modes {
		var cases []forged
		for _, m := range moments {
			for _, way := range ways {
				if c := (forged{mode.Mode, m, way}); c.sensible() {
					cases = append(cases, c)
				}
			}
		}
		var y figures
		proof.Bubbles(t, proof.Begin("forge, "+string(mode.Mode), flags.Seed), proof.Choose(flags, cases, mode.sample), &y, func(t *testing.T, c forged) {
			w, err := desk.Bubble(desk.BubbleOptions{
				Keys: keys, Mode: c.mode, Seed: flags.Seed, Provider: func(b *paytest.Behaviour) { b.RefundDelay = 5 * time.Minute },
			})
			if err != nil {
				t.Fatal(err)
			}
			f := &forger{w: w, mode: c.mode, speech: speechOf(c.mode), keys: keys, stolen: stolen, weak: weak}
			broken := f.play(c, &y)
			proof.Wrong(t, c, broken)
			y.cases++
			y.wrong += len(broken)
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func key(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Every forgery is in the table at least once, and no two cases have one name.
func TestTable(t *testing.T) {
	ways, seen, used := forgeries(), map[string]bool{}, map[string]bool{}
	for _, mode := range modes {
		for _, m := range moments {
			for _, way := range ways {
				c := forged{mode.Mode, m, way}
				if !c.sensible() {
					continue
				}
				if seen[c.String()] {
					t.Errorf("%s is there twice", c)
				}
				seen[c.String()], used[way.name] = true, true
			}
		}
	}
	for _, way := range ways {
		if !used[way.name] {
			t.Errorf("%s is never played", way.name)
		}
	}
	if names := slices.ContainsFunc(ways, func(w forgery) bool { return w.name == "" || w.make == nil }); names {
		t.Error("a forgery has no name or makes nothing")
	}
}

type figures struct{ cases, answers, refused, believed, drops, wrong int }

func (y *figures) String() string {
	return fmt.Sprintf("%d cases, %d forged answers, %d calls refused them, %d believed; %d drops, %d wrong",
		y.cases, y.answers, y.refused, y.believed, y.drops, y.wrong)
}
