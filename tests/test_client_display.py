"""test_client_display.py - the prompt, busy and at rest; bells; terminals, colours, languages"""
import os
import re
import shutil
import subprocess
import tempfile
import time

import pytest

from chatter import short
from hub import cpu_seconds
from mtchat import MTCHAT
from pane import Pane
from scenes import one_room, shared_daemon  # noqa: F401
from seat import CLOCK, COLOUR, STYLE, Home, Seat, address, said, sit, speaker
from stage import Stage

TYPED = "what is being typed"
PO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "po", "ko.po")
QUIET = "comings = false;\n"


# The prompt while things happen

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


@pytest.mark.parametrize("typed", [
    "a" * 80 + 3 * FAMILY, 14 * FAMILY, "a" * 70 + 12 * "\u2764\ufe0f", 25 * "\U0001f44d\U0001f3fd",
    40 * "\U0001f1f0\U0001f1f7", 48 * "\U0001fadf", FAMILY],
    ids=["joined", "all joined", "variants", "skin", "flags", "unassigned", "one"])
def test_joined_emoji(daemon, room, typed):
    """Terminals differ in how wide they are: nobody's line is wiped out for that, nor the prompt."""
    argv = [MTCHAT, address(daemon.tcp), "-n", "alice", "-r", room, "-l", "0"]
    with Home(QUIET) as home, speaker(daemon, room, "bob") as bob, Pane(argv, home.env) as alice:
        prompt = f"{room} alice>"
        alice.wait_prompt(re.escape(prompt))
        said_by_bob = [f"line {number}" for number in range(8)]
        for number, line in enumerate(said_by_bob):
            bob.ask(line.encode())
            alice.wait_row(f"bob: {line}$")
            if number == 2:
                alice.type(typed)
                alice.wait_prompt(".*[^>]")
            if number == 5:
                alice.press("C-u")
                alice.wait_prompt(re.escape(prompt))
        rows = [row for row in alice.rows() if row and not row.startswith(("*", "--"))]
        assert [row[6:] for row in rows[:-1]] == [f"bob: {line}" for line in said_by_bob]
        assert rows[-1] == prompt
        alice.type("after")
        alice.press("Enter")
        alice.wait_row("alice: after")

@pytest.mark.parametrize("rate", [500])
def test_typing_in_a_flood(daemon, room, rate):
    """Nothing typed is lost or torn, each line is shown once, and redraws are few."""
    count, typed = short(4 * rate), 0
    text = "a sentence that is typed slowly while others talk"
    with speaker(daemon, room) as bob, sit(daemon, room, "-l", "0", config=QUIET) as alice:
        begin, before = time.monotonic(), len(alice.raw)
        for number in range(count):
            bob.say(b"flood %d" % number)
            while time.monotonic() < begin + number / rate:
                alice.look(0.002)
            if number * len(text) // count > typed:
                alice.type(text[typed])
                typed += 1
        alice.type(text[typed:])
        alice.sees(said(f"| flood {count - 1}"))
        took = time.monotonic() - begin
        alice.wait(lambda rows: rows[-1] == f"{room} alice> {text}", "what was typed")
        redraws = alice.raw[before:].count(f"{room} alice>".encode())
        assert redraws <= 20 * took + len(text) + 10, f"{redraws} redraws in {took:.1f} s"
        flood = [row[6:] for row in alice.rows() if "| flood" in row]
        assert flood == [f"| flood {number}" for number in range(count)]
        alice.type("\r")
        bob.until(ev="say", text=text)


def test_idle_writes_nothing(daemon, room):
    """Not while nothing happens, nor for the pings of a silent link: what is composed must stay."""
    with sit(daemon, room, config="timeout = 1;\n") as alice:
        alice.type("한글 조")
        alice.prompt(f"{room} alice> 한글 조")
        alice.settle()
        used = cpu_seconds(alice.emulator.process.pid)
        assert alice.quiet(2.5)
        assert cpu_seconds(alice.emulator.process.pid) - used < 0.05


def test_cursor_in_the_middle(daemon, room):
    with speaker(daemon, room, "bob") as bob, sit(daemon, room) as alice:
        alice.type("안세\x1b[D")
        alice.prompt(f"{room} alice> 안세")
        bob.ask(b"news")
        alice.sees(said("bob: news"))
        alice.type("녕 \r")
        alice.sees(said("alice: 안녕 세"))


def test_long_lines_wrap(daemon, room):
    """A line of several rows is shown whole, and so is one that is typed."""
    text = "".join(f"{number:03} 지은 " for number in range(60))
    with speaker(daemon, room, "bob") as bob, sit(daemon, room, columns=61) as alice:
        alice.type("typed " * 30)
        bob.ask(text.encode())
        def whole(rows):
            joined = "".join(rows).replace(" ", "")
            return text.replace(" ", "") in joined and joined.endswith("typed" * 30)
        alice.wait(whole, "both lines")
        alice.type("\r")
        said_by_alice = bob.until(ev="say", **{"from": "alice"})[-1]["text"]
        assert said_by_alice.split() == ["typed"] * 30


# Bells

def test_bell(daemon, room):
    """For mentions and private lines; never for history, for oneself, or for the rest."""
    with speaker(daemon, room, "bob") as bob:
        bob.ask(b"alice, in history")
        with sit(daemon, room) as alice:
            alice.sees(said(">> bob: alice, in history"))
            alice.enter("alice talks of alice")
            alice.sees(CLOCK + "(>> )?alice: alice talks of alice")
            bob.ask(b"nothing for anybody")
            alice.sees(said("bob: nothing for anybody"))
            assert alice.bells() == 0
            for number, line in enumerate((b"alice?", b"/msg alice psst")):
                bob.ask(line)
                alice.wait(lambda _, n=number: alice.bells() == n + 1, "bell")
                alice.settle()  # two that come at once may ring once
            assert b"\x1b]" not in alice.raw


@pytest.mark.parametrize("bell, rings", [("off", 0), ("mention", 1), ("all", 2)])
def test_bell_setting(daemon, room, bell, rings):
    with speaker(daemon, room, "bob") as bob, sit(daemon, room) as alice:
        alice.enter(f"/set bell {bell}")
        alice.sees(CLOCK + rf"\* .*\bbell\b.*\b{bell}\b.*")
        for line in ("to nobody", "to alice"):
            bob.ask(line.encode())
            alice.sees(CLOCK + "(>> )?bob: " + line)
            alice.settle()
        assert alice.bells() == rings


@pytest.mark.parametrize("notify, start", [
    ("osc9", b"\x1b]9;"), ("osc777", b"\x1b]777;notify;mtchat;")])
def test_notify(daemon, room, notify, start):
    config = f'notify = "{notify}";\n'
    with speaker(daemon, room, "bob") as bob, sit(daemon, room, config=config) as alice:
        bob.ask(b"alice; a \x1b]52;c;eA==\x07 thing")
        alice.wait(lambda _: start in alice.raw, notify)
        alice.settle()
        text = re.search(re.escape(start) + rb"([^\x07\x1b]*)\x07", alice.raw)
        assert text and b"thing" in text[1] and alice.raw.count(b"\x1b]") == 1


@pytest.mark.parametrize("notify, osc", [
    ("osc9", b"\x1b]9;mtchat: bob: alice?\a"),
    ("osc777", b"\x1b]777;notify;mtchat;bob: alice?\a")])
@pytest.mark.parametrize("env, before", [
    ({"TMUX": "/tmp/tmux-0/default,1,0"}, b"\x1bPtmux;\x1b"), ({"TERM": "tmux-256color"}, b"\x1bPtmux;\x1b"),
    ({"TERM": "screen-256color"}, b"\x1bP")], ids=["tmux", "tmux, from afar", "screen"])
def test_notify_inside_of_another_terminal(daemon, room, notify, osc, env, before):
    """It is passed on, if that is allowed; and a bell rings in any case."""
    config = f'notify = "{notify}";\n'
    with speaker(daemon, room, "bob") as bob, sit(daemon, room, config=config, env=env) as alice:
        bob.ask(b"alice?")
        alice.wait(lambda _: before + osc + b"\x1b\\\a" in alice.raw, notify)


# Kinds of terminals, colours, languages

@pytest.mark.parametrize("term", ["dumb", "linux", "xterm-256color"])
def test_kinds_of_terminals(daemon, room, term):
    with speaker(daemon, room, "bob") as bob, sit(daemon, room, env={"TERM": term}) as alice:
        alice.type(TYPED)
        bob.ask(b"news for alice")
        alice.sees(said(">> bob: news for alice"))
        alice.wait(lambda rows: rows[-1] == f"{room} alice> {TYPED}", "what was typed")
        alice.type("\r")
        alice.sees(said(f"alice: {TYPED}"))
        assert bob.until(ev="say", **{"from": "alice"})[-1]["text"] == TYPED
        alice.type("\x04")
        assert alice.status() == 0
        assert (b"\x1b" not in alice.raw) == (term == "dumb")
        assert bool(COLOUR.search(alice.raw)) == (term != "dumb")


@pytest.mark.parametrize("env, config", [({"NO_COLOR": "1"}, ""), ({}, "colour = false;\n")],
                         ids=["environment", "setting"])
def test_no_colour(daemon, room, env, config):
    with speaker(daemon, room, "bob") as bob, sit(daemon, room, env=env, config=config) as alice:
        bob.ask(b"good morning, alice")
        alice.sees(said(">> bob: good morning, alice"))
        assert not COLOUR.search(alice.raw)


def colour_of(seat, name):
    found = re.search(rb"(\x1b\[[0-9;]*m)+" + name.encode() + b"[^a-z]", seat.raw)
    return found and [one for one in STYLE.findall(found[0]) if COLOUR.match(one)]


def test_colour_by_folded_name():
    with Stage() as stage, Seat(stage.tcp, "-n", "alice") as alice:
        alice.prompt("lobby alice>")
        names = ["bob", "BOB", "carol", "dave", "erin", "frank"]
        for name in names:
            stage.say("hello", name)
        alice.sees(said("frank: hello"))
        colours = [colour_of(alice, name) for name in names]
        assert colours[0] and colours[0] == colours[1] and len(set(map(str, colours))) > 1


@pytest.fixture(name="korean", scope="module")
def korean_locale():
    if not shutil.which("localedef") or not os.path.exists("/usr/share/i18n/locales/ko_KR"):
        pytest.skip("no localedef or no source of ko_KR (package locales)")
    with tempfile.TemporaryDirectory(prefix="mtchat-locale-") as folder:
        subprocess.run(["localedef", "-i", "ko_KR", "-f", "UTF-8", f"{folder}/ko_KR.UTF-8"],
                       check=True, capture_output=True)
        yield {"LOCPATH": folder, "LC_ALL": "ko_KR.UTF-8", "LANG": "ko_KR.UTF-8"}


def test_korean(daemon, room, korean):
    with speaker(daemon, room, "민수") as minsu, \
            sit(daemon, room, name="지은", env=korean) as seat:
        minsu.ask("지은, 로그는 제가 볼게요".encode())
        seat.sees(said(">> 민수: 지은, 로그는 제가 볼게요"))
        for char in "네, 감사합니다":
            seat.type(char)
        seat.prompt(f"{room} 지은> 네, 감사합니다")
        seat.type("\x7f\x7f다!\r")
        seat.sees(said("지은: 네, 감사합다!"))


@pytest.fixture(name="translated", scope="module")
def korean_words(korean):
    """The environment with the translation of this tree, not of one that is installed."""
    if not shutil.which("msgfmt"):
        pytest.skip("no msgfmt (package gettext)")
    folder = os.path.join(korean["LOCPATH"], "ko", "LC_MESSAGES")
    os.makedirs(folder)
    subprocess.run(["msgfmt", "--check", "-o", f"{folder}/mtchat.mo", PO], check=True)
    return {**korean, "TEXTDOMAINDIR": korean["LOCPATH"]}


def test_translation(daemon, room, translated):
    """Rules, greeting and refusals; what people say and do stays theirs."""
    hangul = re.compile("[가-힣]")
    with speaker(daemon, room, "bob") as bob, \
            Seat(daemon.tcp, "-n", "alice", "-r", room, env=translated) as alice:
        alice.prompt(f"{room} alice>")
        greeting, rule, *_ = alice.rows()
        assert hangul.search(greeting) and room in greeting and "bob" in greeting
        assert hangul.search(rule) and rule.startswith("-- ")
        bob.ask(b"hello")
        alice.sees(said("bob: hello"))
        alice.enter("/set volume 11")
        alice.wait(lambda rows: "volume" in rows[-2] and hangul.search(rows[-2]), "a refusal")
        alice.enter("/help")
        alice.wait(lambda rows: any("/ignore" in row and hangul.search(row) for row in rows),
                   "help in Korean")


def test_lang_c(daemon, room):
    """No locale to speak of: ASCII is as ever, and the rest breaks nothing."""
    env = {"LC_ALL": "C", "LANG": "C"}
    with speaker(daemon, room, "bob") as bob, sit(daemon, room, env=env) as alice:
        bob.ask("before 안녕 after".encode(), b"plain ASCII")
        alice.sees(CLOCK + r"bob: before .* after", said("bob: plain ASCII"))
        alice.type(TYPED)
        alice.prompt(f"{room} alice> {TYPED}")
        alice.type("\r")
        alice.sees(said(f"alice: {TYPED}"))
        alice.type("\x04")
        assert alice.status() == 0
