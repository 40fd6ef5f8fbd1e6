"""emulator.py - a program in a pseudo-terminal, and what a person would see there (with pyte)

    with Emulator([MTCHAT, target]) as emulator:
        emulator.type("hello\\r")
        emulator.wait_screen(lambda lines: "hello" in lines)

terminal.py knows only what readline writes; this one knows what terminals do: it scrolls, has
colours, and wraps lines anew when it is resized, as most of them do (reflow=False: cuts them off,
as xterm does).
"""
import fcntl
import os
import pty
import signal
import struct
import subprocess
import tempfile
import termios
import time

import pyte

from chatter import PATIENCE
from terminal import read_terminal


class Paper(pyte.Screen):
    """A screen that keeps what scrolls out at the top, and knows which rows go on in the next."""

    def __init__(self, columns, rows, reflow):
        self.above, self.wraps, self.drawing, self.reflow = [], set(), False, reflow
        super().__init__(columns, rows)

    def reset(self):
        super().reset()
        self.above, self.wraps = [], set()

    def number(self, y):
        return len(self.above) + y

    def index(self):
        if self.drawing:
            self.wraps.add(self.number(self.cursor.y))
        if self.cursor.y == self.lines - 1:
            self.above.append(dict(self.buffer[0]))
        super().index()

    def draw(self, data):
        self.drawing = True
        super().draw(data)
        self.drawing = False

    def erase_in_line(self, how=0, private=False):
        self.wraps.discard(self.number(self.cursor.y))
        super().erase_in_line(how, private)

    def erase_in_display(self, how=0, *rest, **options):
        first = self.cursor.y if how == 0 else 0
        self.wraps -= {self.number(y) for y in range(first, self.lines)}
        super().erase_in_display(how, *rest, **options)

    def cells(self, row, width=0):
        """The cells of a row up to the last that is not blank."""
        end = max([x + 1 for x, cell in row.items() if cell.data != " "] + [width])
        return [row.get(x, self.default_char) for x in range(end)]

    def resize(self, lines=None, columns=None):
        if not self.reflow or columns == self.columns:
            super().resize(lines, columns)
            self.cursor.x = min(self.cursor.x, self.columns)
            return
        logical, place = self._join()
        rows, cursor = self._wrap(logical, place, columns)
        while len(rows) > cursor[0] + 1 and not rows[-1][0]:
            rows.pop()
        top = max(0, len(rows) - (lines or self.lines))
        self.above = [dict(enumerate(cells)) for cells, _ in rows[:top]]
        self.wraps = {i for i, (_, goes_on) in enumerate(rows) if goes_on}
        self.lines, self.columns = lines or self.lines, columns
        self.set_margins()
        self.buffer.clear()
        for y, (cells, _) in enumerate(rows[top:]):
            self.buffer[y].update(enumerate(cells))
        self.cursor.y, self.cursor.x = max(0, cursor[0] - top), cursor[1]

    def _join(self):
        """All lines, whatever rows they took, and in which and where the cursor is."""
        rows = self.above + [self.buffer[y] for y in range(self.lines)]
        logical, place, goes_on = [], None, False
        for number, row in enumerate(rows):
            if not goes_on:
                logical.append([])
            if number == self.number(self.cursor.y):
                place = len(logical) - 1, len(logical[-1]) + self.cursor.x
            goes_on = number in self.wraps
            logical[-1].extend(self.cells(row, self.columns if goes_on else 0))
        return logical, place

    @staticmethod
    def _wrap(logical, place, columns):
        rows, cursor = [], (0, 0)
        for number, cells in enumerate(logical):
            first = len(rows)
            for at in range(0, max(len(cells), 1), columns):
                rows.append((cells[at:at + columns], at + columns < len(cells)))
            if number == place[0]:
                row, column = divmod(place[1], columns)
                if column == 0 and row > 0 and first + row == len(rows):
                    row, column = row - 1, columns
                while first + row >= len(rows):
                    rows.append(([], False))
                cursor = first + row, column
        return rows, cursor

    def rows(self):
        every = self.above + [self.buffer[y] for y in range(self.lines)]
        return ["".join(cell.data for cell in self.cells(row)).rstrip() for row in every]


class Emulator:
    def __init__(self, argv, env=None, columns=80, rows=24, reflow=True, commands=False):
        self.master, self.slave = pty.openpty()
        self.paper, self.raw = Paper(columns, rows, reflow), bytearray()
        self.stream = pyte.ByteStream(self.paper)
        self._set_size(columns, rows)
        self.before = termios.tcgetattr(self.slave)
        self.home = tempfile.TemporaryDirectory()
        self.ear, self.commands = os.pipe() if commands else (-1, -1)
        environ = dict(os.environ, TERM="xterm-256color", LC_ALL="C.UTF-8", INPUTRC="/dev/null",
                       HOME=self.home.name, XDG_STATE_HOME=f"{self.home.name}/state",
                       XDG_CONFIG_HOME=f"{self.home.name}/config")
        self.process = subprocess.Popen(
            argv, env={**environ, **(env or {})}, stdin=self.slave, stdout=self.slave,
            stderr=self.slave, start_new_session=True, preexec_fn=self._in_child,
            pass_fds=(3,) if commands else ())

    def _in_child(self):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        if self.ear >= 0:
            os.dup2(self.ear, 3)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        for name in ("master", "slave", "ear", "commands"):
            self.close(name)
        self.home.cleanup()

    def close(self, name):
        fd = getattr(self, name)
        setattr(self, name, -1)
        if fd >= 0:
            os.close(fd)

    def _set_size(self, columns, rows):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns, rows=None):
        self.read_all()  # what was written for the old size is drawn for it
        self.paper.resize(rows or self.paper.lines, columns)
        self._set_size(columns, self.paper.lines)

    def command(self, line):
        os.write(self.commands, f"{line}\n".encode())

    def type(self, text):
        os.write(self.master, text.encode() if isinstance(text, str) else text)

    def type_much(self, text):
        """Piece by piece, reading what is shown: neither side of the terminal holds much."""
        data = text.encode()
        for at in range(0, len(data), 500):
            self.type(data[at:at + 500])
            self.read_all()

    def paste(self, text):
        """As terminals do it, with CRs for the ends of lines."""
        text = text.replace("\n", "\r")
        self.type_much(f"\x1b[200~{text}\x1b[201~")

    def read(self, seconds=0.0):
        """Take in what the program has written; False: nothing."""
        data = read_terminal(self.master, seconds)
        if not data:
            return False
        self.raw += data
        self.stream.feed(data)
        return bool(data)

    def read_all(self):
        while self.read():
            pass

    def lines(self):
        """All rows, those that have scrolled out, too, without the empty ones at the end."""
        rows = self.paper.rows()
        while rows and not rows[-1]:
            rows.pop()
        return rows

    @property
    def cursor(self):
        """Column, and the row as an index of lines()."""
        return self.paper.cursor.x, self.paper.number(self.paper.cursor.y)

    def wait_screen(self, condition, what="it"):
        """Until condition(lines()) is true."""
        end = time.monotonic() + PATIENCE
        while not condition(self.lines()):
            assert time.monotonic() < end, f"{what} not shown: {self.lines()[-30:]}"
            self.read(0.05)

    def wait_end(self, *rows):
        """Until the last rows are these."""
        self.wait_screen(lambda lines: lines[-len(rows):] == list(rows), rows)

    def quiet(self, seconds=0.3):
        """What the program writes in so many seconds: bytes."""
        self.read_all()
        begin, end = len(self.raw), time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.read(left)
        return bytes(self.raw[begin:])

    def wait_exit(self):
        """The exit status, with all it has written on the screen."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, "it does not end"
            self.read(0.02)
        self.read_all()
        return self.process.returncode

    def is_restored(self):
        return termios.tcgetattr(self.slave) == self.before
