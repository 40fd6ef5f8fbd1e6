"""test_clock.py - the wall clock tells when something was said, and is used for nothing else

The clock is set by libfaketime, which reads it from a file: CLOCK_REALTIME alone.
"""
import glob
import os
import pathlib
import re
import time

import pytest

from daemon import Daemon
from jsonl import Json, number, seconds
from test_idle import is_sanitized

SOURCE = pathlib.Path(__file__).resolve().parent.parent / "src"
FAKETIME = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
HOUR = 3600


class Clock:
    """What the clock of a daemon shows, in seconds beside the true one."""

    def __init__(self, folder):
        self.path = folder / "clock"
        self.set(0)

    def set(self, offset):
        new = self.path.with_suffix(".new")
        new.write_text(f"{offset:+g}\n")
        new.rename(self.path)

    def environ(self):
        return {"LD_PRELOAD": FAKETIME[0], "FAKETIME_TIMESTAMP_FILE": str(self.path),
                "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@pytest.fixture(name="clock")
def fixture_clock(tmp_path):
    if not FAKETIME or is_sanitized():  # a sanitizer must be the first library
        pytest.skip("no libfaketime for this build")
    return Clock(tmp_path)


def say(client, text):
    """It says a line: when that was by the line's own word, and its number."""
    client.send(text + b"\n")
    while (event := client.event()).get("text") != text.decode():
        pass
    return seconds(event), number(event)


@pytest.mark.parametrize("handlers", [1, 2])
def test_a_clock_that_is_set_back_is_followed(clock, handlers):
    with Daemon(env=clock.environ(), handlers=handlers) as daemon, Json(daemon.tcp) as client:
        before, first = say(client, b"before")
        for step, (offset, text) in enumerate(((-9 * HOUR, b"back"), (-10 * HOUR, b"again"),
                                               (0, b"forward")), 1):
            clock.set(offset)
            client.track.said = 0  # it would not have it that times go back
            told, at = say(client, text)
            assert abs(told - (time.time() + offset)) < 60, text
            assert at == first + step, "ids keep the order"
        assert told >= before


def test_a_small_step_back_is_waited_for(clock):
    """As small as what two handlers' clocks may differ by: no time of a room goes back for that."""
    clock.set(-60)
    with Daemon(env=clock.environ()) as daemon, Json(daemon.tcp) as client:
        before, _ = say(client, b"before")
        clock.set(-60.5)
        after, _ = say(client, b"after")  # by the rules of jsonl.py
        assert after >= before


def test_the_wall_clock_is_for_telling_the_time_only():
    """Who else needs it?  A duration is of clock_ms() or, if it may outlive us, clock_boot_us()."""
    used = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.c")
            if re.search(r"clock_real_us|CLOCK_REALTIME|\btime\(NULL|gettimeofday",
                         path.read_text(encoding="utf-8"))}
    assert used == {"mtchatd/turn.c", "mtchat/conversation.c"}
