package books

import (
	"testing"
	"time"

	"kioskd/sale"
	"kioskd/store"
)

// A refund that was asked for again after the first was closed stands on the
// bill of its own day.
func TestRecordOfASecondRefund(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }
	entry := func(at time.Time, state sale.State, cause sale.Cause, detail string) store.Entry {
		return store.Entry{At: at, State: state, Cause: cause, Detail: detail}
	}
	journal := []store.Entry{
		entry(day(1), sale.Dispensing, sale.CauseReady, ""),
		entry(day(1), sale.Refunding, sale.CauseNotDropped, "jammed"),
		entry(day(2), sale.Refunding, sale.CauseNotDropped, sale.DetailRefundTaken),
	}
	for _, c := range []struct {
		name         string
		more         []store.Entry
		asked, taken time.Time
	}{
		{"the first", nil, day(1), day(2)},
		{"closed", []store.Entry{entry(day(3), sale.Attention, sale.CauseRefundFailed, sale.DetailRefundClosed)}, day(1), day(2)},
		{"asked again", []store.Entry{
			entry(day(3), sale.Attention, sale.CauseRefundFailed, sale.DetailRefundClosed),
			entry(day(9), sale.Refunding, sale.CausePerson, "he called"),
		}, day(9), time.Time{}},
		{"taken again", []store.Entry{
			entry(day(3), sale.Attention, sale.CauseRefundFailed, sale.DetailRefundClosed),
			entry(day(9), sale.Refunding, sale.CausePerson, "he called"),
			entry(day(10), sale.Refunding, sale.CausePerson, sale.DetailRefundTaken),
		}, day(9), day(10)},
		{"abnormal, and looked at again under its number", []store.Entry{
			entry(day(3), sale.Attention, sale.CauseRefundFailed, "abnormal"),
			entry(day(9), sale.Refunding, sale.CausePerson, "he called"),
			entry(day(10), sale.Refunded, sale.CauseRefunded, ""),
		}, day(1), day(2)},
	} {
		r := recordOf(store.Archived{Journal: append(journal[:len(journal):len(journal)], c.more...)})
		if !r.RefundAsked.Equal(c.asked) || !r.RefundTaken.Equal(c.taken) {
			t.Errorf("%s: asked %v, taken %v", c.name, r.RefundAsked, r.RefundTaken)
		}
	}
}
