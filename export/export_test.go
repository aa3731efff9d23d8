package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"kioskd/export"
	"kioskd/export/sheet"
	"kioskd/sale"
)

var noon = time.Date(2026, 10, 1, 4, 0, 0, 0, time.UTC) // 12:00 in Beijing

func sold() sale.Order {
	return sale.Order{
		Number: "SH0042-1-ABCDEF", Seq: 1, CreatedAt: noon, State: sale.Dispensed, Cause: sale.CauseDropped,
		Product: sale.Product{Slot: 11, Name: "可乐, 330ml", Price: 350},
		Payment: sale.Payment{TransactionID: "4200001", PaidAt: noon.Add(9 * time.Second)},
	}
}

func refunded() sale.Order {
	o := sold()
	o.Number, o.State, o.Cause, o.Detail = "SH0042-2-ABCDEF", sale.Refunded, sale.CauseRefunded, "=HYPERLINK(\"x\")"
	o.Refund = sale.Refund{Status: sale.RefundSuccess, ID: "5030001"}
	return o
}

func unpaid() sale.Order {
	o := sold()
	o.Number, o.State, o.Cause, o.Payment = "SH0042-3-ABCDEF", sale.Closed, sale.CauseTimeout, sale.Payment{}
	o.Product.Name = "-1"
	return o
}

func rows(orders ...sale.Order) iter.Seq2[export.Row, error] {
	return func(yield func(export.Row, error) bool) {
		for _, o := range orders {
			if !yield(export.RowOf(o), nil) {
				return
			}
		}
	}
}

func write(t *testing.T, f export.Format, r iter.Seq2[export.Row, error]) string {
	t.Helper()
	var b bytes.Buffer
	if err := export.Write(&b, f, r, sheet.Write); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCSV(t *testing.T) {
	got := write(t, export.CSV, rows(sold(), refunded(), unpaid()))
	want := "\ufeffout_trade_no,created_at,slot,product,price_yuan,state,cause,transaction_id,paid_at,paid_yuan,out_refund_no,refund_id,refund_status,refunded_yuan,kept_yuan,test,detail\r\n" +
		"SH0042-1-ABCDEF,2026-10-01 12:00:00,11,\"可乐, 330ml\",3.50,dispensed,dropped,4200001,2026-10-01 12:00:09,3.50,,,,0.00,3.50,,\r\n" +
		"SH0042-2-ABCDEF,2026-10-01 12:00:00,11,\"可乐, 330ml\",3.50,refunded,refunded,4200001,2026-10-01 12:00:09,3.50,SH0042-2-ABCDEFR,5030001,success,3.50,0.00,,\"'=HYPERLINK(\"\"x\"\")\"\r\n" +
		"SH0042-3-ABCDEF,2026-10-01 12:00:00,11,-1,3.50,closed,timeout,,,0.00,,,,0.00,0.00,,\r\n"
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// What a sheet program would calculate is text in the file.
func TestCSVIsHarmless(t *testing.T) {
	for _, name := range []string{"=1+1", "+cmd|' /C calc'!A0", "-2+3+cmd", "@SUM(A1)", "\t=1", "\r=1"} {
		o := sold()
		o.Product.Name = name
		records, err := csv.NewReader(strings.NewReader(write(t, export.CSV, rows(o)))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if got := records[1][3]; got[0] != '\'' {
			t.Errorf("%q is written as %q", name, got)
		}
	}
}

func TestJSON(t *testing.T) {
	if got := write(t, export.JSON, rows()); got != "[]\n" {
		t.Errorf("nothing is written as %q", got)
	}
	var got []export.Row
	if err := json.Unmarshal([]byte(write(t, export.JSON, rows(sold(), refunded(), unpaid()))), &got); err != nil {
		t.Fatal(err)
	}
	want := []export.Row{export.RowOf(sold()), export.RowOf(refunded()), export.RowOf(unpaid())}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got[1].Kept != 0 || got[1].Refunded != 350 || got[0].Kept != 350 || got[2].PaidAt != nil {
		t.Errorf("%+v", got)
	}
}

// A sheet has numbers where they can be added up, and the sums of the file.
func TestXLSX(t *testing.T) {
	f, err := excelize.OpenReader(strings.NewReader(write(t, export.XLSX, rows(sold(), refunded(), unpaid()))))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := f.GetRows("orders")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 5 || all[0][0] != "商户订单号 out_trade_no" || all[1][1] != "2026-10-01 12:00:00" || all[1][9] != "3.50" || all[2][16] != `=HYPERLINK("x")` {
		t.Errorf("%q", all)
	}
	for cell, want := range map[string]string{"J5": "7", "N5": "3.5", "O5": "3.5"} {
		if got, err := f.CalcCellValue("orders", cell, excelize.Options{RawCellValue: true}); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", cell, got, err, want)
		}
		if got, err := f.GetCellValue("orders", cell, excelize.Options{RawCellValue: true}); err != nil || strings.TrimRight(got, ".0") != want {
			t.Errorf("without calculating %s: %s, %v; want %s", cell, got, err, want)
		}
	}
	if formula, _ := f.GetCellFormula("orders", "Q3"); formula != "" {
		t.Errorf("a reason became the formula %s", formula)
	}
}

// TestXLSXOfNothing: sums of no orders are zero, and do not add up themselves.
func TestXLSXOfNothing(t *testing.T) {
	f, err := excelize.OpenReader(strings.NewReader(write(t, export.XLSX, rows())))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := f.GetRows("orders")
	if err != nil || len(all) != 2 || all[1][9] != "0.00" || all[1][14] != "0.00" {
		t.Errorf("%q, %v", all, err)
	}
	if formula, err := f.GetCellFormula("orders", "J2"); err != nil || formula != "" {
		t.Errorf("the sum is %q, %v", formula, err)
	}
}

// TestXLSXLook: the head stays where it is, and columns are as wide as they say.
func TestXLSXLook(t *testing.T) {
	f, err := excelize.OpenReader(strings.NewReader(write(t, export.XLSX, rows(sold()))))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if p, err := f.GetPanes("orders"); err != nil || !p.Freeze || p.YSplit != 1 || p.TopLeftCell != "A2" {
		t.Errorf("panes: %+v, %v", p, err)
	}
	if w, err := f.GetColWidth("orders", "Q"); err != nil || w != 40 {
		t.Errorf("the last column is %v wide, %v", w, err)
	}
	for cell, want := range map[string]string{"A1": "0.00 bold", "B2": "yyyy-mm-dd hh:mm:ss", "C2": "", "J2": "0.00", "J3": "0.00 bold"} {
		id, err := f.GetCellStyle("orders", cell)
		if err != nil {
			t.Fatal(err)
		}
		st, err := f.GetStyle(id)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		switch {
		case st.CustomNumFmt != nil:
			got = *st.CustomNumFmt
		case st.NumFmt == 2:
			got = "0.00"
		}
		if st.Font != nil && st.Font.Bold {
			got += " bold"
		}
		if got != want {
			t.Errorf("the style of %s is %q, not %q", cell, got, want)
		}
	}
}

// TestXLSXText: a name comes back as it was, whatever a sheet could take it for.
func TestXLSXText(t *testing.T) {
	long := strings.Repeat("长", 40_000) // a cell has room for 32,767
	for _, c := range []struct{ name, want string }{
		{`<&>"'`, `<&>"'`},
		{"  two spaces  ", "  two spaces  "},
		{"a\nb\tc\r", "a\nb\tc\r"},
		{"_x0041_ _x005F_", "_x0041_ _x005F_"},
		{"=1+1", "=1+1"},
		{"007", "007"},
		{"\x00\xff", "\ufffd\ufffd"}, // XML has no such characters
		{long, long[:3*32_767]},
	} {
		o := sold()
		o.Product.Name = c.name
		f, err := excelize.OpenReader(strings.NewReader(write(t, export.XLSX, rows(o))))
		if err != nil {
			t.Fatal(err)
		}
		got, err := f.GetCellValue("orders", "D2")
		if formula, _ := f.GetCellFormula("orders", "D2"); err != nil || got != c.want || formula != "" {
			t.Errorf("%q came back as %q (formula %q), %v", c.name, got, formula, err)
		}
		f.Close()
	}
}

// TestXLSXTime: what a machine with a wrong clock wrote is still a time.
func TestXLSXTime(t *testing.T) {
	for at, want := range map[time.Time]string{
		{}: "",
		time.Date(1970, 1, 1, 0, 0, 1, 0, time.UTC):              "1970-01-01 08:00:01",
		time.Date(2026, 12, 31, 15, 59, 59, 999_999, time.UTC):   "2026-12-31 23:59:59",
		time.Date(2026, 10, 1, 16, 0, 0, 0, time.UTC):            "2026-10-02 00:00:00",
		time.Date(2099, 12, 31, 23, 59, 59, 0, time.UTC).Local(): "2100-01-01 07:59:59",
	} {
		o := sold()
		o.CreatedAt = at
		f, err := excelize.OpenReader(strings.NewReader(write(t, export.XLSX, rows(o))))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.GetCellValue("orders", "B2"); err != nil || got != want {
			t.Errorf("%v is written as %q, not %q: %v", at, got, want, err)
		}
		f.Close()
	}
}

// What could not be read, or written, is an error and no short file.
func TestErrors(t *testing.T) {
	broken := errors.New("page 7 is damaged")
	for _, f := range export.Formats() {
		half := func(yield func(export.Row, error) bool) {
			_ = yield(export.RowOf(sold()), nil) && yield(export.Row{}, broken)
		}
		if err := export.Write(new(bytes.Buffer), f, half, sheet.Write); !errors.Is(err, broken) {
			t.Errorf("%s: %v", f, err)
		}
		if err := export.Write(full{}, f, rows(sold()), sheet.Write); !errors.Is(err, errFull) {
			t.Errorf("%s on a full disk: %v", f, err)
		}
	}
	if _, err := export.ParseFormat("pdf"); err == nil || err.Error() != `"pdf" is no format: write csv, json or xlsx` {
		t.Error(err)
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
