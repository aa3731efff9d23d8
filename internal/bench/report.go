package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// results is the line of JSON.
type results struct {
	Contenders     []contender    `json:"contenders"` // kioskd is the first
	Path           path           `json:"kioskd_path_mean_ms"`
	Slowest        path           `json:"kioskd_path_slowest_ms"`
	SelectToQR     percentiles    `json:"select_to_qr_ms"`
	SelectToQROwn  percentiles    `json:"select_to_qr_own_ms"`
	SelectToQRSync percentiles    `json:"select_to_qr_own_in_commits_ms"`
	SelectToQRRest percentiles    `json:"select_to_qr_own_without_commits_ms"`
	Commits        float64        `json:"commits_per_sale"`
	Bytes          int64          `json:"bytes_written_per_sale"`
	Empty          childFigures   `json:"daemon_empty_ledger"`
	Loaded         childFigures   `json:"daemon_full_ledger"`
	Ledger         ledgerFigures  `json:"full_ledger"`
	Answers        answers        `json:"poll_answers"`
	Keys           keyFigures     `json:"key_presses"`
	Pacing         []pacing       `json:"pacing"`
	Panel          panelFigures   `json:"panel"`
	Commands       commandFigures `json:"commands"`
	TimerLate      percentiles    `json:"timer_late_ms"` // what the machine adds by itself
	DiskSync       percentiles    `json:"disk_sync_ms"`  // a bare write of 4 KiB and its sync; a commit has two
	Latency        float64        `json:"provider_round_trip_ms"`
	Poll           float64        `json:"board_poll_ms"`
	Processors     int            `json:"processors"`
	Seconds        float64        `json:"seconds"`
	Over           []string       `json:"over"` // goals that were missed
}

// contender is one row of the comparison.
type contender struct {
	Name         string      `json:"name"`
	Sales        int         `json:"sales"`
	Lost         int         `json:"lost"` // could not be measured
	PayToCommand percentiles `json:"pay_to_command_ms"`
	RatioP50     float64     `json:"ratio_p50"`
	RatioP99     float64     `json:"ratio_p99"`
	Queries      float64     `json:"queries_per_sale"`
}

// path is where kioskd's time from the payment to the command goes.
type path struct {
	Query  float64 `json:"until_next_query"` // from the payment to the begin of the query that sees it
	Answer float64 `json:"its_answer"`
	Commit float64 `json:"decide_and_commit"`
	Turn   float64 `json:"boards_turn"` // until the board's POLL lets the command leave
}

// goal is one row of the second table. value is compared where limit is not 0.
type goal struct {
	what, want   string
	value, limit float64
	result       string
}

const mib = 1 << 20

func (r *results) goals() []goal {
	pay, startE, startL, l := r.Contenders[0].PayToCommand, r.Empty.StartToSelling, r.Loaded.StartToSelling, r.Ledger
	rtt := fmt.Sprintf(" + %.0f ms", r.Latency)
	at := func(ms float64) string { return fmt.Sprintf("%.0f ms", ms) }
	of := func(s span) string { return fmt.Sprintf("%.0f ms (worst of %d: %.0f)", s.Median, runs, s.Worst) }
	rss := func(f childFigures) string {
		return fmt.Sprintf("%.1f MiB (anonymous %.1f), idle %.1f (%.1f)",
			float64(f.RSSSales)/mib, float64(f.AnonSales)/mib, float64(f.RSSIdle)/mib, float64(f.AnonIdle)/mib)
	}
	written := func(f childFigures) string {
		s := fmt.Sprintf("%d KiB", f.Bytes>>10)
		if f.KernelBytes > 0 {
			s += fmt.Sprintf("; pages made dirty: %d", f.KernelBytes>>10)
		}
		if f.Traced.Sales > 0 {
			s += fmt.Sprintf("; strace: %d in %.1f syncs", f.Traced.Bytes>>10, f.Traced.Syncs)
		}
		return s
	}
	goals := []goal{
		{"payment to command, p50", "600" + rtt, pay.P50, 600 + r.Latency, at(pay.P50)},
		{"payment to command, p99", "1200" + rtt, pay.P99, 1200 + r.Latency, at(pay.P99)},
		{"selection to code, p50", "", 0, 0, at(r.SelectToQR.P50)},
		{"... kioskd's own share, p50", "", 0, 0, fmt.Sprintf("%.1f ms", r.SelectToQROwn.P50)},
		{"... kioskd's own share, p99", "30 ms", r.SelectToQROwn.P99, 30, fmt.Sprintf("%.1f ms (its commits: %.1f, all else: %.1f)",
			r.SelectToQROwn.P99, r.SelectToQRSync.P99, r.SelectToQRRest.P99)},
		{"a VMC's POLL to the answer, p50", "", 0, 0, fmt.Sprintf("%.1f ms", r.Answers.Own.P50)},
		{"... while it sells and draws, p99", "5 ms", r.Answers.Own.P99, 5, fmt.Sprintf("%.1f ms of %d; a loop that only answers: %.1f ms, ratio %.2f; the protocol's limit: 100 ms",
			r.Answers.Own.P99, r.Answers.Polls, r.Answers.Bare.P99, r.Answers.RatioP99)},
		{"key to selection, modbus at 9600 baud, p50", "", 0, 0, at(r.Keys.Own.P50)},
		{"key to selection, modbus at 9600 baud, p99", "60 ms", r.Keys.Own.P99, 60, fmt.Sprintf("%.0f ms of %d, lost: %d; a look every 50 ms: %.0f ms, ratio %.2f",
			r.Keys.Own.P99, r.Keys.Presses, r.Keys.Lost, r.Keys.Fixed.P99, r.Keys.RatioP99)},
		{"commits a sale", "5", r.Commits, 5, fmt.Sprintf("%.2f", r.Commits)},
		{"written a sale, ledgers of the race", "150 KiB", float64(r.Bytes), 150 << 10, fmt.Sprintf("%d KiB", r.Bytes>>10)},
		{"written a sale, daemon, empty ledger", "150 KiB", float64(max(r.Empty.Bytes, r.Empty.Traced.Bytes)), 150 << 10, written(r.Empty)},
		{fmt.Sprintf("written a sale, daemon, %d orders", l.Orders), "150 KiB", float64(max(r.Loaded.Bytes, r.Loaded.Traced.Bytes)), 150 << 10, written(r.Loaded)},
		{fmt.Sprintf("memory after %d sales, empty ledger", r.Empty.Sales), "40 MiB", float64(r.Empty.RSSSales), 40 * mib, rss(r.Empty)},
		{fmt.Sprintf("memory after %d sales, %d orders", r.Loaded.Sales, l.Orders), "40 MiB", float64(r.Loaded.RSSSales), 40 * mib, rss(r.Loaded)},
		{"start to ready, empty ledger", "", 0, 0, of(startE)},
		{fmt.Sprintf("start to ready, %d orders", l.Orders), "1000 ms", startL.Median, 1000, of(startL)},
		{"... until its socket answers", "", 0, 0, of(r.Loaded.StartToSocket)},
		{"... the ledger's share", "", 0, 0, of(l.Open)},
		{"... of it the child that examines it", "", 0, 0, of(l.Check)},
		{"... of it any process of the daemon", "", 0, 0, of(l.Process)},
	}
	goals = append(goals,
		goal{"panel: first view, with the PIN, on loopback", "1000 ms", r.Panel.FirstView.Median, 1000, fmt.Sprintf("%.0f ms (worst of %d: %.0f)", r.Panel.FirstView.Median, panelRuns, r.Panel.FirstView.Worst)},
		goal{"panel: bytes of the first view", "100 KiB", float64(r.Panel.Bytes), 100 << 10, fmt.Sprintf("%.1f KiB, the picture of the screen included", float64(r.Panel.Bytes)/1024)},
	)
	goals = append(goals, r.Commands.goals()...)
	for _, p := range r.Pacing {
		goals = append(goals, p.goals()...)
	}
	return goals
}

func (r *results) judge() {
	r.Over = []string{}
	for _, g := range r.goals() {
		if g.limit > 0 && g.value > g.limit {
			r.Over = append(r.Over, g.what)
		}
	}
}

func (g goal) verdict() string {
	switch {
	case g.limit == 0:
		return ""
	case g.value > g.limit:
		return "over"
	}
	return "ok"
}

func (r *results) print(out io.Writer) error {
	fmt.Fprintf(out, "\nProvider %.0f ms away, board POLLs every %.0f ms, %d processors. What this machine adds (p50, p99): a timer is late by %.1f and %.1f ms, the disk keeps 4 KiB in %.1f and %.1f ms.\n\n",
		r.Latency, r.Poll, r.Processors, r.TimerLate.P50, r.TimerLate.P99, r.DiskSync.P50, r.DiskSync.P99)
	rows := [][]string{{"payment to command", "p50", "ratio", "p99", "ratio", "queries a sale", "sales", "lost"}}
	for _, c := range r.Contenders {
		rows = append(rows, []string{
			c.Name, fmt.Sprintf("%.0f ms", c.PayToCommand.P50), fmt.Sprintf("%.2f", c.RatioP50),
			fmt.Sprintf("%.0f ms", c.PayToCommand.P99), fmt.Sprintf("%.2f", c.RatioP99),
			fmt.Sprintf("%.1f", c.Queries), fmt.Sprint(c.Sales), fmt.Sprint(c.Lost),
		})
	}
	if err := table(out, rows); err != nil {
		return err
	}
	fmt.Fprintln(out)
	rows = [][]string{{"kioskd, payment to command", "next query", "its answer", "decide and commit", "board's POLL", "sum"}}
	for _, p := range []struct {
		name string
		path
	}{{"mean", r.Path}, {"slowest sale", r.Slowest}} {
		row := []string{p.name}
		for _, part := range []float64{p.Query, p.Answer, p.Commit, p.Turn, p.Query + p.Answer + p.Commit + p.Turn} {
			row = append(row, fmt.Sprintf("%.0f ms", part))
		}
		rows = append(rows, row)
	}
	if err := table(out, rows); err != nil {
		return err
	}
	fmt.Fprintln(out)
	rows = [][]string{{"kioskd", "goal, at most", "result", ""}}
	for _, g := range r.goals() {
		rows = append(rows, []string{g.what, g.want, g.result, g.verdict()})
	}
	return table(out, rows)
}

// table prints rows as Markdown; the first one is the head.
func table(out io.Writer, rows [][]string) error {
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	for i, row := range rows {
		fmt.Fprintln(w, "| "+strings.Join(row, "\t| ")+"\t|")
		if i == 0 {
			fmt.Fprintln(w, strings.Repeat("|---\t", len(row))+"|")
		}
	}
	return w.Flush()
}
