"""test_accounts.py - the name of an account is its own on the Unix socket, and programs see why"""
import os
import pwd
import socket

import pytest

from chatter import PATIENCE, poll, short
from daemon import Daemon
from jsonl import Json, Track, bots
from manager import Service
from named import ask, company, notice, prefix

ME = pwd.getpwuid(os.getuid()).pw_name  # root, where the tests run as root
MINE = ME.encode()
SECOND, THIRD = f"{ME}-2", f"{ME}-3"
TOLD = f"{ME} is the name of an account here: you are {SECOND} now"
TAKEN = "name_taken", f"the name {ME} is taken"
SPREAD = {"handlers": 3, "tune": {"split_members": 1}}  # one room over all handlers

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")


@pytest.fixture(name="daemon")
def daemon_():
    with Daemon() as daemon:
        os.chmod(daemon.folder.name, 0o711)  # other accounts reach its socket
        yield daemon


@pytest.fixture(name="service")
def service_():
    with Service() as service:
        yield service


def connect_as(path, uid):
    """A connection of that account: the kernel notes who calls connect()."""
    sock = socket.socket(socket.AF_UNIX)
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            sock.connect(path)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, f"{uid} cannot connect"
    return sock


class Stranger(Json):
    """A program of another account; the connection is made already."""

    def __init__(self, path, uid):  # pylint: disable=super-init-not-called
        self.sock = connect_as(path, uid)
        self.sock.settimeout(PATIENCE)
        self.buffer, self.track, self.hello = bytearray(), Track(), None
        self.switch()


def auths(events):
    """Which events a program is told are vouched for, without the answers to somebody alone."""
    return [(event["ev"], event.get("auth")) for event in events if event["ev"] != "notice"]


def codes(events):
    return [event.get("code", event["ev"]) for event in events]


def owning(path):
    """A program on the Unix socket that has taken its account's name, whoever had it."""
    owner = Json(path)
    assert "name_ok" in codes(owner.ask(b"/name " + MINE))
    return owner


def wait_for(program, name):
    """It has the name as soon as the leave of its holder is done."""
    poll(lambda: "name_ok" in codes(program.ask(b"/name " + name)), "the name is free")


# An account and its name

def test_who_comes_by_tcp_makes_room(daemon):
    with bots(daemon.tcp, MINE, None) as (holder, watcher), Json(daemon.unix) as owner:
        watcher.ask()
        told = owner.ask(b"/name " + MINE)
        assert sorted(codes(told)) == ["join", "name_ok", "rename"]
        assert codes(told).index("name_ok") < codes(told).index("join")
        assert [event["text"] for event in told if "code" in event] == [f"you are {ME} now"]
        seen = watcher.ask()
        assert [(event["ev"], event["name"], event.get("to")) for event in seen] == [
            ("rename", ME, SECOND), ("join", ME, None)]
        heard = holder.ask()
        assert [(event["code"], event["text"]) for event in heard if event["ev"] == "notice"] == [
            ("renamed", TOLD)]
        assert [event for event in heard if event["ev"] != "notice"] == seen
        assert watcher.answer(b"/who")["names"] == [ME, SECOND]
        assert [event["from"] for event in holder.ask(b"x")] == [SECOND]
        owner.ask()
        assert [event["from"] for event in owner.ask(b"y")] == [ME]


def test_text_clients_are_told_in_the_same_words(daemon):
    with company(daemon.tcp, MINE, None) as (holder, plain), \
            company(daemon.unix, None) as (owner,):
        ask(holder)
        ask(plain)
        assert notice(owner, b"/name " + MINE) == f"* you are {ME} now".encode()
        assert ask(holder) == [b"* " + TOLD.encode()]
        assert prefix(owner) == b"[%s] " % MINE and prefix(holder) == f"[{SECOND}] ".encode()
        assert not any(line.startswith(b"* ") for line in ask(plain))


def test_who_comes_by_tcp_may_have_it_while_nobody_else_wants_it(daemon):
    with bots(daemon.tcp, MINE) as (holder,):
        assert auths(holder.ask(b"x")) == [("say", None)]


def test_the_third(daemon):
    """The first name that is free, in whatever spelling the others have theirs."""
    with bots(daemon.tcp, MINE, SECOND.upper().encode(), None) as (holder, second, watcher):
        with owning(daemon.unix) as owner:
            assert set(owner.answer(b"/who")["names"]) == {ME, THIRD, SECOND.upper()}
        assert [event["to"] for event in watcher.ask() if event["ev"] == "rename"] == [THIRD]
        assert [event["text"] for event in holder.ask() if event.get("code") == "renamed"] == [
            TOLD.replace(SECOND, THIRD)]
        assert "renamed" not in codes(second.ask())


def test_eleven_before_it(daemon):
    names = [MINE, *(b"%s-%d" % (MINE, i) for i in range(2, 12))]
    with bots(daemon.tcp, *names) as clients, owning(daemon.unix):
        assert [event["to"] for event in clients[0].ask() if event["ev"] == "rename"] == [
            f"{ME}-12"]


def test_one_after_the_other(daemon):
    """The account goes, somebody takes the name, the account comes back."""
    with bots(daemon.tcp, None, None) as (one, other):
        for holder, number in ((one, 2), (other, 3)):
            wait_for(holder, MINE)
            with owning(daemon.unix) as owner:
                told = [event["to"] for event in holder.ask() if event["ev"] == "rename"]
                assert told[-1:] == [f"{ME}-{number}"]
                owner.say(b"/quit")
                owner.end()


@pytest.mark.parametrize("held, wanted", [
    (ME.capitalize(), ME), (ME, ME.capitalize()), (ME.upper(), ME.capitalize())])
def test_in_any_spelling(daemon, held, wanted):
    with bots(daemon.tcp, held.encode()) as (holder,), Json(daemon.unix) as owner:
        told = owner.ask(b"/name " + wanted.encode())
        assert "name_ok" in codes(told)
        heard = holder.ask()
        renames = [event for event in heard if event["ev"] == "rename"]
        assert [(event["name"], event["to"].lower()) for event in renames] == [(held, SECOND)]
        assert [event["text"].lower() for event in heard if event["ev"] == "notice"] == [TOLD]
        owner.ask()
        assert [(event["from"], event["auth"]) for event in owner.ask(b"x")] == [(wanted, "uid")]


def test_in_another_room(daemon):
    with bots(daemon.tcp, MINE, None, room=b"tea") as (holder, tea), \
            bots(daemon.tcp, None) as (lobby,), owning(daemon.unix):
        assert [(event["ev"], event["name"], event["room"]) for event in lobby.ask()] == [
            ("join", ME, "lobby")]
        assert [(event["ev"], event["to"], event["room"]) for event in tea.ask()] == [
            ("rename", SECOND, "tea")]
        assert [event["text"] for event in holder.ask() if event["ev"] == "notice"] == [TOLD]


def test_the_displaced_one_is_known_by_its_new_name(daemon):
    with company(daemon.tcp, MINE, b"bob", None) as (holder, bob, plain), \
            owning(daemon.unix) as owner:
        ask(holder)
        for client in (bob, plain):
            ask(client)
        assert ask(bob, b"/msg %s a" % SECOND.encode(), b"/msg %s b" % MINE) == [
            b"[you -> %s] a" % SECOND.encode(), b"[you -> %s] b" % MINE]
        assert ask(holder) == [b"[bob -> you] a"]
        assert [event["text"] for event in owner.ask() if event["ev"] == "priv"] == ["b"]
        assert ask(plain, b"[%s] x" % SECOND.encode()) == [b"[~%s] x" % SECOND.encode()]
        assert notice(plain, b"/name " + SECOND.encode()).endswith(b"is taken")


def test_one_that_does_not_read_is_told_when_it_does():
    with Daemon(room_log_kib=16384) as daemon, \
            bots(daemon.tcp, MINE, rcvbuf=65536) as (holder,), Json(daemon.tcp) as talker:
        for _ in range(80):  # 8 MB: more than the kernel takes for it, less than the log holds
            talker.ask(*[b"x" * 900] * 100)
        with owning(daemon.unix):
            kinds = codes(holder.ask())
        assert kinds.count("renamed") == 1 and kinds.count("say") == 8000


def test_its_key_stays_its_own(daemon):
    with bots(daemon.tcp, MINE, None) as (holder, heir), owning(daemon.unix) as owner:
        heir.ask()
        key = holder.hello["key"].encode()
        assert heir.notice(b"/name %s %s" % (MINE, key)) == TAKEN
        assert heir.notice(b"/name %s %s" % (SECOND.encode(), key))[0] == "name_ok"
        assert holder.end()[-1] == {"ev": "bye", "reason": "taken over"}
        owner.ask()
        assert len(owner.ask(b"x")) == 1


# A second connection

def test_the_account_does_not_displace_itself(daemon):
    with Json(daemon.unix, name=MINE) as first, Json(daemon.unix) as second, \
            Json(daemon.tcp) as stranger:
        assert second.notice(b"/name " + MINE) == TAKEN == stranger.notice(b"/name " + MINE)
        first.ask()
        assert auths(first.ask(b"x")) == [("say", "uid")]
        first.close()
        wait_for(second, MINE)
        assert auths(second.ask(b"x"))[-1:] == [("say", "uid")]


def test_its_key_takes_over_from_itself(daemon):
    with Json(daemon.unix, name=MINE) as first, Json(daemon.unix) as second:
        assert second.notice(b"/name %s %s" % (MINE, first.hello["key"].encode())) == (
            "name_ok", f"you are {ME} now")
        assert first.end()[-1] == {"ev": "bye", "reason": "taken over"}
        assert auths(second.ask(b"x")) == [("say", "uid")]


def test_its_key_in_a_stranger_s_hand_vouches_for_nobody(daemon):
    with Json(daemon.unix, name=MINE) as owner, Json(daemon.tcp) as heir, \
            Json(daemon.unix) as again:
        assert heir.notice(b"/name %s %s" % (MINE, owner.hello["key"].encode()))[0] == "name_ok"
        owner.end()
        assert auths(heir.ask(b"x")) == [("say", None)]
        again.ask()
        assert "name_ok" in codes(again.ask(b"/name " + MINE))
        assert "renamed" in codes(heir.ask())


@pytest.mark.parametrize("settings", [{}, SPREAD], ids=["one-handler", "three-handlers"])
def test_of_fifty_of_its_connections_one_gets_it(settings):
    with Daemon(**settings) as daemon, bots(daemon.tcp, MINE, None) as (holder, watcher), \
            bots(daemon.unix, *[None] * 50) as owners:
        watcher.ask()
        for owner in owners:
            owner.say(b"/name " + MINE)
        answers = [event for owner in owners for event in owner.ask() if event["ev"] == "notice"]
        assert sorted(codes(answers)) == ["name_ok"] + ["name_taken"] * 49
        assert [(event["ev"], event.get("to")) for event in watcher.ask()] == [
            ("rename", SECOND), ("join", None)]
        assert codes(holder.ask()).count("renamed") == 1


# What programs see of it

def test_what_is_vouched_for(daemon):
    with Json(daemon.unix) as owner, bots(daemon.tcp, b"bob", None) as (bob, watcher):
        owner.ask(b"/name " + MINE)
        owner.ask(b"hi", b"/me waves", b"/msg bob psst", b"/name " + MINE.upper())
        mine = [("join", "uid"), ("say", "uid"), ("me", "uid"), ("rename", "uid")]
        assert auths(watcher.ask()) == mine
        assert auths(bob.ask()) == mine[:3] + [("priv", "uid"), mine[3]]
        owner.ask()
        assert auths(owner.ask(b"/msg bob psst")) == [("priv", "uid")]
        owner.join(b"tea")
        assert auths(watcher.ask()) == [("leave", None)]
        with Json(daemon.tcp, room=b"tea") as tea:
            owner.join(b"lobby")
            owner.join(b"tea")
            assert auths(tea.ask()) == [("leave", None), ("join", "uid")]


def test_nothing_of_others_is(daemon):
    with Json(daemon.unix, name=MINE) as owner, bots(daemon.tcp, b"bob") as (bob,), \
            Json(daemon.unix) as unnamed:
        owner.ask()
        bob.ask(b"hi", b"/me waves", b"/msg %s psst" % MINE, b"/name carol")
        assert auths(owner.ask()) == [
            ("say", None), ("me", None), ("priv", None), ("rename", None)]
        unnamed.ask(b"x")
        assert auths(owner.ask()) == [("say", None)], "it has no name that could be vouched for"


def test_under_another_name_it_is_as_anybody(daemon):
    with Json(daemon.unix, name=MINE) as owner, Json(daemon.tcp) as watcher:
        owner.take(b"zed")
        watcher.ask()
        owner.ask(b"hi", b"/me waves")
        assert auths(watcher.ask()) == [("say", None), ("me", None)]
        owner.take(MINE)
        watcher.ask()
        owner.ask(b"hi")
        assert auths(watcher.ask()) == [("say", "uid")]


# Other accounts

@as_root
@pytest.mark.parametrize("name", ["daemon", "nobody"])
def test_each_account_has_its_name(daemon, name):
    uid = pwd.getpwnam(name).pw_uid
    with bots(daemon.tcp, name.encode(), None) as (holder, watcher), \
            Stranger(daemon.unix, uid) as owner:
        watcher.ask()
        assert "name_ok" in codes(owner.ask(b"/name " + name.encode()))
        assert [event.get("to") for event in watcher.ask()] == [f"{name}-2", None]
        assert auths(owner.ask(b"x")) == [("say", "uid")] == auths(watcher.ask())
        assert codes(holder.ask()).count("renamed") == 1


@as_root
def test_a_stranger_has_no_right_to_the_name(daemon):
    uid = pwd.getpwnam("daemon").pw_uid
    with Stranger(daemon.unix, uid) as stranger, bots(daemon.tcp, MINE) as (holder,):
        assert stranger.notice(b"/name " + MINE) == TAKEN
        holder.say(b"/quit")
        holder.end()
        wait_for(stranger, MINE)
        assert auths(stranger.ask(b"x"))[-1:] == [("say", None)]
        with owning(daemon.unix):
            assert [event["to"] for event in stranger.ask() if event["ev"] == "rename"] == [SECOND]


@as_root
def test_one_without_an_account_has_none(daemon):
    with pytest.raises(KeyError):
        pwd.getpwuid(54321)
    with Stranger(daemon.unix, 54321) as stranger, bots(daemon.tcp, b"54321") as (holder,):
        assert stranger.notice(b"/name 54321")[0] == "name_taken"
        stranger.take(b"zed")
        assert auths(stranger.ask(b"x")) == [("say", None)]
        holder.ask()
        assert auths(holder.ask(b"x")) == [("say", None)]


# Over the end of the daemon

@pytest.mark.parametrize("end", ["kill", "restart"])
def test_it_is_vouched_for_after_it(service, end):
    with bots(service.tcp, MINE, None) as (holder, watcher), \
            company(service.unix, None) as (owner,):
        notice(owner, b"/name " + MINE)
        for turn in range(short(20)):
            ask(owner)
            watcher.ask()
            getattr(service, end)()
            owner.say(b"%d" % turn)
            said = watcher.until(ev="say")[-1]
            assert (said["from"], said["text"], said["auth"]) == (ME, str(turn), "uid")
        events = holder.ask(b"x")
        assert codes(events).count("renamed") == 1 and events[-1]["from"] == SECOND
        with Json(service.unix) as second:
            assert second.notice(b"/name " + MINE) == TAKEN


def test_killed_at_once(service):
    """Displaced, told and seen exactly once, whenever the daemon died."""
    with bots(service.tcp, None, None) as (holder, watcher):
        for turn in range(short(10)):
            wait_for(holder, MINE)
            watcher.ask()
            with company(service.unix, None) as (owner,):
                watcher.ask()
                owner.say(b"/name " + MINE)
                service.kill()
                ask(owner)
                seen = [event for event in watcher.ask() if event["ev"] != "restarted"]
                assert [(event["ev"], event.get("to")) for event in seen] == [
                    ("rename", SECOND), ("join", None)], turn
                assert codes(holder.ask()).count("renamed") == 1
                owner.say(b"/quit")
                owner.read_to_end()


def test_wanted_in_the_gap(service):
    with bots(service.tcp, MINE, None) as (holder, watcher), \
            company(service.unix, None) as (owner,):
        holder.ask()
        watcher.ask()
        with service.down():
            owner.say(b"/name " + MINE)
            holder.say(b"mine?")
        assert b"* you are %s now" % MINE in ask(owner)
        names = {event.get("from", ME) for event in holder.ask()}
        assert names <= {ME, SECOND}
        assert set(watcher.answer(b"/who")["names"]) == {ME, SECOND}
