#!/bin/sh
# Prints the Debian version of what is checked out, or of a DESCRIPTION like those
# of git describe --tags --long --dirty. Versions sort in the order of the work:
#   v1.2.0-0-gabc        1.2.0               the release itself
#   v1.2.0-rc1-0-gabc    1.2.0~rc1           before it
#   v1.2.0-5-gabc        1.2.0+5.gabc        five commits behind it
#   no tag               0~git20261128212603.abc    by the time of the commit
set -eu
cd "$(dirname "$0")/.."

d=${1:-$(git describe --tags --long --dirty --match 'v[0-9]*' 2>/dev/null || true)}
dirty=
case $d in *-dirty) dirty=+dirty d=${d%-dirty} ;; esac
if [ -z "$d" ]; then
  [ -z "$(git status --porcelain --untracked-files=no 2>/dev/null)" ] || dirty=+dirty
  echo "0~git$(TZ=UTC git log -1 --format=%cd.%h --date=format-local:%Y%m%d%H%M%S --abbrev=12)$dirty"
  exit
fi
hash=${d##*-} d=${d%-*}
count=${d##*-} tag=${d%-*}
tag=${tag#v}
case $tag in *-*) tag=${tag%%-*}~$(echo "${tag#*-}" | tr - .) ;; esac
[ "$count" = 0 ] || tag=$tag+$count.$hash
echo "$tag$dirty"
