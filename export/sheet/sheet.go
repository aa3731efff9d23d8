// Package sheet writes orders as a sheet, XLSX, with the columns of package export.
package sheet

import (
	"archive/zip"
	"compress/flate"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"kioskd/clock"
	"kioskd/export"
	"kioskd/sale"
)

const name = "orders"

// Write is an [export.Writer]. It holds up to 16 MiB in memory before it goes on in
// a temporary file.
func Write(w io.Writer, rows iter.Seq2[export.Row, error]) error {
	f := excelize.NewFile().SetZipWriter(func(io.Writer) excelize.ZipWriter { return zipTo(w) })
	defer f.Close()
	if err := f.SetSheetName("Sheet1", name); err != nil {
		return err
	}
	s, err := newWriter(f)
	if err != nil {
		return err
	}
	for r, err := range rows {
		if err != nil {
			return err
		}
		if err := s.add(r); err != nil {
			return err
		}
	}
	if err := s.end(); err != nil {
		return err
	}
	_, err = f.WriteToBuffer() // which stays empty: all goes to w
	return err
}

// zipTo packs in half the time, and a file that is a third longer. It writes to
// w, where excelize would first pack the whole file in memory.
func zipTo(w io.Writer) *zip.Writer {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	return z
}

// writer writes one row after the other.
type writer struct {
	*excelize.StreamWriter
	columns           []export.Column
	money, date, bold int // styles
	row               int
	cells             []any // of a row
	paid, back, kept  sale.Fen
}

func newWriter(f *excelize.File) (*writer, error) {
	stream, err := f.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	s := &writer{StreamWriter: stream, columns: export.Columns()}
	s.cells = make([]any, len(s.columns))
	amount, moment := "0.00", "yyyy-mm-dd hh:mm:ss"
	for _, style := range []struct {
		id *int
		excelize.Style
	}{
		{&s.money, excelize.Style{CustomNumFmt: &amount}},
		{&s.date, excelize.Style{CustomNumFmt: &moment}},
		{&s.bold, excelize.Style{Font: &excelize.Font{Bold: true}, CustomNumFmt: &amount}},
	} {
		if *style.id, err = f.NewStyle(&style.Style); err != nil {
			return nil, err
		}
	}
	head := make([]any, len(s.columns))
	for i, c := range s.columns {
		if err := s.SetColWidth(i+1, i+1, c.Width); err != nil {
			return nil, err
		}
		head[i] = excelize.Cell{StyleID: s.bold, Value: c.Title + " " + c.Name}
	}
	if err := s.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return nil, err
	}
	return s, s.write(head)
}

func (s *writer) write(cells []any) error {
	s.row++
	return s.SetRow("A"+strconv.Itoa(s.row), cells)
}

// most is how many rows a sheet can have.
const most = excelize.TotalRows - 2

func (s *writer) add(r export.Row) error {
	if s.row > most {
		return fmt.Errorf("a sheet has room for %d orders: choose fewer days, or csv", most)
	}
	for i, c := range s.columns {
		s.cells[i] = s.cell(c.Value(r))
	}
	s.paid, s.back, s.kept = s.paid+r.Paid, s.back+r.Refunded, s.kept+r.Kept
	return s.write(s.cells)
}

// cell writes numbers as numbers. Text is never a formula.
func (s *writer) cell(v any) any {
	switch v := v.(type) {
	case sale.Fen:
		return excelize.Cell{StyleID: s.money, Value: float64(v) / 100}
	case sale.Slot:
		return int(v)
	case time.Time:
		if v.IsZero() {
			return nil
		}
		// A sheet knows no zones: what it shows is Beijing's clock.
		t := v.In(clock.Beijing)
		return excelize.Cell{StyleID: s.date, Value: time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)}
	case string:
		if v == "" {
			return nil // most orders have no refund
		}
	}
	return v
}

// end writes the sums, with their values for programs that do not calculate.
func (s *writer) end() error {
	last, sums := s.row, make([]any, len(s.columns))
	values := map[string]sale.Fen{"paid_yuan": s.paid, "refunded_yuan": s.back, "kept_yuan": s.kept}
	sums[0] = excelize.Cell{StyleID: s.bold, Value: "合计 total"}
	for i, c := range s.columns {
		if value, ok := values[c.Name]; ok {
			sum := excelize.Cell{StyleID: s.bold, Value: float64(value) / 100}
			if last > 1 {
				name, err := excelize.ColumnNumberToName(i + 1)
				if err != nil {
					return err
				}
				sum.Formula = fmt.Sprintf("SUM(%s2:%s%d)", name, name, last)
			}
			sums[i] = sum
		}
	}
	if err := s.write(sums); err != nil {
		return err
	}
	return s.Flush()
}
