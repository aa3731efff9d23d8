package display

import (
	"strings"
	"time"

	"kioskd/sale"
)

// Style is what the screen of one machine has of its own. It never changes
// while the process runs.
type Style struct {
	Width, Height int // of the screen in px; Resize changes them

	// Language is zh, en, zh+en or en+zh. Of two, the first says everything
	// and the second repeats the headline. Anything else counts as zh.
	Language string

	MachineID   string // the machine number that a customer reads out
	MachineName string // where it stands; service mode shows it
	Help        string // telephone; empty leaves out every part that names it
	CancelKey   string // the word on the keypad's cancel key; empty: it has none
	// NewCode is the number that asks for a new code, 0 if the product's own
	// does when it is pressed once more.
	NewCode sale.Slot
	Tray    string // where the tray is: below, left, right

	// Night chooses the colours for the dark. If NightFrom and NightTo, both
	// since midnight, differ, the time of the scene chooses instead; the
	// colours then change between two sales, never within one.
	Night              bool
	NightFrom, NightTo time.Duration

	// FontPath is a .ttf, .otf, .ttc or .otc file. Empty: one is looked for
	// in the usual folders. [Bitmap] is the built-in font.
	FontPath string

	// RefundZh and RefundEn say how long a refund takes on the customer's
	// side. A | is where the text may break. Empty: the words of the design.
	RefundZh, RefundEn string
}

// Bitmap as Style.FontPath chooses the built-in bitmap font.
const Bitmap = "bitmap"

// languages are the indexes into the words of the first and the second
// language; second is -1 if there is none.
func (s Style) languages() (first, second int) {
	switch strings.ToLower(s.Language) {
	case "en":
		return en, -1
	case "zh+en":
		return zh, en
	case "en+zh":
		return en, zh
	}
	return zh, -1
}

// changesTheme reports whether the colours may change while this scene shows:
// no order is in hand then.
func changesTheme(k sale.SceneKind) bool {
	switch k {
	case sale.SceneIdle, sale.SceneOffline, sale.SceneProviderDown, sale.SceneClock,
		sale.SceneOutOfService, sale.SceneNoRefunds, sale.SceneService:
		return true
	}
	return false
}

// nightAt is whether the colours for the dark belong to this wall time.
func (s Style) nightAt(t time.Time) bool {
	if s.NightFrom == s.NightTo || t.IsZero() {
		return s.Night
	}
	now := time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
	if s.NightFrom < s.NightTo {
		return now >= s.NightFrom && now < s.NightTo
	}
	return now >= s.NightFrom || now < s.NightTo
}
