#!/usr/bin/env bash
# Brings what archives are read by in the full check and compared with:
#
#	archive/internal/dataset/tools.sh FOLDER
#	export ACTIONLOG_TOOLS=FOLDER
#
# Debian's packages, if one is missing and this is root; into FOLDER, DuckDB by
# npm and VictoriaLogs by go build.
set -euo pipefail
if (($# != 1)) || [[ $1 == -* ]]; then
	echo 'usage: tools.sh FOLDER' >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)/tools
mkdir -p "$1"
folder=$(cd "$1" && pwd)

packages=()
for tool in gzip:gzip pigz:pigz busybox:busybox python3:python3 perl:perl rg:ripgrep ugrep:ugrep lnav:lnav jq:jq \
	node:nodejs npm:npm javac:default-jdk-headless time:time; do
	type -P "${tool%%:*}" >/dev/null || packages+=("${tool#*:}")
done
if ((${#packages[@]})); then
	if ((EUID)); then
		echo "missing are ${packages[*]}; as root: apt-get install ${packages[*]}" >&2
		exit 1
	fi
	apt-get update -q
	DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${packages[@]}"
fi

if ! cmp -s "$here/package.json" "$folder/package.json" || [[ ! -d $folder/node_modules/@duckdb/node-api ]]; then
	install -m 644 "$here/package.json" "$folder/package.json.new"
	rm -rf "$folder/node_modules" "$folder/package-lock.json"
	mv "$folder/package.json.new" "$folder/package.json"
	npm install --prefix "$folder" --no-audit --no-fund --no-package-lock
fi
go build -C "$here/victorialogs" -o "$folder/victoria-logs" github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs
