package main

import (
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/spf13/cobra"

	"kioskd/configs"
)

type demoFlags struct {
	screen    string
	payment   string
	panel     string
	windowed  bool
	customers int
	seed      uint64
	json      bool
	verbose   bool
	metrics   string
}

func demoCommand(out, errs io.Writer) *cobra.Command {
	var f demoFlags
	c := &cobra.Command{
		Use:   "demo",
		Short: "Try the whole machine without hardware and without an account",
		Long: `Run the real daemon against a simulated WeChat Pay (real HTTP, real signatures)
and a simulated cabinet (a real serial line). It prints the address of a page with
the keypad, the customer's phone and the cabinet. Digits on the keyboard press a
product's number, Escape cancels.

With --customers N scripted customers buy, abandon, pay late, meet a jam and a lost
answer; then it ends, with exit code 0 only if every order ended right.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			return failed(runDemo(cmd.Context(), f, out, errs))
		},
	}
	c.Flags().StringVar(&f.screen, "screen", "auto", "customer screen: auto, window, terminal or none")
	c.Flags().StringVar(&f.payment, "payment", "wechat", "payment driver: wechat or wechat-v2")
	c.Flags().StringVar(&f.panel, "panel", "", "open the technician's page at this `ADDRESS`, like 127.0.0.1:8932")
	c.Flags().BoolVar(&f.windowed, "windowed", false, "a window on a desk instead of the whole screen")
	c.Flags().IntVar(&f.customers, "customers", 0, "how many scripted customers come; 0: you are the customer")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "what the scripted customers do")
	c.Flags().BoolVar(&f.json, "json", false, "print the figures of --customers as one line of JSON at the end")
	c.Flags().BoolVar(&f.verbose, "verbose", false, "print the log")
	c.Flags().StringVar(&f.metrics, "metrics", "", "serve GET /metrics for Prometheus at this `ADDRESS`, like 127.0.0.1:9464")
	return c
}

func (f demoFlags) check() error {
	switch configs.ScreenDriver(f.screen) {
	case configs.ScreenAuto, configs.ScreenWindow, configs.ScreenTerminal, configs.ScreenNone:
	default:
		return fmt.Errorf("--screen %s: write auto, window, terminal or none", f.screen)
	}
	if f.payment != "wechat" && f.payment != "wechat-v2" {
		return fmt.Errorf("--payment %s: write wechat or wechat-v2", f.payment)
	}
	if f.metrics != "" && !configs.IsAddress(f.metrics) {
		return fmt.Errorf("--metrics %s: write an address and a port, like 127.0.0.1:9464", f.metrics)
	}
	if host, _, err := net.SplitHostPort(f.panel); f.panel != "" && (err != nil || host == "") {
		return fmt.Errorf("--panel %s: write an address and a port, like 127.0.0.1:8932", f.panel)
	}
	if f.customers < 0 {
		return errors.New("--customers is a number of customers, 0 for none")
	}
	if f.json && f.customers == 0 {
		return errors.New("--json prints the figures of scripted customers: add --customers N")
	}
	return nil
}
