// Package powercut cuts the power of a ledger at every instant, without a
// power switch, a kernel module or a privilege.
//
// A process opens a ledger through the production [store.Open] and plays a
// script of sales, starts and passes of the archive, while strace writes down
// every call that changes a file; after each step it says "ACK n". From that
// record package powercut builds what the disk may hold at each instant: all
// that a sync had made durable, and of everything else nothing, all, or any
// part, torn at sectors of 512 bytes, in any order; a file may have got its
// length and not its bytes, and a directory may or may not know of a new name.
// Each such image is opened by the production store, which must
//
//   - open it, and put nothing aside;
//   - have every acknowledged step with every journal line, and at most the one
//     step more that was not acknowledged yet;
//   - take the next step, and be sound afterwards.
//
// The scenes: the first initialisation from an empty directory; one beside the
// leftovers of an earlier one; sales of all kinds in several lives, each of
// which begins with an image of the one before; a backup that was put in place
// and must be lengthened; orders that move to an archive.
//
// What it assumes: a sector is written whole or not at all, a sync that
// returned has told the truth, a rename is atomic, and a new block reads as
// zeros until it is written (ext4 with data=ordered). It does not assume that
// a directory keeps the order of its changes, or that syncing a file makes its
// name durable.
//
// An image is named by scene, event and variant, and depends on these, on the
// seed and on the record alone. bbolt does not allocate the same pages in every
// run, therefore the records are kept where something failed, and can be
// replayed.
package powercut
