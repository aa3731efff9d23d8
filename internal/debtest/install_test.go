package debtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kioskd/store"
	"kioskd/store/ledgertest"
)

// TestInstall goes through the life of the package in one clean root.
func TestInstall(t *testing.T) {
	r := newRoot(t)
	deb := release(t)

	t.Run("install", func(t *testing.T) {
		r := root{t, r.dir}
		out := r.dpkg(deb)
		if !strings.Contains(out, "kioskd is installed and not started. Next:\n") {
			t.Errorf("dpkg says\n%s", out)
		}
		if got := r.run("id", "-nG", "kioskd"); !sameWords(got, "kioskd dialout video render input") {
			t.Errorf("the user is in the groups %s", got)
		}
		r.modes(`
770 root:kioskd /etc/kioskd
640 root:kioskd /etc/kioskd/kioskd.yaml
750 kioskd:kioskd /var/lib/kioskd
755 root:root /usr/bin/kioskd
`)
		if got := r.run("kioskd", "version"); !strings.HasPrefix(got, "kioskd 1.0.0 (go") {
			t.Errorf("version: %s", got)
		}
		if got := r.run("systemctl", "is-enabled", "kioskd"); got != "enabled\n" {
			t.Errorf("the unit is %s", got)
		}
		r.run("systemd-analyze", "verify", "--man=no", "kioskd.service")
		r.run("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=25", "kioskd.service")
		r.run("bash", "-c", "source /usr/share/bash-completion/completions/kioskd && complete -p kioskd")
	})

	t.Run("the config shipped says what is missing", func(t *testing.T) {
		r := root{t, r.dir}
		out, code := r.try("runuser", "-u", "kioskd", "--", "kioskd", "check", "/etc/kioskd/kioskd.yaml")
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if code != 2 || !strings.HasSuffix(lines[len(lines)-1], "problems, nothing was started") || !strings.Contains(out, "does not exist: write the path") {
			t.Errorf("exit code %d and\n%s", code, out)
		}
	})

	mine, next := workOn(root{t, r.dir}), newer(t, deb)
	t.Run("upgrade", func(t *testing.T) {
		r := root{t, r.dir}
		r.run("kioskd-session", "framebuffer")
		sales := r.run("runuser", "-u", "kioskd", "--", "kioskd", "orders")
		if strings.Count(sales, "dispensed") != 3 {
			t.Errorf("the user kioskd sees the sales\n%s", sales)
		}
		r.dpkg(next, "--force-confold")
		if got := r.run("dpkg-query", "-W", "-f", "${Version}", "kioskd"); got != "1.1.0" {
			t.Errorf("version %s is installed", got)
		}
		r.same("upgrade", mine)
		if !r.exists("/etc/kioskd/kioskd.yaml.dpkg-dist") {
			t.Error("the new reference config is not beside the config")
		}
		r.modes("\n640 root:kioskd /etc/kioskd/kioskd.yaml\n")
		if got := r.run("runuser", "-u", "kioskd", "--", "kioskd", "orders"); got != sales {
			t.Errorf("after the upgrade the sales are\n%s", got)
		}
		if got := r.run("kioskd-session", "status"); got != "framebuffer\n" {
			t.Errorf("after the upgrade the session is %s", got)
		}
	})

	t.Run("upgrade keeps what a person has disabled", func(t *testing.T) {
		r := root{t, r.dir}
		r.run("systemctl", "disable", "kioskd")
		r.dpkg(next, "--force-confold")
		if got, _ := r.try("systemctl", "is-enabled", "kioskd"); got != "disabled\n" {
			t.Errorf("the unit is %s", got)
		}
	})

	t.Run("remove", func(t *testing.T) {
		r := root{t, r.dir}
		r.run("dpkg", "-r", "kioskd")
		r.same("remove", mine)
		for _, gone := range []string{"/usr/bin/kioskd", "/usr/lib/systemd/system/kioskd.service", "/usr/lib/kioskd"} {
			if r.exists(gone) {
				t.Errorf("%s is left", gone)
			}
		}
	})

	t.Run("purge", func(t *testing.T) {
		r := root{t, r.dir}
		out := r.run("dpkg", "-P", "kioskd")
		const kept = "kioskd: kept /var/lib/kioskd, the ledger of who paid and who is owed money, and keys in /etc/kioskd; delete them yourself\n"
		if !strings.Contains(out, kept) {
			t.Errorf("purge says\n%s", out)
		}
		for _, gone := range []string{"/etc/kioskd/kioskd.yaml", "/etc/pam.d/kioskd-cage", "/etc/systemd/system/kioskd.service", "/etc/systemd/system/kioskd.service.d"} {
			if r.exists(gone) {
				t.Errorf("%s is left", gone)
			}
		}
		delete(mine, "/etc/kioskd/kioskd.yaml")
		r.same("purge", mine)
	})

	t.Run("and again", func(t *testing.T) {
		r := root{t, r.dir}
		r.dpkg(deb)
		r.same("a second installation", mine)
		if got := r.run("systemctl", "is-enabled", "kioskd"); got != "enabled\n" {
			t.Errorf("the unit is %s", got)
		}
	})
}

// workOn does what happens on a machine: a config, a key, three sales.
func workOn(r root) map[string][]byte {
	r.t.Helper()
	const config, key, ledger = "/etc/kioskd/kioskd.yaml", "/etc/kioskd/apiclient_key.pem", "/var/lib/kioskd/kioskd.db"
	r.write(config, append(r.read(config), "# 本机 · this machine\n"...), 0o640)
	r.write(key, []byte("a key"), 0o600)
	s, err := store.Open(r.t.Context(), r.path(ledger), store.Options{Reserve: 1})
	if err != nil {
		r.t.Fatal(err)
	}
	for seq := range uint64(3) {
		for _, step := range ledgertest.Happy(seq + 1) {
			if err := s.Commit(step); err != nil {
				r.t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		r.t.Fatal(err)
	}
	r.run("chown", "-R", "kioskd:", "/var/lib/kioskd", key)
	mine := map[string][]byte{config: r.read(config), key: r.read(key)}
	files, err := filepath.Glob(r.path("/var/lib/kioskd/*"))
	if err != nil || len(files) == 0 {
		r.t.Fatal("no ledger: ", err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err == nil && info.Mode().IsRegular() {
			name := strings.TrimPrefix(f, r.dir)
			mine[name] = r.read(name)
		}
	}
	return mine
}

// newer is a package of a later version, whose reference config has changed.
func newer(t *testing.T, deb string) string {
	dir := clone(t)
	config := filepath.Join(dir, "configs/kioskd.yaml")
	b, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, append(b, "# a key of the new version\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	return build(t, dir, "1.1.0", []string{"BINARY=" + unpack(t, deb, "usr/bin/kioskd")}, "amd64")[0]
}

func sameWords(a, b string) bool {
	words := func(s string) map[string]bool {
		m := map[string]bool{}
		for _, w := range strings.Fields(s) {
			m[w] = true
		}
		return m
	}
	x, y := words(a), words(b)
	for w := range y {
		if !x[w] {
			return false
		}
	}
	return len(x) == len(y)
}
