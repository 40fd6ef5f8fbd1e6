"""test_dev.py - ./dev: what its steps, its packages and its checks say, whatever the machine"""
import os
import stat
import subprocess

import pytest

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PREAMBLE = """
set -euo pipefail
set -m
for part in steps packages checks; do . "$0/.ci/$part.bash"; done
"""


@pytest.fixture(name="place")
def fixture_place(tmp_path):
    """A folder to run scripts in, and one that comes first in PATH."""
    (tmp_path / "bin").mkdir()
    os.symlink(os.path.join(TREE, "debian"), tmp_path / "debian")
    return tmp_path


def pretend(place, name, script):
    """A program of that name."""
    path = place / "bin" / name
    path.write_text("#!/bin/bash\n" + script, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def bash(place, script):
    """With the functions of ./dev."""
    path = f"{place}/bin:{os.environ['PATH']}"
    return subprocess.run(["bash", "-c", PREAMBLE + script, TREE], cwd=place, check=False,
                          env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8"}, timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)


def test_a_step_may_have_a_long_name(place):
    done = bash(place, 'step "$(printf "%0300d" 7)" echo said')
    assert done.returncode == 0 and done.stdout.startswith("ok "), done
    assert len(os.listdir(place / "build/log")) == 1


def test_a_step_that_fails_shows_why(place):
    done = bash(place, "step one sh -c 'echo because; exit 3' || summary")
    assert "FAILED" in done.stdout and "(status 3; all of it in build/log/one.log)" in done.stdout
    assert "    | because\n0 passed, 1 failed\n" in done.stdout


def test_a_step_may_leave_its_work_out(place):
    done = bash(place, "step one sh -c 'echo SKIPPED it is too old; exit 77'; summary")
    assert done.returncode == 0
    assert done.stdout.split()[0] == "SKIPPED" and "one: it is too old\n" in done.stdout
    assert done.stdout.endswith("0 passed, 0 failed, 1 skipped\n")


def test_a_silent_77_is_a_failure(place):
    assert "0 passed, 1 failed\n" in bash(place, "step one sh -c 'exit 77' || summary").stdout


def test_what_is_missing_is_named_once(place):
    """On a line of its own; and the step, and so its log, is called `packages`."""
    pretend(place, "dpkg-query", "exit 1\n")
    done = bash(place, """
        id() { echo 0; }
        apt_install() { echo "$@"; }
        need one two three""")
    first, second = done.stdout.splitlines()
    assert first == "installing 3 packages: one two three"
    assert second.split()[0] == "ok" and second.endswith(" packages")
    assert (place / "build/log/packages.log").read_text(encoding="utf-8") == "one two three\n"


@pytest.mark.parametrize("has_sudo", [False, True])
def test_who_may_not_install_is_told_a_command_that_works(place, has_sudo):
    pretend(place, "dpkg-query", "exit 1\n")
    pretend(place, "sudo", "exit 1\n")
    done = bash(place, f"""
        id() {{ echo 1000; }}
        command() {{ [ "$2" != sudo ] || {str(has_sudo).lower()}; }}
        need one two three""")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.splitlines()[-1] == (
        "    apt-get update && apt-get install --no-install-recommends one two three")
    assert done.stderr.count("two") == 1
    assert ("sudo refused" in done.stderr) == has_sudo


def test_running_needs_no_test_tools(place):
    build = bash(place, "build_depends").stdout.split()
    check = bash(place, "check_depends").stdout.split()
    assert {"gcc", "libjansson-dev", "gettext", "python3"} <= set(build) < set(check)
    assert {"tmux", "jq", "python3-pytest"} <= set(check) - set(build)
    assert not any(name.startswith("debhelper") for name in check)


@pytest.mark.parametrize(("name", "said", "version", "known"), [
    ("cppcheck", "Cppcheck 2.10", "2.10", True),
    ("cppcheck", "Cppcheck 2.1", "2.1", False),
    ("cppcheck", "Cppcheck 2.17.1", "2.17", True),
    ("clang-format", "Debian clang-format version 19.1.7 (3+b1)", "19", True),
    ("clang-tidy", "Debian LLVM version 21.1.6", "21", False),
    ("lintian", "Lintian v2.122.0", "2.122", True),
    ("shellcheck", "ShellCheck - shell script analysis tool\nversion: 0.9.0\n", "0.9", True),
])
def test_versions_are_known_or_not(place, name, said, version, known):
    pretend(place, name, f"cat <<'END'\n{said}\nEND\n")
    assert bash(place, f"version_here {name}").stdout == version + "\n"
    done = bash(place, f"know {name}; echo checked")
    assert (done.returncode, done.stdout == "checked\n") == ((0, True) if known else (77, False))
    assert known or done.stdout.startswith(f"SKIPPED {name} is version {version}; ")


def test_checks_are_a_line_each(place):
    pretend(place, "look", """
        case $2 in
        bad) echo found; exit 1 ;;
        old) echo SKIPPED too old; exit 77 ;;
        esac""")
    assert bash(place, "run_checks look good").stdout == "ok      good\n"
    left_out = bash(place, "run_checks look old good")
    assert (left_out.returncode, left_out.stdout) == (77, "SKIPPED too old\nok      good\n")
    failed = bash(place, "run_checks look bad old")
    assert (failed.returncode, failed.stdout) == (1, "FAILED  bad\nfound\nSKIPPED too old\n")
