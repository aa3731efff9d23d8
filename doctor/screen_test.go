package doctor

import (
	"errors"
	"image"
	"os"
	"path/filepath"
	"testing"

	"kioskd/configs"
)

func TestScreenFinding(t *testing.T) {
	for _, tt := range []struct {
		name   string
		env    map[string]string
		files  map[string]string
		rotate configs.Rotation
		want   string
	}{
		{"X", map[string]string{"DISPLAY": ":0.0"}, map[string]string{
			"tmp/.X11-unix/X0": "", "sys/class/drm/card0-HDMI-A-1/status": "connected\n", "sys/class/drm/card0-HDMI-A-1/modes": "1920x1080\n1280x720\n",
			"sys/class/drm/card0-DP-1/status": "disconnected\n",
		}, 90, "✓ screen      X server :0.0, 1080x1920: the QR code fits"},
		{"two monitors", map[string]string{"DISPLAY": ":1"}, map[string]string{
			"tmp/.X11-unix/X1": "", "sys/class/drm/card0-HDMI-A-1/status": "connected\n", "sys/class/drm/card0-HDMI-A-1/modes": "1920x1080\n",
			"sys/class/drm/card0-DP-1/status": "connected\n", "sys/class/drm/card0-DP-1/modes": "640x480\n",
		}, 0, "✓ screen      X server :1; its size is not known here"},
		{"another machine's", map[string]string{"DISPLAY": "localhost:10.0"}, nil, 0, "✓ screen      X server localhost:10.0; its size is not known here"},
		{"dead X", map[string]string{"DISPLAY": ":0"}, map[string]string{"tmp/.X11-unix/X1": ""}, 0, "✗ screen      E-SCREEN-01: DISPLAY is :0, and no X server is there → start the display before kioskd"},
		{"not told", nil, map[string]string{"tmp/.X11-unix/X0": "", "dev/fb0": ""}, 0, "! screen      DISPLAY is not set here, and there is the X server :0 → kioskd needs DISPLAY=:0 in its environment, and the right to use it"},
		{"Wayland alone", map[string]string{"WAYLAND_DISPLAY": "wayland-0"}, nil, 0, "✗ screen      E-SCREEN-01: Wayland alone is no display for kioskd, which draws through X → start the compositor with Xwayland, and kioskd with its DISPLAY; or use: kioskd-session cage"},
		{"framebuffer", nil, map[string]string{"dev/fb0": "", "sys/class/graphics/fb0/virtual_size": "800,480\n"}, 0, "✓ screen      framebuffer /dev/fb0, 800x480: the QR code fits"},
		{"small", nil, map[string]string{"dev/fb0": "", "sys/class/graphics/fb0/virtual_size": "160,128\n"}, 0, "✗ screen      E-SCREEN-02: framebuffer /dev/fb0, 160x128: a QR code would be too small to scan → use a screen with more pixels"},
		{"none", nil, nil, 0, "✗ screen      E-SCREEN-01: there is no display → choose one with kioskd-session, or write screen.driver: none for a machine that has no screen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range tt.files {
				path := filepath.Join(root, name)
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			c := configs.Default()
			c.Screen.Rotate = tt.rotate
			line(t, screenFinding(&c, func(k string) string { return tt.env[k] }, root), tt.want)
		})
	}
}

// A session that was chosen is there when kioskd starts.
func TestScreenOfASession(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "etc/systemd/system/kioskd.service.d")
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.Symlink("/usr/lib/kioskd/session/x.conf", filepath.Join(dir, "50-session.conf"))); err != nil {
		t.Fatal(err)
	}
	c := configs.Default()
	line(t, screenFinding(&c, func(string) string { return "" }, root), "✓ screen      kioskd-session x; its size is not known here")
}

func TestPixels(t *testing.T) {
	for text, want := range map[string]image.Point{"1920x1080": {X: 1920, Y: 1080}, "1920x1080i\n": {X: 1920, Y: 1080}, "": {}, "x": {}, "0x5": {}, "-1x5": {}, "axb": {}} {
		if got := pixels(text, "x"); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestFontFinding(t *testing.T) {
	d, dir := aPatient(t)
	d.config.Screen.Font = "bitmap"
	line(t, d.font(t.Context())[0], "✓ font        bitmap")
	d.config.Screen.Font = filepath.Join(dir, "none.ttf")
	if f := d.font(t.Context())[0]; f.State != Bad || f.Hint != "correct screen.font in the config, or leave it out" {
		t.Error(f)
	}
	d.config.Screen.Driver = configs.ScreenNone
	line(t, d.font(t.Context())[0], "- font        screen.driver none draws no letters")
}
