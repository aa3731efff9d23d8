package crashtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"kioskd/device/devicetest"
	"kioskd/internal/audit"
	"kioskd/payment/paytest"
	"kioskd/sale"
)

// World is the simulators as processes of their own, kiosk-sim wechat and
// kiosk-sim cabinet. All that is known of them comes through their control
// APIs. Its methods may be called from any goroutine.
type World struct {
	phone, cabinet string // addresses of the control APIs
	running        []*exec.Cmd

	mu       sync.Mutex
	commands []devicetest.Command
	drops    []devicetest.Drop
}

// NewWorld starts both simulators with the machine's folder dir, and changes
// the config that they write there into that of a [Daemon]. The customers'
// window is the shortest there is. Close it.
func NewWorld(ctx context.Context, dir, binary string, seed uint64) (*World, error) {
	w := &World{}
	port, from := filepath.Join(dir, "ttyVMC"), strconv.FormatUint(seed, 10)
	page, err := w.run(ctx, binary, "wechat", "--dir", dir, "--listen", "127.0.0.1:0,127.0.0.1:0", "--page", "127.0.0.1:0", "--latency", "20ms", "--seed", from)
	w.phone = page + "api/phone"
	if err == nil {
		page, err = w.run(ctx, binary, "cabinet", "--link", port, "--page", "127.0.0.1:0", "--vend", "600ms", "--seed", from)
		w.cabinet = page + "api/cabinet"
	}
	if err == nil {
		err = adapt(filepath.Join(dir, "kioskd.yaml"))
	}
	if err == nil {
		err = w.Phone("behaviour", map[string]any{"refund_delay": "300ms"})
	}
	if err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}

// run starts a simulator and returns the address of its page.
func (w *World) run(ctx context.Context, binary string, args ...string) (page string, err error) {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return "", fmt.Errorf("start kiosk-sim %s: %w", args[0], err)
	}
	w.running = append(w.running, cmd)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		switch name, value, _ := strings.Cut(lines.Text(), " "); name {
		case "page":
			page = strings.TrimSpace(value)
		case "stop": // the last line
			return page, nil
		}
	}
	return "", fmt.Errorf("kiosk-sim %s ended before it was ready", args[0])
}

// adapt makes the config that kiosk-sim writes that of a machine that is
// killed all the time.
func adapt(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, change := range [][2]string{
		{"pay_within: 90s", "pay_within: 30s\n  dispense_within: 5s\n  max_unknown_per_day: 100"},
		{"driver: auto", "driver: none"},
		{"socket: kioskd.sock", "socket: k.sock"},
		{"path: kioskd.db", "path: kioskd.db\n  reserve: 1MiB"},
	} {
		if !bytes.Contains(text, []byte(change[0])) {
			return fmt.Errorf("the config of kiosk-sim has no line %q", change[0])
		}
		text = bytes.Replace(text, []byte(change[0]), []byte(change[1]), 1)
	}
	text, err = withSpare(text)
	return errors.Join(err, os.WriteFile(path, text, 0o600))
}

var twoProducts = regexp.MustCompile(`(- \{slot: \d+, [^\n]*)\}\n +- \{slot: (\d+), [^\n]*\}\n`)

// withSpare puts the first product into the second one's slot as well, and lets
// a failed vend go on there.
func withSpare(text []byte) ([]byte, error) {
	at := twoProducts.FindIndex(text)
	if at == nil {
		return nil, errors.New("the config of kiosk-sim has no two products")
	}
	one := twoProducts.ReplaceAll(text[at[0]:at[1]], []byte("$1, spare: [$2]}\n"))
	return bytes.Replace(slices.Concat(text[:at[0]], one, text[at[1]:]), []byte("dispense_within:"), []byte("on_failed_vend: other_slot\n  dispense_within:"), 1), nil
}

// Close ends the simulators.
func (w *World) Close() {
	for _, cmd := range w.running {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// Phone is a change at the provider or on a customer's phone; see the manual
// of package paytest. A phone that refuses is an error.
func (w *World) Phone(what string, body any) error { return post(w.phone+"/"+what, body) }

// Cabinet is a change at the cabinet; see the manual of package devicetest.
func (w *World) Cabinet(what string, body any) error { return post(w.cabinet+"/"+what, body) }

// Mend ends every fault of the cabinet and plugs the cable in.
func (w *World) Mend() error {
	return errors.Join(w.Cabinet("fault", map[string]any{"off": true}), w.Cabinet("plug", nil),
		w.Phone("behaviour", map[string]any{"refund_result": paytest.RefundSuccess}))
}

func post(url string, body any) error {
	text := []byte("{}")
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	answer, err := http.Post(url, "application/json", bytes.NewReader(text))
	if err != nil {
		return err
	}
	if err := decode(answer, nil); err != nil {
		return fmt.Errorf("%s %s: %w", url, text, err)
	}
	return nil
}

// Look returns the cabinet as it is. The API tells only the newest commands
// and drops; Look keeps the older ones and must therefore be called more often
// than a hundred of them come.
func (w *World) Look() (s devicetest.State, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	answer, err := http.Get(w.cabinet + "/state")
	if err == nil {
		err = decode(answer, &s)
	}
	if err != nil {
		return s, fmt.Errorf("look at the cabinet: %w", err)
	}
	commands, drops := 0, 0
	for _, t := range s.Tally {
		commands, drops = commands+t.Commands, drops+t.Drops
	}
	if w.commands, err = add(w.commands, s.Commands, commands); err == nil {
		w.drops, err = add(w.drops, s.Drops, drops)
	}
	return s, err
}

// add puts the newest of total entries where they belong.
func add[T any](known, newest []T, total int) ([]T, error) {
	from := total - len(newest)
	if from < 0 || from > len(known) {
		return known, fmt.Errorf("the cabinet shows %d of %d entries, and %d are known from before", len(newest), total, len(known))
	}
	return append(known[:from:from], newest...), nil
}

// Books fetches the books of the simulators and puts the ledger's orders with
// them.
func (w *World) Books(orders []sale.Order) (audit.Books, error) {
	if _, err := w.Look(); err != nil {
		return audit.Books{}, err
	}
	var provider struct {
		Orders  []paytest.Order  `json:"orders"`
		Refunds []paytest.Refund `json:"refunds"`
	}
	answer, err := http.Get(w.phone + "/state")
	if err == nil {
		err = decode(answer, &provider)
	}
	if err != nil {
		return audit.Books{}, fmt.Errorf("fetch the provider's books: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return audit.Books{Orders: orders, Trades: provider.Orders, Refunds: provider.Refunds, Commands: w.commands, Drops: w.drops}, nil
}

// wait pauses, and returns false if ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
