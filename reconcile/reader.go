package reconcile

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kioskd/sale"
)

// maxRecord is far above any line of a bill, which has a name of 127 characters
// and an attach of 128.
const maxRecord = 64 << 10

// Reader reads a bill that is written to it, and keeps the lines of one
// machine. It holds one line at a time and what it keeps.
//
// The format is not CSV as encoding/csv reads it: each value has a back-quote
// before it and none behind, nothing is escaped, and names of products may hold
// commas, quotes and, for all that is known, line breaks. So a line ends where
// the next one begins with a back-quote, values are parted by a comma and a
// back-quote, and columns behind the free texts are counted from the end.
// Columns are found by the names in the header, because merchants of old have
// others.
type Reader struct {
	begin   []byte // of the order numbers of this machine
	rest    []byte // an unfinished physical line
	record  []byte // physical lines that may go on
	at, n   int    // number of record's first line, and of lines so far
	header  *header
	summary []string
	read    int // records
	lines   []Line
	err     error
}

// NewReader keeps the lines whose order number begins with the machine's code
// and "-".
func NewReader(code string) *Reader { return &Reader{begin: []byte(code + "-")} }

// Write takes the next bytes of the bill. It never fails: who sends them shall
// find out first whether they are the right ones. What is wrong with them is
// told by Bill.
func (r *Reader) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0 && r.err == nil; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			r.rest = append(r.rest, rest...)
			if len(r.rest) > maxRecord {
				r.err = errTooLong(r.n + 1)
			}
			break
		}
		r.rest = append(r.rest, rest[:end]...)
		r.err = r.physical(r.rest)
		r.rest, rest = r.rest[:0], rest[end+1:]
	}
	return len(p), nil
}

func errTooLong(n int) error { return fmt.Errorf("line %d of the bill is too long for one", n) }

// Bill is what was written, when all of it was. An error means that nothing of
// it may be used.
func (r *Reader) Bill() (Bill, error) {
	if r.err == nil && len(r.rest) > 0 {
		r.err = r.physical(r.rest)
		r.rest = nil
	}
	if r.err == nil {
		r.err = r.flush()
	}
	if r.err == nil {
		r.err = r.complete()
	}
	if r.err != nil {
		return Bill{}, r.err
	}
	return Bill{Lines: r.lines, Others: r.read - len(r.lines)}, nil
}

// summaryBegins is the first name of the header above the sums.
const summaryBegins = "总交易单数"

// physical takes one line of the file.
func (r *Reader) physical(line []byte) error {
	r.n++
	line = bytes.TrimSuffix(line, []byte("\r"))
	switch {
	case r.header == nil:
		h, err := parseHeader(strings.TrimPrefix(string(line), "\uFEFF"))
		r.header = h
		return err
	case r.summary != nil:
		return r.sums(line)
	case bytes.HasPrefix(line, []byte(summaryBegins)):
		if err := r.flush(); err != nil {
			return err
		}
		r.summary = []string{}
		return nil
	case !bytes.HasPrefix(line, []byte("`")):
		if r.record == nil {
			return fmt.Errorf("line %d of the bill does not begin as one", r.n)
		}
		r.record = append(append(r.record, '\n'), line...)
		if len(r.record) > maxRecord {
			return errTooLong(r.at)
		}
		return nil
	}
	if err := r.flush(); err != nil {
		return err
	}
	r.record, r.at = append(r.record, line...), r.n
	return nil
}

// sums takes what follows the header above the sums.
func (r *Reader) sums(line []byte) error {
	switch {
	case len(line) == 0:
		return nil
	case len(r.summary) > 0:
		return fmt.Errorf("line %d of the bill stands behind its sums", r.n)
	}
	r.summary = strings.Split(strings.TrimPrefix(string(line), "`"), ",`")
	return nil
}

// flush reads the record that is complete now.
func (r *Reader) flush() error {
	if r.record == nil {
		return nil
	}
	defer func() { r.record = nil }()
	r.read++
	if !bytes.Contains(r.record, r.begin) {
		return nil // of others, whatever is in it
	}
	line, ours, err := r.header.line(string(r.record), string(r.begin))
	if err != nil {
		return fmt.Errorf("line %d of the bill: %w", r.at, err)
	}
	if line.N = r.at; ours {
		r.lines = append(r.lines, line)
	}
	return nil
}

// complete makes sure that nothing is missing: the sums count the lines, and
// are written as "45.0".
func (r *Reader) complete() error {
	if r.header == nil {
		return errors.New("the bill is empty")
	}
	if len(r.summary) == 0 {
		return errors.New("the bill ends without its sums: a part is missing")
	}
	count, fraction, _ := strings.Cut(r.summary[0], ".")
	n, err := number(count)
	if err != nil || strings.Trim(fraction, "0") != "" {
		return fmt.Errorf("the bill counts %q lines, which is no number", r.summary[0])
	}
	if n != int64(r.read) {
		return fmt.Errorf("the bill counts %d lines and has %d", n, r.read)
	}
	return nil
}

// header is where the columns are.
type header struct {
	columns    []string
	free, past int // the first free text, and the first column behind the last; 0 without any
	at         map[string]int
}

// The columns that are used. Merchants of old have total where others have
// order amounts before and after coupons.
var (
	colTime         = []string{"交易时间"}
	colTransaction  = []string{"微信订单号"}
	colNumber       = []string{"商户订单号"}
	colState        = []string{"交易状态"}
	colTotal        = []string{"订单金额", "总金额", "应结订单金额"}
	colRefundID     = []string{"微信退款单号"}
	colRefundNo     = []string{"商户退款单号"}
	colRefund       = []string{"申请退款金额", "退款金额"}
	colRefundStatus = []string{"退款状态"}
)

// The free texts, which stand side by side.
const (
	colProduct = "商品名称"
	colAttach  = "商户数据包"
)

func parseHeader(line string) (*header, error) {
	h := &header{columns: strings.Split(line, ","), at: map[string]int{}}
	for i, c := range h.columns {
		h.at[strings.TrimSpace(c)] = i
	}
	for _, names := range [][]string{colTime, colTransaction, colNumber, colState, colTotal, colRefundID, colRefundNo, colRefund, colRefundStatus} {
		if h.column(names) < 0 {
			return nil, fmt.Errorf("the bill has no column %s: this is no trade bill of the type ALL", names[0])
		}
	}
	for _, name := range []string{colProduct, colAttach} {
		if i, ok := h.at[name]; ok {
			if h.past == 0 || i < h.free {
				h.free = i
			}
			h.past = max(h.past, i+1)
		}
	}
	return h, nil
}

// column returns the first of the names that there is, or -1.
func (h *header) column(names []string) int {
	for _, n := range names {
		if i, ok := h.at[n]; ok {
			return i
		}
	}
	return -1
}

// line reads a record. ours is false when the machine's code only stands in a
// text of somebody else's.
func (h *header) line(record, begin string) (l Line, ours bool, err error) {
	values := strings.Split(strings.TrimPrefix(record, "`"), ",`")
	extra := len(values) - len(h.columns)
	if extra > 0 && h.free < h.past { // a comma and a back-quote within a free text
		values = slices.Concat(values[:h.free], make([]string, h.past-h.free), values[h.past+extra:])
		extra = 0
	}
	if extra != 0 {
		return l, false, fmt.Errorf("%d values for %d columns", len(values), len(h.columns))
	}
	value := func(names []string) string { return strings.TrimSpace(values[h.column(names)]) }
	l = Line{
		Number: sale.Number(value(colNumber)), TransactionID: value(colTransaction), State: value(colState),
		RefundNo: value(colRefundNo), RefundID: value(colRefundID), RefundStatus: value(colRefundStatus),
	}
	if !strings.HasPrefix(string(l.Number), begin) {
		return l, false, nil
	}
	if l.At, err = time.ParseInLocation("2006-01-02 15:04:05", value(colTime), beijing); err != nil {
		return l, true, fmt.Errorf("%q is no time", value(colTime))
	}
	if l.Total, err = yuan(value(colTotal)); err == nil {
		l.Refund, err = yuan(value(colRefund))
	}
	return l, true, err
}
