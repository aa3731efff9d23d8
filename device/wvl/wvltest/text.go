package wvltest

import (
	"fmt"
	"strconv"
	"strings"
)

// pack makes a line of a body.
func pack(body string) []byte {
	return fmt.Appendf(nil, "@%s*%02X\r\n", body, sum(body))
}

func sum(body string) (x byte) {
	for _, c := range []byte(body) {
		x ^= c
	}
	return x
}

// unpack returns the body of the last line that begins in b, which ends with
// its LF.
func unpack(b []byte) (string, bool) {
	s := string(b)
	s = strings.TrimSuffix(s[strings.LastIndexByte(s, '@')+1:], "\r\n")
	body, check, ok := strings.Cut(s, "*")
	return body, ok && len(s) < len(b) && check == fmt.Sprintf("%02X", sum(body))
}

// cutLines returns the whole lines at the beginning of b, and the rest.
func cutLines(b []byte) (lines [][]byte, rest []byte) {
	for {
		i := strings.IndexByte(string(b), '\n')
		if i < 0 {
			return lines, b
		}
		lines, b = append(lines, b[:i+1]), b[i+1:]
	}
}

// seal is CRC-16/CCITT-FALSE a byte at a time.
func seal(s string) uint16 {
	crc := uint16(0xFFFF)
	for _, c := range []byte(s) {
		x := byte(crc>>8) ^ c
		x ^= x >> 4
		crc = crc<<8 ^ uint16(x)<<12 ^ uint16(x)<<5 ^ uint16(x)
	}
	return crc
}

func number(s string) (int64, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && n >= 0 && n < 1<<32 && strconv.FormatInt(n, 10) == s
}
