// Package forgetest lets somebody in the middle forge the provider's answers
// while the customer has not paid, or while no refund has been made.
//
// Each case is a forgery at one kind of call at one stage of a sale, in
// simulated time, against the production client, core and ledger (package
// desk). The forger can do all that a captive network, a stolen session or a
// confused provider could: sign with a key of its own, replay what was really
// signed for another order, take signatures away, and, to prove the checks
// behind the signature, sign well what is about another merchant, appid,
// order, amount or currency.
//
// Every forged answer must be refused, no product may fall, and no order may
// move on the strength of one. The figures count cases, forged answers and
// refusals.
//
// One forgery is left out, because no client can see it: the answer to a create
// call names no order, so that a code really signed for another order in the
// last five minutes can be replayed. TLS alone keeps it out.
//
//	go test ./internal/forgetest          a sample
//	go test ./internal/forgetest -full    every case
package forgetest
