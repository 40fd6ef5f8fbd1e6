"""test_autopkgtest.py - the tests that the source package brings along pass where it is installed

Those that need more than the packages and root: Debian runs them in a machine like this one.
"""
import os

import pytest

from service import TREE, Service


@pytest.mark.parametrize("name", ["service", "talk"])
def test_it_passes(fresh, packages, name):
    fresh.unpack(*packages)
    with open(os.path.join(TREE, "debian/tests", name), encoding="utf-8") as script:
        fresh.write("/var/tmp/test", script.read())
    os.chmod(fresh.path("/var/tmp/test"), 0o755)
    done = fresh.run("/var/tmp/test", check=False)
    assert done.returncode == 0, done.stdout + Service(fresh).status()
    assert done.stderr == "", "autopkgtest takes that for a failure"
