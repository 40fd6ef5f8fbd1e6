"""test_model.py - random clients against a model: no byte differs

    MTCHAT_MODEL=60 MTCHAT_SEED=7 /usr/bin/python3 -m pytest -s tests/test_model.py

MTCHAT_MODEL is how many seconds each test takes; MTCHAT_SEED makes the clients do the same again,
as far as that is in their hands.
"""
import os
import random

import pytest

import braid
import wanderers
from braid import Braid
from daemon import Daemon
from manager import Service
from puppet import FAULTS, Puppet
from wanderers import SETTINGS, Walk, Wanderer

SECONDS = float(os.environ.get("MTCHAT_MODEL", "3"))
SEED = int(os.environ.get("MTCHAT_SEED") or random.SystemRandom().randrange(10**6))
SMALL = {"room_log_kib": 256, "slow_grace_ms": 20}


def go(kind, service, seconds=SECONDS, seed=SEED, **options):
    """What kind of crowd; it is told what came of it."""
    crowd = kind(service, seed, **options)
    try:
        crowd.run(seconds)
        crowd.finish()
    finally:
        print(f"MTCHAT_SEED={seed}: {crowd}")
    return crowd


@pytest.mark.parametrize("kills", [False, True], ids=["calm", "kills"])
def test_one_after_the_other(kills):
    with Service(**SETTINGS) as service:
        walk = go(Walk, service, kills=kills)
    assert walk.steps > 100 and bool(walk.killed) == kills


@pytest.mark.parametrize("kills", [False, True], ids=["calm", "kills"])
@pytest.mark.parametrize("handlers", [1, 3])
def test_all_at_once(handlers, kills):
    with Service(**SETTINGS | {"handlers": handlers}) as service:
        crowd = go(Braid, service, kills=kills)
    assert crowd.lines > 100 and bool(crowd.killed) == kills


def come(walk, where, first):
    """One that may miss lines; in the room when its first line is answered."""
    one = Wanderer(where, walk.model, "passer-by", may_skip=True)
    one.send(first)
    one.settle()
    return one


def test_those_who_miss_lines_are_told_which():
    """They read nothing until more was said than the log and the kernel hold."""
    with Daemon(**SETTINGS | SMALL) as daemon:
        walk = Walk(daemon, SEED)
        stuck = [come(walk, daemon.unix, first) for first in (b"/ping", b"/json", b"/json")]
        talkers = [come(walk, daemon.tcp, first)
                   for first in (b"hi", b"/name alice", b"/json", b"/name bob")]
        for number in range(600):
            one = walk.rng.choice(talkers)
            one.send(walk.phrases.tag() + b"." * walk.rng.randrange(4000))
            one.settle()
            if number % 20 == 0:
                talkers[1].send(b"/name n%d" % number)
                talkers[1].settle()
        for one in [*stuck, *talkers, walk.watcher]:
            one.settle()
        assert all(one.skipped for one in stuck), [one.skipped for one in stuck]
        for one in [*stuck, *talkers, walk.watcher]:
            one.client.close()


# Do these tests find anything?

@pytest.mark.parametrize("kind", [Walk, Braid])
def test_the_model_agrees_with_itself(kind):
    with Puppet() as puppet:
        go(kind, puppet, 1)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", [Walk, Braid])
def test_it_finds(kind, fault, monkeypatch):
    for module in (wanderers, braid):
        monkeypatch.setattr(module, "PATIENCE", 1)
    with Puppet(fault) as puppet:
        with pytest.raises(AssertionError):
            go(kind, puppet, 60, 1)
        assert puppet.fault is None, "it did nothing wrong"
