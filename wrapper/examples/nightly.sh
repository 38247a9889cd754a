#!/bin/sh
# A nightly job as cron runs it: the most frequent lines of a log, packed. Each step is a program of its own, so this is
# one report over awk, sort, uniq and xz. What a profile should find: liblzma, and who calls it: xz.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
awk 'BEGIN { srand(7); for (i = 0; i < 400000; i++) print "GET /page/" int(rand() * 90000) " " int(rand() * 10) }' >"$folder/log"
sort "$folder/log" | uniq -c | sort -rn >"$folder/counted"
xz -k -6 "$folder/counted"
xz -dc "$folder/counted.xz" | cmp - "$folder/counted"
wc -l <"$folder/counted"
