#!/bin/bash
# Puts a backup in place of what the schema holds, in one transaction: it is all there afterwards, or nothing was changed.
set -euo pipefail
. "$(dirname "$0")/database.sh"
file=$(<"$notes/backup-path")
schema=$(<"$notes/schema")

await_database "RESTORE FAILED"
# The schema exists, or is made below; whoever owns it may not be whom the backup names.
grep -Ev '^[0-9]+; [0-9]+ [0-9]+ (SCHEMA - |COMMENT - SCHEMA )' "$notes/list" > "$notes/chosen" ||
    fail "RESTORE FAILED" "Nothing of the backup is to be restored."

# Removes what the schema holds, but for what belongs to extensions. Of another one goes what depends on it, such as views.
emptied() {
    cat <<'SQL'
DO $empty$
DECLARE item record;
BEGIN
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', current_setting('airflow_kubernetes.schema'));
    FOR item IN
        SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
               WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind, format('%I.%I', n.nspname, c.relname) AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = current_setting('airflow_kubernetes.schema') AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
        ORDER BY c.relkind IN ('S')
    LOOP
        EXECUTE format('DROP %s IF EXISTS %s CASCADE', item.kind, item.name);
    END LOOP;
    FOR item IN
        SELECT format('%I.%I', n.nspname, t.typname) AS name
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE n.nspname = current_setting('airflow_kubernetes.schema') AND t.typtype IN ('e', 'd')
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('DROP TYPE IF EXISTS %s CASCADE', item.name);
    END LOOP;
    FOR item IN
        SELECT p.oid::regprocedure::text AS name
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = current_setting('airflow_kubernetes.schema')
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
    LOOP
        EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', item.name);
    END LOOP;
END $empty$;
SQL
}

# Only a stream that came to its end has the COMMIT: when pg_restore dies, psql ends without one, and the server takes all back.
# Said by each command, since nothing in a condition ends a script.
stream() {
    printf "BEGIN;\nSET LOCAL lock_timeout = '%s';\nSET LOCAL client_min_messages = warning;\n" "${LOCK_TIMEOUT:-2min}" &&
        printf "SET LOCAL airflow_kubernetes.schema = '%s';\n" "${schema//\'/\'\'}" &&
        emptied &&
        pg_restore --no-owner --no-privileges --use-list="$notes/chosen" --file=- "$file" &&
        printf 'COMMIT;\n\\echo RESTORED\n'
}

begun=$SECONDS
if ! stream | psql -X -q -v ON_ERROR_STOP=1 -d "$url" --file=- >"$notes/loaded" 2>"$notes/said" ||
    ! grep -q '^RESTORED$' "$notes/loaded"; then
    lines=$(grep -v '^$' "$notes/said" | tail -n 15 || true)
    case $lines in
        *"lock timeout"*)
            set -- "Somebody still uses the database: stop Airflow's processes, the scheduler first, and whoever else is in it." ;;
        *"must be owner"*)
            set -- "Something in the schema belongs to another role than Airflow's: give it to that role, or remove it." ;;
        *) set -- ;;
    esac
    fail "RESTORE FAILED" "${lines:-The backup could not be read to its end.}" "$@" "The database is as it was before."
fi
echo "Loaded in $((SECONDS - begun)) s."
