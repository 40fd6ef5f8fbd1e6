"""voices.py - what each of many clients that act at once may hear, once the rooms' logs are known

A Voice has a script of Orders.  When its round is over, it goes through what it heard, with a place
in the log of its room: lines of the room must be the next ones there, answers must come in the
order of the script, each behind what the client itself had said before and before what it said
later.  What the others did in that moment decides some answers; then each of the possible ones is
taken, and what follows from it must be in the log.
"""
import collections
import re
import time

from chatter import Client
from jsonl import LOGGED, Track, parse, shown
from model import CLAIM, fold, is_reserved
from wanderers import RESTARTED, SLOWED, Difference

OUT = re.compile(r"\[you -> (\S+)\] (.*)", re.DOTALL)
IN = re.compile(r"\[([^ ~]\S*) -> you\] (.*)", re.DOTALL)
MOVED = re.compile(r"you are in (\S+) now, (\d+) here")

Order = collections.namedtuple("Order", "verb raw what text token", defaults=("", "", None))
Deed = collections.namedtuple("Deed", "room ev who what token")  # a line of a log, but for id, time
Whisper = collections.namedtuple("Whisper", "author to text token")


def deed(event):
    """What an event says, whoever hears it."""
    what = event.get("text", event.get("to", event.get("reason")))
    return Deed(fold(event["room"]), event["ev"], event.get("from", event.get("name")), what,
                event.get("n"))


class Logs:
    """The rooms' lines, as those heard them who are always there."""

    def __init__(self):
        self.lines = collections.defaultdict(list)    # by folded name: (bytes, event)
        self.places = collections.defaultdict(list)   # by deed: indices

    def add(self, line, event):
        room = fold(event["room"])
        self.places[deed(event)].append(len(self.lines[room]))
        self.lines[room].append((line, event))

    def next(self, room, place, visible):
        """The place of the next line that is seen from there: (index, (bytes, event)), or None."""
        lines = self.lines[room]
        while place < len(lines):
            if visible or lines[place][1]["ev"] in ("say", "me"):
                return place, lines[place]
            place += 1
        return None


class Stage:
    """What the voices of a round have in common: who may be called what in it."""

    def __init__(self, logs, steady, wanted, settled, tokens):
        """steady: folded names that are held all the time; wanted: those that anybody may have.

        settled: by room, the names of those that stay; tokens: by name, when each was used.
        """
        self.logs, self.steady, self.wanted = logs, steady, wanted
        self.settled, self.tokens = settled, tokens
        self.starts = {room: len(lines) for room, lines in logs.lines.items()}
        self.whispers = []  # that were sent: (whisper, voice)


def doers_of(lines, queues):
    """Whose deed each line is: all of each one's, in its order; None: there is no such way.

    Two may have done the same, as to come with a name: whose it was, what follows must tell.
    """
    if not lines:
        return [] if not any(queues.values()) else None
    able = [voice for voice, queue in queues.items() if queue and queue[0] == lines[0]]
    for voice in able or [None]:
        rest = doers_of(lines[1:], {**queues, voice: queues[voice][1:]} if voice else queues)
        if rest is not None:
            return [voice, *rest]
    return None


class Voice:
    def __init__(self, where, plain=False, **options):
        """plain: it only talks."""
        self.client, self.plain = Client(where, **options), plain
        self.name, self.room, self.json = None, "lobby", False
        self.lag, self.ends, self.over = 0, None, False
        self.restarts = self.loose = 0  # that it must be told; that it may miss of them
        self.said_bye = False
        self.places = set()        # in the log of its room: lines before them were heard
        self.heard, self.script = [], collections.deque()
        self.received = []         # (whisper, whom it reached)
        self.deeds = []            # what it must have put into the logs, in order
        self.track = Track()
        self.replay = None         # lines that are still to come

    def fill(self):
        """What is there: whole lines; a loss is a fault unless it leaves by one."""
        try:
            self.over = not self.client.fill()
        except ConnectionError as error:
            raise Difference(f"{self.name or 'one without a name'} lost: {error}") from error
        lines = bytes(self.client.buffer).split(b"\n")
        self.client.buffer[:] = lines.pop()
        self.heard += lines

    def differ(self, what, line):
        raise Difference(
            f"{what}: {line[:2000]}\n{self.name}, JSON {self.json}, in {self.room}\n"
            f"next: {list(self.script)[:3]}\nown lines to come: {list(self.pending)[:3]}\n"
            f"heard around: {self.heard[max(0, self.at - 6):self.at + 3]}")

    # Through what was heard

    def walk(self, stage):
        """All of it; then nothing of the script may be left."""
        self.stage, self.pending, self.after_who = stage, collections.deque(), False
        self.deeds = []
        self._load()
        for self.at, line in enumerate(self.heard):
            if self.json and RESTARTED.fullmatch(line):
                self.restarts -= 1
            elif not SLOWED.fullmatch(line):
                self._hear(line)
        self.at = len(self.heard)
        if self.ends and (not self.over or self.json != self.said_bye):
            self.differ("no end, or no bye", b"")
        if self.script or self.pending or self.replay is not None:
            self.differ("the end, and something is missing", b"")
        if self.ends and self.name:
            self.deeds.append(Deed(fold(self.room), "leave", self.name, self.ends, None))
        self.heard = []

    def _hear(self, line):
        if not self.json and not line.startswith(b'{"ev":"hello"'):
            self._hear_text(line, line.decode())
            return
        event = parse(line)
        self.track.follow(event)
        kind = event["ev"]
        if kind in LOGGED:
            self._line(line)
        elif kind == "priv":
            self._private(Whisper(event["from"], event["to"], event["text"], event.get("n")), line)
        elif kind == "hello":
            self._moved(line, event["room"], int(event["head"].split(".")[1]))
            if event["you"] != self.name:
                self.differ(f"you are not {self.name}", line)
        elif kind == "bye":
            if event["reason"] != self.ends:
                self.differ(f"bye, not {self.ends}", line)
            self.said_bye = True
        elif kind == "who":
            self._who(line, event["room"], event["names"], len(event["names"]) + event["unnamed"])
        else:
            self._note(line, {"pong": lambda: "pong " + event["token"],
                              "replay": lambda: f"last {event['lines']} lines",
                              "live": lambda: "live"}.get(kind, lambda: event.get("text", ""))())

    def _hear_text(self, line, text):
        out, private = OUT.fullmatch(text), IN.fullmatch(text)
        if text.startswith("* "):
            moved = MOVED.fullmatch(text[2:])
            who = re.fullmatch(r"\* (\d+) here: (.*)", text)
            if moved:
                self._moved(line, moved[1], None)
            elif who:
                names = [] if who[2] == "nobody has a name" else who[2].split(" ")
                self._who(line, self.room, names, int(who[1]))
            else:
                self._note(line, text[2:])
        elif out:
            self._private(Whisper(self.name, out[1], out[2], ...), line)
        elif private:
            self._private(Whisper(private[1], self.name, private[2], ...), line)
        else:
            self._line(line)

    def _line(self, line):
        """The next of the room, or of what is replayed; an own one was waited for."""
        if self.replay is not None:
            self.replay.append(line)
            return
        places, found = set(), None
        for place in self.places:
            following = self.stage.logs.next(fold(self.room), place, self.json)
            if following and self._seen(following[1]) == line:
                places.add(following[0] + 1)
                found = following[1][1]
        if not found:
            wanted = [self.stage.logs.next(fold(self.room), place, self.json)
                      for place in sorted(self.places)[:2]]
            self.differ(f"not the next line of {self.room}, which is {wanted}", line)
        self.places = places
        if self.pending and deed(found) in self.pending[0]:
            self.pending.popleft()
            self.deeds.append(deed(found))
            self._load()

    def _seen(self, logged):
        return logged[0] if self.json else shown(logged[1])

    def _private(self, whisper, line):
        order = self.script[0] if self.script else None
        if order and order.verb == "msg" and not self.pending and whisper.author == self.name \
                and whisper.text == order.text and fold(whisper.to) == fold(order.what):
            self._take("msg", line)
            self.stage.whispers.append((whisper._replace(token=order.token), self))
            self._use(order.token)
            self._load()
        elif not self.name or whisper.to != self.name:
            self.differ("a private line for somebody else", line)
        else:
            self.received.append(whisper)

    # Answers

    def _take(self, verbs, line):
        """The next order, which must be one of these; all said before it was heard."""
        self.after_who = False
        if self.pending or not self.script or self.script[0].verb not in verbs.split():
            self.differ(f"no answer to what comes next, but to {verbs}", line)
        return self.script.popleft()

    def _who(self, line, room, names, count):
        self._take("who", line)
        missing = [name for name in self.stage.settled[fold(self.room)] if name not in names]
        if fold(room) != fold(self.room) or missing or len(set(map(fold, names))) < len(names) \
                or count < len(names):
            self.differ(f"not there: {missing}", line)
        self.after_who = not self.json
        self._load()

    def _moved(self, line, room, head):
        order = self._take("join json", line)
        if order.verb == "json":
            if not any(self._is_silent(place, head) for place in self.places):
                self.differ(f"at {sorted(self.places)[:3]}", line)
            self.json, self.places = True, {head}
        elif fold(room) != fold(order.what):
            self.differ(f"not {order.what}", line)
        elif fold(room) != fold(self.room):
            if self.name:
                self.deeds.append(Deed(fold(self.room), "leave", self.name, "moved", None))
                self.deeds.append(Deed(fold(room), "join", self.name, None, None))
            start = self.stage.starts.get(fold(room), 0)
            self.room = room
            self.places = {head} if head is not None else set(
                range(start, len(self.stage.logs.lines[fold(room)]) + 1))
        self._load()

    def _is_silent(self, place, head):
        """Is it that place, for one who saw nothing of joins and the like?"""
        if self.json:
            return place == head
        following = self.stage.logs.next(fold(self.room), place, False)
        return place <= head and (not following or head <= following[0])

    def _note(self, line, text):
        if self.after_who and re.fullmatch(r"and \d+ without a name", text):
            self.after_who = False
        elif text == "live":
            self._live(line)
        elif self.replay is not None:
            self.differ("within a replay", line)
        else:
            order = self._take("name msg me ping last unknown say", line)
            getattr(self, "_answer_" + order.verb)(order, text, line)
            self._load()

    def _answer_name(self, order, text, line):
        name, old = order.what, self.name
        if text == f"the name {name} is taken" and fold(name) in self.stage.wanted and (
                not old or fold(old) != fold(name)):
            return
        if text != f"you are {name} now" or (
                fold(name) in self.stage.steady and fold(old or "") != fold(name)):
            self.differ(f"no answer to {order}", line)
        self.name = name
        self.deeds.append(Deed(fold(self.room), "rename", old, name, None) if old
                          else Deed(fold(self.room), "join", name, None, None))

    def _answer_msg(self, order, text, line):
        if not self.name:
            right = text == "take a name first: /name NAME"
        else:
            right = text == f"nobody here is called {order.what}" and \
                fold(order.what) not in self.stage.steady or self._is_double(order, text)
        if not right:
            self.differ(f"no answer to {order}", line)

    def _is_double(self, order, text):
        return bool(order.token) and text == f"{order.token} was said already, not again" and \
            order.token in self.stage.tokens[fold(self.name)]

    def _answer_say(self, order, text, line):
        if not self._is_double(order, text):
            self.differ(f"no answer to {order}", line)

    def _answer_me(self, order, text, line):
        if text != "take a name first: /name NAME" or self.name:
            self._answer_say(order, text, line)

    def _answer_ping(self, order, text, line):
        if text != "pong " + order.what:
            self.differ(f"no answer to {order}", line)

    def _answer_unknown(self, order, text, line):
        if text != f"unknown command /{order.what}; to say it, type //{order.what}":
            self.differ(f"no answer to {order}", line)

    def _answer_last(self, order, text, line):
        match = re.fullmatch(r"last (\d+) lines", text)
        if not match or int(match[1]) > order.what:
            self.differ(f"no answer to {order}", line)
        self.replay, self.wanted = [], (order.what, int(match[1]))

    def _live(self, line):
        """Exactly the last lines before one of the places where it can be."""
        if self.replay is None:
            self.differ("the end of no replay", line)
        (asked, count), replay, fits = self.wanted, self.replay, set()
        if not self.json and fold(self.room) != "lobby":
            asked = count  # a room's text is held from the first on who would have heard it
        for place in self.places:
            lines, log = [], self.stage.logs.lines[fold(self.room)]
            at = place
            while at > 0 and len(lines) < asked:
                at -= 1
                if self.json or log[at][1]["ev"] in ("say", "me"):
                    lines.append(self._seen(log[at]))
            if lines[::-1] == replay and len(lines) == count:
                fits.add(place)
        if not fits:
            self.differ(f"not the last {asked} lines, but {replay}", line)
        self.places, self.replay = fits, None
        self._load()

    # What it says

    def _load(self):
        """Lines that are said now, up to the next order that is answered."""
        while self.script and self.script[0].verb in ("say", "me") and self.replay is None:
            order = self.script[0]
            double = order.token and self.name and \
                order.token in self.stage.tokens[fold(self.name)]
            if order.verb == "me" and not self.name or double:
                return
            self.script.popleft()
            self.pending.append(self.forms(order))
            self._use(order.token)

    def _use(self, token):
        if token:
            self.stage.tokens[fold(self.name)][token] = time.monotonic()

    def forms(self, order):
        """The deeds that this may become: who does not know whether a name is held, takes both."""
        forms = [order.text] if self.name else mark(order.text, self.stage)
        return [Deed(fold(self.room), order.verb, self.name, form, order.token) for form in forms]


def mark(text, stage):
    """What becomes of a line of one without a name."""
    claim = CLAIM.match(text)
    if text.startswith(("* ", "** ")):
        return ["~" + text]
    if not claim:
        return [text]
    name = fold(claim[1])
    if is_reserved(name) or name in stage.steady:
        return ["[~" + text[1:]]
    return [text, "[~" + text[1:]] if name in stage.wanted else [text]
