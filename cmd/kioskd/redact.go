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
			if path := m[2]; len(path) >= leastSecret {
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
		if m := secretLine.FindSubmatch(line); m != nil {
			paths = append(paths, r.path(unquoted(string(m[3]))))
		}
	}
	if c, err := configs.Load(config, settings()); err == nil {
		for _, k := range papersOf(c).keys {
			if k.key != "public_key" {
				paths = append(paths, k.path)
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

// secretLine is a line of a config, also in a comment, whose key is one that
// names the file of a secret.
var secretLine = regexp.MustCompile(`^([\s#{,-]*(?:.*[{,]\s*)?)(\w*(?:_key|pin|secret|token|password))\s*:\s*([^,}#\n]*)`)

// hookLine is the address of an alarm, whose path is often its secret, and
// commandLine its command, whose arguments may hold one.
var (
	hookLine    = regexp.MustCompile(`(?m)(\burl\s*:\s*["']?https?://[^\s"'/?#,}]+)([^\s"',}]*)`)
	commandLine = regexp.MustCompile(`(\bcommand\s*:\s*\[[^,\]]*),[^\]]*`)
)

var (
	privatePEM = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\z)`)
	webAddress = regexp.MustCompile(`(https?://)(?:[^\s"'/?#@]*@)?([^\s"'/?#@]+)([^\s"'?#]*)(\?[^\s"']*)?`)
)

func unquoted(s string) string { return strings.Trim(strings.TrimSpace(s), `"'`) }

// config is a config as others may see it. The name of a file stays; a secret
// that somebody has written in its place does not, nor what follows the host in
// the address of an alarm.
func (r redactor) config(text []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		if m := secretLine.FindSubmatchIndex(line); m != nil {
			value := unquoted(string(line[m[6]:m[7]]))
			if value != "" && !strings.HasPrefix(value, "credential:") && !r.isFile(value) {
				line = append(append(bytes.Clone(line[:m[6]]), removed...), line[m[7]:]...)
			}
		}
		line = hookLine.ReplaceAll(line, []byte("${1}/"+removed))
		out.Write(commandLine.ReplaceAll(line, []byte("${1}, "+removed)))
	}
	return out.Bytes()
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
	alone := regexp.MustCompile(`(^|[^0-9A-Za-z])` + regexp.QuoteMeta(string(secret)) + `($|[^0-9A-Za-z])`)
	return alone.ReplaceAll(data, []byte("${1}"+removed+"${2}"))
}
