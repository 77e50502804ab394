#!/usr/bin/env bash
# Brings what the dashboard, the JavaScript client and the metrics are tested
# with in the full check:
#
#	adminapi/tools.sh FOLDER
#	export ACTIONLOG_TOOLS=FOLDER
#
# Debian's packages, if one is missing and this is root; into FOLDER/adminapi,
# axe-core, Grafana's types and the compiler of TypeScript by npm. No service is
# left running.
set -euo pipefail
if (($# != 1)) || [[ $1 == -* ]]; then
	echo 'usage: tools.sh FOLDER' >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)/tools
mkdir -p "$1/adminapi"
folder=$(cd "$1/adminapi" && pwd)

packages=()
for tool in chromium:chromium node:nodejs npm:npm prometheus:prometheus promtool:prometheus; do
	type -P "${tool%%:*}" >/dev/null || packages+=("${tool#*:}")
done
for font in dejavu-core liberation noto-color-emoji; do
	[[ $(dpkg-query -Wf '${db:Status-Status}' "fonts-$font" 2>/dev/null) == installed ]] || packages+=("fonts-$font")
done
if ((${#packages[@]})); then
	if ((EUID)); then
		echo "missing are ${packages[*]}; as root: apt-get install ${packages[*]}" >&2
		exit 1
	fi
	# The packages of prometheus would start it, and start it again with the
	# machine. Nothing may start while this runs, and after it they are disabled.
	policy=/usr/sbin/policy-rc.d
	if [[ ! -e $policy ]]; then
		trap 'rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
	fi
	apt-get update -q
	RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${packages[@]}"
	for service in prometheus prometheus-node-exporter; do
		if [[ " ${packages[*]} " == *' prometheus '* ]] && type -P systemctl >/dev/null; then
			systemctl disable --quiet "$service" 2>/dev/null || true # there is no such service, or no systemd
		fi
	done
fi

if ! cmp -s "$here/package.json" "$folder/package.json" || [[ ! -e $folder/node_modules/axe-core/axe.min.js || ! -d $folder/node_modules/typescript || ! -d $folder/node_modules/@grafana/schema ]]; then
	install -m 644 "$here/package.json" "$folder/package.json.new"
	rm -rf "$folder/node_modules" "$folder/package-lock.json"
	mv "$folder/package.json.new" "$folder/package.json"
	npm install --prefix "$folder" --no-audit --no-fund --no-package-lock --ignore-scripts
fi
