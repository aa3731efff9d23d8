package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"kioskd/internal/simweb"
)

type cabinetFlags struct {
	link    string
	board   string
	page    string
	phones  string
	slots   []int
	seed    uint64
	vend    time.Duration
	verbose bool
}

func cabinetCommand() *cobra.Command {
	var f cabinetFlags
	c := &cobra.Command{
		Use:   "cabinet --link PATH",
		Short: "Simulate a cabinet behind a serial port",
		Long: `Simulate a vending cabinet: the controller board (FA FB protocol) on a
pseudo terminal, with its keypad, motors and everything that breaks on a page.
With --controller mdb it is a vending machine with an MDB bus, and the terminal
is a Qibixx adapter on it.

PATH is a symbolic link to the terminal, which a driver opens like a real port.
Pulling the cable takes it away, plugging it in brings it back.`,
		Example: "  kiosk-sim cabinet --link sim/ttyVMC\n  kiosk-sim cabinet --link sim/ttyVMC --slots 11,12,13 --phones 127.0.0.1:9082",
		Args:    noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			return runCabinet(c.Context(), f, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	p := c.Flags()
	p.StringVar(&f.link, "link", "", "path of the serial port; its folder is made if need be (required)")
	p.StringVar(&f.board, "controller", boardVMC, "what is behind the port: vmc or mdb")
	p.StringVar(&f.page, "page", "127.0.0.1:9083", "address of the page and the control API")
	p.StringVar(&f.phones, "phones", "", "address of the page of a running kiosk-sim wechat, to have its phones on this page too")
	p.IntSliceVar(&f.slots, "slots", nil, "numbers of the slots (default those of the config that kiosk-sim wechat writes)")
	p.Uint64Var(&f.seed, "seed", 1, "makes the random choices repeatable")
	p.DurationVar(&f.vend, "vend", 1500*time.Millisecond, "how long a motor turns")
	p.BoolVarP(&f.verbose, "verbose", "v", false, "log what the board does")
	return c
}

func (f *cabinetFlags) check() error {
	if f.link == "" {
		return wrong("cabinet needs --link, the path of its serial port, such as --link sim/ttyVMC")
	}
	if err := checkBoard(f.board); err != nil {
		return err
	}
	if f.vend <= 0 {
		return wrong("--vend %v: a motor turns for more than no time", f.vend)
	}
	if f.phones != "" {
		if err := loopback("phones", f.phones); err != nil {
			return err
		}
	}
	seen := map[int]bool{}
	for _, n := range f.slots {
		switch {
		case n < 1 || n > 999:
			return wrong("--slots: slot %d: numbers go from 1 to 999", n)
		case seen[n]:
			return wrong("--slots: slot %d is listed twice", n)
		}
		seen[n] = true
	}
	return loopback("page", f.page)
}

func runCabinet(ctx context.Context, f cabinetFlags, stdout, stderr io.Writer) error {
	if err := f.check(); err != nil {
		return err
	}
	link, err := claim(f.link)
	if err != nil {
		return err
	}
	defer link.release()
	web, err := openPage(f.page)
	if err != nil {
		return err
	}
	defer web.close()
	products := shelf(f.slots)
	board, err := startBoard(f, link.path, products, logger(stderr, f.verbose))
	if err != nil {
		return fmt.Errorf("start the cabinet: %w", err)
	}
	defer board.Close()
	err = lines(stdout,
		[2]string{"page", web.url()},
		[2]string{"api", web.url() + "api/cabinet/state"},
		[2]string{"port", board.Path()},
		[2]string{"next", "kioskd run --config " + shellWord(filepath.Join(filepath.Dir(link.path), configFile))},
		[2]string{"stop", "Ctrl-C"})
	if err != nil {
		return err
	}
	var phones http.Handler
	if f.phones != "" {
		phones = elsewhere(f.phones)
	}
	return web.serve(ctx, simweb.Handler(simweb.Sides{
		Title: "kiosk-sim cabinet · " + filepath.Base(link.path), Phone: phones, Cabinet: board.Control(), Products: onPage(products),
	}))
}
