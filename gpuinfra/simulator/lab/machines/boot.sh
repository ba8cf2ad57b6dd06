#!/bin/bash
# One host, from nothing to its init, in three stages; every value comes in the environment (host.py sets it):
#   wire: in a fresh network namespace: the cable to the lab's bridge, the addresses, the disk
#   join: as process 1 of a fresh pid namespace: into the host's own cgroup
#   init: in the last namespaces: proc, sys, dev, run as a guest of EC2 has them; then become init
set -euo pipefail

wire() {
  # 1 is the lab's init: the other end of the cable goes into the lab's network namespace
  ip link add eth0 address "$MAC" type veth peer name "$CABLE" netns 1
  nsenter --net=/proc/1/ns/net ip link set "$CABLE" master "$BRIDGE" up
  ip link set lo up
  ip addr add "$PRIVATE_IP/32" dev eth0
  # As on EC2, eth0 does not show the public address; here there is no NAT, the host just owns it.
  [ -z "$PUBLIC_IP" ] || ip addr add "$PUBLIC_IP/32" dev lo
  ip link set eth0 up
  ip route add "$GATEWAY" dev eth0 src "$PRIVATE_IP"
  ip route add default via "$GATEWAY" src "$PRIVATE_IP"

  mount -t overlay -o "lowerdir=$BASE,upperdir=$DISK/upper,workdir=$DISK/work$OVERLAY_OPTIONS" overlay "$DISK/root"
  local clock=()
  if [ -e /proc/self/ns/time ]; then
    local up
    read -r up _ </proc/uptime
    up=$((${up%.*} - 1)) # the host's own uptime starts at 0
    clock=(--time --boottime "-$up" --monotonic "-$up")
  fi
  exec unshare "${clock[@]}" --uts --ipc --pid --mount --fork --kill-child --propagation private bash "$0" join
}

join() {
  # Only from here on: whoever waits for the host must not be in its cgroup.
  echo 0 >"$CGROUP/cgroup.procs"
  exec unshare --cgroup bash "$0" init
}

make_proc() {
  mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
  # It is the real kernel's: nothing in it may be changed from a host.
  mount --bind "$root/proc/sys" "$root/proc/sys"
  mount -o remount,bind,ro,nosuid,nodev,noexec "$root/proc/sys"
  local file
  for file in sysrq-trigger kcore timer_list keys latency_stats; do
    [ ! -e "$root/proc/$file" ] || mount --bind /dev/null "$root/proc/$file"
  done
}

make_sys() {
  mount -t tmpfs -o mode=755,nosuid,nodev,noexec tmpfs "$root/sys"
  mkdir "$root/sys/.real" "$root/sys/hypervisor"
  mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys/.real"
  local part
  for part in block class dev devices fs kernel module; do
    mkdir "$root/sys/$part"
    mount --rbind "$root/sys/.real/$part" "$root/sys/$part"
  done
  umount -l "$root/sys/.real"
  rmdir "$root/sys/.real"
  # A uuid that starts with ec2 is what tells cloud-init that this is AWS, so that it fetches a token first.
  echo "$UUID" >"$root/sys/hypervisor/uuid"
  make_pci
  mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
  mount -o remount,ro,nosuid,nodev,noexec "$root/sys"
}

# The PCI bus shows the GPUs of the instance type and no device of the real machine.
make_pci() {
  local bus=$root/sys/bus/pci/devices card slot
  mkdir -p "$bus"
  for ((card = 0; card < GPU_COUNT; card++)); do
    slot=$bus/$(printf '0000:00:%02x.0' $((30 - card)))
    mkdir "$slot"
    echo 0x10de >"$slot/vendor"   # NVIDIA
    echo 0x030200 >"$slot/class"  # 3D controller
  done
}

make_dev() {
  mount -t tmpfs -o mode=755,nosuid,strictatime tmpfs "$root/dev"
  local node nodes=(null zero full random urandom tty)
  for node in "${nodes[@]}"; do
    : >"$root/dev/$node"
    mount --bind "/dev/$node" "$root/dev/$node"
  done
  for ((node = 0; node < GPU_COUNT; node++)); do
    : >"$root/dev/nvidia$node"
    mount --bind /dev/null "$root/dev/nvidia$node"
  done
  mkdir "$root"/dev/{pts,shm,mqueue}
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5,nosuid,noexec devpts "$root/dev/pts"
  mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd "$root/dev/fd"
  ln -s fd/0 "$root/dev/stdin"
  ln -s fd/1 "$root/dev/stdout"
  ln -s fd/2 "$root/dev/stderr"
  : >"$root/dev/console"
  mount --bind "$CONSOLE" "$root/dev/console"
}

make_run() {
  mount -t tmpfs -o mode=755,nosuid,nodev,size=20% tmpfs "$root/run"
  mkdir "$root/run/fake-gpu"
  mount --bind "$FAKE_GPU" "$root/run/fake-gpu"
}

init() {
  root=$DISK/root
  make_proc
  make_sys
  make_dev
  make_run
  mkdir -p "$root/.old"
  cd "$root"
  pivot_root . .old
  cd /
  umount -l /.old
  rmdir /.old
  # Drop for good every capability that would reach the real machine.
  local denied=-sys_time,-sys_module,-sys_rawio,-syslog,-mknod,-mac_admin,-mac_override,-wake_alarm,-audit_control
  exec setpriv --bounding-set "$denied" --inh-caps "$denied" env -i \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=lab TERM=linux LANG=C.UTF-8 \
    /sbin/init </dev/console >/dev/console 2>&1
}

"$1"
