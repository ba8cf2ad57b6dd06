#!/usr/bin/env bash
# Steps preflight, gpu and apt: is this host fit for it? Sourced by bootstrap.sh.
# shellcheck disable=SC2154  # state_dir, conf_dir, prefix ... are set by bootstrap.sh

APT_CONF=$ROOT/etc/apt/apt.conf.d/52gpuinfra-hold-driver

# How to become the login user: conda is installed by the one who will use it, never by root.
if [ "$(id -un)" = "$LOGIN_USER" ]; then as=(env); else as=(runuser -u "$LOGIN_USER" -- env "USER=$LOGIN_USER"); fi
as+=("HOME=$LOGIN_HOME" LC_ALL=C.UTF-8)

step_preflight() {
  local free machine
  machine=$(uname -m)
  [ "$machine" = x86_64 ] || refuse "this host is $machine; the pinned installers are for x86_64" 65
  id "$LOGIN_USER" >/dev/null || refuse "there is no user $LOGIN_USER on this image" 67
  free=$(free_mb "$prefix")
  ((free >= MIN_FREE_MB)) ||
    refuse "$free MB free under $prefix, $MIN_FREE_MB needed: set a larger root_volume_size_gb" 28
  # One that is waited for comes later, and is kept when it is there.
  if [ -s "$conf_dir/conda.lock" ]; then cp "$conf_dir/conda.lock" "$lock_file"; else lock_there || rm -f "$lock_file"; fi
}

has_nvidia_gpu() {
  local device
  for device in "$ROOT"/sys/bus/pci/devices/*; do
    # 10de is NVIDIA; class 03 is a display or 3D controller.
    if [ -r "$device/vendor" ] && [ "$(<"$device/vendor")" = 0x10de ]; then
      [[ $(<"$device/class") != 0x03* ]] || return 0
    fi
  done
  [ -e "$ROOT/dev/nvidia0" ]
}

# What EC2 sells with a type and whether it is there is asked by Python: the jobs' program asks the same.
gpu_check=(env "GPUINFRA_GPU_STATE=$ROOT/run/gpuinfra/gpu" "PYTHONPATH=$here" python3 -m gpuinfra.host.gpu_check)

# /run is empty after each boot.
gpus_checked() { [ ! -s "$state_dir/gpu-sold" ] || [ -e "$ROOT/run/gpuinfra/gpu" ]; }

step_gpu() {
  GPU=cpu GPU_COUNT=0
  rm -f "$state_dir/gpu" "$state_dir/cuda"
  "${gpu_check[@]}" sold "$INSTANCE_TYPE" "$here/gpus.txt" >"$state_dir/gpu-sold" 9>&- 3>&-
  if has_nvidia_gpu; then wait_for_driver; fi
  # Of a type that is newer than our table only the number is known: what answers now must go on to answer.
  [ -s "$state_dir/gpu-sold" ] || [ "$GPU" = cpu ] || [ -z "$INSTANCE_TYPE" ] ||
    echo "$INSTANCE_TYPE $GPU_COUNT 0" >"$state_dir/gpu-sold"
  if [ -s "$state_dir/gpu-sold" ]; then
    check_gpus "$(<"$state_dir/gpu-sold")"
  elif [ "$GPU" = cpu ]; then
    say "no NVIDIA GPU on this host: CPU packages"
  fi
  echo "$GPU_COUNT" >"$state_dir/gpu-count"
  echo "$GPU" >"$state_dir/gpu"
}

# check_gpus LINE: refuse a host that has not what its type is sold with; look on at one that has
check_gpus() {
  local until=$((SECONDS + GPU_SETTLE_S))
  until run_logged 120 "${gpu_check[@]}" check "$1"; do
    ((SECONDS < until)) ||
      refuse "$(tail -n 1 "$last_output"). A reboot may help (sudo reboot), else gpuinfra stop and start: other hardware" 70
    sleep 3
  done
  if [ -d "$ROOT/run/systemd/system" ]; then systemctl restart --no-block gpuinfra-gpu.service; fi
}

# Rows alone count: nvidia-smi may end well without a GPU, and say so between them.
ask_for_driver() {
  run_logged 60 nvidia-smi --query-gpu=name,driver_version --format=csv,noheader &&
    rows=$(grep -E ', [0-9.]+$' "$last_output")
}

wait_for_driver() {
  local until=$((SECONDS + GPU_WAIT_S)) rows=""
  # NVIDIA's own image finishes its driver at the first login of that user.
  [ "$(id -un)" = "$LOGIN_USER" ] || timeout 60 runuser -l "$LOGIN_USER" -c true 9>&- 3>&- || true
  until ask_for_driver; do
    if ((SECONDS >= until)); then
      command -v nvidia-smi >/dev/null || refuse "a GPU but no NVIDIA driver: use image nvidia or aws-nvidia" 69
      fail "nvidia-smi does not answer after $GPU_WAIT_S s: $(tail -n 1 "$last_output")" 69
    fi
    sleep 3
  done
  GPU=$(head -n 1 <<<"$rows") GPU_COUNT=$(wc -l <<<"$rows")
  # What conda calls __cuda: gpuinfra's next solve is for it.
  run_logged 60 nvidia-smi || true
  sed -nE '/CUDA Version/{s/.*CUDA Version: *([0-9.]+).*/\1/p;q}' "$last_output" >"$state_dir/cuda"
  check_cuda "${GPU##*, }"
  [ "$GPU_COUNT" = 1 ] || GPU="$GPU_COUNT x $GPU"
}

# check_cuda DRIVER: a driver serves its own CUDA major version and all older ones (NVIDIA, minor version compatibility)
check_cuda() {
  local have=0 major=${1%%.*} pair
  for pair in $CUDA_DRIVERS; do ((major < ${pair#*:} || have >= ${pair%:*})) || have=${pair%:*}; done
  say "$GPU: CUDA up to $have"
  [ -z "$CUDA_MAJOR" ] || ((CUDA_MAJOR <= have)) ||
    refuse "the environment needs CUDA $CUDA_MAJOR, driver $1 serves CUDA $have: ask for an older CUDA or a newer image" 69
}

driver_held() { [ -s "$APT_CONF" ] || ! command -v apt-get >/dev/null; }

step_apt() {
  command -v apt-get >/dev/null || return 0
  # A driver upgraded under a running session ends it: "Driver/library version mismatch" until a reboot.
  mkdir -p "${APT_CONF%/*}"
  echo 'Unattended-Upgrade::Package-Blacklist { "nvidia-"; "libnvidia-"; "cuda-"; };' >"$APT_CONF"
  local packages
  read -ra packages <<<"$APT_PACKAGES"
  command -v curl >/dev/null || packages+=(curl ca-certificates)
  [ ${#packages[@]} -gt 0 ] || { say "nothing to install"; return 0; }
  # The timeout waits for dpkg's lock; that of the package lists is not waited for, hence the retries.
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3)
  retry 900 "apt-get update" "${apt[@]}" update
  retry 1800 "apt-get install" "${apt[@]}" -y --no-install-recommends install "${packages[@]}"
}
