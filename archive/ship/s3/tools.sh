#!/usr/bin/env bash
# Brings what the push to S3 is tested with in the full check:
#
#	archive/ship/s3/tools.sh FOLDER
#	export ACTIONLOG_TOOLS=FOLDER
#
# Into FOLDER, by go install: versitygw, a server of S3 over a folder, and
# toxiproxy-server, a proxy that delays, cuts and resets. Nothing is left running.
set -euo pipefail
if (($# != 1)) || [[ $1 == -* ]]; then
	echo 'usage: tools.sh FOLDER' >&2
	exit 2
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)

# install PACKAGE MODULE VERSION NAME
install() {
	local have
	have=$(go version -m "$folder/$4" 2>/dev/null | awk -v m="$2" '$1 == "mod" && $2 == m { print $3 }' || true)
	[[ $have == "$3" ]] && return
	local bin
	bin=$(mktemp -d "$folder/.install.XXXXXX")
	GOBIN=$bin go install "$1@$3"
	mv "$bin/$(basename "$1")" "$folder/$4"
	rmdir "$bin"
}

install github.com/versity/versitygw/cmd/versitygw github.com/versity/versitygw v1.8.0 versitygw
install github.com/Shopify/toxiproxy/v2/cmd/server github.com/Shopify/toxiproxy/v2 v2.5.0 toxiproxy-server
