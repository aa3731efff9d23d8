package doctor

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"kioskd/configs"
	"kioskd/display"
	"kioskd/face"
	"kioskd/sale"
)

// longCode is as long as the text of a WeChat Pay code gets.
var longCode = "weixin://wxpay/bizpayurl?pr=" + strings.Repeat("x9", 12)

// screen reports whether there is a display, and whether a code fits on it.
func (d *doctor) screen(ctx context.Context) []Finding {
	const name = "screen"
	if d.config == nil {
		return []Finding{skip(name, noConfig)}
	}
	switch d.config.Screen.Driver {
	case configs.ScreenNone:
		return []Finding{good(name, "none, as the config has it")}
	case configs.ScreenTerminal:
		return []Finding{good(name, "text on the terminal where kioskd runs")}
	}
	if h, ok := d.heard.get(ctx); ok && h.err == nil {
		if size, err := d.picture(ctx); err == nil {
			return []Finding{fits(d.config, "the daemon shows", size)}
		}
	}
	return []Finding{screenFinding(d.config, d.env, d.root)}
}

// screenFinding looks for a display as a daemon would that starts here.
func screenFinding(c *configs.Config, env func(string) string, root string) Finding {
	const name = "screen"
	servers, _ := filepath.Glob(filepath.Join(root, "tmp/.X11-unix/X*"))
	slices.Sort(servers)
	number := func(socket string) string { return ":" + strings.TrimPrefix(filepath.Base(socket), "X") }
	x, wayland := env("DISPLAY"), env("WAYLAND_DISPLAY")
	local, _, _ := strings.Cut(x, ".")
	session, _ := os.Readlink(filepath.Join(root, "etc/systemd/system/kioskd.service.d/50-session.conf"))
	session = strings.TrimSuffix(filepath.Base(session), ".conf")
	_, noBuffer := os.Stat(filepath.Join(root, "dev/fb0"))
	switch {
	case strings.HasPrefix(x, ":") && !slices.ContainsFunc(servers, func(s string) bool { return number(s) == local }):
		f := wrong(name, "start the display before kioskd", "DISPLAY is %s, and no X server is there", x)
		f.Code = sale.CodeScreenDead
		return f
	case x != "":
		return fits(c, "X server "+x, monitor(root))
	case session == "x" || session == "cage":
		return fits(c, "kioskd-session "+session, monitor(root))
	case wayland != "":
		f := wrong(name, "start the compositor with Xwayland, and kioskd with its DISPLAY; or use: kioskd-session cage", "Wayland alone is no display for kioskd, which draws through X")
		f.Code = sale.CodeScreenDead
		return f
	case len(servers) > 0:
		return doubt(name, "kioskd needs DISPLAY="+number(servers[0])+" in its environment, and the right to use it",
			"DISPLAY is not set here, and there is the X server %s", number(servers[0]))
	case noBuffer == nil:
		return fits(c, "framebuffer /dev/fb0", buffer(root))
	}
	f := wrong(name, "choose one with kioskd-session, or write screen.driver: none for a machine that has no screen", "there is no display")
	f.Code = sale.CodeScreenDead
	return f
}

// fits says whether a code can be scanned on a screen of that size in px. A
// size of zero is not known.
func fits(c *configs.Config, which string, size image.Point) Finding {
	const name = "screen"
	if size == (image.Point{}) {
		return good(name, "%s; its size is not known here", which)
	}
	if int(c.Screen.Rotate)%180 != 0 {
		size.X, size.Y = size.Y, size.X
	}
	p, err := display.NewPainter(display.Style{FontPath: display.Bitmap})
	if err != nil {
		return broken(name, err)
	}
	p.Resize(size.X, size.Y)
	switch {
	case !p.QRFits(longCode):
		f := wrong(name, "use a screen with more pixels", "%s, %dx%d: a QR code would be too small to scan", which, size.X, size.Y)
		f.Code = sale.CodeScreenSmall
		return f
	case !p.Legible():
		return doubt(name, "use a screen with more pixels", "%s, %dx%d: the code fits, and small text is hard to read", which, size.X, size.Y)
	}
	return good(name, "%s, %dx%d: the QR code fits", which, size.X, size.Y)
}

// monitor is the preferred mode of the one monitor that is plugged in, zero if
// there are none or several.
func monitor(root string) (size image.Point) {
	states, _ := filepath.Glob(filepath.Join(root, "sys/class/drm/card*-*/status"))
	for _, s := range states {
		if state, err := os.ReadFile(s); err != nil || strings.TrimSpace(string(state)) != "connected" {
			continue
		}
		modes, _ := os.ReadFile(filepath.Join(filepath.Dir(s), "modes"))
		first, _, _ := strings.Cut(string(modes), "\n")
		if size != (image.Point{}) {
			return image.Point{}
		}
		size = pixels(first, "x")
	}
	return size
}

func buffer(root string) image.Point {
	text, _ := os.ReadFile(filepath.Join(root, "sys/class/graphics/fb0/virtual_size"))
	return pixels(string(text), ",")
}

// pixels reads "1080x1920".
func pixels(text, between string) image.Point {
	w, h, _ := strings.Cut(strings.TrimSpace(text), between)
	x, err1 := strconv.Atoi(w)
	y, err2 := strconv.Atoi(strings.TrimSuffix(h, "i")) // interlaced
	if errors.Join(err1, err2) != nil || x < 1 || y < 1 {
		return image.Point{}
	}
	return image.Pt(x, y)
}

// font reports which letters are drawn.
func (d *doctor) font(context.Context) []Finding {
	const name = "font"
	switch {
	case d.config == nil:
		return []Finding{skip(name, noConfig)}
	case d.config.Screen.Driver == configs.ScreenNone || d.config.Screen.Driver == configs.ScreenTerminal:
		return []Finding{skip(name, fmt.Sprintf("screen.driver %s draws no letters", d.config.Screen.Driver))}
	}
	p, err := display.NewPainter(face.Style(d.config))
	if err != nil {
		return []Finding{wrong(name, "correct screen.font in the config, or leave it out", "%v", err)}
	}
	if p.Font() == display.Bitmap && d.config.Screen.Font != display.Bitmap {
		return []Finding{doubt(name, "for better letters: apt-get install fonts-noto-cjk", "no font with Chinese letters was found; the built-in one is drawn")}
	}
	return []Finding{good(name, "%s", p.Font())}
}
