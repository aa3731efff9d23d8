// Package store is the ledger of a machine in one bbolt file: every order, the
// journal of every transition, and what a reader of the journal has seen.
//
// What it promises:
//
//   - A step that [Store.Commit] acknowledged is on the medium, whole: order,
//     journal lines and sequence in one transaction, synced. A step that it
//     refused has no effect. After any other error nobody knows, and the store
//     takes no further step until it is opened anew.
//   - What is read is what was written, or it is an error. bbolt has no
//     checksums on its data pages; here each record carries one, which covers
//     the record's place too, and totals and chains tie the records together.
//   - A file is examined before it is used, in a child process ([CheckFile]),
//     because a damaged file can kill the process that maps it. A damaged file
//     is put aside and kept, and the ledger is made again from the newest
//     verified copy ([Store.Copy]) and the tape, a second record of every step
//     since ([Restore]). What may have happened after the last step that was
//     found is marked as a question, never guessed. Without copy and tape no
//     new ledger takes its place by itself: [Open] refuses until a person
//     restores a backup, moves the kept file away, or calls [Reset].
//   - A ledger that is older than its tape, because somebody put an old file
//     back or a disk forgot what it had synced, is treated in the same way, and
//     so is every copy that takes the ledger's place by hand.
//   - A new file appears under its name only when it is complete.
//   - The file stays bounded: [Store.Archive] moves old orders to compressed
//     files, one a month, which [Archive] reads. No crash loses or doubles one.
//     A damaged archive never stops selling; what is lost in it is named.
//   - An order in hand can end although the disk is full: blocks for some
//     hundred sales to come are allocated in advance, and [Store.Health]
//     refuses new orders before they are used.
//
// Files beside the ledger PATH: PATH.lock (held by the running daemon, never
// deleted), PATH.new (an unfinished file, harmless), PATH.damaged-TIME and
// PATH.replaced-TIME (kept for a person), PATH.copy-TIME, PATH.tape-EPOCH-BASE
// (lines like those of an archive), PATH.schema-1-TIME (from before a change of
// schema), PATH.archive-2026-03.jsonl.gz (for zcat and jq: each line an order
// with its journal and a checksum).
//
// Layout, schema 4. Keys are big-endian numbers, so that their order is that of
// time. All records are sealed (see seal).
//
//	meta     "schema", "totals", "epoch"; "copy" in a copy; "tries": PINs typed wrong
//	open     Order.Seq -> order with work to do (Order.Open)
//	orders   Order.Seq -> every other order
//	journal  contiguous number -> Entry; this is the outbox too. The entries of
//	         archived orders are missing, and totals says how many
//	tail     the same, the newest entries
//	doubts   time, Order.Seq -> the order entered Unknown
//	cursors  reader's name -> number of the last entry it has taken
//	archives month -> bytes and orders of its archive
//	shelves  slot -> its count, and why it is closed (sale.Shelf)
//	actions  number from 1 -> what a person did (sale.Action), the newest 2,000
//
// A commit rewrites every page on the way from the root to what it changes.
// Therefore orders in hand and new journal entries live in small buckets, and
// move to the big ones when they end and thirty at a time: with ten thousand
// orders in the file, a sale of four commits writes about 110 KiB.
//
// The package is for Linux: it needs flock, fallocate and statfs.
package store
