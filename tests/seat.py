"""seat.py - mtchat in a terminal with a home of its own: what a person there types and sees

    with Seat(daemon.tcp, "-n", "alice") as alice:
        alice.enter("hello")
        alice.sees(said("alice: hello"))
"""
import contextlib
import os
import re
import tempfile
import time

from chatter import PATIENCE, poll
from emulator import Emulator
from jsonl import Json
from mtchat import MTCHAT

# What the one who runs the tests has set is not for them.
for _name in ("MTCHAT_SERVER", "MTCHAT_NAME", "NO_COLOR", "COLORTERM", "LANGUAGE", "TMUX"):
    os.environ.pop(_name, None)

CLOCK = r"\d\d:\d\d "
STYLE = re.compile(rb"\x1b\[[0-9;]*m")
COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")
# What redraws a prompt; everything else is words, or nobody's business.
OWN = re.compile(
    rb"\x1b\[[0-9;]*[mABCDGHJKPXdhl@]|\x1b\[\?(?:1|7|12|25|2004|2026)[hl]|\x1b[=>78]|\x1b\([B0]|"
    rb"\x0f")


def said(text):
    """The row of a line that somebody said: a pattern."""
    return CLOCK + re.escape(text)


def address(where):
    """How a server, or the path of its socket, is called on the command line."""
    if isinstance(where, str):
        return "unix:" + where if where.startswith("/") else where
    return "%s:%d" % where


class Home:
    """A folder with the settings and the history of one who uses mtchat, and its environment."""

    def __init__(self, config="", **env):
        self.folder = tempfile.TemporaryDirectory(prefix="mtchat-home-")
        for name in ("config", "state"):
            os.makedirs(self.path(name, "mtchat"), mode=0o700)
        self.config = self.path("config", "mtchat", "config")
        if config:
            self.write(self.config, config)
        self.env = {"HOME": self.folder.name, "XDG_CONFIG_HOME": self.path("config"),
                    "XDG_STATE_HOME": self.path("state"), "TZ": "UTC", "LC_ALL": "C.UTF-8",
                    "TERM": "xterm-256color", **env}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def path(self, *names):
        return os.path.join(self.folder.name, *names)

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    @property
    def environ(self):
        """For a program without a terminal."""
        return {**os.environ, **self.env}


class Seat:
    def __init__(self, where, *arguments, config="", env=None, columns=80, rows=24, home=None):
        """where: as `address` takes it, or None.  home: of somebody else, who cleans it up."""
        with contextlib.ExitStack() as stack:
            self.home = home or stack.enter_context(Home(config))
            argv = [MTCHAT, *([address(where)] if where else []), *map(str, arguments)]
            self.emulator = stack.enter_context(Emulator(
                argv, env={**self.home.env, **(env or {})}, columns=columns, rows=rows))
            self.stack = stack.pop_all()
        self.shown, self.seen = [], 0  # rows, when so many bytes had been written

    def __enter__(self):
        return self

    def __exit__(self, *what):
        if what[0]:
            print("shown at the end:", *self.rows()[-40:], sep="\n    ")
        self.stack.close()

    # Hands

    def type(self, text):
        self.emulator.type(text)

    def enter(self, *lines):
        for line in lines:
            self.type(line + "\r")

    # Eyes

    @property
    def raw(self):
        """All that was written to the terminal."""
        return bytes(self.emulator.raw)

    def look(self, seconds=0.0):
        """Take in what was written meanwhile; False: nothing."""
        return self.emulator.read(seconds)

    def rows(self):
        """From the first that scrolled out to the last that has something."""
        if self.seen < len(self.emulator.raw):
            self.shown, self.seen = self.emulator.lines(), len(self.emulator.raw)
        return self.shown

    def count(self, pattern):
        return sum(1 for row in self.rows() if re.fullmatch(pattern, row))

    def wait(self, condition, what, seconds=PATIENCE):
        """Until condition(rows) is true: its value."""
        end = time.monotonic() + seconds
        while True:
            while self.look():
                pass
            value = condition(self.rows())
            if value:
                return value
            assert time.monotonic() < end, f"{what} not shown: {self.rows()[-30:]}"
            self.look(0.05)

    def sees(self, *patterns):
        """Wait until rows are just that, in this order: the last one's match."""
        def find(rows):
            rows, match = iter(rows), None
            for pattern in patterns:
                match = next(filter(None, (re.fullmatch(pattern, row) for row in rows)), None)
                if not match:
                    return None
            return match
        return self.wait(find, patterns)

    def prompt(self, text):
        """Wait until the last row is just that."""
        self.wait(lambda rows: rows[-1:] == [text], f"prompt {text!r}")

    def quiet(self, seconds):
        """Is nothing written for so long?"""
        return not self.look(seconds)

    def settle(self):
        """Take in all until nothing comes for a moment longer than redraws may wait."""
        while self.look(0.2):
            pass

    def bells(self):
        """How often it rang: not what ends an OSC."""
        return re.sub(rb"\x1b\][^\x07\x1b]*\x07", b"", self.raw).count(b"\a")

    # The end

    def status(self):
        """The exit status, with all it has written on the screen."""
        return self.emulator.wait_exit()


# Rooms with somebody in them

def speaker(daemon, room, name=None):
    """Somebody else, who speaks JSON and has nothing to read."""
    return Json(daemon.tcp, room=room.encode(), name=name and name.encode())


def sit(daemon, room, *arguments, name="alice", **options):
    """A Seat at the prompt of that room."""
    names = ["-n", name] if name else []
    seat = Seat(daemon.tcp, *names, "-r", room, *arguments, **options)
    try:
        seat.prompt(f"{room} {name}>" if name else f"{room}>")
    except BaseException:
        seat.__exit__(None)
        raise
    return seat


def wait_empty(daemon, *rooms):
    """Until nobody with a name is in them any more: the next test may need the names."""
    with Json(daemon.tcp) as looker:
        for room in rooms:
            poll(lambda where=room: not looker.answer(b"/who " + where.encode()).get("names"),
                 f"{room} empty")


def wait_listening(other, *pipes):
    """-l 0 shows nothing when it begins to listen: somebody asks until there is an answer."""
    for pipe in pipes:
        def there(pipe=pipe):
            other.ask(b"listening?")
            pipe.read(0.05)
            return any(b"listening?" in line for line in pipe.lines())
        poll(there, "a listener")


def sayings(client):
    """Who said what since it was asked last."""
    return [(event["from"], event["text"]) for event in client.ask()
            if event["ev"] in ("say", "me")]
