package simweb

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
)

//go:embed page
var files embed.FS

// scripts are the parts of the page's one script, in their order.
var scripts = []string{"base.js", "machine.js", "phones.js", "provider.js", "cabinet.js", "desk.js"}

// newPage puts the page together once: it is the same for every visit, what
// moves comes from the APIs.
func newPage(s Sides) http.Handler {
	if s.Title == "" {
		s.Title = "kioskd"
	}
	script := `"use strict";` + "\n"
	for _, name := range scripts {
		script += read(name)
	}
	style := read("page.css")
	desk := struct {
		Phone    bool      `json:"phone"`
		Cabinet  bool      `json:"cabinet"`
		Screen   bool      `json:"screen"`
		Products []Product `json:"products"`
	}{s.Phone != nil, s.Cabinet != nil, s.Screen != nil, append([]Product{}, s.Products...)}
	sides, err := json.Marshal(desk) // its < is escaped, so that it cannot end its element
	if err != nil {
		panic(err) // strings, numbers and booleans
	}
	var page strings.Builder
	t := template.Must(template.New("page").Parse(read("page.html")))
	err = t.Execute(&page, map[string]any{
		"Title": s.Title, "Phone": desk.Phone, "Cabinet": desk.Cabinet, "Screen": desk.Screen,
		"Style":  template.HTML("<style>" + style + "</style>"),
		"Sides":  template.HTML(`<script type="application/json" id="sides">` + string(sides) + "</script>"),
		"Script": template.HTML("<script>" + script + "</script>"),
	})
	if err != nil {
		panic(err) // the template is part of the program
	}
	policy := "default-src 'none'; connect-src 'self'; img-src 'self' blob: data:; style-src '" + digest(style) +
		"'; script-src '" + digest(script) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte(page.String())) // the client may be gone
	})
}

func read(name string) string {
	b, err := files.ReadFile("page/" + name)
	if err != nil {
		panic(err) // the files are part of the program
	}
	return string(b)
}

// digest lets the browser run this text and no other.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
