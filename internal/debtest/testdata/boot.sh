#!/bin/bash
# Runs inside the booted root: a machine with a simulated WeChat Pay, a simulated
# cabinet and an X server without hardware. What the test wants to know goes to
# /sim/said, one line each; what is worth reading when it fails to /sim/log.
exec > /sim/log 2>&1
say() { echo "$*" >> /sim/said; }
show() { systemctl show kioskd -p "$1" --value; }
api() { curl -s -H 'Content-Type: application/json' -d "$2" "http://127.0.0.1:$1"; }
until_shows() { # PROPERTY VALUE SECONDS
  for _ in $(seq "$3"); do [ "$(show "$1")" = "$2" ] && return; sleep 1; done
}
set -x
trap 'journalctl --no-pager -u kioskd -u kioskd-x | grep -v goroutine | tail -60; say end; systemctl poweroff' EXIT

systemctl stop kioskd
chown kioskd: /sim && cd /sim || exit
runuser -u kioskd -- /sim/kiosk-sim wechat --dir /sim/w &
until [ -e /sim/w/kioskd.yaml ]; do sleep 0.1; done
runuser -u kioskd -- /sim/kiosk-sim cabinet --link /sim/ttyVMC --phones 127.0.0.1:9082 &
until [ -e /sim/ttyVMC ]; do sleep 0.1; done
for f in /sim/w/*; do install -o kioskd -g kioskd -m 600 "$f" /etc/kioskd/; done
sed -i -E -e 's|path: .*kioskd.db"?|path: /var/lib/kioskd/kioskd.db|' -e 's|socket: .*kioskd.sock"?|socket: /run/kioskd/kioskd.sock|' \
  -e 's|port: .*ttyVMC"?|port: /sim/ttyVMC|' -e 's|driver: auto|driver: window|' /etc/kioskd/kioskd.yaml
cat /etc/kioskd/kioskd.yaml

# The X session as it is, but for the server.
mkdir -p /usr/lib/xorg /etc/systemd/system/kioskd-x.service.d && touch /usr/lib/xorg/Xorg
cat > /etc/systemd/system/kioskd-x.service.d/xvfb.conf <<'EOF'
[Service]
ExecStart=
ExecStart=/usr/bin/Xvfb :0 -screen 0 1080x1920x24 -nolisten tcp -noreset -nocursor -s 0 -dpms -auth /run/kioskd-x/xauthority
EOF
kioskd-session x

systemctl start kioskd
say "started: $(show ActiveState), watchdog $(show WatchdogUSec)"
until_shows StatusText selling 30
say "status: $(show StatusText)"
say "windows: $(XAUTHORITY=/run/kioskd-x/xauthority DISPLAY=:0 xdotool search --onlyvisible --class kioskd | wc -l)"
systemctl status kioskd --no-pager
kioskd doctor

api 9083/api/cabinet/press '{"slot": 11}'; sleep 3
api 9082/api/phone/scan '{}'; sleep 1
api 9082/api/phone/pay '{}'
for _ in $(seq 30); do runuser -u kioskd -- kioskd orders | grep dispensed && break; sleep 1; done
say "sold: $(runuser -u kioskd -- kioskd orders --json | grep -c '"state": *"dispensed"')"

useradd -G kioskd technician && useradd stranger
for who in technician stranger; do
  say "$who: $(runuser -u $who -- curl -s -o /dev/null -w '%{http_code}' --unix-socket /run/kioskd/kioskd.sock http://k/v1/status)"
done

# A screen that hangs: the server reads nothing any more.
x=$(systemctl show kioskd-x -p MainPID --value)
kill -STOP "$x"
until_shows NRestarts 1 150
say "hang: $(journalctl -u kioskd --no-pager | grep -o 'E-HANG-01: the [a-z ]* has not answered' | sort -u), restarts $(show NRestarts)"
kill -CONT "$x"
until_shows StatusText selling 60
say "back: $(show StatusText)"
systemctl stop kioskd
say "stopped: $(show Result)"
