package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"

	"kioskd/configs"
	"kioskd/payment/paytest"
	"kioskd/sale"
	"kioskd/store"
	"kioskd/store/ledgertest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kioskd": main})
}

// TestCommands plays what a technician types, right and wrong. The scripts
// know more commands than kioskd: "machine" writes a good kioskd.yaml with its
// keys, for a key mode of paytest and for "partner" as well, "ledger N" makes N
// sales of the past, "archive" archives three of them and makes one more; those
// of bills stand in bills_test.go, those of ports in boards_test.go, that of the
// merchant portal in setup_portal_test.go.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"machine": machine, "spares": spares, "ledger": ledger, "archive": archive, "question": question, "hangup": hangup, "partly": partly, "unzip": unzip, "sheet": sameSheets, "secretless": secretless,
			"provider": provider, "sales": sales, "portal": portalOf,
			"board": board, "lock": lock, "sysfs": sysfs, "paste": paste, "port": port, "until": until, "await": await, "manager": manager,
		},
	})
}

func machine(ts *testscript.TestScript, _ bool, args []string) {
	var o paytest.Options
	for _, a := range args {
		switch a {
		case "partner":
			o.Partner = true
		default:
			o.KeyMode = paytest.KeyMode(a)
		}
	}
	p, err := paytest.New(o)
	ts.Check(err)
	configFor(ts, p, strings.Replace(p.Settings(), "base_urls:", `base_urls: ["http://127.0.0.1:1"]`, 1))
}

// configFor writes kioskd.yaml and the keys of a merchant.
func configFor(ts *testscript.TestScript, p *paytest.Server, settings string) {
	dir := ts.MkAbs(".")
	ts.Check(p.WriteFiles(dir))
	ts.Check(p.WriteFilesV2(dir))
	settings = strings.ReplaceAll(strings.TrimSpace(settings), "\n", "\n    ")
	ts.Check(os.WriteFile(filepath.Join(dir, "kioskd.yaml"), []byte(`machine: {id: SH0042, name: 一号楼大厅}
store: {path: kioskd.db, reserve: 1MiB}
control: {socket: kioskd.sock}
controller: {driver: vmc, port: /dev/ttyS1}
payment:
  driver: wechat
  settings:
    `+settings+`
screen: {driver: none}
products:
  - {slot: 11, name: 农夫山泉 550ml, price: "2.00"}
`), 0o600))
}

// spares gives the product of the machine a spare slot.
func spares(ts *testscript.TestScript, _ bool, _ []string) {
	path := ts.MkAbs("kioskd.yaml")
	text := strings.Replace(ts.ReadFile(path), `price: "2.00"}`, `price: "2.00", spare: [21]}`, 1)
	ts.Check(os.WriteFile(path, []byte(text), 0o600))
}

func ledger(ts *testscript.TestScript, _ bool, args []string) {
	sales, err := strconv.ParseUint(args[0], 10, 8)
	ts.Check(err)
	s, err := store.Open(context.Background(), ts.MkAbs("kioskd.db"), store.Options{Reserve: 1})
	ts.Check(err)
	defer s.Close()
	for seq := range sales {
		for _, step := range ledgertest.Happy(seq + 1) {
			ts.Check(s.Commit(step))
		}
	}
}

// hangup sends SIGHUP to everything in the background, with an argument again
// and again until none is left.
func hangup(ts *testscript.TestScript, _ bool, args []string) {
	for _, c := range ts.BackgroundCmds() {
		err := c.Process.Signal(syscall.SIGHUP)
		for len(args) > 0 && err == nil {
			time.Sleep(time.Millisecond)
			err = c.Process.Signal(syscall.SIGHUP)
		}
		if len(args) == 0 || !errors.Is(err, os.ErrProcessDone) {
			ts.Check(err)
		}
	}
}

// partly begins a request on a socket, which somebody who ends waits for: it is
// being answered when this returns.
func partly(ts *testscript.TestScript, _ bool, args []string) {
	conn, err := net.Dial("unix", ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Defer(func() { conn.Close() })
	_, err = io.WriteString(conn, "POST /v1/prices HTTP/1.1\r\nHost: kioskd\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n")
	ts.Check(err)
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		ts.Fatalf("the body is not read: %q, %v", line, err)
	}
}

// question leaves an order that waits for a person, after those that are there.
func question(ts *testscript.TestScript, _ bool, _ []string) {
	s, err := store.Open(context.Background(), ts.MkAbs("kioskd.db"), store.Options{Reserve: 1})
	ts.Check(err)
	defer s.Close()
	last, err := s.LastSeq()
	ts.Check(err)
	w, born := ledgertest.NewWalk(last + 1)
	for _, step := range []sale.Step{born, w.To(sale.Awaiting), w.To(sale.Paid, sale.Dispensing), w.To(sale.Unknown), w.To(sale.Attention)} {
		ts.Check(s.Commit(step))
	}
}

func archive(ts *testscript.TestScript, _ bool, _ []string) {
	s, err := store.Open(context.Background(), ts.MkAbs("kioskd.db"), store.Options{Reserve: 1})
	ts.Check(err)
	defer s.Close()
	for _, step := range ledgertest.Happy(3 + store.KeepNewest) {
		ts.Check(s.Commit(step))
	}
	p, err := s.Archive(context.Background(), ledgertest.Day.AddDate(0, 1, 0), 10)
	ts.Check(err)
	if p.Orders != 3 {
		ts.Fatalf("%d orders archived", p.Orders)
	}
}

// TestReferenceConfigKnowsEveryKey holds configs/kioskd.yaml against the
// settings of the drivers as they are wired here: each key of each driver
// stands in it, and its examples can be used as they are.
func TestReferenceConfigKnowsEveryKey(t *testing.T) {
	for _, key := range configs.UndocumentedKeys(known().Settings()) {
		t.Errorf("configs/kioskd.yaml does not show %s", key)
	}
	for _, problem := range configs.ExampleProblems(known().Settings()) {
		if !strings.Contains(problem, "does not exist: write the path") { // the merchant's own files
			t.Errorf("an example in configs/kioskd.yaml is wrong: %s", problem)
		}
	}
}

// sameSheets compares what stands in two sheets.
func sameSheets(ts *testscript.TestScript, _ bool, args []string) {
	var texts []string
	for _, name := range args {
		f, err := excelize.OpenFile(ts.MkAbs(name))
		ts.Check(err)
		rows, err := f.GetRows("orders")
		ts.Check(errors.Join(err, f.Close()))
		if len(rows) < 2 {
			ts.Fatalf("%s has %d rows", name, len(rows))
		}
		texts = append(texts, fmt.Sprintf("%q", rows))
	}
	if len(texts) != 2 || texts[0] != texts[1] {
		ts.Fatalf("the sheets differ:\n%s", strings.Join(texts, "\n"))
	}
}
