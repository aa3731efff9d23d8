package setup

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What root has made beside the ledger is the daemon's; what else lies there is
// not touched.
func TestHandHome(t *testing.T) {
	dir := t.TempDir()
	owner := os.Getuid()
	if owner == 0 { // only root can give anything away
		owner = 12345
		if err := os.Chown(dir, owner, owner); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]int{"kioskd.db": owner, "kioskd.db.lock": owner, "wechat-certificates-1900000109.json": owner, "kioskd.yaml": os.Getuid(), "apiclient_key.pem": os.Getuid()}
	for name := range want {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := handHome(filepath.Join(dir, "kioskd.db")); err != nil {
		t.Fatal(err)
	}
	for name, uid := range want {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := int(info.Sys().(*syscall.Stat_t).Uid); got != uid {
			t.Errorf("%s belongs to %d, not to %d", name, got, uid)
		}
	}
}

func TestLanguageOf(t *testing.T) {
	for _, tt := range []struct {
		env         string
		chinese, ok bool
	}{
		{"LANG=zh_CN.UTF-8", true, true}, {"LANG=en_US.UTF-8", false, true}, {"LANG=zh_CN LC_ALL=en_GB", false, true},
		{"LANG=C", false, false}, {"", false, false}, {"LANG=de_DE", false, false},
	} {
		chinese, ok := languageOf(func(name string) string {
			for _, one := range strings.Fields(tt.env) {
				if value, found := strings.CutPrefix(one, name+"="); found {
					return value
				}
			}
			return ""
		})
		if chinese != tt.chinese || ok != tt.ok {
			t.Errorf("%q: %v, %v", tt.env, chinese, ok)
		}
	}
}
