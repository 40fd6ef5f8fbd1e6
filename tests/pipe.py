"""pipe.py - mtchat without a terminal that runs on: what it writes, line by line

    with Pipe(daemon.tcp, "--tail") as tail:
        tail.sees(".* alice: hello")
"""
import os
import re
import select
import subprocess
import time

from chatter import PATIENCE
from mtchat import close, start
from seat import Home, address


class Pipe:
    def __init__(self, where, *arguments, home=None, config="", env=None, **options):
        self.home = home or Home(config)
        self.own_home = home is None
        options = {"stdin": subprocess.DEVNULL, **options}
        try:
            self.process = start(*([address(where)] if where else []), *arguments,
                                 env={**self.home.environ, **(env or {})}, **options)
        except BaseException:
            self.clean_up()
            raise
        self.out, self.err = bytearray(), bytearray()
        self.open = {pipe: data for pipe, data in (
            (self.process.stdout, self.out), (self.process.stderr, self.err)) if pipe}

    def __enter__(self):
        return self

    def __exit__(self, *what):
        if what[0]:
            print("stdout:", bytes(self.out[-3000:]), "stderr:", bytes(self.err[-3000:]), sep="\n")
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        close(self.process)
        self.clean_up()

    def clean_up(self):
        if self.own_home:
            self.home.folder.cleanup()

    def read(self, seconds=0.0):
        """Take in what it has written; False: nothing."""
        if not self.open:
            return False
        ready = select.select(list(self.open), [], [], seconds)[0]
        for pipe in ready:
            data = os.read(pipe.fileno(), 1 << 18)
            self.open[pipe].extend(data)
            if not data:
                del self.open[pipe]
        return bool(ready)

    def lines(self):
        """Whole ones, without their ends."""
        return bytes(self.out).split(b"\n")[:-1]

    def wait(self, condition, what, seconds=PATIENCE):
        end = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < end, f"{what}: {self.lines()[-20:]}, {bytes(self.err)}"
            assert self.open, f"it ended without {what}: {self.lines()[-20:]}, {bytes(self.err)}"
            self.read(0.05)
        return value

    def sees(self, pattern):
        """The first line that is just that: its match."""
        wanted = re.compile(pattern)
        return self.wait(lambda: next(filter(None, (
            wanted.fullmatch(line.decode()) for line in self.lines())), None), pattern)

    def tells(self, pattern):
        """The same for stderr."""
        wanted = re.compile(pattern)
        return self.wait(lambda: next(filter(None, (wanted.fullmatch(
            line) for line in self.err.decode().splitlines())), None), pattern)

    def status(self):
        """The exit status as a shell tells it, with all that it wrote."""
        end = time.monotonic() + PATIENCE
        while self.open:
            assert time.monotonic() < end, f"it does not end: {self.lines()[-20:]}"
            self.read(0.05)
        status = self.process.wait(PATIENCE)
        return status if status >= 0 else 128 - status
