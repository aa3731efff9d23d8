package trade

import (
	"kioskd/sale"
)

// The settings of before are the only ones that can speak for an order that is
// still open.

// OtherMerchant is the fault for an order that belongs to another merchant
// than the settings name.
func OtherMerchant(who string) error {
	return &sale.Fault{
		Code: sale.CodePayMerchant,
		What: "the order belongs to " + who,
		Hint: "put that merchant's settings back until its orders are settled",
		Err:  sale.ErrMerchant,
	}
}

// OtherDriver is the fault for an order that another payment driver has made.
func OtherDriver() error {
	return &sale.Fault{
		Code: sale.CodePayMerchant,
		What: "the order was made with another payment.driver",
		Hint: "put the old payment section back until its orders are settled",
		Err:  sale.ErrMerchant,
	}
}
