// Package panel is the service panel: a web page for the technician's phone at
// the machine, and the way from it to the daemon's control API.
//
//	GET  /                 the page, with /panel.css, /panel.js and /icon.svg
//	POST /api/login        {"pin": "..."}; the answer sets the session's cookie
//	POST /api/logout
//	GET  /api/session      what is left of the session, or 401
//	GET  /api/screen       the customer screen as a picture; 204 where there is none
//	     /api/v1/...       the routes of the control API that are listed in routes
//
// Every error is {"error": "a plain sentence"}.
//
// It promises that nobody gets behind the page without the PIN, neither a person
// nor a web page from elsewhere in a technician's browser: see guard. It does
// not promise secrecy: it speaks plain HTTP, and who can listen to the network
// can read along. It takes few connections, few calls at a time and small
// bodies, so that nobody can slow a sale with it.
package panel

import (
	"cmp"
	"image"
	"log/slog"
	"net/http"
	"time"

	"kioskd/pin"
)

// Options are what the panel works with. API and PIN are required.
type Options struct {
	API http.Handler // the control API, as the control socket serves it
	PIN *pin.Guard
	// Sessions are those of an earlier panel with the same PIN, nil for none.
	Sessions *Sessions
	// Screen is what the customer sees now, nil while that has no picture. It is
	// called by any goroutine, at most once a second. Nobody may change the
	// picture afterwards.
	Screen   func() image.Image
	Language string // "zh" or "en", for a browser that asks for neither
	Log      *slog.Logger
}

// Panel serves the page and the API.
type Panel struct {
	o        Options
	sessions *Sessions
	calls    chan struct{} // calls of the API under way
	slow     chan struct{} // those that wait for the board
	handler  http.Handler
}

var _ http.Handler = (*Panel)(nil)

const (
	mostCalls = 4
	mostSlow  = 1
	// patience is how long a call waits for its turn.
	patience = 2 * time.Second
)

// New returns the panel. It starts nothing.
func New(o Options) *Panel {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	p := &Panel{o: o, sessions: cmp.Or(o.Sessions, NewSessions()), calls: make(chan struct{}, mostCalls), slow: make(chan struct{}, mostSlow)}
	mux := http.NewServeMux()
	p.page(mux)
	mux.HandleFunc("POST /api/login", p.login)
	mux.HandleFunc("POST /api/logout", p.logout)
	mux.HandleFunc("GET /api/session", p.session)
	mux.Handle("GET /api/screen", p.members(newPicture(o.Screen)))
	for _, r := range routes() {
		mux.Handle(r.pattern(), p.members(p.forward(r)))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "there is nothing here")
	})
	p.handler = p.guard(mux)
	return p
}

// ServeHTTP implements [http.Handler].
func (p *Panel) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.handler.ServeHTTP(w, r) }
