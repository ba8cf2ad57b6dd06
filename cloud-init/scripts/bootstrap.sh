#!/usr/bin/env bash
# Bring this host to its conda environment: numbered steps, each skipped when done and resumed when interrupted.
# All values come from one file of shell-quoted NAME=VALUE lines; the user's own files lie beside it.
# Exit codes: 0 ready; 75 worth another try (systemd tries again); 78 the same input can only fail again.
# shellcheck source-path=SCRIPTDIR
set -Eeuo pipefail
umask 022
export LC_ALL=C DEBIAN_FRONTEND=noninteractive
# CI=true would make conda accept terms of service that nobody has read.
unset CI PYTHONPATH PYTHONHOME CONDARC

conf=$(realpath "${1:-/etc/gpuinfra/bootstrap.env}")
conf_dir=${conf%/*}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd /

# shellcheck source=/dev/null
. "$conf"
: "${LOGIN_USER:?}" "${INSTALLER:?}" "${INSTALLER_URL:?}" "${INSTALLER_SHA256:?}" "${ENV_NAME:?}" "${CUDA_DRIVERS:?}"
: "${CUDA_MAJOR=}" "${LOCK_SHA256=}" "${INSTANCE_TYPE=}"
# What follows is never set by user-data: ROOT moves the system's files for tests, the rest are limits.
: "${ROOT:=}" "${TRIES:=4}" "${BACKOFF_S:=3}" "${MIN_FREE_MB:=10000}" "${GPU_WAIT_S:=600}" "${APT_PACKAGES:=}"
: "${GPU_SETTLE_S:=30}"
: "${LOCK_WAIT_S:=6000}"
: "${LOGIN_HOME:=$(getent passwd "$LOGIN_USER" | cut -d: -f6)}"

# `gpuinfra env apply` builds beside what is in use: with a state of its own, and no shell is told of it.
state_dir=${STATE_DIR:-$ROOT/var/lib/gpuinfra} shell=(shell)
[ -z "${STATE_DIR:-}" ] || shell=()
# One lock, wherever it came from: with user-data, or after it over ssh.
lock_file=$state_dir/env/lock.txt
log_file=$ROOT/var/log/gpuinfra/bootstrap.log
prefix=$LOGIN_HOME/${INSTALLER}3
env_prefix=$prefix/envs/$ENV_NAME
steps=(preflight gpu apt download install configure env-conda env-pip "${shell[@]}" verify requirements startup)
# Conda is installed meanwhile: the lock is waited for where it is needed.
[ -z "$LOCK_SHA256" ] || steps=("${steps[@]:0:6}" lock "${steps[@]:6}")

. "$here/lib.sh"
. "$here/system.sh"
. "$here/conda.sh"
. "$here/environment.sh"

begin_run
run_step preflight "$(files_key "$conf_dir"/{environment.yml,requirements.txt,conda.lock})" true
run_step gpu "$boot_id-$CUDA_MAJOR" gpus_checked
GPU=$(<"$state_dir/gpu") GPU_COUNT=$(<"$state_dir/gpu-count")
[ ! -s "$state_dir/cuda" ] || CUDA=$(<"$state_dir/cuda")
run_step apt "$(key_of "$APT_PACKAGES")" driver_held
run_step download "$INSTALLER_SHA256" installer_there
run_step install "$(key_of "$prefix")" conda_works
run_step configure "$(key_of "$prefix" "$(condarc)")" condarc_there
[ -z "$LOCK_SHA256" ] || run_step lock "$LOCK_SHA256" lock_there
run_step env-conda "$(key_of "$env_prefix" "$(files_key "$(env_source)")")" env_there
run_step env-pip "$(files_key "$conf_dir/pip.txt")" true
[ -n "${STATE_DIR:-}" ] || run_step shell "$(key_of "$(profile_script)")" shell_there
run_step verify "$(key_of "$GPU" "$(files_key "$conf_dir/names.txt")")" proven_in_this_boot
run_step requirements "$(files_key "$conf_dir/requirements.txt")" true
run_step startup "$(files_key "$conf_dir/startup")" true
end_run
