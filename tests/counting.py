"""counting.py - what a daemon does, counted: instructions by callgrind, system calls by strace"""
import collections
import contextlib
import os
import re
import signal
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.realpath(__file__)), "../bench"))

from chatter import PATIENCE
from daemon import Daemon, die_with_parent
from host import CannotMeasure


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode != 0:
        raise CannotMeasure(f"{' '.join(command)}: {(done.stderr or done.stdout).strip()}")


class Callgrind(Daemon):
    """The daemon in callgrind."""

    parts = 0

    def _command(self):
        return ["valgrind", "--quiet", "--tool=callgrind",
                f"--callgrind-out-file={self.path('profile')}",
                f"--vgdb-prefix={self.path('vgdb')}", *super()._command()]

    def instructions(self):
        """Those of each function, without what it calls, since the last time."""
        run("callgrind_control", f"--vgdb-prefix={self.path('vgdb')}", "--dump", str(self.pid))
        self.parts += 1
        return read_profile(self.path(f"profile.{self.parts}"))


def read_profile(path):
    """What each function executed itself.

    callgrind_annotate would not do: it takes what lies below a call that has not returned yet, and
    a handler's loop never does, for the caller's own work.
    """
    names, cost, function, called = {}, collections.Counter(), None, False
    with open(path, encoding="utf-8") as profile:
        for line in profile:
            name = re.match(r"c?fn=(\(\d+\))(?: (.*))?", line)
            if name:
                if name[2]:
                    names[name[1]] = name[2]
                if line.startswith("fn="):
                    function = name[1]
            elif line.startswith("calls="):
                called = True
            elif re.match(r"[-+*\d]", line):
                if not called:
                    cost[function] += int(line.split()[1])
                called = False
    by_name = collections.Counter()
    for key, instructions in cost.items():
        by_name[names[key].split("@@")[0]] += instructions
    if not by_name:
        raise CannotMeasure("callgrind counted nothing")
    return by_name


@contextlib.contextmanager
def traced(pid, report):
    """Writes a report of the process's system calls meanwhile.

    Those of its keeper are not in it: strace follows all threads, but no child from before.
    """
    strace = subprocess.Popen(["strace", "-f", "-c", "-U", "calls,name", "-o", report,
                               "-p", str(pid)], stderr=subprocess.PIPE, text=True,
                              preexec_fn=die_with_parent)
    try:
        told = strace.stderr.readline()
        if "attached" not in told:
            raise CannotMeasure(told.strip() or "strace does not attach")
        yield
        strace.send_signal(signal.SIGINT)
        strace.communicate(timeout=PATIENCE)
    finally:
        strace.kill()
        strace.wait()
        strace.stderr.close()


def read_calls(report):
    """How many of each."""
    with open(report, encoding="utf-8") as file:
        rows = re.findall(r"^\s*(\d+)\s+(\w+)$", file.read(), re.M)
    calls = collections.Counter({name: int(count) for count, name in rows if name != "total"})
    if not calls:
        raise CannotMeasure("strace counted nothing")
    return calls
