package panel_test

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"kioskd/panel"
	"kioskd/pin"
	"kioskd/sale"
	"kioskd/store"
)

const right = "904417"

// tally keeps the number of wrong PINs as the ledger does.
type tally struct{ n int }

func (t *tally) Tries() (int, error)   { return t.n, nil }
func (t *tally) SaveTries(n int) error { t.n = n; return nil }

// machine answers as the control API does, for a machine with little to do. A
// call in hold waits until the test lets it go on.
type machine struct {
	mu     sync.Mutex
	slots  []sale.SlotStatus
	orders []sale.Order
	fault  sale.Code
	calls  []string // changes, with their bodies
	hold   chan struct{}
}

func newMachine() *machine {
	m := &machine{}
	for i, p := range []sale.Product{
		{Slot: 11, Name: "农夫山泉 550ml", Price: 200}, {Slot: 12, Name: "可口可乐 330ml", Price: 350}, {Slot: 13, Name: "康师傅冰红茶 500ml", Price: 400},
		{Slot: 14, Name: "东方树叶 乌龙茶", Price: 550}, {Slot: 21, Name: `<img src=x onerror=alert(1)> & "chips"`, Price: 600}, {Slot: 22, Name: "德芙巧克力", Price: 800},
	} {
		s := sale.SlotStatus{Product: p, Main: p.Slot, Shelf: sale.Shelf{Slot: p.Slot, Counted: i < 4, Stock: 3 * i}}
		switch i {
		case 0:
			s.State = sale.OutOfStock
		case 3:
			s.State, s.Shelf.Closed, s.Shelf.Order, s.Shelf.Reason = sale.SlotClosed, sale.ClosedByFailure, "SH0042-00000031-K7QXMD", "motor stalled"
		}
		m.slots = append(m.slots, s)
	}
	at := time.Now().Add(-3 * time.Minute)
	for i, state := range []sale.State{sale.Attention, sale.Dispensed, sale.Refunded, sale.Dispensed, sale.Closed} {
		o := sale.Order{
			Number: sale.Number(fmt.Sprintf("SH0042-%08d-K7QXM%d", 40-i, i)), Seq: uint64(40 - i), Product: m.slots[(i+1)%6].Product, State: state, Cause: sale.CauseDropped,
			CreatedAt: at.Add(-time.Duration(i) * 17 * time.Minute),
		}
		if state != sale.Closed {
			o.Payment = sale.Payment{TransactionID: fmt.Sprintf("42000012342026112800%08d", i), PaidAt: o.CreatedAt.Add(12 * time.Second)}
		}
		if state == sale.Attention {
			o.Cause, o.Detail, o.Doubted = sale.CauseNoProof, "the board has not answered for 20 s", true
		}
		m.orders = append(m.orders, o)
	}
	return m
}

func (m *machine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if m.hold != nil {
		<-m.hold
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/status", m.status)
	mux.HandleFunc("GET /v1/orders", m.list)
	mux.HandleFunc("GET /v1/orders/{number}", m.story)
	mux.HandleFunc("GET /v1/shelves", func(w http.ResponseWriter, _ *http.Request) { reply(w, m.slots) })
	mux.HandleFunc("POST /v1/shelves/{slot}", m.shelve)
	mux.HandleFunc("POST /v1/prices", m.price)
	mux.HandleFunc("POST /v1/resolve", m.resolve)
	mux.HandleFunc("POST /v1/test", m.test)
	mux.HandleFunc("GET /v1/sales", sales)
	mux.HandleFunc("GET /v1/log", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"lines": []string{
			`time=2026-11-28T21:58:14.101+08:00 level=INFO msg="kioskd starts" version=dev machine=SH0042`,
			`time=2026-11-28T21:58:16.009+08:00 level=WARN msg="the slot is closed until a person opens it" slot=14 order=SH0042-00000031-K7QXMD why="motor stalled"`,
			`time=2026-11-28T21:59:40.551+08:00 level=ERROR msg="a person must settle an order" order=SH0042-00000040-K7QXM0`,
		}})
	})
	mux.HandleFunc("GET /v1/backup", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("the whole ledger")) })
	mux.HandleFunc("POST /v1/reload", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"now": []string{"products: slot 12: price"}, "idle": nil, "restart": []string{"store.path"}})
	})
	mux.HandleFunc("GET /v1/slots", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, map[string]any{"slots": []map[string]any{{"number": 11, "state": "ready", "stock": 4, "price": 200}, {"number": 14, "state": "fault", "detail": "motor stalled", "remark": "closed"}}})
	})
	mux.HandleFunc("POST /v1/refunds", func(http.ResponseWriter, *http.Request) { panic("a mistake") })
	mux.ServeHTTP(w, r)
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (m *machine) status(w http.ResponseWriter, _ *http.Request) {
	s := sale.Status{Scene: sale.SceneIdle, Selling: m.fault == "", Code: m.fault, Sequence: 40, Up: 93 * time.Hour}
	if m.fault != "" {
		s.Scene, s.Fault = sale.SceneOutOfService, "the controller has not answered for 3 s"
	}
	questions := []sale.Number{}
	for _, o := range m.orders {
		if o.State == sale.Attention {
			questions = append(questions, o.Number)
		}
	}
	reply(w, map[string]any{
		"controller": map[string]any{"temperature": 6, "door_open": false}, "questions": questions, "free": 5 << 30,
		"version": "1.4.0", "sale": s, "store": store.Stats{Size: 4 << 20, Orders: 40},
		"machine": map[string]string{"id": "SH0042", "name": "一号楼大厅"}, "today": map[string]int{"count": 23, "fen": 8150},
	})
}

func (m *machine) list(w http.ResponseWriter, r *http.Request) {
	list := []sale.Order{}
	for _, o := range m.orders {
		if s := r.URL.Query().Get("state"); s == "" || s == string(o.State) {
			list = append(list, o)
		}
	}
	reply(w, list)
}

func (m *machine) find(number string) *sale.Order {
	i := slices.IndexFunc(m.orders, func(o sale.Order) bool { return string(o.Number) == number })
	if i < 0 {
		return nil
	}
	return &m.orders[i]
}

func (m *machine) story(w http.ResponseWriter, r *http.Request) {
	o := m.find(r.PathValue("number"))
	if o == nil {
		http.Error(w, `{"error":"no such order"}`, http.StatusNotFound)
		return
	}
	reply(w, map[string]any{"order": o, "journal": []store.Entry{
		{State: sale.Created, Cause: sale.CauseSelected, At: o.CreatedAt}, {State: sale.Awaiting, Cause: sale.CauseCodeReady, At: o.CreatedAt.Add(time.Second)},
		{State: o.State, Cause: o.Cause, Detail: o.Detail, At: o.CreatedAt.Add(time.Minute)},
	}})
}

// said decodes a change and keeps it.
func (m *machine) said(r *http.Request, into any) {
	_ = json.NewDecoder(r.Body).Decode(into)
	b, _ := json.Marshal(into)
	m.calls = append(m.calls, r.URL.Path+" "+string(b))
}

func (m *machine) slot(n sale.Slot) *sale.SlotStatus {
	for i := range m.slots {
		if m.slots[i].Product.Slot == n {
			return &m.slots[i]
		}
	}
	return &sale.SlotStatus{}
}

func (m *machine) shelve(w http.ResponseWriter, r *http.Request) {
	var want sale.Shelving
	m.said(r, &want)
	var n sale.Slot
	_, _ = fmt.Sscan(r.PathValue("slot"), &n)
	s := m.slot(n)
	s.Shelf, _ = s.Shelf.With(want, time.Now())
	s.State = sale.InStock
	if s.Shelf.Closed != "" {
		s.State = sale.SlotClosed
	}
	reply(w, s.Shelf)
}

func (m *machine) price(w http.ResponseWriter, r *http.Request) {
	var want struct {
		Slot  sale.Slot `json:"slot"`
		Price string    `json:"price"`
	}
	m.said(r, &want)
	m.slot(want.Slot).Product.Price, _ = sale.ParseYuan(want.Price)
	reply(w, want)
}

func (m *machine) resolve(w http.ResponseWriter, r *http.Request) {
	var want struct {
		Number string `json:"number"`
		As     string `json:"as"`
		Reason string `json:"reason"`
	}
	m.said(r, &want)
	o := m.find(want.Number)
	o.State, o.Cause = map[string]sale.State{"refund": sale.Refunding, "dispensed": sale.Dispensed}[want.As], sale.CausePerson
	reply(w, o)
}

func (m *machine) test(w http.ResponseWriter, r *http.Request) {
	var want struct {
		Slot sale.Slot `json:"slot"`
	}
	m.said(r, &want)
	reply(w, sale.Order{Number: "SH0042-T-1", State: sale.Dispensed})
}

func sales(w http.ResponseWriter, _ *http.Request) {
	type day struct {
		Day      string `json:"day"`
		Count    int    `json:"count"`
		Fen      int    `json:"fen"`
		Refunded int    `json:"refunded_fen"`
	}
	var list []day
	chance := rand.New(rand.NewPCG(1, 30))
	for i := range 30 {
		n := 12 + chance.IntN(30)
		list = append(list, day{time.Now().AddDate(0, 0, i-29).Format(time.DateOnly), n, n * 370, 400 * (i % 7 / 6)})
	}
	reply(w, list)
}

// desk is a panel with its machine.
type desk struct {
	machine *machine
	tally   *tally
	panel   *panel.Panel
	url     string
}

func newDesk(t testing.TB) *desk {
	t.Helper()
	d := &desk{machine: newMachine(), tally: &tally{}}
	d.renew(t, panel.Options{Screen: screen})
	return d
}

// renew opens the panel with these options on the same machine.
func (d *desk) renew(t testing.TB, o panel.Options) {
	t.Helper()
	guard, err := pin.New(right, d.tally)
	if err != nil {
		t.Fatal(err)
	}
	o.API, o.PIN = d.machine, guard
	d.panel = panel.New(o)
}

// serve lets a browser reach it.
func (d *desk) serve(t testing.TB) {
	t.Helper()
	s := httptest.NewServer(d.panel)
	t.Cleanup(s.Close)
	d.url = s.URL
}

// screen is a picture with something on it.
func screen() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, 540, 960))
	for y := range 960 {
		for x := range 540 {
			img.SetRGBA(x, y, color.RGBA{uint8(6 + x/40%2*40), 113, uint8(59 + y/60%2*50), 255})
		}
	}
	return img
}
