package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"kioskd/configs"
	"kioskd/control"
)

func priceCommand(out, errs io.Writer) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "price [SLOT YUAN]...",
		Short: "Show the prices, or change some in the config file",
		Long: `Show what the products cost. With slots and prices, write them into the config file,
where everything else stays as it is, and have the running daemon take them on: they
hold for the next order. A spare slot has the price of its main one.`,
		Example: "  kioskd price\n  kioskd price 11 2.50 12 3.00",
		RunE: func(cmd *cobra.Command, args []string) error {
			tags, err := priceTags(args)
			if err != nil {
				return err
			}
			if len(tags) == 0 {
				c, err := load(file, errs)
				if err != nil {
					return err
				}
				printPrices(out, c)
				return nil
			}
			return repriceAndReload(cmd.Context(), file, tags, out)
		},
	}
	c.Flags().StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	return c
}

func priceTags(args []string) (tags []control.PriceTag, err error) {
	if len(args)%2 != 0 {
		return nil, errors.New("write a price behind each slot, like: kioskd price 11 2.50")
	}
	for i := 0; i < len(args); i += 2 {
		slot, err := slotArg(args[i])
		if err != nil {
			return nil, err
		}
		tags = append(tags, control.PriceTag{Slot: slot, Price: args[i+1]})
	}
	return tags, nil
}

func printPrices(out io.Writer, c *configs.Config) {
	t := newTable("SLOT", "YUAN", "PRODUCT")
	for _, p := range c.Products {
		t.row(p.Slot.String(), p.Price.String(), p.Name)
	}
	t.print(out)
}

func repriceAndReload(ctx context.Context, file string, tags []control.PriceTag, out io.Writer) error {
	switch err := control.Reprice(file, tags, known().Settings()); {
	case errors.Is(err, control.ErrAsked):
		return failure{err, exitUsage}
	case err != nil:
		return failed(err)
	}
	at, err := configs.Locate(file)
	if err != nil {
		return failure{err, exitUsage}
	}
	var what control.Reloaded
	err = control.Dial(at.Socket).Post(ctx, "/v1/reload", control.ReloadRequest{Prices: tags}, &what)
	switch {
	case errors.Is(err, control.ErrNoDaemon):
		_, err = fmt.Fprintf(out, "%s: changed; the daemon reads it when it starts\n", file)
		return err
	case err != nil:
		return failed(fmt.Errorf("%s is changed, and the daemon does not take it on: %w", file, err))
	}
	printReloaded(out, what)
	return nil
}
