package control

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"kioskd/store"
)

// JournalPage is the answer of GET /v1/journal: entries after one number, and
// the number of the last one that there is.
type JournalPage struct {
	Entries []store.Entry `json:"entries"`
	Last    uint64        `json:"last"`
}

// mostEntries bounds one page.
const mostEntries = 500

// journal is for GET /v1/journal. Without "after" it tells where the journal
// ends now.
func (c Server) journal(w http.ResponseWriter, r *http.Request) {
	stats, err := c.store.Stats()
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	after, err := strconv.ParseUint(cmp.Or(r.URL.Query().Get("after"), strconv.FormatUint(stats.Journal, 10)), 10, 64)
	if err != nil {
		refuse(w, http.StatusBadRequest, errors.New("after is the number of a journal entry"))
		return
	}
	p := JournalPage{Entries: []store.Entry{}, Last: min(after, stats.Journal)}
	if after < stats.Journal {
		if p.Entries, err = c.store.Entries(after, mostEntries); err != nil {
			refuse(w, http.StatusInternalServerError, err)
			return
		}
	}
	if n := len(p.Entries); n > 0 {
		p.Last = p.Entries[n-1].N
	}
	reply(w, p)
}
