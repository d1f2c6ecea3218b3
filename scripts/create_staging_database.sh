#!/usr/bin/env bash
# Run by the PostgreSQL image once, when its volume is empty: the staging database with an owner of
# its own, who cannot read Airflow's tables.
set -euo pipefail

psql --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set=password="$LOYALTY_DESK_DB_PASSWORD" <<'SQL'
CREATE ROLE loyalty_desk LOGIN PASSWORD :'password';
CREATE DATABASE loyalty_desk OWNER loyalty_desk;
REVOKE CONNECT ON DATABASE loyalty_desk FROM PUBLIC;
REVOKE CONNECT ON DATABASE airflow FROM PUBLIC;
SQL
