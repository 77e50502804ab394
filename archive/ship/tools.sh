#!/usr/bin/env bash
# Brings the proxy through which the full check delivers:
#
#	archive/ship/tools.sh FOLDER
#	export ACTIONLOG_TOOLS=FOLDER
#
# Into FOLDER goes toxiproxy-server, by go install. What it delivers to is brought
# by archive/internal/dataset/tools.sh and storage/clickhouse/tools.sh.
set -euo pipefail
if (($# != 1)) || [[ $1 == -* ]]; then
	echo 'usage: tools.sh FOLDER' >&2
	exit 2
fi
module=github.com/Shopify/toxiproxy/v2
version=v2.5.0
mkdir -p "$1"
folder=$(cd "$1" && pwd)
have=$(go version -m "$folder/toxiproxy-server" 2>/dev/null | awk -v m="$module" '$1 == "mod" && $2 == m { print $3 }' || true)
if [[ $have != "$version" ]]; then
	draft=$(mktemp -d "$folder/.draft.XXXXXX")
	trap 'rm -rf "$draft"' EXIT
	GOBIN=$draft go install "$module/cmd/server@$version"
	mv "$draft/server" "$folder/toxiproxy-server"
fi
