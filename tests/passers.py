"""passers.py - who else is in a crowd with movers.py: some pass through, some listen, one asks

    populate(crowd, 60)   # before gather()
"""
import re
import time

from chatter import PATIENCE
from guests import Guest, Visitor
from movers import HELLO, Mover

PAGE = 100  # names that /who tells at a time


class Passer(Visitor, Mover):
    """Comes to the lobby, takes a name, says something, and leaves, perhaps from another room."""

    def __init__(self, crowd, sock):
        super().__init__(crowd, sock, json=crowd.random.random() < 0.5)

    def enter(self):
        self.joined, self.judged, self.heard_hello = True, False, False
        self.lines = self.crowd.random.randrange(20)
        self.way = self.crowd.random.choice(["quit", "half", "close"])
        self.goes_on = self.crowd.random.random() < 0.3
        if self.json:
            self.moving = True
            self._owe(b"", HELLO, lambda match: self._arrive(self.place, match))
            self.out += b"/json\n"
        self._notice(b"name_ok", b"you are %s now" % self.name)
        self.place.tell(self.id, b"join", self.name)
        self.out += b"/name %s\n" % self.name
        first = self.next_line()
        if not self.json:
            self.ear.enter_by(self.place.text, self.first)
        self.say(first)

    def take(self, lines):
        if self.json and not self.heard_hello:  # before it, it reads text
            at = (b"\n" + lines).find(b'\n{"ev":"hello"')
            if at < 0:
                return
            self.heard_hello, lines = True, lines[at:]
        self.listen(lines)

    def turn(self, now):
        if self.later or self.ended:
            super().turn(now)
            self._judge_end()
        elif not self.judged and not self.half and self.is_back():
            self._go_on()

    def _talk(self, now):
        """All in good time."""

    def _go_on(self):
        if self.lines:
            self.say(b"".join(self.next_line() for _ in range(self.lines)))
            self.lines = 0
        elif self.goes_on:
            self.goes_on = False
            self.say(self.move_to(self.new_nook()) + self.next_line())
        else:
            self._depart()

    def _depart(self):
        reason = b"quit" if self.way == "quit" else b"closed"
        if self.json and self.way != "close":
            self._owe(b"", b'{"ev":"bye","reason":"%s"}\n' % reason)
        self._leave_place(reason)
        if self.way == "close":
            self.judged = True
            self.leave()
        elif self.way == "half":
            self.half_close()
        else:
            self.half = True  # it is to be hung up on
            self.out += b"/quit\n"
            self.flush()

    def may_end(self):
        return self.half

    def _judge_end(self):
        ear = self.ear
        if self.ended and not self.judged and not ear.held:
            self.judged = True
            if self.rest or ear.owed or ear.mine:
                self.crowd.verdict.blame("bad_ends", f"{self.name}: {bytes(self.rest)}, and it is "
                                         f"owed {list(ear.owed)}")

    def lose(self):
        super().lose()
        self.judged = True

    def is_done(self):
        return self.judged

    def close(self):
        if not self.judged:
            self.crowd.verdict.blame("bad_ends", f"{self.name}: no end; {list(self.ear.owed)}")


class Listener(Mover):
    """Reads events, and says nothing; nobody whispers to it."""

    def __init__(self, crowd, sock, **options):
        super().__init__(crowd, sock, talks=False, **options)

    def enter(self):
        super().enter()
        self.crowd.friends.remove(self)


class Clerk(Listener):
    """Asks at the end which rooms there are, and who is in them."""

    def __init__(self, crowd, sock):
        super().__init__(crowd, sock)
        crowd.clerk = self

    def inquire(self, seconds=PATIENCE):
        """Until it hears what should be: who has gone goes in his own time."""
        end = time.monotonic() + seconds
        while (heard := self._ask()) != (wanted := self._wanted()):
            if time.monotonic() > end:
                different = [pair for pair in zip(heard, wanted) if pair[0] != pair[1]]
                self.crowd.verdict.blame("bad_rooms", f"{different}")
                break

    def _ask(self):
        heard = []
        answer = re.compile(rb'\{"ev":"(?:rooms|who)".*\}\n')
        questions = [b"/rooms\n"] + [b"/who %s\n" % room for room in sorted(self._rooms())]
        for _ in questions:
            self._owe(b"", answer, lambda match: heard.append(match[0]))
        self.out += b"".join(questions)
        self.flush()
        self.crowd.run(until=lambda: len(heard) == len(questions))
        return heard

    def _rooms(self):
        """Who is in each, by its name."""
        rooms = {name: [] for name in self.crowd.places}
        for member in self.crowd.all:
            if isinstance(member, Guest) and not member.ended:
                rooms.setdefault(member.place.name, []).append(member)
        return rooms

    def _wanted(self):
        rooms = self._rooms()
        lines = [b'{"ev":"rooms","rooms":[%s],"more":0}\n' % b",".join(
            b'{"name":"%s","clients":%d}' % (name, len(rooms[name])) for name in sorted(rooms))]
        for room, members in sorted(rooms.items()):
            names = sorted(member.name for member in members if not member.is_nameless)
            page = b",".join(b'"%s"' % name for name in names[:PAGE])
            lines.append(b'{"ev":"who","room":"%s","names":[%s],"unnamed":%d,"more":%d}\n' % (
                room, page, len(members) - len(names), max(0, len(names) - PAGE)))
        return lines


def populated(rooms):
    """How many it takes besides: two of each room, and one who asks at the end."""
    return 2 * len(rooms) + 1


def populate(crowd, count, rooms=(b"tea", b"kitchen"), connect=None, **options):
    """So many movers; in each room two more stay, who hear all of it in either rendering."""
    crowd.add(kind=Clerk, connect=connect)
    for room in rooms:
        crowd.add(room=room, connect=connect)
        crowd.add(kind=Listener, room=room, connect=connect)
    homes = [b"lobby", *rooms]
    for i in range(count):
        crowd.add(kind=Mover, json=i % 3 > 0, renames=i % 2 > 0, room=homes[i % len(homes)],
                  connect=connect, **options)
    crowd.visitors = [*crowd.visitors, *[Passer] * len(crowd.visitors)]
