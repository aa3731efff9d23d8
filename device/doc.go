// Package device is what the drivers of vending controllers stand on, whatever
// their protocol: a [Line] is a serial port that comes back by itself, and a
// [Life] is a driver's goroutines, turns and events, from its opening to its
// Close.
//
// The promises of a Line:
//
//   - A Line has no end but Close. It opens its path again and again, first
//     after a tenth of a second, never later than after a whole one, so that
//     a cable that is plugged again works within three seconds.
//   - What is written goes to the port or nowhere. Write says how many bytes
//     were handed to the system: 0 means that none of them can leave any more.
//   - No call hangs: Read ends after the time given, Write after one second.
//   - Nobody else has the port: the Line holds an exclusive flock(2) on it, and
//     the port's exclusive mode (TIOCEXCL), which keeps out all but root.
//
// A Line is built on go.bug.st/serial, which sets the port's mode and reads.
// Its Write is not used, because it has no time-out and because after Close it
// writes into whatever file got the port's descriptor number meanwhile. The
// Line writes through a descriptor of its own, the one that carries the lock:
// non-blocking, with a deadline, closed on exec. The library's Close may
// likewise let a Read in progress read from a foreign file; here it is only
// called while no Read is under way. A Line never lists ports, because listing
// opens them all and sets them to 9600 baud.
//
// A pseudo terminal serves as a port. One thing differs: when the process that
// holds it is killed, the exclusive mode stays set for as long as the other
// end of the pseudo terminal is open, and whoever is not root gets
// [sale.CodeSerialBusy]. The other end clears it with ioctl(TIOCNXCL). A real
// port loses the mode with its last descriptor.
package device
