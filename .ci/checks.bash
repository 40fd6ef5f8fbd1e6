# shellcheck shell=bash
# checks.bash - checks that are called by name, one line for each, and the programs that they call
#
# Sourced by dev, tests/lint and tests/packages.

# --- programs ----------------------------------------------------------------------------------

# The versions that this tree is known to be clean with: those of Debian 12 and Debian 13.  Each new
# version of such a program finds new things, or writes old ones otherwise; so with any other one a
# check is left out, aloud, and a compiler's warnings are shown, but are no errors.
known_versions() { # PROGRAM
	case $1 in
	clang | clang-format) echo 14 19 ;;
	clang-tidy) echo 14 ;;
	cppcheck) echo 2.10 2.17 ;;
	gcc) echo 12 14 ;;
	lintian) echo 2.116 2.122 ;;
	shellcheck) echo 0.9 0.10 0.11 ;;
	esac
}

# Its version here, as far as it counts: 14 of 14.0.6, but 2.10 of 2.10.3.
version_here() { # PROGRAM
	local said pattern='[0-9]+\.[0-9]+'
	case $1 in
	clang*) pattern='[0-9]+' ;;
	gcc)
		gcc -dumpversion
		return
		;;
	esac
	said=$("$1" --version 2>&1) || true
	[[ $said =~ $pattern ]] && echo "${BASH_REMATCH[0]}"
}

is_known() { # PROGRAM
	[[ " $(known_versions "$1") " == *" $(version_here "$1") "* ]]
}

why_unknown() { # PROGRAM
	local known
	known=$(known_versions "$1")
	echo "$1 is version $(version_here "$1"); this tree is known to be clean with ${known// / and }"
}

# know PROGRAM: ends a check with status 77, and says why, if its program is not a known one.
know() {
	is_known "$1" && return
	echo "SKIPPED $(why_unknown "$1")"
	exit 77
}

# --- checks ------------------------------------------------------------------------------------

# run_check SCRIPT NAME: one line, and all of the output if something was found.  The check is a
# process of its own: in a condition, bash would go on after each failed command of it, -e or not.
run_check() {
	local output status=0
	output=$("$1" --one "$2" 2>&1) || status=$?
	case $status in
	0) echo "ok      $2" ;;
	77) grep '^SKIPPED ' <<<"$output" ;;
	*)
		echo "FAILED  $2"
		grep -v 'warnings\? generated.$' <<<"$output" # clang-tidy counts what it does not show
		;;
	esac
	return $status
}

# run_checks SCRIPT NAME...: status 1 if one has failed, 77 if none has but one was left out.
run_checks() {
	local name script=$1 left_out=0 failed=0 status
	shift
	for name; do
		status=0
		run_check "$script" "$name" || status=$?
		case $status in
		0) ;;
		77) left_out=77 ;;
		*) failed=1 ;;
		esac
	done
	[ $failed = 0 ] || return 1
	return $left_out
}
