"""jsonl.py - clients that speak JSON Lines, and what holds for every line that they get

    bob = Json(daemon.tcp, name=b"bob", room=b"tea")
    bob.say(b"hi")
    assert bob.event()["text"] == "hi"

Every line is one object, in the one form that it can have: known keys in their order, no spaces,
valid UTF-8.  The ids of a room have no gap that no skip tells, and its times do not go back while
nobody sets the clock back (test_clock.py does).
"""
import contextlib
import datetime
import json
import re
import time

from chatter import PATIENCE, Client, token

# By event: keys in their order; a ? stands behind those that need not be there.
KEYS = {
    "hello": "proto server room head you key limits",
    "say": "id t room from text auth? n?",
    "me": "id t room from text auth? n?",
    "priv": "t from to text auth? n?",
    "join": "id t room name auth?",
    "leave": "id t room name reason",
    "rename": "id t room name to auth?",
    "notice": "code text n?",
    "who": "room names unnamed more",
    "rooms": "rooms more",
    "live": "head",
    "skip": "from to lines",
    "restarted": "gap_ms",
    "pong": "token",
    "bye": "reason",
}
CODES = set("""too_long unknown_command help name_ok name name_taken bad_name no_name no_such_name
    busy usage bad_room no_such_room too_many_rooms history_restarted bad_id duplicate throttled
    stopping no_memory renamed lost""".split())
LOGGED = ("say", "me", "join", "leave", "rename")
NUMBERS = ("proto", "unnamed", "more", "lines", "last", "max_line", "clients")
ID = re.compile(r"([0-9a-z]+)\.([1-9][0-9]*|0)")
TIME = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}\.[0-9]{3}Z")
# For tests with one thread that serves a room, and with two.
WAYS = {"argvalues": [{"handlers": 1}, {"handlers": 2, "tune": {"split_members": 1}}],
        "ids": ["one", "two"]}
HELLO = b'{"ev":"hello","proto":'
CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def seconds(event):
    """When it was said, as time.time() counts."""
    assert TIME.fullmatch(event["t"]), event
    return datetime.datetime.fromisoformat(event["t"][:-1] + "+00:00").timestamp()


def sequence(name):
    """EPOCH.SEQ: (epoch, number)."""
    match = ID.fullmatch(name)
    assert match, f"no id: {name}"
    return match[1], int(match[2])


def number(event):
    return sequence(event["id"])[1]


def shown(event):
    """What a text client sees of a line of the log: bytes, or None if it sees nothing."""
    if event["ev"] == "me":
        return f"** {event['from']} {event['text']}".encode()
    if event["ev"] == "say":
        return ("" if event["from"] is None else f"[{event['from']}] ").encode() + \
            event["text"].encode()
    return None


def shown_all(events):
    return [shown(event) for event in events if event["ev"] in ("say", "me")]


def _object(pairs):
    assert len(dict(pairs)) == len(pairs), f"a key twice: {pairs}"
    return dict(pairs)


def _constant(word):
    raise AssertionError(f"no JSON: {word}")


def _check_keys(event):
    wanted = KEYS[event["ev"]] if event["ev"] != "replay" else (
        "since lines" if "since" in event else "last lines")
    given = [key for key in wanted.split() if not key.endswith("?") or key[:-1] in event]
    assert list(event) == ["ev", *(key.rstrip("?") for key in given)], event


def _check_values(event):
    for key, value in event.items():
        if key in NUMBERS:
            assert type(value) is int and value >= 0, event
        elif isinstance(value, str):
            assert not CONTROL.search(value), event
    assert event.get("auth", "uid") == "uid" and event.get("code", "help") in CODES, event
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,32}", event.get("n", "n")), event
    if "id" in event:
        sequence(event["id"])
    if "t" in event:
        assert seconds(event) <= time.time() + 0.002, f"not said yet: {event}"


def _check_event(event):
    kind = event["ev"]
    if kind == "hello":
        assert event["proto"] == 1 and re.fullmatch(r"mtchatd \d+\.\d+\S*", event["server"]), event
        assert re.fullmatch("[0-9a-f]{32}", event["key"]), event
        assert list(event["limits"]) == ["max_line"], event
        sequence(event["head"])
    elif kind == "who":
        assert all(isinstance(name, str) and name for name in event["names"]), event
    elif kind == "rooms":
        assert all(list(room) == ["name", "clients"] for room in event["rooms"]), event
    elif kind == "skip":
        (epoch, first), (other, last) = sequence(event["from"]), sequence(event["to"])
        assert epoch == other and event["lines"] == last - first + 1 > 0, event
    elif kind == "restarted":
        assert event["gap_ms"] is None or type(event["gap_ms"]) is int, event
    elif kind == "priv":
        assert event["from"] and event["to"], event
    elif kind in LOGGED[2:]:
        assert event["name"], event


def parse(line):
    """One line without its LF: the event."""
    text = line.decode()  # valid UTF-8, or this fails
    event = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    assert isinstance(event, dict) and (event.get("ev") in KEYS or event.get("ev") == "replay"), \
        f"no event: {text}"
    again = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    assert again == text, f"another form of it: {text}"
    _check_keys(event)
    _check_values(event)
    _check_event(event)
    return event


class Track:
    """Where a client stands, by the ids it has seen; each event must be in its place."""

    def __init__(self):
        self.room = self.epoch = self.at = None
        self.replay = None   # (head when it began, lines that are still to come)
        self.missing = None  # end of a skip that a replay must follow
        self.said = 0        # when the last live line of the room was
        self.skips = []
        self.ended = False

    @property
    def head(self):
        return f"{self.epoch}.{self.at}"

    def follow(self, event):
        assert not self.ended, f"behind bye: {event}"
        kind = event["ev"]
        assert self.missing is None or kind == "replay", f"no replay behind a skip: {event}"
        if kind in LOGGED:
            self._line(event)
        elif kind in ("hello", "replay", "live", "skip"):
            getattr(self, "_" + kind)(event)
        self.ended = kind == "bye"

    def _hello(self, event):
        epoch, at = sequence(event["head"])
        assert self.replay is None, f"within a replay: {event}"
        if epoch == self.epoch:
            assert event["room"] == self.room and (at == self.at), f"at {self.at}: {event}"
        else:
            self.said = 0
        self.room, self.epoch, self.at = event["room"], epoch, at

    def _line(self, event):
        epoch, at = sequence(event["id"])
        assert event["room"] == self.room and epoch == self.epoch, f"in {self.room}: {event}"
        assert at == self.at + 1, f"at {self.at}: {event}"
        assert seconds(event) >= self.said, f"time goes back: {event}"
        self.at, self.said = at, seconds(event)
        if self.replay:
            head, left = self.replay
            assert left > 0, f"one more than the mark said: {event}"
            self.replay = head, left - 1

    def _replay(self, event):
        assert self.replay is None, f"a replay in a replay: {event}"
        assert self.missing in (None, self.at - event["lines"]), f"behind {self.missing}: {event}"
        self.replay, self.missing = (self.at, event["lines"]), None
        self.at, self.said = self.at - event["lines"], 0
        assert self.at >= 0, event

    def _live(self, event):
        assert self.replay and sequence(event["head"]) == (self.epoch, self.at), event
        head, left = self.replay
        assert (self.at, left) == (head, 0) or self.skips, event
        self.replay = None

    def _skip(self, event):
        (epoch, first), (_, last) = sequence(event["from"]), sequence(event["to"])
        assert epoch == self.epoch, event
        if self.replay is None and first <= self.at:
            self.missing = last  # what /since asked for and is not held
            return
        assert first == self.at + 1, f"at {self.at}: {event}"
        self.at = last
        self.skips.append(event)
        if self.replay:
            self.replay = self.replay[0], max(0, self.replay[1] - event["lines"])


class Json(Client):
    """It switches at once, takes a name, goes to a room; then it has nothing to read.

    plain: it does not switch yet.
    """

    def __init__(self, where, name=None, room=None, plain=False, **options):
        super().__init__(where, **options)
        self.track, self.hello = Track(), None
        try:
            if not plain:
                self.switch()
                if room:
                    self.join(room)
                if name:
                    self.take(name)
        except BaseException:
            self.close()
            raise

    def switch(self, *lines):
        """Say lines and switch; the text lines that it hears before the hello."""
        self.say(*lines, b"/json")
        return self.rest_of_text()

    def rest_of_text(self):
        """Its lines up to the first hello."""
        text = []
        while not (line := self.read_line()).startswith(HELLO):
            assert not line.startswith(b"* unknown command /json"), line
            text.append(line)
        self.hello = self._event(line)
        return text

    def _event(self, line):
        event = parse(line)
        self.track.follow(event)
        if event["ev"] == "hello":
            self.hello = event
        return event

    def event(self):
        """The next one."""
        return self._event(self.read_line())

    def events(self, count):
        return [self.event() for _ in range(count)]

    def waiting(self):
        """Those that are whole in the buffer."""
        found = []
        while b"\n" in self.buffer:
            found.append(self.event())
        return found

    def until(self, **wanted):
        """All up to the first whose keys have these values, which is among them."""
        end, found = time.monotonic() + 3 * PATIENCE, []
        while True:
            found.append(self.event())
            if wanted.items() <= {key: found[-1].get(key) for key in wanted}.items():
                return found
            assert time.monotonic() < end, f"no {wanted}: {found[-5:]}"

    def ask(self, *lines):
        """Say them; all that it hears up to there, the answers among it."""
        mark = token()
        self.say(*lines, b"/ping " + mark)
        return self.until(ev="pong", token=mark.decode())[:-1]

    def answer(self, *lines):
        """The one event that these lines are answered with; others' lines are read before."""
        self.ask()
        events = self.ask(*lines)
        assert len(events) == 1, events
        return events[0]

    def notice(self, *lines):
        """(code, text) of the only answer."""
        event = self.answer(*lines)
        assert event["ev"] == "notice", event
        return event["code"], event["text"]

    def take(self, name):
        """The event by which the room learns it."""
        events = self.ask(b"/name " + name)
        at = next(i for i, event in enumerate(events) if event.get("code") == "name_ok")
        mine = [event for event in events[at + 1:] if event["ev"] in ("join", "rename")]
        assert len(mine) == 1, events
        return mine[0]

    def join(self, room):
        """What it heard before the hello, and after it."""
        events = self.ask(b"/join " + room)
        at = next(i for i, event in enumerate(events) if event["ev"] == "hello")
        return events[:at], events[at + 1:]

    def end(self):
        """The rest, up to a clean end of the stream behind a whole line."""
        data = self.read_to_end()
        assert data.endswith(b"\n") or not data, f"cut: {data[-200:]}"
        return [self._event(line) for line in data.split(b"\n")[:-1]]


@contextlib.contextmanager
def bots(where, *names, **options):
    """JSON clients with nothing to read: one for each name, None has none."""
    clients = []
    try:
        for name in names:
            clients.append(Json(where, name=name, **options))
        for client in clients:
            client.ask()
        yield clients
    finally:
        for client in clients:
            client.close()
