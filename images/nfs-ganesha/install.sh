#!/bin/sh
# Runs as root inside the image that is being built, once the packages are installed.
set -eu

# Ganesha finds the file system of an export there; without it every mount is refused.
ln -sf /proc/self/mounts /etc/mtab

# What the packages bring as an example is no configuration of ours: one must be mounted, or the server must not start.
rm -rf /etc/ganesha/*
mkdir -p /etc/ganesha

# rpcbind must find its own port there, or it listens nowhere.
grep -q '^sunrpc[[:space:]]*111/tcp' /etc/services

for program in ganesha.nfsd nfs-ls rpcbind; do
    command -v "$program" >/dev/null
done
