package terminal_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/display"
	"kioskd/display/screen/screentest"
	"kioskd/display/terminal"
	"kioskd/sale"
	"kioskd/sale/service"
)

var update = flag.Bool("update", false, "write the golden files")

var (
	water  = sale.Product{Slot: 1, Name: "农夫山泉 550ml", Price: 200}
	cola   = sale.Product{Slot: 12, Name: "Cola", Price: 12800}
	tea    = sale.Product{Slot: 3, Name: "乌龙茶（无糖）", Price: 450}
	number = sale.Number("K0011763965128K3F7Q")
	noon   = time.Date(2025, 11, 23, 14, 32, 0, 0, time.FixedZone("", 8*3600))

	style = display.Style{Language: "zh", MachineID: "A017", MachineName: "大厅", Help: "400-000-0000", CancelKey: "取消"}
)

func scene(k sale.SceneKind) sale.Scene {
	s := sale.Scene{Kind: k, Product: water, Slot: 1, Amount: 180, Number: number, At: noon}
	switch k {
	case sale.ScenePay:
		s.CodeURL, s.Left, s.Window = codeURL, 179*time.Second, 180*time.Second
	case sale.SceneConfirming, sale.SceneTimeUp, sale.SceneCancelling, sale.SceneChecking:
		s.Left, s.Window = 28*time.Second, 30*time.Second
	case sale.SceneIdle:
		s = sale.Scene{Kind: k, At: noon, Offers: []sale.Offer{
			{Product: water}, {Product: tea, Stock: sale.OutOfStock}, {Product: cola}, {Product: sale.Product{Slot: 21, Price: 5}, Stock: sale.SlotClosed},
		}}
	case sale.SceneSoldOut:
		s = sale.Scene{Kind: k, Product: tea, Slot: 3, SameIn: 15, At: noon}
	case sale.SceneOutOfService:
		s = sale.Scene{Kind: k, Code: sale.CodeSerialSilent, At: noon}
	case "menu", "pin", "tested":
		s = sale.Scene{Kind: sale.SceneService, At: noon, Desk: &sale.Desk{Page: service.Page(k), Keys: [5]sale.Slot{1, 2, 3, 4, 0}, Product: water}}
		if k == "pin" {
			s.Desk.Dots = 3
		}
		if k == "tested" {
			s.Desk.Note = service.Fell
		}
	case sale.SceneService:
		s = sale.Scene{Kind: k, At: noon, Rows: []sale.Row{
			{Label: sale.RowController, Value: "0.2 s", OK: true}, {Label: sale.RowSlots, Value: "3, 21"},
			{Label: sale.RowError, Value: "E-NET-01 14:20"},
		}}
	}
	return s
}

// memory is a writer for one goroutine of a bubble and its reader.
type memory struct {
	text []byte
	err  error
}

func (m *memory) Write(p []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	m.text = append(m.text, p...)
	return len(p), nil
}

// shown runs a terminal, shows it the scenes one after the other, and returns
// all that it wrote.
func shown(t *testing.T, style display.Style, o terminal.Options, scenes ...sale.Scene) string {
	t.Helper()
	var m memory
	synctest.Test(t, func(t *testing.T) {
		term := terminal.New(&m, style, o)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- term.Run(ctx) }()
		for _, s := range scenes {
			term.Show(s)
			synctest.Wait()
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return string(m.text)
}

func TestGolden(t *testing.T) {
	english := style
	english.Language, english.CancelKey = "en", "CANCEL"
	both := style
	both.Language = "zh+en"
	bare := display.Style{Language: "en"}

	tests := []struct {
		name   string
		style  display.Style
		scenes []sale.SceneKind
	}{
		{"sale-zh", style, []sale.SceneKind{sale.SceneIdle, sale.SceneCreating, sale.ScenePay, sale.SceneConfirming, sale.SceneDispensing, sale.SceneTake}},
		{"sale-en", english, []sale.SceneKind{sale.SceneIdle, sale.ScenePay, sale.SceneChecking, sale.SceneRefunding}},
		{"pay-zh+en", both, []sale.SceneKind{sale.ScenePay, sale.SceneRefunded}},
		{"bare", bare, []sale.SceneKind{sale.SceneIdle, sale.ScenePay, sale.SceneOutOfService}},
		{"service-zh", style, []sale.SceneKind{"menu", "pin", "tested"}},
		{"trouble-zh", style, []sale.SceneKind{sale.SceneSoldOut, sale.SceneOffline, sale.SceneOutOfService, sale.SceneService}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var scenes []sale.Scene
			for _, k := range tt.scenes {
				scenes = append(scenes, scene(k))
			}
			got := shown(t, tt.style, terminal.Options{}, scenes...)
			file := filepath.Join("testdata", tt.name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("-want +got (go test -update writes the file anew)\n%s", d)
			}
		})
	}
}

// TestEveryScene shows that no scene is without words or leaves a space or an
// empty line where nothing follows.
func TestEveryScene(t *testing.T) {
	for _, k := range sale.SceneKinds() {
		got := shown(t, style, terminal.Options{LightPaper: true}, scene(k))
		lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
		if len(lines) < 2 || lines[1] == "" || lines[len(lines)-1] == "" || strings.Contains(got, "\n\n\n") {
			t.Errorf("%s:\n%s", k, got)
		}
		if strings.Contains(got, "\x1b") || strings.Contains(got, "{") {
			t.Errorf("%s: %q", k, got)
		}
	}
}

func TestATickWritesOneLineOrNothing(t *testing.T) {
	pay := func(left time.Duration) sale.Scene { s := scene(sale.ScenePay); s.Left = left; return s }
	beat := func(b int) sale.Scene { s := scene(sale.SceneDispensing); s.Beat = b; return s }
	later := scene(sale.SceneIdle)
	later.At, later.Page = noon.Add(time.Minute), 1
	gone := scene(sale.SceneIdle)
	gone.Offers = append([]sale.Offer(nil), gone.Offers...)
	gone.Offers[0].Stock = sale.OutOfStock
	rows := scene(sale.SceneService)
	rows.Rows = []sale.Row{{Label: sale.RowController, Value: "0.3 s", OK: true}, {Label: sale.RowSlots, Value: "3"}, {Label: sale.RowError, Value: "E-NET-01 14:21"}}

	tests := []struct {
		name          string
		first, second sale.Scene
		live          string // what the second scene writes, and what the end adds
		log           string
	}{
		{"countdown", pay(179 * time.Second), pay(65 * time.Second), "\r\x1b[K剩余时间 1:05\n", ""},
		{"the same second", pay(179 * time.Second), pay(179 * time.Second), "\n", ""},
		{"dots", beat(0), beat(2), "\r\x1b[K○ ○ ●\n", ""},
		{"clock and page", scene(sale.SceneIdle), later, "", ""},
		{"service values", scene(sale.SceneService), rows, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for live, want := range map[bool]string{true: tt.live, false: tt.log} {
				o := terminal.Options{Live: live}
				first := strings.TrimSuffix(shown(t, style, o, tt.first), "\n")
				both := shown(t, style, o, tt.first, tt.second)
				got := strings.TrimPrefix(both, first)
				if live && tt.live == "" || !live {
					got = strings.TrimPrefix(got, "\n")
				}
				if got != want {
					t.Errorf("live %v: the second scene adds %q, want %q", live, got, want)
				}
			}
		})
	}

	t.Run("a product sold out is news", func(t *testing.T) {
		got := shown(t, style, terminal.Options{}, scene(sale.SceneIdle), gone)
		if n := strings.Count(got, "请在键盘上按商品编号"); n != 2 {
			t.Errorf("the idle scene was printed %d times", n)
		}
	})
	t.Run("the next scene begins on a line of its own", func(t *testing.T) {
		got := shown(t, style, terminal.Options{Live: true}, pay(time.Second), scene(sale.SceneTake))
		if !strings.Contains(got, "剩余时间 0:01\n───") {
			t.Errorf("got %q", got)
		}
	})
}

func TestThePrintedCodeCanBeScanned(t *testing.T) {
	got := shown(t, style, terminal.Options{Live: true, Colour: true}, scene(sale.ScenePay))
	var lines []string
	for l := range strings.Lines(got) {
		if strings.HasPrefix(l, "\x1b[38;5;16;48;5;231m") {
			lines = append(lines, strings.TrimSuffix(l, "\n"))
		}
	}
	if text, err := screentest.ReadQR(darkTerminal.pixels(t, lines)); text != codeURL {
		t.Errorf("read %q, %v", text, err)
	}
	if !strings.Contains(got, "\n\x1b[1m微信扫码支付\x1b[0m\n") {
		t.Error("the headline is not bold")
	}
}

// stuck is a writer that hangs until it is let go.
type stuck struct{ let chan struct{} }

func (s stuck) Write(p []byte) (int, error) { <-s.let; return len(p), nil }

func TestShowNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := stuck{make(chan struct{})}
		term := terminal.New(w, style, terminal.Options{})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- term.Run(ctx) }()
		for range 3 {
			for _, k := range sale.SceneKinds() {
				term.Show(scene(k))
			}
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		if age := time.Since(term.Beat()); age < 59*time.Second {
			t.Errorf("beats %v ago, on a terminal that takes nothing", age)
		}
		stop()
		close(w.let)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestABrokenWriterEndsRun(t *testing.T) {
	broken := &memory{err: errors.New("broken pipe")}
	term := terminal.New(broken, style, terminal.Options{})
	term.Show(scene(sale.SceneIdle))
	err := term.Run(t.Context())
	var fault *sale.Fault
	if !errors.As(err, &fault) || err.Error() != "E-SCREEN-01: the terminal cannot show anything: broken pipe" {
		t.Errorf("got %v", err)
	}
	err = term.Run(t.Context())
	if err == nil || err.Error() != "E-SCREEN-01: the terminal cannot show anything: run twice" {
		t.Errorf("the second Run returns %v", err)
	}
}

func TestBeatWithoutScenes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term := terminal.New(new(memory), style, terminal.Options{})
		if !term.Beat().IsZero() {
			t.Error("a beat before Run")
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- term.Run(ctx) }()
		time.Sleep(time.Minute)
		if age := time.Since(term.Beat()); age > time.Second {
			t.Errorf("last beat %v ago", age)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
