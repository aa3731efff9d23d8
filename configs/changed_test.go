package configs_test

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"kioskd/configs"
)

func TestChanged(t *testing.T) {
	base := func() *configs.Config {
		c := configs.Default()
		c.Controller.Settings = &vmcSettings{Baud: 9600}
		c.Products = []configs.Product{{Slot: 11, Name: "water", Price: 200}, {Slot: 12, Name: "tea", Price: 350}}
		return &c
	}
	for _, c := range []struct {
		change func(*configs.Config)
		want   []string
	}{
		{func(*configs.Config) {}, nil},
		{func(c *configs.Config) { c.Machine.Help, c.Log.Level = "400", slog.LevelDebug }, []string{"machine.help", "log.level"}},
		{func(c *configs.Config) { c.Sale.PayWithin, c.Screen.Night.From = time.Minute, time.Hour }, []string{"sale.pay_within", "screen.night"}},
		{func(c *configs.Config) { c.Controller.Settings = &vmcSettings{Baud: 57600} }, []string{"controller.settings.baud"}},
		{func(c *configs.Config) { c.Controller.Driver, c.Controller.Settings = "other", nil }, []string{"controller.driver", "controller.settings"}},
		{func(c *configs.Config) { c.Products[0].Price, c.Products[1].Name = 250, "green tea" }, []string{"products: slot 11: price", "products: slot 12: name"}},
		{func(c *configs.Config) { slices.Reverse(c.Products) }, nil},
		{func(c *configs.Config) { c.Products[1].Slot = 13 }, []string{"products: slot 12: gone", "products: slot 13: new"}},
		{func(c *configs.Config) { c.Products[0].Spare = append(c.Products[0].Spare, 21) }, []string{"products: slot 11: spare"}},
	} {
		b := base()
		c.change(b)
		if got := configs.Changed(base(), b); !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
