package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kioskd/payment/paytest"
)

const (
	apiV3, apiV2 = "v3", "v2" // of --api

	configFile   = "kioskd.yaml"
	providerFile = "simulator_key.pem" // the private half of WeChat Pay's public key
	socketFile   = "kioskd.sock"
	maxSocket    = 100 // bytes of its full path that kioskd takes

	// mark begins a config that kiosk-sim wrote. Without it the folder belongs
	// to somebody else, perhaps to a real merchant.
	mark = "# kiosk-sim"
)

// folder is where the keys and the config go.
type folder struct {
	path  string
	port  string // absolute
	board string // driver of what is behind it
	api   string // version of the payment's interface
	ours  bool   // an earlier run has been here
}

// openFolder makes the folder, or makes sure that nothing in it would be lost.
func openFolder(dir, port, board, api string) (*folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", dir, err)
	}
	if port == "" {
		port = filepath.Join(abs, "ttyVMC")
	}
	if port, err = filepath.Abs(port); err != nil {
		return nil, fmt.Errorf("find %s: %w", port, err)
	}
	f := &folder{path: abs, port: port, board: board, api: api}
	if n := len(f.file(socketFile)); n > maxSocket {
		return nil, wrong("--dir %s: with kioskd's socket its path has %d bytes, %d are allowed: choose a shorter one", dir, n, maxSocket)
	}
	if info, err := os.Stat(abs); err == nil && !info.IsDir() {
		return nil, wrong("--dir %s: that is a file: write the path of a folder", dir)
	}
	if err := os.MkdirAll(abs, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder for the config: %w", err)
	}
	old, err := os.ReadFile(f.config())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the config of an earlier run: %w", err)
	}
	f.ours = bytes.HasPrefix(old, []byte(mark))
	if f.ours {
		return f, nil
	}
	for _, name := range []string{
		configFile, paytest.MerchantKeyFile, paytest.PublicKeyFile, paytest.CertificateFile, paytest.APIv3KeyFile,
		paytest.APIKeyFile, providerFile,
	} {
		if _, err := os.Lstat(f.file(name)); !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("--dir %s: its %s is not from kiosk-sim and would be lost: choose another folder", dir, name)
		}
	}
	return f, nil
}

func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

func (f *folder) config() string { return f.file(configFile) }

// keys are the two pairs and the APIv3 key, so that a restart does not make
// them strangers to a client that goes on.
type keys struct {
	merchant, provider *rsa.PrivateKey
	apiv3              string // "" for a new one
}

// keys reads those of an earlier run. What is missing is made.
func (f *folder) keys() (k keys, err error) {
	if k.merchant, err = f.key(paytest.MerchantKeyFile); err != nil {
		return k, err
	}
	if data, err := os.ReadFile(f.file(paytest.APIv3KeyFile)); err == nil && len(bytes.TrimSpace(data)) == 32 {
		k.apiv3 = string(bytes.TrimSpace(data))
	}
	k.provider, err = f.key(providerFile)
	return k, err
}

func (f *folder) key(name string) (*rsa.PrivateKey, error) {
	if data, err := os.ReadFile(f.file(name)); err == nil {
		if block, _ := pem.Decode(data); block != nil {
			if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
				if key, ok := key.(*rsa.PrivateKey); ok {
					return key, nil
				}
			}
		}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", name, err)
	}
	return key, nil
}

// write puts everything into the folder, the config last.
func (f *folder) write(s *paytest.Server, k keys) error {
	der, err := x509.MarshalPKCS8PrivateKey(k.provider)
	if err != nil {
		return fmt.Errorf("encode %s: %w", providerFile, err)
	}
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	// The mark goes first: a run that ends in between must not lock itself out.
	if !f.ours {
		if err := replace(f.config(), []byte(mark+"\n"), 0o644); err != nil {
			return err
		}
	}
	if err := replace(f.file(providerFile), key, 0o600); err != nil {
		return err
	}
	files, settings := s.WriteFiles, s.Settings
	if f.api == apiV2 {
		files, settings = s.WriteFilesV2, s.SettingsV2
	}
	if err := files(f.path); err != nil {
		return err
	}
	return replace(f.config(), f.configText(settings()), 0o644)
}

// replace writes a file in one step.
func replace(path string, data []byte, mode fs.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".kiosk-sim-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(data)
	if e := tmp.Chmod(mode); err == nil {
		err = e
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
