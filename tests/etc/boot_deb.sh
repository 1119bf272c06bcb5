#!/bin/sh
# PID 1 of a namespace: a Debian root of its own (made by mmdebstrap, unpacked by the test), its own /proc, /sys, /dev, /run
# and cgroup2, and systemd with nothing but what packages brought. Called as:
#   unshare --mount --pid --uts --ipc --net --cgroup --fork --propagation private boot_deb.sh ROOT
set -eu
root=$1
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t tmpfs tmpfs "$root/run"

echo 00000000000000000000000000000001 >"$root/etc/machine-id"
cat >"$root/etc/systemd/system/bare.target" <<UNIT
[Unit]
Requires=basic.target systemd-journald.service
After=basic.target
AllowIsolate=yes
UNIT
for unit in systemd-udevd systemd-udev-trigger systemd-modules-load systemd-logind systemd-firstboot systemd-resolved \
    systemd-remount-fs systemd-timesyncd systemd-pstore; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit.service"
done
ip link set lo up 2>/dev/null || true
cd "$root"
mkdir -p .old
pivot_root . .old
umount -l /.old
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=bare.target --show-status=0
