#!/bin/sh
# Redis and Sentinels write what they learn (who is whose replica) into the file they were started with: a
# copy, made at the first start. `redis.sh server` or `redis.sh sentinel`; ROLE_NAME is the container's name.
set -eu
file=/data/$1.conf
if [ ! -e "$file" ]; then
    umask 077
    case $1 in
    server)
        cat /run/secrets/server.conf
        echo "port 6379"
        echo "dir /data"
        echo "appendonly yes"
        echo 'save ""'
        echo "replica-announce-ip $ROLE_NAME"
        if [ "$ROLE_NAME" != redis-1 ]; then echo "replicaof redis-1 6379"; fi
        ;;
    sentinel)
        echo "port 26379"
        echo "dir /data"
        echo "sentinel resolve-hostnames yes"
        echo "sentinel announce-hostnames yes"
        echo "sentinel announce-ip $ROLE_NAME"
        echo "sentinel monitor sotong redis-1 6379 2"
        echo "sentinel down-after-milliseconds sotong 2000"
        echo "sentinel failover-timeout sotong 10000"
        echo "sentinel parallel-syncs sotong 1"
        cat /run/secrets/sentinel.conf
        ;;
    esac > "$file.new"
    mv "$file.new" "$file"
fi
case $1 in
server) exec redis-server "$file" ;;
sentinel) exec redis-server "$file" --sentinel ;;
esac
