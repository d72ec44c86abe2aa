#!/bin/sh
# Runs inside the root of the image that is being built.
set -eu

# The ids of the official image.
echo "git-sync:x:65533:65533::/tmp:/sbin/nologin" >>/etc/passwd
echo "git-sync:x:65533:git-sync" >>/etc/group
# GITSYNC_ADD_USER adds a line for any other uid; without a writable file ssh would not run under it.
chmod 0666 /etc/passwd
install --directory --owner=65533 --group=65533 --mode=2775 /git
