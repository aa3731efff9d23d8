package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// elsewhere is the phones' control API of a kiosk-sim wechat whose page has
// the given address.
func elsewhere(addr string) http.Handler {
	to := &url.URL{Scheme: "http", Host: addr, Path: "/api/phone"}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			// The page that asks was checked here and is not that program's own.
			r.Out.Header.Del("Origin")
			r.Out.Header.Del("Sec-Fetch-Site")
		},
		ErrorLog: log.New(io.Discard, "", 0), // an answer that breaks off shows on the page
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadGateway)
			_ = json.NewEncoder(w).Encode(map[string]string{ // the client may be gone
				"error": fmt.Sprintf("the phones at %s do not answer: is kiosk-sim wechat running? (%v)", addr, err),
			})
		},
	}
}
