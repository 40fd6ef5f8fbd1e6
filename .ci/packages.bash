# shellcheck shell=bash
# packages.bash - the Debian packages: built from a clean copy of this tree, and installed
#
# Sourced by dev, after steps.bash.

# The names, NUL-terminated, of what a release holds: what git has or would take, changed or not.
# Without git, all but what is made here.
source_files() {
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files -z --cached --others --exclude-standard
	else
		find . \( -name build -o -name build-aux -o -name autom4te.cache -o -name .git -o \
			-name __pycache__ \) -prune -o \( -type f -o -type l \) ! -path ./aclocal.m4 \
			! -path './configure' ! -path './configure~' ! -path ./Makefile.in -printf '%P\0'
	fi | while IFS= read -r -d '' name; do
		[ ! -e "$name" ] || printf '%s\0' "$name" # git still lists what was just deleted
	done | sort -z
}

# One line that is another one as soon as any file of the source is.
source_sum() {
	source_files | xargs -0 sha256sum | sha256sum
}

# Modes as git has them, whatever the umask is here, and one time for all: both get into packages.
copy_source() { # FOLDER
	rm -rf "$1" && mkdir -p "$1" && chmod 755 "$1" &&
		source_files | tar --create --null --files-from=- --mode=u=rwX,go=rX \
			--mtime="@$(dpkg-parsechangelog -S Timestamp)" | tar --extract -p -C "$1"
}

# build_in FOLDER: packages from the source in it, into the folder around it.  Unsigned.
# Their tests are those that ./dev test runs.
build_in() {
	# shellcheck disable=SC2154 # cpus: steps.bash
	(cd "$1" && DEB_BUILD_OPTIONS="nocheck parallel=$cpus" dpkg-buildpackage -us -uc)
}

package_version() {
	dpkg-parsechangelog -S Version
}

# The two packages of the version that debian/changelog names.
built_packages() {
	printf 'build/%s\n' {mtchatd,mtchat}_"$(package_version)_$(dpkg --print-architecture)".deb
}

# Every file that a build leaves; old versions too, so that mtchatd_*.deb names one.
forget_packages() {
	rm -rf build/mtchat{d,}{,-dbgsym}_*.{deb,dsc,tar.xz,buildinfo,changes} build/mtchat-* \
		build/package.sum
}

# The copy's name is that of the folder in the source package.  An errexit does not reach into a
# step: hence all the &&.
make_packages() { # SUM
	local copy
	copy=build/mtchat-$(package_version) &&
		forget_packages &&
		copy_source "$copy" &&
		build_in "$copy" &&
		printf '%s\n' "$1" >build/package.sum
}

need_to_package() {
	local packages
	mapfile -t packages < <(check_depends)
	need "${packages[@]}" build-essential debhelper
}

# packages: build/mtchatd_*.deb and build/mtchat_*.deb are those of the tree as it is now.
packages() {
	local sum files
	mapfile -t files < <(built_packages)
	sum=$(source_sum)
	mkdir -p build
	if [ "$sum" = "$(cat build/package.sum 2>/dev/null)" ] && ls "${files[@]}" build/log/deb.log \
		>/dev/null 2>&1; then
		done_before deb
	else
		step deb make_packages "$sum"
	fi
}

# Builds them if need be, and looks at them from all sides (tests/packages).
cmd_packages() {
	local name
	packages || { skip packages 'they were not built'; return; }
	while read -r name; do
		step "packages $name" tests/packages "$name" || true
	done < <(tests/packages --list)
}

cmd_deb() {
	need_to_package
	packages || exit 1
	built_packages
}

# --- installing --------------------------------------------------------------------------------

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# apt would leave a package alone whose version is there already; its content may be another.
install_packages() {
	local files
	mapfile -t files < <(built_packages)
	as_root apt-get -qy --no-install-recommends -o DPkg::Lock::Timeout=120 --allow-downgrades \
		--reinstall install "${files[@]/#/./}"
}

# The package has started it, unless a policy or an administrator forbids; a start when it runs
# already does nothing.
start_service() {
	local status=0
	as_root systemctl start mtchatd || status=$?
	systemctl --no-pager --lines=10 status mtchatd || true
	return "$status"
}

cmd_install() {
	need_to_package
	packages || exit 1
	[ "$(id -u)" = 0 ] || sudo -v || die 'installing needs root'
	step install install_packages || exit 1
	if [ -d /run/systemd/system ]; then
		step 'start mtchatd' start_service || exit 1
		echo 'mtchatd runs.  Talk: mtchat     Watch: systemctl status mtchatd; journalctl -fu mtchatd'
	else
		skip 'start mtchatd' 'systemd does not run here (PID 1 is something else)'
		cat <<'END'
mtchatd and mtchat are installed, but nothing starts a service on this machine.  By hand:
    mtchatd --config /etc/mtchatd.conf
    mtchat localhost
END
	fi
}
