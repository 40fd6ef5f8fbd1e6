"""test_client_attacks.py - what a hostile server, room or file sends is shown harmless

In a pane of a real tmux, whose title, clipboard and modes must stay what they were, and in pipes.
Each attack comes as escaped JSON, as raw bytes in JSON, and in the plain protocol.
"""
import json
import re
import unicodedata

import pytest

from chatter import poll
from hub import Hub
from mtchat import MTCHAT
from pane import Pane
from pipe import Pipe
from seat import OWN, STYLE, Home, Seat, said
from stage import Stage, packed

COMBINING = "e" + 5000 * "\u0301"
ATTACKS = {
    "clear": b"\x1b[2J\x1b[1;1H", "colour": b"\x1b[31;5;7m", "reset": b"\x1bc",
    "title": b"\x1b]0;pwned\x07", "title-st": b"\x1b]2;pwned\x1b\\", "window": b"\x1bkpwned\x1b\\",
    "clipboard": b"\x1b]52;c;cHduZWQ=\x07", "clipboard-st": b"\x1b]52;p;cHduZWQ=\x1b\\",
    "palette": b"\x1b]4;1;rgb:00/00/00\x07", "link": b"\x1b]8;;http://evil/\x07x\x1b]8;;\x07",
    "alternate": b"\x1b[?1049h", "mouse": b"\x1b[?1000h", "cursor": b"\x1b[?25l",
    "insert": b"\x1b[4h", "region": b"\x1b[3;5r", "question": b"\x1b[c\x1b[6n\x05",
    "answerback": b"\x1b[21t\x1bP$qm\x1b\\", "passthrough": b"\x1bPtmux;\x1b\x1b]0;pwned\x07\x1b\\",
    "string": b"\x1b]never ended", "lone-escape": b"\x1b", "half": b"\x1b[",
    "apc": b"\x1b_pwned\x1b\\", "c1-csi": "\u009b31;5;7m".encode(),
    "c1-osc": "\u009d0;pwned\u009c".encode(), "c1-raw": b"\x9b31;5;7m\x9d0;pwned\x9c",
    "charset": b"\x0e\x1b(0", "return": b"\r09:00 bob: fake", "backspace": b"abc\b\b\b\bxyz",
    "delete": b"\x7f\x7f", "vertical": b"\x0b\x0c", "bell": b"\a\a\a", "nul": b"\x00",
    "separators": "\u2028x\u2029y\u0085z".encode(),
    "bidi": "\u202eevil\u202c \u2066x\u2067y\u2068z\u2069".encode(),
    "combining": COMBINING.encode(), "enclosing": ("x" + 3000 * "\u20dd").encode(),
    "hangul": ("\u1100" + 1000 * "\u1161").encode(), "joiner": ("a" + 3000 * "\u200d").encode(),
    "broken": b"\xff\xfe\xc3", "cut": b"\xe2\x82", "overlong": b"\xc0\x9b\xe0\x80\x9b31;5;7m",
    "surrogate": b"\xed\xa0\x80", "beyond": b"\xf4\x90\x80\x80", "tags": "\U000e0041".encode(),
}
DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069\u2028\u2029]")
SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[]Pk_][^\x07\x1b]*)")


def as_json(attack):
    """The attack as a string of Python: a byte that is no UTF-8 becomes a lone surrogate."""
    return attack.decode(errors="surrogateescape")


def is_text(attack):
    """Can JSON say it?  Not every reader takes a NUL."""
    return not re.search("[\0\ud800-\udfff]", as_json(attack))


def between(name):
    return f"<{name}:".encode(), b":>"


def check_harmless(raw, styled=True):
    """Words, and what a prompt needs: nothing else may be in what was written."""
    for name, attack in ATTACKS.items():
        for sequence in SEQUENCE.findall(attack):
            assert sequence not in raw, f"{name}: {sequence!r} got through"
    assert b"\a\a" not in raw and b"abc\b" not in raw
    words = OWN.sub(b"", raw) if styled else raw
    text = words.decode()  # or it is broken UTF-8
    for number, char in enumerate(text):
        where = text[max(0, number - 40):number + 40]
        allowed = "\r\n\t\b\a" if styled else "\n\t"
        assert char in allowed or unicodedata.category(char) != "Cc", f"{where!r}"
        assert not DIRECTION.match(char), f"{where!r}"
    marks = re.sub("[^\u0300-\u036f\u20dd]+", " ", text)
    assert not re.search(r"\S{64}", marks), "too many combining marks in a row"


def texts(stage):
    """Each attack as what somebody says: escaped, then raw."""
    for name, attack in ATTACKS.items():
        begin, end = between(name)
        stage.send(packed(stage.said(as_json(begin + attack + end), "bob")))
        event = packed(stage.said("HERE", "bob"))
        stage.send(event.replace(b"HERE", b"raw" + begin + attack + end))
    stage.say("all texts said")


def everywhere(stage):
    """Each attack where a server has words or names: it is all one to the client what is true."""
    for name, attack in ATTACKS.items():
        evil = as_json(between(name)[0] + attack + between(name)[1])
        stage.send(packed(stage.numbered("say", **{"from": evil}, text="from")))
        stage.send(packed(stage.numbered("me", **{"from": evil}, text=evil)))
        stage.tell("priv", t=evil, **{"from": evil}, to="alice", text=evil)
        stage.tell("priv", t="2026-11-21T10:31:07.412Z", **{"from": evil}, to="alice", text=evil)
        stage.tell("notice", code=evil, text=evil)
        stage.tell("notice", code="no_such_name", text=evil, n=evil)
        for ev, keys in (("join", {}), ("leave", {"reason": evil}), ("rename", {"to": evil})):
            stage.send(packed(stage.numbered(ev, name=evil, **keys)))
        stage.tell("who", room=evil, names=[evil, evil], unnamed=0, more=0)
        stage.tell("rooms", rooms=[{"name": evil, "clients": 3}], more=1)
        stage.tell("pong", token=evil)
        stage.tell("skip", **{"from": evil, "to": evil}, lines=2)
        stage.tell("restarted", gap_ms=evil)
        stage.tell(evil, **{evil: evil})
    stage.say("all places taken")


def hostile_greeting(stage):
    """A room and a server with such a name: the room's stands in the prompt."""
    stage.room = "lob" + as_json(b"".join(ATTACKS[name] for name in (
        "title", "clear", "clipboard", "bidi", "colour", "return"))) + COMBINING[:500]
    stage.server, stage.names = stage.room, [stage.room, "bob"]


@pytest.fixture(name="home")
def one_home():
    with Home() as home:
        yield home


def check_pane(pane, state, raw=None):
    assert pane.state() == state
    assert pane.buffers() == ""
    check_harmless(pane.raw() if raw is None else raw)
    for line in pane.styled():
        assert not blinks(line), line


def blinks(line):
    """Only an attack wants that."""
    return any("5" in re.sub(r"[34]8;(5;\d+|2;\d+;\d+;\d+)", "", style).split(";")
               for style in re.findall(r"\x1b\[([0-9;]*)m", line))


# The table itself

def test_pane_shows_attacks():
    """These attacks do work where nobody wards them off: else this file proves nothing."""
    sent = b"".join(ATTACKS[name] for name in ("title", "clipboard", "cursor", "insert", "mouse"))
    argv = ["printf", "%b\\nend\\n", "".join("\\0%03o" % byte for byte in sent)]
    with Pane(argv, {}) as pane:
        pane.wait_row("end")
        poll(lambda: pane.buffers() != "", "clipboard")
        state = pane.state()
        assert {name for name, value in state.items() if value != pane.fresh[name]} >= {
            "pane_title", "cursor_flag", "insert_flag", "mouse_any_flag"}
        with pytest.raises(AssertionError):
            check_harmless(pane.raw())


def test_checker_finds():
    """All but what only makes a row longer, or is found by where a row begins."""
    for name in set(ATTACKS) - {"hangul", "joiner", "tags", "return"}:
        with pytest.raises((AssertionError, UnicodeDecodeError)):
            check_harmless(b"09:00 bob: " + ATTACKS[name] + b"\r\n")
    check_harmless(b"\x1b[?2004h\x1b[1m09:00 bob\x1b[0m: hi\r\n\x1b[2K")
    assert blinks("\x1b[1;5mx") and not blinks("\x1b[38;5;12mx\x1b[0m")


# In a terminal

def open_pane(stage, home, prompt="lobby alice>"):
    pane = Pane([MTCHAT, stage.target, "-n", "alice"], home.env)
    try:
        pane.wait_prompt(prompt)
    except BaseException:
        pane.__exit__(None)
        raise
    return pane


def test_texts_in_a_pane(home):
    with Stage() as stage, open_pane(stage, home) as pane:
        state = pane.state()
        texts(stage)
        pane.wait_row("bob: all texts said")
        pane.wait_prompt("lobby alice>")
        check_pane(pane, state)
        check_rows(pane.rows())
        pane.type("still here")
        pane.wait_prompt("lobby alice> still here")
        assert not [text for text in stage.heard if "pwned" in text or "\x1b" in text]


def check_rows(rows):
    """Every line is there, on a row of its own, and no longer than such a line may be."""
    for name, attack in ATTACKS.items():
        shown = [row for row in rows if f" bob: <{name}:" in row]
        if is_text(attack):
            assert len(shown) == 1, f"{name}: {shown}"
        for row in shown:
            assert re.match(r"\d\d:\d\d bob: <", row), f"{name}: {row!r}"
            assert len(row) < 6000 and len(row.encode()) < 20000, f"{name}: {len(row)}"
    assert not [row for row in rows if row.startswith("09:00 bob: fake")]
    short = next(row for row in rows if "bob: <combining:" in row)
    assert len(short) < 200, f"{len(short)} characters in place of one"


def test_every_place_in_a_pane(home):
    with Stage() as stage, open_pane(stage, home) as pane:
        state = pane.state()
        everywhere(stage)
        pane.wait_row("bob: all places taken")
        pane.wait_prompt("lobby alice>")
        check_pane(pane, state)


def test_greeting_in_a_pane(home):
    with Stage() as stage:
        hostile_greeting(stage)
        with open_pane(stage, home, r".*>") as pane:
            state = pane.state()
            stage.say("said in that room")
            pane.wait_row("said in that room")
            pane.type("lo")  # and TAB would type such a name
            pane.press("Tab")
            pane.type("x")
            pane.wait_prompt(r".*x")
            check_pane(pane, state)
        with Pipe(stage.tcp, "--tail", home=home) as tail:
            tail.wait(lambda: stage.say("said again") or b"said again" in tail.out or
                      tail.process.poll(), "lines, or an end")
            check_harmless(tail.out + tail.err, styled=False)


def test_typed_history_in_a_pane(home):
    """What somebody has put into the file comes back with the up key."""
    with open(home.path("state", "mtchat", "history"), "wb") as file:
        for name, attack in ATTACKS.items():
            file.write(f"<{name}:".encode() + attack.replace(b"\n", b"") + b":>\n")
    with Stage() as stage, open_pane(stage, home) as pane:
        state = pane.state()
        for _ in ATTACKS:
            pane.press("Up")
        pane.press("C-u")
        pane.type("done")
        pane.wait_prompt(".*done")
        check_pane(pane, state, pane.raw().replace(b"\a", b""))  # it rings at the first line
        assert not [text for text in stage.heard if text.startswith("<")]


@pytest.mark.parametrize("way", ["prompt", "pipe"])
def test_plain_in_a_pane(home, way):
    argv = {"prompt": lambda target: [MTCHAT, target, "--plain"],
            "pipe": lambda target: ["sh", "-c", 'sleep 60 | exec "$0" "$@"', MTCHAT, target]}[way]
    with Hub() as hub, Pane(argv(hub.target), home.env) as pane:
        hub.wait_clients(1)
        hub.say(b"begin\n")
        pane.wait_row("^begin")
        state = pane.state()
        for name, attack in ATTACKS.items():
            begin, end = between(name)
            hub.say(b"bob: " + begin + attack + end + b"\n")
        hub.say(b"all texts said\n")
        pane.wait_row("^all texts said")
        check_pane(pane, state)


# In pipes

@pytest.mark.parametrize("attack, last", [(texts, "all texts said"),
                                          (everywhere, "all places taken")])
def test_tail(home, attack, last):
    with Stage() as stage, Pipe(stage.tcp, "--tail", "-l", "5", home=home) as tail:
        stage.wait_live()
        attack(stage)
        tail.sees(".* bob: " + last)
        tail.process.terminate()
        assert tail.status() == 143
        check_harmless(tail.out, styled=False)
        check_harmless(tail.err, styled=False)
        assert not STYLE.search(tail.out + tail.err)
        for line in tail.lines():
            assert re.match(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00 ", line), line
        if attack is texts:
            assert b" bob: <title:" in tail.out and b" bob: <combining:" in tail.out


@pytest.mark.parametrize("attack, last", [(texts, "all texts said"),
                                          (everywhere, "all places taken")])
def test_json(home, attack, last):
    """Each line is JSON without a control character, and says what the server said."""
    with Stage() as stage, Pipe(stage.tcp, "--json", "-l", "5", home=home) as process:
        stage.wait_live()
        attack(stage)
        process.sees(f".*{last}.*")
        out = bytes(process.out[:process.out.rindex(b"\n") + 1])
        events = [json.loads(line) for line in out.split(b"\n")[:-1]]
        if attack is texts:
            said = {event["text"] for event in events if event["ev"] == "say"}
            for name in ("clear", "title", "clipboard", "c1-csi", "bidi", "combining", "return"):
                begin, end = between(name)
                assert (begin + ATTACKS[name] + end).decode() in said, name
        assert not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f]", out.decode())


def test_refusals_of_a_server(home):
    """What -m writes to stderr, and what is said of a refused name."""
    evil = "".join(as_json(attack[:500]) for attack in ATTACKS.values() if is_text(attack[:500]))
    for code, word, status in (("name_taken", "/name", 77), ("too_long", "hello", 65)):
        with Stage() as stage:
            stage.answers[word] = [{"ev": "notice", "code": code, "text": evil}]
            with Pipe(stage.tcp, "-n", "alice", "-m", "hello", home=home) as process:
                assert process.status() == status
                check_harmless(process.err, styled=False)
                assert process.out == b"" and process.err.startswith(b"mtchat: ")


# What is no JSON, or none of ours

MALFORMED = [
    b"", b"{", b"nonsense", b"[]", b"null", b"5", b'"say"', b"{}", b'{"ev":5}', b'{"ev":"say"}',
    b'{"ev":"say","id":5,"t":6,"room":7,"from":8,"text":9}', b'{"ev":"say","text":"no end',
    b'{"ev":"say","id":"stage.99999999999999999999","t":"x","room":"lobby","from":"b","text":"x"}',
    b'{"ev":"say","id":"","t":"","room":"","from":"","text":""}', b'{"ev":"\\ud800"}',
    b'{"ev":"say","text":"\\u00"}', b'{"ev":"who","room":"lobby","names":"bob","unnamed":-1}',
    b'{"ev":"who","room":"lobby","names":[[],{},null,5],"unnamed":1e999,"more":-5}',
    b'{"ev":"rooms","rooms":{"name":"x"}}', b'{"ev":"rooms","rooms":[5,null,{"name":null}]}',
    b'{"ev":"skip","from":"a.1","to":"b.0","lines":-1}', b'{"ev":"replay","lines":-1}',
    b'{"ev":"live"}', b'{"ev":"restarted","gap_ms":-1e300}', b'{"ev":"notice","code":null}',
    b"[" * 20000, b'{"a":' * 20000, b'{"ev":"say","text":"' + b"x" * 100000 + b'"}', b"x" * 200000,
    b"\x00\x00\x00", b"\xff" * 100, b'{"ev":"priv","from":null,"to":null,"text":null}',
    b'{"ev":"say","ev":"say","text":"a","text":"b"}', b'{"ev":"join","id":"stage.0","name":[]}',
]


def test_malformed(home):
    """Passed over, whatever it is: the next line is shown, and the link stays."""
    with Stage() as stage, open_pane(stage, home) as pane:
        for number, line in enumerate(MALFORMED):
            stage.send(line + b"\n")
            stage.say(f"good {number} end")
        pane.wait_row(f"bob: good {len(MALFORMED) - 1} end")
        shown = [row[6:] for row in pane.rows() if re.match(r"\d\d:\d\d bob: good", row)]
        assert shown == [f"bob: good {number} end" for number in range(len(MALFORMED))]
        pane.wait_prompt("lobby alice>")
        assert stage.heard.count("/json") == 1
        check_harmless(pane.raw())


# Words in another's mouth

FORGED = "13:38 carol: I resign"
FILLERS = {"blanks": " ", "fillers": "\u3164", "braille": "\u2800", "no-break": "\u00a0", "tabs": "\t",
           "wide": "\u3000", "words": "x"}


@pytest.mark.parametrize("filler", FILLERS.values(), ids=FILLERS)
@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}],
                         ids=["colours", "no-colours", "dumb"])
def test_no_forged_row(filler, env):
    """Whatever fills the first row, at whatever width: the second is never a line of carol's."""
    with Stage() as stage, Seat(stage.tcp, "-n", "alice", columns=100, env=env) as alice:
        stage.wait_live()
        for count in range(20, 90):
            stage.send(packed(stage.said("hi" + count * filler + FORGED, "mallory")))
        stage.send(packed(stage.said("that was all", "mallory")))
        alice.sees(said("mallory: that was all"))
        assert not [row for row in alice.rows() if row.startswith("13:38 carol")]


def test_tail_on_a_terminal_and_in_a_pipe():
    """A terminal has rows; in a log a line is one line, and stays as it was said."""
    text = "hi" + 77 * " " + "2026-12-01 " + FORGED
    with Stage() as stage, Seat(stage.tcp, "--tail", columns=100) as seat, \
            Pipe(stage.tcp, "--tail", "-l", "1") as pipe:
        poll(lambda: sum(text.startswith(("/last", "/since")) for text in list(stage.heard)) == 2,
             "both in the room")
        stage.send(packed(stage.said(text, "mallory")))
        pipe.sees(".* mallory: " + re.escape(text))
        seat.sees(".*mallory: hi.*")
        assert not [row for row in seat.rows() if row.startswith("2026-12-01 13")]
