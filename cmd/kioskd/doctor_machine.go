package main

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
	file string
	root string // where the system's files stand

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

func newDoctor(file, root string) *doctor {
	d := &doctor{
		file: file, root: root, read: read, unit: showUnit(root), spaceAt: store.SpaceAt, synced: clockSynced,
		env: os.Getenv, now: time.Now, checker: selfCheck(),
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
		return append(list, job{[]string{"network"}, func(context.Context) []finding { return []finding{skip("network", noConfig)} }})
	}
	p := known().PapersOf(d.config)
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
