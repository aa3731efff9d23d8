package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"kioskd/internal/simweb"
	"kioskd/payment/paytest"
)

type wechatFlags struct {
	listen  []string
	dir     string
	page    string
	cabinet string
	board   string
	api     string
	keys    string
	partner bool
	latency time.Duration
	seed    uint64
	verbose bool
}

func wechatCommand() *cobra.Command {
	var f wechatFlags
	c := &cobra.Command{
		Use:   "wechat --dir DIR",
		Short: "Simulate WeChat Pay and the customers' phones",
		Long: `Simulate WeChat Pay (Native; API v3 and v2) over real HTTP with real signatures, and
the customers' phones on a page.

DIR gets the merchant's keys and kioskd.yaml, a config that is ready to run. They are
written at each start; the keys stay the same, the orders are forgotten.`,
		Example: "  kiosk-sim wechat --dir sim\n  kiosk-sim wechat --listen 127.0.0.1:9080 --dir sim --latency 80ms\n  kiosk-sim wechat --dir sim --keys certificate --partner",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return runWechat(c.Context(), f, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	p := c.Flags()
	p.StringSliceVar(&f.listen, "listen", []string{"127.0.0.1:9080", "127.0.0.1:9081"}, "addresses of the main domain and, after a comma, of spare ones")
	p.StringVar(&f.dir, "dir", "", "folder for the keys and the config; it is made if need be (required)")
	p.StringVar(&f.page, "page", "127.0.0.1:9082", "address of the page and the control API")
	p.StringVar(&f.cabinet, "cabinet", "", "serial port for the config (default DIR/ttyVMC)")
	p.StringVar(&f.board, "controller", boardVMC, "driver for the config: vmc or mdb")
	p.StringVar(&f.api, "api", apiV3, "API version for the config: v3 or v2; both are served")
	p.StringVar(&f.keys, "keys", string(paytest.KeysPublic), "what proves the answers: public-key, certificate or transition (both)")
	p.BoolVar(&f.partner, "partner", false, "the merchant is a service provider with a sub-merchant")
	p.DurationVar(&f.latency, "latency", 0, "round trip that every call takes at least, such as 80ms")
	p.Uint64Var(&f.seed, "seed", 1, "makes the random choices repeatable")
	p.BoolVarP(&f.verbose, "verbose", "v", false, "log every call")
	return c
}

func (f *wechatFlags) check() error {
	if f.dir == "" {
		return wrong("wechat needs --dir, the folder for the keys and the config, such as --dir sim")
	}
	for _, addr := range f.listen {
		if err := loopback("listen", addr); err != nil {
			return err
		}
	}
	if err := checkBoard(f.board); err != nil {
		return err
	}
	if f.api != apiV3 && f.api != apiV2 {
		return wrong("--api %s: write v3 or v2", f.api)
	}
	if !slices.Contains([]paytest.KeyMode{paytest.KeysPublic, paytest.KeysCertificate, paytest.KeysTransition}, paytest.KeyMode(f.keys)) {
		return wrong("--keys %s: write public-key, certificate or transition", f.keys)
	}
	if f.latency < 0 {
		return wrong("--latency %v is negative", f.latency)
	}
	return loopback("page", f.page)
}

func runWechat(ctx context.Context, f wechatFlags, stdout, stderr io.Writer) error {
	if err := f.check(); err != nil {
		return err
	}
	d, err := openFolder(f.dir, f.cabinet, f.board, f.api)
	if err != nil {
		return err
	}
	keys, err := d.keys()
	if err != nil {
		return err
	}
	s, err := paytest.New(paytest.Options{
		Seed: f.seed, Latency: f.latency, Log: logger(stderr, f.verbose),
		MerchantKey: keys.merchant, PublicKey: keys.provider, APIv3Key: keys.apiv3,
		KeyMode: paytest.KeyMode(f.keys), Partner: f.partner,
	})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Start(ctx, f.listen...); err != nil {
		return inUse("listen", err)
	}
	web, err := openPage(f.page)
	if err != nil {
		return err
	}
	defer web.close()
	if err := d.write(s, keys); err != nil {
		return err
	}
	at := web.listener.Addr().String()
	rows := [][2]string{{"page", web.url()}, {"api", web.url() + "api/phone/state"}}
	for _, u := range s.URLs() {
		rows = append(rows, [2]string{"provider", u})
	}
	option := ""
	if f.board != boardVMC {
		option = " --controller " + f.board
	}
	rows = append(rows,
		[2]string{"config", d.config()},
		[2]string{"next", fmt.Sprintf("kiosk-sim cabinet --link %s%s --phones %s", shellWord(d.port), option, at)},
		[2]string{"then", "kioskd run --config " + shellWord(d.config())},
		[2]string{"stop", "Ctrl-C"})
	if err := lines(stdout, rows...); err != nil {
		return err
	}
	return web.serve(ctx, simweb.Handler(simweb.Sides{
		Title: "kiosk-sim wechat · " + filepath.Base(d.path), Phone: s.Control(), Products: onPage(assortment()),
	}))
}
