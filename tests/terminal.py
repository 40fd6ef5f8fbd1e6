"""terminal.py - a program in a pseudo-terminal, and what a person would see there

    with Terminal([MTCHAT, target]) as terminal:
        terminal.type("hello\\r")
        terminal.wait_row("hello")
"""
import errno
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unicodedata

from chatter import PATIENCE

SEQUENCE = re.compile(r"\x1b(?:\[([?>]?)([0-9;]*)([@-~])|\][^\x07]*\x07|[()].|[=>78cM])")


class Screen:
    """The part of a terminal that readline uses; rows that scroll out are kept."""

    def __init__(self, columns):
        self.columns, self.cells = columns, [[]]
        self.row = self.column = 0
        self.rest = ""

    def rows(self):
        return ["".join(row).rstrip() for row in self.cells]

    def feed(self, text):
        text = self.rest + text
        self.rest = ""
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self._put(text[at])
                at += 1
                continue
            match = SEQUENCE.match(text, at)
            if not match:  # cut off, or one that nobody should send
                assert len(text) - at < 40, f"unknown sequence {text[at:at + 40]!r}"
                self.rest = text[at:]
                return
            if match.group(3) and not match.group(1):
                self._control(match.group(3), match.group(2))
            at = match.end()

    def _down(self):
        self.row += 1
        if self.row == len(self.cells):
            self.cells.append([])

    def _put(self, char):
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self._down()
        elif char == "\b":
            self.column = max(0, min(self.column, self.columns - 1) - 1)
        elif char == "\t":
            self.column = min((self.column // 8 + 1) * 8, self.columns - 1)
        elif char >= " ":
            width = 2 if unicodedata.east_asian_width(char) in "WF" else 1
            if self.column + width > self.columns:
                self.column = 0
                self._down()
            line = self.cells[self.row]
            line.extend(" " * (self.column + width - len(line)))
            line[self.column:self.column + width] = [char] + [""] * (width - 1)
            self.column += width

    def _control(self, final, parameters):
        count = int(parameters.partition(";")[0] or 0)
        line = self.cells[self.row]
        if final == "A":
            self.row = max(0, self.row - max(1, count))
        elif final == "C":
            self.column = min(self.columns - 1, self.column + max(1, count))
        elif final == "D":
            self.column = max(0, self.column - max(1, count))
        elif final == "K" and count == 0:
            del line[self.column:]
        elif final == "J" and count == 0:
            del line[self.column:]
            del self.cells[self.row + 1:]
        elif final == "P":
            del line[self.column:self.column + max(1, count)]
        elif final == "@":
            line[self.column:self.column] = [" "] * max(1, count)
        else:
            assert final in "mhlt", f"unexpected CSI {parameters}{final}"


def read_terminal(master, seconds):
    """What has been written there; b"": nothing, or nobody is there any more."""
    if not select.select([master], [], [], seconds)[0]:
        return b""
    try:
        return os.read(master, 65536)
    except OSError as error:
        if error.errno == errno.EIO:
            return b""
        raise


class Terminal:
    def __init__(self, argv, columns=80, env=None):
        self.master, self.slave = pty.openpty()
        self.screen, self.raw, self.torn = Screen(columns), bytearray(), b""
        self._set_size(columns)
        self.before = termios.tcgetattr(self.slave)
        self.state = tempfile.TemporaryDirectory()
        environ = dict(os.environ, TERM="xterm", LC_ALL="C.UTF-8", INPUTRC="/dev/null",
                       XDG_STATE_HOME=self.state.name)
        self.process = subprocess.Popen(
            argv, env={**environ, **(env or {})}, stdin=self.slave, stdout=self.slave,
            stderr=self.slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def __enter__(self):
        return self

    def __exit__(self, *what):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        for name in ("master", "slave"):
            self.close(name)
        self.state.cleanup()

    def close(self, name):
        fd = getattr(self, name)
        setattr(self, name, -1)
        if fd >= 0:
            os.close(fd)

    def _set_size(self, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def resize(self, columns):
        self.screen.columns = columns
        self._set_size(columns)

    def type(self, text):
        os.write(self.master, text.encode() if isinstance(text, str) else text)

    def type_much(self, text):
        """Piece by piece, reading what is shown: neither side of the terminal holds much."""
        data = text.encode()
        for at in range(0, len(data), 500):
            self.type(data[at:at + 500])
            while self.read():
                pass

    def read(self, seconds=0.0):
        """Take in what the program has written; False: nothing."""
        data = read_terminal(self.master, seconds)
        if not data:
            return False
        self.raw += data
        data = self.torn + data
        text = data.decode(errors="ignore")
        keep = len(data) - len(text.encode())
        self.torn = data[len(data) - keep:] if 0 < keep < 4 else b""
        self.screen.feed(text)
        return bool(data)

    def wait(self, condition, what):
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"{what} not shown: {self.screen.rows()[-30:]}"
            self.read(0.05)

    def wait_row(self, text, last=False):
        """Until a row is just this text (last=True: the last that is not empty)."""
        def there():
            rows = [row for row in self.screen.rows() if row] or [""]
            return rows[-1] == text if last else text in rows
        self.wait(there, repr(text))

    def wait_exit(self):
        """The exit status, with all it has written on the screen."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, "it does not end"
            self.read(0.02)
        while self.read():
            pass
        return self.process.returncode

    def is_restored(self):
        return termios.tcgetattr(self.slave) == self.before
