-- A login of Airflow's, with the password of the variable LOGIN_PASSWORD. It acts as :owner, so whatever it makes is that role's.
\getenv password LOGIN_PASSWORD
SELECT format('CREATE ROLE %I', :'login') WHERE to_regrole(:'login') IS NULL \gexec
ALTER ROLE :"login" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
GRANT :"owner" TO :"login";
ALTER ROLE :"login" SET role TO :'owner';
