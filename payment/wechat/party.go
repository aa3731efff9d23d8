package wechat

import (
	"net/url"

	"kioskd/payment/internal/link"
)

// party is for whom an order is made: a merchant of its own, or a sub-merchant
// of a service provider, whose fields have other names. It stands first in the
// create call's body, and the provider says it again in the query's answer.
// (pay.weixin.qq.com/doc/v3/partner)
type party struct {
	AppID    string `json:"appid,omitempty"`
	MchID    string `json:"mchid,omitempty"`
	SPAppID  string `json:"sp_appid,omitempty"`
	SPMchID  string `json:"sp_mchid,omitempty"`
	SubAppID string `json:"sub_appid,omitempty"`
	SubMchID string `json:"sub_mchid,omitempty"`
}

// numbers is the party without its appids, which may change during the life of
// an order. It is all that a close call says.
func (p party) numbers() party {
	return party{MchID: p.MchID, SPMchID: p.SPMchID, SubMchID: p.SubMchID}
}

// path begins the path of every call about an order.
func (p party) path() string {
	if p.SPMchID != "" {
		return "/v3/pay/partner/transactions/"
	}
	return "/v3/pay/transactions/"
}

func (p party) orderPath(number string) string {
	return p.path() + "out-trade-no/" + url.PathEscape(number)
}

// query names the party in a query string.
func (p party) query() string {
	if p.SPMchID != "" {
		return "?sp_mchid=" + url.QueryEscape(p.SPMchID) + "&" + p.subQuery()[1:]
	}
	return "?mchid=" + url.QueryEscape(p.MchID)
}

// subQuery is what the query of a refund says about the party.
func (p party) subQuery() string {
	if p.SubMchID == "" {
		return ""
	}
	return "?sub_mchid=" + url.QueryEscape(p.SubMchID)
}

func (p party) String() string {
	if p.SPMchID != "" {
		return "sub-merchant " + link.Quote(p.SubMchID) + " of service provider " + link.Quote(p.SPMchID)
	}
	return "merchant " + link.Quote(p.MchID)
}

// is compares the party that an answer names with the order's. An answer may
// leave out the sub_appid.
func (p party) is(order party) error {
	if p.SubAppID == "" {
		order.SubAppID = ""
	}
	return firstDifference(
		same("appid", p.AppID, order.AppID),
		same("mchid", p.MchID, order.MchID),
		same("sp_appid", p.SPAppID, order.SPAppID),
		same("sp_mchid", p.SPMchID, order.SPMchID),
		same("sub_appid", p.SubAppID, order.SubAppID),
		same("sub_mchid", p.SubMchID, order.SubMchID),
	)
}
