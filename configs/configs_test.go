package configs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/jpeg"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kioskd/configs"
	"kioskd/sale"
	"kioskd/watch"
	"kioskd/watch/logs"
)

// folder is a new folder with the files that a good configuration names.
func folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, perm := range map[string]os.FileMode{"apiclient_key.pem": 0o600, "wechatpay_public_key.pem": 0o644, "open_key.pem": 0o644} {
		write(t, filepath.Join(dir, name), []byte("key"), perm)
	}
	write(t, filepath.Join(dir, "cola.png"), picture(512, 512), 0o644)
	write(t, filepath.Join(dir, "wide.png"), picture(5000, 10), 0o644)
	write(t, filepath.Join(dir, "damaged.png"), picture(512, 512)[:20], 0o644)
	write(t, filepath.Join(dir, "pin.txt"), []byte("904417\n"), 0o600)
	write(t, filepath.Join(dir, "notes.txt"), []byte("no picture and no font"), 0o644)
	return dir
}

func write(t testing.TB, path string, data []byte, perm os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, data, perm); err != nil {
		t.Fatal(err)
	}
}

func TestReferenceLoads(t *testing.T) {
	dir := folder(t)
	c, err := configs.Parse("kioskd.yaml", configs.Reference(), dir, drivers())
	if err != nil {
		t.Fatal(err)
	}
	want := configs.Default()
	want.Machine = configs.Machine{ID: "SH0042", Name: "一号楼大厅", Language: configs.LanguageZH, Help: "400-000-0000"}
	want.Controller.Driver = "vmc"
	want.Controller.Port = "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"
	want.Controller.Settings = newVMC()
	want.Payment.Driver = "wechat"
	want.Payment.Settings = &wechatSettings{
		AppID: "wxd678efh567hg6787", MchID: "1900000109",
		MerchantSerial: "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
		MerchantKey:    filepath.Join(dir, "apiclient_key.pem"),
		PublicKeyID:    "PUB_KEY_ID_0119000001092024091800000000000001",
		PublicKey:      filepath.Join(dir, "wechatpay_public_key.pem"),
		NotifyURL:      "https://example.com/wechatpay/notify",
		BaseURLs:       []string{"https://api.mch.weixin.qq.com", "https://api2.wechatpay.cn"},
	}
	want.Watch.Alarms.Command = []string{}
	want.Products = []configs.Product{
		{Slot: 11, Name: "农夫山泉 550ml", Price: 200, Spare: []sale.Slot{}},
		{Slot: 12, Name: "可口可乐 330ml", Price: 350},
	}
	if diff := cmp.Diff(&want, c, cmp.AllowUnexported(vmcSettings{})); diff != "" {
		t.Errorf("the reference file is not the defaults and the example (-want +got):\n%s", diff)
	}
}

func TestReferenceWantsOnlyTheKeyFiles(t *testing.T) {
	_, err := configs.Parse("kioskd.yaml", configs.Reference(), t.TempDir(), drivers())
	var p *configs.Problems
	if !errors.As(err, &p) {
		t.Fatalf("error %v, want problems", err)
	}
	var fields []string
	for _, one := range p.List {
		fields = append(fields, one.Field)
	}
	if diff := cmp.Diff([]string{"payment.settings.merchant_key", "payment.settings.public_key"}, fields); diff != "" {
		t.Errorf("fields with problems (-want +got):\n%s", diff)
	}
}

func TestReferenceShowsEveryKey(t *testing.T) {
	d := drivers()
	// The doubles' own settings are no part of the real file.
	d.Controllers = map[string]func() configs.Settings{}
	if missing := configs.UndocumentedKeys(d); len(missing) > 0 {
		t.Errorf("the reference file does not show %s", strings.Join(missing, ", "))
	}
	want := []string{
		"controller.settings.answer of vmc", "controller.settings.check_long of vmc",
		"controller.settings.gain of vmc", "controller.settings.unit of vmc", "controller.settings.wiring of vmc",
		"controller.settings.wiring.slots of vmc", "controller.settings.word of vmc",
	}
	d.Controllers["vmc"] = newVMC
	if diff := cmp.Diff(want, configs.UndocumentedKeys(d)); diff != "" {
		t.Errorf("keys of a driver that the file does not know (-want +got):\n%s", diff)
	}
}

func TestReferenceIsACopy(t *testing.T) {
	clear(configs.Reference())
	if !strings.Contains(string(configs.Reference()), "machine:") {
		t.Error("writing into the reference file changed it")
	}
}

func TestLoadReadsValuesAsTheyAreWritten(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "machine.yaml")
	write(t, path, []byte("\ufeff"+strings.ReplaceAll(`---
machine: {id: 007, name: "A: 一楼 # 2", language: en+zh, help: 4000000000}
store: {path: data/orders.db, reserve: 2048KiB, copies: copies/, keep: 30d}
controller:
  driver: vmc
  port: ttyV0
  settings: {baud: 9600, answer: 250ms, check_long: true, word: abc, gain: 1.5, unit: 7, wiring: {slots: [1, 2]}}
payment:
  driver: wechat
  settings:
    merchant_serial: 5157E10
    appid: 0x10
    mchid: 0190
    merchant_key: apiclient_key.pem
    public_key: wechatpay_public_key.pem
    notify_url: https://example.com/n
sale: {pay_within: 2m, on_late_payment: dispense, on_unknown: hold, on_failed_vend: other_slot, max_unknown_per_day: 1, new_code: 99, refunds: person, refund_cap: "200.00"}
service: {pin: pin.txt, panel: "192.168.8.1:8930", chord: [11, 12, 12, 11], door: true, keys: [11, 12, 13, 21, 22]}
screen:  # nothing but comments
control:
log: {level: debug, target: journal}
watch: {metrics: ":9464", alarms: {command: [/bin/true, "-x"], url: "http://127.0.0.1:8080/a?key=b", on: [door], repeat: 2h, after: 1m, door_after: 5m, temperature: {min: -2, max: none}}}
screen_: 1
products:
- {slot: 1, name: a, price: 2}
- {slot: "2", name: b, price: 2.5}
- {slot: 9999, name: c, price: 2.50, image: cola.png}
- {slot: 4, name: d, price: "0.01"}
- {slot: 5, name: e, price: 1.10}
- {slot: 6, name: f, price: 100000}
- {slot: 7, name: g, price: 4.35, spare: [21, 8]}
`, "screen_: 1\n", "")), 0o644)
	c, err := configs.Load(path, drivers())
	if err != nil {
		t.Fatal(err)
	}
	var prices []sale.Fen
	for _, p := range c.Catalogue() {
		prices = append(prices, p.Price)
	}
	vmc, pay := c.Controller.Settings.(*vmcSettings), c.Payment.Settings.(*wechatSettings)
	for _, check := range []struct {
		what      string
		got, want any
	}{
		{"prices", prices, []sale.Fen{200, 250, 250, 1, 110, 10000000, 435}},
		{"spare slots", c.Spares(), map[sale.Slot][]sale.Slot{7: {21, 8}}},
		{"all slots", c.Shelves()[6:], []sale.Product{{Slot: 7, Name: "g", Price: 435}, {Slot: 21, Name: "g", Price: 435}, {Slot: 8, Name: "g", Price: 435}}},
		{"machine", c.Machine, configs.Machine{ID: "007", Name: "A: 一楼 # 2", Language: "en+zh", Help: "4000000000"}},
		{"store", c.Store, configs.Store{Path: filepath.Join(dir, "data/orders.db"), Reserve: 2 << 20, Copies: filepath.Join(dir, "copies"), Keep: 30}},
		{"keep", c.Store.Keep.Span(), 720 * time.Hour},
		{"port", c.Controller.Port, filepath.Join(dir, "ttyV0")},
		{"image", c.Products[2].Image, filepath.Join(dir, "cola.png")},
		{"serial, appid, mchid", []string{pay.MerchantSerial, pay.AppID, pay.MchID}, []string{"5157E10", "0x10", "0190"}},
		{"list kept from the default", pay.BaseURLs, []string{"https://a.example", "https://b.example"}},
		{"vmc baud", vmc.Baud, 9600},
		{"vmc answer", vmc.Answer, 250 * time.Millisecond},
		{"vmc check_long", vmc.CheckLong, true},
		{"vmc word", vmc.Word, word("ABC")},
		{"vmc gain", vmc.Gain, 1.5},
		{"vmc unit", vmc.Unit, uint8(7)},
		{"vmc slots", vmc.Wiring.Slots, []int{1, 2}},
		{"sale", c.Sale, configs.Sale{PayWithin: 2 * time.Minute, OnLatePayment: "dispense", DispenseWithin: time.Minute, OnUnknown: "hold", MaxUnknownPerDay: 1, OnFailedVend: configs.FailedOtherSlot, NewCode: 99, Refunds: configs.RefundsByPerson, RefundCap: 20000}},
		{"policy", c.Sale.Policy(), sale.Policy{LateDispense: true, OnUnknown: sale.UnknownHold, OtherSlot: true, HoldRefunds: true}},
		{"screen", c.Screen, configs.Default().Screen},
		{"log", c.Log, configs.Log{Level: slog.LevelDebug, Target: logs.ToJournal}},
		{"watch", c.Watch, configs.Watch{Metrics: ":9464", Alarms: configs.Alarms{
			Command: []string{"/bin/true", "-x"}, URL: "http://127.0.0.1:8080/a?key=b", On: []watch.Kind{watch.Door},
			Repeat: 2 * time.Hour, After: time.Minute, DoorAfter: 5 * time.Minute, Temperature: configs.Temperature{Min: configs.Degrees{Celsius: -2, Set: true}},
		}}},
		{"limits", c.Watch.Alarms.Limits(), watch.Limits{On: []watch.Kind{watch.Door}, After: time.Minute, DoorAfter: 5 * time.Minute, Cold: new(-2)}},
		{"service", c.Service, configs.Service{PIN: filepath.Join(dir, "pin.txt"), Panel: "192.168.8.1:8930", Chord: []sale.Slot{11, 12, 12, 11}, Door: true, Keys: []sale.Slot{11, 12, 13, 21, 22}}},
	} {
		if diff := cmp.Diff(check.want, check.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", check.what, diff)
		}
	}
}

func TestPicturesAndFontsThatServe(t *testing.T) {
	dir := folder(t)
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "photo.jpg"), photo.Bytes(), 0o644)
	write(t, filepath.Join(dir, "hei.ttc"), []byte("ttcf\x00\x01"), 0o644)
	data := strings.NewReplacer(`image: ""`, "image: photo.jpg", `font: ""`, "font: hei.ttc").Replace(string(configs.Reference()))
	c, err := configs.Parse("kioskd.yaml", []byte(data), dir, drivers())
	if err != nil {
		t.Fatal(err)
	}
	if c.Products[0].Image != filepath.Join(dir, "photo.jpg") || c.Screen.Font != filepath.Join(dir, "hei.ttc") {
		t.Errorf("image %s, font %s", c.Products[0].Image, c.Screen.Font)
	}
}

func TestAListTakesThePlaceOfItsDefault(t *testing.T) {
	data := regexp.MustCompile(`base_urls: .*`).ReplaceAll(configs.Reference(), []byte("base_urls: [https://c.example]"))
	c, err := configs.Parse("kioskd.yaml", data, folder(t), drivers())
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Payment.Settings.(*wechatSettings).BaseURLs; !slices.Equal(got, []string{"https://c.example"}) {
		t.Errorf("base_urls %q", got)
	}
}

// The layout that the documentation shows: short sections in one line each.
func TestOneLineSections(t *testing.T) {
	c, err := configs.Parse("kioskd.yaml", []byte(`
machine:    {id: SH0042, name: 一号楼大厅, language: zh, help: 400-000-0000}
store:      {path: /var/lib/kioskd/kioskd.db}
controller: {driver: vmc, port: /dev/serial/by-id/..., settings: {}}
payment:
  driver: wechat
  settings: {appid: wx.., mchid: "1900000109", merchant_serial: "...", merchant_key: apiclient_key.pem,
             public_key_id: PUB_KEY_ID_..., public_key: wechatpay_public_key.pem,
             notify_url: https://..., base_urls: [https://api.mch.weixin.qq.com, https://api2.wechatpay.cn]}
sale:       {pay_within: 90s, on_late_payment: refund, dispense_within: 60s, on_unknown: refund, max_unknown_per_day: 3}
screen:     {driver: auto}
control:    {socket: /run/kioskd/kioskd.sock}
products:   [{slot: 11, name: 农夫山泉 550ml, price: "2.00", image: ""}]
`), folder(t), drivers())
	if err != nil {
		t.Fatal(err)
	}
	pay := c.Payment.Settings.(*wechatSettings)
	if pay.NotifyURL != "https://..." || len(pay.BaseURLs) != 2 || c.Products[0].Price != 200 {
		t.Errorf("settings %+v, products %v", pay, c.Products)
	}
}

func TestWindowsLineEndsAreFine(t *testing.T) {
	data := strings.ReplaceAll(string(configs.Reference()), "\n", "\r\n")
	if _, err := configs.Parse("kioskd.yaml", []byte(data), folder(t), drivers()); err != nil {
		t.Error(err)
	}
}

func TestLoadOfNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	_, err := configs.Load(path, drivers())
	if want := path + ": no such file: check the path"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("the error does not wrap fs.ErrNotExist")
	}
	_, err = configs.Load(filepath.Dir(path), drivers())
	if want := filepath.Dir(path) + ": cannot be read: check the path and who may read the file"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// Load changes nothing: a reload beside a running machine must be harmless.
func TestLoadHasNoSideEffects(t *testing.T) {
	dir := folder(t)
	path := filepath.Join(dir, "kioskd.yaml")
	data := strings.ReplaceAll(string(configs.Reference()), "/var/lib/kioskd", "new/folder")
	write(t, path, []byte(data), 0o644)
	before := tree(t, dir)
	first, err := configs.Load(path, drivers())
	if err != nil {
		t.Fatal(err)
	}
	second, _ := configs.Load(path, drivers())
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
	first.Products[0].Price = 1
	first.Controller.Settings.(*vmcSettings).Baud = 1
	if second.Products[0].Price != 200 || second.Controller.Settings.(*vmcSettings).Baud != 57600 {
		t.Error("two readings share memory")
	}
}

func tree(t *testing.T, dir string) []string {
	t.Helper()
	var list []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		list = append(list, path+info.ModTime().String()+info.Mode().String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestProblemsAsJSON(t *testing.T) {
	_, err := configs.Parse("a.yaml", []byte("a: b: c\n"), t.TempDir(), drivers())
	got, marshalErr := json.Marshal(err)
	if marshalErr != nil {
		t.Fatal(marshalErr)
	}
	want := `{"problems":[{"file":"a.yaml","line":1,"column":4,"field":"","rule":"syntax",` +
		`"what":"a second \": \" in one value: put quotes around the value, or align the next line with its neighbours"}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNight(t *testing.T) {
	over, within := configs.Night{From: 19 * time.Hour, To: 7 * time.Hour}, configs.Night{From: time.Hour, To: 90 * time.Minute}
	var hours []int
	for h := range 24 {
		if over.Covers(time.Duration(h) * time.Hour) {
			hours = append(hours, h)
		}
	}
	if want := []int{0, 1, 2, 3, 4, 5, 6, 19, 20, 21, 22, 23}; !slices.Equal(hours, want) {
		t.Errorf("%s covers %v, want %v", over, hours, want)
	}
	if !within.Covers(time.Hour) || within.Covers(90*time.Minute) || within.String() != "01:00-01:30" {
		t.Errorf("%s covers 01:00 %v and 01:30 %v", within, within.Covers(time.Hour), within.Covers(90*time.Minute))
	}
}

func TestPanelIsLocal(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:8930": true, "localhost:8930": true, "[::1]:8930": true, "127.9.9.9:1": true,
		"0.0.0.0:8930": false, "192.168.8.1:8930": false, "[::]:8930": false, "": false,
	} {
		if got := (configs.Service{Panel: address}).PanelIsLocal(); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}
