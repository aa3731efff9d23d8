// Package screentest gives a test a monitor of its own: an X server without
// hardware, whose picture can be read at any time, and two QR readers to read
// it with. It opens no network port.
package screentest

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kioskd/internal/need"
)

// Patience is how long this package waits for a process of its own. It is long
// because a loaded machine is slow, not because a test should last.
const Patience = 60 * time.Second

// Server is a running Xvfb with one monitor.
type Server struct {
	display string
	dir     string
}

// Start starts an X server with a monitor of this size on a free display
// number. It ends with the test.
func Start(t testing.TB, width, height int) *Server {
	t.Helper()
	path := need.Tool(t, "Xvfb")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()

	x := &Server{dir: t.TempDir()}
	log, err := os.Create(filepath.Join(x.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(path, "-displayfd", "3", "-noreset", "-nolisten", "tcp", "-fbdir", x.dir,
		"-screen", "0", fmt.Sprintf("%dx%dx24", width, height))
	cmd.ExtraFiles = []*os.File{write} // becomes file descriptor 3
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// On SIGTERM it removes its lock and its socket.
		_ = cmd.Process.Signal(syscall.SIGTERM)
		hard := time.AfterFunc(Patience, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		hard.Stop()
	})
	_ = write.Close()

	_ = read.SetReadDeadline(time.Now().Add(Patience))
	// Up to the newline: Xvfb gives up if the pipe is closed before it.
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		said, _ := os.ReadFile(log.Name())
		t.Fatalf("Xvfb did not start: %v\n%s", err, said)
	}
	x.display = ":" + strings.TrimSpace(number)

	// It tells its number before it makes the frame buffer.
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if _, err := x.Screenshot(); err == nil {
			return x
		} else if time.Since(begin) > Patience {
			t.Fatalf("Xvfb has no frame buffer: %v", err)
		}
	}
}

// Env is the environment of a process that shall use this server only.
func (x *Server) Env() []string {
	env := []string{"DISPLAY=" + x.display}
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "DISPLAY=") && !strings.HasPrefix(e, "WAYLAND_DISPLAY=") {
			env = append(env, e)
		}
	}
	return env
}

// Screenshot returns what the monitor shows now.
func (x *Server) Screenshot() (*image.RGBA, error) {
	data, err := os.ReadFile(filepath.Join(x.dir, "Xvfb_screen0"))
	if err != nil {
		return nil, err
	}
	return decodeXWD(data)
}

// decodeXWD reads the X window dump that Xvfb keeps as its frame buffer: 25
// big-endian words (X11/XWDFile.h), a name, a colour map, the pixels.
func decodeXWD(data []byte) (*image.RGBA, error) {
	const (
		headerSize, width, height, byteOrder, bitsPerPixel, bytesPerLine, colours = 0, 4, 5, 7, 11, 12, 19

		words = 25
	)
	if len(data) < words*4 {
		return nil, errors.New("window dump is too short")
	}
	word := func(i int) int { return int(binary.BigEndian.Uint32(data[4*i:])) }
	if word(bitsPerPixel) != 32 || word(byteOrder) != 0 {
		return nil, fmt.Errorf("window dump with %d bits a pixel and byte order %d, want 32 and 0",
			word(bitsPerPixel), word(byteOrder))
	}
	first := word(headerSize) + 12*word(colours)
	img := image.NewRGBA(image.Rect(0, 0, word(width), word(height)))
	if len(data) < first+word(bytesPerLine)*word(height) {
		return nil, errors.New("window dump is cut off")
	}
	for y := range word(height) {
		in := data[first+y*word(bytesPerLine):]
		out := img.Pix[y*img.Stride:]
		for x := 0; x < 4*word(width); x += 4 {
			out[x], out[x+1], out[x+2], out[x+3] = in[x+2], in[x+1], in[x], 0xff
		}
	}
	return img, nil
}
