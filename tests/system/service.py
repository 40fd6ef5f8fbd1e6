"""service.py - mtchatd on a machine of the tests, as its administrator sees it"""
import json
import os
import re

from machine import HERE  # first: it makes the modules of tests/ known
from chatter import Client, poll
from daemon import setting

TREE = os.path.dirname(os.path.dirname(HERE))
CONFIG = "/etc/mtchatd.conf"
OVERRIDE = "/etc/mtchatd.conf.d/test.conf"
DROP_IN = "/etc/systemd/system/mtchatd.service.d/test.conf"
SOCKET = "/run/mtchatd/socket"
PORT = 9190


def message_ids():
    """Names and ids of all kinds of messages, from the sources."""
    with open(os.path.join(TREE, "src/mtchatd/messages.h"), encoding="utf-8") as header:
        return dict(re.findall(r'#define MESSAGE_(\w+) "([0-9a-f]{32})"', header.read()))


MESSAGES = message_ids()


def drop_in_shown(word):
    """The one drop-in in mtchatd(8) that contains the word, as an administrator would copy it."""
    with open(os.path.join(TREE, "man/mtchatd.8"), encoding="utf-8") as manual:
        displays = re.findall(r"^\.Bd.*\n((?:(?!\.Ed).*\n)*)\.Ed$", manual.read(), re.MULTILINE)
    found = [text.replace(r"\e", "\\").replace(r"\-", "-") for text in displays
             if "[Service]" in text and word in text]
    assert len(found) == 1, f"{len(found)} drop-ins with {word} in the manual"
    return found[0]


class Service:
    def __init__(self, machine):
        self.machine = machine
        self.begin = None

    # What the administrator does

    def systemctl(self, verb, check=True):
        return self.machine.run("systemctl", verb, "mtchatd", check=check)

    def set(self, **settings):
        """Settings that override the file's; those of the call before are forgotten.

        All clients come from one address: they may be as many as there are places.
        """
        settings = {"max_per_address": 0, "max_rooms_per_address": 0, **settings}
        self.machine.write(OVERRIDE, "".join(f"{name} = {setting(value)};\n"
                                             for name, value in settings.items()))

    def reload(self, **settings):
        """When this returns, they hold."""
        self.set(**settings)
        self.systemctl("reload")

    def restart(self, **settings):
        self.set(**settings)
        self.systemctl("restart")

    def drop_in(self, text):
        """What `systemctl edit` does."""
        self.machine.write(DROP_IN, text)
        self.machine.run("systemctl", "daemon-reload")

    def tidy(self):
        """Back to what the packages have installed, running anew; the journal begins here."""
        changed = [name for name in (OVERRIDE, DROP_IN) if self.machine.exists(name)]
        for name in changed:
            os.unlink(self.machine.path(name))
        if DROP_IN in changed:
            self.machine.run("systemctl", "daemon-reload")
        self.systemctl("reset-failed")
        self.systemctl("stop")  # a restart would keep the clients and the room of the test before
        self.systemctl("start")
        self.begin = self.now()

    # What is seen of it

    def show(self, name):
        said = self.machine.run("systemctl", "show", "--value", "-p", name, "mtchatd").stdout
        return said.strip()

    @property
    def pid(self):
        return int(self.show("MainPID"))

    def status(self):
        """What `systemctl status` prints."""
        return self.machine.run("systemctl", "--no-pager", "--full", "status", "mtchatd",
                                check=False).stdout

    def wait_status(self, pattern):
        return poll(lambda: re.search(pattern, self.status()), f"a status with {pattern}")

    def client(self, port=PORT):
        """One that is in the room, over TCP."""
        return self.connect(port).enter()

    def connect(self, port=PORT, **options):
        return self.machine.in_network(Client, ("127.0.0.1", port), **options)

    def local_client(self):
        """One that is in the room, over the Unix socket, as root."""
        return Client(self.machine.path(SOCKET)).enter()

    def refuses(self, port):
        try:
            self.connect(port).close()
            return False
        except ConnectionRefusedError:
            return True

    # The journal

    def now(self):
        """What the journal gets from here on is after this.  No cursor: journalctl 252 skips one
        record too many after a cursor that is not among those asked for."""
        return "@" + self.machine.run("date", "+%s.%6N").stdout.strip()

    def journal(self, *arguments, after=None):
        """What journalctl says about the unit."""
        return self.machine.run("journalctl", "--quiet", "--no-pager", "-u", "mtchatd",
                                "--since", after or self.begin, *arguments).stdout

    def records(self, kind=None, after=None):
        """The daemon's own records, or those of one kind (a name in messages.h)."""
        matches = ["MESSAGE_ID=" + MESSAGES[kind]] if kind else []
        lines = self.journal("-o", "json", "--all", "_SYSTEMD_UNIT=mtchatd.service", *matches,
                             after=after).splitlines()
        return [json.loads(line) for line in lines]

    def wait_records(self, kind, count, after=None):
        """So many of a kind; the journal gets them a little later than clients see things."""
        def enough():
            found = self.records(kind, after)
            return found if len(found) >= count else None
        return poll(enough, f"{count} records {kind}")
