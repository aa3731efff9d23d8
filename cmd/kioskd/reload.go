package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"kioskd/configs"
	"kioskd/control"
)

func reloadCommand(out io.Writer) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "reload",
		Short: "Have the running daemon take on the changed config file",
		Long: `Have the running daemon read its config file anew, as SIGHUP does. A file with a
mistake changes nothing, and what is wrong is printed. Prices, names, texts and the
rules of the sale hold for the next order; a customer who has a code pays what it says.
The controller's wiring changes as soon as nobody is at the machine. The rest, the
merchant's keys for instance, needs: systemctl restart kioskd`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := configs.Locate(file)
			if err != nil {
				return failure{err, exitUsage}
			}
			var what control.Reloaded
			err = control.Dial(at.Socket).Post(cmd.Context(), "/v1/reload", struct{}{}, &what)
			var bad control.Refused
			switch {
			case errors.Is(err, control.ErrNoDaemon):
				return failed(fmt.Errorf("%w on %s: nothing to reload; kioskd reads the file when it starts", control.ErrNoDaemon, at.Socket))
			case errors.As(err, &bad) && bad.Status == http.StatusUnprocessableEntity:
				return failure{err, exitUsage}
			case err != nil:
				return failed(err)
			}
			printReloaded(out, what)
			return nil
		},
	}
	c.Flags().StringVar(&file, "config", defaultConfig, "the machine's config `FILE`")
	return c
}

func printReloaded(out io.Writer, r control.Reloaded) {
	if len(r.Now)+len(r.Idle)+len(r.Restart) == 0 {
		fmt.Fprintln(out, "nothing has changed")
	}
	for _, part := range []struct {
		keys []string
		when string
	}{
		{r.Now, "for the next order"}, {r.Idle, "as soon as nobody is at the machine"}, {r.Restart, "only after: systemctl restart kioskd"},
	} {
		for _, key := range part.keys {
			fmt.Fprintf(out, "%s: %s\n", key, part.when)
		}
	}
}
