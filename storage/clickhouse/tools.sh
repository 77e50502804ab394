#!/usr/bin/env bash
# Brings the server that the store is tested against in the full check:
#
#	storage/clickhouse/tools.sh FOLDER
#	export ACTIONLOG_TOOLS=FOLDER
#
# Debian's clickhouse-server, if it is missing and this is root. No service is
# left running. With a second argument, chdb, it also brings a current engine by
# npm, of half a gigabyte, which only a test that is asked for by name uses.
set -euo pipefail
if (($# < 1 || $# > 2)) || [[ $1 == -* || ${2:-chdb} != chdb ]]; then
	echo 'usage: tools.sh FOLDER [chdb]' >&2
	exit 2
fi
mkdir -p "$1/clickhouse"
folder=$(cd "$1/clickhouse" && pwd)

if ! type -P clickhouse-server >/dev/null; then
	if ((EUID)); then
		echo 'missing is clickhouse-server; as root: apt-get install clickhouse-server' >&2
		exit 1
	fi
	# The package would start a service, and start it again with the machine.
	# Nothing may start while this runs, and after it the service is disabled.
	policy=/usr/sbin/policy-rc.d
	if [[ ! -e $policy ]]; then
		trap 'rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
	fi
	apt-get update -q
	RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends clickhouse-server clickhouse-common
	if type -P systemctl >/dev/null; then
		systemctl disable --quiet clickhouse-server 2>/dev/null || true # there is no such service, or no systemd
	fi
fi

if [[ ${2:-} == chdb && ! -d $folder/node_modules/chdb ]]; then
	npm install --prefix "$folder" --no-audit --no-fund --no-package-lock --no-save chdb@3.4.0
fi
