// Package doctor looks at everything that a sale needs, and says of each part how it
// is and what to do: for kioskd doctor, for kioskd setup and for a bundle of kioskd
// support. Each file holds the checks of one part.
//
// It changes nothing: no motor turns, nothing is ordered, nothing is written. What
// a running daemon has, port and ledger, is asked of the daemon.
package doctor

import (
	"context"
	"image"
	"image/png"
	"os"
	"syscall"
	"time"

	"kioskd/configs"
	"kioskd/control"
	"kioskd/device"
	"kioskd/drivers"
	"kioskd/payment/reach"
	"kioskd/store"
)

// doctor is one examination of one machine. What touches the world is a field.
type doctor struct {
	file    string
	root    string // where the system's files stand
	drivers drivers.Table

	read      func(file string) reading
	way       reach.Way
	gateway   func() (pinger, error)
	dispenser func() (drivers.Dispenser, error)
	holders   func(port string) []device.Holder
	get       func(ctx context.Context, path string, into any) error // of the daemon
	picture   func(context.Context) (image.Point, error)             // size of what the daemon shows
	unit      func(context.Context) (string, error)                  // what systemd says
	spaceAt   func(dir string) (store.Space, error)
	synced    func() (synced, told bool) // the kernel's word on its clock
	env       func(string) string
	now       func() time.Time
	checker   []string

	config *configs.Config // nil: it has problems
	at     *configs.Places // nil: not even the places are known
	heard  *promise[heard]
	answer *promise[pinged]
}

// noConfig is why a check is skipped.
const noConfig = "the config must be good first"

// Options say which machine is examined.
type Options struct {
	File    string        // of the config
	Root    string        // where the system's files stand: /
	Drivers drivers.Table // that the config can name
	Checker []string      // command that examines the ledger, see store.Options
}

func newDoctor(o Options) *doctor {
	d := &doctor{
		file: o.File, root: o.Root, drivers: o.Drivers, read: func(file string) reading { return read(file, o.Drivers) }, unit: showUnit(o.Root), spaceAt: store.SpaceAt, synced: clockSynced,
		env: os.Getenv, now: time.Now, checker: o.Checker,
	}
	d.gateway, d.dispenser = d.openGateway, d.openBoard
	d.holders = func(port string) []device.Holder {
		list, _ := device.Holders(port) // a port that is gone tells it when it is opened
		return list
	}
	d.get = func(ctx context.Context, path string, into any) error {
		return control.Dial(d.at.Socket).Get(ctx, path, nil, into)
	}
	d.picture = func(ctx context.Context) (image.Point, error) {
		c := control.Dial(d.at.Socket)
		answer, err := c.Ask(ctx, "/v1/screen.png", nil)
		if err != nil {
			return image.Point{}, err
		}
		defer answer.Body.Close()
		p, err := png.DecodeConfig(answer.Body)
		return image.Pt(p.Width, p.Height), err
	}
	return d
}

// begin asks what several checks need to know.
func (d *doctor) begin(ctx context.Context) {
	if d.at != nil {
		d.heard = promised(func() heard { return d.askDaemon(ctx) })
	}
	if d.config != nil {
		d.answer = promised(func() pinged { return d.ping(ctx) })
	}
}

func (d *doctor) jobs() []job {
	list := []job{
		{[]string{"serial", "skew", "merchant"}, d.provider},
		{[]string{"clock"}, d.clock},
		{[]string{"daemon"}, d.daemon},
		{[]string{"controller", "slots"}, d.board},
		{[]string{"store"}, d.ledger},
		{[]string{"space"}, d.space},
		{[]string{"filesystem"}, d.filesystem},
		{[]string{"screen"}, d.screen},
		{[]string{"font"}, d.font},
		{[]string{"systemd"}, d.systemd},
	}
	if d.config == nil {
		return append(list, job{[]string{"network"}, func(context.Context) []Finding { return []Finding{skip("network", noConfig)} }})
	}
	p := d.drivers.PapersOf(d.config)
	d.way.Authorities = p.CAFile
	for _, base := range p.Bases {
		list = append(list, job{[]string{"network"}, d.server(base)})
	}
	return list
}

// clockSynced asks the kernel, as adjtimex(2) has it, and sets nothing.
func clockSynced() (synced, told bool) {
	const unsynced = 0x0040 // STA_UNSYNC
	var t syscall.Timex
	_, err := syscall.Adjtimex(&t)
	return err == nil && t.Status&unsynced == 0, err == nil
}
