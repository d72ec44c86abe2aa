#!/bin/bash
# Behaves as the entrypoint of the official image does, as far as a cluster relies on it: initialises an empty data directory,
# then runs the server. Not here: scripts in /docker-entrypoint-initdb.d and a separate directory for the write-ahead log.
set -euo pipefail

# from_file NAME: NAME is given itself, or as NAME_FILE, a file that holds it.
from_file() {
    local file=$1_FILE
    if [ -n "${!file:-}" ]; then
        if [ -n "${!1:-}" ]; then
            echo "error: both $1 and $file are set (but are exclusive)" >&2
            exit 1
        fi
        printf -v "$1" '%s' "$(<"${!file}")"
    fi
    unset "$file"
}

# with_name COMMAND...: runs a command that asks for the name of its user, which only the users of /etc/passwd have.
with_name() {
    if getent passwd "$(id -u)" >/dev/null; then
        "$@"
        return
    fi
    local users groups
    users=$(mktemp)
    groups=$(mktemp)
    echo "postgres:x:$(id -u):$(id -g)::$PGDATA:/bin/false" >"$users"
    echo "postgres:x:$(id -g):" >"$groups"
    LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=$users NSS_WRAPPER_GROUP=$groups "$@"
    rm -f "$users" "$groups"
}

# The database is made in a directory of its own and moved to its place when it is whole. PG_VERSION, by which the server knows
# a database, moves last: an interruption leaves a directory without it, which is cleared and made again the next time.
initialise() {
    local making=$PGDATA/.initialising
    if [ -d "$making" ]; then
        echo "An earlier initialisation was interrupted: starting over."
        find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .initialising -exec rm -rf {} +
        rm -rf "$making"
    elif [ -n "$(find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ]; then
        echo "error: $PGDATA is not empty but holds no database (PG_VERSION is missing)" >&2
        exit 1
    fi
    mkdir "$making"
    # Word by word: it holds several arguments.
    # shellcheck disable=SC2086
    with_name initdb --pgdata="$making" --username="$POSTGRES_USER" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") \
        --auth-host="$method" --auth-local=trust ${POSTGRES_INITDB_ARGS:-}
    printf '\nhost all all all %s\n' "$method" >>"$making/pg_hba.conf"

    # Nobody from outside may meet a server that is not ready for them.
    pg_ctl --pgdata="$making" --wait --options="-c listen_addresses='' -c unix_socket_directories='$socket'" start
    if [ "$POSTGRES_DB" != postgres ]; then
        psql --no-psqlrc --quiet -v ON_ERROR_STOP=1 --host="$socket" --username="$POSTGRES_USER" --dbname=postgres \
            --set=name="$POSTGRES_DB" <<<'CREATE DATABASE :"name";'
    fi
    pg_ctl --pgdata="$making" --wait --mode=fast stop

    find "$making" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv --target-directory="$PGDATA" {} +
    sync
    mv "$making/PG_VERSION" "$PGDATA/"
    sync
    rmdir "$making"
    echo "PostgreSQL is initialised."
}

# `-c shared_buffers=...` alone means the server with these arguments.
case ${1:-} in
    -*) set -- postgres "$@" ;;
esac

wants_help=
for argument in "$@"; do
    case $argument in
        -'?' | --help | --describe-config | -V | --version) wants_help=yes ;;
    esac
done

if [ "${1:-}" = postgres ] && [ -z "$wants_help" ]; then
    : "${PGDATA:=/var/lib/postgresql/data}"
    socket=/run/postgresql
    export PGDATA
    mkdir -p "$PGDATA"
    if [ "$(id -u)" = 0 ]; then
        chmod 700 "$PGDATA"
        find "$PGDATA" "$socket" ! -user postgres -exec chown postgres {} +
        exec gosu postgres "$0" "$@"
    fi
    # Not ours to change when somebody else's volume holds it; the server says so if it minds.
    chmod 700 "$PGDATA" 2>/dev/null || true
    if [ ! -s "$PGDATA/PG_VERSION" ]; then
        from_file POSTGRES_USER
        from_file POSTGRES_PASSWORD
        from_file POSTGRES_DB
        from_file POSTGRES_INITDB_ARGS
        : "${POSTGRES_USER:=postgres}" "${POSTGRES_DB:=${POSTGRES_USER:-postgres}}"
        method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
        if [ -z "${POSTGRES_PASSWORD:-}" ]; then
            echo "error: the database is not initialised and POSTGRES_PASSWORD (or POSTGRES_PASSWORD_FILE) is not set" >&2
            exit 1
        fi
        initialise
    elif [ -d "$PGDATA/.initialising" ]; then
        rmdir "$PGDATA/.initialising"
    fi
    unset POSTGRES_PASSWORD
fi
exec "$@"
