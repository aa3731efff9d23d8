package screen_test

import (
	"bufio"
	"context"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"kioskd/display/screen"
	"kioskd/display/screen/screentest"
	"kioskd/internal/need"
	"kioskd/sale"
)

// asWindow makes the test binary the process that owns the window: Ebitengine
// wants the main goroutine, and only once in a process. Its value is the angle.
const asWindow = "KIOSKD_TEST_WINDOW"

func TestMain(m *testing.M) {
	if angle := os.Getenv(asWindow); angle != "" {
		os.Exit(runWindow(angle))
	}
	os.Exit(m.Run())
}

// runWindow shows the scenes that it is told on stdin, such as "pay 179" with
// 179 seconds left, until that ends, and prints the keys that are typed. To
// "beat" it says whether the window's loop goes round.
func runWindow(angle string) int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	rotate, _ := strconv.Atoi(angle)
	s, err := screen.New(new(plainPainter), screen.Options{Rotate: rotate})
	if err != nil {
		fmt.Println(err)
		return 2
	}
	go func() {
		defer stop()
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			kind, left, _ := strings.Cut(in.Text(), " ")
			if kind == "beat" {
				fmt.Println("beat within 3s:", time.Since(s.Beat()) < 3*time.Second)
				continue
			}
			if sale.SceneKind(kind) == sale.ScenePay {
				seconds, _ := strconv.Atoi(left)
				s.Show(pay(time.Duration(seconds) * time.Second))
				continue
			}
			s.Show(sale.Scene{Kind: sale.SceneKind(kind)})
		}
	}()
	go func() {
		for k := range s.Keys() {
			fmt.Printf("slot %d cancel %v\n", k.Slot, k.Cancel)
		}
	}()
	if err := s.Run(ctx); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("ended")
	return 0
}

// client is a process with a window, and a conversation with it.
type client struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string // of stdout; closed at its end
}

func startClient(t *testing.T, env []string, rotate int) *client {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &client{cmd: exec.Command(exe), lines: make(chan string, 64)}
	c.cmd.Env = append(env, fmt.Sprintf("%s=%d", asWindow, rotate))
	c.cmd.Stderr = os.Stderr
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			c.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	})
	return c
}

func (c *client) show(t *testing.T, k sale.SceneKind) {
	t.Helper()
	if _, err := fmt.Fprintln(c.in, k); err != nil {
		t.Fatal(err)
	}
}

// line returns the next line of the process.
func (c *client) line(t *testing.T) string {
	t.Helper()
	select {
	case l, open := <-c.lines:
		if !open {
			t.Fatal("the process with the window has ended")
		}
		return l
	case <-time.After(screentest.Patience):
		t.Fatal("the process with the window says nothing")
	}
	return ""
}

// end asks the process to end and checks how it does: with this exit code, and
// want as its last line.
func (c *client) end(t *testing.T, code int, want string) {
	t.Helper()
	_ = c.in.Close()
	watchdog := time.AfterFunc(screentest.Patience, func() { _ = c.cmd.Process.Kill() })
	defer watchdog.Stop()
	var last string
	for last = range c.lines {
		t.Log(last)
	}
	_ = c.cmd.Wait()
	if got := c.cmd.ProcessState.ExitCode(); got != code || !strings.HasPrefix(last, want) {
		t.Errorf("ended with exit code %d and %q, want %d and %q", got, last, code, want)
	}
}

// TestWindow opens the real window full screen on an X server and looks at the
// monitor.
func TestWindow(t *testing.T) {
	for _, rotate := range []int{0, 90} {
		t.Run(fmt.Sprintf("turned by %d", rotate), func(t *testing.T) {
			x := screentest.Start(t, 480, 640)
			c := startClient(t, x.Env(), rotate)

			c.show(t, sale.ScenePay)
			shot := await(t, x, "the code", func(m *image.RGBA) bool {
				text, err := screentest.ReadQR(m)
				return err == nil && text == codeURL
			})
			if got := screentest.Zbar(t, shot); len(got) != 1 || got[0] != codeURL {
				t.Errorf("zbarimg reads %q", got)
			}
			// The red corner of the painter, turned with the rest.
			corner := map[int]image.Point{0: {2, 2}, 90: {477, 2}}[rotate]
			if c := shot.RGBAAt(corner.X, corner.Y); c.R != 0xff || c.B != 0 {
				t.Errorf("pixel %v is %v, want red: the window is not the whole screen or not upright", corner, c)
			}

			c.show(t, "pay 100")
			line := map[int]image.Point{0: {50, 638}, 90: {1, 50}}[rotate]
			shot = await(t, x, "the countdown", func(m *image.RGBA) bool {
				return m.RGBAAt(line.X, line.Y) == color.RGBA{0xff, 0xff, 0xff, 0xff}
			})
			if got, err := screentest.ReadQR(shot); got != codeURL {
				t.Errorf("a tick has spoilt the code: %s %v", got, err)
			}

			c.show(t, sale.SceneConfirming)
			shot = await(t, x, "the next scene", func(m *image.RGBA) bool {
				return m.RGBAAt(240, 320) == ground(sale.SceneConfirming)
			})
			for y := range 640 {
				for x := range 480 {
					if p := shot.RGBAAt(x, y); p != ground(sale.SceneConfirming) {
						t.Fatalf("pixel %d,%d is still %v: a rest of the code", x, y, p)
					}
				}
			}
			if rotate == 0 {
				time.Sleep(3500 * time.Millisecond) // with nothing to draw
				c.show(t, "beat")
				if got := c.line(t); got != "beat within 3s: true" {
					t.Errorf("a window with nothing to do says %q", got)
				}
			}
			c.end(t, 0, "ended")
		})
	}
}

// await polls the monitor until it shows what is wanted.
func await(t *testing.T, x *screentest.Server, what string, ok func(*image.RGBA) bool) *image.RGBA {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < screentest.Patience; time.Sleep(100 * time.Millisecond) {
		shot, err := x.Screenshot()
		if err != nil {
			t.Fatal(err)
		}
		if ok(shot) {
			return shot
		}
	}
	t.Fatalf("the monitor does not show %s", what)
	return nil
}

// TestWindowKeys types on the X server's keyboard.
func TestWindowKeys(t *testing.T) {
	xdotool := need.Tool(t, "xdotool")
	x := screentest.Start(t, 480, 640)
	c := startClient(t, x.Env(), 0)
	c.show(t, sale.SceneIdle)
	await(t, x, "the idle scene", func(m *image.RGBA) bool {
		return m.RGBAAt(240, 320) == ground(sale.SceneIdle)
	})
	for _, tt := range []struct{ keys, want string }{
		{"1 2 Return", "slot 12 cancel false"},
		{"KP_7 KP_Enter", "slot 7 cancel false"},
		{"Escape", "slot 0 cancel true"},
		{"5", "slot 5 cancel false"},
		{"BackSpace", "slot 0 cancel true"},
	} {
		cmd := exec.Command(xdotool, append([]string{"key", "--delay", "60"}, strings.Fields(tt.keys)...)...)
		cmd.Env = x.Env()
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("xdotool: %v %s", err, out)
		}
		if got := c.line(t); got != tt.want {
			t.Errorf("%s typed: got %q, want %q", tt.keys, got, tt.want)
		}
	}
	c.end(t, 0, "ended")
}

// TestWindowClosed closes the window as a window manager does.
func TestWindowClosed(t *testing.T) {
	x := screentest.Start(t, 480, 640)
	c := startClient(t, x.Env(), 0)
	c.show(t, sale.SceneIdle)
	await(t, x, "the idle scene", func(m *image.RGBA) bool {
		return m.RGBAAt(240, 320) == ground(sale.SceneIdle)
	})
	x.CloseWindows(t)
	const want = "E-SCREEN-01: the screen cannot show anything: the window was closed"
	if got := c.line(t); got != want {
		t.Errorf("the process says %q, want %q", got, want)
	}
}

// TestWithoutDisplay proves that a machine without any display gets an error
// and not a panic.
func TestWithoutDisplay(t *testing.T) {
	if _, err := os.Stat("/dev/fb0"); err == nil {
		need.Missing(t, "this machine has a framebuffer: nothing to test on a machine without display")
	}
	for name, display := range map[string]string{"none": "", "wrong": ":59999"} {
		t.Run(name, func(t *testing.T) {
			env := append(os.Environ(), "WAYLAND_DISPLAY=", "DISPLAY="+display)
			startClient(t, env, 0).end(t, 1, "E-SCREEN-01: the screen cannot show anything: no window system: ")
		})
	}
}
