package wechat

import (
	"cmp"
	"regexp"

	"kioskd/payment/internal/link"
)

var (
	appIDShape  = regexp.MustCompile(`^wx[0-9A-Za-z]{16}$`)
	mchIDShape  = regexp.MustCompile(`^[0-9]{8,10}$`)
	serialShape = regexp.MustCompile(`^[0-9A-Fa-f]{8,40}$`)
	keyIDShape  = regexp.MustCompile(`^PUB_KEY_ID_[0-9A-Za-z]+$`)
)

// shaped reports a value that is missing or looks wrong.
func shaped(problem func(field, what string), field, value string, shape *regexp.Regexp, want string) {
	switch {
	case value == "":
		problem(field, "is missing: write "+want)
	case !shape.MatchString(value):
		problem(field, link.Quote(value)+" has the wrong shape: write "+want)
	}
}

// Merchant is the merchant number that signs: mchid, or a service provider's
// sp_mchid.
func (s *Settings) Merchant() string { return cmp.Or(s.SPMchID, s.MchID) }

func (s *Settings) party() party {
	return party{s.AppID, s.MchID, s.SPAppID, s.SPMchID, s.SubAppID, s.SubMchID}
}

func (s *Settings) checkParty(problem func(field, what string)) {
	const number = "merchant number in quotes: 8 to 10 digits"
	if s.SPAppID+s.SPMchID+s.SubAppID+s.SubMchID == "" {
		shaped(problem, "appid", s.AppID, appIDShape, "the appid that is bound to the mchid: wx and 16 letters or digits")
		shaped(problem, "mchid", s.MchID, mchIDShape, "the "+number)
		return
	}
	for _, own := range []struct{ field, value string }{{"appid", s.AppID}, {"mchid", s.MchID}} {
		if own.value != "" {
			problem(own.field, "stands beside the keys of a service provider: take it out, or, for a merchant of its own, take out sp_appid, sp_mchid, sub_mchid and sub_appid")
		}
	}
	shaped(problem, "sp_appid", s.SPAppID, appIDShape, "the service provider's appid, bound to sp_mchid: wx and 16 letters or digits")
	shaped(problem, "sp_mchid", s.SPMchID, mchIDShape, "the service provider's "+number)
	shaped(problem, "sub_mchid", s.SubMchID, mchIDShape, "the sub-merchant's "+number)
	if s.SubAppID != "" {
		shaped(problem, "sub_appid", s.SubAppID, appIDShape, "the sub-merchant's own appid, or leave it out")
	}
	if s.SubMchID != "" && s.SubMchID == s.SPMchID {
		problem("sub_mchid", link.Quote(s.SubMchID)+" is the service provider itself: write the number of the sub-merchant, who gets the money")
	}
}
