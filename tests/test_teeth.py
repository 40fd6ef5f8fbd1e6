"""test_teeth.py - kills at work are survived; and if they were not, it would show"""
import functools
import os
import random
import subprocess
import sys

import pytest

from chaos import Crowd
from chatter import Client
from manager import Service
from test_crash_points import CRASHING

KILLER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "killer.py")
AT_WORK = 16   # kills; one of four finds a call that is made and not recorded
POINTS = ["RECEIVED:50", "SENT_LINES:50"]  # and these do for certain, with a kill before each


def strike_at_work(service, crowd):
    """By another process: between two turns of the crowd the daemon would have nothing to do."""
    following = service.lives + 1
    crowd.run(random.uniform(0.02, 0.1))
    with subprocess.Popen([sys.executable, "-I", "-S", KILLER, str(service.pid)]) as killer:
        crowd.run(until=lambda: killer.poll() is not None)
    crowd.mark()
    crowd.run(until=lambda: service.ready_life >= following)


def strike_at(point, service, crowd):
    service.next_env = {"MTCHATD_CRASH": point}
    dying = service.kill(wait=False)
    crowd.run(until=lambda: service.lives > dying)
    crowd.mark()
    crowd.run(until=lambda: service.ready_life > dying)


def strikes():
    yield from [strike_at_work] * AT_WORK
    for point in POINTS:
        yield functools.partial(strike_at, point)


@pytest.mark.parametrize("reconcile", [1, 0])
def test_twenty_kills_at_work_are_survived_by_reconciliation_alone(reconcile):
    with Service(command=[CRASHING], rate_lines=0, tune={"reconcile": reconcile}) as service, \
            Crowd(lambda: Client(service.tcp).sock, window=2) as crowd:
        crowd.add(60)
        crowd.add(20, talks=True)
        crowd.gather()
        for strike in strikes():
            strike(service, crowd)
            if crowd.verdict.faults():
                break
        verdict = crowd.finish() if reconcile else crowd.finish(seconds=2)
        if reconcile:
            verdict.check()
            assert service.lives == 21 and verdict.lines > 100
        else:
            assert verdict.faults(), "nobody needs the reconciliation?"
