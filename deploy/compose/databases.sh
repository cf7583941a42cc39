#!/bin/sh
# Run once by the postgres image when its volume is empty.
set -eu
psql --username "${POSTGRES_USER:-postgres}" -v ON_ERROR_STOP=1 \
  -v intake_password="$INTAKE_DB_PASSWORD" \
  -v workflow_password="$WORKFLOW_DB_PASSWORD" \
  -v notify_password="$NOTIFY_DB_PASSWORD" \
  -f "${ROLES_SQL:-/huiyin/roles.sql}"
