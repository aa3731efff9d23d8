package panel

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"image"
	"image/jpeg"
	"net/http"
	"sync"
	"time"

	"golang.org/x/image/draw"
)

const (
	pictureWidth   = 360 // pixels; a phone shows no more
	pictureQuality = 80
	pictureEvery   = time.Second
)

// picture serves the customer screen, smaller. All who look share one picture a
// second, and one that has not changed is not made again.
type picture struct {
	now  func() image.Image
	seed maphash.Seed

	mu     sync.Mutex
	at     time.Time // of the newest look
	source uint64    // fingerprint of what was seen then
	tag    string
	jpeg   []byte // nil: there was none
}

func newPicture(now func() image.Image) *picture {
	return &picture{now: now, seed: maphash.MakeSeed()}
}

func (p *picture) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, tag := p.look()
	w.Header().Set("Cache-Control", "private, no-cache")
	switch {
	case body == nil:
		w.WriteHeader(http.StatusNoContent)
	case r.Header.Get("If-None-Match") == tag:
		w.Header().Set("ETag", tag)
		w.WriteHeader(http.StatusNotModified)
	default:
		w.Header().Set("ETag", tag)
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write(body) // the client may be gone
	}
}

func (p *picture) look() (body []byte, tag string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now == nil || !p.at.IsZero() && time.Since(p.at) < pictureEvery {
		return p.jpeg, p.tag
	}
	p.at = time.Now()
	shown := p.now()
	if shown == nil {
		p.jpeg, p.tag = nil, ""
		return nil, ""
	}
	small := smaller(shown)
	source := maphash.Bytes(p.seed, small.Pix)
	if p.jpeg != nil && source == p.source {
		return p.jpeg, p.tag
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, small, &jpeg.Options{Quality: pictureQuality}) // a buffer takes everything
	p.source, p.jpeg, p.tag = source, b.Bytes(), fmt.Sprintf(`"%016x"`, source)
	return p.jpeg, p.tag
}

func smaller(shown image.Image) *image.RGBA {
	from := shown.Bounds()
	width := min(pictureWidth, from.Dx())
	to := image.Rect(0, 0, width, max(1, from.Dy()*width/max(1, from.Dx())))
	small := image.NewRGBA(to)
	draw.ApproxBiLinear.Scale(small, to, shown, from, draw.Src, nil)
	return small
}
