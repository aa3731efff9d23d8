package store_test

import (
	"bytes"
	"encoding/json"
	"slices"
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

// TestReadsLikeTheStandardLibrary: records are written by encoding/json, so they
// are read as it would read them, damaged ones too.
func TestReadsLikeTheStandardLibrary(t *testing.T) {
	w, _ := ledgertest.NewWalk(7)
	for _, s := range sale.States() {
		w.To(s)
	}
	sound, err := json.Marshal(w.Order)
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{"", "x", `"`, `\`, "{", "}", "[", "]", ",", ":", "null", "true", "-1", "1e9", "0.5", "\xff", "\x00", `\ud800`, `"SEQ":3,`, `"seq":4,"seq":5,`}
	rapid.Check(t, func(t *rapid.T) {
		b := bytes.Clone(sound)
		for range rapid.IntRange(0, 3).Draw(t, "edits") {
			at := rapid.IntRange(0, len(b)).Draw(t, "at")
			until := min(len(b), at+rapid.IntRange(0, 2).Draw(t, "cut"))
			b = slices.Replace(b, at, until, []byte(rapid.SampledFrom(pieces).Draw(t, "piece"))...)
		}
		var want, got sale.Order
		wantErr, err := json.Unmarshal(b, &want), store.DecodeJSON(b, &got)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%s: %v, not %v", b, err, wantErr)
		}
		if d := cmp.Diff(want, got); err == nil && d != "" {
			t.Fatalf("%s: %s", b, d)
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
		for name, decode := range map[string]func([]byte) ([]byte, error){"totals": store.DecodeTotals, "extent": store.DecodeExtent} {
			first, err := decode(b)
			if err != nil {
				continue
			}
			if again, err := decode(first); err != nil || !bytes.Equal(first, again) {
				t.Errorf("%s %x came back as %x, %v", name, first, again, err)
			}
		}
		_, _ = store.Unseal("orders", []byte("key"), b)
	})
}

// FuzzArchive reads what an archive may hold. The first bytes may be a member
// that is sound, so that something stands before or behind the noise.
func FuzzArchive(f *testing.F) {
	member, err := store.EncodeMember([]store.Archived{someArchived(1), someArchived(2)})
	if err != nil {
		f.Fatal(err)
	}
	line, err := store.EncodeLine(someArchived(3))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(member, uint16(0))
	f.Add(member[:len(member)-9], uint16(20))
	f.Add(append(bytes.Clone(member), member...), uint16(1))
	f.Add(line, uint16(0))
	f.Fuzz(func(t *testing.T, b []byte, before uint16) {
		file := append(bytes.Clone(b[:min(len(b), int(before))]), append(bytes.Clone(member), b...)...)
		found, _, err := store.Members(file)
		if err != nil {
			t.Fatal(err)
		}
		whole := false
		for _, orders := range found {
			whole = whole || len(orders) == 2 && orders[0].Order.Seq == 1 && orders[1].Order.Seq == 2
			archiveSurvives(t, orders)
		}
		if before == 0 && !whole {
			t.Error("the sound member at the beginning was not found")
		}
		if orders, err := store.DecodeText(b); err == nil {
			archiveSurvives(t, orders)
		}
	})
}

func someArchived(seq uint64) store.Archived {
	o := ledgertest.Order(seq)
	return store.Archived{Order: o, Journal: []store.Entry{{N: 4 * seq, Number: o.Number, Seq: seq, State: o.State, Cause: o.Cause, Boot: 1, At: o.CreatedAt}}}
}

func archiveSurvives(t *testing.T, orders []store.Archived) {
	t.Helper()
	b, err := store.EncodeMember(orders)
	if err != nil {
		return // JSON takes years that it does not write
	}
	again, lost, err := store.Members(b)
	if err != nil || lost > 0 || len(again) != 1 || !cmp.Equal(again[0], orders) {
		t.Errorf("%d orders came back as %d members, %d lost, %v", len(orders), len(again), lost, err)
	}
}
