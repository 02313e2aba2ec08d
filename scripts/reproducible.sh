#!/bin/sh
# Builds the binary twice, from two folders and without what the first build
# remembered, and fails unless the bytes are the same.
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for copy in one two/deeper; do
	mkdir -p "$dir/$copy"
	git ls-files --cached --others --exclude-standard | while read -r file; do [ ! -f "$file" ] || echo "$file"; done |
		tar cf - -T - | tar xf - -C "$dir/$copy"
	[ ! -d web/dist ] || cp -R web/dist/. "$dir/$copy/web/dist/"
done
(cd "$dir/one" && scripts/build.sh "$dir/first")
(cd "$dir/two/deeper" && GOCACHE="$dir/cache" TZ=Asia/Tokyo scripts/build.sh "$dir/second")
cmp "$dir/first" "$dir/second" || { echo "two builds of one source differ"; exit 1; }
echo "Two builds are the same $(wc -c <"$dir/first" | tr -d ' ') bytes: $(cksum <"$dir/first")"
