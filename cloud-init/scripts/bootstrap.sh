#!/usr/bin/env bash
# Bring this host to its conda environment. All values come from one file of shell-quoted NAME=VALUE lines.
set -Eeuo pipefail

# shellcheck source=/dev/null
. "${1:-/etc/gpuinfra/bootstrap.env}"
: "${STACK:?}" "${LOGIN_USER:?}" "${INSTALLER:?}" "${INSTALLER_URL:?}" "${INSTALLER_SHA256:?}"
: "${ROOT:=}"

state_dir=$ROOT/var/lib/gpuinfra
mkdir -p "$state_dir"
id "$LOGIN_USER" >/dev/null
printf '{"schema":1,"state":"running","step":"preflight"}\n' >"$state_dir/.status.new"
mv -f "$state_dir/.status.new" "$state_dir/status.json"
