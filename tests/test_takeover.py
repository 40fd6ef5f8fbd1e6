"""test_takeover.py - a name and the key of its holder: from a dead link to a new one"""
import contextlib
import re

import pytest

from chatter import Client, short
from daemon import Daemon
from jsonl import Json, bots
from manager import Service
from named import ask, company, notice, prefix, refuse, take, take_when_free

OK = "name_ok", "you are alice now"
TAKEN = "name_taken", "the name alice is taken"
SPREAD = {"handlers": 3, "tune": {"split_members": 1}}  # one room over all handlers


@pytest.fixture(name="daemon")
def daemon_():
    with Daemon() as daemon:
        yield daemon


@pytest.fixture(name="service")
def service_():
    with Service() as service:
        yield service


def key_of(program):
    return program.hello["key"].encode()


def take_over(program, old):
    """The key of the old link in the same room: its one answer."""
    assert program.notice(b"/name alice " + key_of(old)) == OK


def displaced(program):
    """It is told and let go in peace; what it hears before."""
    events = program.end()
    assert events and events[-1] == {"ev": "bye", "reason": "taken over"}, events
    return events[:-1]


def names_after(names, events):
    """Who is there, as a program reckons that from what it hears."""
    names = set(names)
    for event in events:
        if event["ev"] in ("leave", "rename"):
            names.remove(event["name"])
        if event["ev"] in ("join", "rename"):
            name = event.get("to", event.get("name"))
            assert name not in names, event
            names.add(name)
    return names


def who(program):
    return set(program.answer(b"/who")["names"])


def lively(events):
    """Without what every program is told of an end of the daemon."""
    return [event for event in events if event["ev"] != "restarted"]


# It takes over

def test_a_program_takes_its_name_from_its_old_link(daemon):
    with bots(daemon.tcp, b"alice", None, None) as (old, new, watcher):
        watcher.ask()
        take_over(new, old)
        assert displaced(old) == []
        assert [event["from"] for event in new.ask(b"here")] == ["alice"]
        assert [(event["ev"], event["from"]) for event in watcher.ask()] == [("say", "alice")]


def test_a_text_client_with_a_key(daemon):
    with bots(daemon.tcp, b"alice") as (old,), company(daemon.tcp, None) as (new,):
        assert notice(new, b"/name alice " + key_of(old)) == b"* you are alice now"
        assert prefix(new) == b"[alice] "
        displaced(old)


@pytest.mark.parametrize("roads", [("unix", "tcp"), ("tcp", "unix"), ("unix", "unix")])
def test_from_any_road_to_any(daemon, roads):
    with Json(getattr(daemon, roads[0]), name=b"alice") as old, \
            Json(getattr(daemon, roads[1])) as new:
        take_over(new, old)
        displaced(old)


def test_in_the_same_room_nobody_notices(daemon):
    with bots(daemon.tcp, b"alice", None, None) as (old, new, watcher):
        new.ask()
        head = watcher.track.head
        take_over(new, old)
        displaced(old)
        assert watcher.ask() == [] and watcher.track.head == head
        assert who(watcher) == {"alice"}
        assert len(watcher.ask(b"on")) == 1  # with the next id, or the harness fails


def test_from_another_room(daemon):
    with bots(daemon.tcp, b"alice", None) as (old, lobby), \
            bots(daemon.tcp, None, None, room=b"tea") as (new, tea):
        lobby.ask()
        told = new.ask(b"/name alice " + key_of(old))
        assert (told[0]["code"], told[0]["text"]) == OK
        assert [(event["ev"], event["name"]) for event in told[1:]] == [("join", "alice")]
        displaced(old)
        left, joined = lobby.ask(), tea.ask()
        assert [(event["ev"], event["room"], event["name"], event["reason"]) for event in left] \
            == [("leave", "lobby", "alice", "taken over")]
        assert [(event["ev"], event["room"], event["name"]) for event in joined] == [
            ("join", "tea", "alice")]
        assert who(lobby) == set() and who(tea) == {"alice"}


def test_one_that_has_a_name_gives_it_up(daemon):
    with bots(daemon.tcp, b"alice", b"bob", None, None) as (old, new, watcher, other):
        watcher.ask()
        assert any(event.get("code") == "name_ok"
                   for event in new.ask(b"/name alice " + key_of(old)))
        displaced(old)
        assert names_after({"alice", "bob"}, watcher.ask()) == {"alice"} == who(watcher)
        assert other.take(b"bob")["name"] == "bob"


def test_in_another_spelling(daemon):
    with bots(daemon.tcp, b"alice", None, None) as (old, new, watcher):
        watcher.ask()
        assert any(event.get("code") == "name_ok"
                   for event in new.ask(b"/name ALICE " + key_of(old)))
        displaced(old)
        assert names_after({"alice"}, watcher.ask()) == {"ALICE"} == who(watcher)


def test_with_the_key_of_the_last_hello(daemon):
    """Each hello has one: that of the room that it moved to last holds."""
    with bots(daemon.tcp, b"alice", None, room=b"tea") as (old, new):
        old.join(b"kitchen")
        old.join(b"tea")
        new.ask()
        take_over(new, old)
        displaced(old)


def test_private_lines_find_the_new_link(daemon):
    with bots(daemon.tcp, b"alice", b"bob", None) as (old, bob, new):
        take_over(new, old)
        bob.ask(b"/msg alice psst")
        assert [event["text"] for event in new.ask() if event["ev"] == "priv"] == ["psst"]
        assert all(event["ev"] != "priv" for event in displaced(old))


def test_what_the_old_link_still_sends_is_not_said(daemon):
    with bots(daemon.tcp, b"alice", None, None) as (old, new, watcher):
        watcher.ask()
        take_over(new, old)
        with contextlib.suppress(ConnectionError):
            old.say(b"ghost", b"/me haunts", b"/name ghost")
            old.read_to_end()
        assert watcher.ask() == [] and who(watcher) == {"alice"}


def test_the_old_link_does_not_read():
    """The name moves at once; the old link finds bye behind what it is owed."""
    with Daemon(room_log_kib=16384) as daemon, \
            bots(daemon.tcp, b"alice", rcvbuf=65536) as (old,), \
            bots(daemon.tcp, None) as (new,):
        for _ in range(80):  # 8 MB: more than the kernel takes for it, less than the log holds
            new.ask(*[b"x" * 900] * 100)
        take_over(new, old)
        assert [event["from"] for event in new.ask(b"here")] == ["alice"]
        assert [event["text"] for event in displaced(old)][:8000] == ["x" * 900] * 8000


def test_again_and_again():
    with Daemon(**SPREAD) as daemon, bots(daemon.tcp, None) as (watcher,):
        old, turns = Json(daemon.tcp, name=b"alice"), range(short(30))
        watcher.ask()
        for turn in turns:
            new = Json(daemon.tcp)
            take_over(new, old)
            displaced(old)
            old.close()
            old = new
            old.ask(b"%d" % turn)
        assert [(event["ev"], event["from"], event["text"]) for event in watcher.ask()] == [
            ("say", "alice", str(turn)) for turn in turns]
        old.close()


@pytest.mark.parametrize("settings", [{}, SPREAD], ids=["one-handler", "three-handlers"])
def test_of_fifty_with_the_key_one_gets_it(settings):
    """To the others it is the key of one that has gone."""
    with Daemon(**settings) as daemon, \
            bots(daemon.tcp, b"alice", None) as (old, watcher), \
            bots(daemon.tcp, *[None] * 50) as heirs:
        watcher.ask()
        for heir in heirs:
            heir.say(b"/name alice " + key_of(old))
        answers = [heir.event() for heir in heirs]
        told = sorted((answer["code"], answer["text"]) for answer in answers)
        assert told == [OK] + [TAKEN] * 49
        displaced(old)
        assert watcher.ask() == [] and who(watcher) == {"alice"}


@pytest.mark.parametrize("settings", [{}, SPREAD], ids=["one-handler", "three-handlers"])
def test_fifty_names_at_once(settings):
    names = [b"n%d" % i for i in range(50)]
    with Daemon(**settings) as daemon, bots(daemon.tcp, *names) as olds, \
            bots(daemon.tcp, *[None] * 51) as (watcher, *news):
        watcher.ask()
        for name, old, new in zip(names, olds, news):
            new.say(b"/name %s %s" % (name, key_of(old)))
        assert {new.event()["code"] for new in news} == {"name_ok"}
        for old in olds:
            displaced(old)
        assert watcher.ask() == [] and who(watcher) == {name.decode() for name in names}


# It does not

@pytest.mark.parametrize("change", [
    lambda key: key[:-1], lambda key: key + b"0", lambda key: key[1:] + key[:1],
    lambda key: b"0" * 32, lambda key: key[:-1] + (b"0" if key[-1:] != b"0" else b"1"),
    lambda key: (b"0" if key[:1] != b"0" else b"1") + key[1:], lambda key: key * 2,
    lambda key: b"", lambda key: b"alice", lambda key: b"x" * 4000], ids=range(10))
def test_a_wrong_key(daemon, change):
    with bots(daemon.tcp, b"alice", b"bob", None) as (alice, bob, thief):
        wrong = change(key_of(alice))
        assert wrong != key_of(alice)
        no_key = wrong and not re.fullmatch(b"[0-9a-f]{32}", wrong)  # then it is a second word
        for program in (thief, bob):
            code, text = program.notice(b"/name alice " + wrong)
            if no_key:
                assert code == "bad_name" and text.startswith("a name is one word, not alice ")
            else:
                assert (code, text) == TAKEN
        assert [event["from"] for event in bob.ask(b"x")] == ["bob"]
        alice.ask()
        assert [event["from"] for event in alice.ask(b"x")] == ["alice"]


def test_a_text_client_is_refused_in_the_same_words(daemon):
    with company(daemon.tcp, b"alice", None) as (holder, thief):
        for wrong in (b"", b" " + b"0" * 32):
            assert notice(thief, b"/name alice" + wrong) == b"* the name alice is taken"
        assert notice(thief, b"/name alice key") == b"* a name is one word, not alice key"
        assert prefix(holder) == b"[alice] " and prefix(thief) == b""


def test_the_key_of_another_connection(daemon):
    with bots(daemon.tcp, b"alice", b"bob", None, None) as (alice, bob, nobody, thief):
        for other in (bob, nobody, thief):
            assert thief.notice(b"/name alice " + key_of(other)) == TAKEN
        assert bob.notice(b"/name alice " + key_of(bob)) == TAKEN
        assert who(thief) == {"alice", "bob"} and len(alice.ask(b"x")) == 1


def test_the_key_of_a_connection_that_went(daemon):
    with bots(daemon.tcp, b"alice", None) as (gone, thief), Client(daemon.tcp) as holder:
        gone.close()
        take_when_free(holder, b"alice")
        assert thief.notice(b"/name alice " + key_of(gone)) == TAKEN
        assert prefix(holder) == b"[alice] "


def test_the_key_of_one_that_gave_the_name_up(daemon):
    with bots(daemon.tcp, b"alice", None, None) as (former, holder, thief):
        former.take(b"carol")
        holder.take(b"alice")
        thief.ask()
        assert thief.notice(b"/name alice " + key_of(former)) == TAKEN
        assert who(thief) == {"alice", "carol"}


def test_the_key_of_a_connection_that_was_taken_over(daemon):
    with bots(daemon.tcp, b"alice", None, None, None) as (old, new, thief, heir):
        take_over(new, old)
        displaced(old)
        assert thief.notice(b"/name alice " + key_of(old)) == TAKEN
        take_over(heir, new)
        displaced(new)


def test_one_s_own_key_closes_nothing(daemon):
    with bots(daemon.tcp, b"alice", None) as (alice, watcher):
        watcher.ask()
        for _ in range(3):
            assert alice.ask(b"/name alice " + key_of(alice))[0]["code"] == "name_ok"
        assert [event["from"] for event in alice.ask(b"here")] == ["alice"]
        assert names_after({"alice"}, watcher.ask()) == {"alice"}


def test_a_free_name_needs_no_key(daemon):
    """A program that comes back gives the key of its last connection, whoever had the name since."""
    key = b"0" * 32
    with bots(daemon.tcp, None) as (client,), company(daemon.tcp, None) as (plain,):
        client.ask()
        assert client.ask(b"/name alice " + key)[0]["code"] == "name_ok"
        assert b"bob" in notice(plain, b"/name bob " + key) and prefix(plain) == b"[bob] "


@pytest.mark.parametrize("word", [b"key", b"0" * 31, b"0" * 33, b"x" * 4000])
def test_a_second_word_that_is_no_key(daemon, word):
    """John Smith is not to become John, and Smith his key."""
    with bots(daemon.tcp, None) as (client,), company(daemon.tcp, None) as (plain,):
        client.ask()
        assert client.ask(b"/name alice " + word)[0]["code"] == "bad_name"
        assert notice(plain, b"/name bob " + word).startswith(b"* a name is one word, not bob ")
        assert prefix(plain) == b""


def test_a_bad_name_stays_bad_with_a_key(daemon):
    with bots(daemon.tcp, b"alice", None) as (alice, thief):
        for name in (b"server", b"-x", b"a/b"):
            assert thief.notice(b"/name %s %s" % (name, key_of(alice)))[0] == "bad_name"
        assert len(alice.ask(b"x")) == 1


# Keys are secret

def test_all_keys_differ(daemon):
    with bots(daemon.tcp, *[None] * 40) as clients:
        keys = {key_of(client) for client in clients}
        assert len(keys) == 40
        for place in range(0, 32, 4):
            assert len({key[place:place + 4] for key in keys}) > 30, "a part is no chance"


def test_nobody_else_gets_to_know_a_key(daemon):
    with bots(daemon.tcp, b"alice", None, None) as (old, new, watcher), \
            Client(daemon.tcp) as plain:
        watcher.ask()
        new.say(b"/name alice " + key_of(old)[:-1])
        new.ask()
        take_over(new, old)
        seen = repr(watcher.ask()).encode() + b"".join(ask(plain))
        for key in (key_of(old), key_of(new), key_of(old)[:-1]):
            assert key not in seen
            assert all(key.decode() not in line for line in daemon.lines)


# Over the end of the daemon

@pytest.mark.parametrize("end", ["kill", "restart"])
def test_a_key_is_good_after_it(service, end):
    with bots(service.tcp, b"alice", None, None) as (old, new, watcher):
        new.ask()
        getattr(service, end)()
        new.ask()
        watcher.ask()
        take_over(new, old)
        assert lively(displaced(old)) == [] == watcher.ask()
        getattr(service, end)()
        assert watcher.notice(b"/name alice " + key_of(old)) == TAKEN
        assert [event["from"] for event in lively(new.ask(b"x"))] == ["alice"]


def test_keys_differ_over_lives(service):
    with bots(service.tcp, b"alice") as (alice,):
        service.kill()
        with bots(service.tcp, *[None] * 5) as clients:
            assert len({key_of(client) for client in [alice, *clients]}) == 6


def test_killed_at_once(service):
    """Whether it was taken over before or after, it was, and once."""
    with bots(service.tcp, None) as (watcher,):
        old = Json(service.tcp, name=b"alice")
        watcher.ask()
        for _ in range(short(15)):
            new = Json(service.tcp)
            new.say(b"/name alice " + key_of(old))
            service.kill()
            told = lively(new.ask())
            assert [(event["code"], event["text"]) for event in told] == [OK]
            assert lively(displaced(old)) == []
            assert lively(watcher.ask()) == [] and who(watcher) == {"alice"}
            old.close()
            old = new
        old.close()


@pytest.mark.parametrize("leave", ["close", "reset", None])
def test_wanted_in_the_gap(service, leave):
    """Whether its old link is there still or not."""
    with bots(service.tcp, b"alice", None, None) as (old, new, watcher):
        watcher.ask()
        with service.down():
            if leave:
                getattr(old, leave)()
            new.say(b"/name alice " + key_of(old))
        assert [event["code"] for event in new.ask() if event["ev"] == "notice"] == ["name_ok"]
        if not leave:
            displaced(old)
        assert names_after({"alice"}, watcher.ask()) == {"alice"} == who(watcher)
        with Client(service.tcp) as late:
            assert refuse(late, b"alice") == b"* the name alice is taken"
            take(late, b"bob")
