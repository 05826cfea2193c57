#!/bin/sh
# Debian packages of the tests: PostgreSQL, Dovecot, OpenLDAP, Postfix, swaks, curl, OpenSSL, Chromium.
# Does nothing if all is there; installs as root or with passwordless sudo; else says what to do.
set -eu

# Some of the binaries lie where an ordinary user's PATH does not lead.
PATH="$PATH:/usr/sbin:/sbin"
missing=""

need() { # need PACKAGE COMMAND-OR-PATH...: one of them must exist
    package=$1
    shift
    for candidate in "$@"; do
        if command -v "$candidate" >/dev/null 2>&1 || [ -e "$candidate" ]; then
            return 0
        fi
    done
    missing="$missing $package"
}

# PostgreSQL's server lies in a directory of its version; an unmatched pattern stays as it is.
need postgresql postgres /usr/lib/postgresql/*/bin/postgres
need dovecot-imapd /usr/lib/dovecot/imap /usr/libexec/dovecot/imap
need slapd slapd
need dovecot-managesieved /usr/lib/dovecot/managesieve /usr/libexec/dovecot/managesieve
need dovecot-lmtpd /usr/lib/dovecot/lmtp /usr/libexec/dovecot/lmtp
need postfix postfix
need swaks swaks
need curl curl
need openssl openssl
need libseccomp2 /usr/lib/*/libseccomp.so.2 /lib/*/libseccomp.so.2
need chromium /usr/bin/chromium
need fonts-liberation \
    /usr/share/fonts/truetype/liberation \
    /usr/share/fonts/truetype/liberation2 \
    /usr/share/fonts/liberation

[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    as_root="none"
fi

if [ "$as_root" = none ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need these Debian packages, which are not installed:$missing" >&2
    echo "Install them, or what holds the same programs on this system:" >&2
    echo "    sudo apt-get update && sudo apt-get install --no-install-recommends$missing" >&2
    exit 1
fi

echo "Installing for the tests:$missing"
$as_root apt-get update -q
# RUNLEVEL=1 keeps Debian's scripts from starting services; the tests start servers of their own.
# shellcheck disable=SC2086 - both are lists of words
$as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -q -y --no-install-recommends $missing
