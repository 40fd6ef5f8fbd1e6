"""test_manual.py - the manual tells what the programs have, all of it, and nothing else

Held against each other: the pages in man/, --help of both programs, /help of a daemon, and the
sources where these do not tell.  The settings are compared in test_config.py too.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from chatter import PATIENCE
from daemon import MTCHATD, Daemon
from test_catalog import given, ids
from test_config import table

ROOT = pathlib.Path(__file__).resolve().parent.parent
MTCHAT = os.environ.get("MTCHAT", "mtchat")
PROGRAMS = {"mtchatd": ("mtchatd.8", MTCHATD), "mtchat": ("mtchat.1", MTCHAT)}
PAGES = ("mtchat-protocol.7", "mtchat.1", "mtchatd.8", "mtchatd.conf.5")
LIBRARY_VARIABLES = {  # what is read by a function that we call
    "sd_listen_fds_with_names": {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"},
    "sd_watchdog_enabled": {"WATCHDOG_USEC", "WATCHDOG_PID"},
    "setlocale": {"LC_ALL", "LC_CTYPE", "LANG"},
    "bindtextdomain": {"LC_MESSAGES", "LANGUAGE"},
    "strftime": {"LC_TIME"},
    "localtime_r": {"TZ"},
    "rl_callback_handler_install": {"TERM", "INPUTRC"},
}


def page(name):
    return (ROOT / "man" / name).read_text(encoding="utf-8")


def section(name, title, kind="Sh"):
    """The source of one section, or with "Ss" of a part of one."""
    end = r"\.Sh " if kind == "Sh" else r"\.S[hs] "
    found = re.search(rf"^\.{kind} {title}\n(.*?)(?=^{end}|\Z)", page(name), re.M | re.S)
    assert found, f"{name} has no {title}"
    return found[1]


def items(text):
    """Every .It, without its macros and quotes."""
    return [re.sub(r"\b(Li|Dv|Ev|Va|Ic|Op|Ar|Ns) |\"", "", line)
            for line in re.findall(r"^\.It (.+)$", text, re.M)]


def words(name):
    """A page as running text: what stands alone on a line is joined, macros are gone."""
    text = re.sub(r"^\.(?:[A-Z][a-z] )?", "", page(name), flags=re.M)
    return " ".join(text.replace('"', "").split())


def sources(*folders):
    return {path: path.read_text(encoding="utf-8")
            for folder in folders for path in sorted((ROOT / "src" / folder).glob("*.c"))}


def sources_of(program):
    """Its own, and those of common/ that it includes."""
    own = sources(program)
    common = sources("common")
    used = set(re.findall(r'"common/(\w+)\.h"', "".join(own.values())))
    while True:
        more = {path: text for path, text in common.items() if path.stem in used}
        reached = used | set(re.findall(r'"common/(\w+)\.h"', "".join(more.values())))
        if reached == used:
            return "".join([*own.values(), *more.values()])
        used = reached


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE)


@pytest.mark.parametrize("program", PROGRAMS)
def test_options(program):
    name, path = PROGRAMS[program]
    helped = re.findall(r"^  (?:-(\w),|   ) --([\w-]+)(?: ([A-Z]+))? ", run(path, "--help").stdout,
                        re.M)
    assert len(helped) >= 2
    listed = re.findall(r"^\.It Fl (?:(\w) , )?-([\w-]+)(?: Ar (\w+))?$", page(name), re.M)
    assert sorted((short, long, argument.upper()) for short, long, argument in listed) == \
        sorted(helped)


@pytest.mark.parametrize("name, program",
                         [("mtchat.1", "mtchat"), ("mtchatd.8", "mtchatd"),
                          ("mtchatd.conf.5", "mtchatd")])
def test_no_other_option_is_told(name, program):
    known = set(re.findall(r" -(-\w+|\w)\b", run(PROGRAMS[program][1], "--help").stdout))
    told = set()
    for line in re.findall(r"\bFl (.*)$", page(name), re.M):
        told |= set(re.findall(r"(?:^|[,|] |Fl )(-\w+|\w)\b", line))
    assert told <= known


def test_commands():
    with Daemon() as daemon:
        client = daemon.client()
        client.say(b"/help", b"/ping end")
        answer = b"\n".join(client.read_until(b"* pong end")).decode()
    helped = re.findall(r"^\* (/\S*(?: \[?[A-Z]+\]*)*)  ", answer, re.M)
    assert len(helped) >= 4
    lines = re.findall(r"^\.It Ic (.+)$", section("mtchatd.8", "Commands", "Ss"), re.M)
    assert [line.replace("Op Ar ", "[").replace(" Ns Ar ", "").replace("Ar ", "") +
            "]" * line.count("Op ") for line in lines] == helped


def test_notices():
    text = "".join(sources("mtchatd").values()).replace('" PRIu64 "', "llu")
    text = re.sub(r'"\s*\n\s*"', "", text)
    sent = re.findall(r'"(?:\\n)?(\* [\w%][^"]*?)(?:\\n)?"', text)
    sent += ["* " + form for form in re.findall(
        r'\b(?:answer_notice\([^,"]+, *"\w+"|tell\(answer|snprintf\(text, sizeof\(text\)),'
        r'\s*"([^"]+)"', re.sub(r",\n\s*", ", ", text)) if not form.startswith(("pong", "%-"))]
    assert len(sent) >= 20
    told = items(section("mtchatd.8", "Notices", "Ss"))
    forms = [re.sub(r"(%(?:s|\\\.\\\*s))+", r".+", re.sub(r"%(?:llu|zu|d|u)", r"\\d+", re.escape(form)))
             for form in sent]
    for form in forms:
        assert any(re.fullmatch(form, item) for item in told), form
    for item in told:
        assert any(re.fullmatch(form, item) for form in forms), item


def test_how_to_be_rid_of_somebody(tmp_path):
    """The rules as they stand there are good ones, and each setting named is one."""
    part = section("mtchatd.8", "To be rid of somebody", "Ss")
    assert set(re.findall(r"\b(?:max|rate)_\w+", part)) <= set(table())
    rules = re.search(r"^table inet.*?^}$", part, re.M | re.S)[0]
    sets = set(re.findall(r"^# nft add element inet mtchat (\w+) ", part, re.M))
    assert sets == set(re.findall(r"\bset (\w+) \{", rules)) == set(re.findall(r"@(\w+)", rules))
    if os.geteuid() != 0 or not (shutil.which("nft") and shutil.which("unshare")):
        return
    adds = re.findall(r"^# nft (add element .*)$", part, re.M)
    path = tmp_path / "rules"
    path.write_text(rules + "\n" + "".join(line.replace("'", "") + "\n" for line in adds))
    done = subprocess.run(["unshare", "--net", "nft", "-f", path], capture_output=True, text=True,
                          check=False, timeout=PATIENCE)
    assert done.returncode == 0 or "Operation not" in done.stderr, done.stderr


def test_message_ids():
    listed = re.findall(r"^\.It Li (\w{32})\n(.*?)(?=^\.It |^\.El)",
                        section("mtchatd.8", "JOURNAL"), re.M | re.S)
    assert [number for number, _ in listed] == list(ids().values())
    told = dict(listed)
    for name, number in ids().items():
        fields = set(re.findall(r"[A-Z_]{4,}", told[number])) - {"ERRNO"}
        assert fields == given(name), name


def test_fields():
    written = re.findall(r'add\(&?entry, "([A-Z_]+)=',
                         (ROOT / "src/mtchatd/journald.c").read_text())
    assert len(written) >= 10
    journal = section("mtchatd.8", "JOURNAL")
    named = re.findall(r"^\.Va ([A-Z_]+) ?[,;:]?$", journal.split(".Bl", 1)[0], re.M)
    named += [field for line in re.findall(r"^\.It Va (.*)$", journal, re.M)
              for field in line.split(" , ")]
    assert sorted(named) == sorted(set(written))


def test_reasons():
    table = (ROOT / "src/mtchatd/reason.c").read_text()
    reasons = dict(re.findall(r'\[(REASON_\w+)\] = "(.+)",', table))
    listed = section("mtchatd.8", "JOURNAL").split("is one of\n", 1)[1].split(".El", 1)[0]
    assert sorted(items(listed)) == sorted(reasons.values())
    used = {word for path, text in sources("mtchatd").items() if path.stem != "reason"
            for word in re.findall(r"REASON_\w+", text)}
    assert used >= set(reasons) and len(reasons) >= 8


def test_what_the_status_says():
    text = "".join(sources("mtchatd").values())
    said = re.findall(r'(?:trouble = "|refuse\(acceptor, "|STATUS=)([a-z].*?)"', text)
    assert len(said) >= 4
    told = words("mtchatd.8")
    assert [one for one in said if one not in told] == []


def test_signals():
    handled = re.findall(r"sigaddset\(&set, (SIG\w+)\)",
                         (ROOT / "src/mtchatd/acceptor.c").read_text())
    listed = [one for item in items(section("mtchatd.8", "SIGNALS")) for one in item.split(" , ")]
    assert sorted(listed) == sorted(handled) and len(handled) >= 3


@pytest.mark.parametrize("program", PROGRAMS)
def test_exit_statuses(program):
    name = PROGRAMS[program][0]
    used = {0 if status == "OK" else getattr(os, f"EX_{status}")
            for status in re.findall(r"\bEX_(\w+)", "".join(sources(program).values()))} | {0}
    if program == "mtchat":  # 128 + the signals that end the prompt
        ours = re.search(r"ours\[\] = \{(.*?)\}", (ROOT / "src/mtchat/signals.c").read_text())[1]
        used |= {128 + getattr(signal, one) for one in ours.split(", ")
                 if one not in ("SIGTSTP", "SIGCONT", "SIGWINCH")}
    listed = [int(one) for item in items(section(name, "EXIT STATUS")) for one in item.split(" , ")]
    assert sorted(listed) == sorted(used)


def test_statuses_that_the_unit_knows():
    unit = (ROOT / "systemd" / "mtchatd.service.in").read_text()
    final = re.search(r"^RestartPreventExitStatus=(.*)$", unit, re.M)[1].split()
    assert f"After {final[0]}, {final[1]} and {final[2]} the unit" in words("mtchatd.8")
    assert len(final) == 3


@pytest.mark.parametrize("program", PROGRAMS)
def test_environment(program):
    text = sources_of(program)
    read = set(re.findall(r'getenv\("(\w+)"\)', text))
    assert read, "the sources read no variable?"
    for function, variables in LIBRARY_VARIABLES.items():
        if re.search(rf"\b{function}\(", text):
            read |= variables
    listed = [one for item in items(section(PROGRAMS[program][0], "ENVIRONMENT"))
              for one in item.split(" , ")]
    assert sorted(listed) == sorted(read)


def test_settings():
    known = table()
    listed = dict(re.findall(r"^\.It Ic (\w+)\n(.*?)(?=^\.It |\Z)",
                             section("mtchatd.conf.5", "SETTINGS"), re.M | re.S))
    for name, text in listed.items():
        assert known[name]["unit"] in text, f"the unit of {name}"
        reload = re.search(r"^Reload: (.*)", text, re.M | re.S)
        assert reload, f"{name}: what does a reload do?"
        assert reload[1].startswith("none;") == (known[name]["applies"] == "start"), name


@pytest.mark.parametrize("name", PAGES)
def test_no_unknown_setting_is_told(name):
    told = set(re.findall(r"\b(?:Cm|Ic) ([a-z]+(?:_[a-z]+)+)\b", page(name)))
    assert told <= set(table())


def blocks(text):
    return re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", text, re.M | re.S)


def test_the_examples_of_settings_are_good(tmp_path):
    examples = blocks(section("mtchatd.conf.5", "EXAMPLES"))
    assert len(examples) >= 3
    for number, example in enumerate(examples):
        path = tmp_path / f"{number}.conf"
        path.write_text(example)
        assert run(MTCHATD, "--check", "--config", path).stdout == f"{path}: ok\n"


@pytest.mark.parametrize("name, source, number, unit, told", [
    ("mtchatd.8", "src/mtchatd/tune.h", r"keepalive_idle_s = (\d+)", 1, "silent for {} seconds"),
    ("mtchatd.8", "src/mtchatd/tune.h", r"keepalive_step_s = (\d+)", 1, "{} seconds apart"),
    ("mtchatd.8", "src/mtchatd/tune.h", r"keepalive_probes = (\d+)", 1, "after {} probes"),
    ("mtchatd.8", "src/mtchatd/tune.h", r"link_dead_ms = (\d+)", 60000, "for {} minutes"),
    ("mtchatd.8", "src/mtchatd/tune.h", r"linger_ms = (\d+)", 1000, "within {} seconds is lost"),
    ("mtchatd.8", "src/mtchatd/tune.h", r"status_ms = (\d+)", 1000, "not more than {} seconds"),
    ("mtchatd.8", "src/mtchatd/command.c", r"TOKEN_MAX = (\d+)", 1, "a token has up to {} bytes"),
    ("mtchatd.8", "src/mtchatd/name.h", r"NAME_CHARACTERS_MAX = (\d+)", 1, "1 to {} characters"),
    ("mtchatd.8", "src/mtchatd/name.h", r"NAME_MAX_BYTES = (\d+)", 1, "at most {} bytes: letters"),
    ("mtchatd.8", "src/mtchatd/storm.h", r"STORM_PASS_MAX = (\d+)", 1, "{} of a kind pass"),
    ("mtchatd.8", "src/mtchatd/journal.c", r"QUEUE_MAX = (\d+)", 1, "{} wait"),
    ("mtchatd.8", "src/mtchatd/slot.h", r"SLOTS_MAX = (\d+)", 1, "the {} clients"),
    ("mtchatd.8", "systemd/mtchatd.service.in", r"WatchdogSec=(\d+)", 1, "for {} seconds"),
    ("mtchatd.8", "systemd/mtchatd.service.in", r"LimitNOFILE=(\d+)", 1, "LimitNOFILE={}"),
    ("mtchatd.8", "systemd/mtchatd.service.in", r"FileDescriptorStoreMax=(\d+)", 1,
     "FileDescriptorStoreMax={}"),
    ("mtchatd.8", "src/mtchatd/bag.h", r"BAG_SLOTS = (\d+)", 1, "two for every {} clients"),
    ("mtchatd.8", "src/mtchatd/breaker.h", r"BREAKER_STARTS = (\d+)", 1, "{} times in a row"),
    ("mtchatd.8", "src/mtchatd/breaker.h", r"BREAKER_STARTS = (\d+)", 1, "{} starts in a row"),
    ("mtchatd.8", "systemd/mtchatd.service.in", r"MemoryMax=(\d+)G", 1, "{} GiB of memory"),
    ("mtchatd.8", "systemd/mtchatd.service.in", r"TasksMax=(\d+)", 1, "{} threads are granted"),
    ("mtchatd.conf.5", "src/mtchatd/config.h", r"ERRORS_MAX = (\d+)", 1, "first {} are told"),
    ("mtchatd.conf.5", "src/mtchatd/config-file.h", r"DROPINS_MAX = (\d+)", 1, "up to {} of them"),
    ("mtchat.1", "src/mtchat/history.h", r"HISTORY_MAX = (\d+)", 1, "up to {} lines"),
    ("mtchat.1", "src/mtchat/guard.h", r"GUARD_LINES = (\d+)", 1, "more than {} lines, or"),
    ("mtchat.1", "src/mtchat/ignored.h", r"IGNORED_MAX = (\d+)", 1, "at most {} names"),
    ("mtchat.1", "src/mtchat/safe.h", r"MARKS_MAX = (\d+)", 1, "with one character {} are shown"),
    ("mtchat.1", "src/mtchat/say.h", r"LIMIT_MS = (\d+)", 1000, "for up to {} seconds"),
    ("mtchat.1", "src/mtchat/settings.h", r"HISTORY_MAX = (\d+)", 1, "lines first, 0 to {}."),
    ("mtchat.1", "src/mtchat/settings.h", r"TIMEOUT_MAX = (\d+)", 1, "there: 1 to {}."),
    ("mtchat.1", "src/mtchat/waiting.h", r"WAITING_MAX = (\d+)", 1, "at most {} lines, and is"),
    ("mtchat.1", "src/mtchat/link.h", r"CONNECT_MS = (\d+)", 1000, "at most {} seconds"),
    ("mtchat.1", "src/mtchat/speech.h", r"NAME_MAX = (\d+)", 1, "1 to {} bytes"),
    ("mtchat.1", "src/mtchat/target.h", r'TARGET_PORT +"(\d+)"', 1, "port is {} if none"),
])
def test_numbers(name, source, number, unit, told):
    found = int(re.search(number, (ROOT / source).read_text(encoding="utf-8"))[1])
    assert found % unit == 0
    assert told.format(found // unit) in words(name)


@pytest.mark.skipif(not shutil.which("mandoc"), reason="no mandoc here")
@pytest.mark.parametrize("name", PAGES)
def test_mandoc_likes_it(name):
    found = subprocess.run(["mandoc", "-Tlint", "-Wstyle", ROOT / "man" / name], text=True,
                           capture_output=True, check=False).stdout.splitlines()
    assert [line for line in found if "referenced manual not found" not in line
            and "outdated mandoc.db" not in line] == []
    shown = run("mandoc", "-Tutf8", "-Owidth=78", ROOT / "man" / name).stdout
    shown = re.sub(".\b", "", shown)
    assert max(len(line) for line in shown.splitlines()) <= 80
    assert "<" not in shown, "a word of the text was taken for a macro"
