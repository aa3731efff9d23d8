// Package simweb is the desk on which the simulators are played by hand: one
// page with the machine's keypad and screen, the customers' phones, and the
// cabinet with everything that can go wrong in it.
//
// [Handler] serves the page and, under it, the control APIs that the page
// itself uses, so that a script can do whatever a hand can:
//
//	GET  /              the page: one document, nothing loaded from elsewhere
//	GET  /screen.png    the customer screen as it is now; 204 while there is none
//	     /api/phone/    the control API of the payment provider (payment/paytest)
//	     /api/cabinet/  the control API of the cabinet (device/devicetest)
//
// Every error is {"error": "a sentence"}.
//
// The handler promises that no web page from elsewhere can play: it refuses a
// Host that is neither loopback nor the address the connection came in on (DNS
// rebinding), changes that come from another origin, and every change that is
// not a POST or DELETE with the Content-Type application/json, which a foreign
// page cannot send unasked. It does not promise more than that: whoever can reach
// the port can play. Serve it on loopback.
package simweb

import (
	"fmt"
	"image"
	"net/http"
	"strings"
)

// Sides are what the page plays. A side that is nil is not on the page.
type Sides struct {
	Title   string       // names the desk in the page's head; default "kioskd"
	Phone   http.Handler // control API of the payment provider
	Cabinet http.Handler // control API of the cabinet
	// Screen returns what the customer screen shows now, false while it shows
	// nothing. Nobody may change the image afterwards. It is called about once
	// a second for each open page, by any goroutine.
	Screen func() (image.Image, bool)
	// Products name the slots. The cabinet says which slots there are.
	Products []Product
}

// Product is what a slot sells.
type Product struct {
	Slot  int    `json:"slot"`
	Name  string `json:"name"`
	Price string `json:"price"` // in yuan: "3.50"
}

// Handler serves the page and the APIs of its sides.
func Handler(s Sides) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", newPage(s))
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	if s.Screen != nil {
		mux.Handle("GET /screen.png", &screen{now: s.Screen})
	}
	mount(mux, "/api/phone", s.Phone)
	mount(mux, "/api/cabinet", s.Cabinet)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		refuse(w, http.StatusNotFound, fmt.Sprintf("there is no %s here", r.URL.Path))
	})
	return guard(mux)
}

func mount(mux *http.ServeMux, at string, api http.Handler) {
	if api == nil {
		side := strings.TrimPrefix(at, "/api/")
		mux.HandleFunc(at+"/", func(w http.ResponseWriter, _ *http.Request) {
			refuse(w, http.StatusNotFound, fmt.Sprintf("this page has no %s side", side))
		})
		return
	}
	mux.Handle(at+"/", http.StripPrefix(at, api))
}
