package display

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/font/sfnt"
)

// probe are characters that every usable font has.
const probe = "微信支付请按编号售罄¥1A"

var errNoChinese = errors.New("has no Chinese characters")

// loadFonts opens the named font, or the best one of the machine, or else the
// built-in bitmap font. Only a named font can fail.
func loadFonts(path string, folders []string) (*fonts, error) {
	switch path {
	case Bitmap:
		return newFonts(Bitmap, nil, nil), nil
	case "":
		for _, file := range candidates(folders) {
			if f, err := openFonts(file); err == nil {
				return f, nil
			}
		}
		return newFonts(Bitmap, nil, nil), nil
	}
	f, err := openFonts(path)
	if err != nil {
		return nil, fmt.Errorf("font %s: %w", path, err)
	}
	return f, nil
}

// strongBy is how much a stroke is widened, in em, where no bold face is found.
const strongBy = 0.032

func openFonts(path string) (*fonts, error) {
	font, err := openFont(path)
	if err != nil {
		return nil, err
	}
	regular := newOutlines(font, 0)
	for _, r := range probe {
		if !regular.has(r) {
			return nil, errNoChinese
		}
	}
	bold := newOutlines(font, strongBy)
	if name := boldFile(path); name != "" {
		if heavy, err := openFont(name); err == nil {
			bold = newOutlines(heavy, 0)
		}
	}
	return newFonts(path, []typeface{regular}, []typeface{bold, regular}), nil
}

// openFont reads a font or the fitting one of a collection: a proportional one
// for simplified Chinese. The file stays open as long as the process runs, so
// that a font of 20 MB need not be held in memory.
func openFont(path string) (*sfnt.Font, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	font, err := pickFont(file)
	if err != nil {
		file.Close()
		return nil, err
	}
	return font, nil
}

func pickFont(file *os.File) (*sfnt.Font, error) {
	offsets, err := fontOffsets(file)
	if err != nil {
		return nil, err
	}
	var best *sfnt.Font
	bestRank := 0
	for _, offset := range offsets {
		t, err := newTables(file, offset)
		if err != nil {
			return nil, err
		}
		font, err := sfnt.ParseReaderAt(t)
		if err != nil {
			return nil, err
		}
		name, _ := font.Name(nil, sfnt.NameIDFamily)
		rank := 2
		if strings.Contains(name, "Mono") {
			rank = 1
		} else if strings.Contains(name, " SC") || strings.Contains(name, " CN") {
			rank = 3
		}
		if rank > bestRank {
			best, bestRank = font, rank
		}
	}
	if best == nil {
		return nil, errNoFont
	}
	return best, nil
}

// boldFile is the bold face that lies beside a regular one, or empty.
func boldFile(path string) string {
	dir, name := filepath.Split(path)
	for _, heavy := range []string{"Bold", "Medium"} {
		other := strings.Replace(name, "Regular", heavy, 1)
		if other == name {
			return ""
		}
		if _, err := os.Stat(dir + other); err == nil {
			return dir + other
		}
	}
	return ""
}

// families are parts of file names, the best first.
var families = []string{
	"notosanscjk-regular", "notosanscjksc-regular", "notosanssc-regular", "notosanshans-regular",
	"sourcehansanssc-regular", "sourcehansanscn-regular", "sourcehansans-regular", "sourcehansans",
	"wqy-microhei", "wqy-zenhei", "wqy", "droidsansfallback", "notosanscjk", "notosanssc",
	"hei", "yahei", "msyh", "harmony", "misans", "puhuiti", "cjk", "uming", "ukai", "song", "han",
}

// fontFolders are where fonts are looked for.
func fontFolders() []string {
	folders := []string{"/usr/local/share/fonts", "/usr/share/fonts"}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, ".local/share/fonts"), filepath.Join(home, ".fonts"))
	}
	return folders
}

// candidates lists font files, the most fitting first; the order does not
// depend on the order of the folder.
func candidates(folders []string) []string {
	type file struct {
		path string
		rank int
	}
	var files []file
	for _, folder := range folders {
		// A folder that cannot be read has no fonts to offer.
		_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil
			}
			if rank := fontRank(d.Name()); !d.IsDir() && rank >= 0 {
				files = append(files, file{path, rank})
			}
			return nil
		})
	}
	slices.SortFunc(files, func(a, b file) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return strings.Compare(a.path, b.path)
	})
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.path
	}
	return paths
}

// fontRank tells how well a file fits by its name, 0 being best; -1 is none
// that can be used. Variable fonts come last: only their thinnest face shows.
func fontRank(name string) int {
	name = strings.ToLower(name)
	if !slices.Contains([]string{".ttf", ".otf", ".ttc", ".otc"}, filepath.Ext(name)) {
		return -1
	}
	rank := len(families)
	for i, family := range families {
		if strings.Contains(name, family) {
			rank = i
			break
		}
	}
	for _, odd := range []string{"serif", "mono", "bold", "light", "thin", "black", "italic", "oblique", "demilight", "[wght]", "variable", "-vf"} {
		if strings.Contains(name, odd) {
			return rank + 100
		}
	}
	return rank
}
