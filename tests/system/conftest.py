"""conftest.py - machines for the system tests, with the packages that ./dev deb has built"""
import glob
import os
import shutil
import signal

import pytest

from machine import Machine, obstacle
from service import TREE, Service

# `timeout` and ^C alike: the machines are stopped on the way out.
signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """The packages' files, of mtchatd and of mtchat: copies, a build may begin any time."""
    folder = os.environ.get("MTCHAT_DEBS", os.path.join(TREE, "build"))
    found = []
    for name in "mtchatd", "mtchat":
        files = glob.glob(os.path.join(folder, name + "_*.deb"))
        assert len(files) == 1, f"{len(files)} packages {name} in {folder}: run ./dev deb"
        found.append(shutil.copy(files[0], tmp_path_factory.mktemp(name)))
    return found


def boot():
    why_not = obstacle()
    if why_not:
        pytest.skip("no machine: " + why_not)
    return Machine()


@pytest.fixture(scope="session")
def installed(packages):
    """A machine with both packages, for all tests that change settings only."""
    with boot() as machine:
        machine.unpack(*packages)
        yield machine


@pytest.fixture
def service(installed):
    """The service as the package has set it up, whatever the test before has changed."""
    service = Service(installed)
    service.tidy()
    yield service
    print(service.journal("-o", "short-monotonic")[-6000:])  # pytest shows it if a test failed


@pytest.fixture
def fresh():
    """A machine that has never had the packages, for one test."""
    with boot() as machine:
        yield machine
