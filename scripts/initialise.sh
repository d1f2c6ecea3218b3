#!/usr/bin/env bash
# Bring both databases to the newest schema, make the pools, and see that there is an administrator.
# Runs before every start of the production services; may be repeated at any time.
set -euo pipefail

: "${AIRFLOW_ADMIN_USER:?}" "${AIRFLOW_ADMIN_EMAIL:?}" "${AIRFLOW_ADMIN_PASSWORD:?}"

airflow db migrate
python -m loyalty_desk migrate

# The pools of the queues. Airflow runs no task of a pool that is not there.
pools=$(mktemp --suffix=.json)
python -m loyalty_desk pools >"$pools"
airflow pools import "$pools"
rm "$pools"

# Leaves a user that is there, with the password that was changed since, as it is.
# What may begin with a dash stands right after its option's `=`.
airflow users create --role Admin --firstname Loyalty --lastname Desk \
    --username="$AIRFLOW_ADMIN_USER" --email="$AIRFLOW_ADMIN_EMAIL" \
    --password="$AIRFLOW_ADMIN_PASSWORD"
