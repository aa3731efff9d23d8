package panel

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"sync"
	"time"
)

const (
	cookieName = "kioskd_panel"
	tokenBytes = 32

	mostSessions = 8
	idleWithin   = 15 * time.Minute
	wholeWithin  = 12 * time.Hour
	// pollHeader stands in what the page asks by itself, which keeps no session
	// alive.
	pollHeader = "X-Kioskd-Poll"
)

// session is somebody who knew the PIN. Times are monotonic.
type session struct{ begun, used time.Time }

// left is how long it lives on if nothing happens.
func (s session) left() time.Duration {
	return min(idleWithin-time.Since(s.used), wholeWithin-time.Since(s.begun))
}

// Sessions are who is inside, by the digest of their token: the time that a
// look-up takes tells nothing about a token. They can outlive a [Panel].
type Sessions struct {
	mu   sync.Mutex
	live map[[sha256.Size]byte]session
}

// NewSessions returns those of nobody.
func NewSessions() *Sessions { return &Sessions{live: map[[sha256.Size]byte]session{}} }

// begin returns a new session's token. Where there are too many, the one that
// was not used for longest ends.
func (s *Sessions) begin() string {
	var raw [tokenBytes]byte
	_, _ = rand.Read(raw[:]) // it never fails
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.live) >= mostSessions {
		var oldest [sha256.Size]byte
		var since time.Time
		for k, v := range s.live {
			if since.IsZero() || v.used.Before(since) {
				oldest, since = k, v.used
			}
		}
		delete(s.live, oldest)
	}
	now := time.Now()
	s.live[sha256.Sum256(raw[:])] = session{now, now}
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// of returns what is left of the session of a request, and keeps it alive if
// somebody did something.
func (s *Sessions) of(r *http.Request) (time.Duration, bool) {
	key, ok := keyOf(r)
	if !ok {
		return 0, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.live[key]
	if !ok {
		return 0, false
	}
	if v.left() <= 0 {
		delete(s.live, key)
		return 0, false
	}
	if r.Header.Get(pollHeader) == "" {
		v.used = time.Now()
		s.live[key] = v
	}
	return v.left(), true
}

func (s *Sessions) end(r *http.Request) {
	if key, ok := keyOf(r); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.live, key)
	}
}

func keyOf(r *http.Request) (key [sha256.Size]byte, ok bool) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return key, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(c.Value)
	if err != nil || len(raw) != tokenBytes {
		return key, false
	}
	return sha256.Sum256(raw), true
}

// cookie keeps a token where no script can read it and no other site can send
// it. It lasts as long as the browser; an empty token takes it away.
func cookie(token string) *http.Cookie {
	c := &http.Cookie{Name: cookieName, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}
