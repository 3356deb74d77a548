#!/bin/sh
# Puts PostgreSQL on the machine for the server's tests, where that is possible without asking anyone.
set -eu

command -v initdb >/dev/null && exit 0
for program in /usr/lib/postgresql/*/bin/initdb /usr/pgsql-*/bin/initdb /opt/homebrew/opt/postgresql@*/bin/initdb; do
    [ -x "$program" ] && exit 0
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 # the package would start a server, which no test uses
    apt-get -qq update && apt-get -qq install -y --no-install-recommends postgresql >/dev/null && exit 0
fi

echo "tests on PostgreSQL will be skipped: it is not here, and it can be installed only as root on Debian or Ubuntu" >&2
