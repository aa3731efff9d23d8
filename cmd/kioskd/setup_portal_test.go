package main

import (
	"archive/zip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kioskd/payment/paytest"
)

// portal is a merchant of a simulated WeChat Pay, and what its portal shows.
type portal struct {
	*paytest.Server
	shows map[string]string // setup's flags, and "base"
}

// openPortal starts it and puts the merchant's files into dir/merchant, and as
// a download into dir/merchant.zip.
func openPortal(ctx context.Context, dir string, o paytest.Options) (*portal, error) {
	s, err := paytest.New(o)
	if err != nil {
		return nil, err
	}
	s.Behave(func(b *paytest.Behaviour) { b.RefundDelay = 0 })
	if err := s.Start(ctx); err != nil {
		return nil, err
	}
	files := filepath.Join(dir, "merchant")
	cert, err := s.MerchantCertificate()
	for _, do := range []func() error{
		func() error { return os.MkdirAll(files, 0o755) },
		func() error { return s.WriteFiles(files) },
		func() error { return s.WriteFilesV2(files) },
		func() error { return os.WriteFile(filepath.Join(files, paytest.CertificateFile), cert, 0o644) },
		func() error { return zipOf(files, filepath.Join(dir, "merchant.zip")) },
	} {
		if err == nil {
			err = do()
		}
	}
	p := &portal{s, map[string]string{}}
	var bases []string
	for line := range strings.Lines(s.Settings()) {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, ": ")
		if base, ok := strings.CutPrefix(line, "- "); ok {
			bases = append(bases, strings.Trim(base, `"`))
		}
		p.shows[strings.ReplaceAll(key, "_", "-")] = strings.Trim(value, `"`)
	}
	p.shows["base"] = "payment.settings.base_urls=[" + strings.Join(bases, ", ") + "]"
	return p, err
}

// zipOf packs a merchant's files as a download has them: in a folder of its
// own, with other files, and the public key under WeChat Pay's name for it.
func zipOf(files, to string) error {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	z := zip.NewWriter(f)
	for name, from := range map[string]string{
		"apiclient_key.pem": paytest.MerchantKeyFile, "apiclient_cert.pem": paytest.CertificateFile, "pub_key.pem": paytest.PublicKeyFile, "readme.txt": "",
	} {
		w, err := z.Create("1900000109_20260101_cert/" + name)
		if err != nil {
			return err
		}
		if from == "" {
			continue
		}
		data, err := os.ReadFile(filepath.Join(files, from))
		if err != nil {
			return err
		}
		if _, err := w.Write(data); err != nil {
			return err
		}
	}
	return z.Close()
}

// customer pays whatever code is up until ctx ends.
func (p *portal) customer(ctx context.Context) {
	for ctx.Err() == nil {
		for _, o := range p.Orders() {
			if o.CodeURL != "" && o.PaidAt.IsZero() && o.ClosedAt.IsZero() {
				if _, err := p.Scan(o.CodeURL, "phone-A"); err == nil {
					_ = p.Pay("phone-A", o.OutTradeNo) // it may just have been closed
				}
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// flags are setup's with all answers of the portal; more come behind.
func (p *portal) flags(dir string, more ...string) []string {
	return append([]string{
		"setup", "--yes", "--lang", "en", "--config", filepath.Join(dir, "kioskd.yaml"), "--root", filepath.Join(dir, "root"), "--machine-id", "SH0042",
		"--port", filepath.Join(dir, "ttyVMC"), "--driver", "vmc", "--files", filepath.Join(dir, "merchant.zip"), "--products", filepath.Join(dir, "products.csv"),
		"--appid", p.shows["appid"], "--mchid", p.shows["mchid"], "--public-key-id", p.shows["public-key-id"], "--notify-url", p.shows["notify-url"],
		"--set", p.shows["base"], "--set", "store.path=kioskd.db", "--set", "store.reserve=1MiB", "--set", "control.socket=kioskd.sock", "--set", "screen.driver=none",
	}, more...)
}

// portalOf is openPortal for a script: "portal [KEYMODE] [partner] [pays]". What the
// portal shows is $APPID, $MCHID and so on.
func portalOf(ts *testscript.TestScript, _ bool, args []string) {
	var o paytest.Options
	pays := false
	for _, a := range args {
		switch a {
		case "partner":
			o.Partner = true
		case "pays":
			pays = true
		default:
			o.KeyMode = paytest.KeyMode(a)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	p, err := openPortal(ctx, ts.MkAbs("."), o)
	ts.Check(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if pays {
			p.customer(ctx)
		}
	}()
	ts.Defer(func() {
		stop()
		<-done
		p.Close()
	})
	for key, value := range p.shows {
		ts.Setenv(strings.ToUpper(strings.ReplaceAll(key, "-", "_")), value)
	}
}

// kioskd is this test's binary under the name by which it is the command.
func kioskd(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kioskd")
	if err := os.Link(exe, path); err != nil {
		data, err := os.ReadFile(exe)
		if err == nil {
			err = os.WriteFile(path, data, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return path
}
