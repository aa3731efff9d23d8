package desk

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"os"
	"time"

	"kioskd/sale"
)

// Keys are what a provider needs. They take long to make and may be shared by
// any number of desks. With them a harness can also sign as the provider does.
type Keys struct {
	Merchant, Provider *rsa.PrivateKey
	// Certificates are the keys of the platform certificates, in the order in
	// which these are made. What is not there is made when it is needed.
	Certificates []*rsa.PrivateKey
}

// NewKeys makes both, and none of a certificate.
func NewKeys() (Keys, error) {
	m, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return Keys{}, fmt.Errorf("make the merchant's key: %w", err)
	}
	p, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return Keys{}, fmt.Errorf("make the provider's key: %w", err)
	}
	return Keys{Merchant: m, Provider: p}, nil
}

// WithCertificates adds the keys of n platform certificates.
func (k Keys) WithCertificates(n int) (Keys, error) {
	for range n {
		c, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return Keys{}, fmt.Errorf("make a platform certificate's key: %w", err)
		}
		k.Certificates = append(k.Certificates, c)
	}
	return k, nil
}

// Memory makes a folder that needs no disk, where there is such a place.
func Memory() (dir string, remove func(), err error) {
	root := ""
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		root = "/dev/shm"
	}
	if dir, err = os.MkdirTemp(root, "kioskd-desk-"); err != nil {
		return "", nil, err
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

// Slots are what a desk sells, each at a hundred fen times its number.
var Slots = []int{11, 12, 13, 14}

func products() (all []sale.Product) {
	for _, s := range Slots {
		all = append(all, sale.Product{Slot: sale.Slot(s), Name: fmt.Sprint("product ", s), Price: sale.Fen(100 * s)})
	}
	return all
}

// Clock is wall time with an error of its own. Its idea of what is plausible
// is the daemon's.
type Clock struct {
	mu   lock
	skew time.Duration
}

// Now implements sale.Clock.
func (c *Clock) Now() time.Time {
	defer c.mu.hold()()
	return time.Now().Add(c.skew).Round(0)
}

// Plausible implements sale.Clock.
func (c *Clock) Plausible() error {
	now := c.Now()
	if now.After(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) && now.Year() < 2100 {
		return nil
	}
	return &sale.Fault{Code: sale.CodeClock, What: "the clock says " + now.UTC().Format("2006-01-02 15:04"), Hint: "connect the network"}
}

// Step sets the clock forward or back.
func (c *Clock) Step(d time.Duration) {
	defer c.mu.hold()()
	c.skew += d
}

// Set makes the clock say t now.
func (c *Clock) Set(t time.Time) {
	defer c.mu.hold()()
	c.skew = time.Until(t)
}
