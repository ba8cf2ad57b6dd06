#!/bin/sh
# Make a fresh Debian root look like a cloud image: no keys, no machine id, Ec2 as the only datasource.
# Run by mmdebstrap as its customize hook; $1 is the root. Part of the image's cache key: a change here makes a new one.
set -eu
root=$1

put() { # put PATH: write stdin there, never through a symlink
  rm -f "$root$1"
  mkdir -p "$root${1%/*}"
  cat >"$root$1"
}

# A list of one: cloud-init's generator then does not look for signs of others.
echo 'datasource_list: [ Ec2 ]' | put /etc/cloud/cloud.cfg.d/90_dpkg.cfg

# metadata_urls: else `instance-data.` is looked up first. The network is up before systemd starts.
put /etc/cloud/cloud.cfg.d/91_lab.cfg <<'EOF'
network: {config: disabled}
locale: C.UTF-8
datasource: {Ec2: {metadata_urls: ["http://169.254.169.254"], timeout: 5, max_wait: 30}}
system_info:
  default_user:
    name: ubuntu
    gecos: Ubuntu
    lock_passwd: true
    shell: /bin/bash
    groups: [adm, sudo, video]
    sudo: ["ALL=(ALL) NOPASSWD:ALL"]
EOF

# Old cloud-init waits a minute for a DHCP client that is there.
rm -f "$root"/etc/ssh/ssh_host_* "$root/sbin/dhclient" "$root/usr/sbin/dhcpcd" "$root/var/lib/dbus/machine-id"
: | put /etc/machine-id
: | put /etc/fstab
: | put /etc/resolv.conf
echo localhost | put /etc/hostname
echo '127.0.0.1 localhost' | put /etc/hosts
printf 'auto lo\niface lo inet loopback\n' | put /etc/network/interfaces

# The lab's own CA is appended to the system's bundle; libraries that bring their own are sent there.
bundle=/etc/ssl/certs/ca-certificates.crt
put /etc/systemd/system.conf.d/lab.conf <<EOF
[Manager]
DefaultEnvironment=SSL_CERT_FILE=$bundle REQUESTS_CA_BUNDLE=$bundle CURL_CA_BUNDLE=$bundle PIP_CERT=$bundle
EOF
printf '%s=%s\n' SSL_CERT_FILE $bundle REQUESTS_CA_BUNDLE $bundle CURL_CA_BUNDLE $bundle PIP_CERT $bundle |
  put /etc/environment

# What belongs to the machine beneath, or would only cost time.
for unit in networking.service e2scrub_reap.service e2scrub_all.timer apt-daily.timer apt-daily-upgrade.timer \
  fstrim.timer getty@tty1.service console-getty.service systemd-timesyncd.service dpkg-db-backup.timer \
  sshd-keygen.service dev-hugepages.mount sys-fs-fuse-connections.mount sys-kernel-debug.mount \
  sys-kernel-tracing.mount sys-kernel-config.mount dev-mqueue.mount modprobe@.service systemd-udevd.service \
  systemd-modules-load.service systemd-sysctl.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
