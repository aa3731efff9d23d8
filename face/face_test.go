package face_test

import (
	"errors"
	"log/slog"
	"testing"

	"kioskd/configs"
	"kioskd/display"
	"kioskd/face"
)

// A kioskd without windows says that a machine whose config wants one has no
// display, in the words for a machine that has none.
func TestWithoutWindows(t *testing.T) {
	c := configs.Default()
	c.Screen.Driver = configs.ScreenWindow
	err := face.New(slog.New(slog.DiscardHandler), nil).Run(t.Context(), &c)
	const want = "E-SCREEN-01: there is no display: no window system (start the display before kioskd, or write screen.driver: none for a machine that has no screen)"
	if err == nil || err.Error() != want || !errors.Is(err, display.ErrNoDisplay) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
