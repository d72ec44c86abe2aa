# Sourced by the scripts that dump and load the database: how libpq reaches it, and how they fail.

# The password goes through the environment: what stands in an argument is seen in every list of processes.
url=postgresql://${AIRFLOW__DATABASE__SQL_ALCHEMY_CONN#*://}
unset AIRFLOW__DATABASE__SQL_ALCHEMY_CONN
if [[ $url =~ ^(postgresql://[^:@/]*):([^@/]*)@(.*)$ ]]; then
    url=${BASH_REMATCH[1]}@${BASH_REMATCH[3]}
    printf -v PGPASSWORD '%b' "${BASH_REMATCH[2]//%/\\x}"
    export PGPASSWORD
fi
export PGCONNECT_TIMEOUT=10

# Where the containers of a pod leave each other word.
notes=${NOTES:-/tmp}

fail() {
    printf '%s\n' "" "$@" >&2
    exit 1
}

query() {
    psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$url" -c "$1"
}

# await_database HEADLINE: comes back when the database answers, or says why it does not.
await_database() {
    local said deadline=$((SECONDS + ${WAIT_SECONDS:-60}))
    until said=$(query "SELECT 1" 2>&1 >/dev/null); do
        if [[ $said =~ "authentication failed"|"does not exist"|"no pg_hba.conf entry"|certificate ]] || ((SECONDS > deadline)); then
            fail "$1" "The database cannot be reached: ${said#psql: error: }"
        fi
        sleep 1
    done
}
