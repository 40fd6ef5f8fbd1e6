"""daemon.py - starts $MTCHATD for a test, as a service manager would, and stops it

    with Daemon(max_clients=3) as daemon:
        client = Client(daemon.tcp)

On the way out it is stopped with SIGTERM and must end with status 0; if the test failed, it is
killed and its log printed.
"""
import ctypes
import os
import random
import re
import resource
import signal
import socket
import subprocess
import tempfile
import threading
import time

from chatter import PATIENCE, Client, poll

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
MTCHATD = os.environ.get("MTCHATD", "mtchatd")


def free_port():
    """A port nobody has, below those that outgoing connections take."""
    for port in random.sample(range(12000, 32000), 200):
        with socket.socket(socket.AF_INET6) as probe:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            try:
                probe.bind(("::", port))
                return port
            except OSError:
                continue
    raise AssertionError("no free port")


def setting(value):
    """A Python value as libconfig writes it."""
    if isinstance(value, str):
        return '"%s"' % value.replace("\\", "\\\\").replace('"', '\\"')
    if isinstance(value, (list, tuple)):
        return "[ %s ]" % ", ".join(setting(one) for one in value)
    return str(value)


def die_with_parent():
    """A test run that is killed leaves no process: to be called in the child."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Daemon:
    def __init__(self, tune=None, env=None, preexec=None, stderr=None, wait=True, **settings):
        """Settings by name.  wait=False: do not wait for READY=1 (it is to fail)."""
        self.folder = tempfile.TemporaryDirectory(prefix="mtchat-")
        self.settings = {"port": free_port(), "listen": ["127.0.0.1"],
                         "socket": self.path("socket")}
        self.settings.update(settings)
        self.config = self.path("mtchatd.conf")
        self.write_config()
        self.messages, self.lines, self.heard = [], [], threading.Condition()
        self.listening, self.told = True, False
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.path("notify"))
        # Most tests give commands faster than people: only those of that limit have it.
        self.tune, self.env = {"commands_rate": 0, **(tune or {})}, env or {}
        self._threads = []
        self._start(preexec, stderr)
        if wait:
            try:
                self.wait_message("READY=1")
            except AssertionError:
                self.discard()
                raise

    def _start(self, preexec, stderr):
        self.process = self._spawn(preexec, stderr)
        self._run_thread(self._hear)
        if stderr is None:
            self._run_thread(self._read_log, self.process.stderr)

    def _run_thread(self, target, *args):
        self._threads.append(threading.Thread(target=target, args=args, daemon=True))
        self._threads[-1].start()

    def _command(self):
        argv = [MTCHATD, "--config", self.config]
        for name, value in self.tune.items():
            argv += ["--tune", f"{name}={value}"]
        return argv

    def _environ(self):
        environ = {key: value for key, value in os.environ.items() if key not in (
            "RUNTIME_DIRECTORY", "JOURNAL_STREAM", "WATCHDOG_USEC", "WATCHDOG_PID",
            "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "FDSTORE")}
        environ.update(self.env, NOTIFY_SOCKET=self.path("notify"))
        return environ

    def _spawn(self, preexec, stderr):
        def prepare():
            die_with_parent()
            if preexec:
                preexec()
        return subprocess.Popen(self._command(), env=self._environ(), preexec_fn=prepare,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE if stderr is None else stderr)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    @property
    def pid(self):
        return self.process.pid

    @property
    def tcp(self):
        return self.settings["listen"][0], self.settings["port"]

    @property
    def unix(self):
        return self.settings["socket"]

    def client(self, **options):
        """A client that is in the room."""
        return Client(self.tcp, **options).enter()

    def write_config(self):
        lines = [f"{name} = {setting(value)};\n" for name, value in self.settings.items()
                 if value is not None]
        with open(self.config, "w", encoding="utf-8") as file:
            file.writelines(lines)

    # What it tells its service manager and its log

    def _hear(self):
        self.notify.settimeout(0.05)
        while self.listening:
            try:
                data = self.notify.recv(8192).decode()
            except TimeoutError:
                continue
            except OSError:
                return
            self._note(data)

    def _note(self, data):
        with self.heard:
            self.messages.append((time.monotonic(), data.splitlines()))
            self.heard.notify_all()

    def stop_hearing(self):
        """From now on nobody reads $NOTIFY_SOCKET."""
        self.listening = False
        self._threads[0].join()

    def _read_log(self, stream):
        for line in stream:
            with self.heard:
                self.lines.append(line.decode(errors="replace").rstrip("\n"))
                self.heard.notify_all()

    def _ended(self):
        return self.process.poll() is not None

    def _wait(self, find, what, seconds):
        with self.heard:
            end, ended = time.monotonic() + seconds, False
            while True:
                found = find()
                if found is not None:
                    return found
                if not ended and self._ended():
                    end, ended = min(end, time.monotonic() + 1), True  # nothing new will come
                left = end - time.monotonic()
                assert left > 0, (
                    f"no {what} within {seconds} s; status {self.process.poll()}; "
                    f"log: {self.lines[-20:]}")
                self.heard.wait(min(left, 0.1))

    def wait_message(self, pattern, after=0, seconds=PATIENCE):
        """The first message, from number `after` on, with a line that matches: its lines."""
        wanted = re.compile(pattern)

        def find():
            for _, message in self.messages[after:]:
                if any(wanted.fullmatch(line) for line in message):
                    return message
            return None
        return self._wait(find, f"message {pattern}", seconds)

    def wait_log(self, pattern, after=0, seconds=PATIENCE):
        """The first line of the log, from number `after` on, that contains the pattern."""
        wanted = re.compile(pattern)

        def find():
            return next((line for line in self.lines[after:] if wanted.search(line)), None)
        return self._wait(find, f"log line {pattern}", seconds)

    def reload(self, **settings):
        """Change settings (None: take it out), SIGHUP, wait for READY=1; the log since then."""
        self.settings.update(settings)
        self.write_config()
        return self.hang_up()

    def hang_up(self):
        told, logged = len(self.messages), len(self.lines)
        os.kill(self.pid, signal.SIGHUP)
        self.wait_message("RELOADING=1", told)
        self.wait_message("READY=1", told)
        return logged

    # What the kernel knows about it

    def proc(self, name):
        with open(f"/proc/{self.pid}/{name}", encoding="utf-8") as file:
            return file.read()

    def rss(self):
        """Resident bytes, shared ones among them."""
        return int(re.search(r"VmRSS:\s+(\d+) kB", self.proc("status")).group(1)) << 10

    def cpu(self):
        """Seconds of CPU time used so far."""
        fields = self.proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def fds(self):
        return sorted(int(name) for name in os.listdir(f"/proc/{self.pid}/fd"))

    def wait_fds(self, count):
        poll(lambda: len(self.fds()) <= count, f"only {count} descriptors open")

    def threads(self):
        """Thread ids by name; the main one is "acceptor" whatever it calls itself."""
        names = {}
        for tid in os.listdir(f"/proc/{self.pid}/task"):
            name = self.proc(f"task/{tid}/comm").strip()
            names["acceptor" if int(tid) == self.pid else name] = int(tid)
        return names

    def limit_fds(self, count):
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (count, count))

    # The end

    def terminate(self):
        os.kill(self.pid, signal.SIGTERM)

    def exit_status(self, seconds=PATIENCE):
        status = self.process.wait(seconds)
        if len(self._threads) > 1:
            self._threads[1].join(PATIENCE)
        return status

    def stop(self):
        """SIGTERM; it must end with status 0, as it must where it stopped before."""
        if self.process.poll() is None:
            self.terminate()
        status = self.exit_status()
        assert status == 0, f"exit status {status}; log: {self.lines[-40:]}"
        self._tidy()

    def kill(self):
        self.discard()

    def discard(self):
        """Whatever state it is in: nothing of it is left."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._tidy()

    def _tidy(self):
        if not self.told:  # pytest shows it if the test failed
            self.told = True
            print("log:", *self.lines[-60:], sep="\n  ")
            print("messages:", *(message for _, message in self.messages[-10:]), sep="\n  ")
        self.listening = False
        for thread in self._threads:
            thread.join(PATIENCE)
        self.notify.close()
        self._close_log()
        self.folder.cleanup()

    def _close_log(self):
        if self.process.stderr:
            self.process.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *exc):
        if kind is None:
            try:
                self.stop()
            finally:
                self.discard()
            return
        print("status before the kill:", self.process.poll())
        self.discard()


def refused(**options):
    """Start one that cannot start: (status, seconds it took, its log)."""
    begin = time.monotonic()
    daemon = Daemon(wait=False, **options)
    try:
        status = daemon.exit_status()
        took = time.monotonic() - begin
        assert not any("READY=1" in message for _, message in daemon.messages)
        return status, took, list(daemon.lines)
    finally:
        daemon.kill()
