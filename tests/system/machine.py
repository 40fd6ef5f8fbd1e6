#!/usr/bin/python3
"""machine.py - a throw-away machine with a real systemd, to install packages and look at them

    with Machine() as machine:
        machine.install("mtchatd_1.0_amd64.deb")
        machine.run("systemctl", "status", "mtchatd")

By hand, for instance with bash as the command:

    tests/system/machine.py [--root FOLDER] [--deb FILE]... COMMAND [ARGUMENT...]
    tests/system/machine.py --check      # can it be had here?  If not, says why; status 1

It is this machine again, booted by systemd-nspawn in half a second (see the script `boot`), with
a network of its own that leads nowhere.  What is changed in it is gone with it.  With --root, or
$MTCHAT_ROOT, it is what lies in that folder: another release of Debian.
"""
import argparse
import concurrent.futures
import contextlib
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from chatter import poll

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
CLONE_NEWNET = 0x40000000
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root", "LANG": "C.UTF-8", "TERM": "dumb", "DEBIAN_FRONTEND": "noninteractive",
}
# What dpkg, apt, systemd and the trip there leave behind whatever the package.
TRACES = (r"var/(lib/(dpkg|apt)|cache|log|tmp/packages)(/|$)|"
          r"var/lib/(PackageKit/|systemd/catalog/database$)|etc/(\.pwd\.lock|ld\.so\.cache)$")


def under_systemd():
    """Is PID 1 here a systemd?  Then it is asked for the cgroup; else we make one."""
    return os.path.isdir("/run/systemd/system")


def hierarchies():
    """The cgroup hierarchies that systemd in the machine may want to use."""
    bases = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd")
    return [base for base in bases if os.access(base + "/cgroup.procs", os.W_OK)]


def obstacle():
    """Why no machine can be had here; None if one can."""
    if os.geteuid() != 0:
        return "it takes root"
    for program in ("systemd-nspawn", "nsenter", "unshare"):
        if not shutil.which(program):
            return f"{program} is missing (packages systemd-container, util-linux)"
    if not under_systemd() and not hierarchies():
        return "cgroups cannot be written here"
    with tempfile.TemporaryDirectory(prefix="mtchat-machine-") as folder:
        tried = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-ec",
             'mount -t tmpfs none "$1"; mkdir "$1/a" "$1/b" "$1/c"; '
             'mount -t overlay -o "lowerdir=/,upperdir=$1/a,workdir=$1/b" none "$1/c"',
             "sh", folder], capture_output=True, text=True, check=False)
    return tried.stderr.strip() or None


class Machine:
    """Boots at once; to be used with `with`, or stop()ped."""

    def __init__(self, root=None):
        self.root = root or os.environ.get("MTCHAT_ROOT", "/")
        self.folder = tempfile.mkdtemp(prefix="mtchat-machine-")
        self.cgroups = []
        self.process = None
        try:
            self._boot()
        except BaseException:
            self.stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.stop()

    # Its life

    def _boot(self):
        argv = [os.path.join(HERE, "boot"), os.path.join(self.folder, "machine"), self.root]
        os.mkdir(argv[1])
        if under_systemd():
            argv = ["systemd-run", "--scope", "--quiet", "--collect", "--property=Delegate=yes",
                    "--", *argv]
        else:
            # In one of ours, systemd would take the cgroups of a second machine for its own.
            self.cgroups = [f"{base}/mtchat-machine-{os.getpid()}-{id(self):x}"
                            for base in hierarchies()]
        for cgroup in self.cgroups:
            os.mkdir(cgroup)
        with open(self.console_path, "wb") as console:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT,
                preexec_fn=self._prepare, start_new_session=True)
        self.leader = poll(self._find_leader, "a PID 1 of the machine")
        state = poll(self._state, "the end of the boot")
        if state != "running":  # something of this machine's own; it need not be in our way
            failed = self.run("systemctl", "--failed", "--plain", "--no-legend").stdout
            print(f"machine.py: {state}; failed are:\n{failed}", file=sys.stderr)
        self.run("dpkg", "--purge", "mtchatd", "mtchat")  # those that are installed where we run

    @property
    def console_path(self):
        return os.path.join(self.folder, "console")

    def _prepare(self):
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # a test run that is killed leaves none
        for cgroup in self.cgroups:
            with open(cgroup + "/cgroup.procs", "w", encoding="ascii") as procs:
                procs.write("0")

    def _console(self):
        with open(self.console_path, encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    def _find_leader(self):
        """From our child down to the first systemd: that is nspawn's child."""
        assert self.process.poll() is None, f"no machine; it said:\n{self._console()}"
        pid = str(self.process.pid)
        while pid:
            with contextlib.suppress(OSError):
                with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
                    if comm.read().strip() == "systemd":
                        return int(pid)
                with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
                    pid = children.read().partition(" ")[0]
                    continue
            return None
        return None

    def _state(self):
        assert self.process.poll() is None, f"the boot ended; it said:\n{self._console()}"
        said = self.run("systemctl", "is-system-running", "--wait", check=False).stdout.strip()
        return said if said in ("running", "degraded") else None

    def stop(self):
        """Nobody minds how it ends: its files go with it."""
        if self.process:
            self.process.kill()
            self.process.wait()
        for cgroup in self.cgroups:
            poll(lambda path=cgroup: self._remove_cgroup(path), f"{cgroup} removed")
        shutil.rmtree(self.folder)

    @staticmethod
    def _remove_cgroup(path):
        """From the leaves up; False while processes in it are still dying."""
        for folder, _, _ in os.walk(path, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        return not os.path.isdir(path)

    # Commands in it

    def command(self, *argv, user=None):
        """The command line that runs one in it."""
        enter = ["nsenter", "--target", str(self.leader), "--all", "env", "--ignore-environment",
                 *(f"{name}={value}" for name, value in ENVIRONMENT.items())]
        if user:
            enter += ["runuser", "-u", user, "--"]
        return enter + list(argv)

    def run(self, *argv, check=True, user=None, data="", seconds=60):
        """Run it to its end.  With `check`, a status other than 0 is an AssertionError."""
        done = subprocess.run(self.command(*argv, user=user), input=data, capture_output=True,
                              text=True, errors="replace", timeout=seconds, check=False)
        assert not check or done.returncode == 0, (
            f"{argv}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def start(self, *argv, user=None):
        """Start it, with pipes for stdin and stdout."""
        return subprocess.Popen(self.command(*argv, user=user), stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE)

    # Its files

    def path(self, name):
        """Where a file of the machine is for us."""
        return f"/proc/{self.leader}/root{name}"

    def read(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return file.read()

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def exists(self, name):
        return os.path.lexists(self.path(name))

    def changes(self):
        """The names of the files and folders that are not as in its root, but for TRACES."""
        top = f"/proc/{self.process.pid}/root{self.folder}/machine/changes"
        found = set()
        for folder, folders, files in os.walk(top):
            place = os.path.relpath(folder, top)
            # A folder of the root is there too as soon as something in it has changed.
            folders = [name for name in folders
                       if not os.path.isdir(os.path.join(self.root, place, name))]
            found.update(os.path.normpath(os.path.join(place, name)) for name in files + folders)
        return {name for name in found if not re.match(TRACES, name)}

    # Packages

    def copy_in(self, packages):
        os.makedirs(self.path("/var/tmp/packages"), exist_ok=True)
        for package in packages:
            name = "/var/tmp/packages/" + os.path.basename(package)
            shutil.copyfile(package, self.path(name))
            yield name

    def install(self, *packages, options=()):
        """apt install ./FILE...: what an administrator does with a package in hand."""
        return self.run("apt-get", "install", "-y", "--no-install-recommends", "--reinstall",
                        "--allow-downgrades", *options, *self.copy_in(packages))

    def unpack(self, *packages):
        """The same by dpkg, which does not look at what else there is: two seconds less."""
        return self.run("dpkg", "--install", *self.copy_in(packages))

    # Its network and processes, from outside

    def in_network(self, function, *args, **options):
        """Call it where sockets are the machine's: they stay that when it has returned."""
        def enter():
            with open(f"/proc/{self.leader}/ns/net", "rb") as network:
                if LIBC.setns(network.fileno(), CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            return function(*args, **options)
        with concurrent.futures.ThreadPoolExecutor(1) as thread:  # a namespace is a thread's own
            return thread.submit(enter).result()

    def processes(self, name):
        """What its processes of that name are called here.  Seen from outside, so also while
        systemd answers nobody."""
        inside, found = os.readlink(f"/proc/{self.leader}/ns/pid"), set()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):  # it may end just now
                if os.readlink(f"/proc/{pid}/ns/pid") == inside:
                    with open(f"/proc/{pid}/comm", encoding="utf-8") as comm:
                        found |= {int(pid)} if comm.read().strip() == name else set()
        return found

    def host_pid(self, pid):
        """What a process of the machine is called here."""
        inside = os.readlink(f"/proc/{self.leader}/ns/pid")
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError):  # it may end just now
                if os.readlink(f"/proc/{name}/ns/pid") != inside:
                    continue
                with open(f"/proc/{name}/status", encoding="utf-8") as status:
                    if int(re.search(r"NSpid:.*\t(\d+)\n", status.read()).group(1)) == int(pid):
                        return int(name)
        raise AssertionError(f"the machine has no process {pid}")


def main():
    parser = argparse.ArgumentParser(description="Run a command in a throw-away machine.")
    parser.add_argument("--check", action="store_true", help="only say whether one can be had")
    parser.add_argument("--root", help="the files of the machine, not ours")
    parser.add_argument("--deb", action="append", default=[], help="install this package first")
    parser.add_argument("command", nargs="?", default="bash")
    parser.add_argument("argument", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    why_not = obstacle()
    if why_not:
        sys.exit(f"machine.py: {why_not}")
    if options.check:
        return 0
    with Machine(options.root) as machine:
        if options.deb:
            print(machine.install(*options.deb).stdout, file=sys.stderr)
        command = machine.command(options.command, *options.argument)
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
