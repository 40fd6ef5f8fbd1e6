"""model.py - what a server of mtchat owes each of its clients, told as simply as it can be

    model = Model()
    alice = model.enter()
    model.line(alice, b"/name alice")  # what it sends, without the LF
    alice.told                         # what it must hear, and has not heard yet, in order

Commands are carried out one after the other.  What nobody can know before it was heard, as a time
or the name of a log, is a Blank: whoever hears it first fills it in for all.  What the protocol
leaves open is not in here: repeating one's own name letter by letter, a line to oneself in JSON.
"""
import codecs
import collections
import itertools
import re
import unicodedata

from blanks import TIME, Blank, Told, parts_of

LIMITS = {"max_line": 4096, "max_rooms": 64, "history": 50}
RESERVED = {"you", "server", "all"}
TOKENS_MOST = 128  # of a name, that are remembered
BLANKS = {"\u2800", "\u034f", "\u115f", "\u1160", "\u3164", "\uffa0", "\ufe0f"}  # besides Z* and C*
COMMAS = ",\u060c\u3001\uff0c"
CURES = {"blanks": "without a blank before it", "slash": "with a plain slash",
         "end": "with a space behind it"}
NUMBERED = re.compile(r"@n=([A-Za-z0-9_-]{1,32}) ")
PREFIXED = re.compile(r"@n=[^ ]* ")  # like it, well-formed or not
CLAIM = re.compile(r"\[([^\] ]+)(?:\] | -> )")
TELNET = re.compile(rb"\xff[\xf1-\xf9]|\xff[\xfb-\xfe][\0-\xff]|\xff\xfa.*?\xff\xf0|\0", re.DOTALL)
DIRTY = re.compile("[\0-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

codecs.register_error("each byte", lambda error: ("\ufffd" * (error.end - error.start), error.end))


def clean(raw):
    """The text of a line.  What is dropped within a character breaks it."""
    text = "".join(part.decode(errors="each byte") for part in TELNET.split(raw))
    return DIRTY.sub("\ufffd", text)


def fold(name):
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def is_reserved(name):
    """Also in letters that look alike, as far as the clients here type any."""
    bare = "".join(one for one in unicodedata.normalize("NFKD", name)
                   if unicodedata.category(one)[0] != "M")
    return fold(bare).translate(str.maketrans("0аеорѕуοαυν", "oaeorsyoauv")) in RESERVED


def fault(name):
    """Why nobody can be called that; None: one can."""
    if len(name) > 24 or len(name.encode()) > 64:
        return "is longer than 24 characters or 64 bytes"
    if name[0] in "-." or unicodedata.category(name[0])[0] == "M":
        return "begins with -, . or a mark"
    if any(unicodedata.category(one)[0] not in "LM" and unicodedata.category(one) != "Nd"
           and one not in "_-." for one in name):
        return "has something in it that is no letter, mark, digit, _, - or ."
    if is_reserved(name):
        return "is reserved"
    if re.search("m{5}", "".join("m" if unicodedata.category(one) in ("Mn", "Me") else "-"
                                 for one in name)):
        return "has more than 4 marks on one letter"
    return None


def is_blank(one):
    return unicodedata.category(one) in ("Cc", "Cf", "Zs", "Zl", "Zp") or one in BLANKS


def skip_blanks(text, at):
    return next((i for i in range(at, len(text)) if not is_blank(text[i])), len(text))


def word_end(text, at):
    """Of letters, their marks, and what is not seen among them; or of `?`."""
    if text[at:at + 1] == "?":
        return at + 1
    end = at
    while end < len(text) and (unicodedata.category(text[end])[0] in "LM" or
                               unicodedata.category(text[end]) == "Cf"):
        end += 1
    letters = (one for one in text[at:end] if unicodedata.category(one)[0] == "L")
    return end if any(not is_blank(one) for one in letters) else at


def command_of(text):
    """(word, arguments, flaw) if it was meant as a command; None: it is text."""
    slash = skip_blanks(text, 0)
    if text[slash:slash + 1] not in ("/", "\uff0f") or text.startswith("//"):
        return None
    begin = skip_blanks(text, slash + 1)
    end = word_end(text, begin)
    word, behind = text[begin:end], text[end:end + 1]
    is_msg = word.isascii() and word.lower() == "msg"
    if not word or (begin > slash + 1 and not is_msg) or not (
            not behind or is_blank(behind) or behind in COMMAS or
            (is_msg and behind not in "/\uff0f")):
        return None
    flaw = "blanks" if slash or begin > slash + 1 else "slash" if text[slash] != "/" \
        else "end" if behind not in ("", " ") else None
    return word, text[end:].lstrip(" "), flaw


def understand(text, named):
    """(token, text or None, command or None): what the line of one with a name, or without, means."""
    begin = skip_blanks(text, 0)
    number, about = NUMBERED.match(text), PREFIXED.match(text, begin)
    command = command_of(text[about.end():]) if about else command_of(text)
    if number and named:
        rest = text[number.end():]
        return number[1], rest[1:] if rest.startswith("//") else rest, command
    if about and not command:  # text, however it begins
        return None, text, None
    if about and begin:
        command = (*command[:2], "blanks")
    return None, text[1:] if text.startswith("//") else text, command


class Line:
    """Of a room's log.  keys: what its event says besides id, time and room."""

    def __init__(self, room, kind, keys):
        self.room, self.kind, self.keys = room, kind, keys
        self.number, self.time = len(room.log) + 1, Blank(TIME)

    def text(self):
        """What a text client sees; None: nothing."""
        if self.kind == "me":
            return f"** {self.keys['from']} {self.keys['text']}"
        if self.kind != "say":
            return None
        return f"[{self.keys['from']}] {self.keys['text']}" if self.keys["from"] \
            else self.keys["text"]

    def event(self):
        return {"ev": self.kind, "id": self.room.id(self.number), "t": (self.time,),
                "room": self.room.name, **self.keys}


class Room:
    def __init__(self, name):
        self.name, self.log, self.members = name, [], []
        self.epoch = Blank(rb"[0-9a-z]+")
        self.held_from = {True: None, False: None}  # as JSON, as text: since somebody heard it so

    def id(self, number):
        return self.epoch, f".{number}"

    def head(self):
        return self.id(len(self.log))

    def say(self, kind, **keys):
        self.log.append(Line(self, kind, keys))
        for person in self.members:
            person.hear(self.log[-1])

    def names(self):
        return sorted((person.name for person in self.members if person.name), key=fold)


class Person:
    """A client, as the server knows it."""

    def __init__(self, room):
        self.name, self.room, self.json, self.ended = None, room, False, False
        self.told, self.key = collections.deque(), Blank(rb"[0-9a-f]{32}")

    def tell(self, text, event, line=None):
        parts = parts_of(event) if self.json else [text] if isinstance(text, str) else text
        self.told.append(Told(parts, line))

    def hear(self, line):
        if self.json or line.text() is not None:
            self.tell(line.text(), line.event(), line)

    def notice(self, code, *text, **more):
        self.tell(["* ", *text], {"ev": "notice", "code": code, "text": text, **more})


class Model:
    def __init__(self, help_lines=(), **limits):
        """help_lines: what /help tells, behind the `* `."""
        self.limits, self.help_lines = {**LIMITS, **limits}, help_lines
        self.lobby = Room("lobby")
        self.lobby.held_from[False] = 0
        self.rooms, self.names = {"lobby": self.lobby}, {}
        self.tokens = collections.defaultdict(lambda: collections.deque(maxlen=TOKENS_MOST))

    def enter(self):
        person = Person(self.lobby)
        self.lobby.members.append(person)
        return person

    def leave(self, person, reason):
        """Its connection ends.  What it was told before it still gets, if it can."""
        if person.json:
            person.tell("", {"ev": "bye", "reason": reason})
        person.ended = True
        self._go(person, reason)
        if person.name:
            del self.names[fold(person.name)]
            person.name = None

    def _go(self, person, reason):
        """Out of its room; nobody hears of its own leaving."""
        room = person.room
        room.members.remove(person)
        if person.name:
            room.say("leave", name=person.name, reason=reason)
        if not room.members and room is not self.lobby:
            del self.rooms[fold(room.name)]

    def line(self, person, raw):
        """It sends that."""
        most = self.limits["max_line"]
        if len(raw) > most:
            person.notice("too_long", f"line too long ({len(raw)} > {most} bytes), not sent")
            return
        token, text, command = understand(clean(raw.removesuffix(b"\r")), bool(person.name))
        if not command:
            self._say(person, "say", text, token)
            return
        word, rest, flaw = command
        answer = getattr(self, "do_" + word.lower(), None) if word.isascii() else None
        if not answer:
            cut = word.encode()[:32].decode(errors="ignore") + "..." * (len(word.encode()) > 32)
            person.notice("unknown_command", f"unknown command /{cut}; to say it, type //{cut}")
        elif flaw:
            person.notice("unknown_command", f"/{word.lower()} was not obeyed: write it "
                          f"{CURES[flaw]}; to say it, type //{word.lower()}")
        else:
            answer(person, rest, token)

    # What is said

    def _is_double(self, person, token):
        """Then it is told so."""
        double = token and token in self.tokens[fold(person.name)]
        if double:
            person.notice("duplicate", f"{token} was said already, not again", n=token)
        return double

    def _use(self, person, token):
        if token:
            self.tokens[fold(person.name)].append(token)

    def _say(self, person, kind, text, token):
        if not person.name:
            text = self.mark(text)
        elif self._is_double(person, token):
            return
        self._use(person, token)
        person.room.say(kind, **{"from": person.name}, text=text,
                        **({"n": token} if token else {}))

    def mark(self, text):
        """As one without a name says it: what looks like somebody's is marked."""
        if text.startswith(("* ", "** ")):
            return "~" + text
        claim = CLAIM.match(text)
        if claim and (fold(claim[1]) in self.names or is_reserved(claim[1])):
            return "[~" + text[1:]
        return text

    def do_me(self, person, text, token):
        if not person.name:
            person.notice("no_name", "take a name first: /name NAME")
        elif not text:
            person.notice("usage", "what do you do? /me TEXT")
        else:
            self._say(person, "me", text, token)

    def do_msg(self, person, rest, token):
        name, _, text = rest.partition(" ")
        text = text.lstrip(" ")
        if not person.name:
            person.notice("no_name", "take a name first: /name NAME")
        elif not text:
            person.notice("usage", "to whom, and what? /msg NAME TEXT")
        elif self._is_double(person, token):
            pass
        elif not (other := self.names.get(fold(name))):
            person.notice("no_such_name", f"nobody here is called {name}")
        else:
            self._use(person, token)
            event = {"ev": "priv", "t": (Blank(TIME),), "from": person.name,
                     "to": other.name, "text": text, **({"n": token} if token else {})}
            other.tell(f"[{person.name} -> you] {text}", event)
            person.tell(f"[you -> {other.name}] {text}", event)

    # Names

    def do_name(self, person, rest, _):
        name, _, key = rest.partition(" ")
        if not name:
            person.notice("name", f"your name is {person.name}" if person.name
                          else "you have no name; take one: /name NAME")
        elif reason := fault(name):
            person.notice("bad_name", f"{name} cannot be a name: {reason}")
        elif key and not re.fullmatch("[0-9a-fA-F]{32}", key):
            person.notice("bad_name", f"a name is one word, not {rest}")
        elif self.names.get(fold(name), person) is person:
            self._take(person, name)
        elif key and self.names[fold(name)].key.value == key.encode():
            self._take_over(person, name)
        else:
            person.notice("name_taken", f"the name {name} is taken")

    def _take(self, person, name):
        old = person.name
        if old:
            del self.names[fold(old)]
        person.name, self.names[fold(name)] = name, person
        person.notice("name_ok", f"you are {name} now")
        if old == name:
            return
        if old:
            person.room.say("rename", name=old, to=name)
        else:
            person.room.say("join", name=name)

    def _take_over(self, person, name):
        """By one without a name; in the same room nobody notices."""
        old = self.names[fold(name)]
        if old.room is person.room:
            old.name = None
            del self.names[fold(name)]
            self.leave(old, "taken over")
            person.name, self.names[fold(name)] = name, person
            person.notice("name_ok", f"you are {name} now")
        else:
            self.leave(old, "taken over")
            self._take(person, name)

    def who(self, room, heading):
        """What a text client is told."""
        names = room.names()
        lines = [f"{len(room.members)} {heading}: {' '.join(names) or 'nobody has a name'}"]
        if names and len(names) < len(room.members):
            lines.append(f"and {len(room.members) - len(names)} without a name")
        return lines

    def do_who(self, person, name, _):
        room = self.rooms.get(fold(name)) if name else person.room
        if not room:
            person.notice("no_such_room", f"there is no room {name}")
        elif person.json:
            names = room.names()
            person.tell("", {"ev": "who", "room": room.name, "names": names,
                             "unnamed": len(room.members) - len(names), "more": 0})
        else:
            for text in self.who(room, f"in {room.name}" if name else "here"):
                person.tell("* " + text, {})

    # Rooms

    def do_rooms(self, person, *_):
        rooms = [self.rooms[key] for key in sorted(self.rooms)]
        text = " ".join(f"{room.name} ({len(room.members)})" for room in rooms)
        person.tell(f"* {len(rooms)} room{'s' * (len(rooms) > 1)}: {text}", {
            "ev": "rooms", "rooms": [{"name": room.name, "clients": len(room.members)}
                                     for room in rooms], "more": 0})

    def do_join(self, person, name, _):
        room = self.rooms.get(fold(name))
        if not name:
            person.notice("usage", f"you are in {person.room.name}; another: /join ROOM")
        elif reason := fault(name):
            person.notice("bad_room", f"{name} cannot be a room: {reason}")
        elif not room and len(self.rooms) >= self.limits["max_rooms"]:
            person.notice("too_many_rooms", f"there are {len(self.rooms)} rooms already, no more")
        elif room is person.room:
            self._welcome(person)
        else:
            self._go(person, "moved")
            person.room = self.rooms.setdefault(fold(name), room or Room(name))
            person.room.members.append(person)
            self._welcome(person)
            if person.name:
                person.room.say("join", name=person.name)

    def _welcome(self, person):
        room = person.room
        if room.held_from[person.json] is None:
            room.held_from[person.json] = len(room.log)
        person.tell(f"* you are in {room.name} now, {len(room.members)} here", {
            "ev": "hello", "proto": 1, "server": ("mtchatd ", Blank(rb"[0-9][0-9.]*")),
            "room": room.name, "head": room.head(), "you": person.name, "key": (person.key,),
            "limits": {"max_line": self.limits["max_line"]}})

    def do_json(self, person, *_):
        person.json = True
        self._welcome(person)

    # History, and the rest

    def _replay(self, person, lines, **asked):
        shown = [line for line in lines if person.json or line.text() is not None]
        person.tell(f"* last {len(shown)} lines", {"ev": "replay", **asked, "lines": len(shown)})
        for line in shown:
            person.hear(line)
        person.tell("* live", {"ev": "live", "head": person.room.head()})

    def do_last(self, person, rest, _):
        if rest and not re.fullmatch(r"[0-9]{1,5}", rest):
            person.notice("usage", "how many? /last N, N from 0 to 100000")
            return
        count = int(rest or self.limits["history"])
        lines = (line for line in reversed(person.room.log[person.room.held_from[person.json]:])
                 if person.json or line.text() is not None)
        self._replay(person, list(itertools.islice(lines, count))[::-1], last=count)

    def do_since(self, person, rest, _):
        room, match = person.room, re.fullmatch(r"([0-9a-z]+)\.([0-9]+)", rest)
        if not match:
            person.notice("bad_id", "since which line? /since ID, as in a skip notice")
        elif match[1].encode() != room.epoch.value:
            person.notice("history_restarted",
                          "that line is of another log; this one has begun anew")
        elif int(match[2]) > len(room.log):
            person.notice("bad_id", "that line has not been said yet")
        else:
            begin, held = int(match[2]), room.held_from[person.json]
            if begin < held:
                person.tell([f"* {held - begin} lines skipped (", room.epoch,
                             f".{begin + 1}-{held})"],
                            {"ev": "skip", "from": room.id(begin + 1), "to": room.id(held),
                             "lines": held - begin})
            self._replay(person, room.log[max(begin, held):], since=rest)

    def do_ping(self, person, token, _):
        person.tell(f"* pong {token}".rstrip(" "), {"ev": "pong", "token": token or None})

    def do_help(self, person, *_):
        for text in self.help_lines:
            person.notice("help", text)

    def do_quit(self, person, *_):
        self.leave(person, "quit")
