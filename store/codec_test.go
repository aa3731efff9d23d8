package store_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

func drawTime(t *rapid.T, label string) time.Time {
	return time.Unix(rapid.Int64Range(-2_000_000_000, 9_000_000_000).Draw(t, label), rapid.Int64Range(0, 999_999_999).Draw(t, label+" ns")).UTC()
}

func TestEntrySurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String()
		e := store.Entry{
			N: rapid.Uint64().Draw(t, "n"), Prev: rapid.Uint64().Draw(t, "prev"), Seq: rapid.Uint64().Draw(t, "seq"),
			Number: sale.Number(text.Draw(t, "number")), From: sale.State(text.Draw(t, "from")), State: sale.State(text.Draw(t, "state")),
			Cause: sale.Cause(text.Draw(t, "cause")), Detail: string(rapid.SliceOf(rapid.Byte()).Draw(t, "detail")),
			Boot: rapid.Uint64().Draw(t, "boot"), At: drawTime(t, "at"), Since: time.Duration(rapid.Int64().Draw(t, "since")),
		}
		got, err := store.DecodeEntry(e.N, store.EncodeEntry(e))
		if err != nil || got != e {
			t.Fatalf("%v\n%s", err, cmp.Diff(e, got))
		}
	})
}

func TestOrderSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, raw := rapid.String(), rapid.SliceOfN(rapid.Byte(), 1, 50)
		want := sale.Order{
			Number: sale.Number(text.Draw(t, "number")), Seq: rapid.Uint64().Draw(t, "seq"),
			Product: sale.Product{Slot: sale.Slot(rapid.Int().Draw(t, "slot")), Name: text.Draw(t, "name"), Price: sale.Fen(rapid.Int64().Draw(t, "price"))},
			State:   rapid.SampledFrom(sale.States()).Draw(t, "state"), Cause: sale.Cause(text.Draw(t, "cause")), Detail: text.Draw(t, "detail"),
			Policy:    sale.Policy{LateDispense: rapid.Bool().Draw(t, "late"), OnUnknown: sale.UnknownHold},
			CreatedAt: drawTime(t, "created"), Request: raw.Draw(t, "request"), CodeURL: text.Draw(t, "url"), Evidence: raw.Draw(t, "evidence"),
			Payment: sale.Payment{TransactionID: text.Draw(t, "id"), PaidAt: drawTime(t, "paid")}, Late: rapid.Bool().Draw(t, "paid late"),
			Commands: rapid.IntRange(0, 1).Draw(t, "commands"), Doubted: rapid.Bool().Draw(t, "doubted"), Presumed: rapid.Bool().Draw(t, "presumed"),
			Refund: sale.Refund{Status: sale.RefundClosed, ID: text.Draw(t, "refund"), Refusal: text.Draw(t, "refusal")},
			Sweeps: rapid.IntRange(0, 2).Draw(t, "sweeps"),
		}
		last := rapid.Uint64().Draw(t, "last")
		payload, err := store.EncodeOrder(last, want)
		if err != nil {
			t.Fatal(err)
		}
		n, got, err := store.DecodeOrder(payload)
		if d := cmp.Diff(want, got); err != nil || n != last || d != "" {
			t.Fatalf("%v %d %s", err, n, d)
		}
	})
}

// TestEveryFlipIsSeen flips each bit of a record, of its key and of its
// bucket's name.
func TestEveryFlipIsSeen(t *testing.T) {
	payload, err := store.EncodeOrder(3, ledgertest.Order(1))
	if err != nil {
		t.Fatal(err)
	}
	key := []byte("12345678")
	record := store.Seal("orders", key, payload)
	if got, err := store.Unseal("orders", key, record); err != nil || !bytes.Equal(got, payload) {
		t.Fatalf("the sound record: %v", err)
	}
	flips := func(b []byte, see func(b []byte) error) {
		for i := range len(b) * 8 {
			bad := bytes.Clone(b)
			bad[i/8] ^= 1 << (i % 8)
			if see(bad) == nil {
				t.Errorf("bit %d of %q was not missed", i, b[:8])
			}
		}
	}
	flips(record, func(b []byte) error { _, err := store.Unseal("orders", key, b); return err })
	flips(key, func(b []byte) error { _, err := store.Unseal("orders", b, record); return err })
	flips([]byte("orders  ")[:6], func(b []byte) error { _, err := store.Unseal(string(b), key, record); return err })
	for n := range record {
		if _, err := store.Unseal("orders", key, record[:n]); err == nil {
			t.Errorf("record cut to %d bytes was not missed", n)
		}
	}
}

func FuzzDecode(f *testing.F) {
	order, _ := store.EncodeOrder(3, ledgertest.Order(1))
	f.Add(order)
	f.Add(store.EncodeEntry(store.Entry{Prev: 1, Seq: 2, Number: "SH0042-1", State: sale.Paid, At: ledgertest.Day}))
	f.Add([]byte{1, 2, 3, 4, 5, 6})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := store.DecodeEntry(9, b); err == nil {
			again, err := store.DecodeEntry(9, store.EncodeEntry(e))
			if err != nil || again != e {
				t.Errorf("entry %+v came back as %+v, %v", e, again, err)
			}
		}
		if last, o, err := store.DecodeOrder(b); err == nil {
			p, err := store.EncodeOrder(last, o)
			if err != nil {
				return // JSON takes years that it does not write
			}
			n, again, err := store.DecodeOrder(p)
			if err != nil || n != last || !cmp.Equal(again, o) {
				t.Errorf("order %+v came back as %+v, %v", o, again, err)
			}
		}
		if first, err := store.DecodeTotals(b); err == nil {
			if again, err := store.DecodeTotals(first); err != nil || !bytes.Equal(first, again) {
				t.Errorf("totals %x came back as %x, %v", first, again, err)
			}
		}
		_, _ = store.Unseal("orders", []byte("key"), b)
	})
}
