#!/usr/bin/env bash
# Bring both databases to the newest schema and make sure that the first administrator exists.
# Runs before every start of the production services; may be repeated at any time.
set -euo pipefail

: "${AIRFLOW_ADMIN_USER:?}" "${AIRFLOW_ADMIN_EMAIL:?}" "${AIRFLOW_ADMIN_PASSWORD:?}"

airflow db migrate
python -m loyalty_desk migrate

# Leaves a user that is there, with the password that was changed since, as it is.
airflow users create --role Admin --username "$AIRFLOW_ADMIN_USER" --email "$AIRFLOW_ADMIN_EMAIL" \
    --firstname Loyalty --lastname Desk --password "$AIRFLOW_ADMIN_PASSWORD"
