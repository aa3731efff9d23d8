package panel

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"fmt"
	"net/http"
	"strings"
)

//go:embed page
var files embed.FS

// scripts are the parts of the page's one script, in their order.
var scripts = []string{"words.js", "faults.js", "base.js", "sentences.js", "dialog.js", "glance.js", "slots.js", "orders.js", "sales.js", "log.js", "app.js"}

// page serves what needs no PIN: it is the same for everybody and says nothing
// of the machine.
func (p *Panel) page(mux *http.ServeMux) {
	html := map[string]asset{}
	for _, language := range []string{"zh", "en"} {
		html[language] = newAsset("text/html; charset=utf-8", strings.Replace(read("panel.html"), `lang="zh"`, `lang="`+language+`"`, 1))
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Accept-Language, Accept-Encoding")
		html[p.language(r.Header.Get("Accept-Language"))].ServeHTTP(w, r)
	})
	script := strings.Builder{}
	script.WriteString("\"use strict\";\n")
	for _, name := range scripts {
		script.WriteString(read(name))
	}
	mux.Handle("GET /panel.js", newAsset("text/javascript; charset=utf-8", script.String()))
	mux.Handle("GET /panel.css", newAsset("text/css; charset=utf-8", read("panel.css")))
	mux.Handle("GET /icon.svg", newAsset("image/svg+xml", read("icon.svg")))
}

// language is the first one of a browser that the panel speaks.
func (p *Panel) language(accepted string) string {
	for tag := range strings.SplitSeq(accepted, ",") {
		tag, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(tag)), ";")
		main, _, _ := strings.Cut(tag, "-")
		if main == "zh" || main == "en" {
			return main
		}
	}
	if p.o.Language == "en" {
		return "en"
	}
	return "zh"
}

// asset is a file of the page, the same for every visit.
type asset struct {
	kind, tag   string
	plain, gzip []byte
}

func newAsset(kind, text string) asset {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // a level that there is
	_, _ = z.Write([]byte(text))                          // a buffer takes everything
	_ = z.Close()
	return asset{kind, fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(text)))[:18] + `"`, []byte(text), b.Bytes()}
}

func (a asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("ETag", a.tag)
	if r.Header.Get("If-None-Match") == a.tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", a.kind)
	body := a.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = a.gzip
	}
	_, _ = w.Write(body) // the client may be gone
}

func read(name string) string {
	b, err := files.ReadFile("page/" + name)
	if err != nil {
		panic(err) // the files are part of the program
	}
	return string(b)
}
