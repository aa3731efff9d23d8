package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	fastjson "github.com/go-json-experiment/json"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"kioskd/sale"
)

// recordVersion is the first byte of every record. It changes only together
// with the schema.
const recordVersion = 1

const sealSize = 5 // version, CRC-32C

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal makes a record: version, CRC-32C, payload. The checksum covers the
// bucket and the key, so that a record in a wrong place is found out.
func seal(bucket string, key, payload []byte) []byte {
	b := make([]byte, sealSize, sealSize+len(payload))
	b[0] = recordVersion
	binary.BigEndian.PutUint32(b[1:], sum(bucket, key, payload))
	return append(b, payload...)
}

// unseal returns the payload of a record, which aliases it.
func unseal(bucket string, key, record []byte) ([]byte, error) {
	switch {
	case len(record) < sealSize:
		return nil, fmt.Errorf("record of %d bytes is too short", len(record))
	case record[0] != recordVersion:
		return nil, fmt.Errorf("record has version %d, not %d", record[0], recordVersion)
	case binary.BigEndian.Uint32(record[1:]) != sum(bucket, key, record[sealSize:]):
		return nil, errors.New("checksum of the record does not match")
	}
	return record[sealSize:], nil
}

func sum(bucket string, key, payload []byte) uint32 {
	head := append([]byte{recordVersion, byte(len(bucket))}, bucket...)
	head = binary.AppendUvarint(head, uint64(len(key)))
	head = append(head, key...)
	return crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, payload)
}

// Entry is one line of the journal: an order passed into State.
type Entry struct {
	N      uint64      `json:"n"`              // contiguous, from 1
	Prev   uint64      `json:"prev,omitempty"` // the same order's entry before this one, 0 for its first
	Number sale.Number `json:"number"`
	Seq    uint64      `json:"seq"`
	From   sale.State  `json:"from,omitempty"`
	State  sale.State  `json:"state"`
	Cause  sale.Cause  `json:"cause"`
	Detail string      `json:"detail,omitempty"`
	// Boot counts the starts of the daemon; Since is monotonic within one.
	Boot  uint64        `json:"boot"`
	At    time.Time     `json:"at"` // wall time, UTC
	Since time.Duration `json:"since_ns"`
}

func (e Entry) encode() []byte {
	b := binary.AppendUvarint(nil, e.Prev)
	b = binary.AppendUvarint(b, e.Seq)
	for _, s := range []string{string(e.Number), string(e.From), string(e.State), string(e.Cause), e.Detail} {
		b = appendString(b, s)
	}
	b = binary.AppendUvarint(b, e.Boot)
	b = binary.AppendVarint(b, e.At.Unix())
	b = binary.AppendUvarint(b, uint64(e.At.Nanosecond()))
	return binary.AppendVarint(b, int64(e.Since))
}

func decodeEntry(n uint64, payload []byte) (Entry, error) {
	d := decoder{rest: payload}
	e := Entry{
		N: n, Prev: d.uvarint(), Seq: d.uvarint(),
		Number: sale.Number(d.text()), From: sale.State(d.text()), State: sale.State(d.text()),
		Cause: sale.Cause(d.text()), Detail: d.text(),
		Boot: d.uvarint(),
	}
	seconds, nanos := d.varint(), d.uvarint()
	e.Since = time.Duration(d.varint())
	if nanos >= uint64(time.Second) {
		d.bad = true
	}
	e.At = time.Unix(seconds, int64(nanos)).UTC()
	return e, d.end("journal entry")
}

// orderHead is what can be known of an order without reading all of it.
type orderHead struct {
	last   uint64 // number of its newest journal entry
	state  sale.State
	number sale.Number
}

func encodeOrder(last uint64, o sale.Order) ([]byte, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode order %s: %w", o.Number, err)
	}
	b := binary.AppendUvarint(nil, last)
	b = appendString(b, string(o.State))
	b = appendString(b, string(o.Number))
	return append(b, body...), nil
}

// decodeHead reads the head and returns the JSON that follows it.
func decodeHead(payload []byte) (orderHead, []byte, error) {
	d := decoder{rest: payload}
	h := orderHead{last: d.uvarint(), state: sale.State(d.text()), number: sale.Number(d.text())}
	if d.bad {
		return orderHead{}, nil, errors.New("order record is cut short")
	}
	return h, d.rest, nil
}

// decodeJSON does what json.Unmarshal does, in half the time: whoever counts,
// finds or exports orders waits for little else.
func decodeJSON(data []byte, into any) error {
	return fastjson.Unmarshal(data, into, jsonv1.DefaultOptionsV1())
}

func decodeOrder(payload []byte) (orderHead, sale.Order, error) {
	h, body, err := decodeHead(payload)
	if err != nil {
		return h, sale.Order{}, err
	}
	var o sale.Order
	if err := decodeJSON(body, &o); err != nil {
		return h, sale.Order{}, fmt.Errorf("decode order: %w", err)
	}
	if o.State != h.state || o.Number != h.number {
		return h, sale.Order{}, errors.New("order record contradicts its head")
	}
	return h, o, nil
}

// totals is the one record that every commit rewrites. It says how much there
// must be, so that what is missing is missed.
type totals struct {
	boots   uint64 // starts of the daemon
	seq     uint64 // highest Order.Seq
	journal uint64 // number of the last entry
	orders  uint64 // in bucket orders
	open    uint64 // in bucket open
	doubts  uint64

	archived uint64 // orders that have moved to archives
	gone     uint64 // journal entries that went with them
	cut      uint64 // highest number of those; above it none is missing
}

func (t totals) encode() (b []byte) {
	for _, v := range []uint64{t.boots, t.seq, t.journal, t.orders, t.open, t.doubts, t.archived, t.gone, t.cut} {
		b = binary.AppendUvarint(b, v)
	}
	return b
}

func decodeTotals(payload []byte) (totals, error) {
	d := decoder{rest: payload}
	t := totals{boots: d.uvarint(), seq: d.uvarint(), journal: d.uvarint(), orders: d.uvarint(), open: d.uvarint(), doubts: d.uvarint()}
	if len(d.rest) > 0 { // schema 1 ends here
		t.archived, t.gone, t.cut = d.uvarint(), d.uvarint(), d.uvarint()
	}
	return t, d.end("totals")
}

// decoder reads fields off a payload; after the first bad one all are zero.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	return take(d, v, n)
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	return take(d, v, n)
}

func take[T int64 | uint64](d *decoder, v T, n int) T {
	if n <= 0 || d.bad {
		d.bad = true
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) text() string {
	n := d.uvarint()
	if d.bad || n > uint64(len(d.rest)) {
		d.bad = true
		return ""
	}
	s := string(d.rest[:n])
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) end(what string) error {
	if d.bad || len(d.rest) > 0 {
		return fmt.Errorf("%s has the wrong length or a bad field", what)
	}
	return nil
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func numberKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// timeKey orders like time does, before 1970 too.
func timeKey(t time.Time) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(t.Unix())^1<<63)
	return binary.BigEndian.AppendUint32(b, uint32(t.Nanosecond()))
}
