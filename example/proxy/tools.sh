#!/usr/bin/env bash
# Brings the nginx that the example is tested behind:
#
#	example/proxy/tools.sh FOLDER
#	export ACTIONLOG_TOOLS=FOLDER
#
# It is Debian's, unpacked into FOLDER/proxy unless nginx is installed; nothing
# is installed and no service begins.
set -euo pipefail
if (($# != 1)) || [[ $1 == -* ]]; then
	echo 'usage: tools.sh FOLDER' >&2
	exit 2
fi
mkdir -p "$1/proxy"
folder=$(cd "$1/proxy" && pwd)

PATH=$PATH:/usr/sbin:/usr/local/sbin
if [[ -x $folder/usr/sbin/nginx ]] || type -P nginx >/dev/null; then
	exit 0
fi
if ! type -P apt-get >/dev/null; then
	echo 'missing is nginx; install it as your system does' >&2
	exit 1
fi
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
cd "$temporary"
if ! apt-get download -q nginx 2>/dev/null; then
	if ((EUID)); then
		echo 'apt knows no nginx; as root: apt-get update' >&2
		exit 1
	fi
	apt-get update -q
	apt-get download -q nginx
fi
dpkg-deb -x nginx_*.deb unpacked
if missing=$(ldd unpacked/usr/sbin/nginx | grep 'not found'); then
	printf 'nginx lacks libraries; apt-get install those that have\n%s\n' "$missing" >&2
	exit 1
fi
cp -a unpacked/. "$folder"
