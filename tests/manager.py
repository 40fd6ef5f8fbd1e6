"""manager.py - a service manager in miniature: keeps descriptors, starts the daemon again

    with Service(max_clients=3) as service:
        client = service.client()
        service.kill()     # SIGKILL; the next life is ready when this returns
        service.restart()  # SIGTERM, as `systemctl restart` does

What systemd 252 does for our unit (Type=notify, Restart=always, RestartSec=0,
FileDescriptorStoreMax=, RestartPreventExitStatus=64 69 78, NotifyAccess=all): the descriptors that
came with FDSTORE=1 are handed to every later life, messages are worked through before the death
of their sender, and a real stop empties the store.  Only the death of the daemon itself is waited
for, not that of its keeper: a new life may meet the old keeper, as where cgroups cannot tell.
"""
import contextlib
import fcntl
import mmap
import os
import resource
import select
import signal
import socket
import struct

from chatter import PATIENCE, poll
from daemon import Daemon, die_with_parent

FIRST = 3                   # the descriptor that the stored ones begin at
HOPELESS = {64, 69, 78}     # RestartPreventExitStatus=
UNREADY_MOST = 100          # lives in a row without READY=1: the test has failed
MESSAGE_FDS_MOST = 253      # the kernel's limit


class Life:
    """One process of the daemon; its status as subprocess has it: -9 is SIGKILL."""

    def __init__(self, pid):
        self.pid, self.status = pid, None
        self.pidfd = os.pidfd_open(pid)

    def poll(self):
        return self.status

    def reap(self):
        _, status = os.waitpid(self.pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
        os.close(self.pidfd)


def execute(argv, environ, stored, log):
    """Start a process with those descriptors from 3 on: its pid."""
    pid = os.fork()
    if pid:
        return pid
    try:
        die_with_parent()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # nobody waits for a dump
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)     # Python ignores it
        above = FIRST + len(stored)
        stored = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, above) for fd in stored]
        null = os.open("/dev/null", os.O_RDWR)
        for target, fd in [(2, log), (0, null), (1, null), *enumerate(stored, FIRST)]:
            os.dup2(fd, target)
        if stored:
            environ["LISTEN_PID"] = str(os.getpid())
        os.execvpe(argv[0], argv, environ)
    finally:
        os._exit(127)


class Service(Daemon):
    def __init__(self, command=None, most=1024, **options):
        """command: instead of [$MTCHATD]; most: how many descriptors the store takes.

        The rest as Daemon has it.
        """
        self.command, self.most = command, most
        self.stored, self.polled = {}, set()  # by name; those that a hang-up drops
        self.lives, self.ready_life = 0, 0    # how many began; the last that was ready
        self.statuses = []                    # of the lives that have ended
        self.next_env = {}                    # for the next life only
        self.before_start = None              # called before each life begins, if set
        self.status = ""                      # STATUS=
        self.faults = []                      # what no daemon should do; stop() fails with them
        self._over = self._stops = False            # for good
        self._held = self._holding = False          # between two lives
        self._unready = 0
        super().__init__(**options)

    def _start(self, preexec, stderr):
        assert preexec is None and stderr is None, "not for a daemon with many lives"
        out, self._log = os.pipe()
        self._wake_read, self._wake_write = os.pipe()
        self._begin_life()  # so that there is a process when the first question comes
        self._run_thread(self._manage)
        self._run_thread(self._read_log, os.fdopen(out, "rb"))

    def _command(self):
        argv = super()._command()
        return argv if self.command is None else [*self.command, *argv[1:]]

    # The lives

    def _manage(self):
        while True:
            self._attend_life()
            with self.heard:
                self._holding = self._held
                self.heard.notify_all()
                self.heard.wait_for(lambda: self._over or not self._held)
                self._holding = False
                if self._over:
                    break
            self._begin_life()
        with self.heard:
            for name in list(self.stored):
                self.drop(name)
            os.close(self._log)  # when the last keeper has ended, so has the log

    def _begin_life(self):
        if self.before_start:
            self.before_start()
        with self.heard:
            environ = self._environ() | {"FDSTORE": str(self.most)} | self.next_env
            self.next_env = {}
            if self.stored:
                environ["LISTEN_FDS"] = str(len(self.stored))
                environ["LISTEN_FDNAMES"] = ":".join(self.stored)
            self.process = Life(execute(self._command(), environ, self.stored.values(), self._log))
            self.lives += 1
            self._unready += 1
            self.heard.notify_all()

    def _attend_life(self):
        """Hear what it says until it has ended, then reap it."""
        while True:
            waits = select.poll()
            waits.register(self.process.pidfd, select.POLLIN)
            waits.register(self._wake_read, select.POLLIN)
            if self.listening:
                waits.register(self.notify, select.POLLIN)
            with self.heard:
                polled = {self.stored[name]: name for name in self.polled}
            for fd in polled:
                waits.register(fd, 0)  # a hang-up is always told
            ready = dict(waits.poll())
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
            for fd in polled.keys() & ready.keys():
                self.drop(polled[fd])
            while self.listening and self._take_message():
                pass
            if self.process.pidfd in ready:
                return self._bury()

    def _bury(self):
        with self.heard:
            self.process.reap()
            status = self.process.status
            self.statuses.append(status)
            if self._unready >= UNREADY_MOST:
                self.faults.append(f"{UNREADY_MOST} lives without READY=1")
            if status in HOPELESS or self._unready >= UNREADY_MOST:
                self._over = True
            self._over = self._over or self._stops
            self.heard.notify_all()

    # What the daemon says

    def _take_message(self):
        """One message, if there is one."""
        try:
            data, control, _, _ = self.notify.recvmsg(
                65536, socket.CMSG_SPACE(4 * MESSAGE_FDS_MOST),
                socket.MSG_DONTWAIT | socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return False
        fds = [fd for level, kind, some in control
               if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
               for (fd,) in struct.iter_unpack("i", some[:len(some) // 4 * 4])]
        lines = data.decode().splitlines()
        fields = dict(line.partition("=")[::2] for line in lines)
        with self.heard:
            if fields.get("FDSTORE") == "1":
                fds = self._store(fields.get("FDNAME", "stored"), fds, fields.get("FDPOLL") != "0")
            if fields.get("FDSTOREREMOVE") == "1":
                self.drop(fields["FDNAME"])
            if fields.get("READY") == "1":
                self.ready_life, self._unready = self.lives, 0
            self.status = fields.get("STATUS", self.status)
        for fd in fds:  # the end of a BARRIER=1 among them, which its sender waits for
            os.close(fd)
        self._note(data.decode())
        return True

    def _store(self, name, fds, polled):
        """Keep them; those that are not kept come back."""
        left = []
        for fd in fds:
            if any(os.path.samestat(os.fstat(fd), os.fstat(had)) for had in self.stored.values()):
                left.append(fd)  # as systemd does: the same once more is no news
            elif name in self.stored or len(self.stored) >= self.most:
                self.faults.append(f"no room for {name}: it is there, or the store is full")
                left.append(fd)
            else:
                self.stored[name] = fd
                if polled:
                    self.polled.add(name)
        return left

    # What a test does to the store; while the daemon is down(), or it sees it in its next life

    def drop(self, name):
        with self.heard:
            self.polled.discard(name)
            fd = self.stored.pop(name, None)
            if fd is not None:
                os.close(fd)

    def replace(self, name, fd):
        """The descriptor is the store's from now on; it may be a new name."""
        with self.heard:
            self.drop(name)
            self.stored[name] = fd

    def memory(self, name="arena"):
        """What a stored memfd holds, to be read and damaged; to be closed by the caller."""
        fd = self.stored[name]
        return mmap.mmap(fd, os.fstat(fd).st_size)

    # Deaths and births

    def _signal(self, *numbers):
        with self.heard:
            for number in numbers:
                if self.process.poll() is None:
                    os.kill(self.process.pid, number)

    def wait_life(self, number, seconds=PATIENCE):
        """Until that life, or a later one, has said READY=1."""
        self._wait(lambda: self.ready_life >= number or None, f"life {number} that is ready",
                   seconds)

    def kill(self, number=signal.SIGKILL, wait=True):
        """The daemon alone: its keeper stays.  The number of the life that follows."""
        with self.heard:
            following = self.lives + 1
            self._signal(number)
        if wait:
            self.wait_life(following)
        return following

    def restart(self):
        """SIGTERM, which it must obey with status 0; the next life is ready."""
        following = self.kill(signal.SIGTERM)
        ended = self.statuses[following - 2]
        assert ended == 0, f"status {ended} of a restart; log: {self.lines[-40:]}"

    @contextlib.contextmanager
    def down(self, number=signal.SIGKILL):
        """Nobody is there within the block; after it the next life is ready."""
        with self.heard:
            self._held, following = True, self.lives + 1
            self._signal(number)
        try:
            self._wait(lambda: self._holding or None, "death", PATIENCE)
            poll(lambda: not self.remains(), "the keeper ends")
            yield
        finally:
            with self.heard:
                self._held = False
                self.heard.notify_all()
        self.wait_life(following)

    def keepers(self):
        """The pids of its keepers, those of former lives among them."""
        return [pid for pid in self.remains() if comm(pid) == "keeper"]

    def remains(self):
        """All processes that live and were made by ours."""
        mine = f"NOTIFY_SOCKET={self.path('notify')}".encode()
        return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
                if mine in read_proc(pid, "environ").split(b"\0")]

    # The end

    def terminate(self):
        """A real stop is announced: so the unit's ExecStop= does it."""
        with self.heard:
            self._stops = True
            self._signal(signal.SIGUSR1, signal.SIGTERM)

    def _ended(self):
        return self._over and self.process.poll() is not None

    def exit_status(self, seconds=PATIENCE):
        self._wait(lambda: self._ended() or None, "end", seconds)
        for thread in self._threads:
            thread.join(PATIENCE)
        return self.process.status

    def stop(self):
        if not self._stops:
            self.terminate()
        status = self.exit_status()
        assert status == 0, f"exit status {status}; log: {self.lines[-40:]}"
        assert not self.faults, self.faults
        assert not self.stored
        poll(lambda: not self.remains(), "no process of it is left")
        self._tidy()

    def stop_hearing(self):
        self.listening = False
        os.write(self._wake_write, b"\0")

    def discard(self):
        with self.heard:
            self._over = True
            self._signal(signal.SIGKILL)
            self.heard.notify_all()
        self._threads[0].join(PATIENCE)
        for pid in [] if self.told else self.remains():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._tidy()

    def _close_log(self):
        for fd in (self._wake_read, self._wake_write):
            with contextlib.suppress(OSError):  # _tidy() may come twice
                os.close(fd)
        self._wake_read = self._wake_write = -1


def read_proc(pid, name):
    """What /proc tells of a process; nothing if it is gone."""
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def comm(pid):
    return read_proc(pid, "comm").decode().strip()
