#!/bin/sh
# PID 1 of a namespace: this machine's file system under a throw-away layer, its own /run, /dev and cgroup2, and systemd
# with nothing but the units of the box. Called as:
#   unshare --mount --pid --uts --ipc --net --cgroup --fork --propagation private boot.sh SCRATCH PROJECT
set -eu
scratch=$1 project=$2
mount -t tmpfs tmpfs "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/root"
root=$scratch/root
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
mount -t tmpfs tmpfs "$root/tmp"

# What a user would do by hand; see README.
rm -rf "$root/opt/secretary" "$root/var/lib/secretaryd" "$root/etc/secretaryd"
mkdir -p "$root/opt/secretary" "$root/etc/sysusers.d" "$root/etc/tmpfiles.d" "$root/etc/systemd/system"
mount --bind "$project" "$root/opt/secretary"
mkdir -p "$root$project" # the environment's programs name their interpreter by its path
mount --bind "$project" "$root$project"
cp "$project"/etc/systemd/*.service "$project"/etc/systemd/*.target "$project"/etc/systemd/*.path \
    "$root/etc/systemd/system/"
cp "$project"/etc/systemd/sysusers.d/*.conf "$root/etc/sysusers.d/"
cp "$project"/etc/systemd/tmpfiles.d/*.conf "$root/etc/tmpfiles.d/"
# An interpreter may lie in a home folder on a machine of tests, and the environment's own copy of the box may be older.
chmod go+x "$root/root"
for role in d -speech -llm -web -restart -setup -clock; do
    mkdir "$root/etc/systemd/system/secretary$role.service.d"
    printf '[Service]\nProtectHome=no\nWatchdogSec=10\nEnvironment=PYTHONPATH=/opt/secretary PYTHONDONTWRITEBYTECODE=1\n' \
        >"$root/etc/systemd/system/secretary$role.service.d/test.conf"
done
mkdir "$root/etc/secretaryd"
printf '[llm]\nmodel = "starter"\nallow_starter = true\n' >"$root/etc/secretaryd/secretaryd.toml"

echo 00000000000000000000000000000001 >"$root/etc/machine-id"
cat >"$root/etc/systemd/system/bare.target" <<UNIT
[Unit]
Requires=basic.target systemd-journald.service
After=basic.target
AllowIsolate=yes
UNIT
for unit in systemd-udevd systemd-udev-trigger systemd-modules-load systemd-logind systemd-firstboot systemd-resolved; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit.service"
done
ip link set lo up 2>/dev/null || true # tests ask the page from inside
cd "$root"
mkdir -p .old
pivot_root . .old
umount -l /.old
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --unit=bare.target --show-status=0
