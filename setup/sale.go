package setup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kioskd/clock"
	"kioskd/configs"
	"kioskd/display/terminal"
	"kioskd/doctor"
	"kioskd/drivers"
	"kioskd/sale"
	"kioskd/store"
)

// errLedgerInUse: a daemon has the machine's ledger.
var errLedgerInUse = errors.New("kioskd runs on this ledger: stop it for the test sale (systemctl stop kioskd) and run kioskd setup again, or leave it out with --no-test-sale")

// trySale ends the set-up: something is sold for 0.01 yuan, and the money comes
// back.
func (s *setup) trySale(ctx context.Context, c *configs.Config, found []doctor.Finding) error {
	wrong := allBad(found)
	i := slices.IndexFunc(wrong, func(f doctor.Finding) bool { return slices.Contains(forMoney, f.Name) })
	switch {
	case s.NoSale:
		return nil
	case i >= 0:
		s.say(words{"不做试售：%s", "no test sale: %s"}, wrong[i].Name+": "+wrong[i].What)
		return nil
	case sells(found) && !s.Yes:
		s.say(words{"不做试售：kioskd 正在运行（要做就先 systemctl stop kioskd）", "no test sale: kioskd runs (stop it first, for one: systemctl stop kioskd)"})
		return nil
	case !s.Yes:
		wanted, err := s.dialog.yes(ctx, words{"用手机试付 0.01 元（马上退回）？", "Pay 0.01 yuan with a phone, to try it (it comes back at once)?"},
			words{"真实的订单：出二维码，付款，退款。不会转动电机。", "A real order: code, payment, refund. No motor turns."})
		if err != nil || !wanted {
			return err
		}
	}
	o, err := s.sell(ctx, c)
	switch {
	case errors.Is(err, context.Canceled) && o.Number != "":
		return fmt.Errorf("order %s is left to kioskd, which closes it or sends the money back when it runs", o.Number)
	case err != nil:
		return err
	}
	return s.report(o)
}

// sell runs the test sale on the machine's own ledger.
func (s *setup) sell(ctx context.Context, c *configs.Config) (o sale.Order, err error) {
	if err := makeHome(filepath.Dir(c.Store.Path)); err != nil {
		return o, err
	}
	ledger, err := store.Open(ctx, c.Store.Path, store.Options{Reserve: int64(c.Store.Reserve), Copies: c.Store.Copies, Checker: s.Checker})
	var fault *sale.Fault
	if errors.As(err, &fault) && fault.Code == sale.CodeStoreLocked {
		return o, errLedgerInUse
	}
	if err != nil {
		return o, fmt.Errorf("open the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, ledger.Close(), handHome(c.Store.Path)) }()
	newest, err := clock.NewestPayment(ledger)
	if err != nil {
		return o, err
	}
	clock := clock.New(newest)
	gateway, err := s.Drivers.OpenGateway(c, clock, drivers.InFile, slog.New(slog.DiscardHandler))
	if err != nil {
		return o, fmt.Errorf("payment %s: %w", c.Payment.Driver, err)
	}
	if g, ok := gateway.(interface{ Skew() (time.Duration, bool) }); ok {
		clock.Skew = g.Skew
	}
	return sale.TestSale{
		Ledger: ledger, Gateway: gateway, Clock: clock, Panel: noPanel{},
		Code: c.Machine.ID, Slot: freeSlot(c), PayWithin: s.PayFor, Told: s.follow,
	}.Run(ctx, s.skips(ctx))
}

// noPanel is the customers' screen, which has nothing to show meanwhile.
type noPanel struct{}

func (noPanel) Show(sale.Scene) {}

// freeSlot is a number that no product has.
func freeSlot(c *configs.Config) sale.Slot {
	for slot := sale.Slot(9999); ; slot-- {
		sold := slices.ContainsFunc(c.Shelves(), func(p sale.Product) bool { return p.Slot == slot })
		if !sold && slot != c.Sale.NewCode {
			return slot
		}
	}
}

// skips is closed when a person presses Enter.
func (s *setup) skips(ctx context.Context) <-chan struct{} {
	skip := make(chan struct{})
	if !s.Yes {
		go func() {
			if _, err := s.line(ctx); err == nil {
				close(skip)
			}
		}()
	}
	return skip
}

// follow tells how far the order is, each thing once.
func (s *setup) follow(o sale.Order) {
	before := s.told
	s.told = o.State
	switch {
	case o.State == before:
	case o.State == sale.Awaiting:
		code, err := terminal.Code(o.CodeURL, terminal.Options{Colour: s.colour()})
		if err != nil {
			code = []string{err.Error()}
		}
		fmt.Fprintln(s.out, strings.Join(code, "\n"))
		s.say(words{"请用微信扫码付 0.01 元，会自动退回（%s；回车跳过）", "Scan it with WeChat and pay 0.01 yuan; it comes back (%s; Enter skips it)"}, s.PayFor)
	case o.State == sale.Closing && o.CodeURL != "":
		s.say(words{"二维码作废，正在向微信支付确认", "The code is void; WeChat Pay is being asked"})
	case o.State == sale.Refunding:
		s.say(words{"已付款，交易号 %s，正在退款", "Paid, transaction_id %s; the money goes back"}, o.Payment.TransactionID)
	}
}

// report says how the test sale ended.
func (s *setup) report(o sale.Order) error {
	switch o.State {
	case sale.Refunded:
		s.say(words{"试售成功：订单 %s，交易号 %s，0.01 元已退回", "The test sale went well: order %s, transaction_id %s, 0.01 yuan is back"}, o.Number, o.Payment.TransactionID)
		return nil
	case sale.Refunding:
		s.say(words{
			"试售：订单 %s，交易号 %s，退款还在路上；kioskd 运行时会继续，用 kioskd orders %[3]s 查看",
			"The test sale: order %s, transaction_id %s; the refund is on its way. kioskd goes on with it when it runs: kioskd orders %[3]s",
		}, o.Number, o.Payment.TransactionID, o.Number.Tail())
		return nil
	case sale.Closing:
		return fmt.Errorf("order %s: nobody has paid so far; kioskd closes it, or sends the money back, when it runs", o.Number)
	case sale.Closed:
		if o.Cause == sale.CauseNeverCreated || o.CodeURL == "" {
			return fmt.Errorf("order %s got no code from WeChat Pay; see kioskd doctor", o.Number)
		}
		if s.Yes {
			return fmt.Errorf("order %s: nobody has paid, the order is closed", o.Number)
		}
		s.say(words{"没有付款，订单 %s 已关闭", "Nobody has paid; order %s is closed"}, o.Number)
		return nil
	}
	return fmt.Errorf("order %s is left as %s (%s): %s; see kioskd orders %s", o.Number, o.State, o.Cause, o.Detail, o.Number.Tail())
}
