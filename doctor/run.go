package doctor

import (
	"context"
	"time"
)

// The time of an examination. What must be known first, and all that is done
// side by side then, are together under ten seconds.
const (
	readWithin = 2 * time.Second
	restWithin = 7 * time.Second
	// asideAfter is how long after its time a job may still speak. One that
	// hangs, in a system call on a dead disk say, is left behind.
	asideAfter = 250 * time.Millisecond

	pingWithin   = restWithin - 500*time.Millisecond // so that the gateway's own words come in time
	daemonWithin = 2 * time.Second                   // the daemon's word that it is there
	boardSpeaks  = 4500 * time.Millisecond           // after its port was opened; some boards start anew then
)

// job makes the findings of these names. Its context ends with its time.
type job struct {
	names []string
	do    func(ctx context.Context) []Finding
}

// runJobs runs all side by side and waits for them, but not for ever.
func runJobs(ctx context.Context, within time.Duration, jobs []job) (all []Finding) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		time.Sleep(asideAfter)
		close(over)
	})
	defer stop()
	results := make([]chan []Finding, len(jobs))
	for i, j := range jobs {
		results[i] = make(chan []Finding, 1)
		go func() { results[i] <- j.do(ctx) }()
	}
	for i, j := range jobs {
		found, ok := resultOf(results[i], over)
		if !ok {
			for _, name := range j.names {
				found = append(found, late(name, within))
			}
		}
		all = append(all, found...)
	}
	return all
}

// resultOf waits until it is over. What is there then still counts.
func resultOf(from chan []Finding, over chan struct{}) (found []Finding, ok bool) {
	select {
	case found = <-from:
		return found, true
	case <-over:
	}
	select {
	case found = <-from:
		return found, true
	default:
		return nil, false
	}
}

// late is for a check that does not come back.
func late(name string, within time.Duration) Finding {
	return wrong(name, "try again; if it stays, restart the machine", "no result within %s", within)
}

// promise is something that several jobs wait for and one goroutine finds out.
type promise[T any] struct {
	done  chan struct{}
	value T
}

func promised[T any](find func() T) *promise[T] {
	p := &promise[T]{done: make(chan struct{})}
	go func() {
		p.value = find()
		close(p.done)
	}()
	return p
}

// get reports false if ctx ended first.
func (p *promise[T]) get(ctx context.Context) (value T, ok bool) {
	select {
	case <-p.done:
		return p.value, true
	case <-ctx.Done():
		return value, false
	}
}
