"""killer.py - ends a daemon in the middle of its work

    killer.py PID   # by SIGKILL, as soon as one of its handlers runs; else a moment later

Whoever kills at any time meets a daemon that waits for news, nine times of ten.  One that runs is
in a recv() or a send() mostly, and the call is made, but not recorded.
"""
import contextlib
import os
import signal
import sys
import time

MOMENT_S = 0.03


def handlers(pid):
    """The stat files of its handlers; none yet, or none left."""
    found = []
    with contextlib.suppress(OSError):
        for tid in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{tid}/comm", encoding="utf-8") as comm:
                if comm.read().startswith("handler/"):
                    found.append(f"/proc/{pid}/task/{tid}/stat")
    return found


def runs(stat):
    with contextlib.suppress(OSError):
        with open(stat, "rb") as file:
            return file.read().rpartition(b") ")[2].startswith(b"R")
    return False


def wait_busy(pid, seconds=MOMENT_S):
    """Until a handler runs; not longer than that."""
    end, stats = time.monotonic() + seconds, handlers(pid)
    while time.monotonic() < end:
        if any(map(runs, stats)):
            return


if __name__ == "__main__":
    wait_busy(int(sys.argv[1]))
    with contextlib.suppress(ProcessLookupError):
        os.kill(int(sys.argv[1]), signal.SIGKILL)
