package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Wrong answers get the words of kioskd check, exit code 2, and leave
// everything as it was.
func TestSetupRefuses(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{
		"price.csv": "11,Water,2.00\n12,Cola,0.001\n", "twice.csv": "11,Water,2.00\n11,Cola,2.00\n", "columns.csv": "11,Water\n", "empty.csv": "slot,name,price\n",
		"broken.yaml": "a: b: c\n", "wiring.yaml": "baud: 9600\nslots: [\n", "good.yaml": "boards:\n  - {address: 1, family: waveshare, relays: 8}\nslots:\n  - {slot: 11, relay: 1, pulse: 700ms}\n",
		"short.txt": "0123456789", "folder/readme": "",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const (
		board = "--driver vmc --port tty "
		rest  = "--appid, --mchid, --public-key-id, --notify-url, --merchant-key, --merchant-cert, --public-key, --products"
	)
	for _, tt := range []struct{ args, want string }{
		{"--machine-id SH-0042", `--machine-id: wants 1 to 12 letters and digits, for it begins every order number: write it like "SH0042"`},
		{"--machine-name " + strings.Repeat("x", 41), "--machine-name: 41 characters are too many: write at most 40"},
		{"--driver vcm --port tty", "--driver vcm: there is no such driver: write vmc, wvl, mdb, modbus, lcus, ubox, tcn"},
		{board + "--payment cash", "--payment cash: write public-key, certificates, partner-public-key, partner-certificates, v2"},
		{board + "--mchid 19", `--mchid: "19" has the wrong shape: write the merchant number in quotes: 8 to 10 digits`},
		{board + "--notify-url http://a.example", `--notify-url: "http://a.example" is not https: write a public https URL such as "https://pay.example.com/wechat"`},
		{board + "--files nowhere", "--files: stat nowhere: no such file or directory"},
		{board + "--files price.csv", "--files: price.csv is neither a folder nor a zip: zip: not a valid zip file"},
		{board + "--files folder --merchant-key short.txt", "merchant_key: apiclient_key.pem holds a binary file, such as a .p12 or a .der, not a .pem: write the path of the merchant API key, apiclient_key.pem"},
		{board + "--products price.csv", "--products price.csv: 12 Cola: price: "},
		{board + "--products twice.csv", "--products: twice.csv: slot 11 stands in it twice: give each product a slot of its own"},
		{board + "--products columns.csv", "--products: columns.csv: record on line 1: wrong number of fields: write slot,name,price in each line"},
		{board + "--products empty.csv", "--products: empty.csv has no products: write slot,name,price in each line"},
		{board + "--products none.csv", "--products: open none.csv: no such file or directory"},
		{"--lang fr", "--lang fr: write zh or en"},
		{"--config broken.yaml", "broken.yaml:1:4: a second \": \" in one value: put quotes around the value, or align the next line with its neighbours\ncorrect it, or move the file away to begin anew"},
		// Nobody can guess how relays are wired.
		{"--driver modbus --port tty", "missing: --controller-settings, " + rest},
		{"--driver modbus --port tty --controller-settings good.yaml", "missing: " + rest},
		{"--driver modbus --port tty --controller-settings wiring.yaml", "--controller-settings wiring.yaml: "},
		{"--driver tcn --port tty --controller-settings none.yaml", "--controller-settings: open none.yaml: no such file or directory"},
		{board + "--payment v2 --payer-ip 127.0.0.1", `--payer-ip: "127.0.0.1" is not a usable address: write the machine's public IPv4 or IPv6 address or, where that changes, its own address in the local network`},
	} {
		var errs strings.Builder
		args := append([]string{"setup", "--config", "none/kioskd.yaml", "--yes", "--machine-id", "A1"}, strings.Fields(tt.args)...)
		code := run(args, io.Discard, &errs)
		if got := errs.String(); code != exitUsage || !strings.HasPrefix(got, "kioskd: "+tt.want) {
			t.Errorf("%s: exit code %d\n%swant\n%s", tt.args, code, got, tt.want)
		}
		if _, err := os.Stat("none"); err == nil {
			t.Fatalf("%s: something was written", tt.args)
		}
	}
}
