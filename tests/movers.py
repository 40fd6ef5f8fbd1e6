"""movers.py - those of a crowd who have names: they move, rename, whisper, number their lines

Two of three read events.  What each of them does is known as soon as it is asked for, so the logs
of the rooms (judge.py) know what must be in them, and the ears what they are owed.
"""
import collections
import re
import time

from chatter import token
from ears import Ear, EventEar, Owed
from guests import Guest
from judge import TIME, Place, make_line

HELLO = re.compile(
    rb'\{"ev":"hello","proto":1,"server":"mtchatd [^"]+","room":"([^"]+)",'
    rb'"head":"([0-9a-z]+)\.(\d+)","you":(?:null|"([^"]+)"),"key":"([0-9a-f]{32})","limits":\{"max_line":\d+\}\}\n')
LIVE = re.compile(rb'\{"ev":"live","head":"(\w+\.\d+)"\}\n')
COMMAND_S = 0.02   # between two commands of one client: slower than it would be slowed
NOOKS_MOST = 20    # rooms at a time that somebody has for himself
DOUBLE_S = 60      # the daemon remembers a number for twice as long


class Mover(Guest):
    """Has a name, and uses it for all that one can."""

    is_nameless = False

    def __init__(self, crowd, sock, json=True, talks=True, roams=True, renames=False, **options):
        self.json, self.roams, self.renames = json, roams, renames
        super().__init__(crowd, sock, talks=talks, **options)
        self.name, self.names, self.key = b"b%d" % self.id, 1, None
        self.tokens = collections.deque(maxlen=4)  # (number of a line, when it was said)
        self.command_at, self.moving, self.visits, self.whispered = 0.0, False, 0, 0
        self.first = None  # line that it says in its room
        self.enter()

    def new_ear(self, **options):
        ear = EventEar if self.json else Ear
        return ear(self.place.log(self.json), 0, self.id, **options)

    def enter(self):
        if self.json:
            self.place.admit_programs()
            self.out += b"/json\n"
        if not self.renames:
            self.crowd.friends.append(self)
        self.mark = token()
        self.out += b"/name %s\n%s\n" % (self.name, self.mark)
        self.flush()

    def take(self, lines):
        """It is in its room when its own line comes back: then all know its name."""
        if self.joined or not self.json:
            super().take(lines)
        elif match := re.search(
                rb'^\{"ev":"say","id":"(\w+)\.(\d+)","t":"%s","room":"%s","from":null,'
                rb'"text":"%s"\}\n' % (TIME, self.place.name, self.place.start[:-1]), lines, re.MULTILINE):
            self.joined = True
            self._check_begin(match[1], int(match[2]))
            self.listen(lines[match.end():])
        self.place.here.discard(self)  # to have heard the others is not enough
        if self.joined or self.mark + (b'"' if self.json else b"\n") in lines:
            self.mark = b""
        if not self.mark:
            self.place.here.add(self)

    def _check_begin(self, epoch, number):
        log = self.place.events
        if log.epoch is None:
            log.begin(epoch, number)
        elif (log.epoch, log.first) != (epoch, number):
            self.crowd.verdict.blame("bad_ids", b"the first line is %s.%d" % (epoch, number))

    # What it says

    @property
    def log(self):
        """Where it says something now; it may hear another room still."""
        return self.place.log(self.json)

    def said_here(self):
        return self.log.said[self.id]

    def is_back(self):
        """Has all come that it is owed?"""
        ear = self.ear
        return not (self.moving or ear.mine or ear.owed) and ear.seen == self.said_here()

    def _talk(self, now):
        count = 0
        if self.crowd.began and not self.moving and not self.ear.mine:
            count = self.window - (self.said_here() - self.ear.seen) - len(self.ear.owed)
        if self.every:
            count = min(count, now >= self.due)
        if count <= 0:
            return
        self.due = max(self.due + self.every, now)
        words = []
        while count > 0 and not self.moving:
            words.append(self._order(now))
            count -= 1
        if self.moving:
            words += [self.next_line() for _ in range(self.crowd.random.randrange(1, 4))]
        self.say(b"".join(words))

    def _order(self, now):
        if now < self.command_at or not self.said_here():
            return self.next_line()
        self.command_at = now + COMMAND_S
        return self.crowd.random.choice(COMMANDS)(self)

    def next_line(self, me=False):
        """Of two lines one is numbered."""
        text, random = make_line(self.id, self.said)[:-1], self.crowd.random
        number = b"%d-%d" % (self.id, self.said) if random.random() < 0.5 else b""
        self.said += 1
        if number:
            self.tokens.append((number, time.monotonic()))
        shown = self.place.say(self.id, text, self.name, me, number)
        self.first = self.first or shown
        return (b"@n=%s " % number if number else b"") + (b"/me " if me else b"") + text + b"\n"

    def _owe(self, text, event, then=None, fault="bad_answers"):
        self.ear.owed.append(Owed(event if self.json else text, self.said_here(), then, fault))

    def _notice(self, code, text, more=b""):
        self._owe(b"* %s\n" % text,
                  b'{"ev":"notice","code":"%s","text":"%s"%s}\n' % (code, text, more))

    def do_me(self):
        return self.next_line(me=True)

    def do_ping(self):
        mine = token()
        self._owe(b"* pong %s\n" % mine, b'{"ev":"pong","token":"%s"}\n' % mine, fault="bad_pongs")
        return b"/ping %s\n" % mine

    def do_double(self):
        """Once more what was said: it must be told so, and not said."""
        if not self.tokens:
            return self.do_ping()
        number, said_at = self.crowd.random.choice(self.tokens)
        if time.monotonic() > said_at + DOUBLE_S:
            return self.do_ping()
        self._notice(b"duplicate", b"%s was said already, not again" % number,
                     b',"n":"%s"' % number)
        return b"@n=%s t%d 0 again\n" % (number, self.id)

    def do_whisper(self):
        other = self.crowd.random.choice(self.crowd.friends or [self])
        if other is self or other.ended or not other.joined:
            return self.do_ping()
        text = b"p%d %d" % (self.id, self.whispered)
        self.whispered += 1
        event = b'{"ev":"priv","from":"%s","to":"%s","text":"%s"}\n' % (self.name, other.name, text)
        self._owe(b"[you -> %s] %s\n" % (other.name, text), event, fault="bad_whispers")
        other.ear.whispers[self.id].append(
            event if other.json else b"[%s -> you] %s\n" % (self.name, text))
        return b"/msg %s %s\n" % (other.name, text)

    def do_last(self):
        """No more than it has said itself in this room: all of it is held."""
        count = self.crowd.random.randrange(min(4, self.ear.seen) + 1)
        self._owe(b"* last %d lines\n" % count,
                  b'{"ev":"replay","last":%d,"lines":%d}\n' % (count, count),
                  lambda _: self.ear.begin_replay(count))
        self._owe(b"* live\n", LIVE, self._end_replay)
        return b"/last %d\n" % count

    def _end_replay(self, match):
        self.ear.end_replay()
        if self.json and match[1] != self.ear.log.id_at(self.ear.at):
            self.crowd.verdict.blame("bad_ids", match[0])

    def do_rename(self):
        if not self.renames:
            return self.do_whisper()
        name = b"b%d.%d" % (self.id, self.names)
        self.names += 1
        self._notice(b"name_ok", b"you are %s now" % name)
        self.place.tell(self.id, b"rename", self.name, b',"to":"%s"' % name)
        self.name = name
        self.tokens.clear()  # they were the name's
        return b"/name %s\n" % name

    def do_join(self):
        """Another room, or one of its own, which is made and goes with it."""
        if not self.roams:
            return self.do_whisper()
        others = [place for place in self.crowd.places.values() if place is not self.place]
        if self.crowd.random.random() < 0.3 and len(self.crowd.nooks) < NOOKS_MOST:
            return self.move_to(self.new_nook())
        return self.move_to(self.crowd.random.choice(others))

    def new_nook(self):
        nook = Place(self.crowd.verdict, b"nook%d-%d" % (self.id, self.visits), stands=False)
        if self.json:
            nook.admit_programs()
        nook.events.counts = True
        self.visits += 1
        self.crowd.nooks.add(nook)
        return nook

    def move_to(self, place):
        self._owe(re.compile(rb"\* you are in %s now, %s here\n" % (
            place.name, rb"\d+" if place.stands else b"1")), HELLO,
            lambda match, name=self.name: self._arrive(place, match, name))
        self._leave_place(b"moved")
        self.place, self.moving, self.first = place, True, None
        place.tell(self.id, b"join", self.name)
        return b"/join %s\n" % place.name

    def _leave_place(self, reason):
        if self.place.stands:  # or nobody is left to hear of it
            self.place.tell(self.id, b"leave", self.name, b',"reason":"%s"' % reason)
        self.crowd.nooks.discard(self.place)

    # Where it comes in

    def _arrive(self, place, match, name=None):
        """False: the room's log is not known so far.  name: what it is called there."""
        if self.json:
            at = self._place_in(place, match)
            if at is None:
                return False
            self._check_hello(place, match, name)
            self.ear.enter(place.events, at)
        elif place.stands:
            self.ear.enter_by(place.text, self.first)
        else:
            self.ear.enter(place.text, 0)
        self.moving = False
        return True

    def _place_in(self, place, match):
        log, epoch, number = place.events, match[2], int(match[3])
        if not place.stands:
            log.begin(epoch, 0)
            number = self._blame_unless(number == 0, match, 0, number)
        epoch = self._blame_unless(epoch == log.epoch, match, log.epoch, epoch)
        return log.position(number - log.first)

    def _blame_unless(self, good, match, wanted, value):
        if not good:
            self.crowd.verdict.blame("bad_ids", match[0])
        return value if good else wanted

    def _check_hello(self, place, match, name):
        self.key = self.key or match[5]
        if (match[1], match[4], match[5]) != (place.name, name, self.key):
            self.crowd.verdict.blame("bad_answers", match[0])

    # The end

    def lose(self):
        super().lose()
        self.crowd.nooks.discard(self.place)
        for member in self.crowd.all:
            if isinstance(member, Guest):
                member.ear.whispers.pop(self.id, None)
        if self in self.crowd.friends:
            self.crowd.friends.remove(self)

    def is_done(self):
        return super().is_done() and (self.ended or self.is_back())

    def close(self):
        super().close()
        if not self.place.stands:
            self.log.count_lost()
        told, deaths = getattr(self.ear, "restarts", 0), self.crowd.deaths
        most = told if self.ear.repeats_most() else deaths  # a Unix client hears some again
        if self.json and not self.ended and not min(1, deaths) <= told <= most:
            self.crowd.verdict.blame("bad_answers", f"{told} restarts were told of {deaths}")


COMMANDS = [Mover.do_me, Mover.do_ping, Mover.do_double, Mover.do_double, Mover.do_whisper,
            Mover.do_whisper, Mover.do_last, Mover.do_rename, Mover.do_join]
