-- Three databases, three accounts; none can enter another's. Run as a superuser, repeating it changes nothing but
-- the passwords:
--   psql -v ON_ERROR_STOP=1 -v intake_password=… -v workflow_password=… -v notify_password=… -f roles.sql

SET password_encryption = 'scram-sha-256';

SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', name)
FROM unnest(ARRAY['huiyin_intake', 'huiyin_workflow', 'huiyin_notify']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec

ALTER ROLE huiyin_intake   PASSWORD :'intake_password';
ALTER ROLE huiyin_workflow PASSWORD :'workflow_password';
ALTER ROLE huiyin_notify   PASSWORD :'notify_password';

SELECT format('CREATE DATABASE %I OWNER %I ENCODING ''UTF8'' LC_COLLATE ''C'' LC_CTYPE ''C.UTF-8'' TEMPLATE template0', name, name)
FROM unnest(ARRAY['huiyin_intake', 'huiyin_workflow', 'huiyin_notify']) AS name
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = name)
\gexec

REVOKE ALL ON DATABASE huiyin_intake, huiyin_workflow, huiyin_notify FROM PUBLIC;
