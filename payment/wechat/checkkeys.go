package wechat

import (
	"crypto/rsa"
	"os"
	"regexp"
	"strings"

	"kioskd/internal/keyfile"
	"kioskd/payment/internal/link"
)

const (
	apiV3KeyLength = 32
	wantAPIv3Key   = "write the path of a file that holds the APIv3 key of the merchant portal, 32 letters and digits, and nothing else"
	wantSerial     = "the serial of the merchant API certificate: up to 40 hex digits, as \"openssl x509 -in apiclient_cert.pem -noout -serial\" prints it"
	wantKeyID      = "the id of the WeChat Pay public key from the merchant portal: PUB_KEY_ID_ and digits"
)

// bareKey is what looks like an APIv3 key, or most of one, and not like a path.
var bareKey = regexp.MustCompile(`^[0-9A-Za-z]{20,64}$`)

// checkMerchantKey checks what requests are signed with. The certificate is
// there to catch a key that is not of the serial.
func (s *Settings) checkMerchantKey(dir string, problem func(field, what string)) {
	s.MerchantKey = keyfile.Path(dir, s.MerchantKey)
	private, what := keyfile.Private(s.MerchantKey)
	if what != "" {
		problem("merchant_key", what)
	}
	if s.MerchantCert != "" {
		s.checkMerchantCert(dir, private, problem)
	} else {
		shaped(problem, "merchant_serial", s.MerchantSerial, serialShape, wantSerial+"; or write merchant_cert, the path of that file")
	}
	s.MerchantSerial = strings.ToUpper(s.MerchantSerial)
}

func (s *Settings) checkMerchantCert(dir string, private *rsa.PrivateKey, problem func(field, what string)) {
	s.MerchantCert = keyfile.Path(dir, s.MerchantCert)
	cert, what := keyfile.Certificate(s.MerchantCert)
	if what != "" {
		problem("merchant_cert", what)
		return
	}
	if private != nil && !private.PublicKey.Equal(cert.PublicKey) {
		problem("merchant_cert", s.MerchantCert+" does not belong to merchant_key: write apiclient_cert.pem and apiclient_key.pem of the same download")
	}
	serial := keyfile.Serial(cert)
	switch {
	case s.MerchantSerial == "":
		s.MerchantSerial = serial
	case bare(s.MerchantSerial) != bare(serial):
		problem("merchant_serial", link.Quote(s.MerchantSerial)+" is not the serial of merchant_cert, which is "+serial+": leave merchant_serial out, or write the certificate of that serial and its key")
	}
}

// checkProviderKeys checks what answers are proved with. Only the merchant
// portal knows which of the two a merchant has.
func (s *Settings) checkProviderKeys(dir string, problem func(field, what string)) {
	if s.PublicKeyID+s.PublicKey+s.APIv3Key == "" {
		problem("public_key_id", "is missing, and so is apiv3_key, one of which proves what WeChat Pay answers: write public_key_id and public_key, "+
			"or, if the merchant portal shows platform certificates and no WeChat Pay public key, apiv3_key")
		return
	}
	if s.APIv3Key != "" {
		s.checkAPIv3Key(dir, problem)
	}
	if s.PublicKeyID+s.PublicKey != "" {
		s.checkPublicKey(dir, problem)
	}
}

func (s *Settings) checkPublicKey(dir string, problem func(field, what string)) {
	shaped(problem, "public_key_id", s.PublicKeyID, keyIDShape, wantKeyID)
	s.PublicKey = keyfile.Path(dir, s.PublicKey)
	public, what := keyfile.Public(s.PublicKey)
	if what != "" {
		problem("public_key", what)
		return
	}
	if s.MerchantKey == "" {
		return
	}
	if private, bad := keyfile.Private(s.MerchantKey); bad == "" && private.PublicKey.Equal(public) {
		problem("public_key", s.PublicKey+" belongs to merchant_key: write the path of WeChat Pay's own public key, downloaded from the merchant portal")
	}
}

// checkAPIv3Key never repeats what may be the key itself.
func (s *Settings) checkAPIv3Key(dir string, problem func(field, what string)) {
	path := keyfile.Path(dir, s.APIv3Key)
	if _, err := os.Stat(path); err != nil && bareKey.MatchString(s.APIv3Key) {
		problem("apiv3_key", "looks like the key itself, which must not stand in this file: put it into a file of its own with mode 0600 and write that file's path")
		s.APIv3Key = ""
		return
	}
	s.APIv3Key = path
	if _, what := keyfile.Secret(path, wantAPIv3Key, apiV3KeyLength); what != "" {
		problem("apiv3_key", what)
	}
}
