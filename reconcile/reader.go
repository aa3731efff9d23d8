package reconcile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
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
