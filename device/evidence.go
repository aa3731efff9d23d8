package device

import (
	"encoding/json"

	"kioskd/sale"
)

// EncodeEvidence makes what a driver's Check notes for its Recover, and the
// order keeps: JSON. e is a struct of numbers, booleans and strings with the
// version of its fields as "v". A field is never given another meaning; a
// change raises the version.
func EncodeEvidence(e any) sale.Evidence {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err) // not what e may be
	}
	return b
}

// DecodeEvidence reads what EncodeEvidence made. For no evidence, and for what
// another version wrote, ok is false and e the zero value.
func DecodeEvidence[E any](b sale.Evidence, version int) (e E, ok bool) {
	var wrote struct {
		Version int `json:"v"`
	}
	if json.Unmarshal(b, &wrote) != nil || wrote.Version != version || json.Unmarshal(b, &e) != nil {
		var none E
		return none, false
	}
	return e, true
}
