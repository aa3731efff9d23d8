package paytest

import (
	"net/http"
	"strings"
)

// refusal is an error answer.
type refusal struct {
	status   int
	code     string // in underscore spelling
	message  string
	internal int // ends the Request-ID
	detail   *detail
}

type detail struct {
	Field           string           `json:"field,omitempty"`
	Value           any              `json:"value,omitempty"`
	Issue           string           `json:"issue,omitempty"`
	Location        string           `json:"location,omitempty"`
	SignInformation *signInformation `json:"sign_information,omitempty"`
}

type signInformation struct {
	Method  string `json:"method"`
	URL     string `json:"url"`
	Length  int    `json:"sign_message_length"`
	Message string `json:"truncated_sign_message"`
}

// The internal codes at the end of a Request-ID that the provider's
// troubleshooting manual lists.
const (
	internalOK          = 0
	internalNotFound    = 268512771
	internalRate        = 268447840
	internalParam       = 268435461
	internalPaid        = 268449538
	internalExtraField  = 270924358
	internalMismatch    = 268447843
	internalClosed      = 268447914
	internalSignature   = 268443699
	internalReentry     = 268498688
	internalAppID       = 268445527
	internalRange       = 268435464
	internalUnspecified = 268435456 // not from the list
)

func signError(message string, d *detail) *refusal {
	return &refusal{http.StatusUnauthorized, "SIGN_ERROR", message, internalSignature, d}
}

func paramError(internal int, d *detail) *refusal {
	return &refusal{http.StatusBadRequest, "PARAM_ERROR", "参数错误", internal, d}
}

func invalidRequest(message string, internal int) *refusal {
	return &refusal{http.StatusBadRequest, "INVALID_REQUEST", message, internal, nil}
}

func orderNotExist() *refusal {
	return &refusal{http.StatusNotFound, "ORDER_NOT_EXIST", "订单不存在", internalNotFound, nil}
}

func resourceNotExists(message string) *refusal {
	return &refusal{http.StatusNotFound, "RESOURCE_NOT_EXISTS", message, internalNotFound, nil}
}

func orderClosed() *refusal {
	return &refusal{http.StatusBadRequest, "ORDER_CLOSED", "订单已关闭", internalClosed, nil}
}

func orderPaid(status int) *refusal {
	return &refusal{status, "ORDER_PAID", "该订单已支付", internalPaid, nil}
}

func userPaying() *refusal {
	return &refusal{http.StatusAccepted, "USER_PAYING", "用户支付中，需要输入密码", internalUnspecified, nil}
}

func notEnough() *refusal {
	return &refusal{http.StatusForbidden, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起", internalUnspecified, nil}
}

func tooFrequent(message string) *refusal {
	return &refusal{http.StatusTooManyRequests, "RATE_LIMITED", message, internalRate, nil}
}

func wrongMchID(sent any, location string) *refusal {
	return signError("请求中的mchid与Http头Authorization中的mchid不一致", &detail{
		Field: "mchid", Value: sent, Issue: "differs from the Authorization's mchid", Location: location})
}

// plain holds the older spelling where it is not the newer one without its
// underscores. Many codes have one spelling only.
var plain = map[string]string{
	"RATE_LIMITED":          "FREQUENCY_LIMITED",
	"PARAM_ERROR":           "PARAM_ERROR",
	"INVALID_REQUEST":       "INVALID_REQUEST",
	"RESOURCE_NOT_EXISTS":   "RESOURCE_NOT_EXISTS",
	"APPID_MCHID_NOT_MATCH": "APPID_MCHID_NOT_MATCH",
	"OUT_TRADE_NO_USED":     "OUT_TRADE_NO_USED",
}

// spell writes a code as the behaviour wants it. s.mu is held.
func (s *Server) spell(code string) string {
	older := s.behaviour.Spelling == SpellingPlain ||
		s.behaviour.Spelling == SpellingMixed && s.rand.IntN(2) == 0
	if !older {
		return code
	}
	if p, ok := plain[code]; ok {
		return p
	}
	return strings.ReplaceAll(code, "_", "")
}
