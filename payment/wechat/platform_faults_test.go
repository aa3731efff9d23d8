package wechat_test

import (
	"errors"
	"testing"
	"time"

	"kioskd/payment/paytest"
	"kioskd/sale"
)

// Nothing that is said about the certificates is taken for a word about an
// order.
func TestLiesAboutCertificates(t *testing.T) {
	for _, code := range []string{"ORDERPAID", "ORDER_CLOSED", "USERPAYING", "NOT_ENOUGH", "ORDER_NOT_EXIST", "PARAM_ERROR"} {
		r := newRig(t, certificates)
		f := paytest.Fault{Name: paytest.FaultError, Status: 400, Code: code}
		if err := r.Server.Queue(paytest.CallCertificates, f); err != nil {
			t.Fatal(err)
		}
		o := sale.Order{Number: "SH0042-000001", Product: sale.Product{Price: 200}}
		err := r.g.Close(t.Context(), o)
		want(t, err, sale.ErrMerchant, sale.CodePayMerchant, code)
		for _, class := range []error{sale.ErrPaid, sale.ErrAlreadyClosed, sale.ErrPaying, sale.ErrNotEnough, sale.ErrNotFound, sale.ErrRefused, sale.ErrTemporary} {
			if errors.Is(err, class) {
				t.Errorf("%s: %v is %v", code, err, class)
			}
		}
	}
}

func TestFlawedCertificates(t *testing.T) {
	texts := map[paytest.CertificateFlaw]string{
		paytest.FlawNonceLong:    ": its nonce has 16 bytes, not 12",
		paytest.FlawNonceEmpty:   ": its nonce has 0 bytes, not 12",
		paytest.FlawShort:        ": its ciphertext is too short",
		paytest.FlawNotBase64:    ": its ciphertext is not base64",
		paytest.FlawAssociated:   ": it does not open with apiv3_key",
		paytest.FlawForeignKey:   ": it does not open with apiv3_key",
		paytest.FlawNotPEM:       ": it is not a certificate",
		paytest.FlawTwice:        " twice",
		paytest.FlawOtherSerial:  `certificate "1234567890ABCDEF": its own serial is `,
		paytest.FlawNoneListed:   "the answer has no certificate with AEAD_AES_256_GCM",
		paytest.FlawOtherKind:    "the answer has no certificate with AEAD_AES_256_GCM",
		paytest.FlawWithoutInUse: "the answer has no certificate with AEAD_AES_256_GCM",
	}
	for _, flaw := range paytest.CertificateFlaws() {
		r := newRig(t, certificates)
		if err := r.Server.SpoilCertificates(flaw); err != nil {
			t.Fatal(err)
		}
		o := sale.Order{Number: "SH0042-000001", Product: sale.Product{Name: "tea", Price: 200}}
		var err error
		if o.Request, err = r.g.Prepare(o, r.clock.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		code, err := r.g.Create(t.Context(), o)
		if texts[flaw] == "" || code != "" {
			t.Errorf("%s: %q, and the test has the text %q", flaw, code, texts[flaw])
		}
		want(t, err, sale.ErrTemporary, sale.CodePayVerify, texts[flaw])
		if n := r.Server.Stats().Calls[paytest.CallCreate]; n != 0 {
			t.Errorf("%s: an order was created that could not be proved", flaw)
		}
		if err := r.Server.SpoilCertificates(paytest.FlawNone); err != nil {
			t.Fatal(err)
		}
		if code, err = r.g.Create(t.Context(), o); err != nil || code == "" {
			t.Errorf("%s: afterwards %q, %v", flaw, code, err)
		}
	}
}

// Whatever happens to a certificate answer on its way, what was known stays.
func TestFaultsOfTheDownload(t *testing.T) {
	for _, name := range []paytest.FaultName{paytest.FaultMisSigned, paytest.FaultSignTest, paytest.FaultSignTestBad, paytest.FaultUnsigned,
		paytest.FaultUnknownSerial, paytest.FaultStale, paytest.FaultFuture, paytest.FaultTruncated, paytest.FaultHTML200, paytest.FaultHTML502,
		paytest.FaultEmpty200, paytest.FaultHuge200, paytest.FaultResetBefore} {
		r := newRig(t, certificates)
		fault := paytest.Fault{Name: name}
		if err := r.Server.Queue(paytest.CallCertificates, fault, fault); err != nil {
			t.Fatal(err)
		}
		if err := r.g.Ping(t.Context()); !errors.Is(err, sale.ErrTemporary) {
			t.Errorf("%s: %v", name, err)
		}
		r.Server.ClearFaults()
		if err := r.g.Ping(t.Context()); err != nil {
			t.Errorf("%s: afterwards %v", name, err)
		}
		if err := r.Server.Queue(paytest.CallCertificates, fault, fault); err != nil {
			t.Fatal(err)
		}
		r.Created(t, r.g, 1)
		if err := r.g.Refresh(t.Context()); !errors.Is(err, sale.ErrTemporary) {
			t.Errorf("%s: refresh: %v", name, err)
		}
		if err := r.query(t); err != nil {
			t.Errorf("%s: after the refresh: %v", name, err)
		}
	}
}
