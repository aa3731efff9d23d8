package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"os"
	"path/filepath"
	"time"

	"kioskd/device/devicetest"
	"kioskd/device/vmc"
	"kioskd/payment/paytest"
	"kioskd/payment/wechat"
	"kioskd/sale"
)

// products is what every world sells.
var products = []sale.Product{
	{Slot: 11, Name: "农夫山泉 550ml", Price: 200}, {Slot: 12, Name: "可口可乐 330ml", Price: 350},
	{Slot: 13, Name: "康师傅冰红茶 500ml", Price: 400}, {Slot: 14, Name: "乐事薯片 原味", Price: 600},
}

// vendTime is short: nobody measures the motor.
const vendTime = 400 * time.Millisecond

// world is one provider and one machine with the real client and driver.
type world struct {
	dir      string
	provider *paytest.Server
	cabinet  *devicetest.Cabinet
	gateway  *wechat.Client
	board    *vmc.Dev
}

// keys are shared by all worlds: making them takes longer than all the rest.
type keys struct{ merchant, provider *rsa.PrivateKey }

func newKeys() (k keys, err error) {
	if k.merchant, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		return k, err
	}
	k.provider, err = rsa.GenerateKey(rand.Reader, 2048)
	return k, err
}

func newWorld(ctx context.Context, dir string, k keys, seed uint64) (w *world, err error) {
	return newWorldAt(ctx, dir, k, seed, pollEvery)
}

// newWorldAt is one whose board POLLs at another pace.
func newWorldAt(ctx context.Context, dir string, k keys, seed uint64, pollEvery time.Duration) (w *world, err error) {
	w = &world{dir: dir}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if err = os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	o := paytest.Options{Seed: seed, Latency: latency, MerchantKey: k.merchant, PublicKey: k.provider}
	if w.provider, err = paytest.New(o); err != nil {
		return nil, err
	}
	if err = w.provider.Start(ctx, "127.0.0.1:0"); err != nil {
		return nil, err
	}
	if err = w.provider.WriteFiles(dir); err != nil {
		return nil, err
	}
	c := devicetest.Options{
		Link: filepath.Join(dir, "ttyVMC"), PollEvery: pollEvery, AnswerWithin: answerWithin, VendTime: vendTime, Seed: seed,
	}
	for _, p := range products {
		c.Slots = append(c.Slots, devicetest.Slot{Number: int(p.Slot), Price: int(p.Price), Stock: 250})
	}
	if w.cabinet, err = devicetest.Start(c); err != nil {
		return nil, err
	}
	if w.gateway, err = wechat.New(w.settings(), wechat.Options{}); err != nil {
		return nil, err
	}
	s := vmc.DefaultSettings()
	s.Pace = 0 // the customers here come faster than people
	w.board = vmc.Open(w.cabinet.Path(), s, vmc.Options{})
	return w, nil
}

func (w *world) settings() wechat.Settings {
	m := w.provider.Merchant()
	return wechat.Settings{
		AppID: m.AppID, MchID: m.MchID, MerchantSerial: m.Serial, PublicKeyID: m.PublicKeyID, NotifyURL: m.NotifyURL,
		MerchantKey: filepath.Join(w.dir, paytest.MerchantKeyFile), PublicKey: filepath.Join(w.dir, paytest.PublicKeyFile),
		BaseURLs: w.provider.URLs(),
	}
}

func (w *world) close() {
	if w.board != nil {
		_ = w.board.Close()
	}
	if w.cabinet != nil {
		_ = w.cabinet.Close()
	}
	if w.provider != nil {
		_ = w.provider.Close()
	}
}
