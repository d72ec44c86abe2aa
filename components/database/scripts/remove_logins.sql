-- Removes the logins of passwords that are no longer set; :logins are those that are.
SELECT set_config('airflow_kubernetes.owner', :'owner', false), set_config('airflow_kubernetes.logins', :'logins', false)
\g /dev/null
DO $$
DECLARE
    login name;
BEGIN
    FOR login IN
        SELECT member.rolname
        FROM pg_auth_members
        JOIN pg_roles AS member ON member.oid = pg_auth_members.member
        WHERE roleid = current_setting('airflow_kubernetes.owner')::regrole
            -- The names that logins.ts gives. Other members, such as airflow_reports, are somebody else's.
            AND member.rolname ~ '^airflow_([0-9a-f]{8}|login)$'
            AND member.rolname <> ALL (string_to_array(current_setting('airflow_kubernetes.logins'), ' '))
    LOOP
        BEGIN
            EXECUTE format('DROP ROLE %I', login);
        EXCEPTION
            -- It has made something under its own name.
            WHEN dependent_objects_still_exist THEN EXECUTE format('ALTER ROLE %I NOLOGIN', login);
        END;
    END LOOP;
END
$$;
