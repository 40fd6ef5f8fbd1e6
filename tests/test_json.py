"""test_json.py - what programs see: each event with its keys, each notice with its code"""
import os
import pwd
import time

import pytest

from chatter import Client, poll, short
from daemon import Daemon
from jsonl import WAYS, Json, bots, number, seconds, sequence
from named import short_id


@pytest.fixture(name="daemon", params=WAYS["argvalues"], ids=WAYS["ids"])
def daemon_(request):
    with Daemon(**request.param) as daemon:
        yield daemon


@pytest.fixture(scope="module", name="shared")
def shared_daemon():
    """For tests that leave nothing behind."""
    with Daemon() as daemon:
        yield daemon


def both(one, other):
    """What two hear up to now, which must be the same; of the one that asks first."""
    events = one.ask()
    assert other.ask() == events
    return events


# hello

def test_hello_in_a_new_room(daemon):
    with Json(daemon.tcp) as bot:
        hello = dict(bot.hello)
        epoch, head = sequence(hello.pop("head"))
        assert epoch and head == 0 and hello.pop("key") and hello.pop("server")
        assert hello == {"ev": "hello", "proto": 1, "room": "lobby", "you": None,
                         "limits": {"max_line": 4096}}


def test_hello_knows_the_name_and_the_head(daemon):
    with Json(daemon.tcp) as other, Json(daemon.tcp, plain=True) as bot:
        other.say(b"one", b"two")
        other.events(2)
        text = bot.switch(b"/name bot")
        assert text[-1] == b"* you are bot now" and text[:-1] in ([], [b"two"], [b"one", b"two"])
        assert bot.hello["you"] == "bot" and other.event()["name"] == "bot"
        assert bot.hello["head"] == other.track.head


def test_hello_tells_the_longest_line():
    with Daemon(max_line=100) as daemon, Json(daemon.tcp) as bot:
        assert bot.hello["limits"] == {"max_line": 100}
        assert bot.notice(b"x" * 101) == (
            "too_long", "line too long (101 > 100 bytes), not sent")


def test_keys_are_hard_to_guess(shared):
    bots_ = [Json(shared.tcp) for _ in range(30)]
    assert len({bot.hello["key"] for bot in bots_}) == 30
    for place in range(32):
        assert len({bot.hello["key"][place] for bot in bots_}) > 3
    for bot in bots_:
        bot.close()


def test_json_again_is_answered_again(shared):
    with Json(shared.tcp) as bot:
        first = bot.hello
        again = bot.answer(b"/json")
        assert {**again, "head": first["head"]} == first


# Lines

def test_a_line_of_one_without_a_name(daemon):
    with bots(daemon.tcp, None, None) as (one, other):
        before = time.time()
        one.say("안녕 🙂".encode())
        event, after = one.event(), time.time()
        assert other.event() == event
        assert before - 0.002 <= seconds(event) <= after + 0.002
        del event["id"], event["t"]
        assert event == {"ev": "say", "room": "lobby", "from": None, "text": "안녕 🙂"}


def test_a_line_and_a_deed_of_one_with_a_name(daemon):
    with bots(daemon.tcp, b"alice", None) as (alice, other):
        alice.say(b"hi", b"/me waves")
        said, done = both(alice, other)
        assert (said["ev"], said["from"], said["text"]) == ("say", "alice", "hi")
        assert (done["ev"], done["from"], done["text"]) == ("me", "alice", "waves")
        assert number(done) == number(said) + 1 and "auth" not in said and "n" not in said


@pytest.mark.parametrize("line, text", [
    (b"", ""), (b"  two  spaces  ", "  two  spaces  "), (b"//x", "/x"), (b"/etc/passwd",) * 2,
    (b'say "hi" \\ / \\n', 'say "hi" \\ / \\n'), (b"a\tb", "a\tb"), (b"cr\r", "cr"),
    (b"a\0b", "ab"), (b"a\x1b[1m\x07\x7f", "a\ufffd[1m\ufffd\ufffd"), (b"\xff\xfb\x01x", "x"),
    ("\u0085\u2028\u202e\u2066".encode(), "\ufffd" * 4), ("\u200d\ufeff\u00ad".encode(),) * 2,
    (b"\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80", "\ufffd" * 9), (b"\xe3\x81", "\ufffd\ufffd"),
    (b"\xb0\xa1", "\ufffd\ufffd"), ("\U0010ffff\ufffe\ue000".encode(),) * 2, (b"[x] y", "[x] y"),
    (b"* x", "~* x"), (b"** x", "~** x"), (b"[server] x", "[~server] x"), (b"{}", "{}"),
    (b'{"ev":"bye"}', '{"ev":"bye"}'), (b"x" * 4096, "x" * 4096), (b'"' * 4096, '"' * 4096),
    (b"\xfe" * 4096, "\ufffd" * 4096), (b"\t" * 4096, "\t" * 4096)], ids=short_id)
def test_the_text_of_a_line(shared, line, text):
    with bots(shared.tcp, None, None) as (one, other):
        one.say(line)
        event = one.event()
        assert other.event() == event
        assert event["text"] == (text if isinstance(text, str) else text.decode())


def test_the_longest_line_of_the_longest_name(shared):
    name = "가" * 21 + "x"
    with Json(shared.tcp, name=name.encode()) as bot:
        for line in (b'"' * 4096, b"\xfe" * 4096, "가".encode() * 1365, b"\\" * 4090):
            # A private line has less room: so many broken bytes may be refused.
            private = [f"/msg {name} ".encode()] if line[0] != 0xfe else []
            for command in (b"", b"/me ", *private):
                events = bot.ask((command + line)[:4096])
                assert events and all(event["from"] == name for event in events)
                assert {event["text"][-1] for event in events} <= {'"', "\ufffd", "가", "\\"}


def test_ids_and_times_go_on_whatever_is_said(daemon):
    """The tracks of both listeners see to it that no id is left out and no time goes back."""
    with bots(daemon.tcp, b"alice", None) as (alice, other):
        for turn in range(short(100)):
            alice.say(b"say %d" % turn, b"/me %d" % turn, b"/name alice%d" % turn, b"/who")
            other.say(b"other %d" % turn)
        mine, others = alice.ask(), other.ask()
        mine, others = mine + alice.ask(), others + other.ask()
        heard = [event for event in mine if "id" in event]
        ids = [number(event) for event in heard]
        assert ids == list(range(ids[0], ids[0] + 4 * short(100)))
        assert others == heard


# Names

def test_a_first_name_is_a_join(daemon):
    with bots(daemon.tcp, None, None) as (one, other):
        answer, event = one.ask(b"/name alice")
        assert answer == {"ev": "notice", "code": "name_ok", "text": "you are alice now"}
        assert (event["ev"], event["room"], event["name"]) == ("join", "lobby", "alice")
        assert abs(seconds(event) - time.time()) < 10 and other.ask() == [event]


@pytest.mark.parametrize("name", ["bob", "Alice", "ＡＬＩＣＥ"])
def test_another_name_or_spelling_is_a_rename(daemon, name):
    with bots(daemon.tcp, b"alice", None) as (alice, other):
        answer, event = alice.ask(f"/name {name}".encode())
        assert answer["code"] == "name_ok" and event["ev"] == "rename"
        assert event["name"] == "alice" and event["to"] in (name, "ALICE")
        assert answer["text"] == f"you are {event['to']} now" and other.ask() == [event]
        alice.say(b"hi")
        assert alice.event()["from"] == event["to"]


@pytest.mark.parametrize("way, reason", [
    ("quit", "quit"), ("half_close", "closed"), ("close", "closed"), ("reset", "reset")])
def test_one_with_a_name_leaves(daemon, way, reason):
    with bots(daemon.tcp, b"alice", b"bob") as (alice, bob):
        alice.say(b"last words")
        alice.events(1)
        if way == "quit":
            alice.say(b"/quit")
        else:
            getattr(alice, way)()
        said, left = bob.events(2)
        assert said["text"] == "last words"
        assert (left["ev"], left["name"]) == ("leave", "alice")
        assert left["reason"] == reason and left["room"] == "lobby"


def test_one_without_a_name_comes_and_goes_unseen(daemon):
    with bots(daemon.tcp, b"alice") as (alice,):
        for way in ("close", "reset", "half_close"):
            with Json(daemon.tcp) as passing:
                getattr(passing, way)()
        poll(lambda: alice.answer(b"/who")["unnamed"] == 0, "all are gone", step=0.05)
        assert alice.ask() == []


# Private lines

def test_a_private_line_is_one_event_for_both(daemon):
    with bots(daemon.tcp, b"alice", b"bob", None) as (alice, bob, other):
        before = time.time()
        priv = alice.answer(b'/msg bob "psst"  \xfe')
        assert bob.ask() == [priv] and other.ask() == []
        assert before - 0.002 <= seconds(priv) <= time.time() + 0.002
        del priv["t"]
        assert priv == {"ev": "priv", "from": "alice", "to": "bob", "text": '"psst"  \ufffd'}


def test_a_private_line_to_oneself(shared):
    with bots(shared.tcp, b"alice") as (alice,):
        events = alice.ask(b"/msg alice note")
        assert 1 <= len(events) <= 2 and all(event == events[0] for event in events)
        assert events[0]["from"] == events[0]["to"] == "alice"


# Notices

REFUSED = [
    (b"/mgs bob secret", "unknown_command", "unknown command /mgs; to say it, type //mgs"),
    (b"x" * 5213, "too_long", "line too long (5213 > 4096 bytes), not sent"),
    (b"/name bob", "name_taken", "the name bob is taken"), (b"/name BOB", "name_taken", None),
    (b"/name bob 0123456789abcdef0123456789abcdef", "name_taken", "the name bob is taken"),
    (b"/name a/b", "bad_name", None), (b"/name you", "bad_name", None), (b"/name", "name", None),
    (b"/me waves", "no_name", None), (b"/msg bob psst", "no_name", None),
    (b"/join", "usage", "you are in lobby; another: /join ROOM"), (b"/join -x", "bad_room", None),
    (b"/join all", "bad_room", None), (b"/who nowhere", "no_such_room", "there is no room nowhere"),
    (b"/since x", "bad_id", None), (b"/since", None, None), (b"/last x", None, None),
    (b"/since zzzz.1", "history_restarted", None)]


@pytest.mark.parametrize("line, code, text", REFUSED, ids=short_id)
def test_what_is_refused_has_a_code(shared, line, code, text):
    with bots(shared.tcp, b"bob", None) as (bob, other):
        told = other.notice(line)
        assert told[0] == code or code is None and told[0] in ("usage", "bad_id"), told
        assert told[1] == text or text is None and told[1] and not told[1].startswith("*")
        assert bob.ask() == []


def test_what_is_refused_to_one_with_a_name(shared):
    with bots(shared.tcp, b"alice") as (alice,):
        code, text = alice.notice(b"/msg nobody psst")
        assert code == "no_such_name" and "nobody" in text and "psst" not in text
        assert alice.notice(b"/msg")[0] == "usage"
        assert alice.notice(b"/msg alice")[0] == "usage"
        code, text = alice.notice(b"/name")
        assert code == "name" and "alice" in text


def test_help_is_a_notice_for_each_line_of_it(shared):
    with bots(shared.tcp, None) as (bot,), Client(shared.tcp) as text:
        lines = bot.ask(b"/help")
        assert {event["code"] for event in lines} == {"help"}
        text.say(b"/help", b"/ping x")
        assert text.read_until(b"* pong x")[:-1] == [
            f"* {event['text']}".encode() for event in lines]
        words = " ".join(event["text"] for event in lines)
        for command in "name me msg who join rooms last since json ping help quit".split():
            assert f"/{command}" in words


def test_one_whose_outbox_is_full_is_busy(daemon):
    with bots(daemon.tcp, b"alice") as (alice,), \
            Json(daemon.unix, name=b"bob", rcvbuf=16384) as bob:
        alice.ask()
        sent, told = 0, []
        while not told:
            events = alice.ask(*[b"/msg bob %06d " % (sent + i) + b"." * 4000 for i in range(20)])
            told = [event for event in events if event.get("code", "throttled") != "throttled"]
            sent += sum(event["ev"] == "priv" for event in events)
            assert sent < 8000, "bob's outbox has no end"
        assert {event["code"] for event in told} == {"busy"} and "bob" in told[0]["text"] and sent
        got = [event["text"] for event in bob.ask() if event["ev"] == "priv"]
        assert [int(text[:6]) for text in got] == list(range(sent))


def test_a_double_is_told_with_its_token(daemon):
    with bots(daemon.tcp, b"alice", None) as (alice, other):
        for command, kind in ((b"", "say"), (b"/me ", "me"), (b"/msg alice ", "priv")):
            mark = b"T_-" + kind.encode()
            alice.say(b"@n=%s %shi" % (mark, command))
            events = alice.ask()
            assert events and all((event["ev"], event["n"], event["text"]) == (
                kind, mark.decode(), "hi") for event in events)
            assert alice.answer(b"@n=%s %sagain" % (mark, command)) == {
                "ev": "notice", "code": "duplicate", "n": mark.decode(),
                "text": f"{mark.decode()} was said already, not again"}
        assert [(event["ev"], event["n"]) for event in other.ask()] == [
            ("say", "T_-say"), ("me", "T_-me")]


@pytest.mark.parametrize("line", [b"@n= x", b"@n=a.b x", b"@n=" + b"x" * 33 + b" y", b"@n=a", b"@n",
                                  b"@N=a x", b"@n=a\tx", b" @n=a x"])
def test_what_is_no_token_is_text(shared, line):
    with bots(shared.tcp, b"alice") as (alice,):
        for _ in range(2):
            event = alice.answer(line)
            assert event["text"] == line.decode() and "n" not in event


def test_the_token_of_one_without_a_name_is_text(shared):
    with bots(shared.tcp, None) as (bot,):
        assert [bot.answer(b"@n=a x")["text"] for _ in range(2)] == ["@n=a x"] * 2


def test_a_token_before_another_command_is_ignored(shared):
    with bots(shared.tcp, b"alice") as (alice,):
        for _ in range(2):
            assert alice.answer(b"@n=t /ping a") == {"ev": "pong", "token": "a"}
            assert alice.answer(b"@n=t /who")["ev"] == "who"
        assert alice.answer(b"@n=t said")["n"] == "t"


def test_the_kernel_vouches_on_the_unix_socket(daemon):
    account = pwd.getpwuid(os.getuid()).pw_name.encode()
    with bots(daemon.tcp, account) as (thief,), Json(daemon.unix) as owner:
        events = owner.ask(b"/name " + account)
        joined = events[-1]
        assert joined["ev"] == "join" and joined["auth"] == "uid"
        heard = thief.ask()
        told = next(event for event in heard if event["ev"] == "notice")
        name = account.decode()
        assert (told["code"], told["text"]) == (
            "renamed", f"{name} is the name of an account here: you are {name}-2 now")
        renamed = next(event for event in heard if event["ev"] == "rename")
        assert (renamed["name"], renamed["to"]) == (name, f"{name}-2") and "auth" not in renamed
        owner.say(b"hi", b"/me waves", b"/msg %s-2 psst" % account)
        assert {event["auth"] for event in owner.ask()} == {"uid"}
        assert [event.get("auth") for event in thief.ask()] == ["uid"] * 3


# Answers

def test_who_and_rooms(daemon):
    with bots(daemon.tcp, b"bob", b"alice", None, None) as (bob, *_):
        assert bob.answer(b"/who") == {
            "ev": "who", "room": "lobby", "names": ["alice", "bob"], "unnamed": 2, "more": 0}
        assert bob.answer(b"/rooms") == {
            "ev": "rooms", "rooms": [{"name": "lobby", "clients": 4}], "more": 0}


def test_pong_with_a_token_and_without(shared):
    with bots(shared.tcp, None) as (bot,):
        for line, mark in ((b"/ping", None), (b'/ping "x\\', '"x\\'), ("/ping 안녕".encode(), "안녕")):
            bot.say(line)
            assert bot.event() == {"ev": "pong", "token": mark}


# The end

@pytest.mark.parametrize("named", [b"alice", None])
def test_quit(daemon, named):
    with bots(daemon.tcp, named) as (bot,):
        bot.say(b"one", b"/quit", b"two")
        said, bye = bot.end()
        assert said["text"] == "one" and bye == {"ev": "bye", "reason": "quit"}


@pytest.mark.parametrize("named", [b"alice", None])
def test_half_close(daemon, named):
    with bots(daemon.tcp, named) as (bot,):
        bot.send(b"one\n/ping x\ntail")
        bot.half_close()
        one, pong, tail, bye = bot.end()
        assert (one["text"], pong["token"], tail["text"]) == ("one", "x", "tail")
        assert bye == {"ev": "bye", "reason": "closed"}


@pytest.mark.parametrize("how", ["half_close", "close", "reset"])
@pytest.mark.parametrize("size", [1, 2, 3, 6, 20])
def test_a_torn_line_with_a_nonce_is_not_said(daemon, how, size):
    """Who gives one says the line again, and then it is no double."""
    whole = b"@n=torn the whole of what alice says"
    with bots(daemon.tcp, b"alice", b"bob") as (alice, bob):
        alice.send(whole[:size])
        getattr(alice, how)()
        assert [event["ev"] for event in bob.until(ev="leave", name="alice")] == ["leave"]
        with bots(daemon.tcp, b"alice") as (again,):
            again.send(whole + b"\n")
            said = bob.until(ev="say")[-1]
            assert said["text"] == "the whole of what alice says"


def test_a_name_taken_over_with_its_key(daemon):
    with bots(daemon.tcp, b"alice", None, None) as (old, new, other):
        answer = new.answer(b"/name alice " + old.hello["key"].encode())
        assert answer["code"] == "name_ok"
        assert old.end()[-1] == {"ev": "bye", "reason": "taken over"}
        assert other.ask() == []
        new.say(b"it is me")
        assert new.event()["from"] == "alice"


def test_stop_without_a_store():
    with Daemon() as daemon, bots(daemon.tcp, b"alice", None) as clients:
        clients[0].ask()
        daemon.terminate()
        for bot in clients:
            events = bot.end()
            assert events[-1] == {"ev": "bye", "reason": "stopping"}
            assert {"ev": "notice", "code": "stopping", "text": "server stopping"} in events
        assert daemon.exit_status() == 0
