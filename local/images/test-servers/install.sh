#!/bin/sh
# Runs inside the root of the image that is being built, without a network: everything it installs lies in /build.
set -eu

# sshd lets a user in who has a shell; the servers run as that user, too.
useradd --no-log-init --uid 1000 --user-group --home-dir /tmp --no-create-home --shell /bin/sh git
# An account without a password is locked, and sshd lets nobody into a locked one.
usermod --password '*' git
for directory in /repositories /certificates /packages; do
    install --directory --owner=git --group=git "$directory"
done
# Repositories on a volume may belong to another user.
git config --system safe.directory '*'
git config --system init.defaultBranch main

python3 -m venv /opt/servers
/opt/servers/bin/pip install --quiet --disable-pip-version-check --no-cache-dir --no-index --find-links /build/wheels \
    --no-deps --require-hashes --requirement /build/requirements.txt

install --mode=755 /build/serve-* /usr/local/bin/
# A key of its own for every image would be no secret.
rm -f /etc/ssh/ssh_host_*
