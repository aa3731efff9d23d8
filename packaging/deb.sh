#!/usr/bin/env bash
# Builds the Debian packages into dist/, for the architectures named, or for all.
# The same commit makes the same bytes wherever it is built with the same Go.
# VERSION and NFPM may be given.
set -euo pipefail
cd "$(dirname "$0")/.."

VERSION=${VERSION:-$(packaging/version.sh)}
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export VERSION SOURCE_DATE_EPOCH # nfpm dates every file in the package so
dist=${DIST:-dist}
mkdir -p "$dist"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# nfpm brings sixty modules along, so it has a go.mod of its own: none of them
# belongs among the requirements of what runs on a machine.
if [ -z "${NFPM:-}" ]; then
  NFPM=$work/nfpm
  (cd packaging/tools && CGO_ENABLED=0 go build -o "$NFPM" github.com/goreleaser/nfpm/v2/cmd/nfpm)
fi

# Nothing of this machine goes in: no paths, no state of the checkout.
# kioskd is built twice: what a technician types need not wait until the daemon, its
# window and its sheets are loaded, and goes on as the whole one where they are needed.
build() { # FOLDER LINKER-FLAGS [VARIABLE=VALUE...]
  if [ -n "${BINARY:-}" ]; then # for tests of the rest
    cp "$BINARY" "$1/kioskd"
    cp "$BINARY" "$1/kioskd-whole"
    return
  fi
  for tags in kioskd:commands kioskd-whole:; do
    env CGO_ENABLED=0 "${@:3}" go build -trimpath -buildvcs=false -tags "${tags#*:}" -o "$1/${tags%:*}" \
      -ldflags "-s -w -buildid= -X main.release=$VERSION -X kioskd/clock.committed=$SOURCE_DATE_EPOCH $2" ./cmd/kioskd
  done
}

stage=$work/stage
mkdir -p "$stage/doc"
here=$(go env GOHOSTARCH)
mkdir "$work/here"
build "$work/here" "" GOARCH="$here"
for shell in bash zsh fish; do "$work/here/kioskd" completion $shell > "$stage/completion.$shell"; done
cp README.md README.zh-CN.md "$stage/doc"
for folder in docs dashboards; do [ ! -d $folder ] || cp -r $folder "$stage/doc"; done
chmod -R u=rwX,go=rX "$stage"

for arch in ${@:-amd64 arm64 armhf}; do
  case $arch in
    "$here") cp "$work/here/"* "$stage" ;;
    amd64 | arm64) build "$stage" "" GOARCH=$arch ;;
    # Go names the loader of soft-float systems, which Debian's armhf has not.
    armhf) build "$stage" "-I /lib/ld-linux-armhf.so.3" GOARCH=arm GOARM=7 ;;
    *) echo "deb.sh: $arch: write amd64, arm64 or armhf" >&2; exit 2 ;;
  esac
  ARCH=$arch STAGE=$stage "$NFPM" package --config packaging/nfpm.yaml --packager deb --target "$dist/kioskd_${VERSION}_$arch.deb" > "$work/said" ||
    { cat "$work/said" >&2; exit 1; }
  echo "$dist/kioskd_${VERSION}_$arch.deb"
done
