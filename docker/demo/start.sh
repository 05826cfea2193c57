#!/bin/sh
# Makes certificate and accounts once, then becomes Dovecot. POSTBOX_PASSWORD is of all five postboxes.
set -eu

if [ ! -e /srv/tls/cert.pem ]; then
    # Two steps, so that nobody ever finds a certificate without its key.
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=dovecot" \
        -addext "subjectAltName=DNS:dovecot,DNS:localhost" \
        -keyout /srv/tls/key.pem -out /srv/tls/new.pem 2>/dev/null
    chmod 600 /srv/tls/key.pem
    chmod 644 /srv/tls/new.pem
    mv /srv/tls/new.pem /srv/tls/cert.pem
fi

umask 077
for region in nord west suedwest sued ost; do
    echo "sc-$region:{PLAIN}${POSTBOX_PASSWORD:?set POSTBOX_PASSWORD}::::::"
done > /run/postbox/users

exec dovecot -F
