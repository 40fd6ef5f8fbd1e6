# shellcheck shell=bash
# steps.bash - what dev is built from: steps that are timed and logged, packages, builds, checks
#
# Sourced by dev, in the tree's root and with job control on (set -m).

# --- steps -------------------------------------------------------------------------------------

python=/usr/bin/python3 # Debian's, that python3-pytest is for; PATH may have another before it
cpus=$(nproc)
check_limit=${CHECK_LIMIT:-900} # seconds that one run of the tests may take

passed=0 failed=0 skipped=0
job='' # the process group that runs now

die() {
	printf 'dev: %s\n' "$*" >&2
	exit 1
}

now_ms() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# report STATE MILLISECONDS NAME: the one line of a step.
report() {
	[ ! -t 1 ] || printf '\r\033[K'
	printf '%-7s %4d.%d s  %s\n' "$1" $(($2 / 1000)) $(($2 % 1000 / 100)) "$3"
}

# The log file of a step.  Names are cut: a file's has 255 bytes at most.
log_of() {
	local name=${1//[^a-zA-Z0-9]/-}
	mkdir -p build/log
	echo "build/log/${name:0:100}.log"
}

# The width of the terminal that standard output is.
columns() {
	local width=''
	read -r _ width < <(stty size 2>/dev/null <"/proc/$$/fd/1") || true
	[[ $width =~ ^[1-9][0-9]*$ ]] || width=80
	echo "$width"
}

# fit TEXT: as much of it as a line of the terminal holds; all of it where there is none.
fit() {
	local width=${#1}
	[ ! -t 1 ] || width=$(($(columns) - 1))
	if [ ${#1} -le "$width" ]; then
		printf '%s\n' "$1"
	else
		printf '%s...\n' "${1:0:width - 3}"
	fi
}

# step NAME COMMAND...: runs it and prints how it went; of a failure, the end of its output too.
# Status 77 is that of a command that leaves its work out; it tells why by a line "SKIPPED WHY".
step() {
	local name=$1 log start status=0
	shift
	log=$(log_of "$name")
	start=$(now_ms)
	[ ! -t 1 ] || printf '%-7s %6s    %s' ... '' "$name"
	"$@" </dev/null >"$log" 2>&1 &
	job=$!
	wait "$job" || status=$?
	job=''
	if [ "$status" = 0 ]; then
		passed=$((passed + 1))
		report ok $(($(now_ms) - start)) "$name"
		return 0
	fi
	if [ "$status" = 77 ] && grep -q '^SKIPPED ' "$log"; then
		skip "$name" "$(sed -n 's/^SKIPPED //p' "$log" | head -n 1)"
		return 0
	fi
	failed=$((failed + 1))
	report FAILED $(($(now_ms) - start)) "$name (status $status; all of it in $log)"
	tail -n 60 "$log" | sed 's/^/    | /'
	return 1
}

done_before() {
	passed=$((passed + 1))
	report ok 0 "$1 (${2:-as before})"
}

skip() {
	skipped=$((skipped + 1))
	report SKIPPED 0 "$1: $2"
}

# The last line of a run, and its exit status.
summary() {
	printf '%d passed, %d failed' "$passed" "$failed"
	[ "$skipped" = 0 ] || printf ', %d skipped' "$skipped"
	printf '\n'
	[ "$failed" = 0 ]
}

# --- packages ----------------------------------------------------------------------------------

# What it takes to build and run the programs: the names in debian/control's Build-Depends without
# those that only its tests need, and what debhelper would bring and Debian takes for granted in a
# package; debhelper itself is for packages only.
build_depends() {
	printf '%s\n' autoconf automake gcc make
	control_depends | sed -n '/<!nocheck>/!s/^ \([a-z0-9.+-]*\).*/\1/p'
}

# The same with what `make check` needs.
check_depends() {
	build_depends
	control_depends | sed -n '/<!nocheck>/s/^ \([a-z0-9.+-]*\).*/\1/p'
}

control_depends() {
	sed -n '/^Build-Depends:/,/^[^ B]/p' debian/control | grep '^ ' | grep -v '^ debhelper'
}

missing_packages() {
	local name
	for name; do
		[[ $(dpkg-query -W -f '${db:Status-Abbrev}' "$name" 2>/dev/null) == *'ii '* ]] || echo "$name"
	done
}

apt_install() {
	local root=()
	[ "$(id -u)" = 0 ] || root=(sudo)
	"${root[@]}" apt-get -q update || true # an old list is still good for what it lists
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends \
		-o DPkg::Lock::Timeout=120 install "$@"
}

# Nobody here may install them; the command that an administrator could run.
die_of_missing() { # WHY PACKAGE...
	die "$1; as root, run:
    apt-get update && apt-get install --no-install-recommends ${*:2}"
}

# need PACKAGE...: installs those that are missing.
need() {
	local missing
	command -v dpkg-query >/dev/null || { skip packages "no Debian here; needed are: $*"; return; }
	mapfile -t missing < <(missing_packages "$@")
	[ ${#missing[@]} != 0 ] || { done_before packages 'all there'; return; }
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || die_of_missing 'packages are missing' "${missing[@]}"
		sudo -v || die_of_missing 'packages are missing, and sudo refused' "${missing[@]}"
	fi
	fit "installing ${#missing[@]} packages: ${missing[*]}"
	step packages apt_install "${missing[@]}" || { summary; exit 1; }
}

# --- builds ------------------------------------------------------------------------------------

# configure is made anew only when something that it is made from has changed.
autogen_told=''
autogen() {
	if [ -x configure ] && [ -e build/autogen.stamp ] && [ -z "$(find configure.ac Makefile.am \
		m4 autogen.sh -newer build/autogen.stamp -print -quit)" ]; then
		[ -n "$autogen_told" ] || done_before autogen
		autogen_told=yes
		return
	fi
	touch build/autogen.stamp.new # the time before, for what is edited meanwhile
	autogen_told=yes
	step autogen ./autogen.sh && mv build/autogen.stamp.new build/autogen.stamp
}

configure_in() { # FOLDER ARGUMENT...
	rm -rf "$1" &&
		mkdir -p "$1" &&
		cd "$1" &&
		../../configure PYTHON="$python" "${@:2}" &&
		printf '%s\n' "$*" >configured-as
}

# configure NAME ARGUMENT...: a folder build/NAME, configured with these arguments.
configure() {
	mkdir -p build
	[ ! -e config.status ] || die "the tree itself is configured; run 'make distclean' in it first"
	autogen || return
	if [ "build/$*" = "$(cat "build/$1/configured-as" 2>/dev/null)" ]; then
		done_before "configure $1"
	else
		step "configure $1" configure_in "build/$1" "${@:2}"
	fi
}

# build NAME ARGUMENT...: the same with programs and tests compiled, but not run.  What a compiler
# that nobody has tried warns of is no error, but shown.
build() {
	configure "$@" && step "make $1" make -C "build/$1" -j"$cpus" all check TESTS= || return
	grep -h ': warning: ' "$(log_of "make $1")" | sort -u | head -n 20 | sed 's/^/    | /' || true
}

# gcc's TSan cannot run where addresses are too random; then the tests run without that.
calm=()
if [ "$(cat /proc/sys/vm/mmap_rnd_bits 2>/dev/null || echo 0)" -gt 28 ] &&
	setarch "$(uname -m)" -R true 2>/dev/null; then
	calm=(setarch "$(uname -m)" -R)
fi

# check NAME [VARIABLE=VALUE...]: runs the tests of build/NAME; a skipped one is said aloud.
check() {
	local status=0 line
	step "check $1" timeout -k 10 "$check_limit" "${calm[@]}" env "${@:2}" PYTHONUNBUFFERED=1 \
		ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
		UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:atexit_sleep_ms=0 \
		make -C "build/$1" -j"$cpus" check VERBOSE=1 || status=1
	while read -r line; do
		skip "check $1" "$line"
	done < <(grep -hE '^(SKIP:|SKIPPED )' "$(log_of "check $1")" "build/$1"/tests/test_*.log \
		2>/dev/null | sort -u)
	return $status
}

build_and_check() { # NAME -- VARIABLE=VALUE... -- CONFIGURE-ARGUMENT...
	local name=$1 variables=()
	shift 2
	while [ "$1" != -- ]; do
		variables+=("$1")
		shift
	done
	shift
	if build "$name" "$@"; then
		check "$name" "${variables[@]}" || true
	else
		skip "check $name" 'it was not built'
	fi
}

