package paytest

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

const maxBody = 64 << 10

// request is one call as it came.
type request struct {
	call     Call
	http     *http.Request
	body     []byte
	no       string // out_trade_no, if the call names one or its order is known
	trade    string // transaction_id of a query by it
	refundNo string
	v2       bool              // it came to API v2
	fields   map[string]string // of a v2 call, as they came
}

// handler is the API as one domain offers it; -1 stands for none.
func (s *Server) handler(domain int) http.Handler {
	mux := http.NewServeMux()
	on := func(pattern string, call Call) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, &request{call: call, http: r}, domain) })
	}
	on("POST /v3/pay/transactions/native", CallCreate)
	on("GET /v3/pay/transactions/out-trade-no/{no}", CallQuery)
	on("GET /v3/pay/transactions/id/{trade}", CallQuery)
	on("POST /v3/pay/transactions/out-trade-no/{no}/close", CallClose)
	on("POST /v3/pay/partner/transactions/native", CallCreate)
	on("GET /v3/pay/partner/transactions/out-trade-no/{no}", CallQuery)
	on("GET /v3/pay/partner/transactions/id/{trade}", CallQuery)
	on("POST /v3/pay/partner/transactions/out-trade-no/{no}/close", CallClose)
	on("GET /v3/certificates", CallCertificates)
	on("POST /v3/refund/domestic/refunds", CallRefund)
	on("GET /v3/refund/domestic/refunds/{refund}", CallQueryRefund)
	for pattern, call := range v2Calls {
		mux.HandleFunc("POST "+pattern, func(w http.ResponseWriter, r *http.Request) {
			s.serve(w, &request{call: call, http: r, v2: true}, domain)
		})
	}
	on("GET /v3/bill/tradebill", CallBill)
	mux.HandleFunc("GET /v3/billdownload/file", func(w http.ResponseWriter, r *http.Request) { s.serveFile(w, r, domain) })
	mux.HandleFunc("/", s.unknown)
	return mux
}

// unknown answers what the simulator does not offer.
func (s *Server) unknown(w http.ResponseWriter, r *http.Request) {
	message := "模拟服务器没有此接口：" + r.Method + " " + r.URL.Path
	s.deliver(w, &request{http: r}, Fault{}, nil, resourceNotExists(message))
}

// serve takes one call from arrival to answer.
func (s *Server) serve(w http.ResponseWriter, q *request, domain int) {
	left := s.enter()
	if left == nil {
		panic(http.ErrAbortHandler) // closed: nobody is there
	}
	defer left()
	var err error
	if q.body, err = io.ReadAll(http.MaxBytesReader(w, q.http.Body, maxBody)); err != nil {
		s.deliver(w, q, Fault{}, nil, paramError(internalParam, &detail{Issue: err.Error(), Location: "body"}))
		return
	}
	answered, nth := s.begin(q, domain)
	defer answered()
	f := s.pick(Incoming{Call: q.call, OutTradeNo: q.no, Nth: nth})
	latency := s.Behaviour().Latency

	s.sleep(latency/2 + f.Delay)
	var fields map[string]any
	var refused *refusal
	if f.effect() {
		s.around(q.no, f.PayBefore, f.Before)
		fields, refused = s.answer(q)
		s.around(q.no, f.PayAfter, f.After)
	}
	s.sleep(f.Hold + latency - latency/2)

	if f.Name != FaultSilent { // that one lasts until the client hangs up
		answered() // before the client can know
	}
	s.deliver(w, q, f, fields, refused)
}

// begin notes the call in the books. The returned function, which may be
// called more than once, ends it there; a client that has gone ends it too.
func (s *Server) begin(q *request, domain int) (answered func(), nth int) {
	if q.v2 {
		s.nameV2(q)
		return s.note(q, domain)
	}
	q.trade, q.refundNo = q.http.PathValue("trade"), q.http.PathValue("refund")
	q.no = q.http.PathValue("no")
	if q.call == CallCreate || q.call == CallRefund {
		var named struct {
			No     string `json:"out_trade_no"`
			Trade  string `json:"transaction_id"`
			Refund string `json:"out_refund_no"`
		}
		_ = json.Unmarshal(q.body, &named) // only for the books
		q.no, q.refundNo = named.No, named.Refund
		if q.no == "" {
			q.no = s.numberOf(named.Trade, "")
		}
	} else if q.no == "" {
		q.no = s.numberOf(q.trade, q.refundNo)
	}
	return s.note(q, domain)
}

// numberOf finds an order's number by its other numbers.
func (s *Server) numberOf(trade, refundNo string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.byTrade[trade]; o != nil {
		return o.no
	}
	if r := s.refunds[refundNo]; r != nil {
		return r.order.no
	}
	return ""
}

// answer checks the call and carries it out.
func (s *Server) answer(q *request) (map[string]any, *refusal) {
	if q.v2 {
		return s.answerV2(q)
	}
	if r := checkHeaders(q.http); r != nil {
		return nil, r
	}
	if r := s.authorize(q.http, q.body); r != nil {
		return nil, r
	}
	if r := s.checkPath(q.http); r != nil {
		return nil, r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch q.call {
	case CallCertificates:
		return s.certificates()
	case CallCreate:
		return s.create(q)
	case CallQuery:
		return s.query(q)
	case CallClose:
		return nil, s.close(q)
	case CallRefund:
		return s.refund(q)
	case CallBill:
		return s.bill(q)
	default:
		return s.queryRefund(q)
	}
}

func checkHeaders(r *http.Request) *refusal {
	accept := r.Header.Get("Accept")
	if r.UserAgent() == "" || !strings.Contains(accept, "application/json") && !strings.Contains(accept, "*/*") {
		return &refusal{http.StatusBadRequest, "PARAM_ERROR", "Http头缺少Accept或User-Agent", internalParam, nil}
	}
	if r.Method == http.MethodPost && !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return &refusal{http.StatusBadRequest, "PARAM_ERROR", "Http头Content-Type应为application/json", internalParam, nil}
	}
	return nil
}

func (s *Server) logCall(q *request, f Fault, status int, code string) {
	s.log.Debug("wechat pay call", slog.String("call", string(q.call)), slog.String("order", q.no),
		slog.String("refund", q.refundNo), slog.Int("status", status), slog.String("code", code), slog.String("fault", string(f.Name)))
}
