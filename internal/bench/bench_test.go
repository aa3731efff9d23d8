package main

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/sale"
)

func TestRank(t *testing.T) {
	var d []time.Duration
	for i := range 200 {
		d = append(d, time.Duration(200-i)*time.Millisecond)
	}
	if got := rank(d); got != (percentiles{101, 199}) {
		t.Errorf("of 1 to 200 ms: %v", got)
	}
	if got := rank(d[:60]); got != (percentiles{171, 200}) {
		t.Errorf("of 141 to 200 ms: %v, the p99 of few is the worst", got)
	}
	if got := rank(nil); got != (percentiles{}) {
		t.Errorf("of nothing: %v", got)
	}
}

// Each tenth of the range holds a tenth of the payments, and each seed differs.
func TestThinks(t *testing.T) {
	seeded := func(seed uint64) []time.Duration { return thinks(60, rand.New(rand.NewPCG(seed, 80))) }
	all := seeded(1)
	if slices.Min(all) == slices.Min(seeded(2)) || !slices.Equal(all, seeded(1)) {
		t.Error("the seed does not decide")
	}
	var in [10]int
	for _, d := range all {
		in[(d-thinkLeast)*10/thinkRange]++
	}
	if in != [10]int{6, 6, 6, 6, 6, 6, 6, 6, 6, 6} {
		t.Errorf("tenths hold %v", in)
	}
	if slices.IsSorted(all) {
		t.Error("in order")
	}
}

// At the daemon's own price a payment is known sooner than a poller knows it,
// and at the poller's number of questions no schedule beats the bound.
func TestPacing(t *testing.T) {
	for _, gone := range []float64{0, 0.2} {
		p := paceOf(gone, 1)
		if p.Own.RatioP50 > 0.6 || p.Own.RatioP90 > 0.6 || p.Own.RatioAsks > 2 {
			t.Errorf("%v gone: %+v", gone, p.Own)
		}
		if p.Same.RatioAsks > 1 || p.Same.RatioP50 < p.Bound {
			t.Errorf("%v gone: %+v with a bound of %v", gone, p.Same, p.Bound)
		}
	}
}

func TestCountTrace(t *testing.T) {
	const trace = `101 pwrite64(7, ""..., 4096, 8192) = 4096
101 fdatasync(7)                  = 0
102 pwrite64(7, ""..., 8192, 12288 <unfinished ...>
101 fdatasync(7 <unfinished ...>
102 <... pwrite64 resumed>)       = 8192
101 <... fdatasync resumed>)      = 0
102 pwrite64(7, ""..., 4096, 0)   = -1 ENOSPC (No space left on device)
102 fsync(9)                      = 0
`
	if got, want := count(strings.NewReader(trace), 2), (traced{2, 6144, 1.5}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFields(t *testing.T) {
	file := filepath.Join(t.TempDir(), "status")
	if err := os.WriteFile(file, []byte("Name:\tkioskd\nVmHWM:\t   26000 kB\nwrite_bytes: 4096\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := fields(file)
	if diff := cmp.Diff(map[string]int64{"VmHWM": 26000, "write_bytes": 4096}, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestScreen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, begun := newScreen(), time.Now()
		go func() {
			time.Sleep(time.Second)
			s.Show(sale.Scene{Kind: sale.SceneCreating})
			time.Sleep(time.Second)
			s.Show(sale.Scene{Kind: sale.ScenePay})
			time.Sleep(time.Second)
			s.Show(sale.Scene{Kind: sale.ScenePay, Left: time.Second}) // the same scene, counting
		}()
		got, err := s.waitFor(t.Context(), time.Minute, sale.SceneIdle, sale.ScenePay)
		if want := (sight{sale.ScenePay, begun.Add(2 * time.Second)}); got != want || err != nil {
			t.Errorf("%v, %v", got, err)
		}
		time.Sleep(2 * time.Second)
		if again, _ := s.waitFor(t.Context(), 0, sale.ScenePay); again != got {
			t.Errorf("%v, then %v", got, again)
		}
		_, err = s.waitFor(t.Context(), time.Minute, sale.SceneTake)
		if err == nil || err.Error() != `the screen shows "pay" and none of ["take"] after 1m0s` || time.Since(begun) != 64*time.Second {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if _, err := s.waitFor(ctx, time.Minute, sale.SceneTake); err != context.Canceled {
			t.Error(err)
		}
	})
}

func TestReport(t *testing.T) {
	r := results{
		Contenders: []contender{{Name: "kioskd", PayToCommand: percentiles{681, 1280}}},
		Latency:    80, Commits: 5, Bytes: 150 << 10,
		Empty:   childFigures{RSSSales: 40 * mib, Bytes: 1, Traced: traced{5, 150<<10 + 1, 8}},
		Loaded:  childFigures{StartToSelling: span{1000, 9000}},
		Answers: answers{Polls: 1000, Own: percentiles{0.2, 5.1}, Bare: percentiles{0.1, 2}, RatioP99: 2.55},
		Keys:    keyFigures{Presses: 120, Lost: 1, Own: percentiles{44, 60}, Fixed: percentiles{100, 130}, RatioP99: 0.46},
	}
	r.judge()
	if diff := cmp.Diff([]string{"payment to command, p50", "... while it sells and draws, p99", "written a sale, daemon, empty ledger"}, r.Over); diff != "" {
		t.Error(diff)
	}
	var out strings.Builder
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	squeezed := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"| payment to command, p50 | 600 + 80 ms | 681 ms | over |",
		"| ... while it sells and draws, p99 | 5 ms | 5.1 ms of 1000; a loop that only answers: 2.0 ms, ratio 2.55; the protocol's limit: 100 ms | over |",
		"| key to selection, modbus at 9600 baud, p99 | 60 ms | 60 ms of 120, lost: 1; a look every 50 ms: 130 ms, ratio 0.46 | ok |",
		"| payment to command, p99 | 1200 + 80 ms | 1280 ms | ok |",
		"| written a sale, daemon, empty ledger | 150 KiB | 0 KiB; strace: 150 in 8.0 syncs | over |",
	} {
		if !strings.Contains(squeezed, want) {
			t.Errorf("no line %s in\n%s", want, &out)
		}
	}
}
