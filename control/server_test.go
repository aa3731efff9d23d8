package control_test

import (
	"context"
	"encoding/json"
	"image"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/control"
	"kioskd/sale"
	"kioskd/sale/saletest"
	"kioskd/store"
	"kioskd/store/ledgertest"
	"kioskd/watch"
	"kioskd/watch/logs"
	"kioskd/watch/metrics"
)

// aControl is the control of a machine that runs, with three sales of the past.
func aControl(t testing.TB) control.Server {
	t.Helper()
	path := filepath.Join(t.TempDir(), "k.db")
	s, err := store.Open(t.Context(), path, store.Options{Reserve: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for seq := range uint64(3) {
		for _, step := range ledgertest.Happy(seq + 1) {
			if err := s.Commit(step); err != nil {
				t.Fatal(err)
			}
		}
	}
	board := saletest.NewBoard()
	m, err := sale.New(sale.Options{
		Ledger: s, Gateway: saletest.NewProvider(), Dispenser: board, Panel: &saletest.Panel{}, Clock: clock.New(time.Time{}),
		Code: "T1", PayWithin: 1, DispenseWithin: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	log := logs.Open(logs.Options{Target: logs.Stderr, Level: slog.LevelInfo, Errs: io.Discard})
	log.Info("first")
	log.Info("second", "slot", 11)
	quiet := slog.New(slog.DiscardHandler)
	figures := metrics.New(metrics.Options{
		State: func(context.Context) watch.State { return watch.State{} }, Lines: func() (n metrics.Lines) { return n },
		Alarms: func() map[watch.Kind]int { return nil }, Deliveries: func() []metrics.Delivery { return nil },
	})
	return control.New(control.Options{
		Version: "test", Ledger: s, Path: path, Machine: m, Board: board, Config: fixed{},
		Screen: func() image.Image { return nil }, Lines: log.Ring.Lines, Metrics: figures.Handler(quiet), Log: quiet,
	})
}

// fixed is the config of a daemon without a file.
type fixed struct{}

func (fixed) File() string { return "" }

func (fixed) InUse() *configs.Config {
	c := configs.Default()
	c.Machine.ID, c.Machine.Name = "T1", "hall"
	return &c
}

func (fixed) Reload(context.Context) (control.Reloaded, error) {
	return control.Reloaded{}, control.ErrNoFile
}

func TestControl(t *testing.T) {
	h := aControl(t).Handler()
	for _, c := range []struct {
		method, path string
		status       int
		has          string
		body         string
	}{
		{"GET", "/v1/orders", 200, `[{"number":"SH0042-00000003-`, ""},
		{"GET", "/v1/orders?limit=1", 200, `[{"number":"SH0042-00000003-`, ""},
		{"GET", "/v1/orders?limit=x", 400, `{"error":"limit is a number, 0 for all"}`, ""},
		{"GET", "/v1/orders?limit=-1", 400, `{"error":"limit is a number, 0 for all"}`, ""},
		{"GET", "/v1/orders?slot=x", 400, `{"error":"slot is a number, 0 for all"}`, ""},
		{"GET", "/v1/orders?state=sold", 400, `{"error":"state: there is no state \"sold\": write open, or some of `, ""},
		{"GET", "/v1/orders?state=attention", 200, "[]", ""},
		{"GET", "/v1/orders?day=2026-03-01&limit=0", 200, `[{"number":"SH0042-00000003-`, ""},
		{"GET", "/v1/journal", 200, `{"entries":[],"last":15}`, ""},
		{"GET", "/v1/journal?after=14", 200, `{"entries":[{"n":15,`, ""},
		{"GET", "/v1/journal?after=-1", 400, `{"error":"after is the number of a journal entry"}`, ""},
		{"GET", "/v1/sales?days=0", 400, `{"error":"days is a number from 1 to 366"}`, ""},
		{"GET", "/v1/sales?days=1", 200, `[{"day":"`, ""},
		{"GET", "/v1/export?from=2026-03-01&to=2026-03-01&format=json", 200, "[\n{\"out_trade_no\":\"SH0042-00000001-", ""},
		{"GET", "/v1/export?from=x&format=doc", 400, `{"error":"\"doc\" is no format: write csv, json or xlsx; --from: \"x\" is no day: write it like 2026-10-01"}`, ""},
		{"POST", "/v1/reload", 409, `{"error":"this daemon was not started with a config file"}`, "{}"},
		{"POST", "/v1/resolve", 400, `{"error":"want the number of an order, as what it is settled and a reason: EOF"}`, ""},
		{"POST", "/v1/resolve", 400, `{"error":"as \"sold\": it is dispensed, refund or written-off"}`, `{"number": "x", "as": "sold"}`},
		{"POST", "/v1/resolve", 404, `{"error":"\"nobody\": no such order"}`, `{"number": "nobody", "as": "refund", "reason": "x"}`},
		{"POST", "/v1/resolve", 409, `{"error":"no reason is given"}`, `{"number": "01-01eef", "as": "refund", "reason": " "}`},
		{"GET", "/v1/orders/01-01eef", 200, `{"order":{"number":"SH0042-00000001-01eef"`, ""},
		{"GET", "/v1/orders/nobody", 404, `{"error":"\"nobody\": no such order"}`, ""},
		{"GET", "/v1/screen.png", 404, `{"error":"this machine has no picture of its screen"}`, ""},
		{"GET", "/v1/status", 200, `{"version":"`, ""},
		{"GET", "/v1/log?lines=1", 200, `{"lines":["time=`, ""},
		{"GET", "/v1/log?lines=0", 200, `{"lines":[]}`, ""},
		{"GET", "/v1/log?lines=many", 400, `{"error":"lines is a number from 0 to 500"}`, ""},
		{"GET", "/v1/log?lines=501", 400, `{"error":"lines is a number from 0 to 500"}`, ""},
		{"GET", "/v1/metrics", 200, "# HELP go_", ""},
		{"POST", "/v1/metrics", 405, "Method Not Allowed", ""},
		{"POST", "/v1/orders", 405, "Method Not Allowed", ""},
		{"GET", "/", 404, "404 page not found", ""},
		{"GET", "/v1/slots", 503, `{"error":"this controller's driver cannot tell about slots"}`, ""},
		{"GET", "/v1/test", 405, "Method Not Allowed", ""},
		{"POST", "/v1/test", 400, `{"error":"the body is not a slot to test: EOF"}`, ""},
		{"POST", "/v1/test", 400, `{"error":"the body is not a slot to test: json: unknown field \"slots\""}`, `{"slots": 11}`},
		{"POST", "/v1/test", 400, `{"error":"slot 0: slots have numbers from 1 on"}`, `{}`},
		{"GET", "/v1/reconcile", 503, `{"error":"this daemon's payment driver gives no bills that kioskd can fetch: compare them in the merchant portal"}`, ""},
		{"POST", "/v1/reconcile", 503, `{"error":"this daemon's payment driver gives no bills`, ""},
		{"POST", "/v1/test", 400, `{"error":"slot -3: slots have numbers from 1 on"}`, `{"slot": -3}`},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(c.method, c.path, strings.NewReader(c.body)))
		body, _ := io.ReadAll(w.Body)
		if w.Code != c.status || len(body) < len(c.has) || string(body[:len(c.has)]) != c.has {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, body)
		}
	}
}

// FuzzControl: whatever is asked, the answer is an answer, and in JSON where
// it is ours.
func FuzzControl(f *testing.F) {
	h := aControl(f).Handler()
	for _, seed := range []string{"orders", "orders?limit=2", "orders/01-01eef", "status", "orders/%2e%2e", "orders?limit=99999999999999999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		u, err := url.Parse("/v1/" + path)
		if err != nil {
			return
		}
		r := &http.Request{Method: http.MethodGet, URL: u, Host: "kioskd", RequestURI: u.RequestURI(), Header: http.Header{}}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r.WithContext(t.Context()))
		if w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%q: not JSON: %s", path, w.Body)
		}
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%q: %s", path, w.Body)
		}
	})
}
