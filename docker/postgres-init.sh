#!/bin/sh
# Runs once, when the database server's volume is empty: two roles, one database, two extensions.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    -v owner_password="$CRM_OWNER_PASSWORD" -v app_password="$CRM_APP_PASSWORD" <<'SQL'
CREATE ROLE crm_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE crm_app LOGIN PASSWORD :'app_password';
GRANT crm_app TO crm_owner;
CREATE DATABASE crm OWNER crm_owner;
\connect crm
CREATE EXTENSION pg_trgm;
CREATE EXTENSION btree_gin;
SQL
