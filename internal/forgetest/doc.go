// Package forgetest lets somebody in the middle forge the provider's answers
// while the customer has not paid, or while no refund has been made.
//
// Each case is a forgery at one kind of call at one stage of a sale in one mode
// of payment, in simulated time, against the production client, core and ledger
// (package desk). The forger can do all that a captive network, a stolen session
// or a confused provider could: sign with a key of its own, replay what was
// really signed for another order, take signatures away, put another list of
// platform certificates in the place of the provider's, write XML that can be
// read in two ways, and, to prove the checks behind the signature, sign well
// what is about another merchant, appid, order, amount or currency.
//
// A mode is a column: a speech says how the provider says and proves a thing
// there, and most forgeries are written once for all of them.
//
// Every forged answer must be refused, no product may fall, and no order may
// move on the strength of one. An error is proved by nothing in API v3: it may
// put off, and send a refund to a person, and no more. The figures count cases,
// forged answers and refusals.
//
// What no client can see is not claimed:
//
//   - The answer to a create call names no order, so that a code really signed
//     for another order can be replayed, in API v3 for five minutes. TLS alone
//     keeps it out.
//   - So it is with the answer to a close in API v2, and with what was signed
//     about the same order before. These two are played: an order must end
//     rightly all the same.
//   - Who has the merchant's APIv3 key and stands inside TLS can list a platform
//     certificate of its own. Nothing else vouches for the list.
//
// Run it like this:
//
//	go test ./internal/forgetest          a sample
//	go test ./internal/forgetest -full    every case
package forgetest
