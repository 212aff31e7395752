# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The Debian packages that the project needs, and how they are installed. For runtests and quickstart:
#	. tools/packages.sh

# shellcheck disable=SC2034
PACKAGES_BUILD='autoconf automake libtool make gcc libc6-dev pkg-config libevent-dev libprotobuf-c-dev
	protobuf-c-compiler libserialport-dev libyaml-dev libpcre2-dev liblua5.4-dev libxxhash-dev uthash-dev'
# shellcheck disable=SC2034
PACKAGES_TESTS='libcmocka-dev clang libclang-rt-14-dev clang-format xz-utils python3'
# Other programs that some tests talk to.
# shellcheck disable=SC2034
PACKAGES_PEERS='socat ser2net tshark gpsd gpsd-clients mbpoll nut-server nut-client redis-server nats-server
	mosquitto protobuf-compiler python3-protobuf python3-xxhash python3-serial python3-pymodbus python3-yaml
	python3-jsonschema libprotobuf-java default-jdk-headless'

packages_missing() {
	local p
	for p; do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || echo "$p"
	done
}

# Packages of services start them when they are installed, unless policy-rc.d says no. It is put back as it
# was; where systemd runs, the new services are disabled as well, so that the next boot does not start them.
packages_script='
policy=/usr/sbin/policy-rc.d
saved=
restore() {
	if [ -n "$saved" ]; then mv -f "$saved" $policy; else rm -f $policy; fi
}
if [ -e $policy ]; then saved=$policy.dragoman-saved; mv -f $policy $saved; fi
trap restore EXIT
trap "exit 1" INT TERM HUP
printf "#!/bin/sh\nexit 101\n" >$policy && chmod 755 $policy || exit 1
get="apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -y"
$get install --no-install-recommends "$@" || { $get update && $get install --no-install-recommends "$@"; } || exit 1
if [ -d /run/systemd/system ]; then
	for p; do
		dpkg -L "$p" | sed -nE "s,^(/usr)?/lib/systemd/system/([^@]+\.(service|socket))$,\2,p"
	done | while read -r unit; do systemctl disable --quiet --now "$unit"; done
fi
exit 0
'

# sudo may ask for a password where there is somebody to ask.
packages_may_sudo() {
	command -v sudo >/dev/null || return 1
	if [ -t 0 ]; then sudo true; else sudo -n true 2>/dev/null; fi
}

# packages_install LOG PACKAGE...: prints the command, and runs it for what is not there yet, if it can.
# With LOG empty it only prints. What fails is said; the caller goes on with what there is.
packages_install() {
	local log=$1 root= wanted
	shift
	[ "$(id -u)" = 0 ] || root='sudo '
	echo "${root}apt-get install --no-install-recommends $*"
	[ -n "$log" ] || return 0
	command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || {
		echo "(no apt-get here: going on with what there is)"
		return 0
	}
	# shellcheck disable=SC2207
	wanted=($(packages_missing "$@"))
	[ ${#wanted[@]} != 0 ] || return 0
	echo "not there yet: ${wanted[*]}"
	if [ -n "$root" ] && ! packages_may_sudo; then
		echo "(neither root nor sudo: going on with what there is)"
		return 0
	fi
	# shellcheck disable=SC2086
	if ! $root env DEBIAN_FRONTEND=noninteractive sh -c "$packages_script" install "${wanted[@]}" >"$log" 2>&1; then
		tail -n 20 "$log"
		echo "(not everything could be installed: going on with what there is)"
	fi
}
