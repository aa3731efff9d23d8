#!/usr/bin/env bash
# Installs what the tests need from Debian, if it is missing and if this user
# may. Where it may not, the tests say what they miss: they fail under CI=true
# and are skipped on a desk.
set -u

# peer PACKAGE FOLDER installs an npm package that a test compares with, in the
# versions of its lock file.
peer() {
  [ -d "$2/node_modules" ] && return
  command -v npm >/dev/null || { echo "missing for some tests: npm" >&2; return; }
  echo "installing $1"
  (cd "$2" && npm ci --silent --no-audit --no-fund) || echo "could not install: $1" >&2
}

# program PACKAGE PATH takes one program out of a Debian package: neither what
# the package depends on nor the service that it would start.
program() {
  command -v "${2##*/}" >/dev/null && return
  local root=() dir
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || { echo "missing for some tests: ${2##*/} (from the package $1)" >&2; return; }
    root=(sudo -n)
  fi
  echo "installing ${2##*/}"
  dir=$(mktemp -d) || return
  (
    cd "$dir" || exit
    apt-get download -qq "$1" 2>/dev/null || { "${root[@]}" apt-get update -qq && apt-get download -qq "$1" 2>/dev/null; } || exit
    dpkg-deb --fsys-tarfile "$1"_*.deb | tar -x ".$2" && "${root[@]}" install -m 0755 ".$2" /usr/local/bin/
  ) || echo "could not install: ${2##*/}" >&2
  rm -rf "$dir"
}

peers() {
  cd "$(dirname "${BASH_SOURCE[0]}")/../.." || return
  peer modbus-serial device/modbus/testdata/peer
  peer wechatpay-axios-plugin internal/oracle/testdata/axios
}
trap 'program prometheus /usr/bin/promtool; peers; exit 0' EXIT

want=()
[ -e /usr/include/modbus/modbus.h ] || want+=(libmodbus-dev)
command -v node >/dev/null || want+=(nodejs)
command -v npm >/dev/null || want+=(npm)
command -v Xvfb >/dev/null || want+=(xvfb)
command -v zbarimg >/dev/null || want+=(zbar-tools)
command -v xdotool >/dev/null || want+=(xdotool)
command -v strace >/dev/null || want+=(strace)
command -v ip >/dev/null || want+=(iproute2)
command -v mkfs.ext4 >/dev/null || want+=(e2fsprogs)
command -v mount >/dev/null || want+=(mount)
command -v debootstrap >/dev/null || want+=(debootstrap)
command -v xauth >/dev/null || want+=(xauth)
command -v chromium >/dev/null || want+=(chromium)
[ -e /usr/share/fonts/truetype/wqy/wqy-microhei.ttc ] || want+=(fonts-wqy-microhei)
ldconfig -p 2>/dev/null | grep -q 'libEGL\.so\.1' || want+=(libegl1)
ldconfig -p 2>/dev/null | grep -q 'libGL\.so\.1' || want+=(libgl1)
compgen -G '/usr/lib/*/dri/*swrast*' >/dev/null || want+=(libgl1-mesa-dri)
command -v avr-gcc >/dev/null || want+=(gcc-avr)
[ -e /usr/lib/avr/include/avr/io.h ] || want+=(avr-libc)
[ -e /usr/include/simavr/sim_avr.h ] || want+=(libsimavr-dev)
[ -e /usr/include/libelf.h ] || want+=(libelf-dev)
for lib in libXcursor.so.1 libXrandr.so.2 libXinerama.so.1 libXi.so.6 libXxf86vm.so.1; do
  ldconfig -p 2>/dev/null | grep -qF "$lib" && continue
  case $lib in
    libXcursor*) want+=(libxcursor1) ;;
    libXrandr*) want+=(libxrandr2) ;;
    libXinerama*) want+=(libxinerama1) ;;
    libXi.*) want+=(libxi6) ;;
    libXxf86vm*) want+=(libxxf86vm1) ;;
  esac
done
[ ${#want[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
  if sudo -n true 2>/dev/null; then as_root=(sudo -n); else
    echo "missing for some tests: ${want[*]} (install them as root with apt-get)" >&2
    exit 0
  fi
fi
echo "installing ${want[*]}"
"${as_root[@]}" apt-get update -qq &&
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${want[@]}" >/dev/null ||
  echo "could not install: ${want[*]}" >&2
exit 0
