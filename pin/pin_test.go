package pin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kioskd/pin"
)

func TestWeakness(t *testing.T) {
	const (
		none  = "nothing: write a PIN of 4 to 12 digits into it"
		odd   = "something else than digits: write a PIN of 4 to 12 digits into it"
		first = "a PIN that is guessed first, such as 1234 or 1111: write another into it"
	)
	for text, want := range map[string]string{
		"904417": "", "1357": "", "2468": "", "1122": "", "199012": "", "481516234299": "",
		"": none, "12a4": odd, "９０４４": odd, "-904": odd,
		"904": "3 digits: write a PIN of 4 to 12 digits into it", "9044171234567": "13 digits: write a PIN of 4 to 12 digits into it",
		"1234": first, "0000": first, "1111": first, "98765": first, "890123": first, "1212": first, "121212": first, "2580": first, "0123456789": first,
	} {
		if got := pin.Weakness(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pin.txt")
	for _, c := range []struct {
		text      string
		mode      os.FileMode
		pin, what string
	}{
		{"904417\n", 0o600, "904417", ""},
		{"1234", 0o600, "", "PATH holds a PIN that is guessed first, such as 1234 or 1111: write another into it"},
		{"904417", 0o640, "", `PATH can be used by others (mode 0640): run "chmod 600 PATH"`},
	} {
		_ = os.Remove(path)
		if err := os.WriteFile(path, []byte(c.text), c.mode); err != nil {
			t.Fatal(err)
		}
		got, what := pin.Read(path)
		if what = strings.ReplaceAll(what, path, "PATH"); got != c.pin || what != c.what {
			t.Errorf("%q: got %q, %q", c.text, got, what)
		}
	}
	if _, what := pin.Read(path + "x"); what != path+"x does not exist: write the path of a file that holds the PIN, 4 to 12 digits" {
		t.Error(what)
	}
}
