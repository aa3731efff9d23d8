package paytest

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
)

// writeMore writes what a merchant with platform certificates has besides: its
// own certificate and the APIv3 key (mode 0600).
func (s *Server) writeMore(dir string) error {
	if s.keyMode() == KeysPublic {
		return nil
	}
	cert, err := s.MerchantCertificate()
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, CertificateFile), cert, 0o644); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, APIv3KeyFile), []byte(s.merchant.APIv3Key+"\n"), 0o600)
}

// writeFile goes over a temporary file, so that an old file's mode cannot stay
// and a reader never sees half a key.
func writeFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	err = f.Chmod(mode)
	if err == nil {
		_, err = f.Write(data)
	}
	err = cmp.Or(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func (s *Server) keyMode() KeyMode {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys.mode
}

// settingsOf are the lines of Settings that name merchant and keys.
func (s *Server) settingsOf(m Merchant) [][2]string {
	who := [][2]string{{"appid", m.AppID}, {"mchid", m.MchID}}
	if s.partner {
		who = [][2]string{{"sp_appid", m.AppID}, {"sp_mchid", m.MchID}, {"sub_appid", m.SubAppID}, {"sub_mchid", m.SubMchID}}
	}
	mode := s.keyMode()
	own := [][2]string{{"merchant_cert", CertificateFile}, {"merchant_key", MerchantKeyFile}, {"apiv3_key", APIv3KeyFile}}
	if mode == KeysPublic {
		own = [][2]string{{"merchant_serial", m.Serial}, {"merchant_key", MerchantKeyFile}}
	}
	if mode != KeysCertificate {
		own = append(own, [2]string{"public_key_id", m.PublicKeyID}, [2]string{"public_key", PublicKeyFile})
	}
	return append(append(who, own...), [2]string{"notify_url", m.NotifyURL})
}
