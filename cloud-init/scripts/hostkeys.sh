#!/usr/bin/env bash
# Print this host's public SSH keys to the console, first thing at every boot: gpuinfra reads them there
# (GetConsoleOutput) and pins them before it connects. The nonce in the markers came with the user-data: what
# somebody else writes to the console without it is ignored.
set -euo pipefail

console=${1:-/dev/console}
ssh_dir=${2:-/etc/ssh}
conf=${3:-/etc/gpuinfra/bootstrap.env}

keys_ready() { compgen -G "$ssh_dir/ssh_host_*_key.pub" >/dev/null; }

for _ in $(seq 60); do
  keys_ready && break
  sleep 1
done
keys_ready || { echo "no public host keys in $ssh_dir after 60 s" >&2; exit 1; }

# shellcheck source=/dev/null
. "$conf"
block="-----BEGIN GPUINFRA HOST KEYS ${NONCE:?}-----"$'\n'
for file in "$ssh_dir"/ssh_host_*_key.pub; do
  block+=$(cut -d ' ' -f 1,2 <"$file")$'\n'
done
# One write: nothing else on the console can come between the lines. The first newline ends a line begun by others.
printf '\n%s-----END GPUINFRA HOST KEYS %s-----\n' "$block" "$NONCE" >"$console"
