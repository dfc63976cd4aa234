#!/bin/sh
# What every image has beside Python: the user it runs as, and the folder that user may write.
set -eu
groupadd --gid 10001 sotong
useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin sotong
install -d -o 10001 -g 10001 -m 0750 /var/lib/sotong
