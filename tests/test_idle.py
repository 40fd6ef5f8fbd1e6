"""test_idle.py - what a client costs that does nothing: memory, by the kernel's own count"""
import re
import shutil
from pathlib import Path

import pytest

from chatter import Client, catch_up, gather
from daemon import MTCHATD, Daemon

CLIENTS = 2000
MOST = 210  # bytes: slot, client and place in a list take 196, the rest is the pages' granularity


def is_sanitized():
    program = Path(shutil.which(MTCHATD) or "/dev/null").read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


def resident(daemon):
    """Exact: VmRSS lags behind by some pages for each CPU."""
    return int(re.search(r"^Rss:\s+(\d+) kB", daemon.proc("smaps_rollup"), re.M).group(1)) << 10


def crowd(where, awake):
    """Clients that are in the room and have said nothing; the last of them one line."""
    idle = [Client(where) for _ in range(CLIENTS)]
    idle[-1].enter()  # so all are dealt out, since they are accepted in turn
    for _ in range(2):  # a handler that has flushed twice has taken in who was dealt to it
        catch_up(awake)
    catch_up(awake + idle)
    return idle


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer has memory of its own for each byte")
@pytest.mark.parametrize("road", ["tcp", "unix"])
def test_what_an_idle_client_costs(road):
    with Daemon(tune={"split_members": 1}, handlers=2, max_clients=CLIENTS + 100,
                log_level="warning") as daemon:
        where = getattr(daemon, road)
        awake = gather(where, 50)
        before = resident(daemon)
        idle = crowd(where, awake)
        cost = (resident(daemon) - before) / CLIENTS
        for client in awake + idle:
            client.close()
    assert 128 < cost <= MOST
