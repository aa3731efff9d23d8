package simweb_test

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/internal/browsertest"
	"kioskd/internal/simweb"
	"kioskd/payment/paytest"
	"kioskd/payment/wechat"
	"kioskd/sale"
)

// desk is the page with both simulators behind it.
type desk struct {
	url      string
	provider *paytest.Server
	cabinet  *devicetest.Cabinet
	client   *wechat.Client
	orders   int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	dir := t.TempDir()
	provider, err := paytest.New(paytest.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := provider.Start(t.Context(), "127.0.0.1:0", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { provider.Close() })
	if err := provider.WriteFiles(dir); err != nil {
		t.Fatal(err)
	}
	m := provider.Merchant()
	client, err := wechat.New(wechat.Settings{
		AppID: m.AppID, MchID: m.MchID, MerchantSerial: m.Serial, MerchantKey: filepath.Join(dir, paytest.MerchantKeyFile),
		PublicKeyID: m.PublicKeyID, PublicKey: filepath.Join(dir, paytest.PublicKeyFile), NotifyURL: m.NotifyURL, BaseURLs: provider.URLs(),
	}, wechat.Options{})
	if err != nil {
		t.Fatal(err)
	}
	products := []simweb.Product{{11, "农夫山泉 550ml", "2.00"}, {12, "可口可乐 330ml", "3.50"}, {21, "东方树叶 茉莉花茶 500ml", "5.50"}, {111, "心相印纸巾", "1.50"}}
	o := devicetest.Options{Link: filepath.Join(dir, "ttyVMC"), VendTime: 50 * time.Millisecond, Seed: 1}
	for _, p := range products {
		o.Slots = append(o.Slots, devicetest.Slot{Number: p.Slot, Price: 100, Stock: 8})
	}
	cabinet, err := devicetest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cabinet.Close() })
	shown := image.NewRGBA(image.Rect(0, 0, 540, 960))
	draw.Draw(shown, shown.Rect, image.NewUniform(color.RGBA{7, 193, 96, 255}), image.Point{}, draw.Src)
	server := httptest.NewServer(simweb.Handler(simweb.Sides{
		Title: "kioskd", Phone: provider.Control(), Cabinet: cabinet.Control(), Products: products,
		Screen: func() (image.Image, bool) { return shown, true },
	}))
	t.Cleanup(server.Close)
	return &desk{url: server.URL + "/", provider: provider, cabinet: cabinet, client: client}
}

// order makes an order as kioskd would and returns its number.
func (d *desk) order(t *testing.T, name string, price sale.Fen) sale.Order {
	t.Helper()
	d.orders++
	o := sale.Order{Number: sale.Number("SIM1" + strconv.Itoa(100000+d.orders)), Product: sale.Product{Slot: 11, Name: name, Price: price}, CreatedAt: time.Now()}
	var err error
	if o.Request, err = d.client.Prepare(o, time.Now().Add(10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if o.CodeURL, err = d.client.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return o
}

func (d *desk) state(t *testing.T, o sale.Order) paytest.Order {
	t.Helper()
	s, err := d.provider.Order(string(o.Number))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// vend plays a host on the cabinet's line that sends one drive command and
// acknowledges everything until the product has fallen.
func (d *desk) vend(t *testing.T, slot int) {
	t.Helper()
	port, err := os.OpenFile(d.cabinet.Path(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	command := []byte{0xFA, 0xFB, 0x06, 0x05, 0x01, 0x01, 0x00, byte(slot >> 8), byte(slot)}
	var sum byte
	for _, b := range command {
		sum ^= b
	}
	command = append(command, sum)
	ack := []byte{0xFA, 0xFB, 0x42, 0x00, 0x43}
	before := len(d.cabinet.Drops())
	var heard []byte
	for end := time.Now().Add(time.Minute); len(d.cabinet.Drops()) == before; {
		if time.Now().After(end) {
			t.Fatal("nothing fell within a minute")
		}
		b := make([]byte, 256)
		n, err := port.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, b[:n]...)
		answer := ack
		if bytes.HasSuffix(heard, []byte{0xFA, 0xFB, 0x41, 0x00, 0x40}) && command != nil {
			answer, command = command, nil
		}
		if _, err := port.Write(answer); err != nil {
			t.Fatal(err)
		}
	}
}

// picture keeps a screenshot where PICTURES names a folder, for a person to
// look at.
func picture(t *testing.T, p *browsertest.Page, name string) {
	t.Helper()
	if dir := os.Getenv("PICTURES"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".png"), p.Screenshot(), 0o644); err != nil {
			t.Error(err)
		}
	}
}

// content tests that the page did nothing that the browser minds. A phone that
// refuses is none of it: the browser notes every 409.
func content(t *testing.T, p *browsertest.Page) {
	t.Helper()
	for _, c := range p.Complaints() {
		if !strings.Contains(c, "status of 409") {
			t.Errorf("the page complains: %s", c)
		}
	}
}
