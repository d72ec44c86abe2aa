#!/bin/bash
# Dumps Airflow's schema into a part of a file, reads that once through, and leaves its name for the container that keeps it.
# Nothing else of a database that Airflow may share is in it, and neither are owners and grants, which are those of one server.
set -euo pipefail
. "$(dirname "$0")/database.sh"

await_database "BACKUP FAILED"
schema=$(query "SELECT current_schema()")
if [ -z "$schema" ] || [ "$(query "SELECT to_regclass('alembic_version') IS NOT NULL")" != t ]; then
    fail "BACKUP FAILED" "The database holds no Airflow: it has no table alembic_version. Earlier backups are left as they are."
fi
revision=$(query "SELECT version_num FROM alembic_version")
name=airflow-$(date -u +%Y%m%dT%H%M%SZ)-$AIRFLOW_VERSION-$revision.dump
part=$DIRECTORY/.$name.${HOSTNAME:-$$}.part

trap 'code=$?; if ((code != 0)); then rm -f "$part"; fi' EXIT
trap 'exit 143' TERM INT
# What killed pods have left.
find "$DIRECTORY" -maxdepth 1 -name '.*.part' -mmin +1440 -delete

begun=$SECONDS
if ! said=$(pg_dump --format=custom --no-owner --no-privileges --schema="\"$schema\"" --lock-wait-timeout=300s \
    --file="$part" --dbname="$url" 2>&1); then
    case $said in
        *"server version mismatch"*)
            fail "BACKUP FAILED" "$said" \
                "The server is newer than the image that backups are made with: set database.image to a Postgres of its version." ;;
        *"No space left on device"*)
            fail "BACKUP FAILED" "$said" \
                "There is no room for it: raise database.backup.size and enlarge the volume, or lower database.backup.retentionDays." ;;
        *) fail "BACKUP FAILED" "$said" ;;
    esac
fi
if ! said=$(pg_restore --file=/dev/null "$part" 2>&1); then
    fail "BACKUP FAILED" "The dump cannot be read again: $said"
fi
# Into a file: a grep that has found it would break off a longer list, and with that the pipe.
pg_restore --list "$part" > "$notes/list"
if ! grep -q " TABLE DATA $schema dag_run " "$notes/list"; then
    fail "BACKUP FAILED" "The dump has no runs of DAGs in it."
fi
echo "Dumped in $((SECONDS - begun)) s, and read again: $(stat --format=%s "$part") bytes."
printf '%s\n' "$name" > "$notes/backup-name"
printf '%s\n' "$part" > "$notes/backup-part"
