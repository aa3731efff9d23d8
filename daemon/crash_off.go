//go:build !crashpoints

package daemon

import "kioskd/sale"

// crashPoints does nothing in a released binary.
func crashPoints(l sale.Ledger) sale.Ledger { return l }
