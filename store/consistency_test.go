package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

// edits makes a ledger inconsistent while every page and checksum stays good,
// as an old copy of a page does.
func edits() map[string]struct {
	edit func(tx *bbolt.Tx) error
	want string
} {
	type edit = struct {
		edit func(tx *bbolt.Tx) error
		want string
	}
	drop := func(bucket string, key []byte) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bucket)).Delete(key) }
	}
	put := func(bucket string, key, record []byte) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return tx.Bucket([]byte(bucket)).Put(key, record) }
	}
	n := func(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }
	order := func(bucket string, seq, last uint64, change func(*sale.Order)) []byte {
		steps := ledgertest.Happy(seq)
		o := steps[len(steps)-1].Order
		change(&o)
		p, err := store.EncodeOrder(last, o)
		if err != nil {
			panic(err)
		}
		return store.Seal(bucket, n(seq), p)
	}
	same := func(*sale.Order) {}
	entry := func(e store.Entry) []byte { return store.Seal("journal", n(e.N), store.EncodeEntry(e)) }
	return map[string]edit{
		"order missing":         {drop("orders", n(3)), "the ledger should hold {boots:1 seq:21 journal:105 orders:20 open:1 doubts:1 archived:0 gone:0 cut:0} and holds {boots:1 seq:21 journal:105 orders:19 open:1 doubts:1 archived:0 gone:0 cut:0}"},
		"open order missing":    {drop("open", n(21)), "the ledger should hold {boots:1 seq:21 journal:105 orders:20 open:1 doubts:1 archived:0 gone:0 cut:0} and holds {boots:1 seq:21 journal:105 orders:20 open:0 doubts:1 archived:0 gone:0 cut:0}"},
		"newest entry missing":  {drop("tail", n(105)), "order 21, SH0042-00000021-2899b, is unknown at entry 105; its journal, of SH0042-00000021-2899b, ends dispensing at 104"},
		"entry missing":         {drop("journal", n(7)), "the journal has 0000000000000008 where entry 7 should be"},
		"doubt missing":         {dropAll("doubts"), "the ledger should hold {boots:1 seq:21 journal:105 orders:20 open:1 doubts:1 archived:0 gone:0 cut:0} and holds {boots:1 seq:21 journal:105 orders:20 open:1 doubts:0 archived:0 gone:0 cut:0}"},
		"totals missing":        {drop("meta", []byte("totals")), "totals has the wrong length or a bad field"},
		"schema missing":        {drop("meta", []byte("schema")), "schema record is missing or has the wrong length"},
		"bucket missing":        {func(tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("journal")) }, "journal: bucket is missing"},
		"old order":             {put("orders", n(3), order("orders", 3, 14, func(o *sale.Order) { o.State = sale.Closed })), "order 3, SH0042-00000003-05ccd, is closed at entry 14; its journal, of SH0042-00000003-05ccd, ends dispensed at 15"},
		"order of another one":  {put("orders", n(3), order("orders", 3, 15, func(o *sale.Order) { o.Number = "OTHER-1" })), "order 3, OTHER-1, is dispensed at entry 15; its journal, of SH0042-00000003-05ccd, ends dispensed at 15"},
		"moved order":           {put("orders", n(3), order("orders", 4, 15, same)), "orders 0000000000000003: checksum of the record does not match"},
		"order of the future":   {put("orders", n(99), order("orders", 99, 15, same)), "order 99 is above the highest sequence 21"},
		"final order left open": {put("open", n(3), order("open", 3, 15, same)), "order 3: it is dispensed and among the open ones"},
		"entry of another order": {put("journal", n(7), entry(store.Entry{N: 7, Prev: 6, Seq: 9, Number: "OTHER-1", From: sale.Created, State: sale.Closing})),
			"journal 7 does not continue entry 0 of order OTHER-1"},
		"entry that skips": {put("journal", n(7), entry(store.Entry{N: 7, Prev: 6, Seq: 2, Number: ledgertest.Order(2).Number, From: sale.Awaiting, State: sale.Awaiting})),
			"journal 7 does not continue entry 6 of order SH0042-00000002-03dde"},
		"broken chain": {put("journal", n(7), entry(store.Entry{N: 7, Number: ledgertest.Order(2).Number, Seq: 2, From: sale.Created, State: sale.Awaiting})),
			"journal 7 does not continue entry 6 of order SH0042-00000002-03dde"},
		"sequence changed": {func(tx *bbolt.Tx) error {
			w, _ := ledgertest.NewWalk(21)
			w.To(sale.Unknown)
			w.Order.Seq = 22
			p, _ := store.EncodeOrder(105, w.Order)
			return put("open", n(21), store.Seal("open", n(21), p))(tx)
		}, "order 21: it says that its sequence is 22"},
		"open order put away": {func(tx *bbolt.Tx) error {
			w, _ := ledgertest.NewWalk(21)
			w.To(sale.Unknown)
			p, _ := store.EncodeOrder(105, w.Order)
			return errors.Join(drop("open", n(21))(tx), put("orders", n(21), store.Seal("orders", n(21), p))(tx))
		}, "order 21 is unknown and not among the open ones"},
		"reader too far": {put("cursors", []byte("fleet"), store.Seal("cursors", []byte("fleet"), binary.AppendUvarint(nil, 106))),
			"reader fleet is at entry 106, the journal ends at 105"},
		"tries changed": {put("meta", []byte("tries"), []byte("5")), "meta 7472696573: record of 1 bytes is too short"},
	}
}

func dropAll(bucket string) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error {
		c := tx.Bucket([]byte(bucket)).Cursor()
		for k, _ := c.First(); k != nil; k, _ = c.Next() {
			if err := c.Delete(); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestInconsistencyIsFound(t *testing.T) {
	for name, c := range edits() {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			s := open(t, path, store.Options{})
			sell(t, s, 20)
			w, first := ledgertest.NewWalk(21)
			for _, step := range []sale.Step{first, w.To(sale.Awaiting), w.To(sale.Paid, sale.Dispensing), w.To(sale.Unknown)} {
				if err := s.Commit(step); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Edit(c.edit); err != nil {
				t.Fatal(err)
			}
			closeStore(t, s)
			wantText(t, store.VerifyFile(path), "", c.want)
		})
	}
}

// TestBadRecordInUse: a record that goes bad while the ledger is open stops
// it, whoever meets it.
func TestBadRecordInUse(t *testing.T) {
	meets := map[string]func(*store.Store, sale.Step) error{
		"commit": func(s *store.Store, next sale.Step) error { return s.Commit(next) },
		"open":   func(s *store.Store, _ sale.Step) error { _, err := s.Open(); return err },
		"orders": func(s *store.Store, _ sale.Step) error { _, err := s.Orders(store.Filter{}); return err },
	}
	for name, meet := range meets {
		t.Run(name, func(t *testing.T) {
			s := open(t, newPath(t), store.Options{})
			defer s.Close()
			w, first := ledgertest.NewWalk(1)
			if err := s.Commit(first); err != nil {
				t.Fatal(err)
			}
			key := binary.BigEndian.AppendUint64(nil, 1)
			if err := s.Edit(func(tx *bbolt.Tx) error {
				b := tx.Bucket([]byte("open"))
				return b.Put(key, []byte(strings.Replace(string(b.Get(key)), "created", "closing", 1)))
			}); err != nil {
				t.Fatal(err)
			}
			err := meet(s, w.To(sale.Awaiting))
			wantText(t, err, "", "E-STORE-03: the ledger is damaged: open 0000000000000001: checksum of the record does not match"+
				" (restart kioskd, which examines it)")
			_, other := ledgertest.NewWalk(2)
			if s.Health() != err || s.Commit(other) != err {
				t.Errorf("health %v, next commit %v", s.Health(), s.Commit(other))
			}
			var f *sale.Fault
			if !errors.As(err, &f) || f.Code != sale.CodeStoreDamaged {
				t.Errorf("%#v", err)
			}
		})
	}
}

// TestHeads: bbolt is content with one good head and then goes back by a
// commit without a word. Every bit of both heads is guarded here.
func TestHeads(t *testing.T) {
	image, older, _ := corruptible(t, newPath(t))
	for name, c := range map[string]struct {
		do   func(b []byte)
		want string
	}{
		"sound":       {func([]byte) {}, ""},
		"first lost":  {func(b []byte) { clear(b[:page]) }, "one of the file's two heads is damaged"},
		"second lost": {func(b []byte) { clear(b[page : 2*page]) }, "one of the file's two heads is damaged"},
		"both lost":   {func(b []byte) { clear(b[:2*page]) }, "$ is no bbolt file"},
		"first old":   {func(b []byte) { copy(b[:page], older) }, "the file's two heads are not of successive commits"},
		"second old":  {func(b []byte) { copy(b[page:2*page], older[page:]) }, "the file's two heads are not of successive commits"},
		"first twice": {func(b []byte) { copy(b[page:2*page], b) }, "the file's two heads are not of successive commits"},
		"swapped": {func(b []byte) {
			first := bytes.Clone(b[:page])
			copy(b, b[page:2*page])
			copy(b[page:], first)
		}, "the file's two heads are not of successive commits"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := bytes.Clone(image)
			c.do(bad)
			path := newPath(t)
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			err := store.VerifyFile(path)
			if c.want != "" || err != nil {
				wantText(t, err, path, c.want)
			}
		})
	}
	path := newPath(t)
	for at := range 2 * page {
		if in := at % page; in >= 80 || in >= 8 && in < 16 {
			continue // flags, count and overflow of a head mean nothing
		}
		bad := bytes.Clone(image)
		bad[at] ^= 1 << (at % 8)
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if store.VerifyFile(path) == nil {
			t.Errorf("a flipped bit in byte %d was not found", at)
		}
	}
}
