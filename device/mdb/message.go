package mdb

import "kioskd/sale"

// What the vending machine says and what it is answered, apart from how an
// adapter writes it.

// news is what the machine, or the adapter about it, has said.
type news int

const (
	alive        news = iota // the adapter answers; nothing about the machine
	configured               // the adapter took a setting
	refused                  // the adapter could not do what it was told
	wasReset                 // the machine has reset the reader: what was open is void
	wasSetUp                 // the machine asks for the reader's configuration, as after a reset
	asksIdentity             // the machine asks who the reader is
	takesOptions             // the machine has said which options it uses
	disabled                 // the machine wants no payments
	enabled                  // the machine wants payments; no session is open
	inSession                // a session is open, nothing is asked for
	request                  // VEND REQUEST
	cancelled                // VEND CANCEL
	succeeded                // VEND SUCCESS
	failed                   // VEND FAILURE
	completed                // SESSION COMPLETE
	readerCancel             // READER CANCEL
	revalue                  // REVALUE REQUEST
	revalueLimit             // REVALUE LIMIT REQUEST
	cashSale                 // CASH SALE: somebody paid in cash
	unlisted                 // a message of no table, or one that cannot be right
)

// noItem is an item number that the machine does not know, or does not tell.
const noItem = 0xFFFF

// message is one thing said.
type message struct {
	news news
	// over: the adapter is in no vend any more. It says so itself where the
	// reader's state is the adapter's.
	over bool
	// switched: what was configured is that the reader is on.
	switched bool
	price    sale.Fen // of a request
	item     uint16   // of a request, a success or a cash sale
	level    byte     // of the machine, when it sets up
	text     string   // as it was received, for people
}

// word is what the reader says to the machine.
type word int

const (
	approve       word = iota // with an amount, which was taken
	deny                      // a request, or the answer to VEND CANCEL
	begin                     // a session in which the machine need not show a balance
	end                       // the session, after SESSION COMPLETE
	configure                 // the answer to wasSetUp
	identify                  // the answer to asksIdentity
	cancelledHere             // the answer to readerCancel
	noRevalue                 // the answer to revalue and revalueLimit
	endRequest                // asks the machine to end its session
)

// codec is the language of one kind of adapter. It holds the bytes of a
// message that is not complete, and no other state.
type codec interface {
	// feed takes bytes that came, and returns what they complete. Damaged
	// bytes are passed over.
	feed(b []byte) []message
	// stale forgets a message that was begun and will not be completed.
	stale()
	// say encodes a word, nil if the adapter says it by itself. price is for
	// approve only. An error means that it cannot be said at all.
	say(w word, price sale.Fen, level byte) ([]byte, error)
}
