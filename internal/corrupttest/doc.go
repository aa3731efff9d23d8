// Package corrupttest damages ledgers and judges what becomes of them, first
// by [store.Open] with its child process, then by the built daemon.
//
// A seed chooses a damage for each case: a bit, a sector, a page or the whole
// file; a page of another place or of another time; a file cut off or
// lengthened; both at once; a ledger of the oldest schema, damaged too, and
// one of a schema to come; a file that never was a ledger, or that is none.
// Beside every third one lies a sound copy of some commits before.
//
// Whatever it is, it must be found out or not matter: what is sold on says
// exactly what the ledger, or a copy of it, said before. What was found out
// must be kept, byte for byte, and the next start must not sell on it either.
// No start may take longer than five seconds, and none may end the daemon.
//
//	go test ./internal/corrupttest                     a sample
//	go test ./internal/corrupttest -cases 1600         the long form
//	go test ./internal/corrupttest -seed 812 -cases 1  case 812
//
// testdata holds a ledger that kioskd wrote before schema 2.
package corrupttest
