#!/bin/bash
# Starts Postgres on its volume, with the logins of Airflow, or dumps the data of an older Postgres for it.
#
# postgres.sh serve [ARGUMENTS OF postgres]: makes the database if there is none, or makes it of the dump of an older one
# postgres.sh dump: runs in the image of the older Postgres
#
# Directories of the volume: pgdata has the database. pgdata.making is one that is being made; pgdata.made is whole, and on its way
# to pgdata. pgdata-<major> is what an upgrade has left of the older Postgres. Each step is a rename, so that a start that is
# interrupted anywhere goes on at the next one.
set -euo pipefail

volume=/var/lib/postgresql/data
files=/scripts
credentials=/etc/postgres-credentials
data=$volume/pgdata
making=$volume/pgdata.making
made=$volume/pgdata.made
dump=$volume/airflow.dump
certificate=/var/run/postgresql/tls
owner=airflow
database=airflow
superuser=postgres

say() {
    echo "$*" >&2
}

fail() {
    say "POSTGRES REFUSED: $*"
    exit 1
}

# A lock on the volume, which the kernel holds for as long as any process of this Postgres lives. A pod that is deleted by force, or
# lost with its node, gets a successor while its processes may still run, and two of them destroy the data: Postgres itself
# looks for a process with the id of the last one, which is 1 in every container.
take_volume() {
    exec 9>>"$volume/lock"
    flock -n 9 || {
        say "Another pod's Postgres still runs on this volume. Waiting for its end."
        flock 9
    }
}

# The major version of the programs of this image.
own_major() {
    postgres --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/'
}

# with_name COMMAND...: runs a command that asks for the name of its user, which one that the platform chooses has none of.
with_name() {
    if getent passwd "$(id -u)" >/dev/null; then
        "$@"
        return
    fi
    local users
    users=$(mktemp)
    echo "postgres:x:$(id -u):$(id -g)::$volume:/bin/false" >"$users"
    LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD=$users NSS_WRAPPER_GROUP=/dev/null "$@"
}

# alone DIRECTORY COMMAND...: runs a command while Postgres serves a directory to nobody else: neither probes nor clients reach it.
# A command that fails ends this program, and Postgres with it.
alone() {
    local directory=$1
    shift
    socket=$(mktemp -d)
    pg_ctl --pgdata="$directory" --silent --wait --timeout=86400 --options="-c listen_addresses='' -c ssl=off \
        -c unix_socket_directories='$socket' -c hba_file='$files/alone_hba.conf' -c logging_collector=off" start >&2
    "$@"
    pg_ctl --pgdata="$directory" --silent --wait --timeout=86400 --mode=fast stop >&2
    rm -rf "$socket"
}

# sql USER DATABASE [ARGUMENTS]: psql on that socket. A statement that fails is logged without its text, which may have a password.
sql() {
    local user=$1 name=$2
    shift 2
    PGOPTIONS="-c log_min_error_statement=panic -c client_min_messages=warning" psql --no-psqlrc --quiet --tuples-only \
        --no-align --set=ON_ERROR_STOP=1 --host="$socket" --username="$user" --dbname="$name" "$@"
}

# The superuser of an earlier version of this component was called as Airflow's role is. It becomes one of that name alone.
take_over() {
    if sql "$superuser" postgres --command="SELECT 1" >/dev/null 2>&1; then
        return
    fi
    say "Airflow's role is the superuser of this database. It becomes one without rights of a superuser."
    local helper=airflow_takeover
    sql "$owner" postgres --set=helper="$helper" <<<"SELECT format('CREATE ROLE %I SUPERUSER LOGIN', :'helper')
        WHERE to_regrole(:'helper') IS NULL \gexec"
    {
        echo "ALTER ROLE :\"owner\" RENAME TO :\"superuser\";"
        echo "CREATE ROLE :\"owner\" NOLOGIN;"
        cat "$files/own_everything.sql"
    } | sql "$helper" "$database" --single-transaction --set=owner="$owner" --set=superuser="$superuser"
    sql "$superuser" postgres --set=helper="$helper" <<<'DROP ROLE :"helper";'
}

# Roles and the database: `airflow` owns everything and nobody logs in as it. The logins act as it from their first statement.
make_roles() {
    {
        echo "SELECT format('CREATE ROLE %I NOLOGIN', :'owner') WHERE to_regrole(:'owner') IS NULL \gexec"
        echo "SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')"
        echo "    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec"
        echo "ALTER ROLE :\"owner\" NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION;"
        echo "REVOKE CONNECT ON DATABASE :\"database\", postgres, template1 FROM PUBLIC;"
        echo "GRANT CONNECT ON DATABASE :\"database\" TO :\"owner\";"
    } | sql "$superuser" postgres --set=owner="$owner" --set=database="$database"
    make_logins
    sql "$superuser" postgres --set=owner="$owner" --set=logins="$made_logins" <"$files/remove_logins.sql"
}

make_login() {
    made_logins+="$1 "
    LOGIN_PASSWORD=$2 sql "$superuser" postgres --set=owner="$owner" --set=login="$1" <"$files/login.sql"
}

# Each login has a line for itself and one for its password. Where somebody else keeps the password, there is one of a fixed name.
make_logins() {
    local login password
    made_logins=""
    if [ -f "$credentials/logins" ]; then
        while read -r login && read -r password; do
            make_login "$login" "$password"
        done <"$credentials/logins"
    else
        # The end of the line may be part of it.
        password=$(cat "$credentials/password" && echo .)
        make_login airflow_login "${password%.}"
    fi
}

prepare() {
    take_over
    make_roles
}

restore() {
    make_roles
    pg_restore --host="$socket" --username="$superuser" --dbname="$database" --no-owner --no-privileges --exit-on-error \
        --single-transaction "$dump"
    sql "$superuser" "$database" --set=owner="$owner" <"$files/own_everything.sql"
    sql "$superuser" "$database" --command="ANALYZE"
}

# make_database COMMAND: a database in a directory of its own, which COMMAND fills.
make_database() {
    rm -rf "$making"
    # Word by word: it holds several arguments.
    # shellcheck disable=SC2086
    with_name initdb --pgdata="$making" --username="$superuser" --auth-local=trust --auth-host=reject \
        ${POSTGRES_INITDB_ARGS:-} >&2
    alone "$making" "$1"
    sync
    mv "$making" "$made"
}

# Puts a database that is whole in its place.
place_made() {
    [ -d "$made" ] || return 0
    if [ -d "$data" ]; then
        local older
        older=$volume/pgdata-$(<"$data/PG_VERSION")
        rm -rf "$older"
        mv "$data" "$older"
    fi
    mv "$made" "$data"
    rm -f "$dump"
    sync
}

serve() {
    local major version
    major=$(own_major)
    place_made
    if [ ! -d "$data" ]; then
        [ -z "$(find "$volume" -maxdepth 1 -name 'pgdata-*' -print -quit)" ] ||
            fail "The volume has data of an older Postgres, and none in $data."
        say "Making a database of Postgres $major."
        make_database make_roles
        place_made
    fi
    [ -s "$data/PG_VERSION" ] || fail "$data holds no database: PG_VERSION is missing."
    version=$(<"$data/PG_VERSION")
    if [ "$version" != "$major" ]; then
        [ -f "$dump" ] || fail "database.image is one of Postgres $major, and the volume holds data of Postgres $version." \
            "Set database.upgradeFrom to the image of Postgres $version that ran before, or database.image back to that."
        say "Upgrading from Postgres $version to $major."
        make_database restore
        place_made
        say "The data of Postgres $version stay in pgdata-$version on the volume."
    else
        rm -f "$dump" "$dump.making"
        alone "$data" prepare
    fi
    mkdir -p "$certificate"
    install -m 600 "$credentials/tls.key" "$credentials/tls.crt" "$certificate"
    unset POSTGRES_INITDB_ARGS
    exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/var/run/postgresql \
        -c hba_file="$files/hba.conf" -c ssl=on -c ssl_cert_file="$certificate/tls.crt" -c ssl_key_file="$certificate/tls.key" "$@"
}

write_dump() {
    local name
    for name in "$superuser" "$owner"; do
        if sql "$name" "$database" --command="SELECT 1" >/dev/null 2>&1; then
            pg_dump --host="$socket" --username="$name" --format=custom --file="$dump.making" "$database"
            sync
            mv "$dump.making" "$dump"
            return
        fi
    done
    fail "The database $database cannot be opened to be dumped."
}

dump() {
    local major
    major=$(own_major)
    if [ -d "$made" ] || [ ! -s "$data/PG_VERSION" ] || [ "$(<"$data/PG_VERSION")" != "$major" ]; then
        say "No data of Postgres $major: there is nothing to upgrade from."
        return
    fi
    say "Dumping the data of Postgres $major."
    alone "$data" write_dump
}

command=$1
shift
trap 'exit 143' TERM INT
take_volume
"$command" "$@"
