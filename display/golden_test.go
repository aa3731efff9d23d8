package display_test

import (
	"bytes"
	"cmp"
	"errors"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kioskd/display"
	"kioskd/sale"
	"kioskd/sale/service"
)

var update = flag.Bool("update", false, "write the golden pictures anew")

type golden struct {
	name  string
	style display.Style
	scene sale.Scene
}

// goldens are the pictures that people look at when the screen changes.
func goldens(t *testing.T) []golden {
	font := heiFont(t)
	names := map[[2]int]string{three[0]: "portrait", three[1]: "landscape", three[2]: "small"}
	var all []golden
	add := func(name string, size [2]int, lang string, sc sale.Scene) {
		all = append(all, golden{fmt.Sprintf("%s-%s-%s", names[size], name, lang), style(size[0], size[1], lang, font), sc})
	}
	both := []sale.SceneKind{sale.SceneIdle, sale.ScenePay, sale.SceneDispensing, sale.SceneRefunding, sale.SceneOutOfService}
	zhOnly := []sale.SceneKind{sale.SceneCreating, sale.SceneConfirming, sale.SceneTake, sale.SceneRefunded, sale.SceneSoldOut, sale.SceneOffline, sale.SceneService}
	for _, size := range three {
		for _, k := range both {
			add(string(k), size, "zh", scene(k, "zh"))
			add(string(k), size, "en", scene(k, "en"))
		}
		for _, k := range zhOnly {
			add(string(k), size, "zh", scene(k, "zh"))
		}
		for _, d := range []string{"wrong PIN", "menu", "count of slots", "facts"} {
			add("service-"+strings.ReplaceAll(d, " ", "-"), size, "zh", desks("zh")["desk "+d])
		}
		add("service-menu", size, "en", desk(service.Menu, service.Saved, "en"))
		add("idle-note", size, "zh", noted("zh", false))
		add("pay", size, "zh+en", scene(sale.ScenePay, "zh"))
		many := scene(sale.SceneIdle, "zh")
		many.Offers, many.Page = offers("zh", 60), 1
		add("idle-60-products-page-2", size, "zh", many)
	}
	few := scene(sale.SceneIdle, "zh")
	few.Offers = offers("zh", 4)
	add("idle-4-products", three[0], "zh", few)
	long := scene(sale.ScenePay, "zh")
	long.Product.Name, long.Left = nasty["24 characters"].name, 24*time.Second
	add("pay-long-name-last-seconds", three[2], "zh", long)
	for _, k := range []sale.SceneKind{sale.SceneIdle, sale.ScenePay, sale.SceneRefunding} {
		add(string(k)+"-night", three[2], "zh", scene(k, "zh"))
		all[len(all)-1].style.Night = true
	}
	for _, k := range both {
		add(string(k)+"-bitmap", three[2], "zh", scene(k, "zh"))
		all[len(all)-1].style.FontPath = display.Bitmap
	}
	return all
}

func TestGolden(t *testing.T) {
	dir := filepath.Join("testdata", "golden")
	known := map[string]bool{}
	for _, g := range goldens(t) {
		name := g.name + ".png"
		known[name] = true
		got := painter(t, g.style).Paint(g.scene)
		if *update {
			if err := writePNG(filepath.Join(dir, name), got); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := readPNG(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%v (go test ./display -update writes it)", err)
			continue
		}
		if n := different(got, want); n > len(got.Pix)/4/5000 {
			path := filepath.Join(t.ArtifactDir(), name)
			t.Errorf("%s: %d pixels differ; go test -artifacts keeps %s", name, n, path)
			if err := writePNG(path, got); err != nil {
				t.Error(err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !known[filepath.Base(f)] {
			t.Errorf("%s: no test draws it", f)
		}
	}
}

// different counts pixels that are visibly different. Machines round the edge
// of a letter differently by a shade.
func different(a, b *image.RGBA) int {
	if a.Rect != b.Rect {
		return len(a.Pix)
	}
	n := 0
	for i := 0; i < len(a.Pix); i += 4 {
		for k := range 3 {
			if x, y := a.Pix[i+k], b.Pix[i+k]; max(x, y)-min(x, y) > 10 {
				n++
				break
			}
		}
	}
	return n
}

func readPNG(path string) (*image.RGBA, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	rgba := image.NewRGBA(m.Bounds())
	draw.Draw(rgba, rgba.Rect, m, m.Bounds().Min, draw.Src)
	return rgba, nil
}

func writePNG(path string, m *image.RGBA) error {
	var b bytes.Buffer
	best := png.Encoder{CompressionLevel: png.BestCompression}
	if err := best.Encode(&b, paletted(m)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// paletted is the picture in its 256 most used colours, which halves the file;
// no shade of an edge moves by more than the comparison allows.
func paletted(m *image.RGBA) image.Image {
	used := map[color.RGBA]int{}
	at := func(i int) color.RGBA { return color.RGBA{m.Pix[i], m.Pix[i+1], m.Pix[i+2], 0xff} }
	for i := 0; i < len(m.Pix); i += 4 {
		used[at(i)]++
	}
	colours := slices.SortedFunc(maps.Keys(used), func(a, b color.RGBA) int {
		return cmp.Or(used[b]-used[a], cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	far := func(a, b uint8) int { return int(max(a, b) - min(a, b)) }
	var palette color.Palette
	index := map[color.RGBA]uint8{}
	for _, close := range []int{5, 9, 255} { // how near a colour must be to one that is there
		for _, c := range colours {
			if _, known := index[c]; known {
				continue
			}
			best, bestFar := -1, close
			for i, p := range palette {
				q := p.(color.RGBA)
				if d := max(far(c.R, q.R), far(c.G, q.G), far(c.B, q.B)); d < bestFar {
					best, bestFar = i, d
				}
			}
			if best < 0 && len(palette) < 256 {
				best = len(palette)
				palette = append(palette, c)
			}
			if best >= 0 {
				index[c] = uint8(best)
			}
		}
	}
	p := image.NewPaletted(m.Rect, palette)
	for i := range p.Pix {
		p.Pix[i] = index[at(4*i)]
	}
	return p
}
