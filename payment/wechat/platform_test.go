package wechat_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kioskd/payment/paytest"
	"kioskd/sale"
)

func TestFirstCallDownloads(t *testing.T) {
	r := newRig(t, certificates)
	serial := r.Server.Merchant().CertificateSerial
	r.Created(t, r.g, 1)
	if err := r.query(t); err != nil {
		t.Error(err)
	}
	if got, want := r.sent.take(), fmt.Sprintf("certificates , native %s, SH0042-000001 %[1]s", serial); got != want {
		t.Errorf("accepted: %s\nwant      %s", got, want)
	}
	if err := r.g.Refresh(t.Context()); err != nil || r.downloads() != 2 {
		t.Errorf("refreshed: %v after %d downloads", err, r.downloads())
	}
	if got, want := r.log.String(), `msg="platform certificates" serials=`+serial; strings.Count(got, want) != 1 {
		t.Errorf("the log is\n%swant once %s", got, want)
	}
}

func TestConcurrentCallsDownloadOnce(t *testing.T) {
	r := newRig(t, certificates)
	r.Server.Behave(func(b *paytest.Behaviour) { b.Latency = 50 * time.Millisecond })
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if err := r.g.Ping(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := r.downloads(); n != 1 {
		t.Errorf("%d downloads, want 1", n)
	}
}

// A public key needs no certificates, and a client without apiv3_key asks for
// none.
func TestPublicKeyDownloadsNothing(t *testing.T) {
	r := newRig(t, func(*paytest.Options) {})
	r.Created(t, r.g, 1)
	if err := errors.Join(r.query(t), r.g.Refresh(t.Context())); err != nil || r.downloads() != 0 {
		t.Errorf("%v, %d downloads", err, r.downloads())
	}
}

// What the provider lists in time is known when it is used.
func TestCertificateChange(t *testing.T) {
	r := newRig(t, certificates)
	r.Created(t, r.g, 1)
	r.clock.move(time.Hour)
	next, err := r.Server.ListCertificate(0)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.g.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.sent.take()
	if err := r.query(t); err != nil { // signed with the old one
		t.Error(err)
	}
	if err := r.Server.UseCertificate(next); err != nil {
		t.Fatal(err)
	}
	if err := r.query(t); err != nil {
		t.Error(err)
	}
	if got, want := r.sent.take(), fmt.Sprintf("SH0042-000001 %s, SH0042-000001 %[1]s", next); got != want {
		t.Errorf("accepted: %s\nwant      %s", got, want)
	}
}

// After a change that was missed, one download finds the new certificate.
func TestUnknownSerialIsLookedUpOnce(t *testing.T) {
	r := newRig(t, certificates)
	r.Created(t, r.g, 1)
	r.clock.move(time.Hour)
	change := func() {
		t.Helper()
		next, err := r.Server.ListCertificate(0)
		if err == nil {
			err = r.Server.UseCertificate(next)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	change()
	if err := r.query(t); err != nil || r.downloads() != 2 {
		t.Errorf("%v after %d downloads", err, r.downloads())
	}
	change()
	want(t, r.query(t), sale.ErrTemporary, sale.CodePayVerify, "the answer is signed with the unknown key") // too soon
	if n := r.downloads(); n != 2 {
		t.Errorf("%d downloads within a minute, want 2", n)
	}
	r.clock.move(61 * time.Second)
	if err := r.query(t); err != nil || r.downloads() != 3 {
		t.Errorf("%v after %d downloads", err, r.downloads())
	}
	r.clock.move(61 * time.Second)
	change()
	if err := r.Server.SpoilCertificates(paytest.FlawWithoutInUse); err != nil {
		t.Fatal(err)
	}
	want(t, r.query(t), sale.ErrTemporary, sale.CodePayVerify, "the answer is signed with the unknown key")
	if n := r.downloads(); n != 4 {
		t.Errorf("%d downloads, want 4", n)
	}
	r.clock.move(61 * time.Second) // a public key's id is no certificate
	if err := r.Server.Queue(paytest.CallQuery, paytest.Fault{Name: paytest.FaultUnknownSerial}); err != nil {
		t.Fatal(err)
	}
	want(t, r.query(t), sale.ErrTemporary, sale.CodePayVerify, `the answer is signed with the unknown key "PUB_KEY_ID_`)
	if n := r.downloads(); n != 4 {
		t.Errorf("%d downloads, want 4", n)
	}
}

// Who has paid waits for no more than a few seconds after a download that was lost.
func TestALostDownloadIsTriedAgainSoon(t *testing.T) {
	r := newRig(t, certificates)
	r.Created(t, r.g, 1)
	r.clock.move(time.Hour)
	next, err := r.Server.ListCertificate(0)
	if err == nil {
		err = r.Server.UseCertificate(next)
	}
	if err == nil {
		lost := paytest.Fault{Name: paytest.FaultResetBefore} // at either base URL
		err = r.Server.Queue(paytest.CallCertificates, lost, lost)
	}
	if err != nil {
		t.Fatal(err)
	}
	before := r.downloads()
	for range 3 { // one asks, the others are held off
		want(t, r.query(t), sale.ErrTemporary, sale.CodePayVerify, "the answer is signed with the unknown key")
	}
	if n := r.downloads() - before; n != 2 {
		t.Errorf("%d downloads at once, want 2", n)
	}
	r.clock.move(5 * time.Second)
	if err := r.query(t); err != nil || r.downloads()-before != 3 {
		t.Errorf("%v after %d downloads", err, r.downloads()-before)
	}
	r.clock.move(5 * time.Second) // one that was answered keeps its minute
	if next, err = r.Server.ListCertificate(0); err == nil {
		err = r.Server.UseCertificate(next)
	}
	if err != nil {
		t.Fatal(err)
	}
	want(t, r.query(t), sale.ErrTemporary, sale.CodePayVerify, "the answer is signed with the unknown key")
	if n := r.downloads() - before; n != 3 {
		t.Errorf("%d downloads within a minute of an answer, want 3", n)
	}
}

func TestExpiredCertificate(t *testing.T) {
	r := newRig(t, certificates)
	r.Created(t, r.g, 1)
	r.clock.move(6 * 365 * 24 * time.Hour)
	want(t, r.query(t), sale.ErrTemporary, sale.CodePayVerify, "which is valid from 2026-11-22 to 2031-11-21")
	if _, err := r.Server.ListCertificate(0); err != nil { // listed, and the old one still signs
		t.Fatal(err)
	}
	want(t, r.g.Refresh(t.Context()), sale.ErrTemporary, sale.CodePayVerify, "which is valid from 2026-11-22 to 2031-11-21")
}

// In change-over the answers of either side of the change are good, and the
// public key is what is asked for.
func TestChangeOver(t *testing.T) {
	r := newRig(t, changeOver)
	id := r.Server.Merchant().PublicKeyID
	r.Created(t, r.g, 1)
	if err := r.query(t); err != nil || r.downloads() != 0 {
		t.Errorf("public key: %v, %d downloads", err, r.downloads())
	}
	if err := r.Server.SetKeyMode(paytest.KeysCertificate); err != nil { // not enabled yet
		t.Fatal(err)
	}
	if err := r.query(t); err != nil || r.downloads() != 1 {
		t.Errorf("certificate: %v, %d downloads", err, r.downloads())
	}
	if got, want := r.sent.take(), strings.ReplaceAll("native ID, SH0042-000001 ID, SH0042-000001 ID, certificates ID", "ID", id); got != want {
		t.Errorf("accepted: %s\nwant      %s", got, want)
	}
	if err := r.Server.SetKeyMode(paytest.KeysPublic); err != nil { // complete
		t.Fatal(err)
	}
	if err := r.query(t); err != nil {
		t.Error(err)
	}
	want(t, r.g.Refresh(t.Context()), sale.ErrMerchant, sale.CodePayMerchant, "(the change to the public key is complete: take apiv3_key out)")
}

// A merchant of today has no certificates. It is not asked about more than
// once a minute, and nothing is ordered meanwhile.
func TestNoCertificatesForThisMerchant(t *testing.T) {
	r := newRig(t, certificates)
	if err := r.Server.SetKeyMode(paytest.KeysPublic); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		want(t, r.g.Ping(t.Context()), sale.ErrMerchant, sale.CodePayMerchant,
			"ping: download the platform certificates: E-PAY-02: WeChat Pay has no platform certificates for this merchant: merchant set-up: HTTP 404 RESOURCE_NOT_EXISTS: "+
				"无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥 (download the WeChat Pay public key from the merchant portal, write public_key_id and public_key, and take apiv3_key out)")
	}
	if n := r.downloads(); n != 1 {
		t.Errorf("%d downloads, want 1", n)
	}
	r.clock.move(61 * time.Second)
	want(t, r.g.Ping(t.Context()), sale.ErrMerchant, sale.CodePayMerchant, "")
	if n := r.downloads(); n != 2 {
		t.Errorf("%d downloads, want 2", n)
	}
}

func TestEndOfTheNewestIsSaidOnce(t *testing.T) {
	r := newRig(t, certificates)
	r.clock.move(5*365*24*time.Hour - 3*24*time.Hour)
	for range 3 {
		if err := r.g.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	const said = "level=WARN msg=\"the newest platform certificate expires and WeChat Pay lists no other yet\""
	if n := strings.Count(r.log.String(), said); n != 1 {
		t.Errorf("said %d times:\n%s", n, r.log)
	}
	if _, err := r.Server.ListCertificate(0); err != nil {
		t.Fatal(err)
	}
	if err := r.g.Refresh(t.Context()); err != nil || strings.Count(r.log.String(), said) != 1 {
		t.Errorf("%v\n%s", err, r.log)
	}
}
