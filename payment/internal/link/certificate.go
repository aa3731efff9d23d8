package link

import (
	"crypto/tls"
	"net/http"
)

// Presenting returns a link that shows a client certificate to servers that
// ask for one. It shares with l what is known about the base URLs, and nothing
// else. Where the transport is not an [http.Transport] the certificate is not
// shown.
func (l *Link) Presenting(c tls.Certificate) *Link {
	with := *l
	if t, ok := l.http.(*http.Transport); ok {
		t = t.Clone()
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{}
		}
		// Whatever authorities the server names: it is the merchant's only one,
		// and a refusal of it says more than a refusal of none.
		t.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &c, nil }
		with.http = t
	}
	return &with
}
