# SPDX-License-Identifier: Apache-2.0
# For system tests in shell:  . "$top_srcdir/tests/lib.sh"
# The test runs in a directory of its own, $work, which is removed at the end with all that start began.
# A test says why it failed (fail) or cannot run here (skip).
set -u
top_srcdir=${top_srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)}
top_builddir=${top_builddir:-$PWD}
work=$(mktemp -d "${TMPDIR:-/tmp}/dragoman.XXXXXX") || exit 99
started=()

finish() {
	local status=$? pid
	for pid in "${started[@]-}"; do
		[ -n "$pid" ] && kill "$pid" 2>/dev/null
	done
	wait_for all_ended 5 || kill -KILL "${started[@]}" 2>/dev/null
	wait 2>/dev/null
	if [ "$status" != 0 ] && [ "$status" != 77 ]; then
		tail -n 50 "$work"/*.log 2>/dev/null
	fi
	cd / && rm -rf "$work"
	exit "$status"
}
all_ended() { local p; for p in "${started[@]-}"; do [ -z "$p" ] || ! kill -0 "$p" 2>/dev/null || return 1; done; }
trap finish EXIT
trap 'exit 1' INT TERM HUP
cd "$work" || exit 99

fail() { echo "FAIL: $*"; exit 1; }
skip() { echo "SKIP: $*"; exit 77; }

# need socat tshark ...: programs that the test cannot do without
need() { local p; for p; do command -v "$p" >/dev/null || skip "$p is not installed"; done; }

# need_python google.protobuf ...
need_python() { local m; for m; do "$PYTHON" -c "import $m" 2>/dev/null || skip "Python has no $m"; done; }

# start NAME COMMAND...: in the background, its output in NAME.log; the process id is in $pid
start() { local name=$1; shift; "$@" >"$name.log" 2>&1 </dev/null & pid=$!; started+=("$pid"); }

# wait_for CONDITION [SECONDS]: a shell command that becomes true within 10 s (or as many as given)
wait_for() {
	local end=$((SECONDS + ${2:-10}))
	until eval "$1"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# expect CONDITION [SECONDS]: as wait_for; fails the test
expect() { wait_for "$@" || fail "still not true after ${2:-10} s: $1"; }
