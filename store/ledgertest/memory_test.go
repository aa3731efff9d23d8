package ledgertest_test

import (
	"errors"
	"testing"

	"kioskd/sale"
	"kioskd/store/ledgertest"
)

func TestMemory(t *testing.T) {
	ledgertest.Run(t, func(*testing.T) (sale.Ledger, func() sale.Ledger) {
		m := ledgertest.NewMemory()
		return m, func() sale.Ledger {
			m = m.Reopen()
			return m
		}
	})
}

func TestMemoryFailsAsTold(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, effect := range []bool{false, true} {
		m := ledgertest.NewMemory()
		if effect {
			m.FailAfter(2, broken)
		} else {
			m.FailBefore(2, broken)
		}
		steps := ledgertest.Happy(1)
		if err := m.Commit(steps[0]); err != nil {
			t.Fatal(err)
		}
		for _, s := range steps[1:3] {
			if err := m.Commit(s); err != broken {
				t.Errorf("effect %v: commit returned %v", effect, err)
			}
		}
		if err := m.Health(); err != broken {
			t.Errorf("health %v", err)
		}
		next := m.Reopen()
		o, _ := next.Order(steps[0].Order.Number)
		want := sale.Created
		if effect {
			want = sale.Awaiting
		}
		if o.State != want || next.Health() != nil {
			t.Errorf("effect %v: found %s after reopening, health %v", effect, o.State, next.Health())
		}
		if len(next.Steps()) != next.Commits() {
			t.Errorf("%d steps, %d commits", len(next.Steps()), next.Commits())
		}
	}
}

func TestMemoryHealth(t *testing.T) {
	m := ledgertest.NewMemory()
	full := &sale.Fault{Code: sale.CodeStoreSpace}
	m.SetHealth(full)
	if m.Health() != full {
		t.Error("health was not set")
	}
	if err := m.Commit(ledgertest.Happy(1)[0]); err != nil {
		t.Errorf("an order in hand must go on: %v", err)
	}
}
