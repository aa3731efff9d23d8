package debtest

import (
	"os/exec"
	"strings"
	"testing"
)

// TestVersionsSort: each description is of later work than the one before.
func TestVersionsSort(t *testing.T) {
	untagged := strings.TrimSpace(run(t, repository+"/packaging/version.sh"))
	older := untagged
	if !strings.HasPrefix(older, "0~git") {
		older = "0~git20261128212603.efdf0f033f63" // this checkout has a tag
	}
	for _, tt := range []struct{ description, want string }{
		{"v0.9.0-0-gabc1234", "0.9.0"},
		{"v1.0.0-rc1-0-gabc1234", "1.0.0~rc1"},
		{"v1.0.0-rc1-3-gabc1234", "1.0.0~rc1+3.gabc1234"},
		{"v1.0.0-rc2-0-gabc1234", "1.0.0~rc2"},
		{"v1.0.0-0-gabc1234", "1.0.0"},
		{"v1.0.0-5-gabc1234", "1.0.0+5.gabc1234"},
		{"v1.0.0-5-gabc1234-dirty", "1.0.0+5.gabc1234+dirty"},
		{"v1.0.0-12-g0001234", "1.0.0+12.g0001234"},
		{"v1.0.1-0-gabc1234", "1.0.1"},
		{"v1.10.0-0-gabc1234", "1.10.0"},
	} {
		got := strings.TrimSpace(run(t, repository+"/packaging/version.sh", tt.description))
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.description, got, tt.want)
		}
		if err := exec.Command("dpkg", "--compare-versions", older, "lt", got).Run(); err != nil {
			t.Errorf("%s does not sort before %s", older, got)
		}
		older = got
	}
}
