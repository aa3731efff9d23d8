// Package disktest runs the built daemon on disks that fill up, turn
// read-only, report I/O errors or forbid the ledger to be written, at rest and
// with an order in hand, and starts it again as a supervisor does whenever it
// ends.
//
// What must hold: no new order begins, the machine says why (E-STORE-01 or
// E-STORE-02), the order in hand ends as it should, at once on a full disk and
// after the repair on one that takes no writes, selling resumes by itself, and
// the books of the ledger, the provider and the cabinet agree.
//
// The disks are real: a small tmpfs; ext4 on a loop device, which is driven
// into its read-only state by a file system error, or into I/O errors by the
// lack of blocks behind the device; and a limit on the size of files, which
// stands for a quota. All but the last need root; they live in a mount
// namespace of the test's own and go with it.
//
// The short form plays each fault at one moment, which the seed chooses; with
// -full each fault is played at each moment, -rounds times.
package disktest
