package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const leaky = `machine: {id: SH0042}
payment:
  driver: wechat
  settings:
    mchid: "1900000109"
    merchant_key: apiclient_key.pem
    apiv3_key: abcdefghijklmnopqrstuvwxyz012345 # typed here by mistake
    # api_key: 0123456789abcdef0123456789abcdef
    notify_url: https://example.com/notify
    base_urls: ["https://user:word@api.example.com/v3?x=y"]
service: {pin: pin.txt, panel: 127.0.0.1:80}
watch:
  alarms:
    url: https://open.example.com/hook/v2/tok-en-123456
    command: [/usr/bin/notify, --token, s3cr3t-9999]
`

func TestRedactConfig(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"kioskd.yaml": leaky, "pin.txt": "7294\n", "apiclient_key.pem": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := newRedactor(filepath.Join(dir, "kioskd.yaml"))
	got := string(r.text(r.config([]byte(leaky))))
	want := strings.NewReplacer(
		"abcdefghijklmnopqrstuvwxyz012345 #", "(removed) #",
		"# api_key: 0123456789abcdef0123456789abcdef", "# api_key: (removed)",
		"user:word@api.example.com/v3?x=y", "api.example.com/v3?(removed)",
		"open.example.com/hook/v2/tok-en-123456", "open.example.com/(removed)",
		"/usr/bin/notify, --token, s3cr3t-9999]", "/usr/bin/notify, (removed)]",
	).Replace(leaky)
	if got != want {
		t.Errorf("%s", got)
	}
	for text, want := range map[string]string{
		"pin 7294 was typed; order SH0042-7294AB":          "pin (removed) was typed; order SH0042-7294AB",
		"key MIIEvQIBADANBgkq in a line":                   "key (removed) in a line",
		"a\n-----BEGIN RSA PRIVATE KEY-----\nAAA\n":        "a\n(removed)",
		"7294 7294\n7294 7294":                             "(removed) (removed)\n(removed) (removed)",
		"post /hook/v2/tok-en-123456: timeout":             "post (removed): timeout",
		"GET https://a.example.com/x?key=1 and http://b/c": "GET https://a.example.com/x?(removed) and http://b/c",
	} {
		if got := string(r.text([]byte(text))); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// Whatever a config looks like that somebody has written a secret into: it is
// not in what others see.
func TestRedactAnyShape(t *testing.T) {
	const secret = "S3cretS3cretS3cretS3cretS3cret99"
	for _, text := range []string{
		"payment:\n  settings:\n    apiv3_key: " + secret + "\n",
		"payment:\n  settings:\n    \"apiv3_key\": " + secret + "\n",
		"payment:\n  settings:\n    'apiv3_key' : '" + secret + "'\n",
		"payment:\n  settings:\n    apiv3_key: |\n      " + secret + "\n    mchid: x\n",
		"payment:\n  settings:\n    apiv3_key: >-\n\n      " + secret + "\n",
		"payment:\n  settings:\n    apiv3_key:\n      " + secret + "\n",
		"payment:\n  settings:\n    # apiv3_key: |\n    #   " + secret + "\n",
		"payment:\n  settings:\n    apiv3_key: &key " + secret + "\n",
		"payment:\n  settings:\n    apiv3_key: !!str " + secret + "\n",
		"payment: {settings: {apiv3_key: " + secret + ", api_key: nothing}}\n",
		"payment: {settings: {\"apiv3_key\": \"a,b" + secret + "\", mchid: x}}\n",
		"payment: {settings: {\n  apiv3_key: a, api_key: " + secret + "\n}}\n",
		"payment:\n  settings:\n    apiv3_key: a," + secret + "\n",
		"payment:\n  settings:\n    apiv3_key: a}b#" + secret + "\n",
		"payment: [[[\n  apiv3_key: " + secret + "\n",
		"watch:\n  alarms:\n    command: [/bin/x, " + secret + "]\n",
		"watch:\n  alarms:\n    \"command\": [/bin/x, 'a]', " + secret + "]\n",
		"watch:\n  alarms:\n    command: [/bin/x,\n      " + secret + "]\n",
		"watch:\n  alarms:\n    command:\n      - /bin/x\n      - " + secret + "\n",
		"watch:\n  alarms:\n    command:\n    - /bin/x\n    - " + secret + "\n",
		"watch:\n  alarms:\n    url: https://example.com/" + secret + "\n",
		"watch:\n  alarms:\n    \"url\": \"https://example.com/a,b/" + secret + "\"\n",
		"watch:\n  alarms:\n    url:\n      https://example.com/" + secret + "\n",
		"watch:\n  alarms:\n    url: >-\n      https://example.com/" + secret + "\n",
		"watch: {alarms: {url: https://example.com/a,b" + secret + ", command: [/bin/x]}}\n",
	} {
		path := filepath.Join(t.TempDir(), "kioskd.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := newRedactor(path)
		if got := string(r.text(r.config([]byte(text)))); strings.Contains(got, secret) {
			t.Errorf("%q became %q", text, got)
		}
	}
}
