package forgetest_test

import (
	"bytes"
	"net/http"
	"strings"

	"kioskd/internal/desk"
	"kioskd/payment/paytest"
)

// forgery is one way to tell a lie. The zero fields fit everywhere.
type forgery struct {
	name string
	in   func(desk.Mode) bool
	// part: the answer is well proved and wrong in what it says about this. It
	// must be an answer that says it.
	part part
	// hint: the answer is an error, which nothing proves. What it says is no
	// lie of the moment's.
	hint bool
	// blind: no client can see it, and only the outcome must be right.
	blind bool
	// list forges what the download of the platform certificates brings, so
	// that the lie is believed.
	list func(f *forger) message
	make func(f *forger, call paytest.Call, number string, m message) message
}

func v2Only(m desk.Mode) bool      { return m.V2() }
func v3Only(m desk.Mode) bool      { return !m.V2() }
func partnerOnly(m desk.Mode) bool { return m == desk.Partner }

// forgeries lists every way.
func forgeries() []forgery {
	all := append(elsewhere(), untrue()...)
	all = append(all, replays()...)
	all = append(all, hints()...)
	all = append(all, signatures()...)
	all = append(all, certified()...)
	all = append(all, lists()...)
	all = append(all, seals()...)
	return append(all, markup()...)
}

// plain is a way that needs no more than the answer.
func plain(name string, in func(desk.Mode) bool, do func(f *forger, m message) message) forgery {
	return forgery{name: name, in: in, make: func(f *forger, _ paytest.Call, _ string, m message) message { return do(f, m) }}
}

func page(name string, status int, body string, header http.Header) forgery {
	return plain(name, nil, func(*forger, message) message {
		if header == nil {
			header = http.Header{}
		}
		return message{ready: &answer{status, header, []byte(body)}}
	})
}

const login = "<!DOCTYPE html><html><head><title>Free WiFi</title></head><body>log in</body></html>"

// elsewhere is what does not come from the provider's interface at all, or
// with a status that it has not.
func elsewhere() []forgery {
	html, there := http.Header{"Content-Type": {"text/html"}}, http.Header{"Location": {"http://10.0.0.1/login"}}
	status := func(name string, n int) forgery {
		return plain(name, nil, func(_ *forger, m message) message { m.status = n; return m })
	}
	return []forgery{
		plain("unsigned", nil, func(_ *forger, m message) message { m.bare = true; return m }),
		status("signed 201", 201), status("signed 202", 202), status("signed 206", 206),
		page("captive page 200", 200, login, html), page("captive page 204", 204, "", nil), page("captive page 511", 511, login, html),
		page("captive redirect 302", 302, "", there), page("captive redirect 307", 307, "", there),
		page("empty 200", 200, "", nil), page("JSON true", 200, "true", nil), page("8 MiB", 200, strings.Repeat(" ", 8<<20), nil),
	}
}

const stranger = "DESK-9-ZZZZZZ"

// untrue is what the provider itself might say in confusion: well proved, and
// not about this order.
func untrue() []forgery {
	about := func(name string, p part, to func(old any) any) forgery {
		return forgery{name: name, part: p, make: func(f *forger, _ paytest.Call, _ string, m message) message { return f.change(m, p, to) }}
	}
	is := func(v any) func(any) any { return func(any) any { return v } }
	add := func(n int64) func(any) any { return func(old any) any { return old.(int64) + n } }
	of := func(in func(desk.Mode) bool, w forgery) forgery { w.in = in; return w }
	twice := func(name string, p part, value string, behind bool) forgery {
		return forgery{name: name, part: p, make: func(f *forger, _ paytest.Call, _ string, m message) message {
			m.text = func(body []byte) []byte { return f.speech.twice(body, p, value, behind) }
			return m
		}}
	}
	return []forgery{
		about("another merchant", merchant, is("1900000000")), about("no merchant", merchant, is(nil)),
		of(partnerOnly, about("another sub-merchant", subMerchant, is("1600000000"))), of(partnerOnly, about("no sub-merchant", subMerchant, is(nil))),
		about("another appid", app, is("wx0000000000000000")),
		{name: "another order", part: order, make: func(f *forger, _ paytest.Call, number string, m message) message {
			return f.change(m, order, func(old any) any { return strings.Replace(old.(string), number, stranger, 1) })
		}},
		about("order in other case", order, func(old any) any { return strings.ToLower(old.(string)) }),
		about("no number", order, is(nil)), twice("number twice, first", order, stranger, false), twice("number twice, last", order, stranger, true),
		about("a fen less", total, add(-1)), about("a fen more", total, add(1)), about("nothing paid", total, is(int64(0))),
		about("amount negative", total, func(old any) any { return -old.(int64) }),
		of(v3Only, about("amount as text", total, is("1100"))), of(v2Only, about("amount 0x44c", total, is("0x44c"))),
		of(v2Only, about("amount with a point", total, is("1100.0"))), of(v2Only, about("amount with a zero before", total, is("01100"))),
		about("no amount", total, is(nil)), twice("amount twice, first", total, "1", false), twice("amount twice, last", total, "1", true),
		about("US dollars", currency, is("USD")), of(v3Only, about("no currency", currency, is(nil))),
		about("no transaction", transaction, is(nil)), about("no time of payment", paidAt, is(nil)), about("paid yesterday, or so", paidAt, is("yesterday")),
		{name: "another transaction", part: transaction, make: func(f *forger, call paytest.Call, _ string, m message) message {
			if call == paytest.CallQuery {
				return f.change(m, transaction, is(nil)) // any will do, once
			}
			return f.change(m, transaction, is("4200000000000000000000000001"))
		}},
	}
}

// replays are answers that the provider really has proved.
func replays() []forgery {
	old := func(name string, in func(desk.Mode) bool, do func(f *forger, number string, a answer) answer) forgery {
		return forgery{name: "replay of another order" + name, in: in, make: func(f *forger, call paytest.Call, number string, _ message) message {
			a := do(f, number, f.old[call])
			return message{ready: &a}
		}}
	}
	number := func(f *forger, number string, a answer) answer {
		a.body = bytes.ReplaceAll(a.body, []byte(f.replayed), []byte(number))
		return a
	}
	put := func(before, after string, behind bool) func(*forger, string, answer) answer {
		return func(_ *forger, number string, a answer) answer {
			a.body = beside(a.body, before+number+after, behind)
			return a
		}
	}
	return []forgery{
		old("", nil, func(_ *forger, _ string, a answer) answer { return a }),
		old(", number changed", nil, number),
		old(", this number before it", v2Only, put("<out_trade_no>", "</out_trade_no>", false)),
		old(", this number behind it", v2Only, put("<out_trade_no>", "</out_trade_no>", true)),
		old(", this number in a comment", v2Only, put("<!--<out_trade_no>", "</out_trade_no>-->", true)),
		old(", this number in a field", v2Only, put("<x><out_trade_no>", "</out_trade_no></x>", true)),
		old(", this number under a prefix", v2Only, put("<x:out_trade_no>", "</x:out_trade_no>", true)),
		{name: "replay of this order, from before", blind: true, make: func(f *forger, call paytest.Call, _ string, m message) message {
			if a, ok := f.own[call]; ok {
				return message{ready: &a}
			}
			m.bare = true
			return m
		}},
	}
}

// hints are errors, which the provider proves in API v2 only.
func hints() (all []forgery) {
	for _, code := range []string{
		"ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS", "ORDER_CLOSED", "ORDER_PAID", "USER_PAYING", "NO_AUTH", "SIGN_ERROR", "INVALID_REQUEST", "NOT_ENOUGH", "TEAPOT",
	} {
		all = append(all, forgery{name: "error " + code, hint: true, make: func(f *forger, _ paytest.Call, _ string, _ message) message {
			return f.speech.refusal(f, code)
		}})
	}
	return all
}
