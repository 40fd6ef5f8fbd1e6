"""test_survival_names.py - names and private lines outlive kills, restarts, death at any point"""
import itertools
import re
import time

import pytest

from chatter import PATIENCE, Client, poll, short
from manager import Service
from named import ask, company, heard, notice, prefix, refuse, take, take_when_free
from survivors import unread
from test_crash_points import serve

POINTS = ["RENDERED", "RECORDED", "HALF_DONE", "APPLIED", "COMMITTED", "OUTBOX_LENT", "SENT_ANSWER",
          "EMPTIED", "RETURNED"]
PRIVATE = re.compile(rb"\[\S+ -> \S+\] .*")


@pytest.fixture(name="service")
def service_():
    with Service() as service:
        yield service


# Not a Unix socket and a crash: there a stretch may come twice.
@pytest.mark.parametrize("road, end", [("tcp", "kill"), ("tcp", "restart"), ("unix", "restart")])
def test_names_outlive_it(service, end, road):
    with company(getattr(service, road), b"alice", b"bob", None, None) as (
            alice, bob, plain, crier):
        for turn in range(3):
            getattr(service, end)()
            crier.say(b"[alice] forged")
            assert [client.read_line() for client in (crier, alice, bob, plain)] == [
                b"[~alice] forged"] * 4
            assert ask(alice, b"%d" % turn) == [b"[alice] %d" % turn]
            assert heard(crier, bob, plain) == [[b"[alice] %d" % turn]] * 2
            assert ask(bob, b"/msg alice psst") == [b"[you -> alice] psst"]
            assert ask(alice)[-1:] == [b"[bob -> you] psst"]
            assert notice(bob, b"/name alice") == b"* the name alice is taken"
            assert b"bob" in notice(bob, b"/name")
        with Client(service.tcp) as late:
            assert refuse(late, "ＢＯＢ".encode()).endswith(b" is taken")


def test_half_a_line_half_a_command_and_their_rests(service):
    with company(service.tcp, b"alice", b"bob", None) as (alice, bob, plain):
        for begun, rest, seen in [
                (b"hel", b"lo", b"[alice] hello"), (b"/me wa", b"ves", b"** alice waves"),
                (b"/m", b"e bows", b"** alice bows"), (b"/msg bob ps", b"st", b"[you -> bob] psst"),
                (b"/name car", b"ol", None)]:
            alice.send(begun)
            poll(lambda: unread(alice) == 0, "the half is there")
            service.kill()
            alice.send(rest + b"\n")
            answer = alice.read_line()
            assert answer == seen or seen is None and b"carol" in answer
        said = [b"[alice] hello", b"** alice waves", b"** alice bows"]
        assert plain.read_lines(3) == said and ask(bob) == said + [b"[alice -> you] psst"]
        assert prefix(alice) == b"[carol] "


def test_from_three_handlers_to_one_and_back():
    with Service(handlers=3, tune={"split_members": 1}) as service:
        names = [b"n%d" % i for i in range(9)]
        with company(service.tcp, *names, None, None) as (*clients, plain, crier):
            for handlers in (1, 3, 2):
                service.settings["handlers"] = handlers
                service.write_config()
                service.kill()
                rounds = list(zip(clients, names, names[1:] + names[:1]))
                heard_by = {name: [] for name in names}
                for client, name, other in rounds:
                    heard_by[name] += ask(client, b"hi", b"/msg %s %d" % (other, handlers))
                    assert heard_by[name][-2:] == [
                        b"[%s] hi" % name, b"[you -> %s] %d" % (other, handlers)]
                for client, name, other in rounds:
                    heard_by[other] += ask(clients[names.index(other)])
                    assert heard_by[other].count(b"[%s -> you] %d" % (name, handlers)) == 1
                for client, _, other in rounds:
                    assert notice(client, b"/name " + other) == b"* the name %s is taken" % other
                assert heard(crier, plain) == [[b"[%s] hi" % name for name in names]]


def test_a_private_line_that_is_owed():
    """Its reader is stuck, with more of the log before it than the kernel holds."""
    with Service(room_log_kib=16384) as service, \
            company(service.tcp, b"alice", b"bob", None, rcvbuf=65536) as (alice, bob, crier):
        before = [b"[alice] %06d " % i + b"f" * 900 for i in range((8 << 20) // 917)]
        for at in range(0, len(before), 100):
            some = before[at:at + 100]
            heard_back = ask(alice, *(line[8:] for line in some))
            assert [line for line in heard_back if line.startswith(b"[alice] ")] == some
            heard(crier)
        assert ask(alice, b"/msg bob owed")[-1:] == [b"[you -> bob] owed"]
        service.kill()
        service.restart()
        assert ask(alice, b"after", b"/msg bob later")[-2:] == [
            b"[alice] after", b"[you -> bob] later"]
        lines = ask(bob)
        assert [line for line in lines if line.startswith(b"[alice")] == before + [
            b"[alice -> you] owed", b"[alice] after", b"[alice -> you] later"]


# What happens while nobody is there

@pytest.mark.parametrize("leave", ["close", "reset", "half_close"])
def test_a_name_is_free_when_its_holder_left_in_the_gap(service, leave):
    with company(service.tcp, b"alice", None) as (alice, other):
        with service.down():
            getattr(alice, leave)()
        take_when_free(other, b"alice")
        assert sorted(ask(other, b"/msg alice note")) == [
            b"[alice -> you] note", b"[you -> alice] note"]
        service.kill()
        assert prefix(other) == b"[alice] "


def test_what_was_asked_for_in_the_gap(service):
    with company(service.tcp, b"alice", b"bob", None, None) as (alice, bob, plain, late):
        with service.down():
            alice.say(b"/name carol", b"1", b"/msg bob 2", b"/msg carol 3", b"/me 4")
            late.say(b"/name late", b"5")
        mine = [line for line in ask(alice) if line != b"[late] 5"]
        assert b"carol" in mine[0] and mine[1:3] == [b"[carol] 1", b"[you -> bob] 2"]
        assert sorted(mine[3:5]) == [b"[carol -> you] 3", b"[you -> carol] 3"]
        assert mine[5:] == [b"** carol 4"]
        ask(late)
        assert [line for line in ask(bob) if line != b"[late] 5"] == [
            b"[carol] 1", b"[carol -> you] 2", b"** carol 4"]
        assert sorted(plain.read_lines(3)) == [b"** carol 4", b"[carol] 1", b"[late] 5"]


def test_one_name_wanted_by_many_in_the_gap():
    with Service(handlers=3, tune={"split_members": 1}) as service, \
            company(service.tcp, *[None] * 9) as clients:
        with service.down():
            for client in clients:
                client.say(b"/name prize")
        answers = [client.read_line() for client in clients]
        winners = [client for client, answer in zip(clients, answers)
                   if answer != b"* the name prize is taken"]
        assert len(winners) == 1 and prefix(winners[0]) == b"[prize] "


# Death at any point

class Player:
    """One with a name of its own that wants the prize, too; each round is checked line by line."""

    def __init__(self, client, name, friend):
        self.client, self.name, self.friend = client, name, friend
        self.now = name   # what it is called at present
        self.prizes = []  # per round: was it told that it has the prize?

    def moves(self, turn):
        mark = b"%s.%d" % (self.name, turn)
        return [b"/name prize%d" % turn, b"a " + mark, b"/msg %s b %s" % (self.friend, mark),
                b"/me c " + mark, b"/name " + mark, b"d " + mark,
                b"/msg %s e %s" % (self.friend, mark), b"/ping " + mark]

    def check(self, turn, lines):
        """Each move has its one answer, in order, and under the name that was told."""
        mark, prize = b"%s.%d" % (self.name, turn), b"prize%d" % turn
        taken = b"* the name %s is taken" % prize
        mine = [line for line in lines if mark in line or line.startswith(b"* ")]
        told = mine[0]
        assert told.startswith(b"* ") and prize in told, mine
        self.prizes.append(told != taken)
        first = self.now if told == taken else prize
        self.now = mark
        assert mine[4].startswith(b"* ") and mark in mine[4], mine
        assert mine[1:4] + mine[5:] == [
            b"[%s] a %s" % (first, mark), b"[you -> %s] b %s" % (self.friend, mark),
            b"** %s c %s" % (first, mark), b"[%s] d %s" % (mark, mark),
            b"[you -> %s] e %s" % (self.friend, mark), b"* pong " + mark], mine
        return [b"[%s -> you] b %s" % (first, mark), b"[%s -> you] e %s" % (mark, mark)]


def log_of(lines):
    return [line for line in lines if not line.startswith(b"* ") and not PRIVATE.fullmatch(line)]


def play(players, friends, listeners, turn):
    """One round: all at once or move by move; what everybody hears is exactly what was told."""
    moves = [player.moves(turn) for player in players]
    if turn % 2:
        for some in zip(*moves):
            for player, move in zip(players, some):
                player.client.say(move)
    else:
        for player, some in zip(players, moves):
            player.client.say(*some)
    streams, due = [], {name: [] for name in friends}
    for player in players:
        streams.append(player.client.read_until(b"* pong %s.%d" % (player.name, turn)))
        due[player.friend].append(player.check(turn, streams[-1]))
    crier, end = listeners[0], b"end %d" % turn
    crier.say(end)
    log = listeners[1].read_until(end)
    assert log == log_of(log) == crier.read_until(end)
    assert len(log) == 3 * len(players) + 1
    for player, lines in zip(players, streams):
        lines += player.client.read_until(end)
        assert log_of(lines) == log
    for name, friend in friends.items():
        lines = friend.read_until(end)
        assert log_of(lines) == log
        private = [line for line in lines if PRIVATE.fullmatch(line)]
        assert len(lines) == len(log) + len(private)
        assert sorted(private) == sorted(itertools.chain(*due[name])), private
        for one in due[name]:
            assert [line for line in private if line in one] == one
    check_prize(players, log, turn)


def check_prize(players, log, turn):
    """Nobody has the prize while another has it: what its holders said is not interwoven."""
    holders = [re.match(rb".*[ac] (\w+)\.\d+$", line)[1] for line in log
               if line.startswith((b"[prize%d] " % turn, b"** prize%d " % turn))]
    assert [name for name, _ in itertools.groupby(holders)] == list(dict.fromkeys(holders))
    assert set(holders) == {player.name for player in players if player.prizes[-1]}
    assert holders, "nobody got it"


@pytest.mark.parametrize("point", POINTS)
def test_names_and_private_lines_when_it_dies_at(point):
    """Death after death, each at another passage of the point."""
    with serve() as service, company(
            service.tcp, b"bob", b"carol", None, None, None, None, None) as clients:
        friends = {b"bob": clients[0], b"carol": clients[1]}
        players = [Player(client, b"p%d" % i, [b"bob", b"carol"][i % 2])
                   for i, client in enumerate(clients[4:])]
        for player in players:
            take(player.client, player.name)
        heard(clients[2], *clients[:2], *clients[3:])
        turns = itertools.count()
        for passage in [*range(1, 13), 21, 34, 55][:short(30)]:
            service.next_env = {"MTCHATD_CRASH": f"{point}:{passage}"}
            dying = service.kill(15, wait=False)
            end = time.monotonic() + PATIENCE
            while service.lives <= dying:
                assert time.monotonic() < end, f"{point} is not passed {passage} times"
                play(players, friends, clients[2:4], next(turns))
            assert service.statuses[dying - 1] == -9, service.statuses
        for _ in range(3):
            play(players, friends, clients[2:4], next(turns))
        for player in players:
            assert prefix(player.client) == b"[%s] " % player.now
