package mdb_test

import (
	"testing"
	"time"

	"kioskd/device/devicetest"
	"kioskd/device/mdb"
	"kioskd/device/mdb/mdbtest"
)

func TestConformance(t *testing.T) {
	text, session := mdb.DefaultSettings(), mdb.DefaultSettings()
	session.Mode = "session"
	box, boxSession := text, session
	box.Adapter, boxSession.Adapter = "waferstar", "waferstar"
	boxText := box
	boxText.Write = "text"
	for _, c := range []struct {
		name             string
		settings         mdb.Settings
		machine          mdbtest.Options
		approval, result int
	}{
		{"qibixx, always idle", text, mdbtest.Options{}, 12, 15 + 14},
		{"qibixx, session", session, mdbtest.Options{Session: true}, 0, 0},
		{"waferstar, always idle", box, mdbtest.Options{Adapter: mdbtest.Waferstar}, 4, 5 + 3},
		{"waferstar, session", boxSession, mdbtest.Options{Adapter: mdbtest.Waferstar, Session: true}, 0, 0},
		{"waferstar text, always idle", boxText, mdbtest.Options{Adapter: mdbtest.WaferstarText}, 13, 16},
	} {
		t.Run(c.name, func(t *testing.T) {
			devicetest.RunDriver(t, mdbtest.Harness(c.machine, c.approval, c.result, func(_ testing.TB, port string) devicetest.Driver {
				return mdb.OpenFast(port, c.settings, mdb.Options{Prices: prices, PayWithin: 90 * time.Second})
			}))
		})
	}
}
