// Command kioskd is the daemon of a vending machine, and the technician's
// commands beside it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes of every command.
const (
	exitOK     = 0
	exitFailed = 1 // it did not work; the message says why
	exitUsage  = 2 // the command line or the config is wrong; nothing was started
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, errs io.Writer) int {
	stop := func() {}
	defer func() { stop() }()
	root := commands(out, errs)
	root.PersistentPreRun = func(c *cobra.Command, _ []string) {
		if elsewhere(c) {
			return // what this process caught the other program would never know
		}
		var ctx context.Context
		ctx, stop = signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
		c.SetContext(ctx)
	}
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	c, err := root.ExecuteContextC(context.Background())
	var failed failure
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &failed):
		if failed.err != nil {
			fmt.Fprintln(errs, "kioskd:", failed.err)
		}
		return failed.code
	}
	if wrongArgs.MatchString(err.Error()) {
		err = fmt.Errorf("write it like: %s", c.UseLine())
	}
	fmt.Fprintln(errs, "kioskd:", err)
	fmt.Fprintln(errs, "see: kioskd --help")
	return exitUsage
}

// wrongArgs is what cobra says of too few or too many arguments.
var wrongArgs = regexp.MustCompile(`^(accepts|requires) .* arg\(s\), (only )?received \d+$`)

// failure is an error with its exit code. Without an error of its own the
// command has said everything already.
type failure struct {
	err  error
	code int
}

func (f failure) Error() string {
	if f.err == nil {
		return fmt.Sprintf("exit %d", f.code)
	}
	return f.err.Error()
}

func (f failure) Unwrap() error { return f.err }

func failed(err error) error {
	if err == nil {
		return nil
	}
	return failure{err, exitFailed}
}

func commands(out, errs io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "kioskd",
		Short: "Sells from a vending machine for WeChat Pay",
		Long: `kioskd sells from a vending machine: a key press becomes a WeChat Pay order, a
QR code on the screen, and, once the payment is verified, one turn of the motor.

Try it without any hardware:   kioskd demo
Set up a machine:              kioskd setup
Something is wrong:            kioskd status, and /usr/share/doc/kioskd/docs/technician.md

Exit codes: 0 done, 1 it did not work or the answer is no, 2 the command line or the
config is wrong and nothing was done.`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return flagError(err) })
	for _, g := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"look", "See how the machine is:", []*cobra.Command{statusCommand(out), ordersCommand(out), showCommand(out), actionsCommand(out), slotsCommand(out, errs), stockCommand(out, errs), doctorCommand(out), supportCommand(out)}},
		{"act", "Do something about it:", []*cobra.Command{resolveCommand(out), refundCommand(out), openCommand(out, errs), closeCommand(out, errs), priceCommand(out, errs)}},
		{"books", "For the books:", []*cobra.Command{exportCommand(out), reconcileCommand(out, errs), backupCommand(out), restoreCommand(out)}},
		{"set up", "Set up and run:", []*cobra.Command{setupCommand(out, errs), checkCommand(out, errs), detectCommand(out, errs), runCommand(errs), reloadCommand(out), demoCommand(out, errs)}},
	} {
		root.AddGroup(&cobra.Group{ID: g.id, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.id
			root.AddCommand(c)
		}
	}
	root.AddCommand(versionCommand(out), checkStoreCommand(out))
	return root
}

// belowZero is what a flag parser makes of a number below zero that stands where
// a number belongs.
var belowZero = regexp.MustCompile(`^unknown shorthand flag: '\d' in (-\d\S*)$`)

// flagError leaves out how the program has read a value.
func flagError(err error) error {
	if m := belowZero.FindStringSubmatch(err.Error()); m != nil {
		return fmt.Errorf("%s is below zero: write a number from 0 on", m[1])
	}
	for _, inside := range []string{": strconv.", ": time: "} {
		if said, _, found := strings.Cut(err.Error(), inside); found {
			return errors.New(said)
		}
	}
	return err
}
