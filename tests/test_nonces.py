"""test_nonces.py - @n=TOKEN: what is sent twice is said once, over new links and deaths too"""
import itertools
import os
import time

import pytest

from chatter import PATIENCE, Client, poll, short
from daemon import Daemon
from jsonl import Json, bots
from manager import Service
from named import ask, company, heard, notice, short_id, take, take_when_free
from survivors import unread
from test_crash_points import CRASHING, serve

MOST = 128  # tokens that are remembered for a name
SLOWED = b"* slowed to 100 commands/s"
POINTS = ["RENDERED", "RECORDED", "HALF_DONE", "APPLIED", "COMMITTED", "SENT_LINES"]


@pytest.fixture(name="daemon")
def daemon_():
    with Daemon() as daemon:
        yield daemon


@pytest.fixture(name="service")
def service_():
    with Service() as service:
        yield service


def again(token):
    return b"* %s was said already, not again" % token


def numbered(first, count):
    """Lines with a token each, and how they are shown."""
    numbers = range(first, first + count)
    return [b"@n=t%d %d" % (i, i) for i in numbers], [b"[alice] %d" % i for i in numbers]


def said(events):
    """What each says, and its token."""
    return [(event["ev"], event["text"], event.get("n")) for event in events]


# What is seen of it

def test_text_clients_see_no_token(daemon):
    with company(daemon.tcp, b"alice", None) as (alice, plain):
        lines = [b"[alice] hello", b"** alice waves", b"[alice] ", b"[alice]  two", b"[alice] /x",
                 b"[alice] /etc/passwd", b"[alice] @n=b x"]
        assert ask(alice, b"@n=a1 hello", b"@n=a2 /me waves", b"@n=a3 ", b"@n=a4  two",
                   b"@n=a5 //x", b"@n=a6 /etc/passwd", b"@n=a7 @n=b x") == lines
        assert plain.read_lines(len(lines)) == lines


def test_programs_see_it_in_lines_deeds_and_private_lines(daemon):
    with bots(daemon.tcp, b"alice", b"bob", None) as (alice, bob, watcher):
        alice.ask()
        mine = alice.ask(b"@n=a hi", b"@n=b /me waves", b"@n=c /msg bob psst", b"bare",
                         b"/me bows", b"/msg bob bare")
        assert said(mine) == [
            ("say", "hi", "a"), ("me", "waves", "b"), ("priv", "psst", "c"),
            ("say", "bare", None), ("me", "bows", None), ("priv", "bare", None)]
        told = [event for event in bob.ask() if "text" in event]
        assert told == mine
        assert [event for event in watcher.ask() if "text" in event] == [
            event for event in mine if event["ev"] != "priv"]


def test_programs_see_that_of_a_text_client(daemon):
    with company(daemon.tcp, b"alice", b"bob") as (alice, bob), Json(daemon.tcp) as watcher:
        assert ask(alice, b"@n=x hi", b"@n=y /me waves", b"@n=z /msg bob psst") == [
            b"[alice] hi", b"** alice waves", b"[you -> bob] psst"]
        assert said(watcher.ask()) == [("say", "hi", "x"), ("me", "waves", "y")]
        assert ask(bob) == [b"[alice] hi", b"** alice waves", b"[alice -> you] psst"]


def test_of_one_without_a_name_it_is_text(daemon):
    lines = [b"@n=a hi", b"@n=a hi", b"@n=b there"]
    with company(daemon.tcp, None) as (plain,), bots(daemon.tcp, None) as (program,):
        assert ask(plain, *lines) == lines
        assert said(program.ask(*lines)) == [("say", line.decode(), None) for line in lines] * 2
        assert ask(plain) == lines


# Which tokens there are

@pytest.mark.parametrize("line", [
    b"@n= x", b"@n=", b"@n=a", b"@n=a.b x", b"@n=" + b"y" * 33 + b" x", b"@N=a x", b"@n a x",
    b" @n=a x", b"@n=\xc3\xa9 x", b"@n=a\tx", b"@n=a/b x", b"@m=a x", b"n=a x", b"@n=a=b x",
    b"x @n=a x", b"@@n=a x", b"@n=" + b"y" * 4000, b"@n=\xea\xb0\x80 x"], ids=short_id)
def test_what_does_not_match_is_text(daemon, line):
    with company(daemon.tcp, b"alice") as (alice,), Json(daemon.tcp) as watcher:
        assert ask(alice, line, line) == [b"[alice] " + line] * 2
        assert said(watcher.ask()) == [("say", line.decode(), None)] * 2


@pytest.mark.parametrize("token", [b"a", b"-", b"_", b"0", b"Ab-_9", b"y" * 32, b"-" * 32],
                         ids=short_id)
def test_good_tokens(daemon, token):
    with company(daemon.tcp, b"alice") as (alice,), Json(daemon.tcp) as watcher:
        assert ask(alice, b"@n=%s x" % token, b"@n=%s x" % token) == [b"[alice] x", again(token)]
        assert said(watcher.ask()) == [("say", "x", token.decode())]


def test_tokens_that_differ_a_little(daemon):
    tokens = [b"a", b"A", b"aa", b"a-", b"a_", b"y" * 32, b"y" * 31, b"y" * 31 + b"z"]
    with company(daemon.tcp, b"alice") as (alice,):
        assert ask(alice, *(b"@n=%s x" % token for token in tokens)) == [b"[alice] x"] * 8


def test_before_other_commands_it_counts_for_nothing(daemon):
    with company(daemon.tcp, b"alice", b"bob", None) as (alice, bob, crier):
        assert ask(alice, b"@n=a /ping x", b"@n=a /ping x") == [b"* pong x"] * 2
        assert notice(alice, b"@n=a /mgs bob secret").startswith(b"* unknown command /mgs;")
        assert b"carol" in notice(alice, b"@n=a /name carol")
        assert ask(alice, b"@n=a hi") == [b"[carol] hi"], "a command has used the token up"
        assert heard(crier, bob) == [[b"[carol] hi"]]


# What is sent twice

def test_a_double_is_not_said_and_its_author_is_told(daemon):
    with company(daemon.tcp, b"alice", None, None) as (alice, plain, crier):
        assert ask(alice, b"@n=k hi", b"@n=k hi", b"@n=k other words", b"and on") == [
            b"[alice] hi", again(b"k"), again(b"k"), b"[alice] and on"]
        assert heard(crier, plain) == [[b"[alice] hi", b"[alice] and on"]]


def test_a_program_is_told_with_its_token(daemon):
    with bots(daemon.tcp, b"alice") as (alice,):
        alice.ask(b"@n=k hi")
        assert alice.answer(b"@n=k hi") == {
            "ev": "notice", "code": "duplicate", "text": "k was said already, not again", "n": "k"}


@pytest.mark.parametrize("first", [b"line", b"/me deed", b"/msg bob note"])
@pytest.mark.parametrize("second", [b"line", b"/me deed", b"/msg bob note"])
def test_lines_deeds_and_private_lines_have_the_same_tokens(daemon, first, second):
    with company(daemon.tcp, b"alice", b"bob", None) as (alice, bob, crier):
        told = ask(alice, b"@n=k " + first, b"@n=k " + second)
        assert len(told) == 2 and told[1] == again(b"k") != told[0]
        assert [len(lines) for lines in heard(crier, bob)] == [1]


def test_what_was_refused_was_not_said(daemon):
    """It may be sent once more, as soon as there is no reason to refuse it."""
    with company(daemon.tcp, b"alice", None) as (alice, other):
        told = ask(alice, b"@n=k /msg bob psst", b"@n=l " + b"x" * 5000)
        assert len(told) == 2 and all(line.startswith(b"* ") for line in told)
        take(other, b"bob")
        ask(alice)
        assert ask(alice, b"@n=k /msg bob psst", b"@n=l x") == [b"[you -> bob] psst", b"[alice] x"]
        assert ask(other)[-2:] == [b"[alice -> you] psst", b"[alice] x"]


def test_many_in_one_packet(daemon):
    lines, shown = numbered(0, 100)
    with company(daemon.tcp, b"alice", None, None) as (alice, plain, crier):
        assert ask(alice, *lines, *lines) == shown + [again(b"t%d" % i) for i in range(100)]
        assert heard(crier, plain) == [shown]


def test_each_twice_in_one_packet(daemon):
    lines, shown = numbered(0, 50)
    with company(daemon.tcp, b"alice", None, None) as (alice, plain, crier):
        told = ask(alice, *(line for line in lines for _ in range(2)))
        assert told == [one for i in range(50) for one in (shown[i], again(b"t%d" % i))]
        assert heard(crier, plain) == [shown]


def test_in_two_pieces(daemon):
    with company(daemon.tcp, b"alice") as (alice,):
        for cut in range(1, 8):
            line = b"@n=k%d hello\n" % cut
            alice.send(line[:cut])
            poll(lambda: unread(alice) == 0, "the first piece has come")
            alice.send(line[cut:])
            assert ask(alice, line[:-1]) == [b"[alice] hello", again(b"k%d" % cut)]


# For how long

def test_so_many_are_remembered(daemon):
    lines, shown = numbered(0, MOST)
    with company(daemon.tcp, b"alice") as (alice,):
        assert ask(alice, *lines) == shown
        assert ask(alice, *lines) == [again(b"t%d" % i) for i in range(MOST)]


def test_the_oldest_is_forgotten_for_a_new_one(daemon):
    lines, shown = numbered(0, MOST + 1)
    with company(daemon.tcp, b"alice") as (alice,):
        assert ask(alice, *lines) == shown
        assert ask(alice, lines[2]) == [again(b"t2")]
        assert ask(alice, lines[0], lines[1]) == shown[:2]
        assert ask(alice, lines[0], lines[MOST]) == [again(b"t0"), again(b"t%d" % MOST)]


def test_lines_without_a_token_and_doubles_push_none_out(daemon):
    lines, shown = numbered(0, 2)
    with company(daemon.tcp, b"alice") as (alice,):
        assert ask(alice, *lines) == shown
        ask(alice, *[b"bare"] * 300)
        assert ask(alice, *[lines[1]] * 150) == [again(b"t1")] * 150
        assert ask(alice, lines[0]) == [again(b"t0")]


# Whose they are

def test_each_name_has_its_own(daemon):
    lines, _ = numbered(0, MOST)
    names = [b"n%d" % i for i in range(5)]
    with company(daemon.tcp, *names) as clients:
        for client, name in zip(clients, names):
            told = [line for line in ask(client, *lines) if not line.startswith(b"* pong")]
            assert told[-MOST:] == [b"[%s] %d" % (name, i) for i in range(MOST)]
        for client in clients:
            ask(client)
            assert ask(client, *lines) == [again(b"t%d" % i) for i in range(MOST)]


def test_a_name_keeps_its_own_when_its_holder_takes_another(daemon):
    with company(daemon.tcp, b"alice", None) as (alice, other):
        assert ask(alice, b"@n=k hi") == [b"[alice] hi"]
        take(alice, b"carol")
        assert ask(alice, b"@n=k hi") == [b"[carol] hi"]
        take(other, b"alice")
        assert notice(other, b"@n=k hi") == again(b"k")


@pytest.mark.parametrize("leave", ["close", "reset"])
@pytest.mark.parametrize("name", [b"alice", b"ALICE", "ａｌｉｃｅ".encode()], ids=short_id)
def test_the_name_on_a_new_link(daemon, leave, name):
    with company(daemon.tcp, b"alice", None) as (alice, plain):
        assert ask(alice, b"@n=k hi") == [b"[alice] hi"]
        getattr(alice, leave)()
        with Client(daemon.tcp) as back:
            take_when_free(back, name)
            assert notice(back, b"@n=k hi") == again(b"k")
        assert ask(plain).count(b"[alice] hi") == 1


def test_the_name_by_its_key_on_a_new_link(daemon):
    with bots(daemon.tcp, b"alice", None) as (alice, watcher):
        alice.ask(b"@n=k hi")
        with Json(daemon.tcp) as back:
            assert back.notice(b"/name alice " + alice.hello["key"].encode())[0] == "name_ok"
            assert back.answer(b"@n=k hi")["code"] == "duplicate"
        assert [event["text"] for event in watcher.ask() if event["ev"] == "say"] == ["hi"]


# Over the end of the daemon

@pytest.mark.parametrize("end", ["kill", "restart"])
def test_ended_at_once_and_sent_again(service, end):
    with company(service.tcp, b"alice", None, None) as (alice, plain, crier):
        turns = range(short(20))
        for turn in turns:
            alice.say(b"@n=k%d once %d" % (turn, turn))
            getattr(service, end)()
            alice.say(b"@n=k%d once %d" % (turn, turn))
            assert alice.read_lines(2) == [b"[alice] once %d" % turn, again(b"k%d" % turn)]
        assert heard(crier, plain) == [[b"[alice] once %d" % turn for turn in turns]]


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_killed_and_the_link_is_lost_too(service, leave):
    """Nobody knows whether the first was said; after the second it was, once."""
    with company(service.tcp, None, None) as (plain, crier):
        turns = range(short(15))
        for turn in turns:
            line = b"@n=k%d once %d" % (turn, turn)
            first = Client(service.tcp)
            take_when_free(first, b"alice")
            first.say(line)
            following = service.kill(wait=False)
            getattr(first, leave)()
            with Client(service.tcp) as second:
                take_when_free(second, b"alice")
                told = [one for one in ask(second, line) if b"once" in one or b"already" in one]
                assert told in ([b"[alice] once %d" % turn], [again(b"k%d" % turn)])
            service.wait_life(following)
        once = [line for line in heard(crier, plain)[0] if b"once" in line]
        assert once == [b"[alice] once %d" % turn for turn in turns]


def test_all_are_remembered_over_several_ends(service):
    lines, shown = numbered(0, MOST + 10)
    with company(service.tcp, b"alice", b"bob") as (alice, bob):
        assert ask(alice, *lines) == shown
        for end in (service.kill, service.restart, service.kill):
            end()
            assert ask(alice, *lines[10:]) == [again(b"t%d" % i) for i in range(10, MOST + 10)]
        assert ask(bob, lines[-1])[-1] == b"[bob] %d" % (MOST + 9)


def test_both_while_nobody_is_there(service):
    with company(service.tcp, b"alice", None, None) as (alice, plain, crier):
        with service.down():
            alice.say(b"@n=k hi", b"@n=k hi")
        assert ask(alice) == [b"[alice] hi", again(b"k")]
        assert heard(crier, plain) == [[b"[alice] hi"]]


def test_its_holder_goes_while_nobody_is_there(service):
    with company(service.tcp, b"alice", None) as (alice, other):
        assert ask(alice, b"@n=k hi") == [b"[alice] hi"]
        with service.down():
            alice.close()
        take_when_free(other, b"alice")
        assert notice(other, b"@n=k hi") == again(b"k")


def test_nobody_has_the_name_over_a_kill(service):
    with company(service.tcp, b"alice", None) as (alice, other):
        assert ask(alice, b"@n=k hi") == [b"[alice] hi"]
        alice.close()
        take_when_free(other, b"alice")
        take(other, b"bob")
        service.kill()
        take(other, b"alice")
        assert notice(other, b"@n=k hi") == again(b"k")


@pytest.mark.skipif(not os.path.exists(CRASHING), reason="no tests/mtchatd-crash")
@pytest.mark.parametrize("point", POINTS)
def test_said_once_when_it_dies_at(point):
    """Death after death, each at another passage of the point; everything is sent twice."""
    with serve() as service, company(service.tcp, b"alice", b"bob", None, None) as (
            alice, bob, plain, crier):
        turns, log, private = itertools.count(), [], []
        for passage in [*range(1, 9), 21, 34][:short(30)]:
            service.next_env = {"MTCHATD_CRASH": f"{point}:{passage}"}
            dying, end = service.kill(15, wait=False), time.monotonic() + PATIENCE
            while service.lives <= dying:
                assert time.monotonic() < end, f"{point} is not passed {passage} times"
                turn = next(turns)
                lines = [b"@n=a%d %d" % (turn, turn), b"@n=b%d /me does %d" % (turn, turn),
                         b"@n=c%d /msg bob %d" % (turn, turn)]
                log += [b"[alice] %d" % turn, b"** alice does %d" % turn]
                private.append(b"[alice -> you] %d" % turn)
                told = [one for one in ask(alice, *lines, *lines) if one != SLOWED]
                assert told == log[-2:] + [b"[you -> bob] %d" % turn] + [
                    again(b"%s%d" % (kind, turn)) for kind in (b"a", b"b", b"c")]
            assert service.statuses[dying - 1] == -9, service.statuses
        his, theirs = heard(crier, bob, plain)
        assert theirs == log
        assert [line for line in his if line not in private] == log
        assert [line for line in his if line in private] == private
