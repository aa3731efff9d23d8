package configs

import (
	"regexp"
	"strconv"
	"strings"
)

// spellings are the ways to write a value, the best first: as the old one
// was quoted, else bare where that can be read, else in quotes.
func spellings(value string, old byte) []string {
	double, single := doubleQuoted(value), "'"+strings.ReplaceAll(value, "'", "''")+"'"
	switch {
	case old == '\'':
		return []string{single, double}
	case old == 0 && bare.MatchString(value) && !strings.HasSuffix(value, " ") && !misread(value):
		return []string{value, double, single}
	}
	return []string{double, single}
}

func doubleQuoted(value string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
}

var (
	bare      = regexp.MustCompile(`^(?:[\pL\pN_/]|-[0-9])(?:[\pL\pN_/.+@ -]|:[\pL\pN_/.])*$`)
	shortOnes = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,8})(\.[0-9]+)?$`)
)

// misread reports whether other readers of YAML would take a bare value for
// another number: 0123, 5E10, or one that a float cannot hold.
func misread(value string) bool {
	_, notInt := strconv.ParseInt(value, 0, 64)
	_, notFloat := strconv.ParseFloat(value, 64)
	digits := strings.Trim(value, "0123456789_.+-") == ""
	return (notInt == nil || notFloat == nil || digits) && !shortOnes.MatchString(value)
}

// quotedLength is how many bytes a quoted value has that s begins with, 0 if
// it does not end.
func quotedLength(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[0] == '"' && s[i] == '\\':
			i++
		case s[i] != s[0]:
		case s[0] == '\'' && i+1 < len(s) && s[i+1] == '\'':
			i++
		default:
			return i + 1
		}
	}
	return 0
}
