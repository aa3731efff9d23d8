package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kioskd/payment/paytest"
	"kioskd/reconcile"
	"kioskd/sale"
)

// head is the header of a bill of the type ALL, and sums the one at its end.
const (
	head = "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
	sums = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)

// payLine and backLine are lines as a bill has them.
func payLine(number, product, total string) string {
	return "`2026-11-27 20:08:21,`wx1234567890abcdef,`1900000109,`0,`SH0042,`4200001234202611271234567890,`" + number + ",`oUpF8,`NATIVE,`SUCCESS,`OTHERS,`CNY,`" +
		total + ",`0.00,`0,`0,`0.00,`0.00,`,`,`" + product + ",`machine=SH0042,`0.00000,`0.60%,`" + total + ",`0.00,`"
}

func backLine(number, refundNo, status, refund string) string {
	return "`2026-11-27 20:09:00,`wx1234567890abcdef,`1900000109,`0,`SH0042,`4200001234202611271234567890,`" + number + ",`oUpF8,`NATIVE,`REFUND,`OTHERS,`CNY,`0.00,`0.00,`50300012,`" +
		refundNo + ",`" + refund + ",`0.00,`ORIGINAL,`" + status + ",`水,`,`0.00000,`0.60%,`0.00,`" + refund + ",`"
}

func bill(lines ...string) string {
	return "\uFEFF" + head + "\r\n" + strings.Join(append(lines, ""), "\r\n") + sums + "\r\n" + fmt.Sprintf("`%d.0,`0.47,`0.14,`0.0,`0.08,`0.47,`0.14\r\n", len(lines))
}

// read has the reader take a bill in pieces of n bytes.
func read(s string, n int) (reconcile.Bill, error) {
	r := reconcile.NewReader("SH0042")
	for p := range slices.Chunk([]byte(s), n) {
		if w, err := r.Write(p); err != nil || w != len(p) {
			return reconcile.Bill{}, fmt.Errorf("write: %d, %w", w, err)
		}
	}
	return r.Bill()
}

func TestReader(t *testing.T) {
	paid := reconcile.Line{
		N: 2, At: time.Date(2026, 11, 27, 12, 8, 21, 0, time.UTC), Number: "SH0042-17-ABCDEF", TransactionID: "4200001234202611271234567890",
		Total: 350, State: "SUCCESS", RefundNo: "0", RefundID: "0",
	}
	back := reconcile.Line{
		N: 3, At: time.Date(2026, 11, 27, 12, 9, 0, 0, time.UTC), Number: "SH0042-17-ABCDEF", TransactionID: "4200001234202611271234567890",
		State: "REFUND", RefundNo: "SH0042-17-ABCDEFR", RefundID: "50300012", Refund: 350, RefundStatus: "PROCESSING",
	}
	ours := payLine("SH0042-17-ABCDEF", "水", "3.50")
	refund := backLine("SH0042-17-ABCDEF", "SH0042-17-ABCDEFR", "PROCESSING", "3.50")
	for _, c := range []struct {
		name, bill string
		want       []reconcile.Line
		others     int
		err        string
	}{
		{name: "a payment and its refund", bill: bill(ours, refund), want: []reconcile.Line{paid, back}},
		{name: "no lines", bill: bill()},
		{name: "others", bill: bill(ours, payLine("SH00421-1-ABCDEF", "水", "1.00"), payLine("sh0042-1-ABCDEF", "水", "x")), want: []reconcile.Line{paid}, others: 2},
		{name: "an odd line of others", bill: bill(ours, strings.Replace(payLine("XX01-1-ABCDEF", "水", "1.00"), ",`NATIVE", "", 1)), want: []reconcile.Line{paid}, others: 1},
		{name: "our code in another's name", bill: bill(ours, payLine("XX01-1-ABCDEF", "SH0042-17-ABCDEF", "1.00")), want: []reconcile.Line{paid}, others: 1},
		{name: "commas in a name", bill: bill(payLine("SH0042-17-ABCDEF", "茶,半糖,\"冰\"", "3.50")), want: []reconcile.Line{paid}},
		{name: "commas and back-quotes in a name", bill: bill(payLine("SH0042-17-ABCDEF", "`茶`,`半糖,`", "3.50")), want: []reconcile.Line{paid}},
		{name: "a line break in a name", bill: bill(payLine("SH0042-17-ABCDEF", "茶\n半糖", "3.50"), payLine("XX01-1-ABCDEF", "a\r\nb\n", "1.00")), want: []reconcile.Line{paid}, others: 1},
		{name: "line feeds alone, no byte order mark", bill: strings.ReplaceAll(strings.TrimPrefix(bill(ours), "\uFEFF"), "\r\n", "\n"), want: []reconcile.Line{paid}},
		{name: "no line end at the end", bill: strings.TrimSuffix(bill(ours), "\r\n"), want: []reconcile.Line{paid}},
		{name: "empty lines at the end", bill: bill(ours) + "\r\n\r\n", want: []reconcile.Line{paid}},
		{name: "a count without decimals", bill: strings.Replace(bill(ours), "`1.0,", "`1,", 1), want: []reconcile.Line{paid}},
		{
			name: "columns of old",
			bill: "交易时间,微信订单号,商户订单号,交易状态,总金额,微信退款单号,商户退款单号,退款金额,退款状态,商品名称,商户数据包,费率\n" +
				"`2026-11-27 20:08:21,`4200001234202611271234567890,`SH0042-17-ABCDEF,`SUCCESS,`3.5,`0,`0,`0,`,`a,`b,`c,`d,`0.60%\n" +
				"总交易单数,总交易额\n`1,`3.5\n",
			want: []reconcile.Line{paid},
		},
		{name: "empty", bill: "", err: "the bill is empty"},
		{name: "byte order mark alone", bill: "\uFEFF", err: "the bill has no column 交易时间: this is no trade bill of the type ALL"},
		{name: "a page", bill: "<html><body>Log in</body></html>\n", err: "the bill has no column 交易时间: this is no trade bill of the type ALL"},
		{name: "a bill of payments alone", bill: strings.Replace(bill(ours), ",微信退款单号", "", 1), err: "the bill has no column 微信退款单号: this is no trade bill of the type ALL"},
		{name: "cut behind a line", bill: strings.SplitAfter(bill(ours), "\r\n")[0] + ours + "\r\n", err: "the bill ends without its sums: a part is missing"},
		{name: "cut within the sums", bill: bill(ours)[:strings.Index(bill(ours), "应结订单总金额")], err: "the bill ends without its sums: a part is missing"},
		{name: "a line too few", bill: strings.Replace(bill(ours), "`1.0,", "`2.0,", 1), err: "the bill counts 2 lines and has 1"},
		{name: "a count that is none", bill: strings.Replace(bill(ours), "`1.0,", "`1.5,", 1), err: `the bill counts "1.5" lines, which is no number`},
		{name: "something behind the sums", bill: bill(ours) + "x\n", err: "line 5 of the bill stands behind its sums"},
		{name: "no line", bill: strings.Replace(bill(ours), "`2026", "2026", 1), err: "line 2 of the bill does not begin as one"},
		{name: "a value too few", bill: bill(strings.Replace(ours, ",`NATIVE", "", 1)), err: "line 2 of the bill: 26 values for 27 columns"},
		{name: "no time", bill: bill(strings.Replace(ours, "`2026-11-27 ", "`2026/11/27 ", 1)), err: `line 2 of the bill: "2026/11/27 20:08:21" is no time`},
		{name: "half a fen", bill: bill(payLine("SH0042-17-ABCDEF", "水", "3.505")), err: `line 2 of the bill: "3.505" is no amount in yuan`},
		{name: "a negative amount", bill: bill(payLine("SH0042-17-ABCDEF", "水", "-3.50")), err: `line 2 of the bill: "-3.50" is no amount in yuan`},
		{name: "an endless line", bill: head + "\n`" + strings.Repeat("x", 70000), err: "line 2 of the bill is too long for one"},
		{name: "an endless record", bill: head + "\n`x\n" + strings.Repeat("x\n", 40000), err: "line 2 of the bill is too long for one"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, n := range []int{1, 7, 1 << 20} {
				got, err := read(c.bill, n)
				if said := fmt.Sprint(err); err != nil && said != c.err || err == nil && c.err != "" {
					t.Fatalf("in pieces of %d: %v", n, err)
				}
				if len(got.Lines) != len(c.want) || got.Others != c.others {
					t.Fatalf("in pieces of %d: %+v", n, got)
				}
				for i, l := range got.Lines {
					l.At = l.At.UTC()
					if l != c.want[i] {
						t.Errorf("in pieces of %d: %+v\nwant %+v", n, l, c.want[i])
					}
				}
			}
		})
	}
}

// What the simulated provider renders is read back, whatever the names are.
func TestReaderRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		free := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("a,`\n\r\"总 "))))
		var lines []paytest.BillLine
		var want []reconcile.Line
		others := 0
		for i := range rapid.IntRange(0, 20).Draw(t, "lines") {
			code := rapid.SampledFrom([]string{"SH0042", "SH0043", "SH00421"}).Draw(t, "code")
			l := paytest.BillLine{
				At: time.Unix(1795780000+int64(i)*977, 0).UTC(), OutTradeNo: fmt.Sprintf("%s-%d-ABCDEF", code, i), TransactionID: fmt.Sprint("42", i),
				State: "SUCCESS", Total: rapid.Int64Range(1, 1e12).Draw(t, "total"), Product: safe(free.Draw(t, "product")), Attach: safe(free.Draw(t, "attach")),
			}
			w := reconcile.Line{At: l.At, Number: sale.Number(l.OutTradeNo), TransactionID: l.TransactionID, State: l.State, Total: sale.Fen(l.Total), RefundNo: "0", RefundID: "0"}
			if rapid.Bool().Draw(t, "refund") {
				l.State, l.RefundAsked, l.Total = "REFUND", l.Total, 0
				l.Refund, l.OutRefundNo, l.RefundID, l.RefundWord = l.RefundAsked, l.OutTradeNo+"R", fmt.Sprint("50", i), "PROCESSING"
				w.State, w.Refund, w.Total = l.State, sale.Fen(l.RefundAsked), 0
				w.RefundNo, w.RefundID, w.RefundStatus = l.OutRefundNo, l.RefundID, l.RefundWord
			}
			lines = append(lines, l)
			if code == "SH0042" {
				want = append(want, w)
			} else {
				others++
			}
		}
		got, err := read(string(paytest.RenderBill(lines)), rapid.IntRange(1, 500).Draw(t, "piece"))
		if err != nil || got.Others != others || len(got.Lines) != len(want) {
			t.Fatalf("%+v, %v; want %d and %d others", got, err, len(want), others)
		}
		for i, l := range got.Lines {
			if l.N, l.At = 0, l.At.UTC(); l != want[i] {
				t.Fatalf("%+v\nwant %+v", l, want[i])
			}
		}
	})
}

// safe takes out the one thing that makes a bill ambiguous: a line break with a
// back-quote or the name of the sums behind it.
func safe(s string) string {
	for strings.Contains(s, "\n`") || strings.Contains(s, "\n总") {
		s = strings.NewReplacer("\n`", "\n", "\n总", "\n").Replace(s)
	}
	return s
}

func FuzzReader(f *testing.F) {
	f.Add(bill(payLine("SH0042-17-ABCDEF", "水", "3.50"), backLine("SH0042-17-ABCDEF", "x", "SUCCESS", "3.50")), 3)
	f.Add(head+"\n`x\n", 1)
	f.Add("\uFEFF", 1)
	f.Fuzz(func(t *testing.T, s string, n int) {
		if n < 1 || n > 1000 {
			return
		}
		whole, err := read(s, max(1, len(s)))
		parts, err2 := read(s, n)
		if fmt.Sprint(whole, err) != fmt.Sprint(parts, err2) {
			t.Errorf("whole: %v, %v; in pieces of %d: %v, %v", whole, err, n, parts, err2)
		}
		for _, l := range whole.Lines {
			if !strings.HasPrefix(string(l.Number), "SH0042-") || l.Total < 0 || l.Refund < 0 {
				t.Errorf("%+v", l)
			}
		}
	})
}
