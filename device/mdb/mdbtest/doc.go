// Package mdbtest is what a driver of MDB adapters is tested with: a vending
// machine that is master of an MDB bus, an adapter on the bus, and the serial
// line from it. It shares no code with the driver.
//
// The machine ([Machine]) keeps true books of what it asked for, of every
// approval that reached the line, and of what its motors did. It speaks MDB/ICP
// in blocks of bytes to the adapter: POLL, SETUP, VEND and the rest, with their
// checksums, and complains about every answer that the specification does not
// allow at that moment. The two adapters are a Qibixx, which is a reader of its
// own and tells the host in lines of text, and a Waferstar box, which passes
// blocks on.
//
// What their documents leave open is set to the harder case: a machine repeats
// READER ENABLE, a result is told once, and an adapter that starts has forgotten
// its settings.
package mdbtest
