package paytest

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// duration is a time.Duration that JSON writes as "1.5s".
type duration time.Duration

func (d duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

func (d *duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err != nil {
		return fmt.Errorf("%q is not a duration such as 1.5s", b)
	}
	*d = duration(v)
	return nil
}

type touchInput struct {
	OutTradeNo string   `json:"out_trade_no"`
	User       string   `json:"user"`
	For        duration `json:"for"` // of /pin
}

// postTouch does something on a phone's checkout page: of the named user, or
// of the one who scanned.
func (s *Server) postTouch(do func(user, no string) error) func(touchInput) (any, error) {
	return func(in touchInput) (any, error) {
		o, err := s.orderOrNewest(in.OutTradeNo)
		if err != nil {
			return nil, err
		}
		if err := do(cmp.Or(in.User, o.Payer, DefaultUser), o.OutTradeNo); err != nil {
			return nil, err
		}
		return s.Order(o.OutTradeNo)
	}
}

func (s *Server) postPIN(in touchInput) (any, error) {
	length := cmp.Or(time.Duration(in.For), 10*time.Second)
	return s.postTouch(func(user, no string) error { return s.EnterPIN(user, no, length) })(in)
}

type faultInput struct {
	Call        Call      `json:"call"`
	Times       int       `json:"times"`
	Name        FaultName `json:"name"`
	Order       string    `json:"order"`
	Delay       duration  `json:"delay"`
	Hold        duration  `json:"hold"`
	AfterEffect bool      `json:"after_effect"`
	PayBefore   string    `json:"pay_before"`
	PayAfter    string    `json:"pay_after"`
	Status      int       `json:"status"`
	Code        string    `json:"code"`
	Message     string    `json:"message"`
}

func (s *Server) postFaults(in faultInput) (any, error) {
	times := cmp.Or(in.Times, 1)
	if times < 1 || times > 1000 {
		return nil, fmt.Errorf("times is %d: it must be from 1 to 1000", times)
	}
	f := Fault{
		Name: in.Name, Order: in.Order, Delay: time.Duration(in.Delay), Hold: time.Duration(in.Hold),
		AfterEffect: in.AfterEffect, PayBefore: in.PayBefore, PayAfter: in.PayAfter,
		Status: in.Status, Code: in.Code, Message: in.Message,
	}
	if err := s.Queue(in.Call, slices.Repeat([]Fault{f}, times)...); err != nil {
		return nil, err
	}
	return map[string]int{"pending": s.Pending()}, nil
}

type chanceInput struct {
	Call  Call      `json:"call"`
	Name  FaultName `json:"name"`
	Share float64   `json:"share"`
}

func (s *Server) postChance(in chanceInput) (any, error) {
	return in, s.SetChance(in.Call, in.Name, in.Share)
}

type fundsInput struct {
	Fen int64 `json:"fen"`
}

func (s *Server) postFunds(in fundsInput) (any, error) {
	if in.Fen < Unlimited {
		return nil, fmt.Errorf("fen is %d: it must be 0 or more, or -1 for a balance that never runs out", in.Fen)
	}
	s.SetFunds(in.Fen)
	return in, nil
}

type keysInput struct {
	Mode   KeyMode `json:"mode"`
	Rotate bool    `json:"rotate"`
	Retire string  `json:"retire"`
	List   bool    `json:"list"`
	Use    string  `json:"use"`
}

func (s *Server) postKeys(in keysInput) (any, error) {
	var err error
	switch in {
	case keysInput{}:
		err = errors.New(`give one of "mode", "rotate", "retire", "list" and "use"`)
	case keysInput{Mode: in.Mode}:
		err = s.SetKeyMode(in.Mode)
	case keysInput{Rotate: true}:
		_, err = s.RotateKey()
	case keysInput{Retire: in.Retire}:
		err = s.RetireKey(in.Retire)
	case keysInput{List: true}:
		_, err = s.ListCertificate(0)
	case keysInput{Use: in.Use}:
		err = s.UseCertificate(in.Use)
	default:
		err = errors.New(`give one of "mode", "rotate", "retire", "list" and "use"`)
	}
	m := s.Merchant()
	return map[string]any{
		"public_key_id": m.PublicKeyID, "certificate_serial": m.CertificateSerial, "listed": s.listedSerials(),
	}, err
}

type domainInput struct {
	Index int         `json:"index"`
	State DomainState `json:"state"`
}

func (s *Server) postDomain(in domainInput) (any, error) {
	return in, s.FailDomain(in.Index, in.State)
}

// behaviourJSON is Behaviour with readable durations.
type behaviourJSON struct {
	Latency          duration `json:"latency"`
	Skew             duration `json:"skew"`
	Spelling         Spelling `json:"spelling"`
	SignTest         float64  `json:"sign_test"`
	SignErrors       float64  `json:"sign_errors"`
	CreateLag        duration `json:"create_lag"`
	CloseAge         duration `json:"close_age"`
	CloseAgainFails  bool     `json:"close_again_fails"`
	OtherParamsTaken bool     `json:"other_params_taken"`
	PINShowsPaying   bool     `json:"pin_shows_paying"`
	LateFinish       bool     `json:"late_finish"`
	Coupon           int64    `json:"coupon"`
	RefundDelay      duration `json:"refund_delay"`
	RefundResult     string   `json:"refund_result"`
	RefundLag        duration `json:"refund_lag"`
	RefundSpacing    duration `json:"refund_spacing"`
	RefundFailing    int      `json:"refund_failing"`
}

func toJSON(b Behaviour) behaviourJSON {
	return behaviourJSON{
		duration(b.Latency), duration(b.Skew), b.Spelling, b.SignTest, b.SignErrors,
		duration(b.CreateLag), duration(b.CloseAge), b.CloseAgainFails, b.OtherParamsTaken,
		b.PINShowsPaying, b.LateFinish, b.Coupon,
		duration(b.RefundDelay), b.RefundResult, duration(b.RefundLag), duration(b.RefundSpacing), b.RefundFailing,
	}
}

func (j behaviourJSON) behaviour() Behaviour {
	return Behaviour{
		time.Duration(j.Latency), time.Duration(j.Skew), j.Spelling, j.SignTest, j.SignErrors,
		time.Duration(j.CreateLag), time.Duration(j.CloseAge), j.CloseAgainFails, j.OtherParamsTaken,
		j.PINShowsPaying, j.LateFinish, j.Coupon,
		time.Duration(j.RefundDelay), j.RefundResult, time.Duration(j.RefundLag), time.Duration(j.RefundSpacing), j.RefundFailing,
	}
}

// postBehaviour changes the fields that the body names.
func (s *Server) postBehaviour(w http.ResponseWriter, r *http.Request) {
	j := toJSON(s.Behaviour())
	err := decodeControl(w, r, &j)
	if err == nil {
		err = j.behaviour().check()
	}
	if err == nil {
		s.Behave(func(b *Behaviour) { *b = j.behaviour() })
	}
	reply(w, http.StatusBadRequest, j, err)
}

func (b Behaviour) check() error {
	switch {
	case !slices.Contains([]Spelling{SpellingUnderscore, SpellingPlain, SpellingMixed}, b.Spelling):
		return fmt.Errorf("spelling %q is none of underscore, plain, mixed", b.Spelling)
	case !slices.Contains([]string{RefundSuccess, RefundAbnormal, RefundClosed}, b.RefundResult):
		return fmt.Errorf("refund_result %q is none of SUCCESS, ABNORMAL, CLOSED", b.RefundResult)
	case !(b.SignTest >= 0 && b.SignTest <= 1 && b.SignErrors >= 0 && b.SignErrors <= 1):
		return errors.New("sign_test and sign_errors are shares from 0 to 1")
	case min(b.Latency, b.CreateLag, b.CloseAge, b.RefundDelay, b.RefundLag, b.RefundSpacing) < 0:
		return errors.New("only skew may be a negative duration")
	case b.Coupon < 0 || b.RefundFailing < 0:
		return errors.New("coupon and refund_failing must not be negative")
	}
	return nil
}
