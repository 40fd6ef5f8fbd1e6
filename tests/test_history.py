"""test_history.py - /last and /since: what they show, what they refuse, and where it stands"""
import re

import pytest

from chatter import Client, gather, short, token
from daemon import Daemon
from replays import ALL, LIVE, MARK, Room, between, follow, last, lines, newcomer

SMALL = {"room_log_kib": 256, "slow_grace_ms": 20}


@pytest.fixture(scope="module", name="daemon")
def one_daemon():
    with Daemon() as daemon:
        yield daemon


@pytest.fixture(name="room")
def new_room():
    with Daemon() as daemon:
        yield Room(daemon)


@pytest.fixture(scope="module", name="small")
def small_room():
    """Its log has come round several times, and its epoch is known."""
    with Daemon(**SMALL) as daemon:
        room = Room(daemon)
        room.learn_epoch()
        yield room


def answer(client, line):
    """The lines between a command and what is said next."""
    end = token()
    client.say(line, end)
    return client.read_until(end)[:-1]


def check_refused(told):
    """One notice, and no replay."""
    assert len(told) == 1 and told[0].startswith(b"* ") and told[0] != LIVE, told
    assert not MARK.fullmatch(told[0]), told


# How many

def test_nothing_was_ever_said(room):
    with newcomer(room.daemon.tcp) as client:
        assert last(client, b"/last 5") == last(client, b"/last") == last(client, ALL) == []
        assert client.silent(0.1)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 99, 100, 101, 100000])
def test_so_many_of_a_hundred_lines(room, count):
    room.talk(100, 50)
    with newcomer(room.daemon.tcp) as client:
        assert last(client, b"/last %d" % count) == room.log[100 - min(count, 100):]
        room.talk(1)
        assert client.read_line() == room.log[-1]


def test_the_marks_to_the_letter(room):
    room.talk(3)
    wanted = [b"* last 2 lines", *room.log[1:], b"* live"]
    assert room.answer(b"/last 2") == wanted


def test_fifty_if_no_number_is_given(room):
    room.talk(100, 50)
    assert last(room.speaker, b"/last") == room.log[-50:]


def test_the_setting_is_for_those_that_give_no_number():
    with Daemon(history=7) as daemon:
        room = Room(daemon)
        room.talk(100, 50)
        assert last(room.speaker, b"/last") == room.log[-7:]
        assert last(room.speaker, b"/last 80") == room.log[-80:]
        for history in (0, 90, 100000):
            daemon.reload(history=history)
            assert last(room.speaker, b"/last") == room.log[100 - min(history, 100):]


# What

def test_the_lines_are_those_that_were_said_byte_for_byte(room):
    with newcomer(room.daemon.tcp) as speaker:
        speaker.say(b"", b" ", b"\ttab\t", b"trailing  ", "안녕 😀".encode(), b"//x", b"cr\r",
                    b"* not a notice", b"** nor an act", b"broken \xff\xc3", b"bell \x07", b"0",
                    b"x" * 4096, b"last")
        said = speaker.read_until(b"last")
        assert len(said) == 14
        assert last(speaker, b"/last 14") == said
        assert room.speaker.read_lines(14) == said
        assert last(room.speaker, b"/last 14") == said


def test_raw_bytes_are_replayed_raw():
    with Daemon(text="raw") as daemon:
        with newcomer(daemon.tcp) as client:
            said = ["안녕".encode("euc-kr"), bytes(range(0xa1, 0xff)), b"\x1b[1m"]
            client.say(*said)
            assert client.read_lines(3) == said
            assert last(client, b"/last 3") == said


def test_names_and_acts_are_replayed_as_they_were_seen(room):
    with newcomer(room.daemon.tcp) as alice:
        alice.say(b"/name alice")
        assert alice.read_line().startswith(b"* ")
        alice.say(b"hi", b"", b"/me waves")
        said = alice.read_lines(3)
        assert said == [b"[alice] hi", b"[alice] ", b"** alice waves"]
        assert last(alice, b"/last 3") == said


def test_answers_and_private_lines_are_not_history(room):
    with newcomer(room.daemon.tcp) as alice, newcomer(room.daemon.tcp) as bob:
        bob.say(b"/name bob", b"/ping")
        bob.read_until(b"* pong")
        alice.say(b"/name alice")
        alice.say(b"one", b"/msg bob secret", b"/ping", b"/nosuch", b"/help", b"two")
        for client in (alice, bob):
            client.read_until(b"[alice] two")
            heard = last(client, ALL)
            assert heard[-2:] == [b"[alice] one", b"[alice] two"]
            assert not any(b"secret" in one or one.startswith(b"* ") for one in heard)


def test_it_is_for_the_asker_alone(room):
    room.talk(10)
    with newcomer(room.daemon.tcp) as listener, newcomer(room.daemon.tcp) as late:
        for count in (1, 5, 10):
            last(room.speaker, b"/last %d" % count)
        room.talk(1)
        assert listener.read_line() == late.read_line() == room.log[-1]
        assert listener.silent(0.1) and late.silent(0.01)


def test_echo_mode_knows_no_history():
    with Daemon(mode="echo") as daemon, Client(daemon.tcp) as client:
        client.send(b"/last 3\n")
        assert client.read_exactly(8) == b"/last 3\n" and client.silent(0.05)


# Where it stands

def test_between_what_one_says_in_one_breath(room):
    room.speaker.say(b"a", b"b", b"/last 2", b"c", b"/last 3", b"/ping x", b"d", b"/ping y")
    assert room.speaker.read_lines(14) == [
        b"a", b"b", b"* last 2 lines", b"a", b"b", LIVE, b"c",
        b"* last 3 lines", b"a", b"b", b"c", LIVE, b"* pong x", b"d"]
    assert room.speaker.read_line() == b"* pong y"


def test_hundreds_in_one_breath(room):
    """Each reads on only when the last has taken effect, so all is as if asked one by one."""
    sent, wanted, said = [], [], []
    for i in range(short(1000)):
        count = i * 7 % 23
        said.append(b"line %d" % i)
        sent += [said[-1], b"/last %d" % count, b"/ping %d" % i]
        shown = said[max(0, len(said) - count):] if count else []
        wanted += [said[-1], (len(shown),), *shown, LIVE, b"* pong %d" % i]
    room.speaker.say(*sent)
    for one in wanted:
        heard = room.speaker.read_line()
        if isinstance(one, tuple):
            assert re.fullmatch(rb"\* last %d lines?" % one, heard), heard
        else:
            assert heard == one


@pytest.mark.parametrize("tail", [b"/last 2\n", b"/last 2", b"/last 2\n/quit\n"])
def test_at_the_end_of_a_connection(room, tail):
    room.talk(2, 20)
    with newcomer(room.daemon.tcp) as client:
        client.send(b"hi\n" + tail)
        if b"quit" not in tail:
            client.half_close()
        rest = client.read_to_end()
        wanted = b"hi\n* last 2 lines\n" + room.log[-1] + b"\nhi\n* live\n"
        assert rest.startswith(wanted)
        assert all(one.startswith(b"* ") for one in rest[len(wanted):].splitlines())


# What is refused

@pytest.mark.parametrize("argument", [
    b"x", b"-1", b"1.5", b"3x", b"x3", b"0x10", b"3 4", b"1e3", "３".encode(), b"k3f9.1"])
def test_no_number(daemon, argument):
    asker, listener = gather(daemon.tcp, 2)
    with asker, listener:
        check_refused(answer(asker, b"/last " + argument))
        said = listener.read_line()  # the command was not
        assert last(asker, b"/last 1") == [said]


@pytest.mark.parametrize("number", [b"4294967297", b"18446744073709551617", b"9" * 100])
def test_a_number_beyond_all_bounds(room, number):
    """All there is, or refused; never what is left of it when it overflows."""
    room.talk(5)
    told = room.answer(b"/last " + number)
    if len(told) == 1:
        assert told[0].startswith(b"* ") and not MARK.fullmatch(told[0])
    else:
        assert told == [b"* last 5 lines", *room.log[:5], LIVE]


# /since

def since(room, number, client=None):
    """What is shown, and the ids that the notice of what is missing names."""
    client = client or room.speaker
    client.say(b"/since " + room.id(number))
    heard = client.read_until(LIVE)
    path = follow(heard, room.log, len(room.log), may_skip=True)
    assert len(path.replays) == 1 and not path.notices
    return heard[1 + len(path.skips):-1], path.skips


@pytest.mark.parametrize("count", [0, 1, 2, 50, 100])
def test_since_shows_what_came_after(small, count):
    head = len(small.log)
    assert since(small, head - count) == (small.log[head - count:], [])


def test_the_mark_of_since_counts_what_follows(small):
    small.speaker.say(b"/since " + small.id(len(small.log) - 3))
    assert between(small.speaker) == small.log[-3:]


def test_ids_go_on_with_what_is_said(small):
    head = len(small.log)
    small.talk(3)
    with newcomer(small.daemon.tcp) as client:
        assert since(small, head, client) == (small.log[head:], [])


def test_one_who_was_told_what_it_missed_asks_for_what_came_after():
    with Daemon(**SMALL) as daemon:
        room = Room(daemon)
        with newcomer(daemon.unix) as stuck:
            room.talk(1500)
            path = follow(stuck.read_until(room.log[-1]), room.log, may_skip=True)
            room.epoch, (_, end) = path.epoch, path.skips[-1]
            shown, skips = since(room, end, stuck)
            assert not skips or skips[0][0] == end + 1
            assert shown == room.log[skips[0][1] if skips else end:]


@pytest.mark.parametrize("number", [0, 1, 2, 100])
def test_since_an_id_that_is_no_longer_held(small, number):
    shown, skips = since(small, number)
    assert len(skips) == 1 and skips[0][0] == number + 1
    assert shown == small.log[skips[0][1]:] and shown
    assert shown == last(small.speaker, ALL), "more is held than is shown"


def test_an_id_that_is_not_given_yet(small):
    for beyond in (1, 2, 1000, 2**32, 2**62, 2**64 - 1, 10**50):
        check_refused(small.answer(b"/since " + small.id(len(small.log) + beyond)))
    assert since(small, len(small.log)) == ([], [])


def test_an_id_of_another_log(small):
    number = b".%d" % (len(small.log) - 1)
    for epoch in (b"zzzz", small.epoch[:-1], small.epoch + b"0", b"x" + small.epoch, b"0"):
        check_refused(small.answer(b"/since " + epoch + number))


@pytest.mark.parametrize("pattern", [
    b"", b"%d", b".%d", b"E%d", b"E.", b"E", b"E.-%d", b"E.+%d", b"E.%dx", b"E.0x%d", b"E.%d.1",
    b"E.%d 1", b"E. %d", b"E .%d", b"E,%d", b"E:%d", b".", b"%d.E"])
def test_no_id(small, pattern):
    number = len(small.log) - 1
    argument = pattern.replace(b"%d", b"%d" % number).replace(b"E", small.epoch)
    check_refused(small.answer(b"/since " + argument))


def test_since_in_one_breath_with_others(small):
    room, head = small, len(small.log)
    room.speaker.say(b"e", b"/since " + room.id(head - 1), b"f", b"/ping x")
    mark, *heard = room.speaker.read_lines(7)[1:]
    assert MARK.fullmatch(mark)
    assert heard == [room.log[-1], b"e", LIVE, b"f", b"* pong x"]
    room.log += [b"e", b"f"]


# What is held

def test_all_that_is_held_is_at_most_half_of_the_log(small):
    held = last(small.speaker, ALL)
    assert held == small.log[-len(held):]
    assert 64 << 10 <= sum(len(one) + 1 for one in held) <= 128 << 10
    for count in (len(held) - 1, len(held), len(held) + 1):
        assert last(small.speaker, b"/last %d" % count) == held[-count:]


def test_no_line_is_cut_wherever_the_log_comes_round():
    with Daemon(**SMALL) as daemon:
        room = Room(daemon)
        room.talk(300)
        for step in range(40):
            room.talk(1, 700 + 85 * step)
            room.talk(7, 3001)
            held = last(room.speaker, ALL)
            assert held == room.log[-len(held):]


def test_lines_as_long_as_can_be():
    with Daemon(max_line=21000, **SMALL) as daemon:
        room = Room(daemon)
        for count in range(1, 20):
            room.say(*lines(count, 1, 21001))
            held = last(room.speaker, ALL)
            assert held == room.log[-len(held):] and len(held) >= min(count, 4)
