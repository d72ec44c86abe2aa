#!/bin/sh
# Runs inside the root of the image that is being built.
set -eu

install --mode=755 /build/docker-entrypoint.sh /usr/local/bin/docker-entrypoint.sh

# 3777 as in the official image: any uid can run the server.
install --directory --owner=postgres --group=postgres --mode=3777 /run/postgresql
install --directory --owner=postgres --group=postgres --mode=1777 /var/lib/postgresql/data

# The server listens on every address of its pod.
sed -i "s/^#listen_addresses = 'localhost'/listen_addresses = '*'/" /usr/share/postgresql/*/postgresql.conf.sample
grep -q "^listen_addresses = '\*'" /usr/share/postgresql/*/postgresql.conf.sample

# A certificate of its own for every image would be no secret.
rm -rf /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem
