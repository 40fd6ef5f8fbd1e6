"""servers.py - mtchatd, its floor and its peers: how each is started for one measurement

All listen on 127.0.0.1, have raised limits, no flood control, and keep nothing on disk.  Only where
a client is stuck do the peers have their own limits for slow ones.  A peer is looked for in PATH,
and in the folder that bench/unpack has filled.
"""
import contextlib
import glob
import itertools
import os
import resource
import shutil
import socket
import subprocess
import tempfile
import time
from typing import Callable, NamedTuple

from figures import OURS
from host import CannotMeasure

DESCRIPTORS = 1 << 18
START_S, STOP_S = 15, 4
SERVER_FOLDERS = ("usr/local/sbin", "usr/sbin", "sbin", "usr/bin")  # not in everybody's PATH
MANAGED = ("NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID")  # not for a server that we start
PORTS = itertools.cycle(range(20_000 + os.getpid() % 5_000, 30_000))  # below those of connections


class Place(NamedTuple):
    """What a server is given for one measurement."""
    program: str
    folder: str     # its own, and empty
    port: int
    stuck: bool     # one of its clients will be
    modules: str    # where inspircd's modules are, or nothing


class Kind(NamedTuple):
    """A kind of server."""
    name: str
    program: str
    protocol: str
    command: Callable   # of a Place: what is executed
    package: str = ""   # Debian's; nothing: it is ours
    coming: int = 64    # clients that may come at a time


def written(place, name, text):
    path = os.path.join(place.folder, name)
    with open(path, "w") as out:
        out.write(text)
    return path


def mtchatd(mode):
    def command(place):
        return [place.program, "--config", written(place, "mtchatd.conf", f'''
port = {place.port};
listen = ["127.0.0.1"];
socket = "";
mode = "{mode}";
max_clients = 19000;
log_level = "warning";
''')]
    return command


def floor(mode):
    return lambda place: [place.program, "--port", str(place.port), "--mode", mode]


def ngircd(place):
    return [place.program, "--nodaemon", "--config", written(place, "ngircd.conf", f'''
[Global]
Name = irc.example.net
Listen = 127.0.0.1
Ports = {place.port}
Info = bench
MotdPhrase = ""
AdminInfo1 = bench
PidFile =
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
PingTimeout = 3600
PongTimeout = 3600
IdleTimeout = 0
[Options]
DNS = no
Ident = no
PAM = no
ConnectIPv6 = no
[Channel]
Name = #c
Modes = +P
''')]


def inspircd(place):
    queue = "1M" if place.stuck else "256M"
    modules = f'<path moduledir="{place.modules}">' if place.modules else ""
    return [place.program, "--runasroot", "--nofork", "--nopid", "--nolog", "--config",
            written(place, "inspircd.conf", f'''
<server name="irc.example.net" description="bench" network="bench" id="1AA">
<admin name="bench" nick="bench" email="bench@example.net">
{modules}
<bind address="127.0.0.1" port="{place.port}" type="clients">
<connect name="main" allow="*" maxchans="20" timeout="90" pingfreq="1h" hardsendq="{queue}"
 softsendq="{queue}" recvq="1M" threshold="1000000000" commandrate="1000000000" fakelag="no"
 localmax="1000000" globalmax="1000000" resolvehostnames="no" useident="no" limit="1000000"
 maxconnwarn="no" modes="">
<options defaultmodes="" announcets="yes">
<performance netbuffersize="65534" somaxconn="4096" softlimit="1000000" clonesonconnect="no"
 quietbursts="yes" timeskipwarn="0s">
<security maxtargets="20">
<files motd="{written(place, "motd", "bench")}">
''')]


def redis(*more):
    def command(place):
        limit = "pubsub 32mb 8mb 60" if place.stuck else "pubsub 0 0 0"
        return [place.program, "--port", str(place.port), "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", "--maxclients", "200000", "--tcp-backlog", "4096",
                "--dir", place.folder, "--daemonize", "no", "--logfile", "",
                "--protected-mode", "no", "--client-output-buffer-limit", limit, *more]
    return command


def nats(place):
    return [place.program, "-c", written(place, "nats.conf", f'''
listen: "127.0.0.1:{place.port}"
max_connections: 200000
max_pending: {(64 if place.stuck else 256) << 20}
write_deadline: "10s"
ping_interval: "10m"
logfile: "/dev/null"
''')]


def mosquitto(place):
    return [place.program, "-c", written(place, "mosquitto.conf", f'''
listener {place.port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages {1000 if place.stuck else 0}
set_tcp_nodelay true
sys_interval 0
log_dest none
max_connections -1
user root
''')]


TWO_THREADS = "redis-io2"  # only where both cores may be used
PEERS = {kind.name: kind for kind in (
    Kind("redis", "redis-server", "redis", redis(), "redis-server"),
    Kind("nats", "nats-server", "nats", nats, "nats-server"),
    Kind("ngircd", "ngircd", "irc", ngircd, "ngircd", coming=8),  # it has a backlog of 10
    Kind("inspircd", "inspircd", "irc", inspircd, "inspircd", coming=2000),  # once a second
    Kind("mosquitto", "mosquitto", "mqtt", mosquitto, "mosquitto"),
)}
KINDS = {kind.name: kind for kind in (
    Kind(OURS, "mtchatd", "line", mtchatd("broadcast")),
    Kind(f"{OURS}-echo", "mtchatd", "line", mtchatd("echo")),
    *(Kind(f"floor-{mode}", "floorsrv", "line", floor(mode)) for mode in ("send", "batch", "echo")),
    *PEERS.values(),
    Kind(TWO_THREADS, "redis-server", "redis", redis("--io-threads", "2"), "redis-server"),
)}


class Programs:
    """Where the programs of all kinds are."""

    def __init__(self, built, unpacked):
        """built: paths by name of the program.  unpacked: a folder as bench/unpack leaves it."""
        self.built, self.unpacked = built, unpacked
        self.environment = {key: value for key, value in os.environ.items() if key not in MANAGED}

    def find(self, program):
        """Its path; None: it is not here."""
        if program in self.built:
            return self.built[program]
        roots = ["/", self.unpacked]
        path = [os.environ.get("PATH", os.defpath),
                *(os.path.join(root, folder) for root in roots for folder in SERVER_FOLDERS)]
        return shutil.which(program, path=os.pathsep.join(path))

    def libraries(self, program):
        """What an unpacked program needs in its environment."""
        if not program.startswith(self.unpacked + os.sep):
            return {}
        return {"LD_LIBRARY_PATH": os.pathsep.join(self._unpacked("*-linux-gnu*"))}

    def modules(self, program):
        """Of an unpacked inspircd."""
        found = self._unpacked("**/inspircd/modules")
        return found[0] if found and program.startswith(self.unpacked + os.sep) else ""

    def _unpacked(self, pattern):
        return [path for folder in ("lib", "usr/lib") for path in
                glob.glob(os.path.join(self.unpacked, folder, pattern), recursive=True)]


def free_port():
    for port in itertools.islice(PORTS, 5_000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise CannotMeasure("no port from 20000 to 30000 is free")


def listening(port):
    """Asks the kernel: a trial connection would disturb some peers."""
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(OSError), open(f"/proc/net/{name}") as table:
            for words in map(str.split, table):
                if words[3] == "0A" and words[1].endswith(f":{port:04X}"):
                    return True
    return False


def confined(core):
    """For preexec_fn: as many descriptors as may be had, and one core if there is one."""
    def confine():
        for count in (DESCRIPTORS, resource.getrlimit(resource.RLIMIT_NOFILE)[1]):
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
                break
        if core is not None:
            os.sched_setaffinity(0, {core})
    return confine


class Server:
    """One that runs, in a folder of its own."""

    def __init__(self, kind, programs, core, stuck):
        """CannotMeasure: it does not start."""
        program = programs.find(kind.program)
        self.folder = tempfile.mkdtemp(prefix="mtchat-bench-")
        self.port = free_port()
        self.log = os.path.join(self.folder, "stderr")
        place = Place(program, self.folder, self.port, stuck, programs.modules(program))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                kind.command(place), cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log, preexec_fn=confined(core),
                env={**programs.environment, **programs.libraries(program)})
        try:
            self._await(kind.name)
        except BaseException:
            self.stop()
            raise

    def _await(self, name):
        deadline = time.monotonic() + START_S
        while not listening(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                with open(self.log, errors="replace") as log:
                    raise CannotMeasure(f"{name} does not start: {log.read()[-300:].strip()}")
            time.sleep(0.02)

    def stop(self):
        """Its exit status, if it had ended by itself."""
        ended = self.process.poll()
        if ended is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        return ended
