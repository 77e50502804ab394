#!/usr/bin/env bash
# Brings the HTTP Event Collector that the full check delivers to:
#
#	archive/ship/splunk/tools.sh FOLDER
#	export ACTIONLOG_TOOLS=FOLDER
#
# It builds the receiver of the OpenTelemetry Collector into FOLDER/splunk.
set -euo pipefail
if (($# != 1)) || [[ $1 == -* ]]; then
	echo 'usage: tools.sh FOLDER' >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)/collector
mkdir -p "$1/splunk"
folder=$(cd "$1/splunk" && pwd)
go build -C "$here" -o "$folder/collector" .
