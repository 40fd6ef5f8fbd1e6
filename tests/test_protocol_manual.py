"""test_protocol_manual.py - what mtchat-protocol(7) tells is so: its examples, its lists, its numbers

An example is a literal block with lines that begin with "$ ".  Each block has a daemon and a folder
of its own; its commands are given to a shell one after the other, and what they print is compared
with what the manual shows.  What differs at each run (keys, times, the word in an id, the version)
is compared by its form alone.  A command that ends in "&" goes on in the background; those behind
it that only look are given again until they show what they must.
"""
import contextlib
import os
import re
import shutil
import signal
import subprocess

import pytest

from chatter import PATIENCE, Client, poll
from daemon import Daemon, die_with_parent
from jsonl import CODES, KEYS
from named import ask
from test_manual import ROOT, blocks, page, section, sources, words

PAGE = "mtchat-protocol.7"
TOOLS = ("jq", "nc")
LOOKS = ("printf '/last ", "cat ")  # it changes nothing
FORMS = (
    (r'("(?:id|head|since|from|to)": ?"|")[0-9a-z]+\.(\d+)"', r'\1EPOCH.\2"'),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIME"),
    (r'("key": ?)"[0-9a-f]{32}"', r'\1"KEY"'),
    (r'("server": ?)"mtchatd \d[^"]*"', r'\1"VERSION"'),
)


# The examples

def examples():
    """Each block: [(command, what it prints)]."""
    found = []
    for block in blocks(section(PAGE, "EXAMPLES")):
        text = block.replace(r"\e", "\\").replace(r"\-", "-").replace(r"\&", "")
        steps = []
        for line in text.splitlines():
            if line.startswith("$ "):
                steps.append([line[2:], ""])
            elif line.startswith("> ") and not steps[-1][1]:
                steps[-1][0] += "\n" + line[2:]
            else:
                steps[-1][1] += line + "\n"
        found.append([tuple(step) for step in steps])
    return found


EXAMPLES = examples()


def form(text):
    for pattern, instead in FORMS:
        text = re.sub(pattern, instead, text)
    return text


class Shell:
    """Gives commands to sh in a folder of its own, and leaves nothing behind."""

    def __init__(self, daemon, folder):
        self.daemon, self.folder, self.behind = daemon, folder, []

    def start(self, command, **options):
        for place in re.findall(r"\b(?:nc|mtchat) (?:-N )?(\S+ \d+)", command):
            assert place == "localhost 9190", command
        command = command.replace("localhost 9190", f"127.0.0.1 {self.daemon.tcp[1]}")
        return subprocess.Popen(["/bin/bash", "-c", command], cwd=self.folder, text=True,
                                stdin=subprocess.DEVNULL, start_new_session=True,
                                preexec_fn=die_with_parent, **options)

    def run(self, command):
        process = self.start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            return process.communicate(timeout=PATIENCE)[0]
        finally:
            end(process)

    def leave_running(self, command):
        """Returns when those whose names it takes are there."""
        self.behind.append(self.start(command.removesuffix("&")))
        names = re.findall(r"/name (\w+)", command)
        assert names, f"nobody could tell when it is ready: {command}"
        with Client(self.daemon.tcp) as client:  # says nothing: the example counts the lines
            poll(lambda: set(names) <= set(b" ".join(ask(client, b"/who")).decode().split()),
                 f"{names} came")


def end(process):
    """The shell and all that it has started, which is its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)
    if process.stdout:
        process.stdout.close()


@contextlib.contextmanager
def shell(folder):
    with Daemon() as daemon:
        one = Shell(daemon, folder)
        try:
            yield one
        finally:
            for process in one.behind:
                end(process)


def follow(one, command, shown):
    if command.endswith("&"):
        one.leave_running(command)
        return
    printed = ""

    def looks_right():
        nonlocal printed
        printed = one.run(command)
        return form(printed) == form(shown)

    if one.behind and command.startswith(LOOKS):
        with contextlib.suppress(AssertionError):  # the comparison below says more
            poll(looks_right, "it looks right")
    else:
        looks_right()
    assert form(printed) == form(shown), command


@pytest.mark.parametrize("steps", EXAMPLES, ids=[f"{i}" for i in range(1, len(EXAMPLES) + 1)])
def test_example(steps, tmp_path):
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        pytest.skip(f"not here: {', '.join(missing)} (packages jq, netcat-openbsd)")
    with shell(tmp_path) as one:
        for command, shown in steps:
            follow(one, command, shown)


def test_there_are_examples_of_each_kind():
    commands = [command for steps in EXAMPLES for command, _ in steps]
    assert len(EXAMPLES) >= 10 and all(steps for steps in EXAMPLES)
    for word in ("nc -N", "jq", "/json", "/name", "/last", "/since", "/join", "@n=", "&"):
        assert any(word in command for command in commands), word


def test_a_difference_is_seen(tmp_path):
    if shutil.which("nc"):
        with shell(tmp_path) as one, pytest.raises(AssertionError):
            follow(one, r"printf 'hi\n' | nc -N localhost 9190", "ho\n")
    assert form('"id": "k3f9a2c.1"') == form('"id": "abc.1"') != form('"id": "abc.2"')
    assert form('"key":"' + 32 * "0" + '"') != form('"key":"0"')


# The lists

def listed(title, pattern):
    found = re.findall(pattern, section(PAGE, title, "Ss"), re.M)
    assert len(found) >= 15
    assert len(found) == len(set(found))
    return found


def code_of_all():
    return "".join(sources("mtchatd").values())


def test_codes():
    told = listed("Codes", r"^\.It Li (\w+)$")
    assert told == sorted(told)
    assert set(told) == CODES, "tests/jsonl.py knows others"


def test_codes_of_the_source():
    """Each code is a literal where its notice is made."""
    text = code_of_all()
    used = set(re.findall(r'\b(?:answer|begin)_notice\([^,"]*,\s*"(\w+)"', text))
    assert used == set(listed("Codes", r"^\.It Li (\w+)$"))


def events():
    """{event: its keys as tests/jsonl.py writes them}"""
    found = {}
    for event, keys in listed("Events", r"^\.It Li (\w+) (.+)$"):
        keys = re.sub(r"Oo (.*?) Oc", lambda option: option[1].replace(" ,", "") + "?", keys)
        found[event] = " ".join(keys.replace("Va ", "").replace(",", "").split())
    return found


def test_events():
    """All that the other tests ever hear is checked against KEYS: so these are the true ones."""
    told = events()
    assert told.pop("replay") == "last? since? lines"
    assert told == KEYS


def test_events_of_the_source():
    """Each is a literal there: what is said in a room in a table of render.c."""
    text = code_of_all()
    used = set(re.findall(r'\b(?:json_open|begin)\([^,"]*,\s*"(\w+)"', text))
    used |= set(re.findall(r'\[SAID_\w+\] = \{"(\w+)"', text))
    assert used == set(events())


def test_commands_are_those_of_the_daemon_s_page():
    """Which are compared with /help in test_manual.py."""
    mine, other = ([line for line in text.splitlines() if line.startswith(".It Ic ")]
                   for text in (section(PAGE, "COMMANDS"), section("mtchatd.8", "Commands", "Ss")))
    assert mine == other and len(mine) >= 12


def test_every_command_in_an_example_is_known():
    text = section(PAGE, "COMMANDS")
    for command in re.findall(r"(?:['n]|echo )/([a-z]+)\b", section(PAGE, "EXAMPLES")):
        assert re.search(rf"^\.It Ic /{command}\b", text, re.M) or command in ("mgs", "etc")


def test_notices_that_are_quoted_are_those_of_the_daemon_s_page():
    """But for numbers and names."""
    def plain(text):
        return re.sub(r"\d+|\b(?:k3f9a2c|N)\b", "#", text.replace("\\&", "").strip())
    known = {plain(line) for line in re.findall(r"^\.It Li \"(\* .*)\"$", page("mtchatd.8"), re.M)}
    quoted = re.findall(r"^\.Ql (\* .*?)(?: [.,;])?$", page(PAGE), re.M)
    assert len(quoted) >= 4
    assert {plain(line) for line in quoted} - known == set()


@pytest.mark.parametrize("source, number, unit, told", [
    ("src/mtchatd/name.h", r"NAME_CHARACTERS_MAX = (\d+)", 1, "1 to {} characters"),
    ("src/mtchatd/name.h", r"NAME_MAX_BYTES = (\d+)", 1, "at most {} bytes: letters"),
    ("src/mtchatd/command.c", r"TOKEN_MAX = (\d+)", 1, "up to {} bytes of it"),
    ("src/mtchatd/command-history.c", r"HISTORY_MAX = (\d+)", 1, "0 to {}, or as many"),
    ("src/mtchatd/settings.c", r"FIELD\(max_line\), NUMBER\(\d+, \d+, (\d+)\)", 1,
     "{} if nothing else is configured"),
    ("src/mtchatd/settings.c", r"FIELD\(port\), NUMBER\(\d+, \d+, (\d+)\)", 1, "port {} if"),
    ("src/mtchatd/render.h", r"NONCE_MAX = (\d+)", 1, "1 to {} of A to Z"),
    ("src/mtchatd/render.h", r"RENDER_OVERHEAD = (\d+)", 1, "three times max_line and {} bytes"),
    ("src/mtchatd/recall.h", r"RECALL_NONCES = (\d+)", 1, "last {} tokens are known"),
    ("src/mtchatd/recall.h", r"RECALL_MS = (\d+)", 60000, "each for {} minutes"),
    ("src/mtchatd/answer.h", r"ANSWER_PAGE = (\d+)", 1, "show {} names at a time"),
    ("src/mtchatd/answer.h", r"ANSWER_PAGE = (\d+)", 1, "a list of at most {} objects"),
    ("src/mtchatd/tune.h", r"linger_ms = (\d+)", 1000, "within {} seconds is lost"),
    ("src/mtchatd/tune.h", r"keepalive_idle_s = (\d+)", 1, "without a word for {} seconds"),
])
def test_numbers(source, number, unit, told):
    found = int(re.search(number, (ROOT / source).read_text(encoding="utf-8"))[1])
    assert found % unit == 0
    assert told.format(found // unit) in words(PAGE)


def test_a_line_s_bound_covers_answers():
    text = (ROOT / "src/mtchatd/answer.h").read_text(encoding="utf-8")
    kib = int(re.search(r"ANSWER_MAX = (\d+) << 10", text)[1])
    assert kib <= int(re.search(r"or (\d+) KiB if that is more", words(PAGE))[1])
