package devicetest

import (
	"path/filepath"
	"testing"
	"time"

	"kioskd/sale"
)

// Driver is what [RunDriver] tests.
type Driver interface {
	sale.Dispenser
	// Close ends the driver, waits for its goroutines and closes Events. It
	// may be called more than once.
	Close() error
}

// Harness says how to get the driver under test onto a simulated board.
type Harness struct {
	// Open starts a fresh board with a fresh driver on it. The bench's own
	// clean-up (t.Cleanup) closes both. The driver need not be connected yet.
	Open func(t testing.TB) *Bench

	// Proves: the board has a drop sensor, so that a jam is OutcomeNotDispensed
	// and OutcomeDispensed means that the product fell. Otherwise a motor that
	// turned is all that a result can mean.
	Proves bool
	// Recovers: after a vend that ended well, Recover says OutcomeDispensed
	// although nobody told the driver (the board counts its sales). Otherwise
	// it may answer OutcomeUnknown.
	Recovers bool
	// Repeats: the board knows a command by its token and obeys it once,
	// whatever happens, so that the driver may write it again while its
	// Dispense lasts. Then the turns are counted and not the commands.
	Repeats bool

	// KeysOnce: the board says each press once and does not care whether it is
	// heard, so that one which is damaged on the line is lost.
	KeysOnce bool
	// Selects: the machine is the master. A press is its question whether the
	// product is paid for; Check and Dispense are about the question that is
	// open, and there is one at a time. So the suite presses before each Check,
	// and has the question taken back where nothing is to come of it.
	Selects bool
	// Presumes: the protocol's own rule counts some vends as dispensed that
	// nobody saw. The driver marks their verdicts, see [sale.Verdict].
	Presumes bool
	// Unwatched: what the driver speaks to cannot be asked whether it is there,
	// and says nothing while nobody buys. Only the port can be missed.
	Unwatched bool

	// Unread is how many presses the suite makes that nobody reads; 0 is 500. A
	// keypad on polled inputs takes its time for each.
	Unread int

	// CommandBytes is the length of a dispense command, AnswerBytes of all that
	// the board sends for it: the line is cut after each of these bytes.
	CommandBytes, AnswerBytes int
}

// Bench is one board with one driver. The functions play the board, its people
// and its troubles. A nil one, among those marked optional, means that this
// board cannot have the trouble: the tests that need it pass.
//
// Troubles prepare what happens in the next vend of Slot or to the next frame;
// they return at once.
type Bench struct {
	Driver Driver
	Slot   sale.Slot // in stock, not paused
	Other  sale.Slot // another one, too
	NoSlot sale.Slot // the board has none of this number

	// Books, true whatever is reported.
	Commands func() int // dispense commands on the wire, heard by the board or not
	Turns    func() int // turns of a motor, by whatever command
	Drops    func() int // products that fell
	// Idle: nothing turns, and the board has nothing left to say.
	Idle func() bool

	Press  func(sale.Slot) // optional: a customer's key; a board without a keypad has none
	Cancel func()          // optional: the cancel key
	// TakeBack is for Selects: the machine takes back what it asks for. It
	// reports whether it asked for anything.
	TakeBack func() bool
	SoldOut  func() // optional: Slot is empty, and the board knows
	Pause    func() // optional: Slot is closed at the board

	// Reopen makes another driver on the same board, as a daemon does that
	// starts after a crash. Driver has been closed before.
	Reopen func() Driver

	Jam         func()                // the product hangs, the board reports it as it can
	LoseCommand func()                // optional: the command is lost on the line
	LoseAck     func()                // optional: the board obeys, its ACK is lost
	LoseResult  func()                // the result is never sent
	LoseReports func()                // nothing at all is reported
	Delay       func(d time.Duration) // every report comes so much later
	StrayResult func()                // optional: before the result a success of Other is reported
	WrongSlot   func()                // optional: the reports name Other instead
	ExtraCode   func()                // optional: before the result comes a code that is in no table
	OddResult   func()                // optional: such a code comes instead of the result
	Restart     func(fallen bool)     // the board loses its power before or after the product fell

	RepeatFrames func(n int) // optional: each of the next n reports comes twice
	LoseHostAcks func(n int) // optional: the next n ACKs of the driver are lost
	Noise        func(n int) // stray bytes or damage in n frames of the board

	Silence func() (end func()) // the board is dead until end
	Mute    func() (end func()) // optional: the board lives, but obeys and answers no command

	Unplug, Plug func() // the serial cable; plugged again it has the same name
	// Cut pulls the cable in the exchange of the next dispense command, when n
	// bytes of it (fromBoard: of what the board sends after it) have passed,
	// and plugs it again a moment later.
	Cut func(fromBoard bool, n int)
}

// What CabinetHarness puts into the cabinet.
const (
	benchSlot  = 11
	benchOther = 300
	benchNone  = 99
)

// CabinetHarness is the harness of a driver that speaks to a [Cabinet]. open
// makes the driver on the port; it should give it short limits where it can
// (how long silence is tolerated, how often a port is opened anew).
func CabinetHarness(open func(t testing.TB, port string) Driver) Harness {
	return Harness{
		Proves: true, Recovers: true,
		CommandBytes: 10,          // FA FB 06 05 PackNO drop lift selection XOR
		AnswerBytes:  5 + 10 + 10, // ACK, 04 running, 04 done
		Open: func(t testing.TB) *Bench {
			c, err := Start(Options{
				Slots: []Slot{{Number: benchSlot, Price: 200, Stock: 9}, {Number: benchOther, Price: 350, Stock: 9}},
				Link:  filepath.Join(t.TempDir(), "controller"),
				// The document's 100 ms would make a loaded test machine fail.
				AnswerWithin: 500 * time.Millisecond,
				PollEvery:    20 * time.Millisecond,
				VendTime:     60 * time.Millisecond,
				BootTime:     50 * time.Millisecond,
				Seed:         1,
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			b := c.bench()
			b.Driver = open(t, c.Path())
			t.Cleanup(func() { b.Driver.Close() })
			b.Reopen = func() Driver {
				b.Driver = open(t, c.Path())
				return b.Driver
			}
			return b
		},
	}
}

// bench plays the cabinet in the suite's terms.
func (c *Cabinet) bench() *Bench {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	inject := func(f Fault) func() { return func() { must(c.Inject(f)) } }
	times := func(k FaultKind) func(int) { return func(n int) { must(c.Inject(Fault{Kind: k, Times: n})) } }
	lasting := func(k FaultKind) func() func() {
		return func() func() {
			must(c.Inject(Fault{Kind: k, Chance: 1}))
			return func() { c.Clear(k) }
		}
	}
	turns := func() (n int) {
		for _, t := range c.Tally() {
			n += t.Turns
		}
		return n
	}
	return &Bench{
		Slot: benchSlot, Other: benchOther, NoSlot: benchNone,
		Commands: func() int { return len(c.Commands()) },
		Turns:    turns,
		Drops:    func() int { return len(c.Drops()) },
		Idle:     c.idle,
		Press:    func(s sale.Slot) { must(c.Press(int(s))) },
		Cancel:   c.Cancel,
		SoldOut:  func() { must(c.SetStock(benchSlot, 0)) },
		Pause:    func() { must(c.SetPaused(benchSlot, true)) },

		Jam:         func() { must(c.JamNext(benchSlot)) },
		LoseCommand: inject(Fault{Kind: DropCommand}),
		LoseAck:     inject(Fault{Kind: DropBoardAck}),
		LoseResult:  inject(Fault{Kind: LostResult}),
		LoseReports: inject(Fault{Kind: LostReports}),
		Delay:       func(d time.Duration) { must(c.Inject(Fault{Kind: DelayStatus, Delay: d})) },
		StrayResult: inject(Fault{Kind: StrayResult, Other: benchOther}),
		WrongSlot:   inject(Fault{Kind: WrongSlot, Other: benchOther}),
		ExtraCode:   inject(Fault{Kind: ExtraCode, Code: 0x77}),
		OddResult:   inject(Fault{Kind: ReplaceCode, Code: 0x77}),
		Restart: func(fallen bool) {
			if fallen {
				must(c.Inject(Fault{Kind: RestartAfterDrop}))
			} else {
				must(c.Inject(Fault{Kind: RestartBeforeDrop}))
			}
		},
		RepeatFrames: times(RepeatFrame),
		LoseHostAcks: times(DropHostAck),
		Noise: func(n int) {
			// A frame damaged six times is given up: that would be another trouble.
			must(c.Inject(Fault{Kind: Noise, Times: n}))
			must(c.Inject(Fault{Kind: FlipBit, Times: min(n, 2)}))
			must(c.Inject(Fault{Kind: HalfFrame, Times: min(n, 2)}))
		},
		Silence: lasting(Silent),
		Mute:    lasting(Mute),
		Unplug:  func() { must(c.Unplug()) },
		Plug:    func() { must(c.Plug()) },
		Cut: func(fromBoard bool, n int) {
			f := Fault{Kind: Cut, Dir: FromHost, At: n, Delay: 50 * time.Millisecond}
			if fromBoard {
				f.Dir = FromBoard
			}
			must(c.Inject(f))
		},
	}
}

// idle reports whether the board has come to rest.
func (c *Cabinet) idle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.powered && c.line != nil && c.motor.now == nil && c.link.out == nil && len(c.link.queue) == 0
}
