package main

import (
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestCommandsAreLight: what packages bring for the terminal loads nothing that only
// the daemon, the demo or a sheet needs.
func TestCommandsAreLight(t *testing.T) {
	for _, c := range []struct {
		tags string
		want bool
	}{{"", true}, {"commands", false}} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", c.tags, "kioskd/cmd/kioskd").Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, heavy := range []string{"github.com/hajimehoshi/ebiten/", "github.com/xuri/excelize/", "github.com/prometheus/", "kioskd/daemon", "kioskd/payment/paytest"} {
			if got := strings.Contains(string(out), "\n"+heavy); got != c.want {
				t.Errorf("tags %q: %s is loaded: %v", c.tags, heavy, got)
			}
		}
	}
}

// TestLayers: what a package below must not know does not come in by another
// one either. Only this package knows the command line, and the window.
func TestLayers(t *testing.T) {
	const cobra, pflag, ebiten, window = "github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/hajimehoshi/ebiten/", "kioskd/display/screen"
	program := []string{cobra, pflag, ebiten, window, "kioskd/cmd/", "kioskd/device/devicetest", "kioskd/payment/paytest"}
	for _, c := range []struct {
		name string
		not  []string
	}{
		{"clock", append(program, "kioskd/store", "kioskd/configs")},
		{"books", append(program, "kioskd/control", "kioskd/display")},
		{"kept", program},
		{"drivers", append(program, "kioskd/store", "kioskd/payment")},
		{"face", append(program, "kioskd/store", "kioskd/control")},
		{"daemon", append(program, "kioskd/payment")},
		{"detect", append(program, "kioskd/store", "kioskd/display")},
		{"setup", append(program, "kioskd/daemon", "kioskd/panel")},
		{"doctor", append(program, "kioskd/daemon", "kioskd/payment/wechat")},
		{"control", append(program, "kioskd/display", "kioskd/panel", "kioskd/payment")},
	} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "kioskd/"+c.name).Output()
		if err != nil {
			t.Fatalf("go list kioskd/%s: %v", c.name, err)
		}
		if !strings.Contains(string(out), "kioskd/"+c.name+"\n") {
			t.Fatalf("go list does not know kioskd/%s", c.name)
		}
		for dep := range strings.FieldsSeq(string(out)) {
			for _, not := range c.not {
				if dep == strings.TrimSuffix(not, "/") || strings.HasPrefix(dep, strings.TrimSuffix(not, "/")+"/") {
					t.Errorf("%s imports %s", c.name, dep)
				}
			}
		}
	}
}

// TestOneFileKnowsTheWindow: a kioskd without the window is built by leaving out
// one file.
func TestOneFileKnowsTheWindow(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var importers []string
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if strings.HasPrefix(i.Path.Value, `"kioskd/display/screen`) || strings.Contains(i.Path.Value, "ebiten") {
				importers = append(importers, name)
			}
		}
	}
	if !slices.Equal(importers, []string{"window.go"}) {
		t.Errorf("the window is imported by %v", importers)
	}
}
