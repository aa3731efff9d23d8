// Package reconcile compares the provider's bill of a day with the ledger,
// both ways: what was paid or refunded there and is not known here, and what
// is known here and is not on the bill.
//
// A bill covers a whole merchant. [NewReader] keeps the lines of one machine,
// told by the code that begins its order numbers, and counts the rest. A
// [Reconciler] fetches bills through a [Biller], reads the [Ledger], and
// returns a [Report]. It moves no money and changes no order: what it finds is
// for a person, and each [Difference] says who gets what.
//
// Days are those of Beijing, by the provider's clock: a payment belongs to the
// day of its success_time, which the ledger keeps. The ledger has no such time
// of a refund, only when it was asked for and when the provider had taken it:
// a refund is looked for in the bills of all days between the two.
//
// What it rests on: a bill is used only when its SHA-1 is the one that a signed
// answer named, its last line is there, and that line counts as many lines as
// were read. "There is no bill of that day" is an unsigned answer; it is taken
// for an empty bill, so that it can make differences and hide none of what the
// ledger knows. What a forged one hides is a payment that only the provider
// knows of, and the report says that nothing proves the absence.
//
// The facts are from pay.weixin.qq.com/docs/merchant/products/bill-download
// (format-trade) unless a comment says otherwise.
package reconcile
