package device

import (
	"time"

	"kioskd/sale"
)

// Board is how faults speak of the controller behind a line.
type Board struct {
	Name string // such as "the controller"
	Path string // of its port
	Hint string // what to check where it is silent
}

// Silent is the fault of a board that says nothing; what follows its name.
func (b Board) Silent(what string) *sale.Fault {
	return &sale.Fault{Code: sale.CodeSerialSilent, What: b.Name + " " + what, Hint: b.Hint}
}

// Fault is what a board itself has; what follows its name.
func (b Board) Fault(what, hint string) *sale.Fault {
	return &sale.Fault{Code: sale.CodeBoardFault, What: b.Name + " " + what, Hint: hint}
}

// Closed is the fault of a driver after its Close.
func (b Board) Closed() *sale.Fault {
	return &sale.Fault{Code: sale.CodeSerialOther, What: "the driver of " + b.Name + " on " + b.Path + " is closed"}
}

// Err is nil while the driver is not closed and its port is open, else the
// *sale.Fault that says why not: the beginning of a driver's Health.
func (l *Life) Err() error {
	if l.Closed() {
		return l.Board.Closed()
	}
	return l.Line.Err()
}

// Silence is nil if the board was heard within SilentAfter, else a
// *sale.Fault: the end of a driver's Health. The zero time means that it was
// not heard since the port was opened.
func (l *Life) Silence(heard time.Time) error {
	if heard.IsZero() {
		return l.Board.Silent("has not answered yet on " + l.Board.Path)
	}
	if age := time.Since(heard); age > SilentAfter {
		return l.Board.Silent("has been silent on " + l.Board.Path + " for " + age.Truncate(time.Second).String())
	}
	return nil
}

// Reopen has the port opened anew, because the board was silent for so long.
func (l *Life) Reopen() {
	l.Line.Reopen(l.Board.Silent("has been silent on " + l.Board.Path + " for " + ReopenAfter.String() + "; the port is being opened anew"))
}

// Busy makes of an error of Take what a screen can show.
func (l *Life) Busy(err error) *sale.Fault {
	if err == ErrClosed {
		return l.Board.Closed()
	}
	f := l.Board.Silent("is busy with an earlier order")
	f.Err = err
	return f
}

// Absence says why a question has no answer: that the driver is closed, or
// health, which is the driver's, or else err.
func (l *Life) Absence(health, err error) error {
	if l.Closed() {
		return l.Board.Closed()
	}
	if health != nil {
		return health
	}
	f := l.Board.Silent("does not answer")
	f.Err = err
	return f
}

// NotSent is the verdict on a command of which no byte left.
func NotSent(why error) sale.Verdict {
	return sale.Verdict{Outcome: sale.OutcomeNotDispensed, Detail: "no byte of the command left: " + why.Error()}
}
