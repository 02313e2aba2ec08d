#!/bin/sh
# Builds the binary as it is released: the same bytes from the same source with the
# same Go, wherever and whenever.
#
#	scripts/build.sh FILE
set -eu
CGO_ENABLED=0 exec go build -trimpath -buildvcs=false -ldflags='-s -w -buildid=' -o "$1" .
