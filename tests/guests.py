"""guests.py - who is in a crowd (chaos.py): each says and hears in its own way"""
import select
import time

from chatter import token
from ears import Ear, Owed
from judge import make_line

CHUNK = 1 << 16  # bytes that are read at a time
PING_EVERY_S = 0.02  # half as many commands as the server takes at once


class Member:
    """One connection, and what it does."""

    def __init__(self, crowd, sock):
        self.crowd, self.sock = crowd, sock
        sock.setblocking(False)
        self.out, self.later = bytearray(), b""  # `later` is sent by the next turn
        self.half = self.ended = self.reads = self.writes = False
        self.last, self.longest = time.monotonic(), 0.0
        crowd.members[sock.fileno()] = self
        crowd.epoll.register(sock.fileno(), 0)
        crowd.verdict.connections += 1
        self.watch()

    def watch(self, reads=True):
        self.reads = reads
        self._arm()

    def _arm(self):
        self.crowd.epoll.modify(self.sock.fileno(), (select.EPOLLIN if self.reads else 0) |
                                (select.EPOLLOUT if self.writes else 0))

    def say(self, data):
        """Some of it now and then in two parts, so that the kills find half a line."""
        if self.crowd.random.random() < 0.1:
            cut = self.crowd.random.randrange(len(data))
            data, self.later = data[:cut], data[cut:]
        self.out += data
        self.flush()

    def flush(self):
        try:
            while self.out:
                del self.out[:self.sock.send(self.out)]
        except BlockingIOError:
            pass
        except OSError as error:
            self.end(error)
            return
        if self.writes != bool(self.out):
            self.writes = not self.writes
            self._arm()

    def turn(self, now):
        """Before each wait: what it wants to say."""
        if self.later and not self.ended:
            self.out += self.later
            self.later = b""
            self.flush()

    def read(self, now):
        try:
            data = self.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self.end(error)
            return
        if not data:
            self.end(None)
            return
        if now - self.last > self.longest:
            self.longest = now - self.last
        self.last = now
        self.hear(data)

    def end(self, error):
        """The server has ended the connection: that is an error unless it was to be so."""
        if not self.ended:
            self.leave()
            if error or not self.may_end():
                self.crowd.verdict.blame("lost_connections", f"{type(self).__name__}: {error}")
                self.lose()

    def leave(self):
        """Close, whatever is still to come."""
        if not self.ended:
            self.ended = True
            self.crowd.epoll.unregister(self.sock.fileno())
            del self.crowd.members[self.sock.fileno()]
            self.sock.close()

    def half_close(self):
        """Once all is sent."""
        if not self.half and not self.out and not self.later and not self.ended:
            self.half = True
            self.sock.shutdown(1)

    def hear(self, data):
        raise NotImplementedError

    def is_active(self):
        """Does it want turn() at each turn?"""
        return True

    def may_end(self):
        return False

    def lose(self):
        pass

    def is_done(self):
        raise NotImplementedError

    def close(self):
        """The judgement at the end."""


class Guest(Member):
    """In the room; talks in a window: the next line when an own one has come back."""

    is_nameless = True

    def __init__(self, crowd, sock, talks=False, pings=False, window=None, every=0.0,
                 twice_ok=False, stuck=None, room=b"lobby"):
        """every: seconds between two lines; stuck: (for how long, how often) it does not read."""
        super().__init__(crowd, sock)
        self.place = crowd.place(room)
        self.talks, self.pings, self.ping_due = talks or every > 0, pings, 0.0
        self.window, self.every, self.due = window or crowd.window, every, 0.0
        self.stuck, self.toggle_at = stuck, 0.0
        self.said, self.rest, self.joined = 0, b"", False
        self.id = next(crowd.ids)
        self.ear = self.new_ear(may_skip=bool(stuck),
                                repeats_most=lambda: crowd.crashes if twice_ok else 0)
        if room != b"lobby":
            self.out += b"/join %s\n" % room

    def new_ear(self, **options):
        return Ear(self.place.text, 0, self.id, **options)

    def hear(self, data):
        data = self.rest + data if self.rest else data
        end = data.rfind(b"\n") + 1
        self.rest = data[end:]
        if end:
            self.take(data[:end] if self.rest else data)

    def take(self, lines):
        if self.joined:
            self.listen(lines)
            return
        at = (b"\n" + lines).find(b"\n" + self.place.start)
        if at >= 0:  # all are in the room; now it begins
            self.joined = True
            self.listen(lines[at + len(self.place.start):])
        elif self.place.word + b"\n" in lines:
            self.place.here.add(self)

    def listen(self, lines):
        self.ear.hear(lines)
        if self.ear.held:
            self.crowd.waiting.add(self)

    def is_active(self):
        return self.talks or self.stuck

    def turn(self, now):
        super().turn(now)
        if not self.joined or self.ended:
            return
        if self.stuck:
            self._turn_stuck(now)
        if self.talks and self.crowd.talks and not self.out and not self.later:
            self._talk(now)

    def _talk(self, now):
        count = self.window - (self.said - self.ear.seen)
        if self.every:
            count = min(count, now >= self.due)
        if count <= 0:
            return
        self.due = max(self.due + self.every, now)
        words = []
        for _ in range(count):
            words.append(self.next_line())
            if self.pings and now >= self.ping_due and self.crowd.random.random() < 0.3:
                self.ping_due = now + PING_EVERY_S
                mine = token()
                self.ear.owed.append(Owed(b"* pong " + mine + b"\n", self.said,
                                          fault="bad_pongs"))
                words.append(b"/ping " + mine + b"\n")
        self.say(b"".join(words))

    def next_line(self):
        line = make_line(self.id, self.said)
        self.said += 1
        self.place.say(self.id, line[:-1])
        return line

    def _turn_stuck(self, now):
        if not self.crowd.talks:
            if not self.reads:
                self.watch(True)
        elif now >= self.toggle_at:
            self.watch(not self.reads)
            self.toggle_at = now + self.stuck[self.reads] * (0.5 + self.crowd.random.random())

    def lose(self):
        self.place.forgive(self.id)

    def is_done(self):
        return self.ended or not (self.out or self.later or self.rest) and self.ear.is_done()

    def close(self):
        if not self.ended:
            if self.rest:
                self.crowd.verdict.blame("cut", self.rest)
            self.ear.close()


class Visitor:
    """Comes and goes, and is judged when it has gone."""

    judged = False


class Churner(Visitor, Guest):
    """Comes, says a line, is seen, says some more, and leaves in one of two ways."""

    def __init__(self, crowd, sock):
        super().__init__(crowd, sock, talks=True)
        self.joined = True
        self.lines = crowd.random.randrange(1, 20)
        self.closes = crowd.random.random() < 0.5
        self.judged = False
        self.ear.enter_by(self.place.text, make_line(self.id, 0))
        self.say(self.next_line())

    def turn(self, now):
        Member.turn(self, now)
        if self.ended:
            self._judge_end()
        elif self.ear.seen and self.lines:
            lines = b"".join(self.next_line() for _ in range(self.lines))
            self.lines = 0
            if not self.closes and self.crowd.random.random() < 0.5:
                lines = lines[:-1]  # the last one is a line without its LF, too
            self.say(lines)
        elif self.ear.seen and not self.closes:
            self.half_close()
        elif self.ear.seen == self.said and not self.lines:
            self.leave()
            self.judged = True

    def may_end(self):
        return self.half

    def _judge_end(self):
        """EOF comes at its own last line, or behind a later one if that was sent already."""
        ear = self.ear
        if self.judged or ear.held:
            return
        self.judged = True
        if self.rest or ear.seen != self.said:
            self.crowd.verdict.blame("bad_ends", f"t{self.id} saw {ear.seen} of its {self.said} "
                                     f"lines, and {bytes(self.rest)}")

    def lose(self):
        super().lose()
        self.judged = True

    def is_done(self):
        return self.judged

    def close(self):
        if not self.judged:
            self.crowd.verdict.blame("bad_ends", f"t{self.id}: no end; it saw {self.ear.seen} of "
                                     f"its {self.said} lines")


class Echoer(Member):
    """In echo mode: its own bytes come back, all of them and no others."""

    def __init__(self, crowd, sock, most=1 << 16):
        """most: bytes under way."""
        super().__init__(crowd, sock)
        self.most, self.owed = most, bytearray()

    def turn(self, now):
        super().turn(now)
        room = self.most - len(self.owed)
        if self.crowd.talks and room > self.most // 2 and not self.out and not self.later:
            data = self.crowd.random.randbytes(self.crowd.random.randrange(1, room))
            self.owed += data
            self.say(data)
        elif not self.crowd.talks:
            self.half_close()

    def hear(self, data):
        self.crowd.verdict.deliveries += 1
        if self.owed.startswith(data):
            del self.owed[:len(data)]
        else:
            self.crowd.verdict.blame("bad_echoes", data)
            self.leave()

    def may_end(self):
        if self.half and self.owed:
            self.crowd.verdict.blame("bad_echoes", f"{len(self.owed)} bytes never came")
        return self.half

    def is_done(self):
        return self.ended

    def close(self):
        if not self.ended:
            self.crowd.verdict.blame("bad_ends", f"no EOF, {len(self.owed)} bytes are owed")
