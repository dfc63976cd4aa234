#!/bin/sh
# The first start of PostgreSQL: the two accounts of deploy/sql/roles.sql.
set -eu
psql --username "$POSTGRES_USER" --no-psqlrc \
    --set owner_password="'$(cat /run/secrets/owner)'" --set app_password="'$(cat /run/secrets/app)'" \
    --file /etc/sotong/roles.sql
