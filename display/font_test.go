package display_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kioskd/display"
)

func TestFontIsFound(t *testing.T) {
	hei := heiFont(t)
	data, err := os.ReadFile(hei)
	if err != nil {
		t.Fatal(err)
	}
	put := func(dir string, names ...string) string {
		for _, name := range names {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			content := data
			if strings.Contains(name, "broken") {
				content = data[:40000]
			}
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	for _, tt := range []struct {
		files []string
		want  string
	}{
		{nil, display.Bitmap},
		{[]string{"readme.txt"}, display.Bitmap},
		{[]string{"broken.ttc"}, display.Bitmap},
		{[]string{"wqy/wqy-microhei.ttc", "noto/NotoSansCJK-Regular.ttc"}, "noto/NotoSansCJK-Regular.ttc"},
		{[]string{"NotoSansCJK-Regular-broken.ttc", "DroidSansFallback.ttf"}, "DroidSansFallback.ttf"},
		{[]string{"NotoSerifCJK-Regular.ttc", "some.ttf"}, "some.ttf"},
		{[]string{"NotoSansSC[wght].ttf", "wqy-zenhei.ttc"}, "wqy-zenhei.ttc"},
	} {
		dir := put(t.TempDir(), tt.files...)
		got, err := display.LoadFont("", []string{dir, filepath.Join(dir, "not there")})
		if got = strings.TrimPrefix(got, dir+"/"); got != tt.want || err != nil {
			t.Errorf("of %q: %q, %v, want %q", tt.files, got, err, tt.want)
		}
	}
	if got, err := display.LoadFont(hei, nil); got != hei || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestNamedFontMustWork(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.ttf")
	if err := os.WriteFile(junk, []byte("no font at all, but longer than a header"), 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "gone.ttf"): "font " + dir + "/gone.ttf: open " + dir + "/gone.ttf: no such file or directory",
		junk:                           "font " + junk + ": is no TrueType or OpenType font",
	} {
		_, err := display.NewPainter(display.Style{Width: 800, Height: 480, FontPath: path})
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	p := painter(t, display.Style{Width: 800, Height: 480, FontPath: display.Bitmap})
	if p.Font() != display.Bitmap {
		t.Error(p.Font())
	}
}

// TestTables: a font of a collection reads the same in pieces of any size.
func TestTables(t *testing.T) {
	file, err := os.Open(heiFont(t))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	offsets, err := display.FontOffsets(file)
	if err != nil || len(offsets) != 2 {
		t.Fatalf("%v, %v: the collection holds two fonts", offsets, err)
	}
	font, err := display.NewTables(file, offsets[1])
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(io.NewSectionReader(font, 0, 1<<30))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 7, 4096} {
		for off := 0; off < len(whole)-n; off += len(whole)/997 + 1 {
			p := make([]byte, n)
			if _, err := font.ReadAt(p, int64(off)); err != nil || !bytes.Equal(p, whole[off:off+n]) {
				t.Fatalf("%d bytes at %d: %v", n, off, err)
			}
		}
	}
	if n, err := font.ReadAt(make([]byte, 10), int64(len(whole))+5); err != io.EOF || n != 0 {
		t.Errorf("after the end: %d bytes, %v", n, err)
	}
}

func FuzzTables(f *testing.F) {
	f.Add([]byte("ttcf\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\x00\x10" + "\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00headsum.\x00\x00\x00\x03\x00\x00\x00\x09"))
	f.Add([]byte("\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := bytes.NewReader(data)
		offsets, err := display.FontOffsets(file)
		if err != nil {
			return
		}
		for _, o := range offsets[:min(len(offsets), 4)] {
			font, err := display.NewTables(file, o)
			if err != nil {
				continue
			}
			for _, off := range []int64{0, 3, 11, 40, 1 << 33} {
				if n, err := font.ReadAt(make([]byte, 33), off); n < 0 || n > 33 || n < 33 && err == nil {
					t.Errorf("%d bytes at %d and %v", n, off, err)
				}
			}
		}
	})
}
