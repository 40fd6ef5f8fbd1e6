"""peers.py - mtchatd and its peers under the load of peerbench: builds it, and runs its run-peers

peerbench is a collection of chat benchmarks that stands beside this tree.  Each measurement has a
fresh server.  Everything lies in a temporary folder, the servers' data too.
"""
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys

from figures import CROWD, FLOORS, IDLE, OURS, SENDERS, Case

TREE = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
PEERBENCH = os.environ.get("PEERBENCH", os.path.join(TREE, "..", "shared", "peerbench"))
PACKAGES = {"redis": "redis-server", "nats": "nats-server", "ngircd": "ngircd",
            "inspircd": "inspircd", "mosquitto": "mosquitto"}  # of Debian, for each peer
SERVERS = ":/usr/local/sbin:/usr/sbin:/sbin"  # where they are, and not in everybody's PATH
TWO_THREADS = "redis-io2"  # redis with two threads: run-peers has it only where both cores may
START = """# MODE PORT FOLDER: becomes a fresh mtchatd
cat >"$3/mtchatd.conf" <<END
port = $2;
listen = ["127.0.0.1"];
socket = "";
mode = "$1";
max_clients = 19000;
log_level = "warning";
END
exec {mtchatd} --config "$3/mtchatd.conf"
"""


class CannotMeasure(Exception):
    pass


class Peerbench:
    """A copy of peerbench that is built, and the peers that it finds here."""

    def __init__(self, folder, mtchatd, secs, pin):
        self.folder = os.path.join(folder, "peerbench")
        self.secs, self.pin = secs, pin
        self.environment = {key: value for key, value in os.environ.items()
                            if key not in ("NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID")}
        self.environment["PATH"] = os.environ.get("PATH", os.defpath) + SERVERS
        self._build()
        start = os.path.join(folder, "start")
        with open(start, "w") as script:
            script.write(START.format(mtchatd=shlex.quote(mtchatd)))
        self.start = f"sh {shlex.quote(start)}"

    def _build(self):
        if not os.path.exists(os.path.join(PEERBENCH, "run-peers")):
            raise CannotMeasure(f"there is no run-peers in {PEERBENCH}; "
                                "say with PEERBENCH=FOLDER where peerbench is")
        os.mkdir(self.folder)
        for name in os.listdir(PEERBENCH):  # only the bytes: the original may be read-only
            source = os.path.join(PEERBENCH, name)
            if os.path.isfile(source):
                shutil.copyfile(source, os.path.join(self.folder, name))
        try:
            done = subprocess.run(["make", "-C", self.folder, "all"], capture_output=True,
                                  text=True)
        except FileNotFoundError as reason:
            raise CannotMeasure("there is no make, to build peerbench with") from reason
        if done.returncode != 0:
            raise CannotMeasure(f"peerbench does not compile:\n{done.stdout}{done.stderr}")

    def _run_peers(self, *arguments):
        """Runs it to its end, and returns what it prints.  If we have to go, it goes first."""
        process = subprocess.Popen(
            [sys.executable, os.path.join(self.folder, "run-peers"), *map(str, arguments)],
            env=self.environment, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        try:
            output, errors = process.communicate()
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)  # it then stops the server that it has started
                process.wait()
        if process.returncode != 0:
            reason = (errors.strip().splitlines() or [f"status {process.returncode}"])[-1]
            raise CannotMeasure(f"run-peers: {reason}")
        return output

    def installed(self):
        """The peers that are here, by name."""
        names = [line.split()[0] for line in self._run_peers("--list").splitlines()]
        return [name for name in PACKAGES if name in names]

    def measure(self, case, peers):
        """One round of the case: mtchatd, its floor and the peers one after the other."""
        names = [OURS, *peers, FLOORS.get(case.work, OURS)]
        if "redis" in peers and self.pin == "none":
            names.append(TWO_THREADS)
        report = os.path.join(self.folder, "report.json")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(report)
        self._run_peers(
            "--mtchatd", f"{self.start} broadcast {{port}} {{dir}}",
            "--mtchatd-echo", f"{self.start} echo {{port}} {{dir}}",
            "--work", case.work, "--peers", ",".join(names), "--rounds", 1, "--secs", self.secs,
            "--pin", self.pin, "--receivers", case.receivers, "--lat-receivers", case.receivers,
            "--stuck-receivers", case.receivers, "--idle", case.receivers,
            "--senders", case.senders or SENDERS, "--windows", case.window or 1, "--json", report)
        with open(report) as text:
            results = json.load(text)
        for result in results:
            result["case"] = echo_case(result["title"]) if case.work == "w6" else case
            if result["peer"].startswith(OURS):
                result["peer"] = OURS
        return results


def echo_case(title):
    """W6 is three cases in one go; only the title tells which."""
    found = re.search(r"(\d+) connections, depth (\d+)", title)
    if not found:
        raise CannotMeasure(f"run-peers has a work that is not known here: {title}")
    connections, depth = map(int, found.groups())
    return Case("w6", connections, connections, depth)


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
        else:
            yield {"w3": Case(work, IDLE, 0, 0), "w4": Case(work, CROWD, SENDERS, 64),
                   "w5": Case(work, CROWD, 8, 1), "w6": Case(work, 50, 50, 64)}[work]
