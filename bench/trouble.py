"""trouble.py - what bench/chaos does to the service: kills, and what an administrator does

Both go on while the crowd talks, and are asked between its turns what there is to tell.
"""
import collections
import contextlib
import itertools
import multiprocessing
import os
import random
import signal
import subprocess
import time

from chatter import poll
from daemon import die_with_parent
from killer import wait_busy

SIGNALS = [signal.SIGKILL] * 18 + [signal.SIGSEGV, signal.SIGABRT]
STALLED_S = 30     # without a process to kill: it does not come back
LOOK_S = 0.001     # between two looks for it
AT_WORK = 0.5      # so many of the kills wait for the process to do something


class Killer:
    """Finds each new process of the service, and ends it when its time has come: at any moment, or
    at the next one from then on that finds it at work.

    A process of its own: between two turns of the crowd the server would mostly have nothing to do.
    It is made before the crowd is there, or it would keep the connections of those who leave.
    """

    def __init__(self, machine, options):
        self.random, self.life, self.left = random.Random(options.seed), options.life, options.kills
        self.procs = machine.path("/sys/fs/cgroup/system.slice/mtchatd.service/cgroup.procs")
        self.at_work = 1 if options.teeth else AT_WORK
        self.ours, self.theirs = multiprocessing.Pipe()
        self.kills, self.unborn = collections.Counter(), 0
        self.process = multiprocessing.Process(target=self._work, daemon=True)
        self.process.start()
        self.theirs.close()

    def begin(self):
        self.ours.send("go")

    def news(self):
        """Of each kill since the last call."""
        while self.ours.poll():
            try:
                name, starting = self.ours.recv()
            except EOFError:
                self.process.join()
                assert self.process.exitcode == 0, "the service does not come back"
                return
            self.kills[name] += 1
            self.unborn += starting
            yield name

    def stop(self):
        self.process.kill()
        self.process.join()

    def _work(self):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent()
        self.ours.close()
        self.theirs.recv()
        last = None
        while self.left:
            last = poll(lambda had=last: self._find(had), "a process", STALLED_S, LOOK_S)
            pidfd = os.pidfd_open(last)
            time.sleep(self.random.uniform(*self.life) / 1000)
            if self.random.random() < self.at_work:
                wait_busy(last)
            number = self.random.choice(SIGNALS)
            starting = comm(last) == "(mtchatd)"  # systemd, which makes the sandbox
            with contextlib.suppress(ProcessLookupError):  # a restart was faster
                signal.pidfd_send_signal(pidfd, number)
                self.theirs.send((number.name, starting))
                self.left -= 1
            os.close(pidfd)

    def _find(self, last):
        """The next one, as we call it; between two lives there is none, or not even a cgroup."""
        with contextlib.suppress(OSError):
            with open(self.procs, encoding="ascii") as procs:
                for pid in map(int, procs):
                    if pid != last and comm(pid) in ("mtchatd", "(mtchatd)"):
                        return pid
        return None


def comm(pid):
    """The name of a process; nothing if it is gone."""
    with contextlib.suppress(OSError):
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    return ""


class Jobs:
    """What an administrator does meanwhile: one thing at a time, not waited for."""

    def __init__(self, machine, crowd, options, packages):
        self.machine, self.crowd = machine, crowd
        self.packages = itertools.cycle(packages)
        self.counts, self.failed = collections.Counter(), []
        self.running, self.name = None, ""
        self.plan = collections.defaultdict(list)  # by the number of kills before
        for name, count in (("restart", options.restarts), ("upgrade", options.upgrades),
                            ("reexec", options.reexecs)):
            for i in range(count):
                self.plan[options.kills * (2 * i + 1) // (2 * count)].append(name)
        self.waiting = []

    def turn(self, kills):
        """kills: so many by now, each number once; None: no news."""
        self.waiting += self.plan.pop(kills, [])
        if self.running and self.running.poll() is not None:
            self._end()
        if self.waiting and not self.running:
            self._begin(self.waiting.pop(0))

    def _begin(self, name):
        argv = {"restart": ("systemctl", "restart", "mtchatd"),
                "reexec": ("systemctl", "daemon-reexec")}.get(name)
        if name == "upgrade":
            argv = ("dpkg", "--install", next(self.packages))
        if name != "reexec":
            self.crowd.mark(crash=False)
        self.counts[name] += 1
        self.name, self.running = name, subprocess.Popen(
            self.machine.command(*argv), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)

    def _end(self):
        said, running, self.running = self.running.stderr.read(), self.running, None
        running.stderr.close()
        # A restart whose process is killed before it was ready fails, and goes on all the same.
        if running.returncode and self.name != "restart":
            self.failed.append(f"{self.name}: status {running.returncode}: {said}")

    def finish(self):
        """What was begun, and what is waiting."""
        self.crowd.run(90, until=lambda: self.turn(None) or not (self.running or self.waiting))

    def stop(self):
        if self.running:
            self.running.kill()
            self.running.wait()
