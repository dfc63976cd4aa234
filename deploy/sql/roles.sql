-- PostgreSQL: two accounts. sotong_owner owns the tables and changes them (sotong migrate, backup, restore);
-- sotong_app is what the bot runs with: rows only, and nothing that is in the audit log.
--
--   sudo -u postgres psql -v owner_password='…' -v app_password='…' -f deploy/sql/roles.sql
--   DATABASE_URL=postgresql+asyncpg://sotong_owner:…@호스트/sotong sotong migrate
--   DATABASE_URL=postgresql+asyncpg://sotong_app:…@호스트/sotong   (the bot)
--
-- `sotong migrate` gives sotong_app its rights on the tables, after every migration (bot/log/grants.py).

\set ON_ERROR_STOP on
CREATE ROLE sotong_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'owner_password';
CREATE ROLE sotong_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'app_password';
CREATE DATABASE sotong OWNER sotong_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE sotong FROM PUBLIC;
GRANT CONNECT ON DATABASE sotong TO sotong_app;
-- A statement of the bot that hangs holds nobody up for ever.
ALTER ROLE sotong_app IN DATABASE sotong SET statement_timeout = '5min';
ALTER ROLE sotong_app IN DATABASE sotong SET idle_in_transaction_session_timeout = '5min';
\connect sotong
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
