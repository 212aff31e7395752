#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A directory of src/ includes only itself and those above it in this list, each outside library is
# included in one place, and an adapter includes the installed header and nothing else of ours.
set -u
cd "${top_srcdir:-$(dirname "$0")/../..}" || exit 1

order=(base wire conf ev transport link adapter store sandbox tls profile client config super channel hub cli)

# pattern of an include, the directories that may have it
libraries='
event2/|event.h        ev
libserialport.h        transport
yaml.h                 conf
pcre2.h                profile
xxhash.h               store
protobuf-c/|.*\.pb-c.h wire
openssl/               tls
lua|lauxlib.h          profile
seccomp.h              sandbox
cmocka.h               -
'

bad=0
say() { printf '%s:%s: %s\n' "$1" "$2" "$3"; bad=1; }
level() { local i; for i in "${!order[@]}"; do [ "${order[i]}" = "$1" ] && echo "$i" && return; done; }

# file:line:include, with its quotes or brackets
includes() { find "$@" -name '*.[ch]' -exec grep -HnoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<][^">]*' {} + |
	sed -E 's/^([^:]*:[0-9]+:).*include[[:space:]]*/\1/' | sort; }

while IFS=: read -r file line inc; do
	dir=${file#src/} dir=${dir%%/*} name=${inc#?} from=${name%%/*}
	here=$(level "$dir")
	[ -n "$here" ] || { say "$file" "$line" "src/$dir is not in the list of layers"; continue; }
	while read -r pattern place; do
		[[ -n $pattern && $name =~ ^($pattern) && $dir != "$place" ]] &&
			say "$file" "$line" "<$name> belongs to src/$place"
	done <<<"$libraries"
	[[ $inc == '"'* ]] || continue
	case $name in
	config.h | dragoman/adapter.h | dragoman/client.h | *.pb-c.h) continue ;;
	esac
	there=$(level "$from")
	if [[ $name != */* || -z $there ]]; then
		say "$file" "$line" "\"$name\" does not start with the name of a layer"
	elif [ "$there" -gt "$here" ]; then
		say "$file" "$line" "src/$dir may not include \"$name\": src/$from stands below it"
	elif [ ! -f "src/$name" ]; then
		say "$file" "$line" "there is no src/$name"
	fi
done < <(includes src)

while IFS=: read -r file line inc; do
	name=${inc#?}
	case $inc in
	*..*) say "$file" "$line" "an adapter looks at nothing outside its directory" ;;
	'"'*) [ -f "$(dirname "$file")/$name" ] || say "$file" "$line" "an adapter includes only <dragoman/adapter.h>" ;;
	'<dragoman/adapter.h') ;;
	'<dragoman/'*) say "$file" "$line" "an adapter includes only <dragoman/adapter.h>" ;;
	esac
done < <(includes adapters)

exit $bad
