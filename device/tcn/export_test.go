package tcn

import "kioskd/sale"

// Judge is the verdict on a reply to a run. It has words for every reply.
func Judge(r Reply, curtain bool) sale.Verdict {
	if !r.listed() {
		return sale.Verdict{}
	}
	return r.verdict(curtain)
}

// Listed reports whether a reply stands in the tables.
func Listed(r Reply) bool { return r.listed() }
