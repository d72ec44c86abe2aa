#!/bin/bash
# Behaves as the entrypoint of the official image does, as far as a cluster relies on it: what runs here must run there.
# Not here: _AIRFLOW_DB_MIGRATE, _AIRFLOW_WWW_USER_CREATE, _PIP_ADDITIONAL_REQUIREMENTS and the wait for a Celery broker.
set -euo pipefail

# What is written to shared volumes is writable for the group 0, which every Airflow process runs in.
umask 0002

# Any uid will do, with the group 0.
if [ "$(id -g)" != 0 ]; then
    if [ "$(id -u)" = 50000 ]; then
        echo "WARNING: run this image with the group 0, also as the user airflow (50000): other groups may lack access." >&2
    else
        echo "ERROR: run this image with the group 0 (this is $(id -u):$(id -g))." >&2
        exit 1
    fi
fi

if ! id -un >/dev/null 2>&1 && [ -w /etc/passwd ]; then
    echo "${USER_NAME:-default}:x:$(id -u):0:${USER_NAME:-default} user:/home/airflow:/sbin/nologin" >>/etc/passwd
    export HOME=/home/airflow
fi

# No command starts before the database answers. 0 switches that off, for what may not reach the database.
attempts=${CONNECTION_CHECK_MAX_COUNT:=20}
while [ "$attempts" -gt 0 ] && ! message=$(airflow db check 2>&1); do
    attempts=$((attempts - 1))
    if [ "$attempts" = 0 ]; then
        echo "ERROR: the database did not answer in $CONNECTION_CHECK_MAX_COUNT attempts. The last one said:" >&2
        echo "$message" >&2
        exit 1
    fi
    sleep "${CONNECTION_CHECK_SLEEP_TIME:-3}"
done

case ${1:-} in
    bash | python) exec "$@" ;;
    airflow) shift ;;
esac
exec airflow "$@"
