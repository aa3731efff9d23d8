//go:build !commands

package main

import (
	"context"
	"fmt"
	"image"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kioskd/configs"
	"kioskd/daemon"
	"kioskd/device/devicetest"
	"kioskd/export/sheet"
	"kioskd/face"
	"kioskd/internal/simweb"
	"kioskd/payment/paytest"
	"kioskd/sale"
	"kioskd/store"
	"kioskd/watch/logs"
)

// demo is the simulated world around a daemon.
type demo struct {
	flags    demoFlags
	dir      string
	provider *paytest.Server
	cabinet  *devicetest.Cabinet
	config   *configs.Config
	pin      string // of the panel
	log      *slog.Logger
}

func runDemo(ctx context.Context, f demoFlags, out, errs io.Writer) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	shown := io.Discard
	if f.verbose {
		shown = errs
	}
	log := logs.Open(logs.Options{Target: logs.Stderr, Level: slog.LevelInfo, Errs: shown})
	defer log.Close()
	d := &demo{flags: f, log: log.Logger}
	if d.dir, err = os.MkdirTemp("", "kioskd-demo-"); err != nil {
		return err
	}
	defer os.RemoveAll(d.dir)
	if err := d.world(ctx, errs); err != nil {
		return err
	}
	defer d.provider.Close()
	defer d.cabinet.Close()

	face := face.New(d.log, windows())
	face.Desk = true
	var crowd *crowd
	daemon := &daemon.Daemon{Config: d.config, Log: d.log, Lines: log, Face: face, Sheet: sheet.Write, Checker: selfCheck(), Version: version(), Drivers: known()}
	daemon.PanelAt = d.tellPanel(out)
	if f.customers > 0 {
		crowd = newCrowd(d, face)
		daemon.Wrap = crowd.watch
		daemon.Ready = func(s *store.Store, _ *sale.Machine) {
			go func() {
				crowd.play(ctx, s, out)
				stop()
			}()
		}
	} else {
		daemon.File = d.file() // a price can be changed
		page, err := d.serve(ctx, face)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "kioskd demo: open %s for the keypad, the phone and the cabinet\n", page)
	}
	if err := daemon.Run(ctx); err != nil {
		return err
	}
	if crowd != nil {
		return crowd.report(out, f.json)
	}
	return nil
}

// world starts the simulators and writes the config that leads to them.
func (d *demo) world(ctx context.Context, errs io.Writer) (err error) {
	latency := 80 * time.Millisecond
	if d.provider, err = paytest.New(paytest.Options{Seed: d.flags.seed, Latency: latency, Log: d.log}); err != nil {
		return fmt.Errorf("simulated WeChat Pay: %w", err)
	}
	if err = d.provider.Start(ctx, "127.0.0.1:0"); err != nil {
		return fmt.Errorf("simulated WeChat Pay: %w", err)
	}
	write := d.provider.WriteFiles
	if d.flags.payment == "wechat-v2" {
		write = d.provider.WriteFilesV2
	}
	if err = write(d.dir); err != nil {
		return err
	}
	var slots []devicetest.Slot
	for _, p := range demoProducts {
		slots = append(slots, devicetest.Slot{Number: p.slot, Price: p.fen, Stock: p.stock})
	}
	port := filepath.Join(d.dir, "ttyVMC")
	o := devicetest.Options{Slots: slots, Link: port, Seed: d.flags.seed, Log: d.log}
	if d.flags.customers > 0 {
		// The protocol's 100 ms are missed on a desk that is busy with other
		// things; the customers of a script are not there to test that.
		o.AnswerWithin = time.Second
	}
	if d.cabinet, err = devicetest.Start(o); err != nil {
		return fmt.Errorf("simulated cabinet: %w", err)
	}
	service, err := d.panel()
	if err != nil {
		return err
	}
	if err = os.WriteFile(d.file(), []byte(d.yaml(port)+service), 0o600); err != nil {
		return err
	}
	if d.config, err = load(d.file(), errs); err == nil && d.flags.customers > 0 {
		d.config.Sale.PayWithin = scriptedWindow
	}
	return err
}

// scriptedWindow is shorter than a config may say: nobody wants to watch a
// scripted customer walk away.
const scriptedWindow = 12 * time.Second

// emptySlot has been sold out from the start.
const emptySlot = 24

var demoProducts = []struct {
	slot, fen, stock int
	name             string
}{
	{11, 200, 40, "农夫山泉 550ml"}, {12, 350, 40, "可口可乐 330ml"}, {13, 400, 40, "康师傅冰红茶 500ml"},
	{14, 550, 40, "东方树叶 乌龙茶"}, {21, 600, 40, "乐事薯片 原味"}, {22, 800, 40, "德芙巧克力"},
	{23, 450, 40, "旺旺雪饼"}, {emptySlot, 300, 0, "王老吉 310ml"}, {31, 1200, 40, "三只松鼠坚果"},
}

func (d *demo) yaml(port string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "machine: {id: DEMO1, name: 演示机, language: zh, help: 400-000-0000}\n")
	fmt.Fprintf(&b, "store: {path: kioskd.db, reserve: 1MiB}\ncontrol: {socket: kioskd.sock}\n")
	fmt.Fprintf(&b, "controller: {driver: vmc, port: %q, settings: {counts: true, pace: 0s}}\n", port)
	merchant := d.provider.Settings()
	if d.flags.payment == "wechat-v2" {
		merchant = d.provider.SettingsV2()
	}
	fmt.Fprintf(&b, "payment:\n  driver: %s\n  settings:\n    %s\n", d.flags.payment, strings.ReplaceAll(strings.TrimSpace(merchant), "\n", "\n    "))
	fmt.Fprintf(&b, "sale: {dispense_within: 20s}\nwatch: {metrics: %q}\n", d.flags.metrics)
	fmt.Fprintf(&b, "screen: {driver: %s, windowed: %v, theme: day}\nproducts:\n", d.flags.screen, d.flags.windowed)
	for _, p := range demoProducts {
		fmt.Fprintf(&b, "  - {slot: %d, name: %s, price: %q}\n", p.slot, p.name, sale.Fen(p.fen))
	}
	return b.String()
}

// serve starts the page that plays the people.
func (d *demo) serve(ctx context.Context, face *face.Face) (string, error) {
	if err := face.Paints(d.config); err != nil {
		return "", fmt.Errorf("page of the demo: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:8931")
	if err != nil {
		if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return "", fmt.Errorf("page of the demo: %w", err)
		}
	}
	var products []simweb.Product
	for _, p := range demoProducts {
		products = append(products, simweb.Product{Slot: p.slot, Name: p.name, Price: sale.Fen(p.fen).String()})
	}
	h := simweb.Handler(simweb.Sides{
		Title: "kioskd demo", Phone: d.provider.Control(), Cabinet: d.cabinet.Control(), Products: products,
		Screen: func() (image.Image, bool) {
			img := face.Snapshot()
			return img, img != nil
		},
	})
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.Serve(l) }()
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return "http://" + l.Addr().String() + "/", nil
}
