package crashtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/internal/crashtest"
	"kioskd/sale"
)

// TestADeadScreenDoesNotKeepTheMoney kills the daemon with a code up, lets the
// customer pay, and starts it again where no window can be opened: it must end
// with an error, and the money must go back all the same.
func TestADeadScreenDoesNotKeepTheMoney(t *testing.T) {
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	dir := t.TempDir()
	r, err := crashtest.New(t.Context(), dir, binary, 1, crashtest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	if err := r.Start(""); err != nil {
		t.Fatal(err)
	}
	o, err := r.Code(11)
	if err != nil {
		t.Fatal(err)
	}
	r.Kill()
	if err := pays(r, o); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "kioskd.yaml")
	config, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte(strings.Replace(string(config), "driver: none", "driver: window", 1)), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(""); err != nil {
		t.Fatal(err)
	}
	select {
	case <-r.Dead():
	case <-time.After(90 * time.Second):
		t.Fatal("the daemon goes on without a screen")
	}
	books, err := r.Books()
	if err != nil {
		t.Fatal(err)
	}
	_, broken := books.Check()
	for _, b := range broken {
		t.Error(b)
	}
	if len(books.Orders) != 1 || books.Orders[0].State != sale.Refunded || books.Orders[0].Cause != sale.CauseRefunded {
		t.Errorf("orders %+v", books.Orders)
	}
	if !strings.Contains(r.Log(), "E-SCREEN-01") {
		t.Errorf("the log does not name the fault:\n%s", r.Log())
	}
}
