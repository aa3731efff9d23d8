package main

import (
	"log/slog"
	"net/http"

	"kioskd/device/devicetest"
	"kioskd/device/mdb/mdbtest"
	"kioskd/sale"
)

// What --controller may name, as drivers of kioskd.
const (
	boardVMC = "vmc"
	boardMDB = "mdb"
)

func checkBoard(name string) error {
	if name != boardVMC && name != boardMDB {
		return wrong("--controller %s: there is no simulator of it: write vmc or mdb", name)
	}
	return nil
}

// board is a simulated machine behind a serial port.
type board interface {
	Path() string // of the port
	Control() http.Handler
	Close() error
}

func startBoard(f cabinetFlags, link string, products []sale.Product, log *slog.Logger) (board, error) {
	if f.board == boardMDB {
		o := mdbtest.Options{Link: link, Seed: f.seed, VendTime: f.vend, Log: log}
		for _, p := range products {
			o.Slots = append(o.Slots, mdbtest.Slot{Number: int(p.Slot), Price: int(p.Price), Stock: 8})
		}
		return mdbtest.Start(o)
	}
	o := devicetest.Options{Link: link, Seed: f.seed, VendTime: f.vend, Log: log}
	for _, p := range products {
		o.Slots = append(o.Slots, devicetest.Slot{Number: int(p.Slot), Price: int(p.Price), Stock: 8, Capacity: 10, Product: int(p.Slot)})
	}
	return devicetest.Start(o)
}
