package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kioskd/drivers"
	"kioskd/sale"
)

var noon = time.Date(2026, 11, 28, 4, 0, 0, 0, time.UTC) // in Beijing

// line compares a finding with the line that a technician reads.
func line(t *testing.T, got Finding, want string) {
	t.Helper()
	if got.String() != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestClockFindings(t *testing.T) {
	behind := &sale.Fault{Code: sale.CodeClock, What: "the clock says 1970-01-01 00:00", Hint: "set it"}
	for _, tt := range []struct {
		got  Finding
		want string
	}{
		{clockFinding(nil, true, true, noon), "✓ clock       2026-11-28 12:00 Beijing time; a time service keeps it"},
		{clockFinding(nil, false, false, noon), "✓ clock       2026-11-28 12:00 Beijing time"},
		{clockFinding(nil, false, true, noon), "! clock       2026-11-28 12:00 Beijing time; no time service keeps it → install and start a time service: systemd-timesyncd or chrony"},
		{clockFinding(behind, true, true, noon), "✗ clock       E-CLOCK-01: the clock says 1970-01-01 00:00 → set it"},
		{skewFinding(pinged{}), "- skew        nobody answers whose clock could be compared"},
		{skewFinding(pinged{skew: -time.Second, told: true}), "✓ skew        the clock agrees with WeChat Pay's"},
		{skewFinding(pinged{skew: 2 * time.Second, told: true}), "✓ skew        the clock is 2s ahead of WeChat Pay's"},
		{skewFinding(pinged{skew: time.Minute, told: true}), "✓ skew        the clock is 1m0s ahead of WeChat Pay's"},
		{skewFinding(pinged{skew: -61 * time.Second, told: true}), "! skew        the clock is 1m1s behind WeChat Pay's → set the clock and check its time service"},
		{skewFinding(pinged{skew: 301 * time.Second, told: true}), "✗ skew        E-CLOCK-01: the clock is 5m1s ahead of WeChat Pay's → set the clock and check its time service"},
		{merchantFinding("1900000109", nil), `✓ merchant    WeChat Pay says "no such order" to merchant 1900000109, as it should`},
		{merchantFinding("1900000109", &sale.Fault{Code: sale.CodePayMerchant, What: "WeChat Pay refuses this merchant", Hint: "check merchant_serial", Err: errors.New("SIGN_ERROR\nsecond line")}),
			"✗ merchant    E-PAY-02: WeChat Pay refuses this merchant: SIGN_ERROR second line → check merchant_serial"},
	} {
		line(t, tt.got, tt.want)
	}
}

// aCertificate is the merchant's, with serial 0A0B0C, that ends at a time.
func aCertificate(t *testing.T, ends time.Time) (path string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(0x0A0B0C), NotBefore: ends.AddDate(-5, 0, 0), NotAfter: ends}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "apiclient_cert.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSerialFinding(t *testing.T) {
	refused := errors.New("refused")
	file := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	with := func(path string) drivers.Papers { return drivers.Papers{Cert: path, Serial: "0A0B0C"} }
	for _, tt := range []struct {
		name string
		got  Finding
		want string
	}{
		{"certificate", serialFinding(with(aCertificate(t, noon.AddDate(1, 0, 0))), refused, noon), "✓ serial      merchant_key belongs to certificate 0A0B0C, which ends on 2027-11-28"},
		{"ends", serialFinding(with(aCertificate(t, noon.AddDate(0, 0, 29))), nil, noon), "! serial      the merchant certificate 0A0B0C ends on 2026-12-27 → apply for a new one in the merchant portal"},
		{"has ended", serialFinding(with(aCertificate(t, noon.AddDate(0, 0, -1))), nil, noon), "✗ serial      the merchant certificate ran out on 2026-11-27 → apply for a new one in the merchant portal"},
		{"empty", serialFinding(with(file), nil, noon), "✗ serial      " + file + " holds no certificate → download the certificate again"},
		{"told", serialFinding(drivers.Papers{Serial: "0A0B0C"}, nil, noon), "✓ serial      WeChat Pay takes what merchant_key signs as 0A0B0C"},
		{"not told", serialFinding(drivers.Papers{Serial: "0A0B0C"}, refused, noon), "! serial      whether merchant_key belongs to 0A0B0C only WeChat Pay can tell, and it does not → write merchant_cert, the path of apiclient_cert.pem, so that they can be compared here"},
	} {
		t.Run(tt.name, func(t *testing.T) { line(t, tt.got, tt.want) })
	}
}

func TestKeysFinding(t *testing.T) {
	for _, tt := range []struct {
		mode os.FileMode
		want string
	}{
		{0o644, "✓ keys        merchant_key key.pem (0600), public_key pub.pem (0644)"},
		{0o664, "! keys        public_key: a group can change DIR/pub.pem (mode 0664) → chmod g-w DIR/pub.pem"},
		{0o666, "✗ keys        public_key: anybody can change DIR/pub.pem (mode 0666) → chmod go-w DIR/pub.pem"},
	} {
		dir := t.TempDir()
		key, public := filepath.Join(dir, "key.pem"), filepath.Join(dir, "pub.pem")
		err := errors.Join(os.WriteFile(key, nil, 0o600), os.WriteFile(public, nil, 0o600), os.Chmod(public, tt.mode))
		if err != nil {
			t.Fatal(err)
		}
		got := keysFinding(drivers.Papers{Keys: []drivers.Paper{{Key: "merchant_key", Path: key}, {Key: "apiv3_key", Path: ""}, {Key: "public_key", Path: public}}})
		line(t, got, strings.ReplaceAll(tt.want, "DIR", dir))
	}
	line(t, keysFinding(drivers.Papers{Keys: []drivers.Paper{{Key: "merchant_key", Path: "/nowhere"}}}), "✗ keys        merchant_key: stat /nowhere: no such file or directory → put the file back")
}
