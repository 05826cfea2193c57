#!/bin/sh
# The house on another Debian, in a chroot: its Python, PostgreSQL, Dovecot, Postfix, OpenLDAP, Chromium.
#   make debian SUITE=trixie              # `make test` on what is committed here
#   make debian SUITE=trixie RUN=install  # another target
# Needs root and debootstrap, 4 GB below /var/tmp, and reaches Debian's mirror and the package index as this machine does.
set -eu

suite=$1
target=$2
here=$(cd "$(dirname "$0")/../.." && pwd)
root=$(mktemp -d /var/tmp/on-debian-XXXXXX)

leave() {
    for place in dev/shm dev/pts dev sys proc; do
        umount "$root/$place" 2>/dev/null || true
    done
    # Never through a mount that would not go: that would be this machine's own /dev.
    rm -rf --one-file-system "$root"
}
trap leave EXIT

debootstrap --variant=minbase --include=ca-certificates,git,make,python3,python3-pip,python3-venv "$suite" "$root"
for place in proc sys dev dev/pts; do
    mount --bind "/$place" "$root/$place"
done
mount -t tmpfs tmpfs "$root/dev/shm"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
git clone -q "$here" "$root/srv/postlotse"

chroot "$root" /usr/bin/env -i HOME=/srv LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt make -C /srv/postlotse "$target"
