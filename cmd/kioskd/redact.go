package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"kioskd/configs"
)

// redactor takes secrets out of texts: those that stand in the files that a
// config names, and whatever looks like one.
type redactor struct {
	dir     string
	secrets [][]byte
}

// removed stands where a secret stood.
const removed = "(removed)"

// leastSecret is the length of the shortest line of a file that is taken for a
// secret: a PIN.
const leastSecret = 4

func newRedactor(config string) redactor {
	r := redactor{dir: filepath.Dir(config)}
	if text, err := os.ReadFile(config); err == nil {
		for _, m := range hookLine.FindAllSubmatch(text, -1) {
			if path := bytes.TrimRight(m[2], ","); len(path) >= leastSecret {
				r.secrets = append(r.secrets, path)
			}
		}
	}
	for _, path := range r.secretFiles(config) {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range bytes.Lines(data) {
			if line = bytes.TrimSpace(line); len(line) >= leastSecret && !bytes.HasPrefix(line, []byte("-----")) {
				r.secrets = append(r.secrets, line)
			}
		}
	}
	return r
}

// secretFiles lists the files that the values of secret keys name, in a config
// that may be wrong.
func (r redactor) secretFiles(config string) (paths []string) {
	data, err := os.ReadFile(config)
	if err != nil {
		return nil
	}
	for line := range bytes.Lines(data) {
		if m := blockSecret.FindSubmatch(line); m != nil {
			value, _ := uncommented(string(m[2]))
			paths = append(paths, r.path(unquoted(value)))
		}
		for _, m := range flowSecret.FindAllSubmatch(line, -1) {
			paths = append(paths, r.path(unquoted(string(m[2]))))
		}
	}
	if c, err := configs.Load(config, known().Settings()); err == nil {
		paths = append(paths, c.Service.PIN)
		for _, k := range known().PapersOf(c).Keys {
			if k.Key != "public_key" {
				paths = append(paths, k.Path)
			}
		}
	}
	return paths
}

func (r redactor) path(value string) string {
	if filepath.IsAbs(value) {
		return value
	}
	return filepath.Join(r.dir, value)
}

// secretKey names the file of a secret. It stands at the beginning of a line,
// also of a comment, or between { and }.
const secretKey = `["']?\b\w*(?:_key|pin|secret|token|password)["']?\s*:`

var (
	blockSecret = regexp.MustCompile(`^([\s#-]*` + secretKey + `)(.*)`)
	flowSecret  = regexp.MustCompile(`([{,]\s*` + secretKey + `\s*)("(?:[^"\\]|\\.)*"?|'[^']*'?|[^,}\n]*)`)
)

// hookLine is the address of an alarm, whose path is often its secret, and
// commandLine its command, whose arguments may hold one.
var (
	hookLine    = regexp.MustCompile(`(?m)(\burl["']?\s*:\s*["']?https?://[^\s"'/?#,}]+)([^\s"'}]*)`)
	commandLine = regexp.MustCompile(`(\bcommand["']?\s*:\s*\[[^,\]]*),(?:.*\]|.*)`)
)

// longKey is a key whose value may go on in lines that are indented more, or
// are entries of a list.
var longKey = regexp.MustCompile(`^[\s#-]*(?:` + secretKey + `|["']?\b(?:url|command)["']?\s*:)`)

var (
	privatePEM = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\z)`)
	webAddress = regexp.MustCompile(`(https?://)(?:[^\s"'/?#@]*@)?([^\s"'/?#@]+)([^\s"'?#]*)(\?[^\s"']*)?`)
)

func unquoted(s string) string { return strings.Trim(strings.TrimSpace(s), `"',`) }

// uncommented parts a value from the comment behind it.
func uncommented(s string) (value, comment string) {
	if i := strings.Index(s, " #"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// config is a config as others may see it, also one that cannot be parsed. The
// name of a file stays; a secret that somebody has written in its place does
// not, nor what follows the host in the address of an alarm.
func (r redactor) config(text []byte) []byte {
	var out bytes.Buffer
	long, margin := -1, " \t" // how far the key is indented whose value may go on
	for line := range bytes.Lines(text) {
		bare := bytes.TrimLeft(line, margin)
		indent := len(line) - len(bare)
		if long >= 0 && (indent > long || indent == long && bytes.HasPrefix(bare, []byte("- "))) && len(bytes.TrimSpace(bare)) > 0 {
			out.WriteString(string(line[:indent]) + removed + "\n")
			continue
		}
		if len(bytes.TrimSpace(bare)) > 0 {
			long, margin = -1, " \t"
		}
		if longKey.Match(line) {
			if bytes.HasPrefix(bare, []byte("#")) {
				margin = " \t#"
			}
			long = len(line) - len(bytes.TrimLeft(line, margin))
		}
		out.Write(r.line(line))
	}
	return out.Bytes()
}

func (r redactor) line(line []byte) []byte {
	if m := blockSecret.FindSubmatch(line); m != nil {
		if value, comment := uncommented(string(m[2])); !r.public(value) {
			line = []byte(string(m[1]) + " " + removed + comment + "\n")
		}
	}
	line = flowSecret.ReplaceAllFunc(line, func(found []byte) []byte {
		if m := flowSecret.FindSubmatch(found); !r.public(string(m[2])) {
			return append(bytes.Clone(m[1]), removed...)
		}
		return found
	})
	line = hookLine.ReplaceAll(line, []byte("${1}/"+removed))
	return commandLine.ReplaceAll(line, []byte("${1}, "+removed+"]"))
}

// public reports whether the value of a secret's key holds no secret.
func (r redactor) public(value string) bool {
	value = unquoted(value)
	return value == "" || strings.HasPrefix(value, "credential:") || r.isFile(value)
}

func (r redactor) isFile(value string) bool {
	info, err := os.Stat(r.path(value))
	return err == nil && info.Mode().IsRegular()
}

// text takes the secrets out of any text: what stands in the secret files,
// private keys, and what may stand in an address besides the host and a path.
func (r redactor) text(data []byte) []byte {
	data = privatePEM.ReplaceAll(data, []byte(removed))
	for _, s := range r.secrets {
		data = r.without(data, s)
	}
	return webAddress.ReplaceAllFunc(data, func(found []byte) []byte {
		m := webAddress.FindSubmatch(found)
		path := m[3]
		if len(m[4]) > 0 {
			path = append(bytes.Clone(path), "?"+removed...)
		}
		return bytes.Join([][]byte{m[1], m[2], path}, nil)
	})
}

// without takes a secret out. A short one, a PIN, is taken for itself only
// where no digit or letter touches it: else it would tear order numbers apart.
func (r redactor) without(data, secret []byte) []byte {
	if len(secret) > 12 {
		return bytes.ReplaceAll(data, secret, []byte(removed))
	}
	edge := func(b byte, pattern string) string {
		if regexp.MustCompile(`[0-9A-Za-z]`).Match([]byte{b}) {
			return pattern
		}
		return "()"
	}
	alone := regexp.MustCompile(edge(secret[0], `(^|[^0-9A-Za-z])`) + regexp.QuoteMeta(string(secret)) + edge(secret[len(secret)-1], `($|[^0-9A-Za-z])`))
	for range 2 { // two in a row share the character between them
		data = alone.ReplaceAll(data, []byte("${1}"+removed+"${2}"))
	}
	return data
}
