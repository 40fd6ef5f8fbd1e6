"""test_whispers.py - /me and private lines: who sees them, where they stand, when one is busy"""
import random
import re

import pytest

from chatter import Streams, gather, poll, short
from daemon import Daemon
from named import ask, company, heard, notice, short_id, take

FFFD = "\ufffd".encode()
PRIVATE = re.compile(rb"\[(\w+) -> (\w+)\] (.*)")


@pytest.fixture(name="daemon")
def daemon_():
    with Daemon() as daemon:
        yield daemon


# /me

def test_a_deed_is_seen_by_all(daemon):
    with company(daemon.tcp, b"alice", None, None) as (alice, plain, crier):
        deeds = [b"** alice waves", b"** alice has  two spaces", b"** alice [bob] * x",
                 "** alice 웃는다 🙂".encode(), b"** alice " + FFFD + b"x y"]
        assert ask(alice, b"/me waves", b"/me has  two spaces", b"/me [bob] * x",
                   "/me 웃는다 🙂".encode(), b"/me \xfex\0 y") == deeds
        assert heard(crier, plain) == [deeds]


def test_a_deed_has_the_name_of_its_time(daemon):
    with company(daemon.tcp, b"alice", None) as (alice, plain):
        alice.say(b"/me one", b"/name carol", b"/me two")
        assert plain.read_lines(2) == [b"** alice one", b"** carol two"]


def test_a_deed_needs_a_name(daemon):
    with company(daemon.tcp, None, None, None) as (client, plain, crier):
        assert b"name" in notice(client, b"/me waves")
        assert heard(crier, plain) == [[]]


@pytest.mark.parametrize("line", [b"/me", b"/me "])
def test_an_empty_deed_is_none(daemon, line):
    with company(daemon.tcp, b"alice", None, None) as (alice, plain, crier):
        lines = ask(alice, line)
        assert len(lines) < 2 and all(answer.startswith(b"* ") for answer in lines)
        assert heard(crier, plain) == [[]]


# Private lines

def test_a_private_line_is_for_two(daemon):
    with company(daemon.tcp, b"alice", b"bob", b"carol", None, None) as (
            alice, bob, carol, plain, crier):
        assert ask(alice, b"/msg bob hello world") == [b"[you -> bob] hello world"]
        assert ask(bob, b"/msg alice and to you") == [
            b"[alice -> you] hello world", b"[you -> alice] and to you"]
        assert ask(alice) == [b"[bob -> you] and to you"]
        assert heard(crier, carol, plain) == [[], []]


@pytest.mark.parametrize("said, seen", [
    (b"two  spaces  ", b"two  spaces  "), (b"[carol] x", b"[carol] x"), (b"* x", b"* x"),
    (b"a\xfeb\x1b\0c\r", b"a" + FFFD + b"b" + FFFD + b"c"), ("안녕 🙂".encode(),) * 2,
    ("\u202ex".encode(), FFFD + b"x"), (b"/quit", b"/quit"), (b"bob bob", b"bob bob"),
    (b"x" * 4087, b"x" * 4087)], ids=short_id)
def test_the_text_is_cleaned_as_what_is_said(daemon, said, seen):
    with company(daemon.tcp, b"alice", b"bob") as (alice, bob):
        assert ask(alice, b"/msg bob " + said) == [b"[you -> bob] " + seen]
        assert ask(bob) == [b"[alice -> you] " + seen]


def test_raw_text_is_private_as_it_is():
    every = bytes(byte for byte in range(256) if byte != 0x0a) + b"end"
    with Daemon(text="raw") as daemon, company(daemon.tcp, b"alice", b"bob") as (alice, bob):
        assert ask(alice, b"/msg bob " + every) == [b"[you -> bob] " + every]
        assert ask(bob, every) == [b"[alice -> you] " + every, b"[bob] " + every]


def test_a_private_line_needs_a_name(daemon):
    with company(daemon.tcp, None, b"bob") as (client, bob):
        assert b"name" in notice(client, b"/msg bob psst")
        assert ask(bob) == []


@pytest.mark.parametrize("name", [b"nobody", b"you", b"all", b"server", b"-x", b"x" * 100,
                                  b"x" * 4000, "🙂".encode(), b"\xfe", b"bo", b"bobb"], ids=short_id)
def test_a_private_line_to_nobody_is_refused(daemon, name):
    with company(daemon.tcp, b"alice", b"bob", None, None) as (alice, bob, plain, crier):
        answer = notice(alice, b"/msg %s psst" % name)
        assert b"psst" not in answer and len(answer) < 512
        assert name in answer or not name.isalpha() or len(name) > 64, answer
        assert heard(crier, bob, plain) == [[], []]


@pytest.mark.parametrize("line", [b"/msg", b"/msg ", b"/msg bob"])
def test_a_private_line_without_words_is_refused(daemon, line):
    with company(daemon.tcp, b"alice", b"bob") as (alice, bob):
        notice(alice, line)
        assert ask(bob) == []


@pytest.mark.parametrize("name, spelling", [
    ("bob", "BOB"), ("bob", "ｂｏｂ"), ("Straße", "strasse"), ("bob", "bo\u034fb"),
    ("한글", "\u1112\u1161\u11ab\u1100\u1173\u11af")])
def test_any_spelling_of_the_name_finds(daemon, name, spelling):
    with company(daemon.tcp, b"alice", name.encode()) as (alice, bob):
        lines = ask(alice, f"/msg {spelling} psst".encode())
        assert lines in ([f"[you -> {one}] psst".encode()] for one in (name, spelling)), lines
        assert ask(bob) == [b"[alice -> you] psst"]


def test_a_private_line_to_oneself(daemon):
    with company(daemon.tcp, b"alice") as (alice,):
        assert sorted(ask(alice, b"/msg alice note")) == [
            b"[alice -> you] note", b"[you -> alice] note"]


def test_private_lines_follow_the_name(daemon):
    with company(daemon.tcp, b"alice", b"bob", b"carol") as (alice, bob, carol):
        take(bob, b"robert")
        notice(alice, b"/msg bob psst")
        take(carol, b"bob")
        assert ask(alice, b"/msg bob 1", b"/msg robert 2")[-2:] == [
            b"[you -> bob] 1", b"[you -> robert] 2"]
        assert ask(carol)[-1:] == [b"[alice -> you] 1"]
        assert ask(bob)[-1:] == [b"[alice -> you] 2"]
        bob.close()
        poll(lambda: ask(alice, b"/msg robert 3")[0].startswith(b"* "), "robert is gone")


def test_a_private_line_to_one_who_only_wrote_and_half_closed(daemon):
    """It is there until it has everything; after that it is nobody."""
    with company(daemon.tcp, b"alice", b"bob") as (alice, bob):
        bob.send(b"bye")
        bob.half_close()
        assert bob.read_to_end() == b"[bob] bye\n"
        poll(lambda: ask(alice, b"/msg bob psst")[-1].startswith(b"* "), "bob is gone")


# Where they stand

def weave(name, other, rng):
    """200 lines and 50 private ones: what to send, in pieces."""
    private = 0
    for i in range(200):
        piece = b"%s-%d\n" % (name, i)
        if i % 4 == 3:
            piece += b"/msg %s %s-p%d\n" % (other, name, private)
            private += 1
        cut = rng.randrange(len(piece))
        yield from (piece[:cut], piece[cut:]) if rng.random() < 0.3 else (piece,)


def split(lines):
    """The lines of the log; and the private ones: text, and how many lines of the log before."""
    log, private = [], []
    for line in lines:
        match = PRIVATE.fullmatch(line)
        if match:
            private.append((match[3], len(log), match[1], match[2]))
        else:
            log.append(line)
    return log, private


@pytest.mark.parametrize("handlers", [1, 2, 3])
def test_private_lines_stand_exactly_where_they_were_said(handlers):
    """Two whisper to each other and talk, two more talk: for both it is the same place."""
    with Daemon(handlers=handlers, tune={"split_members": 1}) as daemon, \
            company(daemon.tcp, b"alice", b"bob", b"carol", b"dora", None) as clients:
        alice, bob, *_ = clients
        seen = {client: bytearray() for client in clients}
        rng = random.Random(handlers)
        streams = Streams(lambda client, data: seen[client].extend(data))
        others = {b"alice": b"bob", b"bob": b"alice"}
        for client, name in zip(clients, [b"alice", b"bob", b"carol", b"dora"]):
            pieces = weave(name, others[name], rng) if name in others else [
                b"%s-%d\n" % (name, i) for i in range(200)]
            streams.add(client, pieces)
        streams.add(clients[4])
        wanted = {client: 800 + (100 if client in (alice, bob) else 0) for client in clients}
        streams.run(lambda: all(seen[client].count(b"\n") >= count
                                for client, count in wanted.items()))
        heard_by = [split(bytes(seen[client]).splitlines()) for client in clients]
        log = heard_by[4][0]
        assert len(log) == 800 and all(lines == log for lines, _ in heard_by)
        assert [private for _, private in heard_by[2:]] == [[]] * 3
        (_, at_alice), (_, at_bob) = heard_by[:2]
        check_places(log, at_alice, b"alice", b"bob")
        check_places(log, at_bob, b"bob", b"alice")
        assert sorted(one[:2] for one in at_alice) == sorted(one[:2] for one in at_bob)


def check_places(log, private, me, other):
    """All 100, in their order, each between the two lines that its author said around it."""
    for author in (me, other):
        ways = (b"you", other) if author == me else (other, b"you")
        own = [one for one in private if one[0].startswith(author)]
        assert [(text, way, back) for text, _, way, back in own] == [
            (b"%s-p%d" % (author, i), *ways) for i in range(50)]
        places = [i for i, line in enumerate(log) if line.startswith(b"[%s] " % author)]
        for i, (_, before, *_) in enumerate(own):
            after = places[4 * i + 4] if i < 49 else len(log)
            assert places[4 * i + 3] < before <= after


# To one who does not read

def whisper_until_busy(alice, size=3000, most=24 << 20):
    """What bob is to get; the last one was refused, and alice was answered each time."""
    sent = []
    while len(sent) * size < most:
        text = b"%06d " % len(sent) + b"." * size
        lines = ask(alice, b"/msg bob " + text)
        assert len(lines) == 1
        if lines[0] != b"[you -> bob] " + text:
            assert lines[0].startswith(b"* ") and b"busy" in lines[0], lines[0][:200]
            return sent
        sent.append(text)
    raise AssertionError("bob's outbox has no end")


@pytest.mark.parametrize("road", ["tcp", "unix"])
def test_a_full_outbox_is_busy_and_nobody_waits(road):
    with Daemon(tune={"split_members": 1}, handlers=2) as daemon:
        with company(daemon.tcp, b"alice", b"carol", None) as (alice, carol, crier), \
                gather(getattr(daemon, road), 1, rcvbuf=16384)[0] as bob:
            take(bob, b"bob")
            heard(crier, alice, carol)
            before = daemon.rss()
            sent = whisper_until_busy(alice)
            assert sent and daemon.rss() - before < 16 << 20
            assert ask(alice, b"/msg carol go on", b"hi") == [
                b"[you -> carol] go on", b"[alice] hi"]
            assert heard(crier, carol) == [[b"[alice -> you] go on", b"[alice] hi"]]
            lines = ask(bob)
            assert [line for line in lines if line.startswith(b"[alice -> ")] == [
                b"[alice -> you] " + text for text in sent]
            assert ask(alice, b"/msg bob again")[-1:] == [b"[you -> bob] again"]
            assert ask(bob) == [b"[alice -> you] again"]


def test_one_who_was_busy_takes_more_as_soon_as_it_reads(daemon):
    """Accepted and got are the same, whichever were refused, while it reads now and then."""
    with company(daemon.unix, b"alice", b"bob") as (alice, bob):
        accepted, refused, got, number = [], 0, [], 0
        for _ in range(short(20)):
            while True:
                text = b"%d " % number + b"." * 2000
                number += 1
                line = ask(alice, b"/msg bob " + text)[0]
                if line.startswith(b"* "):
                    refused += 1
                    break
                accepted.append(b"[alice -> you] " + text)
            got += bob.read_lines(random.randrange(1, max(2, len(accepted) - len(got))))
        got += ask(bob)
        assert got == accepted and refused


def test_a_lot_of_private_lines_from_many(daemon):
    """Whatever was accepted is got, once, whole and in the order of its author."""
    names = [b"w%d" % i for i in range(8)]
    with company(daemon.tcp, b"bob", *names) as (bob, *authors):
        for i in range(short(300)):
            for client, name in zip(authors, names):
                client.say(b"/msg bob %s %d" % (name, i))
        answers = [ask(client) for client in authors]
        assert all(len(lines) == short(300) for lines in answers)
        got = ask(bob)
        for name, lines in zip(names, answers):
            accepted = [line for line in lines if line.startswith(b"[you -> bob] ")]
            assert all(b"busy" in line for line in lines if line not in accepted)
            assert accepted and [line for line in got if line.startswith(b"[%s -> " % name)] == [
                line.replace(b"[you -> bob]", b"[%s -> you]" % name) for line in accepted]
        assert all(PRIVATE.fullmatch(line) for line in got)
