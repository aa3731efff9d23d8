package doctor

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kioskd/configs"
	"kioskd/drivers"
	"kioskd/kept"
)

// keyFields are the keys of the config that name a file of the merchant's.
var keyFields = []string{"merchant_key", "merchant_cert", "merchant_serial", "public_key", "apiv3_key", "api_key", "ca_file"}

// IsKeyFile reports whether a key under payment.settings is one of them.
func IsKeyFile(key string) bool { return slices.Contains(keyFields, key) }

// reading is what the config's files say.
type reading struct {
	config *configs.Config // nil: it has problems
	at     *configs.Places // nil: not even the places are known
	found  []Finding
}

func read(file string, t drivers.Table) (r reading) {
	if at, err := configs.Locate(file); err == nil {
		r.at = &at
	}
	c, err := configs.Load(file, t.Settings())
	r.config, r.found = c, configFindings(file, c, t, err)
	return r
}

// configFindings tells the keys' problems from the others.
func configFindings(file string, c *configs.Config, t drivers.Table, err error) []Finding {
	var problems *configs.Problems
	if !errors.As(err, &problems) {
		return []Finding{
			good("config", "%s: machine %s, %s, controller %s, payment %s", file, c.Machine.ID, counted(len(c.Products), "product"), c.Controller.Driver, c.Payment.Driver),
			keysFinding(t.PapersOf(c)),
		}
	}
	ofKeys := func(p configs.Problem) bool {
		field, ok := strings.CutPrefix(p.Field, "payment.settings.")
		return ok && IsKeyFile(field)
	}
	keys := slices.DeleteFunc(slices.Clone(problems.List), func(p configs.Problem) bool { return !ofKeys(p) })
	rest := slices.DeleteFunc(slices.Clone(problems.List), ofKeys)
	return []Finding{
		problemFinding("config", file, rest, good("config", "%s: good but for the keys", file)),
		problemFinding("keys", file, keys, skip("keys", "the config must be good first")),
	}
}

// problemFinding says the first problem, and how to see the others.
func problemFinding(name, file string, list []configs.Problem, none Finding) Finding {
	switch len(list) {
	case 0:
		return none
	case 1:
		return wrong(name, "", "%s", list[0])
	}
	return wrong(name, "see all of them with: kioskd check "+file, "%s; and %s more", list[0], counted(len(list)-1, "problem"))
}

// keysFinding is for files that the config's check has found good. Who can
// write a file that proves the provider's answers can forge them.
func keysFinding(p drivers.Papers) Finding {
	var parts []string
	loose := Finding{}
	for _, k := range p.Files() {
		if k.Path == "" {
			continue
		}
		info, err := os.Stat(k.Path)
		if err != nil {
			return wrong("keys", "put the file back", "%s: %v", k.Key, err)
		}
		mode := info.Mode().Perm()
		switch {
		case mode&0o002 != 0:
			return wrong("keys", "chmod go-w "+k.Path, "%s: anybody can change %s (mode %04o)", k.Key, k.Path, mode)
		case mode&0o020 != 0 && loose.Name == "":
			loose = doubt("keys", "chmod g-w "+k.Path, "%s: a group can change %s (mode %04o)", k.Key, k.Path, mode)
		}
		parts = append(parts, fmt.Sprintf("%s %s (%04o)", k.Key, filepath.Base(k.Path), mode))
	}
	if loose.Name != "" {
		return loose
	}
	return good("keys", "%s", strings.Join(parts, ", "))
}

// endsSoon is when the end of a certificate is worth a word.
const endsSoon = 30 * 24 * time.Hour

// serialFinding tells whether the merchant's key is that of its serial. With
// the certificate at hand the config's check has compared them; without it only
// the provider can tell, by taking a signature.
func serialFinding(p drivers.Papers, answered error, now time.Time) Finding {
	const name = "serial"
	if p.Cert != "" {
		cert, err := readCertificate(p.Cert)
		switch {
		case err != nil:
			return wrong(name, "download the certificate again", "%v", err)
		case now.After(cert.NotAfter):
			return wrong(name, "apply for a new one in the merchant portal", "the merchant certificate ran out on %s", cert.NotAfter.Format(time.DateOnly))
		case cert.NotAfter.Sub(now) < endsSoon:
			return doubt(name, "apply for a new one in the merchant portal", "the merchant certificate %X ends on %s", cert.SerialNumber.Bytes(), cert.NotAfter.Format(time.DateOnly))
		}
		return good(name, "merchant_key belongs to certificate %X, which ends on %s", cert.SerialNumber.Bytes(), cert.NotAfter.Format(time.DateOnly))
	}
	if answered == nil {
		return good(name, "WeChat Pay takes what merchant_key signs as %s", p.Serial)
	}
	return Finding{
		Name: name, State: Doubted, What: "whether merchant_key belongs to " + p.Serial + " only WeChat Pay can tell, and it does not",
		Hint: "write merchant_cert, the path of apiclient_cert.pem, so that they can be compared here",
	}
}

func readCertificate(path string) (*x509.Certificate, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, kept.Most))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	return x509.ParseCertificate(block.Bytes)
}
