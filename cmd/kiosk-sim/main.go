// Command kiosk-sim runs the simulators of kioskd as programs, each with a
// page that plays it by hand and a JSON control API under the same address:
//
//	kiosk-sim wechat   WeChat Pay: the server, and the customers' phones
//	kiosk-sim cabinet  a cabinet behind a serial port: keypad, motors, faults
//
// Both listen on loopback only, run until SIGINT or SIGTERM, clean up after
// themselves and exit with 0. Wrong input exits with 2, anything else that
// goes wrong with 1.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// wrongInput is an error of whoever typed the command.
type wrongInput struct{ error }

func wrong(format string, args ...any) error { return wrongInput{fmt.Errorf(format, args...)} }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "kiosk-sim",
		Short:         "Simulated WeChat Pay and simulated vending cabinet",
		Long:          "kiosk-sim plays the two things that kioskd talks to: WeChat Pay and the cabinet.\nStart both, then kioskd with the config that kiosk-sim wechat writes.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return wrong("there is no command %q: use wechat, cabinet or version", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return wrong("%w: %s --help lists the flags", err, c.CommandPath())
	})
	root.AddCommand(wechatCommand(), cabinetCommand(), versionCommand())
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "kiosk-sim:", err)
	if errors.As(err, new(wrongInput)) {
		return 2
	}
	return 1
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return wrong("%s takes no argument such as %q: %s --help lists the flags", c.Name(), args[0], c.CommandPath())
	}
	return nil
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			version := "(devel)"
			if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
				version = info.Main.Version
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "kiosk-sim %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
