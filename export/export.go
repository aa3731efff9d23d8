package export

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
)

// Format is a kind of file.
type Format string

const (
	// CSV is UTF-8 with a byte order mark, for the sheet programs that take a
	// file without one for something else; times are Beijing's, money is in yuan.
	CSV Format = "csv"
	// JSON is a list of [Row].
	JSON Format = "json"
	// XLSX is a sheet with the columns of CSV, where money and times are
	// numbers that can be added up, and a last row of sums.
	XLSX Format = "xlsx"
)

// Formats lists all kinds.
func Formats() []Format { return []Format{CSV, JSON, XLSX} }

// ParseFormat reads a format's name.
func ParseFormat(s string) (Format, error) {
	if f := Format(s); slices.Contains(Formats(), f) {
		return f, nil
	}
	return "", fmt.Errorf("%q is no format: write csv, json or xlsx", s)
}

// ContentType is the media type of a file.
func (f Format) ContentType() string {
	switch f {
	case CSV:
		return "text/csv; charset=utf-8"
	case JSON:
		return "application/json"
	}
	return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
}

// Writer writes rows as one file of some format. The first error of the rows or
// of w ends it: what was written then is not a whole file.
type Writer func(w io.Writer, rows iter.Seq2[Row, error]) error

// Write writes the rows as one file. Of CSV and JSON it holds one row in memory.
// XLSX is written by sheet, see package export/sheet: a program that has it loads
// its tables with every start.
func Write(w io.Writer, f Format, rows iter.Seq2[Row, error], sheet Writer) error {
	b := bufio.NewWriterSize(w, 64<<10)
	if err := map[Format]Writer{CSV: writeCSV, JSON: writeJSON, XLSX: sheet}[f](b, rows); err != nil {
		return err
	}
	return b.Flush()
}

func writeCSV(w io.Writer, rows iter.Seq2[Row, error]) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out, all := csv.NewWriter(w), Columns()
	out.UseCRLF = true // RFC 4180
	cells := make([]string, len(all))
	for i, c := range all {
		cells[i] = c.Name
	}
	if err := out.Write(cells); err != nil {
		return err
	}
	for r, err := range rows {
		if err != nil {
			return err
		}
		for i, c := range all {
			cells[i] = harmless(text(c.Value(r)))
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// harmless keeps a sheet program from calculating what a name begins with. An
// amount below zero is a number and stays.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) && strings.Trim(s, "-.0123456789") != "" {
		return "'" + s
	}
	return s
}

func writeJSON(w io.Writer, rows iter.Seq2[Row, error]) error {
	before := "["
	for r, err := range rows {
		if err != nil {
			return err
		}
		b, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s\n%s", before, b); err != nil {
			return err
		}
		before = ","
	}
	if before == "[" {
		before = "[" // an empty list
		_, err := io.WriteString(w, "[]\n")
		return err
	}
	_, err := io.WriteString(w, "\n]\n")
	return err
}
