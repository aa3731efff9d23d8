package setup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kioskd/configs"
	"kioskd/doctor"
)

// merchantFile is a file of the merchant's, by its key under payment.settings.
type merchantFile struct {
	key, flag string
	names     []string // as downloads have it; the first is kept
	secret    bool
	what      words
}

// typed reports whether a person may type what it holds.
func (f merchantFile) typed() bool { return strings.HasSuffix(f.names[0], ".txt") }

func merchantFileList() []merchantFile {
	return []merchantFile{
		{"merchant_key", "merchant-key", []string{"apiclient_key.pem"}, true, words{"商户私钥 apiclient_key.pem", "Merchant's private key, apiclient_key.pem"}},
		{"merchant_cert", "merchant-cert", []string{"apiclient_cert.pem"}, false, words{"商户 API 证书 apiclient_cert.pem", "Merchant API certificate, apiclient_cert.pem"}},
		{"public_key", "public-key", []string{"wechatpay_public_key.pem", "pub_key.pem"}, false, words{"微信支付公钥文件 pub_key.pem", "WeChat Pay's public key, pub_key.pem"}},
		{"apiv3_key", "apiv3-key", []string{"apiv3_key.txt"}, true, words{"APIv3 密钥（32 个字符，或存放它的文件）", "APIv3 key: its 32 characters, or the file that holds them"}},
		{"api_key", "api-key", []string{"apiv2_key.txt"}, true, words{"APIv2 密钥（32 个字符，或存放它的文件）", "API key of v2: its 32 characters, or the file that holds them"}},
	}
}

var filesHelp = words{
	"申请商户 API 证书时下载的 zip 或文件夹：apiclient_key.pem、apiclient_cert.pem；公钥 pub_key.pem 在 API安全 → 微信支付公钥 下载。\n会复制到配置文件旁边，权限 600。",
	"The zip or folder that you got with the merchant API certificate: apiclient_key.pem and apiclient_cert.pem;\npub_key.pem is from API security, 微信支付公钥. They are copied beside the config, with mode 600.",
}

func fileQuestions() []Question {
	list := []Question{{
		Flag: "files", Usage: "folder or zip with the merchant's files",
		what: words{"商户文件所在的文件夹或 zip", "Folder or zip with the merchant's files"}, help: filesHelp,
	}}
	for _, f := range merchantFileList() {
		list = append(list, Question{Flag: f.flag, field: "payment.settings." + f.key, Usage: "a `FILE` of its own for " + f.key, what: f.what, help: filesHelp})
	}
	return list
}

// merchantFiles gets the files of a kind. They are judged where they are
// staged; nothing beside the config is touched before the end.
func (s *setup) merchantFiles(ctx context.Context, k kind) error {
	given := s.Given["files"]
	for {
		have, err := s.gather(ctx, k, given)
		if err != nil {
			return err
		}
		what, err := s.fill(ctx, k, have)
		if err != nil || what == "" {
			return err
		}
		if s.Yes || given != "" {
			return unfit(fmt.Errorf("%s", what))
		}
		s.wrong(what)
	}
}

// gather reads the folder or the zip.
func (s *setup) gather(ctx context.Context, k kind, given string) (map[string][]byte, error) {
	if given != "" {
		have, err := readMerchantFiles(given)
		if err != nil {
			return nil, unfit(fmt.Errorf("--files: %w", err))
		}
		return have, nil
	}
	if s.Yes || !slices.ContainsFunc(k.files, func(key string) bool { return s.Given[fileOf(key).flag] == "" && !s.good(key) }) {
		return nil, nil
	}
	for {
		q := questionOf("files")
		path, err := s.ask(ctx, q.what, s.likelyFolder(), q.help)
		if err != nil {
			return nil, err
		}
		have, err := readMerchantFiles(path)
		if err == nil {
			return have, nil
		}
		s.wrong(err.Error())
	}
}

// likelyFolder is one that has a merchant's key, or "".
func (s *setup) likelyFolder() string {
	for _, dir := range []string{absolute("."), s.dir} {
		have, err := readMerchantFiles(dir)
		if _, found := have[fileOf("merchant_key").names[0]]; err == nil && found {
			return dir
		}
	}
	return ""
}

func fileOf(key string) merchantFile {
	list := merchantFileList()
	return list[slices.IndexFunc(list, func(f merchantFile) bool { return f.key == key })]
}

// good reports whether the config that is there names a file for a key that
// the check has nothing against.
func (s *setup) good(key string) bool {
	field := "payment.settings." + key
	return s.present(field) != "" && !slices.ContainsFunc(s.problems(s.text), func(p configs.Problem) bool { return p.Field == field })
}

// fill puts each needed file into the config and says what is wrong with them
// together.
func (s *setup) fill(ctx context.Context, k kind, have map[string][]byte) (what string, err error) {
	for _, key := range k.files {
		f := fileOf(key)
		data, found := firstOf(have, f.names)
		path, given := s.Given[f.flag]
		switch {
		case given:
			if data, err = readAnswer(f, path); err != nil {
				return "", unfit(fmt.Errorf("--%s: %w", f.flag, err))
			}
		case found:
		case s.good(key):
			continue
		case key == "merchant_cert" && k.driver == "wechat":
			if err := s.serial(ctx); err != nil {
				return "", err
			}
			continue
		case s.Yes:
			s.missing = append(s.missing, "--"+f.flag)
			continue
		default:
			if data, err = s.askFile(ctx, f); err != nil {
				return "", err
			}
		}
		if err := s.keep(f, data); err != nil {
			return "", err
		}
	}
	for _, p := range s.problems(s.text) {
		key := strings.TrimPrefix(p.Field, "payment.settings.")
		if doctor.IsKeyFile(key) && !s.expected(key) {
			return key + ": " + s.unstaged(p.What), nil
		}
	}
	return "", nil
}

// expected reports whether a key is known to be missing.
func (s *setup) expected(key string) bool {
	return slices.ContainsFunc(s.missing, func(flag string) bool { return flag == "--"+strings.ReplaceAll(key, "_", "-") })
}

// unstaged names files in a text as they will be named.
func (s *setup) unstaged(what string) string {
	return strings.ReplaceAll(what, s.stage+string(filepath.Separator), "")
}

func firstOf(have map[string][]byte, names []string) ([]byte, bool) {
	for _, n := range names {
		if data, ok := have[n]; ok {
			return data, true
		}
	}
	return nil, false
}

// serial is for a merchant whose certificate is not at hand.
func (s *setup) serial(ctx context.Context) error {
	if s.Yes && s.Given["merchant-serial"] == "" && s.present("payment.settings.merchant_serial") == "" {
		s.missing = append(s.missing, "--merchant-cert")
		return nil
	}
	if err := s.forget("payment.settings.merchant_cert"); err != nil {
		return err
	}
	return s.answer(ctx, questionOf("merchant-serial"))
}

// keep stages a file and names it in the config.
func (s *setup) keep(f merchantFile, data []byte) error {
	path := filepath.Join(s.stage, f.names[0])
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	field := "payment.settings." + f.key
	after, err := configs.Set(s.text, field, path)
	if err != nil {
		return err
	}
	s.text, s.staged[field], s.answered[field] = after, f.names[0], true
	if f.key == "merchant_cert" {
		return s.forget("payment.settings.merchant_serial")
	}
	return nil
}

// askFile asks for the path of a file, or for a key that is not shown while it
// is typed.
func (s *setup) askFile(ctx context.Context, f merchantFile) ([]byte, error) {
	if f.typed() {
		show := s.hide()
		defer show()
	}
	for {
		path, err := s.ask(ctx, f.what, "", filesHelp)
		if err != nil {
			return nil, err
		}
		data, err := readAnswer(f, path)
		if err == nil {
			return data, nil
		}
		s.wrong(err.Error())
	}
}
