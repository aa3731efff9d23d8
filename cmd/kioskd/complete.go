package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/control"
	"kioskd/store"
)

// complete has the shell offer the values of a flag. A list of values that are
// separated by commas is completed at its last one.
func complete(c *cobra.Command, flag string, values ...string) {
	offer := func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		offers := make([]string, len(values))
		for i, v := range values {
			offers[i] = before + v
		}
		return offers, cobra.ShellCompDirectiveNoFileComp
	}
	if err := c.RegisterFlagCompletionFunc(flag, offer); err != nil {
		panic(err) // no such flag
	}
}

// completesWithin bounds how long a shell waits for the daemon.
const completesWithin = time.Second

// knownNumbers has the shell offer the ends of the newest order numbers.
func knownNumbers(file *string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) (offers []string, _ cobra.ShellCompDirective) {
		at, err := configs.Locate(*file)
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completesWithin)
		defer cancel()
		list, err := askOrders(ctx, at, control.Query{Limit: 20}, store.Filter{Limit: 20})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		for _, o := range list {
			offers = append(offers, o.Number.Tail()+"\t"+clock.Short(o.CreatedAt)+" "+string(o.State)+" "+o.Product.Name)
		}
		return offers, cobra.ShellCompDirectiveNoFileComp
	}
}
