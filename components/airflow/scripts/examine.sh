#!/bin/bash
# Reads a backup through, and takes out of it what tells whether this installation can work with it.
set -euo pipefail
notes=${NOTES:-/tmp}
file=$(<"$notes/backup-path")

fail() {
    printf '%s\n' "" "RESTORE REFUSED" "$@" "Nothing was changed." >&2
    exit 1
}

said=$(pg_restore --list "$file" 2>&1 >"$notes/list") || fail "This is no backup of Postgres, or it is damaged: ${said:-it cannot be read}"
said=$(pg_restore --file=/dev/null "$file" 2>&1) || fail "The backup is damaged: ${said:-it cannot be read}"
schema=$(sed -nE 's/^[0-9]+; [0-9]+ [0-9]+ TABLE DATA (.+) alembic_version .*/\1/p' "$notes/list")
[ -n "$schema" ] || fail "The backup holds no Airflow: it has no table alembic_version."
printf '%s\n' "$schema" > "$notes/schema"
for table in alembic_version connection variable; do
    pg_restore --data-only --schema="$schema" --table="$table" --file="$notes/$table.copy" "$file"
done
echo "The backup is whole: $(grep -c ' TABLE DATA ' "$notes/list") tables of the schema $schema."
