#!/bin/sh
# Looks at what we depend on: whether modules are what go.sum says, whether npm's
# packages are at exact versions, and whether what we call has known holes.
#
#	scripts/audit.sh GOVULNCHECK_VERSION
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

go mod verify
GOFLAGS="${GOFLAGS:-} -modfile=tools.mod" go mod verify

for package in web e2e bench/peers; do
	if grep -E '": *"([~^*]|latest|[<>]|git|http)' "$package/package.json" | grep -v '"node":'; then
		echo "$package/package.json: these are not exact versions"
		exit 1
	fi
	[ -f "$package/package-lock.json" ] || { echo "$package has no package-lock.json"; exit 1; }
done
echo "npm's packages are at exact versions, with lock files"

GOBIN="$dir" go install "golang.org/x/vuln/cmd/govulncheck@$1"
status=0
"$dir/govulncheck" ${GOVULNDB:+-db "$GOVULNDB"} ./... >"$dir/log" 2>&1 || status=$?
cat "$dir/log"
if [ "$status" -ne 0 ] && grep -qE 'fetching vulnerabilities: .*(no such host|dial tcp|timeout|connection refused|proxyconnect|TLS handshake)' "$dir/log"; then
	echo "NOT CHECKED for known vulnerabilities: their database cannot be reached from here"
	status=0
fi
exit "$status"
