package devicetest

import (
	"sync"
	"time"
)

// line is one terminal with its reader.
type line struct {
	*Terminal
	done   chan struct{}
	reader sync.WaitGroup
}

// heard is something the reader took off a line.
type heard struct {
	line  *line
	frame frame
	at    time.Time // first byte
	bad   bool      // bytes that were no frame
}

func openLine(rx chan<- heard) (*line, error) {
	t, err := OpenTerminal()
	if err != nil {
		return nil, err
	}
	l := &line{Terminal: t, done: make(chan struct{})}
	l.reader.Go(func() { l.read(rx) })
	return l, nil
}

func (l *line) read(rx chan<- heard) {
	var s scanner
	buf := make([]byte, 4096)
	pass := func(h heard) {
		h.line = l
		select {
		case rx <- h:
		case <-l.done:
		}
	}
	for {
		n, err := l.Read(buf)
		if err != nil {
			return
		}
		s.feed(buf[:n], time.Now(),
			func(f frame, at time.Time) { pass(heard{frame: f, at: at}) },
			func() { pass(heard{bad: true, at: time.Now()}) })
	}
}

// close hangs the terminal up and waits for the reader.
func (l *line) close() {
	close(l.done)
	l.Close()
	l.reader.Wait()
}
