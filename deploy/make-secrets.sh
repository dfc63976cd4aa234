#!/bin/sh
# Makes what nobody may guess, once: deploy/make-secrets.sh [FOLDER]. What is there already stays as it is.
#   keys/                 the installation's own secrets, the same for all gateways and action servers
#   app/ owner/ follow/ rasa/   settings as files, for the processes that run as these (docs/deploy.md)
#   postgres/ redis/      passwords of the database, and settings of Redis and the Sentinels
#   tls/                  a certificate for a first try; put your own in its place
set -eu
umask 077
folder=${1:-deploy/compose/secrets}
database=${SOTONG_DATABASE_HOST:-postgres}
sentinels=${SOTONG_SENTINELS:-sentinel-1:26379,sentinel-2:26379,sentinel-3:26379}

# once FILE: takes the text for a file that is not there yet
once() {
    if [ -e "$1" ]; then cat > /dev/null; else cat > "$1.new" && mv "$1.new" "$1" && echo "$1"; fi
}
random() { openssl rand -hex 32; }

for name in keys app owner follow rasa postgres redis tls; do mkdir -p "$folder/$name"; done
for name in agency-key alerts-webhook model-key pseudonyms rasa-token subjects telegram-webhook vault webchat; do
    random | once "$folder/keys/$name"
done
for name in superuser owner app; do random | once "$folder/postgres/$name"; done
random | once "$folder/redis/password"

# address ROLE: of the database
address() {
    echo "postgresql+asyncpg://sotong_$1:$(cat "$folder/postgres/$1")@$database/sotong"
}
address app | once "$folder/app/DATABASE_URL"
address app | once "$folder/follow/DATABASE_URL"
address owner | once "$folder/owner/DATABASE_URL"
password=$(cat "$folder/redis/password")
for name in app follow rasa; do
    echo "redis+sentinel://:$password@$sentinels/sotong/0" | once "$folder/$name/REDIS_URL"
done
for name in follow rasa; do
    once "$folder/$name/SOTONG_RASA_TOKEN" < "$folder/keys/rasa-token"
    once "$folder/$name/SOTONG_MODEL_KEY" < "$folder/keys/model-key"
done
once "$folder/app/SOTONG_RASA_TOKEN" < "$folder/keys/rasa-token"
printf 'requirepass %s\nmasterauth %s\n' "$password" "$password" | once "$folder/redis/server.conf"
printf 'requirepass %s\nsentinel sentinel-pass %s\nsentinel auth-pass sotong %s\n' \
    "$password" "$password" "$password" | once "$folder/redis/sentinel.conf"
if [ ! -e "$folder/tls/fullchain.pem" ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=${SOTONG_NAME:-localhost}" \
        -addext "subjectAltName=DNS:${SOTONG_NAME:-localhost}" \
        -keyout "$folder/tls/privkey.pem" -out "$folder/tls/fullchain.pem" 2> /dev/null
    echo "$folder/tls/fullchain.pem"
fi
# The folder itself is closed to everybody else on this machine; what is mounted out of it must be readable
# for the users that containers run as.
chmod 0700 "$folder"
chmod 0755 "$folder"/*/
find "$folder" -mindepth 2 -type f -exec chmod 0444 {} +
