package paytest

import (
	"crypto/rsa"
	"fmt"
	"time"
)

// KeyMode is which keys the merchant's answers may be signed with.
type KeyMode string

const (
	// KeysPublic: a merchant of today, with WeChat Pay public keys only. The
	// request's Wechatpay-Serial chooses among those that are not retired.
	KeysPublic KeyMode = "public-key"
	// KeysTransition: a merchant between certificate and public key. The
	// request's Wechatpay-Serial chooses; without it the certificate signs.
	KeysTransition KeyMode = "transition"
	// KeysCertificate: a merchant of old. The certificate signs, whatever the
	// request names.
	KeysCertificate KeyMode = "certificate"
)

type wechatKey struct {
	id      string // PUB_KEY_ID_… or the certificate's serial
	private *rsa.PrivateKey
}

// ring holds every key that is in use. Server.mu guards it.
type ring struct {
	mode        KeyMode
	merchant    map[string]*rsa.PublicKey // by certificate serial
	public      map[string]*wechatKey
	current     *wechatKey
	certificate *wechatKey // the one that signs; nil in KeysPublic
	listed      []*platformCertificate
	ready       []*rsa.PrivateKey // for the next certificates
	flaw        CertificateFlaw   // of the list
}

func (r *ring) add(k *wechatKey) {
	r.public[k.id] = k
	r.current = k
}

// choose returns the key for an answer to a request with that Wechatpay-Serial.
func (r *ring) choose(serial string) *wechatKey {
	if r.mode == KeysCertificate {
		return r.certificate
	}
	if k := r.public[serial]; k != nil {
		return k
	}
	if r.mode == KeysTransition {
		return r.certificate
	}
	return r.current
}

func (s *Server) newKeyID() string { return "PUB_KEY_ID_0" + s.token("0123456789", 27) }

// SetKeyMode switches the merchant; a platform certificate is made when it is
// first needed.
func (s *Server) SetKeyMode(mode KeyMode) error {
	switch mode {
	case KeysPublic:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.keys.mode, s.keys.certificate, s.keys.listed = mode, nil, nil
		return nil
	case KeysTransition, KeysCertificate:
		key, err := s.certificateKey()
		if err != nil {
			return fmt.Errorf("make the platform certificate's key: %w", err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.keys.mode = mode
		if s.keys.certificate != nil {
			return nil
		}
		serial, err := s.list(key, s.clock().Add(-24*time.Hour), 0)
		if err == nil {
			s.keys.certificate = s.keys.find(serial).wechatKey
		}
		return err
	}
	return fmt.Errorf("key mode %q is none of public-key, transition, certificate", mode)
}

// certificateKey is the key of the next platform certificate.
func (s *Server) certificateKey() (*rsa.PrivateKey, error) {
	s.mu.Lock()
	if ready := s.keys.ready; len(ready) > 0 {
		s.keys.ready = ready[1:]
		s.mu.Unlock()
		return ready[0], nil
	}
	s.mu.Unlock()
	return orNewKey(nil)
}

// RotateKey puts a new WeChat Pay public key in force and returns its ID.
// Requests that name an older one are answered with that until RetireKey.
func (s *Server) RotateKey() (id string, err error) {
	key, err := orNewKey(nil)
	if err != nil {
		return "", fmt.Errorf("make a WeChat Pay public key: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := &wechatKey{id: s.newKeyID(), private: key}
	s.keys.add(k)
	return k.id, nil
}

// RetireKey ends the use of an older WeChat Pay public key. Requests that name
// it are answered with the key in force.
func (s *Server) RetireKey(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.keys.public[id] == nil:
		return fmt.Errorf("public key %q does not exist or is retired", id)
	case s.keys.current.id == id:
		return fmt.Errorf("public key %s is the one in force: rotate first", id)
	}
	delete(s.keys.public, id)
	return nil
}

// AddMerchantKey registers one more merchant API certificate: a merchant may
// have several at a time.
func (s *Server) AddMerchantKey(serial string, public *rsa.PublicKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys.merchant[serial] = public
}

// RevokeMerchantKey ends a merchant API certificate: calls signed with it are
// answered with 401 SIGN_ERROR.
func (s *Server) RevokeMerchantKey(serial string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys.merchant, serial)
}
