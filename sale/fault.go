package sale

import "fmt"

// Code is what a screen shows and a technician looks up: "E-SERIAL-03".
type Code string

const (
	CodeSerialMissing Code = "E-SERIAL-01"  // the port is not there
	CodeSerialBusy    Code = "E-SERIAL-02"  // another program holds the port
	CodeSerialSilent  Code = "E-SERIAL-03"  // the controller does not answer
	CodeSerialDenied  Code = "E-SERIAL-04"  // no permission for the port
	CodeSerialOther   Code = "E-SERIAL-05"  // the port cannot be used
	CodeBoardFault    Code = "E-BOARD-01"   // the controller reports a fault of its own
	CodeBoardRests    Code = "E-BOARD-02"   // the controller was driven too often and rests
	CodeStoreWrite    Code = "E-STORE-01"   // the ledger cannot be written
	CodeStoreSpace    Code = "E-STORE-02"   // too little free space
	CodeStoreDamaged  Code = "E-STORE-03"   // the ledger is damaged and was put aside
	CodeStoreLocked   Code = "E-STORE-04"   // another process holds the ledger
	CodeStoreRestored Code = "E-STORE-05"   // restored from a copy; orders are looked up at the provider
	CodeClock         Code = "E-CLOCK-01"   // the clock cannot be right
	CodeNetDown       Code = "E-NET-01"     // no connection to the provider
	CodePayProvider   Code = "E-PAY-01"     // the provider answers with faults
	CodePayMerchant   Code = "E-PAY-02"     // the provider refuses this merchant
	CodePayVerify     Code = "E-PAY-03"     // answers cannot be verified
	CodeBillDiffers   Code = "E-BILL-01"    // the provider's bill and the ledger contradict each other
	CodeBillUnread    Code = "E-BILL-02"    // the provider's bill has a form that is not known
	CodeDoubts        Code = "E-SALE-01"    // too many unknown outcomes in a day
	CodeUnsettled     Code = "E-SALE-02"    // an earlier vend is not settled
	CodeService       Code = "E-SERVICE-01" // a technician is at the machine
	CodeScreenDead    Code = "E-SCREEN-01"  // the window is gone
	CodeScreenSmall   Code = "E-SCREEN-02"  // the QR code would be too small to scan
	CodeHang          Code = "E-HANG-01"    // a part of this program has stopped; in the log only
)

// Fault is an error that a technician will read: what is wrong, what to do,
// and the code that the screen shows.
type Fault struct {
	Code Code
	What string // "the controller has not answered for 3 s"
	Hint string // "check its power and the serial cable"
	Err  error  // cause, may be nil
}

func (f *Fault) Error() string {
	s := fmt.Sprintf("%s: %s", f.Code, f.What)
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	if f.Hint != "" {
		s += " (" + f.Hint + ")"
	}
	return s
}

func (f *Fault) Unwrap() error { return f.Err }
