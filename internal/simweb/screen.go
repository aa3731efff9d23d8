package simweb

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"image"
	"image/png"
	"net/http"
	"sync"
)

// screen serves the customer screen. Pages ask for it once a second, and it
// changes a few times a sale: an unchanged picture costs one pass over its
// pixels, not an encoding.
type screen struct {
	now func() (image.Image, bool)

	mu   sync.Mutex
	seed maphash.Seed
	tag  string
	png  []byte
}

func (s *screen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	shown, on := s.now()
	if !on || shown == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	body, tag, err := s.encoded(shown)
	if err != nil {
		refuse(w, http.StatusInternalServerError, fmt.Sprintf("encode the customer screen: %v", err))
		return
	}
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	_, _ = w.Write(body) // the client may be gone
}

func (s *screen) encoded(shown image.Image) (body []byte, tag string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seed == (maphash.Seed{}) {
		s.seed = maphash.MakeSeed()
	}
	tag, cheap := s.fingerprint(shown)
	if cheap && tag == s.tag {
		return s.png, s.tag, nil
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, shown); err != nil {
		return nil, "", err
	}
	if !cheap {
		tag = fmt.Sprintf(`"%016x"`, maphash.Bytes(s.seed, b.Bytes()))
	}
	s.tag, s.png = tag, b.Bytes()
	return s.png, s.tag, nil
}

// fingerprint tells pictures apart without encoding them; ok is false for a
// kind of picture whose pixels are not at hand.
func (s *screen) fingerprint(shown image.Image) (tag string, ok bool) {
	m, ok := shown.(*image.RGBA)
	if !ok {
		return "", false
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	fmt.Fprint(&h, m.Rect, m.Stride)
	_, _ = h.Write(m.Pix) // never fails
	return fmt.Sprintf(`"%016x"`, h.Sum64()), true
}
