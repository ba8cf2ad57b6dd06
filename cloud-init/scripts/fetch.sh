#!/usr/bin/env bash
# fetch.sh URL SHA256 FILE: one try to have FILE, resumed where the last one broke off; FILE appears only when its
# sha256 is right. The installer does not stop at a broken payload of its own: the check here is the only one.
set -euo pipefail
url=$1 sha256=$2 file=$3 part=$3.part

is_right() { echo "$sha256  $part" | sha256sum --check --status 2>/dev/null; }

if ! { [ -s "$part" ] && is_right; }; then
  rc=0
  code=$(curl --fail --silent --show-error --location --connect-timeout 15 --speed-limit 1024 --speed-time 30 \
    --proto-redir =https --continue-at - --output "$part" --write-out '%{http_code}' "$url") || rc=$?
  # 416 and curl's 33: this server cannot go on where we are; begin again at the next try.
  if [ "$code" = 416 ] || [ "$rc" = 33 ]; then rm -f "$part"; fi
  [ "$rc" = 0 ] || { echo "curl: exit code $rc, HTTP $code"; exit "$rc"; }
fi
if ! is_right; then
  echo "the sha256 of $url is $(sha256sum <"$part" | cut -c 1-64), pinned is $sha256"
  rm -f "$part"
  exit 79
fi
mv "$part" "$file"
chmod 644 "$file"
