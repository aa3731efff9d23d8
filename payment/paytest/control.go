package paytest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Users of phones that the control API names if nobody else is named.
const (
	DefaultUser       = "customer"
	DefaultSecondUser = "second phone"
)

// Control is the JSON API for a web page and for curl that the package comment
// describes. It has no password: serve it on loopback only. Calls that a
// browser sends from another origin's page are refused.
func (s *Server) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /state", s.getState)
	mux.HandleFunc("GET /orders/{no}", func(w http.ResponseWriter, r *http.Request) {
		o, err := s.Order(r.PathValue("no"))
		reply(w, http.StatusNotFound, o, err)
	})
	mux.HandleFunc("GET /faults", func(w http.ResponseWriter, r *http.Request) {
		reply(w, 0, map[string]any{"calls": Calls(), "faults": append(FaultNames(), BillFaultNames()...), "pending": s.Pending()}, nil)
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, r *http.Request) {
		s.ClearFaults()
		reply(w, 0, struct{}{}, nil)
	})
	mux.HandleFunc("POST /scan", post(s.postScan(DefaultUser)))
	mux.HandleFunc("POST /second-phone", post(s.postScan(DefaultSecondUser)))
	mux.HandleFunc("POST /pay", post(s.postTouch(s.Pay)))
	mux.HandleFunc("POST /fail", post(s.postTouch(s.FailPayment)))
	mux.HandleFunc("POST /abandon", post(s.postTouch(s.Abandon)))
	mux.HandleFunc("POST /pin", post(s.postPIN))
	mux.HandleFunc("POST /faults", post(s.postFaults))
	mux.HandleFunc("POST /chances", post(s.postChance))
	mux.HandleFunc("POST /behaviour", s.postBehaviour)
	mux.HandleFunc("POST /funds", post(s.postFunds))
	mux.HandleFunc("POST /keys", post(s.postKeys))
	mux.HandleFunc("POST /domains", post(s.postDomain))
	return sameOrigin(mux)
}

// sameOrigin keeps web pages from elsewhere away from a simulator on somebody's
// own machine.
func sameOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" {
			if u, err := url.Parse(origin); err != nil || u.Host != r.Host {
				reply(w, http.StatusForbidden, nil, fmt.Errorf("a page from %s may not use this", origin))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// post decodes a strict JSON body and answers what do returns.
func post[T any](do func(T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in T
		if err := decodeControl(w, r, &in); err != nil {
			reply(w, http.StatusBadRequest, nil, err)
			return
		}
		out, err := do(in)
		reply(w, http.StatusBadRequest, out, err)
	}
}

func decodeControl(w http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("the body is not what %s wants: %w", r.URL.Path, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("the body holds more than one JSON value")
	}
	return nil
}

// reply sends JSON: out, or what is wrong. A phone that refuses is 409.
func reply(w http.ResponseWriter, status int, out any, err error) {
	var phone *PhoneError
	switch {
	case errors.As(err, &phone):
		status, out = http.StatusConflict, map[string]string{"error": err.Error(), "reason": phone.Reason, "shown": phone.Shown}
	case err != nil:
		out = map[string]string{"error": err.Error()}
	default:
		status = http.StatusOK
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(encode(out), '\n'))
}

type state struct {
	Now       time.Time     `json:"now"`
	Merchant  stateMerchant `json:"merchant"`
	URLs      []string      `json:"urls"`
	Behaviour behaviourJSON `json:"behaviour"`
	Funds     int64         `json:"funds"`
	Pending   int           `json:"pending_faults"`
	Orders    []Order       `json:"orders"`
	Refunds   []Refund      `json:"refunds"`
	Stats     Stats         `json:"stats"`
}

type stateMerchant struct {
	AppID             string  `json:"appid"`
	MchID             string  `json:"mchid"`
	Serial            string  `json:"merchant_serial"`
	KeyMode           KeyMode `json:"key_mode"`
	PublicKeyID       string  `json:"public_key_id"`
	CertificateSerial string  `json:"certificate_serial,omitempty"`
}

func (s *Server) getState(w http.ResponseWriter, r *http.Request) {
	m := s.Merchant()
	s.mu.Lock()
	out := state{
		Now:       s.clock(),
		Merchant:  stateMerchant{m.AppID, m.MchID, m.Serial, s.keys.mode, m.PublicKeyID, m.CertificateSerial},
		Behaviour: toJSON(s.behaviour),
		Funds:     s.funds,
		Pending:   len(s.faults.queue),
	}
	s.mu.Unlock()
	out.URLs, out.Orders, out.Refunds, out.Stats = s.URLs(), s.Orders(), s.Refunds(), s.Stats()
	reply(w, 0, out, nil)
}

type scanInput struct {
	CodeURL    string `json:"code_url"`
	OutTradeNo string `json:"out_trade_no"`
	User       string `json:"user"`
}

func (s *Server) postScan(user string) func(scanInput) (any, error) {
	return func(in scanInput) (any, error) {
		return s.scan(in, cmp.Or(in.User, user))
	}
}

// scan scans a given code, or the one in force of an order, or of the newest.
func (s *Server) scan(in scanInput, user string) (any, error) {
	if in.CodeURL == "" {
		o, err := s.orderOrNewest(in.OutTradeNo)
		if err != nil {
			return nil, err
		}
		in.CodeURL = o.CodeURL
	}
	return s.Scan(in.CodeURL, user)
}

func (s *Server) orderOrNewest(no string) (Order, error) {
	if no != "" {
		return s.Order(no)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sequence) == 0 {
		return Order{}, errors.New("there is no order yet")
	}
	o := s.sequence[len(s.sequence)-1]
	s.settle(o)
	return s.snapshot(o), nil
}
