package setup

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"kioskd/configs"
	"kioskd/detect"
)

func controllerQuestions() []Question {
	return []Question{
		{
			Flag: "driver", Usage: "the controller's driver (default: who answers on the port)",
			what: words{"控制板的驱动", "The controller's driver"},
			help: words{"见 docs/controllers.md：vmc 是 FA FB 协议的控制板，modbus 是继电器板，mdb 是 MDB 适配器。", "See docs/controllers.md: vmc is a board with the FA FB protocol, modbus a relay board, mdb an MDB adapter."},
		},
		{
			Flag: "port", field: "controller.port", Usage: "its serial port (default: the one that answers)",
			what: words{"串口", "Its serial port"},
			help: words{"列出：ls /dev/serial/by-id/ 。用 by-id 的名字，换 USB 口后不变。", "List them with: ls /dev/serial/by-id/ . Those names stay the same in another USB socket."},
		},
		{Flag: "controller-settings", Usage: "a `FILE` with the lines of controller.settings, for drivers that cannot be guessed"},
	}
}

// candidate is a controller that may be chosen.
type candidate struct {
	driver, port string
	found        string // the section that kioskd detect prints, if it was found
}

func (s *setup) controller(ctx context.Context) error {
	b, err := s.chooseBoard(ctx)
	if err != nil || b.driver == "" {
		return err
	}
	example, err := s.useBoard(b)
	if err != nil {
		return err
	}
	return s.wire(ctx, b, example)
}

// chooseBoard is the board of the flags, of the search, or of a person. It has
// no driver if the present one stays, or if what is missing was noted.
func (s *setup) chooseBoard(ctx context.Context) (candidate, error) {
	b := candidate{driver: s.Given["driver"], port: s.Given["port"]}
	if b.port != "" {
		b.port = absolute(b.port)
	}
	present := candidate{driver: s.present("controller.driver"), port: s.present("controller.port")}
	if b.driver == "" && b.port != "" {
		b.driver = present.driver
	}
	if b.driver != "" && b.port != "" {
		return b, nil
	}
	if b.driver == "" && b.port == "" && present.driver != "" && present.port != "" {
		keep := s.Yes
		if !keep {
			n, err := s.choose(ctx, words{"控制板", "Controller"}, []string{
				fmt.Sprintf(s.t(words{"保留 %s，%s", "keep %s on %s"}), present.driver, present.port),
				s.t(words{"重新查找", "search"}),
			}, 0, words{"查找不会转动任何电机。", "A search moves nothing."})
			if err != nil {
				return b, err
			}
			keep = n == 0
		}
		if keep {
			return candidate{}, nil
		}
	}
	found, err := s.search(ctx, b)
	if err != nil {
		return b, err
	}
	switch {
	case s.Yes && len(found) == 1:
		return found[0], nil
	case s.Yes:
		for _, flag := range []string{"driver", "port"} {
			if s.Given[flag] == "" {
				s.missing = append(s.missing, "--"+flag)
			}
		}
		return candidate{}, nil
	}
	return s.pick(ctx, found)
}

// search asks the ports who is there, as kioskd detect does.
func (s *setup) search(ctx context.Context, like candidate) (list []candidate, err error) {
	d := detect.Search{Drivers: s.Drivers, Root: s.Root, Protocol: like.driver}
	if d.Check() != nil {
		return nil, nil // a driver that cannot be asked
	}
	var args []string
	if like.port != "" {
		args = []string{like.port}
	}
	ports, err := d.Ports(args)
	if err != nil {
		return nil, err
	}
	s.say(words{"正在 %[1]d 个串口上查找控制板，最多一分钟；不会转动电机", "looking for the controller on %[2]s, for up to a minute; nothing moves"}, len(ports), counted(len(ports), "port"))
	for _, p := range d.Run(ctx, ports) {
		switch {
		case p.Good():
			list = append(list, candidate{p.Protocol, absolute(p.Path), p.Controller})
		case len(p.HeldBy) > 0:
			s.say(words{"  %s 正被 %s 使用", "  %s is in use by %s"}, p.Path, p.HeldBy[0])
		}
	}
	return list, ctx.Err()
}

func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// pick lets a person take one of those found, or name another.
func (s *setup) pick(ctx context.Context, found []candidate) (b candidate, err error) {
	var list []string
	for _, f := range found {
		list = append(list, f.driver+"  "+f.port)
	}
	n := len(found)
	if n > 0 {
		n, err = s.choose(ctx, words{"控制板", "Controller"}, append(list, s.t(words{"都不是，手动填写", "another one: write it"})), 0,
			words{"这些串口上有控制板应答。", "These answered."})
	} else {
		s.say(words{"没有控制板应答：检查电源、TX/RX、GND；也可以手动填写。", "Nobody answers: look at power, TX/RX and GND; or write it."})
	}
	if err != nil || n < len(found) {
		return append(found, b)[n], err
	}
	names := s.driverNames()
	n, err = s.choose(ctx, words{"驱动", "Driver"}, names, max(0, slices.Index(names, s.present("controller.driver"))), questionOf("driver").help)
	if err != nil {
		return b, err
	}
	if err := s.answer(ctx, questionOf("port")); err != nil {
		return b, err
	}
	port, _ := configs.Get(s.text, "controller.port")
	return candidate{driver: names[n], port: port}, nil // relative to the config's folder, as it says itself
}

func (s *setup) driverNames() (names []string) {
	for _, c := range s.Drivers.Controllers {
		names = append(names, c.Name)
	}
	return names
}

var oneSetting = regexp.MustCompile(`(?m)^    (\w+): ([\w.+-]+)$`)

// useBoard writes the section. A driver that is new in this file brings its
// commented example along.
func (s *setup) useBoard(b candidate) (example bool, err error) {
	if now, _ := configs.Get(s.text, "controller.driver"); now != b.driver {
		lines, ok := configs.Example("controller", b.driver)
		if !ok {
			return false, unfit(fmt.Errorf("--driver %s: there is no such driver: write %s", b.driver, strings.Join(s.driverNames(), ", ")))
		}
		after, err := configs.SetSection(s.text, "controller", lines)
		if err != nil {
			return false, err
		}
		s.text, example = after, true
	}
	s.answered["controller.driver"] = true
	if what := s.put("controller.port", b.port); what != "" {
		return example, unfit(fmt.Errorf("--port: %s", what))
	}
	for _, m := range oneSetting.FindAllStringSubmatch(b.found, -1) {
		if what := s.put("controller.settings."+m[1], m[2]); what != "" {
			return example, fmt.Errorf("controller.settings.%s: %s", m[1], what)
		}
	}
	return example, nil
}
