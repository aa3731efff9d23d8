package habit_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kioskd/sale/habit"
)

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// learn shows a machine customers who pay around 12 s, log-normally, and some
// who walk away from a code that stays up for 90 s.
func learn(orders int, gone float64) *habit.Habit {
	rng := rand.New(rand.NewPCG(1, 2))
	h := new(habit.Habit)
	for range orders {
		if paid := 12 * math.Exp(0.69*rng.NormFloat64()); rng.Float64() >= gone && paid < 90 {
			h.Add(seconds(paid), true)
			continue
		}
		h.Add(90*time.Second, false)
	}
	return h
}

// questions lists when a pace asks, from the first second on.
func questions(p habit.Pace, until time.Duration) (at []time.Duration) {
	for t := habit.Fast; t < until; t += p.Next(t) {
		at = append(at, t)
	}
	return at
}

func TestPace(t *testing.T) {
	for _, tt := range []struct {
		name   string
		habit  *habit.Habit
		at     float64
		want   time.Duration
		reason string
	}{
		{"nothing known", new(habit.Habit), 1, time.Second, "anybody may pay"},
		{"nothing known", new(habit.Habit), 59, time.Second, "anybody may pay"},
		{"nothing known", new(habit.Habit), 60, 2 * time.Second, "most have paid"},
		{"too few", learn(29, 0.2), 80, 2 * time.Second, "29 orders are no habit"},
		{"learned", learn(300, 0.2), 10, time.Second, "half of all pay here"},
		{"learned", learn(300, 0.2), 20, time.Second, "many pay here"},
		{"learned", learn(300, 0.2), 75, 3 * time.Second, "who stands here has gone"},
		{"learned", learn(300, 0.2), 1000, 3 * time.Second, "nobody ever paid here"},
		{"everybody pays", learn(300, 0), 40, time.Second, "who has not paid yet will"},
		{"nobody pays", learn(300, 1), 10, 3 * time.Second, "there is nothing to be late for"},
	} {
		if got := tt.habit.Pace(habit.Price).Next(seconds(tt.at)); got != tt.want {
			t.Errorf("%s, %v s: asks again in %v, want %v: %s", tt.name, tt.at, got, tt.want, tt.reason)
		}
	}
}

// A slow pause ends where a fast stretch begins.
func TestSlowPauseEndsInTime(t *testing.T) {
	h := new(habit.Habit)
	for range 300 {
		h.Add(30*time.Second+500*time.Millisecond, true)
	}
	p := h.Pace(habit.Price)
	// The cells next to it count too: 26, 28, 30, 33 and 36 s.
	if got := p.Next(25 * time.Second); got != time.Second {
		t.Errorf("one second before the stretch: a pause of %v", got)
	}
	if got := p.Next(24 * time.Second); got != 2*time.Second {
		t.Errorf("two seconds before the stretch: a pause of %v", got)
	}
	if got := p.Next(10 * time.Second); got != 3*time.Second {
		t.Errorf("long before the stretch: a pause of %v", got)
	}
}

// A machine that has learned asks less where customers walk away, and is not
// later for those who pay.
func TestLearningSparesQuestions(t *testing.T) {
	const window = 90 * time.Second
	unlearned := len(questions(new(habit.Habit).Pace(habit.Price), window))
	learned := len(questions(learn(300, 0.2).Pace(habit.Price), window))
	if learned > unlearned*3/4 {
		t.Errorf("asks %d times about a customer who has gone, %d times before it had learned", learned, unlearned)
	}
}

func TestForgets(t *testing.T) {
	h := learn(400, 0)
	for range 1000 {
		h.Add(70*time.Second, true)
	}
	p := h.Pace(habit.Price)
	if p.Next(10*time.Second) != habit.Slow || p.Next(70*time.Second) != habit.Fast {
		t.Errorf("after a thousand customers who pay at 70 s it asks in %v at 10 s and in %v at 70 s", p.Next(10*time.Second), p.Next(70*time.Second))
	}
}

// Whatever it has seen, it never asks faster than once a second nor slower
// than every third.
func TestBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := new(habit.Habit)
		for range rapid.IntRange(0, 500).Draw(t, "orders") {
			h.Add(time.Duration(rapid.Int64Range(-1e9, 1e12).Draw(t, "shown")), rapid.Bool().Draw(t, "paid"))
		}
		p := h.Pace(rapid.Float64Range(0, 1).Draw(t, "price"))
		for range 20 {
			in := time.Duration(rapid.Int64Range(-1e9, 1e12).Draw(t, "in"))
			if got := p.Next(in); got < habit.Fast || got > habit.Slow {
				t.Fatalf("at %v the next question is in %v", in, got)
			}
		}
	})
}
