package debtest

import (
	"crypto/sha256"
	"debug/elf"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// files is what a package must have, with mode and owner as dpkg-deb shows them.
const files = `
-rw-r----- root/root ./etc/kioskd/kioskd.yaml
-rw-r--r-- root/root ./etc/pam.d/kioskd-cage
-rwxr-xr-x root/root ./usr/bin/kioskd
-rwxr-xr-x root/root ./usr/lib/kioskd/kioskd
-rwxr-xr-x root/root ./usr/lib/kioskd/x-cookie
-rwxr-xr-x root/root ./usr/lib/kioskd/x-display
-rwxr-xr-x root/root ./usr/lib/kioskd/x-wait
-rw-r--r-- root/root ./usr/lib/kioskd/session/cage.conf
-rw-r--r-- root/root ./usr/lib/kioskd/session/framebuffer.conf
-rw-r--r-- root/root ./usr/lib/kioskd/session/x.conf
-rw-r--r-- root/root ./usr/lib/kioskd/session/xorg.conf
-rw-r--r-- root/root ./usr/lib/systemd/system/kioskd-cage.service
-rw-r--r-- root/root ./usr/lib/systemd/system/kioskd-x.service
-rw-r--r-- root/root ./usr/lib/systemd/system/kioskd.service
-rw-r--r-- root/root ./usr/lib/sysusers.d/kioskd.conf
-rw-r--r-- root/root ./usr/lib/tmpfiles.d/kioskd.conf
-rw-r--r-- root/root ./usr/lib/udev/rules.d/61-kioskd.rules
-rwxr-xr-x root/root ./usr/sbin/kioskd-session
-rw-r--r-- root/root ./usr/share/bash-completion/completions/kioskd
-rw-r--r-- root/root ./usr/share/doc/kioskd/README.md
-rw-r--r-- root/root ./usr/share/doc/kioskd/README.zh-CN.md
-rw-r--r-- root/root ./usr/share/doc/kioskd/docs/install.md
-rw-r--r-- root/root ./usr/share/fish/vendor_completions.d/kioskd.fish
-rw-r--r-- root/root ./usr/share/zsh/vendor-completions/_kioskd
`

func TestContent(t *testing.T) {
	debs := []string{release(t)}
	var stub []string
	if !*all {
		stub = []string{"BINARY=" + unpack(t, debs[0], "usr/bin/kioskd")}
	}
	debs = append(debs, build(t, repository, "1.0.0", stub, "arm64", "armhf")...)
	for i, arch := range []string{"amd64", "arm64", "armhf"} {
		t.Run(arch, func(t *testing.T) {
			if name := filepath.Base(debs[i]); name != "kioskd_1.0.0_"+arch+".deb" {
				t.Errorf("the package is called %s", name)
			}
			if got := run(t, "dpkg-deb", "-f", debs[i], "Architecture", "Version"); got != "Architecture: "+arch+"\nVersion: 1.0.0\n" {
				t.Errorf("control says\n%s", got)
			}
			has := map[string]bool{}
			for line := range strings.Lines(run(t, "dpkg-deb", "-c", debs[i])) {
				f := strings.Fields(line)
				has[f[0]+" "+f[1]+" "+f[5]] = true
			}
			for line := range strings.SplitSeq(strings.TrimSpace(files), "\n") {
				if !has[line] {
					t.Errorf("no %s", line)
				}
			}
			if t.Failed() {
				t.Log(strings.Join(slices.Sorted(maps.Keys(has)), "\n"))
			}
			if *all {
				starts(t, arch, unpack(t, debs[i], "usr/bin/kioskd"), false)
				starts(t, arch, unpack(t, debs[i], "usr/lib/kioskd/kioskd"), true)
			}
		})
	}
}

// starts looks at what the kernel looks at: a binary for the machine, and, if it
// draws with X and GL, a loader that Debian has there.
func starts(t *testing.T, arch, binary string, draws bool) {
	f, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want := map[string]struct {
		machine elf.Machine
		loader  string
	}{
		"amd64": {elf.EM_X86_64, "/lib64/ld-linux-x86-64.so.2"},
		"arm64": {elf.EM_AARCH64, "/lib/ld-linux-aarch64.so.1"},
		"armhf": {elf.EM_ARM, "/lib/ld-linux-armhf.so.3"},
	}[arch]
	if !draws {
		want.loader = ""
	}
	loader := ""
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			b, _ := io.ReadAll(p.Open())
			loader = strings.TrimRight(string(b), "\x00")
		}
	}
	if f.Machine != want.machine || loader != want.loader {
		t.Errorf("%s is for %v and loaded by %s, want %v and %s", binary, f.Machine, loader, want.machine, want.loader)
	}
}

// TestTheCommandsHandOver: the kioskd for the terminal goes on as the whole one where
// it must, with its arguments, its environment and in its process, and says what is
// missing.
func TestTheCommandsHandOver(t *testing.T) {
	kioskd := unpack(t, release(t), "usr/bin/kioskd")
	whole := filepath.Join(filepath.Dir(kioskd), "../lib/kioskd/kioskd")
	sheet := []string{"export", "--config", ledgerless(t), "--format", "xlsx", "-o", filepath.Join(t.TempDir(), "out.xlsx")}
	if out := run(t, kioskd, "demo", "--screen", "none", "--customers", "1"); !strings.Contains(out, " 0 violations") {
		t.Errorf("the demo says\n%s", out)
	}
	if err := os.WriteFile(whole, []byte("#!/bin/sh\necho \"$$ $* $ENV\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	all := [][]string{{"demo", "--screen", "none"}, {"run", "--config", "/nowhere"}, sheet}
	for _, args := range all {
		c := exec.Command(kioskd, args...)
		c.Env = append(os.Environ(), "ENV=env")
		out, err := c.CombinedOutput()
		if want := fmt.Sprintf("%d %s env\n", c.ProcessState.Pid(), strings.Join(args, " ")); err != nil || string(out) != want {
			t.Errorf("%v\n%swant\n%s", err, out, want)
		}
	}
	if err := os.Remove(whole); err != nil {
		t.Fatal(err)
	}
	for _, args := range all {
		c := exec.Command(kioskd, args...)
		out, err := c.CombinedOutput()
		want := "kioskd: " + whole + ", a part of kioskd, cannot be started: no such file or directory (install the package again)\n"
		if c.ProcessState.ExitCode() != 1 || string(out) != want {
			t.Errorf("%v\n%swant\n%s", err, out, want)
		}
	}
}

// ledgerless is a config that leads to no ledger.
func ledgerless(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "kioskd.yaml")
	if err := os.WriteFile(path, []byte("store: {path: /nowhere/kioskd.db}\ncontrol: {socket: /nowhere/kioskd.sock}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestTheProgramsKnowWhenTheyWereBuilt: a machine whose clock is before that sells
// nothing. This package is one from the future.
func TestTheProgramsKnowWhenTheyWereBuilt(t *testing.T) {
	deb := build(t, repository, "1.0.0", []string{"SOURCE_DATE_EPOCH=4070908800"}, "amd64")[0] // 2099-01-01
	for _, program := range []string{"usr/bin/kioskd", "usr/lib/kioskd/kioskd"} {
		out, _ := exec.Command(unpack(t, deb, program), "doctor", ledgerless(t)).CombinedOutput() // much else is wrong
		if !strings.Contains(string(out), ", and it is after 2099-01-01 00:00") {
			t.Errorf("%s says of its clock\n%s", program, out)
		}
	}
}

// TestReproducible builds in another place, with other dates and modes of the files.
func TestReproducible(t *testing.T) {
	copied := clone(t)
	run(t, "find", copied, "-exec", "touch", "-d", "2001-01-01", "{}", "+")
	run(t, "chmod", "-R", "go-rwx", copied)
	sum := func(deb string) (s [sha256.Size]byte) {
		b, err := os.ReadFile(deb)
		if err != nil {
			t.Fatal(err)
		}
		return sha256.Sum256(b)
	}
	if sum(release(t)) != sum(build(t, copied, "1.0.0", nil, "amd64")[0]) {
		t.Error("the same source made two different packages")
	}
}

// clone copies the source as it is now.
func clone(t *testing.T) string {
	dir := t.TempDir()
	run(t, "sh", "-c", `cd "$0" && git ls-files -co --exclude-standard -z | tar -c --null -T - | tar -x -C "$1"`, repository, dir)
	return dir
}

func unpack(t *testing.T, deb, path string) string {
	dir := t.TempDir()
	run(t, "dpkg-deb", "-x", deb, dir)
	return filepath.Join(dir, path)
}
