package panel

import (
	"encoding/json"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
)

const (
	// maxBody is the most bytes of a change: every one is a few fields.
	maxBody = 8 << 10
	// ownHeader stands in each change. A page from elsewhere cannot send it
	// unasked.
	ownHeader = "X-Kioskd-Panel"

	policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// guard keeps out who comes by way of another page: a Host that is a name may
// have been made to point here (DNS rebinding), and a change must come from this
// page, by its origin, its type and its header. A panic ends one answer.
func (p *Panel) guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer p.survive(w, r)
		for k, v := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Cache-Control": "no-store",
		} {
			w.Header().Set(k, v)
		}
		if !byAddress(r.Host) {
			refuse(w, http.StatusMisdirectedRequest, "open the panel by the machine's IP address")
			return
		}
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			next.ServeHTTP(w, r)
			return
		case http.MethodPost:
		default:
			w.Header().Set("Allow", "GET, HEAD, POST")
			refuse(w, http.StatusMethodNotAllowed, "nothing here takes this method")
			return
		}
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		switch {
		case origin.Check(r) != nil || r.Header.Get(ownHeader) == "":
			refuse(w, http.StatusForbidden, "the request does not come from this page")
		case err != nil || kind != "application/json":
			refuse(w, http.StatusUnsupportedMediaType, "the Content-Type of a change is application/json")
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			next.ServeHTTP(w, r)
		}
	})
}

// byAddress reports whether a Host is an IP address or localhost, both of which
// nobody's DNS can answer for.
func byAddress(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Zone() == ""
}

func (p *Panel) survive(w http.ResponseWriter, r *http.Request) {
	switch v := recover(); v {
	case nil:
	case http.ErrAbortHandler:
		panic(v)
	default:
		p.o.Log.Error("the panel has a mistake in it", "path", r.URL.Path, "panic", v, "stack", string(debug.Stack()))
		refuse(w, http.StatusInternalServerError, fmt.Sprintf("kioskd made a mistake with %s: see its log", r.URL.Path))
	}
}

func refuse(w http.ResponseWriter, status int, sentence string) {
	answer(w, status, map[string]any{"error": sentence})
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}
