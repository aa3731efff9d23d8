package display_test

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/draw"

	"kioskd/sale"
	"kioskd/sale/service"
)

// pictured are the screens that the technician's page shows.
func pictured(lang string) []sale.Scene {
	list := []sale.Scene{desk(service.Menu, service.NoNote, lang)}
	for _, kind := range []sale.SceneKind{sale.SceneIdle, sale.ScenePay, sale.SceneOutOfService, sale.SceneRefunding, sale.SceneHeld} {
		list = append(list, scene(kind, lang))
	}
	return list
}

const (
	pictures     = "../docs/pictures"
	pictureWidth = 320      // px
	pictureMost  = 30 << 10 // bytes of a file
)

// TestPictures holds the pictures of docs/technician.md against what the
// painter draws. To write them anew: go test ./display -run Pictures -update
func TestPictures(t *testing.T) {
	font := heiFont(t)
	known := map[string]bool{}
	for _, lang := range []string{"zh", "en"} {
		all := pictured(lang)
		for _, sc := range all {
			known[pictureName(sc, lang)] = true
		}
		for _, sc := range some(1, all) {
			path := filepath.Join(pictures, pictureName(sc, lang))
			got := reduced(painter(t, style(three[0][0], three[0][1], lang, font)).Paint(sc))
			if *update {
				if err := writePNG(path, got); err != nil {
					t.Fatal(err)
				}
			}
			want, err := readPNG(path)
			if err != nil {
				t.Errorf("%v (go test ./display -run Pictures -update writes it)", err)
				continue
			}
			if n := different(got, want); n > len(got.Pix)/4/1000 {
				t.Errorf("%s: %d pixels differ (go test ./display -run Pictures -update writes it anew)", path, n)
			}
			if info, err := os.Stat(path); err != nil || info.Size() > pictureMost {
				t.Errorf("%s: want at most %d bytes: %+v (%v)", path, pictureMost, info, err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(pictures, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !known[filepath.Base(f)] {
			t.Errorf("%s: no test draws it", f)
		}
	}
}

func pictureName(sc sale.Scene, lang string) string { return fmt.Sprintf("%s-%s.png", sc.Kind, lang) }

// reduced is a screen as wide as a page shows it.
func reduced(m *image.RGBA) *image.RGBA {
	size := m.Bounds().Size()
	small := image.NewRGBA(image.Rect(0, 0, pictureWidth, size.Y*pictureWidth/size.X))
	draw.CatmullRom.Scale(small, small.Rect, m, m.Rect, draw.Src, nil)
	return small
}
