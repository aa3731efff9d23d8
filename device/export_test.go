package device

import "kioskd/sale"

// Opening is how an error of opening is told.
func Opening(path string, err error) *sale.Fault { return opening(path, err) }
