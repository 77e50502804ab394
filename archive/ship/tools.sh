#!/usr/bin/env bash
# Brings the proxy that disturbs deliveries in the full check:
#
#	archive/ship/tools.sh FOLDER
#	export ACTIONLOG_TOOLS=FOLDER
#
# Into FOLDER/ship goes toxiproxy, by go install. What it delivers to is brought by
# archive/internal/dataset/tools.sh.
set -euo pipefail
if (($# != 1)) || [[ $1 == -* ]]; then
	echo 'usage: tools.sh FOLDER' >&2
	exit 2
fi
version=v2.5.0
mkdir -p "$1/ship"
folder=$(cd "$1/ship" && pwd)
if [[ ! -x $folder/toxiproxy || $(cat "$folder/toxiproxy.version" 2>/dev/null) != "$version" ]]; then
	draft=$(mktemp -d "$folder/.draft.XXXXXX")
	trap 'rm -rf "$draft"' EXIT
	GOBIN=$draft go install "github.com/Shopify/toxiproxy/v2/cmd/server@$version"
	mv "$draft/server" "$folder/toxiproxy"
	echo "$version" >"$folder/toxiproxy.version"
fi
