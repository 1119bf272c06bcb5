#!/bin/sh
# A machine on which the box was installed, as far as sshd sees it: this machine's files under throw-away layers, the box's
# users, the drop-in where Debian's sshd reads it, one public key. Becomes sshd on the loopback. Called as:
#   unshare --mount --propagation private login.sh SCRATCH PROJECT PUBLIC_KEY UID PORT SOCKET
set -eu
scratch=$1 project=$2 public=$3 uid=$4 port=$5 socket=$6
mount -t tmpfs tmpfs "$scratch"
layer() { # a folder whose changes are thrown away
    name=$(echo "$1" | tr / _)
    mkdir "$scratch/$name" "$scratch/$name.work"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$scratch/$name,workdir=$scratch/$name.work" "$1"
}
layer /etc
layer /opt
layer /root
chmod go+x /root # an interpreter may lie in a home folder on a machine of tests
echo "secretary:x:$uid:$uid:Secretary box, core:/:/bin/sh" >>/etc/passwd
echo "secretary:x:$uid:" >>/etc/group
echo "secretary:!*:20000::::::" >>/etc/shadow # as systemd-sysusers leaves it
mkdir -p /etc/secretaryd /etc/ssh/sshd_config.d /opt/secretary
cp "$public" /etc/secretaryd/authorized_keys
cp "$project/etc/systemd/sshd_config.d/50-secretary.conf" /etc/ssh/sshd_config.d/
mount --bind "$project" /opt/secretary
mount -t tmpfs tmpfs /run # its own sshd.pid and /run/sshd
mkdir -m 755 /run/sshd
ssh-keygen -A >/dev/null
# The drop-in comes first in Debian's own file; what follows here only says where the box of the test is.
exec /usr/sbin/sshd -D -e -f /etc/ssh/sshd_config -p "$port" -o ListenAddress=127.0.0.1 \
    -o "SetEnv=PYTHONPATH=/opt/secretary PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8 SECRETARYD__CONTROL__SOCKET=$socket"
