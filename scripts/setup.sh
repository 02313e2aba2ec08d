#!/bin/sh
# Installs what Footfall needs and the machine lacks, in the order given:
#
#	scripts/setup.sh [postgres] [redis] [chromium] [node] [cc]
#
# Says on stderr what it is going to do before it does it, and nothing when nothing is missing. Uses apt-get (as root or
# through sudo) or Homebrew. Footfall starts private servers out of the binaries, so no system service is left running:
#   postgres  /etc/postgresql-common/createcluster.conf is written first, unless there is one, so that the package makes
#             no cluster; pg_createcluster still makes one for whoever wants it.
#   redis     Debian's package enables and starts its service. Under systemd the unit is masked while the package goes
#             in, then disabled and unmasked; elsewhere the service is stopped and disabled afterwards.
# A service that was there before is not touched, because then nothing was missing.
set -eu

node_wanted=20
postgres_wanted=15
apt_updated=

say() { echo "footfall: $*" >&2; }
die() { say "$@"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND... runs it as root, or dies saying how to help.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif have sudo; then
		sudo "$@"
	else
		die "this needs root, and there is no sudo; as root, run: $*"
	fi
}

# major TEXT prints the first number in it.
major() {
	text=${1#"${1%%[0-9]*}"}
	echo "${text%%[!0-9]*}"
}

# new_postgres FOLDER: it holds a Postgres that is new enough.
new_postgres() {
	[ -x "$1/postgres" ] && [ -x "$1/initdb" ] || return 1
	version=$(major "$("$1/postgres" --version 2>/dev/null)")
	[ "${version:-0}" -ge "$postgres_wanted" ]
}

# Looks where internal/localdb looks: PATH, pg_config, Debian, Homebrew.
have_postgres() {
	found=$(command -v initdb 2>/dev/null) && new_postgres "${found%/*}" && return 0
	for dir in /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin; do
		if new_postgres "$dir"; then return 0; fi
	done
	found=$(pg_config --bindir 2>/dev/null) && new_postgres "$found"
}

have_redis() { have redis-server; }

have_cc() { have cc; }

have_chromium() {
	for name in chromium chromium-browser google-chrome google-chrome-stable; do
		if have "$name"; then return 0; fi
	done
	[ -d "/Applications/Google Chrome.app" ] || [ -d /Applications/Chromium.app ]
}

have_node() { have node && have npm; }

# apt PACKAGE... installs packages, with fresh lists.
apt() {
	if [ -z "$apt_updated" ]; then
		as_root apt-get -qq update >&2 || say "apt-get update failed; going on with the package lists that are there"
		apt_updated=yes
	fi
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "$@" >&2
}

# announce PACKAGE... says what apt is about to do.
announce() { say "installing $* through apt-get (needs root) …"; }

apt_postgres() {
	announce postgresql
	conf=/etc/postgresql-common/createcluster.conf
	if [ ! -e "$conf" ]; then
		say "writing $conf so that the package starts no server of its own"
		as_root mkdir -p "${conf%/*}"
		echo "create_main_cluster = false" | as_root tee "$conf" >/dev/null
	fi
	apt postgresql
}

apt_redis() {
	announce redis-server
	if [ -d /run/systemd/system ]; then
		say "keeping its service from starting (systemctl mask, later disable and unmask)"
		as_root systemctl --quiet mask redis-server.service >&2
		status=0
		apt redis-server || status=$?
		as_root systemctl --quiet disable redis-server.service >&2 || true
		as_root systemctl --quiet unmask redis-server.service >&2
		return "$status"
	fi
	apt redis-server
	say "stopping and disabling the service that came with it"
	as_root invoke-rc.d redis-server stop >&2 || true
	as_root update-rc.d redis-server disable >&2 || true
}

apt_chromium() {
	announce chromium
	apt chromium
}

apt_cc() {
	announce gcc libc6-dev
	apt gcc libc6-dev
}

apt_node() {
	if have node; then set -- npm; else set -- nodejs npm; fi
	announce "$@"
	apt "$@"
}

# brew_install THING
brew_install() {
	case $1 in
	postgres) set -- postgresql@17 ;;
	chromium) set -- --cask google-chrome ;;
	cc) set -- gcc ;;
	esac
	say "installing $* through Homebrew …"
	brew install "$@" >&2
}

# by_hand THING says what a person has to do.
by_hand() {
	case $1 in
	postgres) echo "install postgres $postgres_wanted or newer and put it on PATH" ;;
	redis) echo "install redis 7 or newer and put redis-server on PATH" ;;
	chromium) echo "install Chromium or Google Chrome and put it on PATH" ;;
	cc) echo "install a C compiler and put it on PATH as cc" ;;
	node) echo "install Node.js $node_wanted or newer, with npm, and put it on PATH (https://nodejs.org)" ;;
	esac
}

# provide THING installs it unless it is there.
provide() {
	if "have_$1"; then return 0; fi
	if have apt-get; then
		"apt_$1" || die "that failed: $(by_hand "$1")"
	elif have brew; then
		brew_install "$1" || die "that failed: $(by_hand "$1")"
	else
		die "neither apt-get nor brew here: $(by_hand "$1")"
	fi
	"have_$1" || die "the package did not bring what is needed: $(by_hand "$1")"
}

# Distributions may carry an older Node; it is worth a try, and worth a word.
check_node() {
	version=$(major "$(node --version)")
	[ "${version:-0}" -ge "$node_wanted" ] || say "Node.js $version is older than $node_wanted: if it fails, $(by_hand node)"
}

for thing in "$@"; do
	case $thing in
	postgres | redis | chromium | node | cc) provide "$thing" ;;
	*) die "unknown: $thing (postgres, redis, chromium, node, cc)" ;;
	esac
	if [ "$thing" = node ]; then check_node; fi
done
