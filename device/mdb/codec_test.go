package mdb_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kioskd/device/mdb"
	"kioskd/sale"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The blocks of the specification's rule, and its own example.
func TestWaferstarHears(t *testing.T) {
	for _, c := range []struct{ name, block, want string }{
		{"reset", "10 10", "reset"},
		{"poll", "12 12", "alive"},
		{"setup, level 3, no display", "11 00 03 00 00 00 14", "set up level 3"},
		{"max/min unknown", "11 01 FF FF 00 00 10", "alive"},
		{"enable option b5", "17 04 00 00 00 20 3B", "options"},
		{"reader enable", "14 01 15", "enabled"},
		{"reader disable", "14 00 14", "disabled"},
		{"reader cancel", "14 02 16", "reader cancel"},
		{"vend request 3.50 item 13", "13 00 01 5E 00 0D 7F", "request 3.50 item 13"},
		{"vend cancel", "13 01 14", "cancelled"},
		{"vend success 13", "13 02 00 0D 22", "success item 13"},
		{"vend failure", "13 03 16", "failure"},
		{"session complete", "13 04 17", "complete"},
		{"cash sale 3.50 item 13", "13 05 01 5E 00 0D 84", "cash sale item 13"},
		{"revalue", "15 00 00 64 79", "revalue"},
		{"revalue limit", "15 01 16", "revalue limit"},
		{"request id", "17 00 41 41 41" + strings.Repeat(" 30", 12) + strings.Repeat(" 4D", 12) + " 01 00 B7", "identity"},
		{"wrong checksum", "13 00 01 5E 00 0D 7E", ""},
		{"wrong checksum, then a good one", "13 03 15 13 03 16", "failure"},
		{"noise before", "FF 00 AA 13 03 16", "failure"},
		{"half a request before", "13 00 01 5E 13 03 16 13 03 16", "failure; failure"},
		{"of no table", "13 09 1C", ""},
		{"of cashless device 2", "63 03 66", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := unhex(t, c.block)
			text := []byte(c.block + "\r\n")
			for way, got := range map[string]string{
				"binary": mdb.Hears(box(), b), "byte by byte": mdb.HearsSlowly(box(), b),
				"text": mdb.Hears(box(), text), "text, byte by byte": mdb.HearsSlowly(box(), text),
			} {
				if got != c.want {
					t.Errorf("%s: heard %q, want %q", way, got, c.want)
				}
			}
		})
	}
	second := box()
	second.Device = 2
	if got := mdb.Hears(second, unhex(t, "63 00 01 5E 00 0D CF")); got != "request 3.50 item 13" {
		t.Errorf("device 2 heard %q", got)
	}
}

func box() mdb.Settings {
	s := mdb.DefaultSettings()
	s.Adapter = "waferstar"
	return s
}

func TestWaferstarSays(t *testing.T) {
	text := box()
	text.Write = "text"
	for _, c := range []struct {
		word  string
		price sale.Fen
		level byte
		want  string
	}{
		{"configure", 0, 3, "01 03 11 56 01 02 78 01 E7"},
		{"begin", 0, 1, "03 FF FF 01"},
		{"begin", 0, 3, "03 FF FF FF FF FF FF 00 00 00 FD"},
		{"approve", 350, 3, "05 01 5E 64"},
		{"deny", 0, 3, "06 06"},
		{"end", 0, 3, "07 07"},
		{"end request", 0, 3, "04 04"},
		{"cancelled here", 0, 3, "08 08"},
		{"no revalue", 0, 3, "0E 0E"},
		{"identify", 0, 2, "09 4B 53 4B 30 30 30 30 30 30 30 30 30 30 30 31 4B 49 4F 53 4B 44 20 20 20 20 20 20 01 00 B9"},
		{"identify", 0, 3, "09 4B 53 4B 30 30 30 30 30 30 30 30 30 30 30 31 4B 49 4F 53 4B 44 20 20 20 20 20 20 01 00 00 00 00 20 D9"},
	} {
		b, err := mdb.Says(box(), c.word, c.price, c.level)
		if err != nil || !cmp.Equal(b, unhex(t, c.want)) {
			t.Errorf("%s: % X, %v, want %s", c.word, b, err, c.want)
		}
		if b, err := mdb.Says(text, c.word, c.price, c.level); err != nil || string(b) != c.want+"\r\n" {
			t.Errorf("%s: %q, %v, want %s", c.word, b, err, c.want)
		}
	}
}

func TestQibixxHears(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"v,4.0.1.0,1234567890ABCDEF\n", "alive"},
		{"c,0\nc,SET,OK\r\nc,1\n", "configured; configured; configured, on"},
		{"c,STATUS,INACTIVE\n", "reset, over"},
		{"c,STATUS,DISABLED\n", "disabled, over"},
		{"c,STATUS,ENABLED\n", "enabled, over"},
		{"c,STATUS,IDLE\n", "in session, over"},
		{"c,STATUS,IDLE,655.35\n", "in session, over"},
		{"c,STATUS,VEND,99.20,18\n", "request 99.20 item 18"},
		{"c,STATUS,VEND,3.5,13\n", "request 3.50 item 13"},
		{"c,STATUS,VEND,3,65535\n", "request 3.00 item 65535"},
		{"c,STATUS,VEND,3.505,13\n", "unlisted"}, // half a fen
		{"c,STATUS,VEND,-3.50,13\n", "unlisted"},
		{"c,STATUS,VEND,3.50,65536\n", "unlisted"},
		{"c,STATUS,VEND,3.50\n", "unlisted"},
		{"c,STATUS,WOBBLY\n", "unlisted"},
		{"c,VEND,SUCCESS\n", "success item 65535"},
		{"c,VEND,SUCCESSS\n", "unlisted"},
		{"c,ERR,VEND 3\n", "failure"},
		{"c,ERR,VEND 1\n", "refused, over"},
		{"c,ERR,\"cashless is on\"\n", "refused"},
		{"r,ACK\nx,ACK\n\nhello\n", ""},
		{"\xff\x80c,VEND,SUCCESS\n", "success item 65535"},
		{"c,VEND,SUC\x00CESS\n", ""},
		{strings.Repeat("c", 300) + "\nc,ERR,VEND 3\n", "failure"},
	} {
		if got := mdb.Hears(mdb.DefaultSettings(), []byte(c.lines)); got != c.want {
			t.Errorf("%q: heard %q, want %q", c.lines, got, c.want)
		}
		if got := mdb.HearsSlowly(mdb.DefaultSettings(), []byte(c.lines)); got != c.want {
			t.Errorf("%q, byte by byte: heard %q, want %q", c.lines, got, c.want)
		}
	}
}

func TestQibixxSays(t *testing.T) {
	stop, tenths, thousandths, whole := mdb.DefaultSettings(), mdb.DefaultSettings(), mdb.DefaultSettings(), mdb.DefaultSettings()
	stop.Deny = "stop"
	tenths.Decimals = 1
	thousandths.Decimals = 3
	whole.Decimals, whole.Scale = 0, 5
	for _, c := range []struct {
		settings mdb.Settings
		word     string
		price    sale.Fen
		want     string
	}{
		{mdb.DefaultSettings(), "approve", 350, "C,VEND,3.50\n"},
		{mdb.DefaultSettings(), "approve", 5, "C,VEND,0.05\n"},
		{tenths, "approve", 350, "C,VEND,3.5\n"},
		{thousandths, "approve", 350, "C,VEND,3.500\n"},
		{whole, "approve", 1500, "C,VEND,15\n"},
		{mdb.DefaultSettings(), "deny", 0, "C,VEND,-1\n"},
		{stop, "deny", 0, "C,STOP\n"},
		{mdb.DefaultSettings(), "begin", 0, "C,START,655.35\n"},
		{thousandths, "begin", 0, "C,START,65.530\n"},
		{mdb.DefaultSettings(), "end", 0, ""}, // the adapter says it by itself
		{mdb.DefaultSettings(), "configure", 0, ""},
	} {
		if b, err := mdb.Says(c.settings, c.word, c.price, 3); err != nil || string(b) != c.want {
			t.Errorf("%s %v: %q, %v, want %q", c.word, c.price, b, err, c.want)
		}
	}
	want := []string{
		"C,0\n", "C,SETCONF,mdb-currency-code=0x1156\n", "C,SETCONF,mdb-scale-factor=1\n", "C,SETCONF,mdb-decimal-places=2\n",
		"C,SETCONF,mdb-always-idle=1\n", "C,SETCONF,mdb-restore-funds=1\n", "C,SETCONF,mdb-timeout-vend=120\n", "C,1\n",
	}
	if diff := cmp.Diff(want, mdb.SetUp(mdb.DefaultSettings())); diff != "" {
		t.Errorf("set-up (-want +got):\n%s", diff)
	}
	second := mdb.DefaultSettings()
	second.Device, second.Mode = 2, "session"
	want[4] = "C,SETCONF,mdb-always-idle=0\n"
	want = append(want[:7], "C,SETCONF,mdb-addr=0x60\n", "C,1\n")
	if diff := cmp.Diff(want, mdb.SetUp(second)); diff != "" {
		t.Errorf("set-up of device 2 (-want +got):\n%s", diff)
	}
}

// Amounts are exact, or are no amounts.
func TestMoney(t *testing.T) {
	for _, c := range []struct {
		scale, decimals int
		units           uint16
		fen             sale.Fen
		err             string
	}{
		{1, 2, 350, 350, ""},
		{5, 2, 70, 350, ""},
		{10, 1, 3, 300, ""},
		{1, 0, 3, 300, ""},
		{100, 0, 65535, 655350000, ""},
		{1, 3, 3500, 350, ""},
		{1, 3, 3505, 0, "3505 at scale 1 and 3 decimals is no whole fen"},
	} {
		f, err := mdb.FenOf(c.scale, c.decimals, c.units)
		if f != c.fen || err != nil != (c.err != "") || err != nil && err.Error() != c.err {
			t.Errorf("%+v: %d fen, %v", c, f, err)
		}
		if c.err != "" {
			continue
		}
		if u, err := mdb.UnitsOf(c.scale, c.decimals, c.fen); u != c.units || err != nil {
			t.Errorf("%+v: %d units, %v", c, u, err)
		}
	}
	for _, c := range []struct {
		scale, decimals int
		fen             sale.Fen
		err             string
	}{
		{5, 2, 351, "3.51 yuan is no multiple of scale 5 with 2 decimals"},
		{1, 0, 350, "3.50 yuan is no multiple of scale 1 with 0 decimals"},
		{1, 2, 65536, "655.36 yuan is more than scale 1 with 2 decimals can say"},
		{1, 2, -1, "-0.01 yuan is no multiple of scale 1 with 2 decimals"},
	} {
		if _, err := mdb.UnitsOf(c.scale, c.decimals, c.fen); err == nil || err.Error() != c.err {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func FuzzWaferstar(f *testing.F) {
	for _, s := range []string{"13 00 01 5E 00 0D 7F", "13 03 15 13 03 16", "17 00 41", "11 00 03 00 00 00 14"} {
		f.Add(unhex(f, s), 2)
		f.Add([]byte(s+"\r\n"), 3)
	}
	f.Fuzz(func(t *testing.T, b []byte, step int) { sameInSteps(t, box(), b, step) })
}

func FuzzQibixx(f *testing.F) {
	for _, s := range []string{"c,STATUS,VEND,3.50,13\n", "c,ERR,VEND 3\n", "\xffc,1\r\n", "c,STATUS,VEND,3.505,1\n"} {
		f.Add([]byte(s), 2)
	}
	f.Fuzz(func(t *testing.T, b []byte, step int) { sameInSteps(t, mdb.DefaultSettings(), b, step) })
}

// sameInSteps wants the same of a stream however it is cut, and what was heard
// to be heard again behind it.
func sameInSteps(t *testing.T, s mdb.Settings, b []byte, step int) {
	all := mdb.Hears(s, b)
	if got := mdb.HearsIn(s, b, min(max(step, 1), len(b)+1)); got != all {
		t.Errorf("% X in steps of %d: %q, else %q", b, step, got, all)
	}
}

// What one side of a test says in units and yuan, the codec reads back.
func FuzzAmounts(f *testing.F) {
	f.Add(1, 2, uint16(350))
	f.Add(5, 3, uint16(65535))
	f.Fuzz(func(t *testing.T, scale, decimals int, units uint16) {
		s := mdb.DefaultSettings()
		s.Scale, s.Decimals = 1+abs(scale)%100, abs(decimals)%4
		fen, err := mdb.FenOf(s.Scale, s.Decimals, units)
		if err != nil {
			return
		}
		back, err := mdb.UnitsOf(s.Scale, s.Decimals, fen)
		if err != nil || back != units {
			t.Fatalf("%d units are %v, and that %d, %v", units, fen, back, err)
		}
		line, err := mdb.Says(s, "approve", fen, 3)
		if err != nil {
			t.Fatal(err)
		}
		amount := strings.TrimSuffix(strings.TrimPrefix(string(line), "C,VEND,"), "\n")
		if again, err := mdb.Parse(amount); err != nil || again != fen {
			t.Errorf("%v is written %q and read %v, %v", fen, amount, again, err)
		}
	})
}

func abs(n int) int {
	if n < 0 {
		return -(n + 1)
	}
	return n
}
