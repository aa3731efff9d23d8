package logs

import (
	"encoding/binary"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// Identifier is the SYSLOG_IDENTIFIER of every entry.
const Identifier = "kioskd"

// prefix keeps this program's fields apart from those that have a meaning for
// the journal or for others.
const prefix = "KIOSKD_"

// entry is a line on its way to the journal.
type entry struct {
	fields []byte // in the journal's native format
	text   string // the same for people
}

// attr is an attribute with the names of its groups before its key.
type attr struct {
	key, value string
}

// flatten resolves an attribute, groups and all. A fault brings its code along.
func flatten(list []attr, group string, a slog.Attr) []attr {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, inner := range v.Group() {
			list = flatten(list, group, inner)
		}
		return list
	}
	if a.Equal(slog.Attr{}) {
		return list
	}
	text := v.String()
	if v.Kind() == slog.KindTime {
		text = v.Time().Format(time.RFC3339Nano)
	}
	list = append(list, attr{group + a.Key, text})
	if err, ok := v.Any().(error); ok {
		if code := codeOf(err); code != "" && a.Key == "error" {
			list = append(list, attr{"code", code})
		}
	}
	return list
}

// wordMost bounds each value in MESSAGE, in bytes; its field has all of it.
const wordMost = 500

// newEntry writes a record as the journal wants it.
func newEntry(r slog.Record, attrs []attr) entry {
	words := r.Message
	for _, a := range attrs {
		if a.value != "" {
			words += " " + a.key + "=" + quoted(a.value[:min(len(a.value), wordMost)])
		}
	}
	var b []byte
	b = appendField(b, "MESSAGE", words)
	b = appendField(b, "PRIORITY", priority(r.Level))
	b = appendField(b, "SYSLOG_IDENTIFIER", Identifier)
	b = appendField(b, prefix+"EVENT", r.Message)
	seen := map[string]bool{}
	for _, a := range attrs {
		if key := fieldName(a.key); a.value != "" && !seen[key] {
			seen[key] = true
			b = appendField(b, key, a.value)
		}
	}
	return entry{b, r.Time.Format("2006-01-02T15:04:05.000Z07:00") + " " + r.Level.String() + " " + words + "\n"}
}

// appendField writes a field: https://systemd.io/JOURNAL_NATIVE_PROTOCOL/
func appendField(b []byte, key, value string) []byte {
	b = append(b, key...)
	if strings.Contains(value, "\n") {
		b = append(b, '\n')
		b = binary.LittleEndian.AppendUint64(b, uint64(len(value)))
	} else {
		b = append(b, '=')
	}
	return append(append(b, value...), '\n')
}

// fieldName is the field of a key: what the journal takes, and no more than 64
// bytes.
func fieldName(key string) string {
	name := []byte(prefix + strings.ToUpper(key))
	for i, c := range name {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			name[i] = '_'
		}
	}
	return string(name[:min(len(name), 64)])
}

func quoted(s string) string {
	if strings.ContainsAny(s, " =") || strconv.Quote(s) != `"`+s+`"` {
		return strconv.Quote(s)
	}
	return s
}

// priority is syslog's for a level.
func priority(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "3"
	case l >= slog.LevelWarn:
		return "4"
	case l >= slog.LevelInfo:
		return "6"
	}
	return "7"
}
