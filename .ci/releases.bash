# shellcheck shell=bash
# releases.bash - other releases of Debian: the packages as they are built there, and booted there
#
# Sourced by dev, after packages.bash.  It takes root, mmdebstrap, and the network once for each
# release: its root, some 900 MB, stays in build/roots.

releases=(bookworm trixie)

release_here() {
	(. /etc/os-release && echo "${VERSION_CODENAME:-none}")
}

# Where this machine has Debian's packages from.
mirror() {
	# shellcheck disable=SC2016 # they are apt's
	apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' |
		sed -n 's/^Debian //p' | head -n 1
}

# What a root has besides a minimal system: what it takes to build the packages, to look at them, and
# to boot.
release_depends() {
	check_depends
	printf '%s\n' blhc build-essential dbus debhelper faketime iproute2 libnss-systemd lintian \
		procps systemd
}

# make_root SUITE: build/roots/SUITE, if it is not there as it should be.  The release that cannot be
# had, from here and today, is left out.
make_root() {
	local root=build/roots/$1 wanted
	wanted=$(release_depends | paste -sd,)
	[ "$wanted" != "$(cat "$root.packages" 2>/dev/null)" ] || return 0
	as_root rm -rf "$root" "$root.packages"
	mkdir -p build/roots
	if ! as_root mmdebstrap --variant=minbase --format=directory --include="$wanted" "$1" "$root" \
		"$(mirror)"; then
		echo "SKIPPED Debian $1 cannot be had here"
		return 77
	fi
	printf '%s\n' "$wanted" >"$root.packages"
}

# package_in SUITE: builds the packages there and looks at them, as ./dev test does here, and brings
# them to build/SUITE.
package_in() {
	local root=build/roots/$1 copy=build/mtchat-for-$1
	copy_source "$copy" &&
		as_root rm -rf "$root/var/tmp/mtchat" &&
		as_root cp -r "$copy" "$root/var/tmp/mtchat" &&
		as_root unshare --mount --pid --fork --kill-child chroot "$root" sh -ec '
			mount -t proc proc /proc
			cd /var/tmp/mtchat
			./dev deb
			tests/packages' &&
		rm -rf "$copy" "build/$1" && mkdir -p "build/$1" &&
		cp "$root"/var/tmp/mtchat/build/*.deb "build/$1" &&
		as_root rm -rf "$root/var/tmp/mtchat"
}

# check_release SUITE: the packages of that release, in a machine of that release.
check_release() {
	step "root $1" make_root "$1" || return 0
	[ -e "build/roots/$1.packages" ] || return 0
	step "packages $1" package_in "$1" || { skip "check system $1" 'no packages'; return; }
	check_system_of "$1" "MTCHAT_ROOT=$PWD/build/roots/$1" "MTCHAT_DEBS=$PWD/build/$1"
}

check_releases() {
	local suite
	can_boot 'other releases' || return 0
	for suite in "${releases[@]}"; do
		[ "$suite" = "$(release_here)" ] || check_release "$suite"
	done
}
