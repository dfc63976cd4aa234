#!/bin/sh
# Lays out the content that came with the program where staff and releases may change it, the first time;
# then becomes the command. `SOTONG_DATA_DIR` is the folder data/ of that copy.
set -eu
program=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
project=$(dirname -- "$SOTONG_DATA_DIR")
if [ ! -e "$project/config.yml" ]; then
    new=$(mktemp -d "$(dirname -- "$project")/.project.XXXXXX")
    cp -R "$program/data" "$program/config.yml" "$program/domain.yml" "$new/"
    chmod -R u=rwX,go=rX "$new"
    mv -T "$new" "$project" || rm -rf "$new" # somebody else was faster
fi
exec "$@"
