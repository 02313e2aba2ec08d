#!/bin/sh
# Counts an access log by awk alone, to compare with what the gateway says:
#
#	check.sh LOG [HOW MANY]
#
# prints partner,views,users,sessions of the first ten, in the leaderboard's
# order. A user is a client address with a user agent; a session ends after 30
# minutes without a view, or 4 hours after its start.
set -eu
export LC_ALL=C

tab=$(printf '\t')

# partner, user and Unix time of every line that the program takes
views() {
	awk '
	BEGIN { for (i = 1; i <= 12; i++) month[substr("JanFebMarAprMayJunJulAugSepOctNovDec", 3 * i - 2, 3)] = i }
	function days(y, m, d) { # since 1970-01-01
		if (m <= 2) { y--; m += 12 }
		return 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * (m - 3) + 2) / 5) + d - 1 - 719468
	}
	{
		sub(/\r$/, "")
		gsub(/\\\\/, "\001"); gsub(/\\"/, "\002") # escaped in the log
		gsub(/\t/, " ")
		n = split($0, part, "\"")
		words = split(part[2], request, " ")
		if (n != 7 || part[7] != "" || part[3] !~ /^ [0-9][0-9][0-9] ([0-9]+|-) $/ || words < 2 || !match(part[1], /\[[^]]+\]/)) next
		stamp = substr(part[1], RSTART + 1, RLENGTH - 2) # 17/May/2015:10:05:03 +0000
		offset = substr(stamp, 23, 2) * 3600 + substr(stamp, 25, 2) * 60
		at = days(substr(stamp, 8, 4), month[substr(stamp, 4, 3)], substr(stamp, 1, 2)) * 86400 \
			+ substr(stamp, 13, 2) * 3600 + substr(stamp, 16, 2) * 60 + substr(stamp, 19, 2)
		at += substr(stamp, 22, 1) == "-" ? offset : -offset
		path = request[2]
		sub(/\?.*/, "", path); sub(/^\//, "", path); sub(/\/.*/, "", path)
		split(part[1], client, " ")
		printf "%s\t%s %s\t%d\n", path == "" ? "home" : path, client[1], part[6], at
	}' "$1"
}

views "$1" | sort -t "$tab" -k 1,1 -k 2,2 -k 3,3n | awk -F '\t' '
	{
		views[$1]++
		same = $1 == partner && $2 == user
		if (!same) users[$1]++
		if (!same || $3 - last >= 1800 || $3 - start >= 14400) { sessions[$1]++; start = $3 }
		partner = $1; user = $2; last = $3
	}
	END { for (p in views) printf "%d\t%d\t%d\t%s\n", sessions[p], views[p], users[p], p }
' | sort -t "$tab" -k 1,1nr -k 2,2nr -k 3,3nr -k 4,4 | awk -F '\t' -v most="${2:-10}" '
	BEGIN { print "partner,views,users,sessions" }
	NR <= most { print $4 "," $2 "," $3 "," $1 }
'
