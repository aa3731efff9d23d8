package reconcile

// Kind names what a [Difference] is. The names are for programs; they never
// change.
type Kind string

// Where provider and ledger contradict each other.
const (
	PaidUnknownHere      Kind = "paid_there_unknown_here"
	PaidThereNotHere     Kind = "paid_there_not_here"
	PaidHereMissing      Kind = "paid_here_missing_there"
	PaidTwice            Kind = "paid_twice_there"
	AmountDiffers        Kind = "amount_differs"
	TransactionDiffers   Kind = "transaction_differs"
	RefundUnknownHere    Kind = "refunded_there_unknown_here"
	RefundThereNotHere   Kind = "refunded_there_not_here"
	RefundHereMissing    Kind = "refunded_here_missing_there"
	RefundTwice          Kind = "refunded_twice_there"
	RefundAmountDiffers  Kind = "refund_amount_differs"
	RefundStateDiffers   Kind = "refund_state_differs"
	RefundFailedThere    Kind = "refund_failed_there"
	DispensedAndRefunded Kind = "dispensed_and_refunded"
	UnclearThere         Kind = "unclear_there"
)

// What both sides agree on and what is not at its end.
const (
	RefundUnderWay Kind = "refund_under_way"
	RefundUnplaced Kind = "refund_not_found_yet"
	InAttention    Kind = "attention"
	FromCopy       Kind = "restored"
)

// words say what a kind means and who gets money, or what else to do.
var words = map[Kind]struct{ means, do string }{
	PaidUnknownHere: {
		"the provider has a payment for an order that this machine does not know, so nothing was dispensed for it that anybody knows of",
		"refund the customer in the merchant portal, unless the ledger was lost and the sale is known from elsewhere; make sure that no other machine has the same machine.id",
	},
	PaidThereNotHere: {
		"the provider has a payment for an order that is not paid here, so nothing was dispensed",
		"see kioskd orders NUMBER: if it is not being refunded, refund the customer in the merchant portal",
	},
	PaidHereMissing: {
		"this machine was told, with the provider's signature, of a payment that is not on the bill: the merchant may not have the money",
		"look the order up in the merchant portal; if it is not there, ask WeChat Pay with the transaction_id",
	},
	PaidTwice: {
		"the bill has more than one payment for this order: the customer has paid twice",
		"look them up in the merchant portal and refund what is more than one",
	},
	AmountDiffers: {
		"the customer has paid another amount than the price",
		"more: refund the rest in the merchant portal; less: find out who changed it; somebody else may use this merchant's key",
	},
	TransactionDiffers: {
		"the bill names another payment for this order than the provider named when it was paid",
		"look both transaction_ids up in the merchant portal; if both are payments, refund one",
	},
	RefundUnknownHere: {
		"the customer got money back for an order that this machine does not know",
		"nothing is owed if the payment went back whole; find out who refunded, and why the order is unknown",
	},
	RefundThereNotHere: {
		"the customer got money back, and this machine does not know of that refund",
		"nothing is owed to the customer if it was the whole amount; find out who refunded",
	},
	RefundHereMissing: {
		"the provider told this machine of a refund that is not on the bill: the customer may not have the money",
		"look the refund up in the merchant portal by its number; if it is not there, refund the customer",
	},
	RefundTwice: {
		"the bill has the same refund more than once",
		"look in the merchant portal how often money went back; the merchant may have paid twice",
	},
	RefundAmountDiffers: {
		"the customer got another amount back than was paid",
		"less: refund the rest in the merchant portal; more: ask WeChat Pay",
	},
	RefundStateDiffers: {
		"the bill says that the refund is done, and the provider told this machine that it failed",
		"look the refund up in the merchant portal: if it is done, nothing is owed",
	},
	RefundFailedThere: {
		"the customer's account did not take the refund: the money is still the merchant's",
		"settle the abnormal refund in the merchant portal: to another account of the customer, or by hand",
	},
	DispensedAndRefunded: {
		"the customer has the product and the money",
		"nothing is owed to the customer; if nobody decided so, find out who refunded: the merchant bears it",
	},
	UnclearThere: {
		"the bill says something of this order that kioskd does not know",
		"look the order up in the merchant portal",
	},
	RefundUnderWay: {
		"the refund is on its way: to a card it takes one to three working days, and the bill is not mended later",
		"nothing: kioskd asks on until it has arrived",
	},
	RefundUnplaced: {
		"the refund is on none of the bills that were read, and may be on one between the day it was asked for and the day it was confirmed",
		"run kioskd reconcile --since the day on which it was asked for",
	},
	InAttention: {
		"the order waits for a person to decide who gets the money",
		"see kioskd orders NUMBER",
	},
	FromCopy: {
		"the order was taken from a copy of the ledger, and what came after the copy is not known",
		"see kioskd orders NUMBER; the bill says what was paid",
	},
}

// Means says what a kind means, in one sentence without a full stop.
func (k Kind) Means() string { return words[k].means }

// Do says who gets money, or what else to do, like Means.
func (k Kind) Do() string { return words[k].do }
