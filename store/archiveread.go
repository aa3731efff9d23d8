package store

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"

	"kioskd/sale"
)

// Archive reads the archives beside a ledger: the orders that [Store.Archive]
// moved out of it. It needs no ledger, takes no lock, changes nothing, and may
// be used beside a running daemon by anybody who may read the files.
type Archive struct{ ledger string }

// OpenArchive returns the archives of the ledger at path. There need not be any.
func OpenArchive(path string) Archive { return Archive{realPath(path)} }

// ErrArchive is wrapped by every error that concerns an archive alone. None of
// them stops selling.
var ErrArchive = errors.New("archive")

// Orders yields the archived orders that the filter selects, month by month,
// the newest first, each order once. What cannot be read is yielded as an
// error, and reading goes on behind it. It holds one month in memory.
func (a Archive) Orders(f Filter) iter.Seq2[Archived, error] {
	return func(yield func(Archived, error) bool) {
		months, err := archivedMonths(a.ledger)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				yield(Archived{}, fmt.Errorf("%w: %w", ErrArchive, err))
			}
			return
		}
		slices.Reverse(months)
		taken := 0
		for _, month := range months {
			if !f.mayTake(month) {
				continue
			}
			orders, errs := a.month(month)
			for _, err := range errs {
				if !yield(Archived{}, err) {
					return
				}
			}
			for _, o := range orders {
				if !f.takes(o.Order) {
					continue
				}
				if taken++; !yield(o, nil) || taken == f.Limit {
					return
				}
			}
		}
	}
}

// mayTake reports whether an archive can hold what the filter selects.
func (f Filter) mayTake(month string) bool {
	return (f.Since.IsZero() || month >= f.Since.UTC().Format(monthLayout)) &&
		(f.Until.IsZero() || month <= f.Until.UTC().Format(monthLayout))
}

// Order finds an archived order by its number or by the end of it, as
// [Reader.Order] does. If something could not be read on the way the error
// says so, even beside an order that was found.
func (a Archive) Order(number string) (Archived, error) {
	var found []Archived
	var damage []error
	for o, err := range a.Orders(Filter{}) {
		if err != nil {
			damage = append(damage, err)
			continue
		}
		if string(o.Order.Number) == number {
			return o, nil
		}
		if fits(string(o.Order.Number), number) {
			found = append(found, o)
		}
	}
	var one Archived
	if len(found) == 1 {
		one = found[0]
	}
	orders := make([]sale.Order, len(found))
	for i, o := range found {
		orders[i] = o.Order
	}
	return one, errors.Join(append(damage, onlyOne(number, orders))...)
}

// month reads one archive: each order once, as it was written last, the
// highest sequence first.
func (a Archive) month(month string) (orders []Archived, damage []error) {
	path := archiveFile(a.ledger, month)
	f, err := os.Open(path)
	if err != nil {
		return nil, []error{fmt.Errorf("%w: %w", ErrArchive, err)}
	}
	defer f.Close()
	newest := map[sale.Number]Archived{}
	err = members(f, func(m foundMember) {
		if m.err != nil {
			damage = append(damage, fmt.Errorf("%w %s: %w", ErrArchive, path, m.err))
		}
		for _, o := range m.orders {
			newest[o.Order.Number] = o
		}
	})
	if err != nil {
		damage = append(damage, fmt.Errorf("%w: %w", ErrArchive, err))
	}
	for _, o := range newest {
		orders = append(orders, o)
	}
	slices.SortFunc(orders, func(a, b Archived) int {
		return cmp.Or(cmp.Compare(b.Order.Seq, a.Order.Seq), cmp.Compare(a.Order.Number, b.Order.Number))
	})
	return orders, damage
}

// foundMember is a member of an archive, or damage between two of them.
type foundMember struct {
	end    int64
	info   memberInfo
	orders []Archived
	err    error
}

// members visits all that an archive holds, in its order. The error is that of
// the disk.
func members(f io.ReaderAt, visit func(foundMember)) error {
	file := io.NewSectionReader(f, 0, 1<<62)
	for at := int64(0); ; {
		head := make([]byte, memberHead)
		n, err := file.ReadAt(head, at)
		switch {
		case n == 0 && errors.Is(err, io.EOF):
			return nil
		case err != nil && !errors.Is(err, io.EOF):
			return err
		}
		m, err := memberAt(file, at, head[:n])
		if err != nil {
			return err
		}
		if m.err != nil {
			if m.end, err = nextMember(file, at+1); err != nil {
				return err
			}
			m.err = fmt.Errorf("%d bytes at %d cannot be read, with %s: %w", m.end-at, at, atMost(m.info.orders), m.err)
		}
		visit(m)
		at = m.end
	}
}

func atMost(orders uint32) string {
	if orders == 0 {
		return "an unknown number of orders"
	}
	return fmt.Sprintf("%d orders", orders)
}

// memberAt reads the member at a place.
func memberAt(file io.ReaderAt, at int64, head []byte) (m foundMember, err error) {
	var ok bool
	if m.info, ok = parseMember(head); !ok {
		m.info, m.err = memberInfo{}, errors.New("no orders begin there")
		return m, nil
	}
	b := make([]byte, m.info.length)
	n, err := file.ReadAt(b, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return m, err
	}
	m.end = at + int64(n)
	if n < len(b) {
		m.err = errors.New("the file ends within them")
		return m, nil
	}
	text, bad := decodeMember(b)
	if bad == nil {
		m.orders, bad = decodeText(text)
	}
	if bad == nil && len(m.orders) != int(m.info.orders) {
		bad = fmt.Errorf("there are %d", len(m.orders))
	}
	m.err = bad
	return m, nil
}

// nextMember finds where the next sound header begins, or the end.
func nextMember(file io.ReaderAt, from int64) (int64, error) {
	block := make([]byte, 64<<10)
	for {
		n, err := file.ReadAt(block, from)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		b := block[:n]
		for at := 0; ; at++ {
			i := bytes.Index(b[at:], []byte(memberStart))
			if i < 0 {
				break
			}
			at += i
			if _, ok := parseMember(b[at:]); ok {
				return from + int64(at), nil
			}
		}
		if err != nil {
			return from + int64(n), nil
		}
		from += int64(n - memberHead + 1)
	}
}

// highestArchived is the highest sequence in the archives, by their headers, 0
// for none.
func highestArchived(ledger string) (seq uint64, err error) {
	months, err := archivedMonths(ledger)
	for _, month := range months {
		f, err := os.Open(archiveFile(ledger, month))
		if err != nil {
			return 0, err
		}
		err = members(f, func(m foundMember) { seq = max(seq, m.info.last) })
		f.Close()
		if err != nil {
			return 0, err
		}
	}
	return seq, err
}

// fits reports whether a person means this order.
func fits(number, asked string) bool {
	return number == asked || len(asked) >= 4 && strings.HasSuffix(number, asked)
}

// onlyOne refuses when a person's word fits no order or several.
func onlyOne(asked string, orders []sale.Order) error {
	switch len(orders) {
	case 0:
		return fmt.Errorf("%q: %w", asked, ErrNoOrder)
	case 1:
		return nil
	}
	return fmt.Errorf("%d orders end in %q, the newest are %s and %s: give more of the number",
		len(orders), asked, orders[0].Number, orders[1].Number)
}
