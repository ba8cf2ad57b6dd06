#!/usr/bin/env bash
# Print this host's public SSH keys to the console, first thing at every boot: gpuinfra reads them there
# (GetConsoleOutput) and pins them before it connects. The instance id in the markers ties the block to this host.
set -euo pipefail

console=${1:-/dev/console}
ssh_dir=${2:-/etc/ssh}
id_file=${3:-/var/lib/cloud/data/instance-id}

keys_ready() { compgen -G "$ssh_dir/ssh_host_*_key.pub" >/dev/null; }

for _ in $(seq 60); do
  keys_ready && break
  sleep 1
done
keys_ready || { echo "no public host keys in $ssh_dir after 60 s" >&2; exit 1; }

id=unknown
[ ! -s "$id_file" ] || id=$(tr -cd 'A-Za-z0-9-' <"$id_file")
block="-----BEGIN GPUINFRA HOST KEYS $id-----"$'\n'
for file in "$ssh_dir"/ssh_host_*_key.pub; do
  block+=$(cut -d ' ' -f 1,2 <"$file")$'\n'
done
# One write: nothing else on the console can come between the lines. The first newline ends a line begun by others.
printf '\n%s-----END GPUINFRA HOST KEYS %s-----\n' "$block" "$id" >"$console"
