"""pane.py - a program in a pane of a real tmux, and what became of the pane

    with Pane([MTCHAT, target], env) as pane:
        pane.wait_row("hello")
        assert pane.state() == pane.fresh

The tmux has a server of its own, with a clipboard that anybody in it may set.
"""
import os
import re
import shlex
import subprocess
import tempfile

from chatter import PATIENCE, poll
from daemon import die_with_parent

COLUMNS, ROWS = 100, 30
STYLE = re.compile(r"\x1b\[[0-9;:]*m|\x0e|\x0f")
# All that an escape sequence could change for good.
STATE = ("pane_title window_name alternate_on cursor_flag insert_flag keypad_flag wrap_flag "
         "keypad_cursor_flag origin_flag mouse_any_flag scroll_region_upper scroll_region_lower "
         "pane_in_mode pane_width pane_height pane_bg pane_fg pane_path")


class Pane:
    def __init__(self, argv, env):
        self.folder = tempfile.TemporaryDirectory(prefix="mtchat-tmux-")
        self.socket = self.path("socket")
        self.environ = {key: value for key, value in os.environ.items()
                        if not key.startswith("TMUX")}
        self.environ.update(LC_ALL="C.UTF-8", SHELL="/bin/sh")
        self.server = subprocess.Popen(["tmux", "-D", "-u", "-f", "/dev/null", "-S", self.socket],
                                       env=self.environ, preexec_fn=die_with_parent)
        try:
            poll(lambda: os.path.exists(self.socket), "tmux")
            self._begin(argv, env)
        except BaseException:
            self._end()
            raise

    def _begin(self, argv, env):
        for name, value in (("set-clipboard", "on"), ("exit-empty", "off")):
            self.run("set-option", "-s", name, value)
        for name, value in (("history-limit", "20000"), ("allow-rename", "on"), ("status", "off")):
            self.run("set-option", "-g", name, value)
        self.run("set-option", "-gw", "remain-on-exit", "on")
        given = [f"{name}={value}" for name, value in env.items() if name != "TERM"]
        # It begins when everything that it writes is recorded.
        self.run("new-session", "-d", "-n", "safe", "-x", COLUMNS, "-y", ROWS,
                 f"read -r _; exec env {shlex.join([*given, *argv])}")
        self.run("set-option", "-w", "automatic-rename", "off")
        self.run("select-pane", "-T", "safe")
        self.run("pipe-pane", "exec cat >" + shlex.quote(self.path("raw")))
        poll(lambda: os.path.exists(self.path("raw")), "the record of the pane")
        self.fresh = self.state()
        self.run("send-keys", "Enter")

    def __enter__(self):
        return self

    def __exit__(self, *what):
        if what[0]:
            print("shown at the end:", *self.rows()[-60:], sep="\n    ")
        self._end()

    def _end(self):
        self.server.terminate()  # and with it what runs in the pane
        self.server.wait(PATIENCE)
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run(self, *arguments):
        done = subprocess.run(["tmux", "-u", "-S", self.socket, *map(str, arguments)],
                              env=self.environ, capture_output=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout.decode()

    def type(self, text):
        self.run("send-keys", "-l", text)

    def press(self, key):
        self.run("send-keys", key)

    # What one sees

    def styled(self):
        """Lines as they were written, with the sequences that would show them like that."""
        return self.run("capture-pane", "-p", "-e", "-J", "-S", "-").rstrip("\n").split("\n")

    def rows(self):
        return [STYLE.sub("", line).rstrip() for line in self.styled()]

    def wait_row(self, pattern):
        def there():
            return next((row for row in self.rows() if re.search(pattern, row)), None)
        return poll(there, pattern, step=0.05)

    def prompt(self):
        rows = [row for row in self.rows() if row]
        return rows[-1] if rows else ""

    def wait_prompt(self, pattern):
        poll(lambda: re.fullmatch(pattern, self.prompt()), f"{pattern}: {self.prompt()}", step=0.05)

    def state(self):
        return dict(zip(STATE.split(), self.run(
            "display-message", "-p", "\t".join("#{%s}" % name for name in STATE.split())
        ).rstrip("\n").split("\t")))

    def buffers(self):
        """What was put into the clipboard."""
        return self.run("list-buffers")

    def raw(self):
        """All that was written to the pane."""
        with open(self.path("raw"), "rb") as file:
            return file.read()
