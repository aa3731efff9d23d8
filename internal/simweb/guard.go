package simweb

import (
	"encoding/json"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// maxBody is the most bytes of a change: every one is a few fields.
const maxBody = 16 << 10

// guard lets through what the package comment promises.
func guard(next http.Handler) http.Handler {
	origin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !ours(r) {
			refuse(w, http.StatusForbidden, fmt.Sprintf("%q is not the name of this page: open it by its address, such as http://127.0.0.1", r.Host))
			return
		}
		switch r.Method {
		case http.MethodGet, http.MethodHead:
			next.ServeHTTP(w, r)
			return
		case http.MethodPost, http.MethodDelete:
		default:
			w.Header().Set("Allow", "GET, HEAD, POST, DELETE")
			refuse(w, http.StatusMethodNotAllowed, fmt.Sprintf("nothing here takes %s: changes are made with POST or DELETE", r.Method))
			return
		}
		if origin.Check(r) != nil {
			refuse(w, http.StatusForbidden, "the request comes from another page: changes are made by this page or by a script")
			return
		}
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
			refuse(w, http.StatusUnsupportedMediaType, "the Content-Type of a change is application/json")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// ours reports whether the request names this machine: by a loopback name, or
// by the address that its connection came in on. A name that merely resolves
// to us is somebody else's.
func ours(r *http.Request) bool {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return false
	}
	if ip.Unmap().IsLoopback() {
		return true
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if local == nil {
		return false
	}
	on, err := netip.ParseAddrPort(local.String())
	return err == nil && on.Addr().Unmap() == ip.Unmap()
}

func refuse(w http.ResponseWriter, status int, sentence string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": sentence}) // the client may be gone
}
