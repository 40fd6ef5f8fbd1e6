"""test_json_text.py - what text clients see beside JSON ones: what they always saw, nothing new"""
import random

import pytest

from chatter import Client, Streams, short, token
from daemon import Daemon
from jsonl import WAYS, Json, bots, number, sequence, shown, shown_all
from named import ask, company, heard
from replays import SKIP, between, last, newcomer

FFFD = "\ufffd".encode()


@pytest.fixture(name="daemon", params=WAYS["argvalues"], ids=WAYS["ids"])
def daemon_(request):
    with Daemon(**request.param) as daemon:
        yield daemon


def bustle(alice, bob):
    """Two JSON clients do all there is to do but talk."""
    alice.ask(b"/name alicia", b"/who", b"/rooms", b"/ping", b"/help", b"/nosuch", b"/last 5")
    bob.ask(b"/msg alicia psst", b"/join tea", b"in tea", b"/me in tea", b"/msg alicia from tea")
    alice.ask(b"/join tea", b"also in tea", b"/msg bob psst", b"/name alice", b"/join lobby")
    bob.ask(b"/join lobby", b"/json", b"/name x/y", b"/since x.1", b"x" * 5000)


def test_one_that_only_talks_sees_what_was_said_and_nothing_else(daemon):
    """Byte for byte, while others join, leave, rename, move, whisper and ask around it."""
    with bots(daemon.tcp, b"alice", b"bob") as (alice, bob), \
            Client(daemon.tcp) as quiet, Client(daemon.unix) as talker:
        talker.enter()
        quiet.say(b"first")
        quiet.read_until(b"first")
        for turn in range(short(10)):
            bustle(alice, bob)
            for client, line, seen in (
                    (alice, b"hi", b"[alice] hi"), (talker, b"plain", b"plain"),
                    (bob, b"/me waves", b"** bob waves"), (quiet, b"", b""),
                    (bob, b"@n=t%d \xfe" % turn, b"[bob] " + FFFD), (talker, b"* x", b"~* x"),
                    (alice, b"//x", b"[alice] /x"), (quiet, "안녕".encode(), "안녕".encode()),
                    (talker, b"[alice] x", b"[~alice] x"), (quiet, b"{}", b"{}")):
                client.say(line)
                assert quiet.read_exactly(len(seen) + 1) == seen + b"\n"
            with Json(daemon.tcp, name=b"passing%d" % turn) as passing:
                passing.half_close()
                assert passing.end()[-1]["ev"] == "bye"
        quiet.half_close()
        assert quiet.read_to_end() == b""


def script(name, other, rng):
    """What one of a crowd sends, in pieces that are no whole lines."""
    data = []
    for i in range(short(200)):
        data.append(rng.choice([
            b"%s says %d" % (name, i), b"/me does %d" % i, b"/msg %s psst" % other, b"",
            b"/name %s" % name.title(), b"/name %s" % name, "안녕 %d".encode() % i, b"\xfe\x1b"]))
    data = b"\n".join(data) + b"\n"
    while data:
        cut = rng.randrange(1, 200)
        yield data[:cut]
        data = data[cut:]


def test_both_renderings_have_one_order(daemon):
    """Two that hear text and two that hear JSON, while all four talk at once."""
    names = [b"anna", b"bert", b"carl", b"dora"]
    with company(daemon.tcp, *names[:2], None) as (*texts, plain), \
            bots(daemon.tcp, *names[2:], None) as (*jsons, silent):
        end, rng = token(), random.Random(1)
        for client in [*texts, plain]:
            ask(client)
        streams = Streams(lambda client, data: client.buffer.extend(data))
        for client, name, other in zip([*texts, *jsons], names, names[1:] + names[:1]):
            streams.add(client, script(name, other, rng))
        for client in (plain, silent):
            streams.add(client)
        streams.run(lambda: not streams.pieces)
        for client in texts:
            ask(client)
        for client in jsons:
            client.ask()
        plain.say(end)
        lines = plain.read_until(end)
        events = silent.until(text=end.decode())
        assert shown_all(events) == lines
        assert sum(event["ev"] == "rename" for event in events) > short(50)


def test_both_hear_the_same_while_half_of_them_switch(daemon):
    """A text client, one that was JSON from the start, and some that switch in between."""
    with newcomer(daemon.tcp) as text, Json(daemon.tcp) as early:
        late = [Json(daemon.tcp, plain=True) for _ in range(5)]
        for bot in late:
            bot.say(b"/ping")
            assert bot.read_line() == b"* pong"
        for turn, bot in enumerate(late):
            text.say(*[b"%d %d" % (turn, i) for i in range(40)])
            bot.say(b"/json", b"/name bot%d" % turn, b"from %d" % turn)
        lines = text.read_lines(205)
        text.say(b"end")
        lines.append(text.read_line())
        assert shown_all(early.until(text="end")) == lines
        for bot in late:
            assert bot.rest_of_text() + shown_all(bot.until(text="end")) == lines


# Ids

def test_the_ids_of_a_gap_are_those_of_json():
    """A text client that missed lines is told ids; joins and renames count in them."""
    with Daemon(room_log_kib=256, slow_grace_ms=20) as daemon, \
            bots(daemon.tcp, b"alice", None) as (alice, ear), newcomer(daemon.unix) as stuck:
        log = []
        for turn in range(40):
            alice.say(*[b"%d %d " % (turn, i) + b"." * 1000 for i in range(50)])
            alice.say(b"/name a%d" % turn)
            alice.ask()
            log += [event for event in ear.ask() if "id" in event]
        by_number = {number(event): event for event in log}
        end, told, at = shown(log[-2]), [], number(log[0])
        for line in stuck.read_until(end):
            if skip := SKIP.fullmatch(line):
                told.append(skip)
                assert skip[2].decode() == sequence(log[0]["id"])[0]
                assert int(skip[1]) == int(skip[4]) - int(skip[3]) + 1
                assert all(shown(by_number[i]) is None for i in range(at, int(skip[3])))
                at = int(skip[4]) + 1
                continue
            while shown(by_number[at]) is None:
                at += 1
            assert shown(by_number[at]) == line
            at += 1
        assert told


def test_since_an_id_of_json(daemon):
    with bots(daemon.tcp, b"alice", None) as (alice, ear), newcomer(daemon.tcp) as text:
        alice.ask(b"one", b"/name bob", b"two", b"/me three", b"/name carol", b"four")
        log = [event for event in ear.ask() if "id" in event]
        assert [event["ev"] for event in log] == ["say", "rename", "say", "me", "rename", "say"]
        ask(text)
        for at, event in enumerate(log):
            text.say(b"/since " + event["id"].encode())
            assert between(text) == shown_all(log[at + 1:])


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9, 10, 100])
def test_so_many_lines_are_so_many_text_lines(daemon, count):
    """Whatever stands between them and shows nothing."""
    with bots(daemon.tcp, b"alice") as (alice,), newcomer(daemon.tcp) as text:
        said = []
        for i in range(10):
            alice.ask(b"/name b%d" % i, b"/name c%d" % i, b"line %d" % i)
            said.append(b"[c%d] line %d" % (i, i))
        assert ask(text) == said
        assert last(text, b"/last %d" % count) == said[-count:]
        for i in range(60):  # nothing to see at the end either
            alice.say(b"/name d%d" % i)
        alice.ask()
        assert last(text, b"/last %d" % count) == said[-count:]


# Bytes

def valid(data):
    """Each byte that is part of no character is U+FFFD, also where two look like one by chance."""
    text, at = "", 0
    while at < len(data):
        for size in (1, 2, 3, 4):
            try:
                text += data[at:at + size].decode()
                break
            except UnicodeDecodeError:
                continue
        else:
            size, text = 1, text + "\ufffd"
        at += size
    return text


def test_raw_text_is_raw_for_text_clients_and_valid_for_json():
    korean, seen = "안녕하세요".encode("euc-kr"), valid("안녕하세요".encode("euc-kr"))
    assert seen.count("\ufffd") > 5
    every = bytes(byte for byte in range(256) if byte not in b"\n\r")
    lines = [korean, b"\x1b[1mbold", b"a\0b", b"\xff\xfb\x01x", "안녕".encode(), every]
    with Daemon(text="raw") as daemon, bots(daemon.tcp, None, b"bob") as (ear, bob), \
            company(daemon.tcp, b"alice", None) as (alice, plain):
        ear.ask()
        ask(alice)
        plain.say(*lines)
        assert plain.read_lines(len(lines)) == alice.read_lines(len(lines)) == lines
        texts = [event["text"] for event in ear.ask()]
        assert texts[0] == seen and texts[1] == "\ufffd[1mbold"
        assert texts[4] == "안녕" and len(texts) == len(lines)
        assert texts[5].count("\ufffd") >= 128 and " !\"#$%&'()" in texts[5]
        bob.ask()
        alice.say(b"/me " + korean, b"/msg bob " + korean, korean)
        assert plain.read_lines(2) == [b"** alice " + korean, b"[alice] " + korean]
        ask(alice)
        assert [event["text"] for event in bob.ask()] == [seen] * 3
        bob.say(korean)
        assert plain.read_line() == b"[bob] " + korean
        assert last(plain, b"/last 3")[0] == b"** alice " + korean
        ear.ask()
        assert [event["text"] for event in ear.ask(b"/last 1")[1:-1]] == [seen]


def test_the_same_bytes_in_both(daemon):
    lines = [b"\xfe\xff x", b"\x1b[31m", "\u202ex".encode(), b"\xed\xa0\x80", b'"\\', b"\t",
             b"a\0b"]
    with newcomer(daemon.tcp) as text, Json(daemon.tcp) as bot:
        text.say(*lines)
        seen = text.read_lines(len(lines))
        assert shown_all(bot.ask()) == seen


# Commands of text clients

def test_a_text_client_may_use_tokens(daemon):
    with company(daemon.tcp, b"alice", None) as (alice, plain), Json(daemon.tcp) as ear:
        assert ask(alice, b"@n=t hi", b"@n=u /me waves", b"@n=t hi") == [
            b"[alice] hi", b"** alice waves", b"* t was said already, not again"]
        assert ask(plain, b"@n=t hi") == [b"[alice] hi", b"** alice waves", b"@n=t hi"]
        assert [event.get("n") for event in ear.ask()] == ["t", "u", None]


def test_private_lines_between_the_two(daemon):
    with company(daemon.tcp, b"alice", None) as (alice, crier), bots(daemon.tcp, b"bob") as (bob,):
        ask(alice)
        assert ask(alice, b"/msg bob psst") == [b"[you -> bob] psst"]
        priv, = bob.ask()
        assert (priv["from"], priv["to"], priv["text"]) == ("alice", "bob", "psst")
        bob.answer(b"/msg alice and to you")
        assert ask(alice) == [b"[bob -> you] and to you"]
        assert heard(crier, alice) == [[]]


def test_notices_have_the_same_words(daemon):
    lines = [b"/mgs x", b"x" * 5000, b"/name a/b", b"/name you", b"/me x", b"/msg x y", b"/name",
             b"/join", b"/join -x", b"/who nowhere", b"/since x", b"/since zzzz.1", b"/last x",
             b"/since"]
    with newcomer(daemon.tcp) as text, Json(daemon.tcp) as bot:
        for line in lines:
            told, = ask(text, line)
            assert told == b"* " + bot.notice(line)[1].encode()


def test_a_text_client_that_only_talked_is_not_told_of_a_stop():
    with Daemon() as daemon, Client(daemon.tcp) as quiet, bots(daemon.tcp, b"alice") as (alice,):
        quiet.enter()
        daemon.terminate()
        assert alice.end()[-1]["ev"] == "bye" and quiet.read_to_end() == b""
