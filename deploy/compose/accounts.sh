#!/bin/sh
# Creates the accounts of the services, or sets their passwords anew:
#   docker compose exec rabbitmq sh /huiyin/accounts.sh
set -eu

account() {  # name, password, may write, may read
  rabbitmqctl -q add_user "$1" "$2" 2>/dev/null || rabbitmqctl -q change_password "$1" "$2"
  rabbitmqctl -q set_permissions -p huiyin "$1" '^$' "$3" "$4"
}

account svc-intake   "$INTAKE_MQ_PASSWORD"   '^(events|agency\.out)$' '^intake\.(inbox|from\..+)$'
account svc-workflow "$WORKFLOW_MQ_PASSWORD" '^(events|agency\.out)$' '^workflow\.(inbox|from\..+)$'
account svc-notify   "$NOTIFY_MQ_PASSWORD"   '^events$'               '^notify\.inbox$'
