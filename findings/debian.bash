# shellcheck shell=bash
# debian.bash - for the scripts here: pinned Debian packages, unpacked into a folder of their own
#
# Nothing is installed and no root is needed.  The archive is the one that this machine's apt knows;
# what it sends is proven by the keys of package debian-archive-keyring.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(mktemp -d "${TMPDIR:-/tmp}/finding-XXXXXX")
trap 'rm -rf "$here"' EXIT
trap 'exit 130' INT TERM
triplet=$(gcc -print-multiarch 2>/dev/null || echo x86_64-linux-gnu)

# Ends with 2: there is no saying whether the finding still holds.
cannot() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 2
}

# shellcheck disable=SC2016 # apt fills them in
archive() {
	apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
		sed -n 's/^Debian \(.*[^/]\)\/*$/\1/p' | head -n 1
}

# apt for one folder, with lists and folders of its own.
apt_of() { # FOLDER ARGUMENT...
	local state=$here/apt-$1
	apt-get -qq -o Dir::State="$state" -o Dir::State::status=/dev/null -o Dir::Cache="$state" \
		-o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::PreferencesParts=/dev/null -o Acquire::Languages=none \
		-o APT::Sandbox::User="$(id -un)" "${@:2}"
}

# unpack SUITE PACKAGE=VERSION...: into $here/SUITE.  libc6 only carries the others: any revision.
unpack() {
	unpack_into "$1" "$@"
}

unpack_into() { # FOLDER SUITE PACKAGE=VERSION...
	local folder=$here/$1 state=$here/apt-$1 suite=$2 uri package
	uri=$(archive)
	[ -n "$uri" ] || cannot 'apt knows no archive of Debian; is there a list (apt-get update)?'
	mkdir -p "$state/lists/partial" "$state/archives/partial" "$folder"
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main" \
		>"$state/sources.list"
	apt_of "$1" update || cannot "no list of $suite"
	(cd "$state" && apt_of "$1" download "${@:3}") ||
		cannot "one of these is not to be had any more: ${*:3}"
	for package in "$state"/*.deb; do
		dpkg -x "$package" "$folder"
	done
}

# within SUITE PROGRAM ARGUMENT...: run with the C library and the other libraries of that suite
within() {
	local root=$here/$1 loader
	loader=$(find "$root" -name 'ld-linux*.so.*' | head -n 1)
	"$loader" --library-path "$root/usr/lib/$triplet:$root/lib/$triplet" "${@:2}"
}

# compile SUITE FILE.c LIBRARY...: $here/SUITE/FILE, from $here/FILE.c; headers are unpacked into $here/headers
compile() {
	local root=$here/$1 library libraries=()
	for library in "${@:3}"; do
		libraries+=("$(find "$root" -name "$library" | head -n 1)")
	done
	gcc -O -w -I"$here/headers/usr/include" -o "$root/${2%.c}" "$here/$2" "${libraries[@]}" \
		-Wl,--unresolved-symbols=ignore-in-shared-libs || cannot "gcc does not compile $2"
}

# expect WHAT WANTED SEEN: prints what was seen; ends with 1 if it is something else.
expect() {
	printf '%-58s %s\n' "$1:" "$3"
	[ "$2" = "$3" ] || { printf '... but it was %s: the finding holds no more\n' "$2"; exit 1; }
}
