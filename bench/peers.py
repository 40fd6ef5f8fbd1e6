"""peers.py - mtchatd, its floor and its peers under the load of bench/fanload, one after the other

Each measurement has a fresh server.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import time

from figures import CROWD, FLOORS, IDLE, OURS, SENDERS, Case
from host import CannotMeasure
from servers import KINDS, PEERS, TWO_THREADS, Programs, Server, confined

TREE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
UNPACKED = os.path.join(TREE, "build/peers")  # where ./dev bench has peers unpacked
PACKAGES = {kind.name: kind.package for kind in PEERS.values()}  # of Debian, for each peer
TWO_THREAD_WORKS = ("w1", "w2")
ECHOES = ((1, 1), (50, 1), (50, 64))  # connections, lines that each has under way
NO_END = 1_000_000_000  # lines: the time is the limit
LIMIT_S = 400           # of one run of the load; it has an alarm of its own
RATE = 50               # lines a second of w2
W2_S, W3_S, W4_S, W5_S, SYS_S = 6, 60, 8, 3, 20
QUICK_W2_S, QUICK_W4_S = 2, 4
SILENCE_MS = 12_000     # so long nobody hears anything: then the rest is lost, even on a busy machine
WARM_DELIVERIES, WARM_ECHOES, SYS_LINES = 5_000, 2_000, 3_000
COUNTER_S = 0.5         # that a counter takes to attach


def load_of(case, secs, quick):
    """The load's options for a case."""
    crowd = {"receivers": case.receivers}
    if case.senders:
        crowd["senders"] = case.senders
    if case.work == "w1":
        return {**crowd, "work": "fanout", "window": case.window, "lines": NO_END, "secs": secs,
                "warm": max(case.senders * case.window, WARM_DELIVERIES // case.receivers)}
    if case.work == "w2":
        return {**crowd, "work": "latency", "rate": RATE, "secs": QUICK_W2_S if quick else W2_S}
    if case.work == "w3":
        return {**crowd, "work": "idle", "secs": W3_S}
    if case.work == "w4":
        return {**crowd, "work": "stuck", "window": case.window, "lines": NO_END, "warm": 0,
                "secs": QUICK_W4_S if quick else W4_S}
    if case.work == "w5":
        return {"receivers": case.receivers, "work": "churn", "coming": case.senders,
                "lines": NO_END, "secs": W5_S}
    if case.work == "w6":
        return {"receivers": case.receivers, "work": "echo", "window": case.window,
                "lines": NO_END, "warm": WARM_ECHOES, "secs": secs}
    return {**crowd, "work": "fanout", "window": case.window, "lines": SYS_LINES, "warm": 0,
            "secs": SYS_S}


class Counter:
    """Counts a server's system calls: perf if it may, else strace; if there is neither, nobody."""

    def __init__(self, pid, path):
        self.path, self.name, self.process = path, None, None
        if shutil.which("perf") and os.path.isdir("/sys/kernel/tracing/events/raw_syscalls"):
            self.name, command = "perf", ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter"]
        elif shutil.which("strace"):
            self.name, command = "strace", ["strace", "-f", "-c"]
        if self.name:
            self.process = subprocess.Popen([*command, "-p", str(pid), "-o", path],
                                            stderr=subprocess.DEVNULL)
            time.sleep(COUNTER_S)

    def figures(self):
        """Ends it."""
        self.stop(signal.SIGINT)
        if not self.name:
            return {}
        with open(self.path) as report:
            text = report.read()
        found = re.search(r"^(\d+),.*raw_syscalls" if self.name == "perf" else
                          r"^\s*100\.00\s+\S+\s+(?:\S+\s+)?(\d+)\s.*total", text, re.M)
        return {"counter": self.name, "syscalls": int(found.group(1)) if found else None}

    def stop(self, number=signal.SIGKILL):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait()


def ticks():
    """Those that the hypervisor took away, and all."""
    with open("/proc/stat") as stat:
        spent = [int(word) for word in stat.readline().split()[1:9]]
    return spent[7], sum(spent)


class Peers:
    """Measures one case after the other."""

    def __init__(self, mtchatd, secs, pin, quick=False):
        loads = os.path.join(os.path.dirname(mtchatd), "bench")
        self.fanload = os.path.join(loads, "fanload")
        built = {"mtchatd": mtchatd, "floorsrv": os.path.join(loads, "floorsrv")}
        for program in (self.fanload, *built.values()):
            if not os.access(program, os.X_OK):
                raise CannotMeasure(f"there is no program {program}; ./dev bench builds it")
        self.programs = Programs(built, UNPACKED)
        self.secs, self.pin, self.quick = secs, pin, quick
        cores = sorted(os.sched_getaffinity(0))
        self.cores = cores[:2] if pin == "split" else (None, None)

    def measure(self, case, peers):
        """One round of the case: mtchatd, its floor and the peers one after the other."""
        names = [f"{OURS}-echo" if case.work == "w6" else OURS]
        names += [FLOORS[case.work]] if case.work in FLOORS else []
        names += [name for name in peers if case.work != "w6" or KINDS[name].protocol == "redis"]
        if "redis" in peers and self.pin == "none" and case.work in TWO_THREAD_WORKS:
            names.append(TWO_THREADS)
        for name in names:
            yield {"peer": OURS if name.startswith(OURS) else name, "case": case,
                   **self._run(KINDS[name], case)}

    def _run(self, kind, case):
        try:
            server = Server(kind, self.programs, self.cores[0], case.work == "w4")
        except (CannotMeasure, OSError) as reason:
            return {"error": str(reason)}
        counter, result, before = None, {}, ticks()
        try:
            if case.work == "sys":
                counter = Counter(server.process.pid, os.path.join(server.folder, "calls"))
            result = self._load(kind, server, case)
            if counter:
                result.update(counter.figures())
        finally:
            if counter:
                counter.stop()
            ended = server.stop()
        stolen, all_of_them = (after - then for after, then in zip(ticks(), before))
        result["steal_pct"] = 100 * stolen / max(1, all_of_them)
        if ended is not None:
            result["server_exit"] = ended
        return result

    def _load(self, kind, server, case):
        options = {"stall-ms": SILENCE_MS, "coming": kind.coming,
                   **load_of(case, self.secs, self.quick), "proto": kind.protocol,
                   "port": server.port, "pid": server.process.pid}
        words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
        try:
            done = subprocess.run([self.fanload, *words], capture_output=True, text=True,
                                  timeout=LIMIT_S, preexec_fn=confined(self.cores[1]))
            if done.returncode == 0:
                return json.loads(done.stdout)
        except (subprocess.TimeoutExpired, json.JSONDecodeError) as reason:
            return {"error": f"fanload: {reason}"}
        said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        return {"error": said[-1].removeprefix("fanload: ")}


def installed(peers):
    """Those of them that are here."""
    programs = Programs({}, UNPACKED)
    return [name for name in peers if programs.find(PEERS[name].program)]


def cases(works, receivers, windows):
    """What one round consists of."""
    for work in works:
        if work == "w1":
            yield from (Case(work, count, SENDERS, window)
                        for count in receivers for window in windows)
            if CROWD in receivers and 1 in windows:
                yield Case(work, CROWD, CROWD, 1)
        elif work == "w2":
            yield from (Case(work, count, SENDERS, 0) for count in receivers)
        elif work == "sys":
            yield from (Case(work, CROWD, SENDERS, window) for window in windows)
        elif work == "w6":
            yield from (Case(work, count, count, depth) for count, depth in ECHOES)
        else:
            yield {"w3": Case(work, IDLE, 0, 0), "w4": Case(work, CROWD, SENDERS, 64),
                   "w5": Case(work, CROWD, 8, 1)}[work]
