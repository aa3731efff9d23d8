package main

import (
	"fmt"
	"strconv"
	"strings"
)

// configText is a config for kioskd that needs no change. settings are those
// of the payment, not indented.
func (f *folder) configText(settings string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `%s 写的配置，可以直接用；每次启动都会重写。 · Written at each start, ready to use:
#
#     kioskd run --config %s

machine:
  id: SIM1
  name: 模拟台
  language: zh
  help: 400-000-0000

store:
  path: kioskd.db

controller:
  driver: %s
  port: %s
%s
payment:
  driver: %s
  settings:
%s
sale:
  pay_within: 90s

screen:
  driver: auto
  windowed: true

control:
  socket: %s

products:
`, mark, shellWord(f.config()), f.board, strconv.Quote(f.port), boardSettings[f.board], paymentDrivers[f.api], indent(settings, "    "), socketFile)
	for _, p := range assortment() {
		fmt.Fprintf(&b, "  - {slot: %d, name: %s, price: %q}\n", p.Slot, strconv.Quote(p.Name), p.Price.String())
	}
	return []byte(b.String())
}

// boardSettings are what a driver must be told about its simulator.
var boardSettings = map[string]string{
	boardVMC: `  settings:
    # 模拟货柜会为每次出货计数 · The simulated cabinet counts what it gives.
    counts: true
    # 模拟货柜可以连续出货 · The simulated cabinet needs no rest.
    pace: 0s
`,
	boardMDB: "",
}

var paymentDrivers = map[string]string{apiV3: "wechat", apiV2: "wechat-v2"}

func indent(text, by string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(by + line)
	}
	return b.String()
}
