package panel

import (
	"net/http"
	"time"
)

// route is one call of the control API that a technician may make here.
type route struct {
	method, path string
	slow         bool          // it waits for the board
	within       time.Duration // how long the answer may take; 0: as the server has it
}

func (r route) pattern() string { return r.method + " /api" + r.path }

// routes lists them all. What is not here, such as a copy of the whole ledger,
// is for the control socket alone.
func routes() []route {
	return []route{
		{method: "GET", path: "/v1/status"},
		{method: "GET", path: "/v1/orders"},
		{method: "GET", path: "/v1/orders/{number}"},
		{method: "GET", path: "/v1/shelves"},
		{method: "POST", path: "/v1/shelves/{slot}"},
		{method: "POST", path: "/v1/prices"},
		{method: "POST", path: "/v1/refunds"},
		{method: "POST", path: "/v1/resolve"},
		{method: "POST", path: "/v1/reload"},
		{method: "GET", path: "/v1/sales"},
		{method: "GET", path: "/v1/log"},
		{method: "GET", path: "/v1/export", within: 2 * time.Minute},
		{method: "GET", path: "/v1/slots", slow: true, within: 2 * time.Minute},
		{method: "POST", path: "/v1/test", slow: true, within: 15 * time.Minute},
	}
}

// forward hands a call on, a few at a time: the machine answers them between
// its other work, and that is selling.
func (p *Panel) forward(to route) http.Handler {
	inner := http.StripPrefix("/api", p.o.API)
	turns := p.calls
	if to.slow {
		turns = p.slow
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait := time.NewTimer(patience)
		defer wait.Stop()
		select {
		case turns <- struct{}{}:
			defer func() { <-turns }()
		case <-wait.C:
			refuse(w, http.StatusServiceUnavailable, "the machine is busy with other calls: try again")
			return
		case <-r.Context().Done():
			return
		}
		if to.within > 0 {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(to.within)) // a recorder of a test has none
		}
		if r.Method == http.MethodPost {
			p.o.Log.Info("a change by the panel", "call", r.URL.Path, "from", r.RemoteAddr)
		}
		inner.ServeHTTP(w, r)
	})
}
