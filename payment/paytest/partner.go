package paytest

import (
	"net/http"
	"strings"
)

// Partner mode: the merchant is a service provider (sp_mchid), the money is a
// sub-merchant's. Order numbers are one space for all sub-merchants together.
// (pay.weixin.qq.com/doc/v3/partner)

// partnerRows is a direct merchant's table as a service provider has it.
func partnerRows(direct []field) []field {
	var rows []field
	for _, f := range direct {
		switch f.name {
		case "appid":
			rows = append(rows, field{name: "sp_appid", kind: text, required: true, min: 1, max: 32}, field{name: "sub_appid", kind: text, min: 1, max: 32})
		case "mchid":
			rows = append(rows, field{name: "sp_mchid", kind: text, required: true, min: 1, max: 32}, subRow)
		default:
			rows = append(rows, f)
		}
	}
	return rows
}

var (
	subRow              = field{name: "sub_mchid", kind: text, required: true, min: 1, max: 32}
	partnerPrepayFields = partnerRows(prepayFields)
	partnerCloseFields  = partnerRows(closeFields)
	partnerRefundFields = append([]field{subRow}, refundFields...)
)

// More of the internal codes that the troubleshooting manual lists.
const (
	internalNoRelation   = 268443701
	internalSubIsOwn     = 268443705
	internalSubNotOrders = 268447845
)

func (s *Server) table(direct, partner []field) []field {
	if s.partner {
		return partner
	}
	return direct
}

// checkPath refuses a service provider's path to a direct merchant and the
// other way round.
func (s *Server) checkPath(r *http.Request) *refusal {
	if !strings.HasPrefix(r.URL.Path, "/v3/pay/") || strings.HasPrefix(r.URL.Path, "/v3/pay/partner/") == s.partner {
		return nil
	}
	return noAuth("商户号该产品权限未开通，请前往商户平台>产品中心检查后重试", internalUnspecified)
}

func noAuth(message string, internal int) *refusal {
	return &refusal{http.StatusForbidden, "NO_AUTH", message, internal, nil}
}

// checkParty checks the merchant numbers and appids of a body. s.mu is held.
func (s *Server) checkParty(m map[string]any) *refusal {
	own := map[bool]string{false: "mchid", true: "sp_mchid"}[s.partner]
	if number, said := m[own]; said && number != s.merchant.MchID {
		return wrongMchID(number, "body")
	}
	app := map[bool]string{false: "appid", true: "sp_appid"}[s.partner]
	if id, said := m[app]; said && id != s.merchant.AppID {
		return &refusal{http.StatusBadRequest, "APPID_MCHID_NOT_MATCH", app + "和" + own + "不匹配", internalAppID, nil}
	}
	if !s.partner {
		return nil
	}
	sub, _ := m["sub_mchid"].(string)
	if r := s.checkSub(sub); r != nil {
		return r
	}
	if id, said := m["sub_appid"]; said && id != s.subs[sub] {
		return &refusal{http.StatusBadRequest, "APPID_MCHID_NOT_MATCH", "sub_appid和sub_mchid不匹配", internalAppID, nil}
	}
	return nil
}

// checkSub wants a sub-merchant of this service provider. s.mu is held.
func (s *Server) checkSub(sub string) *refusal {
	if sub == s.merchant.MchID {
		return paramError(internalSubIsOwn, &detail{Field: "/sub_mchid", Value: sub, Issue: "is the service provider's own number", Location: "body"})
	}
	if _, known := s.subs[sub]; !known {
		return noAuth("特约子商户商户号未授权服务商的产品权限", internalNoRelation)
	}
	return nil
}

// checkQuery checks the merchant numbers in a query string: each once.
// s.mu is held.
func (s *Server) checkQuery(q *request, names ...string) *refusal {
	for _, name := range names {
		values := q.http.URL.Query()[name]
		if len(values) != 1 {
			return paramError(internalParam, &detail{Field: name, Issue: "required once", Location: "query"})
		}
		if name == "sub_mchid" {
			if r := s.checkSub(values[0]); r != nil {
				return r
			}
		} else if values[0] != s.merchant.MchID {
			return wrongMchID(values[0], "query")
		}
	}
	return nil
}

// numbers are the merchant numbers that an order's query must name.
func (s *Server) numbers() []string {
	if s.partner {
		return []string{"sp_mchid", "sub_mchid"}
	}
	return []string{"mchid"}
}

// foreign refuses a sub-merchant that asks about another's order.
func (s *Server) foreign(o *order, sub any) *refusal {
	if !s.partner || o == nil || o.subMchID == sub {
		return nil
	}
	return invalidRequest("特约子商户商户号与订单不匹配", internalSubNotOrders)
}

// parties is how an answer about an order names those whose it is.
func (s *Server) parties(o *order) map[string]any {
	if !s.partner {
		return map[string]any{"appid": s.merchant.AppID, "mchid": s.merchant.MchID}
	}
	m := map[string]any{"sp_appid": s.merchant.AppID, "sp_mchid": s.merchant.MchID, "sub_mchid": o.subMchID}
	if o.subAppID != "" {
		m["sub_appid"] = o.subAppID
	}
	return m
}

// payer is how an answer names who has paid.
func (s *Server) payer(o *order) map[string]any {
	if !s.partner {
		return map[string]any{"openid": openID(s.merchant.AppID, o.payer)}
	}
	m := map[string]any{"sp_openid": openID(s.merchant.AppID, o.payer)}
	if o.subAppID != "" {
		m["sub_openid"] = openID(o.subAppID, o.payer)
	}
	return m
}

// AddSubMerchant gives the service provider one more sub-merchant, with an
// appid of its own.
func (s *Server) AddSubMerchant() (mchID, appID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addSub()
}

func (s *Server) addSub() (mchID, appID string) {
	mchID, appID = "16000"+s.token("0123456789", 5), "wx"+s.token("0123456789abcdef", 16)
	s.subs[mchID] = appID
	return mchID, appID
}
