package control

import (
	"errors"
	"net/http"

	"kioskd/reconcile"
)

// ReconcileRequest is what the daemon is asked for.
type ReconcileRequest struct {
	Days []reconcile.Day `json:"days"`
}

// ReconcilePath is where days are compared (POST), and where the last comparison
// is (GET).
const ReconcilePath = "/v1/reconcile"

var errNoBills = errors.New("this daemon's payment driver gives no bills that kioskd can fetch: compare them in the merchant portal")

// reconcile answers kioskd reconcile. Who goes away meanwhile stops it.
func (c Server) reconcile(w http.ResponseWriter, r *http.Request) {
	if c.bills == nil {
		refuse(w, http.StatusServiceUnavailable, errNoBills)
		return
	}
	var q ReconcileRequest
	if !readBody(w, r, &q, "the body is not days to reconcile") {
		return
	}
	report, err := c.bills.Run(r.Context(), q.Days)
	if err != nil {
		refuse(w, http.StatusBadGateway, err)
		return
	}
	reply(w, report)
}

// reconciled answers kioskd reconcile --last.
func (c Server) reconciled(w http.ResponseWriter, _ *http.Request) {
	if c.bills == nil {
		refuse(w, http.StatusServiceUnavailable, errNoBills)
		return
	}
	report, err := c.bills.LastReport()
	switch {
	case errors.Is(err, reconcile.ErrNoneYet):
		refuse(w, http.StatusNotFound, err)
	case err != nil:
		refuse(w, http.StatusInternalServerError, err)
	default:
		reply(w, report)
	}
}
