package panel

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kioskd/pin"
)

// login counts only what could be a PIN: a slip costs no try and no write.
func (p *Panel) login(w http.ResponseWriter, r *http.Request) {
	var typed struct {
		PIN string `json:"pin"`
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&typed); err != nil || len(typed.PIN) < pin.Shortest || len(typed.PIN) > pin.Longest || strings.Trim(typed.PIN, "0123456789") != "" {
		refuse(w, http.StatusBadRequest, "a PIN has 4 to 12 digits")
		return
	}
	err := p.o.PIN.Try(typed.PIN)
	var locked *pin.Locked
	switch {
	case err == nil:
		p.o.Log.Info("somebody opened the panel with the PIN", "from", r.RemoteAddr)
		http.SetCookie(w, cookie(p.sessions.begin()))
		answer(w, http.StatusOK, map[string]any{"left_s": seconds(idleWithin)})
	case errors.As(err, &locked):
		w.Header().Set("Retry-After", strconv.Itoa(seconds(locked.Left)))
		answer(w, http.StatusTooManyRequests, map[string]any{"error": locked.Error(), "locked_s": seconds(locked.Left)})
	case errors.Is(err, pin.ErrWrong):
		wait := p.o.PIN.Locked()
		p.o.Log.Warn("a wrong PIN on the panel", "from", r.RemoteAddr, "locked", wait.Round(time.Second))
		answer(w, http.StatusUnauthorized, map[string]any{"error": err.Error(), "locked_s": seconds(wait)})
	default:
		p.o.Log.Error("nobody can open the panel", "error", err)
		refuse(w, http.StatusServiceUnavailable, "the PIN cannot be checked: "+err.Error())
	}
}

// seconds rounds up: who waits that long does not come too early.
func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

func (p *Panel) logout(w http.ResponseWriter, r *http.Request) {
	p.sessions.end(r)
	http.SetCookie(w, cookie(""))
	answer(w, http.StatusOK, map[string]any{})
}

func (p *Panel) session(w http.ResponseWriter, r *http.Request) {
	left, ok := p.sessions.of(r)
	if !ok {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "type the PIN first", "locked_s": seconds(p.o.PIN.Locked())})
		return
	}
	answer(w, http.StatusOK, map[string]any{"left_s": seconds(left)})
}

// members serves who has a session.
func (p *Panel) members(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := p.sessions.of(r); !ok {
			refuse(w, http.StatusUnauthorized, "type the PIN first")
			return
		}
		next.ServeHTTP(w, r)
	})
}
