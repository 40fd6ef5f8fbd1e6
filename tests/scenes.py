"""scenes.py - pytest's fixtures for those who try mtchat: a daemon, a room of one's own, a home

    from scenes import one_room, shared_daemon  # what is imported is there: as `room`, `daemon`
"""
import re

import pytest

from daemon import Daemon
from mtchat import run
from seat import Home, address, wait_empty


@pytest.fixture(name="daemon")
def one_daemon():
    with Daemon() as daemon:
        yield daemon


@pytest.fixture(name="daemon", scope="module")
def shared_daemon():
    """For tests that each take a room of their own."""
    with Daemon() as daemon:
        yield daemon


@pytest.fixture(name="room")
def one_room(request, daemon):
    name = re.sub("[^a-z]", "", request.node.name.replace("test", ""))[:20]
    yield name
    wait_empty(daemon, name, name + "-b")


@pytest.fixture(name="home", scope="module")
def one_home():
    with Home() as home:
        yield home


@pytest.fixture(name="call")
def one_call(home):
    """mtchat to its end: (status, stdout, stderr)."""
    def call(where, *arguments, data=b"", **env):
        return run(*([address(where)] if where else []), *arguments, data=data,
                   env={**home.environ, **env})
    return call
