package control

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"kioskd/clock"
	"kioskd/export"
	"kioskd/sale"
	"kioskd/store"
)

// DaySales is what was sold on a day of Beijing, by the day on which the order
// began.
type DaySales struct {
	Day      string   `json:"day"`
	Count    int      `json:"count"` // orders that were paid
	Paid     sale.Fen `json:"fen"`
	Refunded sale.Fen `json:"refunded_fen"`
}

func (d *DaySales) add(o sale.Order) {
	if r := export.RowOf(o); r.Paid > 0 {
		d.Count++
		d.Paid += r.Paid
		d.Refunded += r.Refunded
	}
}

// salesOf sums the sales of the last n days, today included, the oldest first.
func salesOf(r *store.Reader, path string, n int, now time.Time) ([]DaySales, error) {
	y, m, d := now.In(clock.Beijing).Date()
	today := time.Date(y, m, d, 0, 0, 0, 0, clock.Beijing)
	first := today.AddDate(0, 0, 1-n)
	list, at := make([]DaySales, n), map[string]*DaySales{}
	for i := range list {
		list[i].Day = first.AddDate(0, 0, i).Format(dayLayout)
		at[list[i].Day] = &list[i]
	}
	seen := map[sale.Number]bool{}
	take := func(o sale.Order) {
		if day := at[o.CreatedAt.In(clock.Beijing).Format(dayLayout)]; day != nil && !seen[o.Number] {
			seen[o.Number] = true
			day.add(o)
		}
	}
	if err := r.Since(first, take); err != nil {
		return nil, err
	}
	if n > 1 { // what is archived is older than a day
		for a, err := range store.OpenArchive(path).Orders(store.Filter{Since: first}) {
			if err != nil {
				return nil, err
			}
			take(a.Order)
		}
	}
	return list, nil
}

// mostDays bounds the chart of a year.
const mostDays = 366

// sales is for GET /v1/sales.
func (c Server) sales(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.URL.Query().Get("days"))
	if err != nil || n < 1 || n > mostDays {
		refuse(w, http.StatusBadRequest, fmt.Errorf("days is a number from 1 to %d", mostDays))
		return
	}
	list, err := salesOf(&c.store.Reader, c.path, n, time.Now())
	switch {
	case errors.Is(err, store.ErrArchive):
		refuse(w, http.StatusServiceUnavailable, err)
	case err != nil:
		refuse(w, http.StatusInternalServerError, err)
	default:
		reply(w, list)
	}
}
