#!/bin/sh
# Runs inside the root of the image that is being built, without a network: everything it installs lies in /build.
set -eu
cd /build

useradd --no-log-init --uid 50000 --gid 0 --home-dir /home/airflow --no-create-home --shell /bin/bash airflow
mkdir -p /home/airflow /opt/airflow/dags /opt/airflow/logs /opt/airflow/plugins /opt/airflow/config
install --mode=755 entrypoint.sh /entrypoint

# The official image has a Python outside the environment under both names. uv makes environments of nothing else.
ln -s /usr/bin/python3 /usr/local/bin/python
ln -s /usr/bin/python3 /usr/local/bin/python3

# uv comes as one of the wheels and then installs all of them.
python3 -m zipfile -e wheels/uv-*.whl uv
chmod +x uv/uv-*.data/scripts/uv
python3 -m venv --without-pip /home/airflow/.local
HOME=/build uv/uv-*.data/scripts/uv pip install --python /home/airflow/.local/bin/python --offline --no-index --no-cache \
    --find-links wheels --no-deps --require-hashes --requirements requirements.txt

# uv notes when it met a wheel, which would make every build another image.
packages=/home/airflow/.local/lib/python3.11/site-packages
rm "$packages"/*.dist-info/uv_cache.json
sed -i '/uv_cache\.json,/d' "$packages"/*.dist-info/RECORD

# The official image has python-ldap, which it compiles: PyPI has no wheel of it. Debian's is for the same Python.
for module in ldap ldapurl.py ldif.py _ldap.cpython-311-*.so pyasn1 pyasn1_modules; do
    for found in /usr/lib/python3/dist-packages/$module; do
        [ -e "$packages/${found##*/}" ] || cp -r "$found" "$packages/"
    done
done

# Users extend the image as airflow and clusters run it under any uid with the group 0.
chown -R 50000:0 /home/airflow /opt/airflow
chmod -R g=u /home/airflow /opt/airflow
chmod g=u /etc/passwd

# Bytecode halves the start of a task and cannot be written later: the root file system is read-only. It names the time of
# its source, so the sources get the time that they have in the image before they are compiled.
find /usr/lib/python3* /home/airflow -name __pycache__ -prune -exec rm -rf {} +
find /etc/python3* /usr/lib/python3* /home/airflow -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
python3 -m compileall -q -j 0 --invalidation-mode timestamp /usr/lib/python3 /usr/lib/python3.11 /home/airflow/.local/lib
chown -R 50000:0 /home/airflow
chmod -R g=u /home/airflow
