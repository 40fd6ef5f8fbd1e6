"""test_characters.py - the table of characters: as lines, names and rooms, as text and in JSON"""
import pytest

from characters import RESERVED, TABLE, Taken, octets
from chatter import poll, token
from daemon import Daemon
from jsonl import bots, parse
from named import ask, company, notice, prefix, refuse, take, take_when_free


def short_what(row):
    return row.what.replace(" ", "-")


each_row = pytest.mark.parametrize("row", TABLE, ids=short_what)


@pytest.fixture(scope="module", name="utf8")
def utf8_():
    with Daemon() as daemon:
        yield daemon


@pytest.fixture(scope="module", name="raw")
def raw_():
    with Daemon(text="raw") as daemon:
        yield daemon


@pytest.fixture(name="house", params=["utf8", "raw"])
def house_(request):
    """A daemon, and whether text = "raw"."""
    return request.getfixturevalue(request.param), request.param == "raw"


def test_the_table_is_sound():
    assert len(set(map(short_what, TABLE))) == len(TABLE) >= 50
    for each in TABLE:
        assert b" " not in each.sent and b"\n" not in each.sent, each.what
        assert each.line.decode().isprintable() or each.line == each.sent, each.what


# Lines

def between(listener, first, last):
    listener.read_until(first)
    return listener.read_until(last)[:-1]


@each_row
def test_as_a_line(house, row):
    daemon, raw = house
    first, last = token(), token()
    with company(daemon.tcp, None, None) as clients:
        clients[0].say(first, row.sent, last)
        for client in clients:
            assert between(client, first, last) == [row.raw if raw else row.line]


@each_row
def test_as_a_line_in_json(house, row):
    daemon, _ = house
    with company(daemon.tcp, None, None) as (bot, speaker):
        bot.say(b"/json")
        bot.read_line()
        last = token()
        speaker.say(row.sent, last)
        lines = [bot.read_line()]
        while last not in lines[-1]:
            lines.append(bot.read_line())
        line, _ = (each for each in lines if each.startswith(b'{"ev":"say"'))
        assert line.endswith(b',"from":null,"text":"%s"}' % row.json)
        assert parse(line)["text"] == row.line.decode()


# Names

def refused(answer, shown, why, what):
    """Repeated is what was sent; of what has a NUL in it, what stands before at least."""
    tail = b" cannot be a %s: %s" % (what, why.encode())
    assert answer.endswith(tail), answer
    start = b"* " + shown.partition(b"\0")[0]
    assert answer.startswith(start) and (b"\0" in shown or answer == start + tail), answer


def answer(bot, kind, line):
    """The only event of that kind; those who leave are heard, too."""
    event, = (each for each in bot.ask(line) if each["ev"] == kind)
    return event


def refused_in_json(event, row, raw, what):
    """Repeated is what was sent, cleaned; of what is dropped in it, all or nothing."""
    why = row.raw_name if raw else row.name
    start = "a" if row.name != row.raw_name else f"{row.line.decode()} cannot"
    assert event["code"] == f"bad_{what}" and event["text"].startswith(start), event
    assert event["text"].endswith(f" cannot be a {what}: {why}"), event


def see_it_taken(holder, asker, sent, shown, name):
    take_when_free_as(holder, sent, shown)
    for spelling in name.same:
        assert refuse(asker, octets(spelling)) == b"* the name %s is taken" % octets(spelling)
    for other in name.other:
        take_when_free_as(asker, octets(other), octets(other))
    for spelling in name.same:  # it is its own in that spelling, too
        take(holder, octets(spelling))
        assert b"taken" in refuse(asker, sent)


def take_when_free_as(client, sent, shown):
    """Of what is dropped from a name, nothing is shown."""
    if sent == shown:
        take_when_free(client, sent)
        return
    poll(lambda: notice(client, b"/name " + sent) == b"* you are %s now" % shown, "it is free")
    assert prefix(client) == b"[%s] " % shown


@each_row
def test_as_a_name(house, row):
    daemon, raw = house
    name, shown = (row.raw_name, row.raw) if raw else (row.name, row.line)
    with company(daemon.tcp, None, None) as (one, two):
        if isinstance(name, Taken):
            see_it_taken(one, two, row.sent, shown, name)
        else:
            refused(refuse(one, row.sent), shown, name, b"name")


@each_row
def test_as_a_name_in_json(house, row):
    daemon, raw = house
    name = row.raw_name if raw else row.name
    with bots(daemon.tcp, None) as (bot,):
        if isinstance(name, Taken):
            poll(lambda: answer(bot, "notice", b"/name " + row.sent)["code"] == "name_ok",
                 "it is free")
            said = answer(bot, "say", b"hi")
            assert said["from"] == row.line.decode() and said["text"] == "hi"
        else:
            refused_in_json(answer(bot, "notice", b"/name " + row.sent), row, raw, "name")


# What one without a name says in the look of a name

def looks(row, raw):
    """(whose name it is, what stands between the brackets, whether it is marked)."""
    name, reads, elsewhere = row.raw_name if raw else row.name, row.reads[raw], row.reads[not raw]
    if isinstance(name, Taken):
        for each in (row.raw, *name.same):
            yield row.raw, octets(each), True
        for each in name.other:
            yield row.raw, octets(each), False
    elif name == RESERVED:
        yield None, row.raw, True
    elif reads or elsewhere:
        yield octets(reads or elsewhere), row.raw, bool(reads)


def forgeries(row, raw, holder):
    """Lines with such a look, and what is shown of them as text and in JSON; the name is held."""
    for name, text, marked in looks(row, raw):
        if name and prefix(holder) == b"":
            take_when_free_as(holder, name, row.line if name == row.raw else name)
        for tail in (b"] hi", b" -> you] hi"):
            cleaned = row.line if text == row.raw else text
            start = b"[~" if marked else b"["
            yield (b"[" + text + tail, start + (text if raw else cleaned) + tail,
                   start + cleaned + tail)


def see_shown(say, line, shown):
    """One who is leaving may have a name still that is to be nobody's."""
    if shown.startswith(b"[~"):
        assert say(line) == shown
    else:
        poll(lambda: say(line) == shown, f"{line} is shown as {shown}")


each_look = pytest.mark.parametrize(
    "row", [each for each in TABLE if list(looks(each, False))], ids=short_what)


@each_look
def test_in_the_look_of_a_name(house, row):
    daemon, raw = house
    with company(daemon.tcp, None, None) as (holder, plain):
        def say(line):
            ask(plain)
            got, = ask(plain, line)
            return got
        for line, shown, _ in forgeries(row, raw, holder):
            if raw and row.name != row.raw_name:  # what a terminal does with NUL is not known:
                assert say(line).replace(b"[~", b"[") == line  # marked or not, it is whole
            else:
                see_shown(say, line, shown)


@each_look
def test_in_the_look_of_a_name_in_json(house, row):
    daemon, raw = house
    with bots(daemon.tcp, None) as (bot,), company(daemon.tcp, None, None) as (holder, plain):
        def say(line):
            first, last = token(), token()
            plain.say(first, line, last)
            bot.until(text=first.decode())
            got, _ = (event["text"] for event in bot.until(text=last.decode())
                      if event["ev"] == "say")
            return got.encode()
        for line, _, shown in forgeries(row, raw, holder):
            see_shown(say, line, shown)


@pytest.mark.parametrize("hidden", [b"\0", b"\xff\xf1", b"\xff\xfb\x01"])
@pytest.mark.parametrize("start", [b"* ", b"** ", b"[server] "])
def test_what_is_dropped_hides_no_notice_in_json(house, hidden, start):
    daemon, _ = house
    with bots(daemon.tcp, None) as (bot,), company(daemon.tcp, None) as (plain,):
        bot.ask()
        plain.say(hidden + start + b"hi")
        seen = b"[~server] hi" if start[0] == ord("[") else b"~" + start + b"hi"
        assert bot.until(ev="say")[-1]["text"] == seen.decode()


# Rooms

def enter_when_gone(client, room, shown):
    """As its first: the clients of another test may be leaving it still."""
    def enter():
        notice(client, b"/join lobby")
        return notice(client, b"/join " + room) == b"* you are in %s now, 1 here" % shown
    poll(enter, "the room is empty")


@each_row
def test_as_a_room(house, row):
    daemon, raw = house
    name, shown = (row.raw_name, row.raw) if raw else (row.name, row.line)
    with company(daemon.tcp, None, None) as (one, two):
        if not isinstance(name, Taken):
            refused(notice(one, b"/join " + row.sent), shown, name, b"room")
            assert ask(one, b"in the lobby still") == [b"in the lobby still"] == [two.read_line()]
            return
        enter_when_gone(one, row.sent, shown)
        for spelling in name.same:
            notice(two, b"/join lobby")
            got = notice(two, b"/join " + octets(spelling))
            assert got == b"* you are in %s now, 2 here" % shown
            assert ask(one, b"here") == [b"here"] and b"here" in ask(two)
        for other in name.other:
            enter_when_gone(two, octets(other), octets(other))
            assert ask(one, b"there") == [b"there"] and ask(two) == []


@each_row
def test_as_a_room_in_json(house, row):
    daemon, raw = house
    name = row.raw_name if raw else row.name
    with bots(daemon.tcp, None) as (bot,):
        if isinstance(name, Taken):
            poll(lambda: bot.join(b"lobby") and bot.join(row.sent) and
                 bot.hello["room"] == row.line.decode(), "it is spelled as its first one did")
        else:
            refused_in_json(answer(bot, "notice", b"/join " + row.sent), row, raw, "room")
