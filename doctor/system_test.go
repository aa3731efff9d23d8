package doctor

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestFilesystemFinding(t *testing.T) {
	const disk = "26 1 254:0 / / rw,relatime - ext4 /dev/mmcblk0p2 rw\n"
	for _, tt := range []struct{ name, mounts, want string }{
		{"good", disk, "✓ filesystem  ext4 on /, nothing in its options endangers the ledger"},
		{"another's options", disk + "27 26 0:5 / /var/lib rw - ext4 /dev/sdb1 rw,nobarrier\n", "✓ filesystem  ext4 on /, nothing in its options endangers the ledger"},
		{"like the name", disk + "27 26 0:5 / /data/kios rw - tmpfs tmpfs rw\n", "✓ filesystem  ext4 on /, nothing in its options endangers the ledger"},
		{"journalled data", disk + "27 26 0:5 / /data rw,noatime - ext4 /dev/sda1 rw,data=journal\n", "✓ filesystem  ext4 on /data, nothing in its options endangers the ledger"},
		{"nobarrier", "26 1 254:0 / / rw shared:1 master:2 - ext4 /dev/sda1 rw,nobarrier\n", "✗ filesystem  ext4 on / has nobarrier: after a power cut committed orders can be missing or the ledger damaged → take it out of the options of / in /etc/fstab, then restart the machine"},
		{"barrier=0", disk + "27 26 0:5 / /data rw - ext4 /dev/sda1 rw,barrier=0\n", "✗ filesystem  ext4 on /data has nobarrier: after a power cut committed orders can be missing or the ledger damaged → take it out of the options of /data in /etc/fstab, then restart the machine"},
		{"f2fs", disk + "27 26 0:5 / /data rw - f2fs /dev/sda1 rw,fsync_mode=nobarrier\n", "✗ filesystem  f2fs on /data has nobarrier: after a power cut committed orders can be missing or the ledger damaged → take it out of the options of /data in /etc/fstab, then restart the machine"},
		{"writeback", disk + "27 26 0:5 / /data rw - ext4 /dev/sda1 rw,data=writeback\n", "! filesystem  ext4 on /data has data=writeback: after a power cut files can have old contents where they were not synced → take it out of the options of /data in /etc/fstab, then restart the machine"},
		{"async commit", disk + "27 26 0:5 / /data rw - ext4 /dev/sda1 rw,journal_checksum,journal_async_commit\n", "! filesystem  ext4 on /data has journal_async_commit, which trusts the disk to keep the order of writes → take it out of the options of /data in /etc/fstab, then restart the machine"},
		{"goes on", disk + "27 26 0:5 / /data rw - ext4 /dev/sda1 rw,errors=continue\n", "! filesystem  ext4 on /data has errors=continue: it goes on writing after it was found damaged → write errors=remount-ro in /etc/fstab"},
		{"read-only mount", disk + "27 26 0:5 / /data ro - ext4 /dev/sda1 rw\n", "✗ filesystem  E-STORE-01: ext4 on /data is read-only → look for disk errors with dmesg, then mount it writable and restart kioskd"},
		{"read-only disk", disk + "27 26 0:5 / /data rw - ext4 /dev/sda1 ro,errors=remount-ro\n", "✗ filesystem  E-STORE-01: ext4 on /data is read-only → look for disk errors with dmesg, then mount it writable and restart kioskd"},
		{"memory", disk + "27 26 0:5 / /data rw - tmpfs tmpfs rw,size=65536k\n", "✗ filesystem  tmpfs on /data is memory: a power cut takes all orders with it → write a store.path on a disk of the machine, with ext4"},
		{"over another", "27 26 0:5 / /data rw - tmpfs tmpfs rw\n28 26 0:6 / /data rw - ext4 /dev/sda1 rw\n", "✓ filesystem  ext4 on /data, nothing in its options endangers the ledger"},
		{"overlay in memory", "20 1 0:5 / /media/ram rw - tmpfs tmpfs rw\n26 1 0:9 / / rw - overlay overlay rw,lowerdir=/media/root,upperdir=/media/ram/upper,workdir=/media/ram/work\n", "✗ filesystem  overlay on / keeps in memory what is written: a power cut takes all orders with it → write a store.path on a disk of the machine, with ext4"},
		{"volatile overlay", "26 1 0:9 / / rw - overlay overlay rw,upperdir=/u,volatile\n", "✗ filesystem  overlay on / is volatile and syncs nothing → write a store.path on a disk of the machine, with ext4"},
		{"overlay", "26 1 0:9 / / rw - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w\n", "! filesystem  overlay on /: make sure that what is written is not forgotten at the next start → write a store.path on a disk of the machine, with ext4"},
		{"network", disk + "27 26 0:5 / /data rw - nfs4 10.0.0.1:/k rw\n", "✗ filesystem  nfs4 on /data is on another machine: its locks and syncs are not proved for the ledger → write a store.path on a disk of the machine, with ext4"},
		{"stick", disk + "27 26 0:5 / /data rw - vfat /dev/sda1 rw\n", "! filesystem  vfat on /data: a power cut can damage such a file system as a whole → write a store.path on a disk of the machine, with ext4"},
		{"a space in the name", disk + `27 26 0:5 / /data/kiosk\040d rw - tmpfs tmpfs rw` + "\n", "✗ filesystem  tmpfs on /data/kiosk d is memory: a power cut takes all orders with it → write a store.path on a disk of the machine, with ext4"},
		{"nothing", "nonsense\n", "! filesystem  what holds /data/kiosk d is not known"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, err := readMounts(strings.NewReader(tt.mounts))
			if err != nil {
				t.Fatal(err)
			}
			line(t, mountFinding("/data/kiosk d", list), tt.want)
		})
	}
}

func TestSystemdFinding(t *testing.T) {
	state := func(load, active, sub, enabled string) string {
		return fmt.Sprintf("Result=exit-code\nNRestarts=3\nWatchdogUSec=0\nLoadState=%s\nActiveState=%s\nSubState=%s\nUnitFileState=%s\n", load, active, sub, enabled)
	}
	for _, tt := range []struct {
		name, shown string
		err         error
		want        string
	}{
		{"no watchdog", state("loaded", "active", "running", "enabled"), nil, "! systemd     kioskd.service is active and enabled, and has no watchdog: a daemon that hangs stays so → use the unit of the Debian package, or write Type=notify and WatchdogSec=30"},
		{"watchdog", strings.Replace(state("loaded", "active", "running", "enabled"), "USec=0", "USec=30s", 1), nil, "✓ systemd     kioskd.service is active and enabled, watchdog 30s"},
		{"none", state("not-found", "inactive", "dead", ""), nil, "! systemd     there is no unit kioskd.service → without it nothing starts kioskd after a power cut: install the unit, then: systemctl enable --now kioskd"},
		{"masked", state("masked", "inactive", "dead", "masked"), nil, "✗ systemd     kioskd.service is masked → see what is wrong with: systemctl status kioskd.service"},
		{"failed", state("loaded", "failed", "failed", "enabled"), nil, "✗ systemd     kioskd.service has failed (exit-code) → see why with: journalctl -u kioskd -n 50; then: systemctl restart kioskd"},
		{"again and again", state("loaded", "activating", "auto-restart", "enabled"), nil, "✗ systemd     kioskd.service ends and is started again, 3 times so far → see why with: journalctl -u kioskd -n 50"},
		{"hung", strings.Replace(state("loaded", "activating", "auto-restart", "enabled"), "exit-code", "watchdog", 1), nil, "✗ systemd     kioskd.service was ended by its watchdog and is started again, 3 times so far → see which part hung with: journalctl -u kioskd -g E-HANG"},
		{"starts", state("loaded", "activating", "start", "enabled"), nil, "! systemd     kioskd.service is enabled and starts: it is ready when its ledger is open and its screen is up → if it stays so, see why with: journalctl -u kioskd -n 50"},
		{"not enabled", state("loaded", "active", "running", "disabled"), nil, "✗ systemd     kioskd.service is active and disabled: it will not start after a power cut → systemctl enable kioskd"},
		{"stopped", state("loaded", "inactive", "dead", "enabled"), nil, "! systemd     kioskd.service is enabled and inactive → systemctl start kioskd"},
		{"without systemd", "", errNoSystemd, "- systemd     this machine is not run by systemd"},
		{"no answer", "", errors.New("exit status 1"), "! systemd     systemctl does not answer: exit status 1 → look at: systemctl status kioskd.service"},
	} {
		t.Run(tt.name, func(t *testing.T) { line(t, systemdFinding(tt.shown, tt.err), tt.want) })
	}
}

func TestWithoutSystemdNothingIsAsked(t *testing.T) {
	if _, err := showUnit(t.TempDir())(t.Context()); !errors.Is(err, errNoSystemd) {
		t.Error(err)
	}
}
