#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The completion script is good bash, and offers what the program says of itself.
. "$top_srcdir/tests/lib.sh"
script=$top_srcdir/completion/dragoman
dragoman=$top_builddir/dragoman
[ -x "$dragoman" ] || skip "dragoman is not built"
bash -n "$script" || fail "not good bash"
# shellcheck source=/dev/null
. "$script"
compopt() { :; } # bash has it only while it completes

# offers WORD...: what is offered for the last of these words
offers() {
	COMP_WORDS=(dragoman "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	local before=${COMP_WORDS[$#-1]}
	_dragoman "$dragoman" "${!#}" "$before"
	echo "${COMPREPLY[*]}"
}

expect_offer() { local got; got=" $(offers "${@:2}") "; [[ $got == *" $1 "* ]] || fail "no $1 for ${*:2}:$got"; }

expect_offer watch wa
expect_offer status ''
expect_offer --server --s
expect_offer --count watch --c
expect_offer --since watch --server ./x --s
expect_offer --json status --
expect_offer decode profile d
expect_offer --payload profile decode --p
expect_offer states watch --kinds st
expect_offer schema help s
expect_offer verify store v
expect_offer remove subscribers r
[ "$(offers wat)" = watch ] || fail "more than watch"
[ -z "$(offers --server ./nowhere watch hall)" ] || fail "devices without a gateway"

if command -v zsh >/dev/null; then
	zsh -n "$top_srcdir/completion/_dragoman" || fail "not good zsh"
fi
