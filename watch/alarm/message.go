package alarm

import (
	"strings"
	"time"

	"kioskd/sale"
	"kioskd/watch"
)

// Schema is the version of [Message]. Fields may be added within it.
const Schema = 1

// Message is what a program gets on its standard input and a URL in a POST, as
// one line of JSON. It holds nothing about a customer, and no secret.
type Message struct {
	Schema  int        `json:"schema"`
	Machine Machine    `json:"machine"`
	Kind    watch.Kind `json:"kind"`
	Status  Status     `json:"status"`
	Code    sale.Code  `json:"code,omitempty"`
	Order   string     `json:"order,omitempty"` // the end of its number
	Day     string     `json:"day,omitempty"`   // of the bill, like 2026-10-01
	Slot    sale.Slot  `json:"slot,omitempty"`
	Cause   sale.Cause `json:"cause,omitempty"`
	Celsius *int       `json:"celsius,omitempty"`
	Since   time.Time  `json:"since"` // when it was first seen
	At      time.Time  `json:"at"`
	Times   int        `json:"times"` // how often it was told, this time included
	Text    string     `json:"text"`  // for people, in the machine's language
}

// Machine is who speaks.
type Machine struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

func (m Machine) title() string { return strings.TrimSpace(m.ID+" "+m.Name) + ": " }

// Status is where a condition stands.
type Status string

// The stages.
const (
	Raised Status = "raised"
	Still  Status = "still" // told before, and it holds
	Over   Status = "over"
)

// key tells the messages of one condition from all others.
func (m Message) key() string { return string(m.Kind) + " " + m.Order + m.Day }
