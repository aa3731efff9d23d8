package disktest_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"kioskd/internal/audit"
	"kioskd/internal/proof"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

var (
	full   = flag.Bool("full", false, "play each fault at each moment")
	rounds = flag.Int("rounds", 1, "how often")
	seed   = flag.Uint64("seed", 1, "chooses the moments of the short form, and the simulators' accidents")
)

// fault is what happens to the disk.
type fault struct {
	name   string
	disk   func(*testing.T) *volume
	strike func(*volume, *machine) error
	heal   func(*volume, *machine) error
	code   sale.Code
	// early: it is there before the daemon is.
	early bool
	// soft: the order in hand ends on the bad disk.
	soft bool
	// slow: commits may succeed for a while, and orders begin, before it shows.
	slow bool
}

func faults() []fault {
	reboot := func(v *volume, m *machine) error {
		m.down.Lock()
		defer m.down.Unlock()
		m.Kill()
		return v.repair()
	}
	small := func(t *testing.T) *volume { return tmpfs(t, "12m") }
	full := func(v *volume, _ *machine) error { return fill(v.dir) }
	freed := func(v *volume, _ *machine) error { return empty(v.dir) }
	return []fault{
		{name: "full tmpfs", disk: small, strike: full, heal: freed, code: sale.CodeStoreSpace, soft: true},
		{name: "full ext4", disk: ext4, strike: full, heal: freed, code: sale.CodeStoreSpace, soft: true},
		{name: "full before the first start", disk: small, strike: full, heal: freed, code: sale.CodeStoreSpace, early: true},
		{name: "read-only before the start", disk: small, code: sale.CodeStoreWrite, early: true,
			strike: func(v *volume, _ *machine) error { return v.remount(true) },
			heal:   func(v *volume, _ *machine) error { return v.remount(false) }},
		{name: "read-only after an error of the file system", disk: ext4, code: sale.CodeStoreWrite, heal: reboot,
			strike: func(v *volume, _ *machine) error { return v.breakDown() }},
		{name: "I/O errors", disk: ext4, code: sale.CodeStoreWrite, slow: true,
			strike: func(v *volume, _ *machine) error { return fill(v.below) },
			heal: func(v *volume, m *machine) error {
				if err := empty(v.below); err != nil {
					return err
				}
				return reboot(v, m)
			}},
		{name: "limit on files", disk: plain, code: sale.CodeStoreWrite,
			strike: func(_ *volume, m *machine) error { return m.limit(32) },
			heal:   func(_ *volume, m *machine) error { return m.limit(0) }},
	}
}

// moment is when it happens. begin brings the order in hand there; act is what
// the customer does afterwards. ends is how the order may end.
type moment struct {
	name       string
	begin, act func(*machine) (number string)
	ends       []sale.State
	sure       sale.State // how it ends if the ledger can be written all the time
}

const inHand = 13

func moments() []moment {
	var o paytest.Order
	code := func(m *machine) string { o = m.code(inHand); return o.OutTradeNo }
	nothing := func(*machine) string { return "" }
	vend := func(m *machine) string {
		code(m)
		before := len(m.Cabinet.Commands())
		m.pay(o)
		m.until(20*time.Second, "the dispense command", func() bool { return len(m.Cabinet.Commands()) > before })
		return o.OutTradeNo
	}
	paid := []sale.State{sale.Dispensed, sale.Refunded}
	return []moment{
		{"idle", nothing, nothing, nil, ""},
		{"code", code, func(m *machine) string { m.pay(o); return "" }, paid, sale.Dispensed},
		{"cancel", code, func(m *machine) string { m.Cabinet.Cancel(); return "" }, []sale.State{sale.Closed}, sale.Closed},
		{"vend", vend, nothing, paid, sale.Dispensed},
		{"jam", func(m *machine) string {
			if err := m.Cabinet.JamNext(inHand); err != nil {
				m.t.Fatal(err)
			}
			return vend(m)
		}, nothing, []sale.State{sale.Refunded}, sale.Refunded},
	}
}

// figures sum up all cases.
type figures struct {
	sync.Mutex
	cases, inHand, presses, begun int
	books                         audit.Figures
	resumed                       []time.Duration
}

func (f *figures) String() string {
	f.Lock()
	defer f.Unlock()
	slices.Sort(f.resumed)
	longest := time.Duration(0)
	if n := len(f.resumed); n > 0 {
		longest = f.resumed[n-1]
	}
	b := f.books
	return fmt.Sprintf("%d cases, %d with an order in hand; %d key presses on bad disks, %d new orders; "+
		"%d orders: %d dispensed, %d refunded, %d closed, %d open, %d for a person; selling again after %.1f s at the longest",
		f.cases, f.inHand, f.presses, f.begun, b.Orders, b.Dispensed, b.Refunded, b.Closed, b.Open, b.Attention, longest.Seconds())
}

func TestDisk(t *testing.T) {
	var sum figures
	random := rand.New(rand.NewPCG(*seed, 0))
	p := proof.Begin("disk", *seed)
	t.Run("cases", func(t *testing.T) {
		for round := range *rounds {
			for i, f := range faults() {
				only := random.IntN(len(moments()))
				for j := range moments() {
					at := moments()[j] // of its own: it remembers the order
					if f.early && j > 0 || !f.early && !*full && j != only {
						continue
					}
					t.Run(f.name+": "+at.name, func(t *testing.T) {
						t.Parallel()
						play(t, f, at, *seed+uint64(100*round+10*i+j), &sum)
						p.Say("%v", &sum)
					})
				}
			}
		}
	})
	p.End("%v", &sum)
}

func play(t *testing.T, f fault, at moment, seed uint64, sum *figures) {
	v := f.disk(t)
	m := newMachine(t, v, seed)
	var number string
	if !f.early {
		m.run()
		m.sells(11)
		number = at.begin(m)
	}
	since, begun := len(m.Log()), len(m.Provider.Orders())
	if err := f.strike(v, m); err != nil {
		t.Fatal(err)
	}
	if f.early {
		m.run()
	}
	at.act(m)
	if number != "" && f.soft {
		m.until(30*time.Second, "the end of the order in hand on the bad disk", func() bool { return m.state(number) == at.sure })
	}
	presses, wrong := m.refuses(f, since, begun)

	healed := time.Now()
	if err := f.heal(v, m); err != nil {
		t.Fatal(err)
	}
	m.until(60*time.Second, "selling by itself", m.selling)
	resumed := time.Since(healed)
	m.sells(14)
	books := m.settles(number, at, f)

	sum.Lock()
	defer sum.Unlock()
	sum.cases++
	if number != "" {
		sum.inHand++
	}
	sum.presses += presses
	sum.begun += wrong
	sum.books.Add(books)
	sum.resumed = append(sum.resumed, resumed)
}

// refuses presses keys until the machine says why it does not sell, and some
// more: no order may reach the provider.
func (m *machine) refuses(f fault, since, begun int) (presses, wrong int) {
	m.t.Helper()
	orders := begun
	press := m.presser(12, 700*time.Millisecond)
	m.until(60*time.Second, string(f.code), func() bool {
		press()
		if f.slow {
			orders = len(m.Provider.Orders())
		}
		return m.tells(f.code, since)
	})
	for range 4 {
		_ = m.Cabinet.Press(12)
		presses++
		time.Sleep(400 * time.Millisecond)
	}
	if wrong = len(m.Provider.Orders()) - orders; wrong > 0 {
		m.t.Errorf("%d orders began on a bad disk", wrong)
	}
	if m.selling() {
		m.t.Error("the machine says that it sells")
	}
	return presses, wrong
}

// settles waits for the end of every order and audits.
func (m *machine) settles(number string, at moment, f fault) audit.Figures {
	m.t.Helper()
	m.until(90*time.Second, "the end of every order", func() bool {
		orders, err := m.List()
		return err == nil && !slices.ContainsFunc(orders, func(o sale.Order) bool { return !o.State.Final() })
	})
	m.down.Lock()
	defer m.down.Unlock()
	m.Kill()
	books, err := m.Books()
	if err != nil {
		m.t.Fatal(err)
	}
	sum, broken := books.Check()
	for _, b := range broken {
		m.t.Error(b)
	}
	if provider, ledger := books.Balance(); provider != ledger {
		m.t.Errorf("the provider says that %d fen are here, the ledger %d", provider, ledger)
	}
	for _, o := range books.Orders {
		if string(o.Number) == number && !slices.Contains(at.ends, o.State) {
			m.t.Errorf("the order in hand ended as %s (%s: %s)", o.State, o.Cause, o.Detail)
		}
	}
	return sum
}
