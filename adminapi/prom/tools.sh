#!/usr/bin/env bash
# Brings what the metrics, the alert rules and the dashboard are tested with:
#
#	adminapi/prom/tools.sh FOLDER
#	export ACTIONLOG_TOOLS=FOLDER
#
# Debian's prometheus, nodejs and npm, if one is missing and this is root; into
# FOLDER/grafana, Grafana's types and TypeScript by npm.
set -euo pipefail
if (($# != 1)) || [[ $1 == -* ]]; then
	echo 'usage: tools.sh FOLDER' >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)/tools
mkdir -p "$1/grafana"
folder=$(cd "$1/grafana" && pwd)

packages=()
for tool in prometheus:prometheus promtool:prometheus node:nodejs npm:npm; do
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

if ! cmp -s "$here/package.json" "$folder/package.json" || [[ ! -d $folder/node_modules/@grafana/schema ]]; then
	install -m 644 "$here/package.json" "$folder/package.json.new"
	rm -rf "$folder/node_modules" "$folder/package-lock.json"
	mv "$folder/package.json.new" "$folder/package.json"
	npm install --prefix "$folder" --no-audit --no-fund --no-package-lock
fi
