package metrics_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"kioskd/internal/need"
)

// dashboard is what these tests want of watch/grafana/kioskd.json.
type dashboard struct {
	Panels []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr string }
	}
	Templating struct {
		List []struct{ Name, Definition string }
	}
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	b, err := os.ReadFile("../grafana/kioskd.json")
	if err == nil {
		err = json.Unmarshal(b, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// queries are the expressions of the dashboard, by panel, as Grafana asks them.
func (d dashboard) queries() map[string]string {
	fill := strings.NewReplacer("$instance", ".+", "$__rate_interval", "5m")
	all := map[string]string{}
	for _, p := range d.Panels {
		for i, target := range p.Targets {
			all[fmt.Sprintf("%s %d", p.Title, i)] = fill.Replace(target.Expr)
		}
	}
	return all
}

// rules are the expressions of watch/prometheus/alerts.yml, by name.
func rules(t *testing.T) map[string]string {
	t.Helper()
	b, err := os.ReadFile("../prometheus/alerts.yml")
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err == nil {
		err = yaml.Unmarshal(b, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			all[r.Alert] = r.Expr
		}
	}
	return all
}

// there are the names of all samples that a scrape has, and up, which
// Prometheus makes itself.
func there(t *testing.T) map[string]bool {
	names := map[string]bool{"up": true}
	for line := range strings.Lines(scrape(t, busy())) {
		if !strings.HasPrefix(line, "#") {
			names[line[:strings.IndexAny(line, " {")]] = true
		}
	}
	return names
}

var metricName = regexp.MustCompile(`\b(kioskd_\w+|process_\w+|go_\w+|up)\b`)

// Dashboard and rules ask for nothing that does not exist, and each of our own
// metrics is asked for somewhere.
func TestDashboardAndRulesKnowTheMetrics(t *testing.T) {
	names, used := there(t), map[string]bool{}
	d := readDashboard(t)
	for _, queries := range []map[string]string{d.queries(), rules(t), {"variable": d.Templating.List[1].Definition}} {
		for where, query := range queries {
			found := metricName.FindAllString(query, -1)
			if len(found) == 0 {
				t.Errorf("%s asks for nothing: %s", where, query)
			}
			for _, name := range found {
				used[strings.TrimSuffix(name, "_bucket")] = true
				if !names[name] {
					t.Errorf("%s asks for %s, which nobody has", where, name)
				}
			}
		}
	}
	for _, row := range described(t) {
		if name := strings.Split(row, "`")[1]; !used[name] {
			t.Errorf("neither the dashboard nor a rule asks for %s", name)
		}
	}
}

func TestTheDashboardIsWhole(t *testing.T) {
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range readDashboard(t).Panels {
		if p.Title == "" || ids[p.ID] || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %d %q: %d queries, or its number is taken", p.ID, p.Title, len(p.Targets))
		}
		ids[p.ID] = true
		g := p.GridPos
		if g.W < 1 || g.X+g.W > 24 || g.H < 1 {
			t.Errorf("%q is outside of the page", p.Title)
		}
		for x := g.X; x < g.X+g.W; x++ {
			for y := g.Y; y < g.Y+g.H; y++ {
				if other, ok := taken[[2]int{x, y}]; ok {
					t.Fatalf("%q lies on %q", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// promtool reads what Prometheus would read.
func TestPromtool(t *testing.T) {
	t.Parallel()
	promtool := need.Tool(t, "promtool")
	run := func(t *testing.T, input string, args ...string) {
		t.Helper()
		cmd := exec.Command(promtool, args...)
		cmd.Stdin = strings.NewReader(input)
		cmd.Dir = "../prometheus"
		if out, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(out), "FAILED") {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	t.Run("metrics", func(t *testing.T) { t.Parallel(); run(t, scrape(t, busy()), "check", "metrics") })
	t.Run("rules", func(t *testing.T) { t.Parallel(); run(t, "", "check", "rules", "alerts.yml") })
	t.Run("tests of the rules", func(t *testing.T) { t.Parallel(); run(t, "", "test", "rules", "alerts_test.yml") })
	t.Run("queries of the dashboard", func(t *testing.T) {
		t.Parallel()
		queries := readDashboard(t).queries()
		text := "groups:\n- name: dashboard\n  rules:\n"
		for i, title := range slices.Sorted(maps.Keys(queries)) {
			text += fmt.Sprintf("  - {record: 'panel:%d', expr: '%s'}\n", i, strings.ReplaceAll(queries[title], "'", "''"))
		}
		file := filepath.Join(t.TempDir(), "dashboard.yml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, "", "check", "rules", file)
	})
}

// Every rule has a severity that a receiver can go by, and words for people.
func TestEveryRuleSaysWhatToDo(t *testing.T) {
	b, err := os.ReadFile("../prometheus/alerts.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert               string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	var bad []string
	for _, r := range file.Groups[0].Rules {
		if !slices.Contains([]string{"critical", "warning", "info"}, r.Labels["severity"]) || !strings.Contains(r.Annotations["summary"], "{{ $labels.instance }}") {
			bad = append(bad, r.Alert)
		}
	}
	if diff := cmp.Diff([]string(nil), bad); diff != "" {
		t.Errorf("rules without severity or machine:\n%s", diff)
	}
}
