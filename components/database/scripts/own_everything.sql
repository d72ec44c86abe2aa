-- Gives everything in this database that is nobody's but a superuser's to the role :owner.
ALTER DATABASE :"DBNAME" OWNER TO :"owner";
SELECT set_config('airflow_kubernetes.owner', :'owner', false) \g /dev/null
DO $$
DECLARE
    owner name := current_setting('airflow_kubernetes.owner');
    statement text;
BEGIN
    FOR statement IN
        SELECT format('ALTER SCHEMA %I OWNER TO %I', nspname, owner)
        FROM pg_namespace
        WHERE nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('information_schema', 'public')
        UNION ALL
        SELECT format(
            'ALTER %s %I.%I OWNER TO %I',
            CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
            nspname, relname, owner
        )
        FROM pg_class
        JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE relkind IN ('r', 'p', 'v', 'm', 'S')
            AND nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
            -- A sequence of a column goes with its table.
            AND NOT EXISTS (
                SELECT FROM pg_depend
                WHERE pg_depend.classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype IN ('a', 'i')
            )
        UNION ALL
        SELECT format('ALTER TYPE %I.%I OWNER TO %I', nspname, typname, owner)
        FROM pg_type
        JOIN pg_namespace ON pg_namespace.oid = typnamespace
        WHERE typtype IN ('e', 'd') AND nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
        UNION ALL
        SELECT format('ALTER ROUTINE %s OWNER TO %I', pg_proc.oid::regprocedure, owner)
        FROM pg_proc
        JOIN pg_namespace ON pg_namespace.oid = pronamespace
        WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
