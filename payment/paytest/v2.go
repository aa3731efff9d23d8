package paytest

import (
	"net/http"
	"strconv"
	"strings"
)

// The endpoints of API v2. The two with a 2 at their end are newer names.
var v2Calls = map[string]Call{
	"/pay/unifiedorder":    CallCreate,
	"/pay/orderquery":      CallQuery,
	"/pay/closeorder":      CallClose,
	"/secapi/pay/refund":   CallRefund,
	"/secapi/pay/refundv2": CallRefund,
	"/pay/refundquery":     CallQueryRefund,
	"/pay/refundqueryv2":   CallQueryRefund,
}

// nameV2 fills in which order a v2 call is about, as far as it says so.
func (s *Server) nameV2(q *request) {
	q.fields, _ = readXML(q.body) // only for the books
	q.no, q.trade, q.refundNo = q.fields["out_trade_no"], q.fields["transaction_id"], q.fields["out_refund_no"]
	if q.no == "" {
		q.no = s.numberOf(q.trade, q.refundNo)
	}
}

// communication is a refusal that API v2 answers with return_code FAIL and no
// signature.
func communication(message string) *refusal {
	return &refusal{http.StatusOK, returnFail, message, internalUnspecified, nil}
}

// returnFail is no code of the provider's: see communication.
const returnFail = "FAIL"

// answerV2 checks the call and carries it out.
func (s *Server) answerV2(q *request) (map[string]any, *refusal) {
	fields, why := readXML(q.body)
	if why != "" {
		return nil, communication(why)
	}
	q.fields = fields
	if q.http.UserAgent() == "" {
		return nil, communication("Http头缺少User-Agent")
	}
	if r := s.authorizeV2(q); r != nil {
		return nil, r
	}
	if q.call == CallRefund && !s.certified(q.http) {
		return nil, &refusal{status: http.StatusBadRequest, code: noCertificate}
	}
	if r := checkV2(fields, v2Tables[q.call]); r != nil {
		return nil, r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if fields["appid"] != s.merchant.AppID {
		return nil, &refusal{http.StatusOK, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配", internalAppID, nil}
	}
	switch q.call {
	case CallCreate:
		return s.createV2(q)
	case CallQuery:
		return s.queryV2(q)
	case CallClose:
		return map[string]any{"result_msg": "OK"}, s.closeOrder(fields["out_trade_no"], nil)
	case CallRefund:
		return s.refundV2(q)
	default:
		return s.queryRefundV2(q)
	}
}

// noCertificate marks the page that the gateway sends instead of an answer.
const noCertificate = "NO CERTIFICATE"

// authorizeV2 verifies the merchant and the signature.
func (s *Server) authorizeV2(q *request) *refusal {
	a := signType(q.fields["sign_type"])
	switch {
	case q.fields["mch_id"] != s.merchant.MchID:
		return communication("mch_id不存在")
	case q.fields["nonce_str"] == "" || len(q.fields["nonce_str"]) > 32:
		return communication("缺少参数nonce_str")
	case a == "":
		return communication("sign_type参数格式错误")
	case q.fields["sign"] != signV2(q.fields, s.merchant.APIKey, a):
		return communication("签名错误")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls.nonce(q.fields["nonce_str"])
	return nil
}

// checkV2 holds fields against their table. Fields that no table names are
// signed and otherwise ignored.
func checkV2(fields map[string]string, table []field) *refusal {
	for _, f := range table {
		value := fields[f.name]
		if value == "" && f.required {
			return communication("缺少参数" + f.name)
		}
		if value != "" && checkText(value, f) != "" {
			return communication(f.name + "参数格式错误")
		}
	}
	return nil
}

// v2Code is a code of API v3 as API v2 writes it. s.mu is held.
func (s *Server) v2Code(call Call, r *refusal) string {
	if s.behaviour.Spelling == SpellingMixed && s.rand.IntN(2) == 0 {
		return r.code
	}
	switch {
	case r.code == "RESOURCE_NOT_EXISTS" || r.code == "ORDER_NOT_EXIST":
		if call == CallQueryRefund {
			return "REFUNDNOTEXIST"
		}
		return "ORDERNOTEXIST"
	case r.code == "RATE_LIMITED" && call == CallRefund:
		return "INVALID_REQ_TOO_MUCH"
	case r.code == "INVALID_REQUEST" && call == CallRefund && strings.Contains(r.message, "不一致"):
		return "REFUND_FEE_MISMATCH"
	}
	if code, ok := v2Codes[r.code]; ok {
		return code
	}
	return r.code
}

var v2Codes = map[string]string{
	"ORDER_PAID": "ORDERPAID", "ORDER_CLOSED": "ORDERCLOSED", "USER_PAYING": "USERPAYING", "NOT_ENOUGH": "NOTENOUGH",
	"SYSTEM_ERROR": "SYSTEMERROR", "BANK_ERROR": "BIZERR_NEED_RETRY", "NO_AUTH": "NOAUTH", "RATE_LIMITED": "FREQUENCY_LIMITED",
}

func fenText(n int64) string { return strconv.FormatInt(n, 10) }
