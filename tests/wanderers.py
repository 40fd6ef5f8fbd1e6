"""wanderers.py - clients that do something at random, one at a time, and hear what a model says

    with Service(**SETTINGS) as service:
        walk = Walk(service, seed=1)
        walk.run(seconds=5)
        walk.finish()

Who acts is waited for until it has heard all that the model owes it; so the model knows the order,
and every byte that anybody hears is compared.  The first difference ends the walk.
"""
import collections
import random
import re
import select
import time

from chatter import PATIENCE, Client, token
from model import Model, fold
from phrases import Phrases

RESTARTED = re.compile(rb'\{"ev":"restarted","gap_ms":(\d+|null)\}')
SLOWED = re.compile(rb'(\* |\{"ev":"notice","code":"throttled","text":")slowed to \d+ '
                    rb'(commands|lines)/s("\})?')
SKIPPED = re.compile(rb'\* (?P<lines>\d+) lines? skipped \((?P<epoch>\w+)\.(?P<first>\d+)-'
                     rb'(?P<last>\d+)\)|\{"ev":"skip","from":"(?P<e>\w+)\.(?P<f>\d+)","to":'
                     rb'"(?P<e2>\w+)\.(?P<l>\d+)","lines":(?P<n>\d+)\}')
KINDS = ["plain", "text", "text", "json", "json", "json"]
CROWD = 10           # wanderers at a time
LAG_MOST = 60        # steps
KILL_EVERY = 60      # steps, on average
SETTINGS = {"max_rooms": 4, "handlers": 3, "tune": {"split_members": 1}}


class Difference(AssertionError):
    """Between the daemon and the model."""


class Wanderer:
    """One client, and what it must hear."""

    def __init__(self, where, model, kind, may_skip=False, **options):
        self.client, self.model, self.kind = Client(where, **options), model, kind
        self.person, self.may_skip = model.enter(), may_skip
        self.restarts, self.slowed, self.lag, self.skipped = 0, 0, 0, 0
        self.sent, self.heard = collections.deque(maxlen=8), collections.deque(maxlen=8)
        self.tokens = []
        self.over = False  # the end of the stream has come

    def send(self, raw):
        """A line that the model carries out, too."""
        self.sent.append(raw[:300])
        self.model.line(self.person, raw)
        self.client.send(raw + b"\n")

    def differ(self, what):
        wanted = list(self.person.told)[:3]
        raise Difference(
            f"{what}\nmust hear: {wanted}\n{self.kind} {self.person.name}, JSON {self.person.json}"
            f", in {self.person.room.name}\nheard before: {list(self.heard)}\n"
            f"sent: {list(self.sent)}")

    def read(self, seconds=0.0):
        """What is there, waiting so long for the first of it; False if it has ended."""
        if not self.over and select.select([self.client], [], [], seconds)[0]:
            try:
                self.over = not self.client.fill()
            except ConnectionError as error:
                self.differ(f"lost: {error}")
        lines = bytes(self.client.buffer).split(b"\n")
        self.client.buffer[:] = lines.pop()
        for line in lines:
            self._hear(line)
            self.heard.append(line[:300])
        if self.over and (self.client.buffer or self.person.told or not self.person.ended):
            self.differ(f"the end of the stream, behind {bytes(self.client.buffer)}")
        return not self.over

    def _hear(self, line):
        told = self.person.told
        if told and told[0].match(line):
            told.popleft()
        elif RESTARTED.fullmatch(line):
            self.restarts -= 1
            if self.restarts < 0:
                self.differ("restarted, and nobody killed it")
        elif SLOWED.fullmatch(line):
            self.slowed += 1
        elif self.may_skip and (skip := SKIPPED.fullmatch(line)):
            self._skip(line, *map(int, filter(None, skip.group(
                "lines", "n", "first", "f", "last", "l"))), *filter(None, skip.group("epoch", "e")))
        else:
            self.differ(f"heard: {line[:2000]}")

    def _skip(self, line, lines, first, last, epoch):
        """All lines of the room with these numbers are missing, and no other."""
        told, rest = self.person.told, []
        room = self.person.room
        if lines != last - first + 1 or epoch != (room.epoch.value or epoch):
            self.differ(f"does not add up: {line}")
        room.epoch.value = epoch
        while told and (told[0].line is None or told[0].line.number <= last):
            one = told.popleft()
            if one.line is None:
                rest.append(one)
            elif one.line.number < first:
                told.appendleft(one)
                self.differ(f"a line before it is missing: {line}")
        told.extendleft(reversed(rest))
        self.skipped += lines

    def settle(self):
        """Until it has heard all; or to its end, if it must end."""
        end = time.monotonic() + PATIENCE
        while self.person.told or self.person.ended and not self.over or self.restarts > 0:
            if time.monotonic() > end:
                self.differ(f"nothing for {PATIENCE} s; restarts not told: {self.restarts}")
            if not self.read(0.1):
                break
        if self.restarts:
            self.differ(f"restarts that were not told: {self.restarts}")


class Walk:
    def __init__(self, service, seed, kills=False):
        self.service, self.rng, self.kills = service, random.Random(seed), kills
        self.phrases = Phrases(self.rng)
        self.steps, self.killed, self.all = 0, 0, []
        self.watcher = self._watch()

    def _watch(self):
        """One who only looks; it teaches the model the words of /help."""
        with Client(self.service.tcp) as client:
            mark = b"* pong " + token()
            client.say(b"/help", b"/" + mark[2:].replace(b"pong", b"ping"))
            lines = client.read_until(mark)[:-1]
            self.model = Model([line.removeprefix(b"* ").decode() for line in lines],
                               max_rooms=self.service.settings["max_rooms"])
            client.say(b"/quit")
            client.read_to_end()
        watcher = Wanderer(self.service.tcp, self.model, "watcher")
        watcher.send(b"/ping")
        watcher.settle()
        self._until_gone(watcher, self.model.lobby.name)
        return watcher

    def _until_gone(self, watcher, room):
        """Until the daemon, too, knows who is in that room no longer."""
        watcher.settle()
        end = time.monotonic() + PATIENCE
        while True:
            mark = token()
            watcher.client.say(b"/who " + room.encode(), b"/ping " + mark)
            heard = [line for line in watcher.client.read_until(b"* pong " + mark)[:-1]
                     if not SLOWED.fullmatch(line)]
            present = self.model.rooms.get(fold(room))
            wanted = self.model.who(present, f"in {present.name}") if present \
                else [f"there is no room {room}"]
            if heard == [f"* {line}".encode() for line in wanted]:
                return
            if time.monotonic() > end:
                raise Difference(f"heard: {heard}\nmust hear: {wanted}")
            time.sleep(0.01)

    def __str__(self):
        return f"{self.steps} steps, {self.killed} kills"

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.step()

    def finish(self):
        """Everybody hears all, and nothing more."""
        for one in self.all:
            one.settle()
        for one in self.all:
            one.send(self.phrases.text(look=0))
            one.settle()
        for one in self.all:
            one.settle()
        for one in list(self.all):
            self.depart(one, "close")

    def step(self):
        self.steps += 1
        if len(self.all) < CROWD:
            self.enter()
            return
        if self.kills and self.rng.random() < 1 / KILL_EVERY:
            self.kill()
        for one in self.all:
            one.lag = max(0, one.lag - 1)
        awake = [one for one in self.all if not one.lag]
        for one in awake:
            if self.rng.random() < 0.3:
                one.read()
        if awake:
            self.act(self.rng.choice(awake))

    def enter(self):
        kind = self.rng.choice(KINDS)
        one = Wanderer(self.service.tcp, self.model, kind, rcvbuf=self.rng.choice([None, 4096]))
        one.send(b"hi " + self.phrases.tag() if kind == "plain" else b"/ping " + token())
        one.settle()
        if kind == "json":
            one.send(b"/json")
            one.settle()
        self.all.append(one)

    def kill(self):
        """Or restart it: each program is told once, and nothing else is to be seen of it."""
        for one in self.all:
            one.restarts += one.person.json
        (self.service.restart if self.rng.random() < 0.2 else self.service.kill)()
        self.killed += 1

    def act(self, one):
        one.settle()
        kind = self.rng.random()
        if kind < 0.02:
            self.depart(one, self.rng.choice(["quit", "half", "close", "reset"]))
        elif kind < 0.05:
            one.lag = self.rng.randrange(LAG_MOST)
        elif one.kind == "plain" or kind < 0.55:
            self.tell(one, self.number(one, self.phrases.text(too_long=0.3)))
        else:
            self.tell(one, self.rng.choices(list(COMMANDS), COMMANDS.values())[0](self, one))

    def tell(self, one, raw):
        """One line; it may end somebody, as who loses its name by it."""
        raw = raw.encode() if isinstance(raw, str) else raw
        one.send(raw)
        one.settle()
        if raw.startswith(b"/join") and not one.person.json:  # it does not hear its own coming
            one.send(b"/ping in")
            one.settle()
        for ended in [some for some in self.all if some.person.ended]:
            self._gone(ended)

    def number(self, one, raw):
        """It may be numbered, or the same as a line before: then it is a double."""
        if one.kind == "plain" or self.rng.random() < 0.7 or len(raw) > 4000:
            return raw
        if not one.tokens or self.rng.random() < 0.8:
            one.tokens.append(self.phrases.token())
        return b"@n=%s " % self.rng.choice(one.tokens[-9:]).encode() + raw

    def _gone(self, one):
        one.settle()
        one.client.close()
        self._forget(one)

    def _forget(self, one):
        self.all.remove(one)
        self._until_gone(self.watcher, one.person.room.name)

    def depart(self, one, how):
        if how == "quit":
            self.tell(one, b"/quit" + self.rng.choice([b"", b" I am off"]))
        elif how == "half":
            tail = self.phrases.text(look=0, empty=0)
            self.model.line(one.person, tail)
            self.model.leave(one.person, "closed")
            one.client.send(tail)
            one.client.half_close()
            self._gone(one)
        else:
            self.model.leave(one.person, "closed" if how == "close" else "reset")
            getattr(one.client, how)()
            self._forget(one)


# What to ask for

def _name(walk, one):
    return "/name " + walk.phrases.name(but=one.person.name)


def _take_over(walk, one):
    """With the right key, if one's own name and room allow to foresee what is seen of it."""
    other = walk.rng.choice(walk.all)
    if other.person.name and other.person.json and not one.person.name:
        return f"/name {other.person.name} {other.person.key.value.decode()}"
    return f"/name {walk.rng.choice(['alice', 'bob', 'carol'])}x {'0' * 32}" \
        if not one.person.name else "/name"


def _wrong_key(walk, _):
    names = [name.name for name in walk.model.names.values()]
    return f"/name {walk.rng.choice(names)} {'%032x' % walk.rng.getrandbits(128)}" if names \
        else "/name"


def _me(walk, one):
    return walk.number(one, walk.rng.choice([b"/me", *[b"/me "] * 8]) + walk.phrases.words())


def _msg(walk, one):
    name = walk.phrases.name(bad=0.05)
    if walk.model.names.get(fold(name)) is one.person:
        return "/msg"
    return walk.number(one, b"/msg %s " % name.encode() + walk.phrases.words())


def _since(walk, one):
    room = one.person.room
    if not room.epoch.value or walk.rng.random() < 0.2:
        return walk.rng.choice(["/since", "/since x", "/since zz0.1", "/since ab0.99999"])
    number = len(room.log) + walk.rng.randrange(-30, 3)
    return f"/since {room.epoch.value.decode()}.{max(0, number)}"


MEANT = [" /msg", "\t/MSG", "\u3000/ping", "\u200b/json", "/ msg", "／msg", "/msg,", "/msg:", "/msg\t",
         "/mgs\u3000", "/ㅡㄴㅎ", "/\u1173\u1102\u1112", "/MGS", "@n=x  /msg", " @n=x /msg", "/?",
         "\u2800/없는명령", "/" + "가" * 30]
COMMANDS = {
    _name: 8, _take_over: 1, _wrong_key: 1, _me: 4, _msg: 8, _since: 2,
    lambda walk, _: "/join " + walk.phrases.room(): 5,
    lambda walk, _: walk.rng.choice(["/join", "/join -x", "/join all", "/join a/b"]): 1,
    lambda walk, _: "/name John Smith": 1,
    lambda walk, _: "/who": 2,
    lambda walk, _: "/who " + walk.phrases.room(): 2,
    lambda walk, _: "/rooms": 2,
    lambda walk, _: f"/last {walk.rng.randrange(30)}": 2,
    lambda walk, _: walk.rng.choice(["/last x", "/last -1", "/name", "/msg", "/msg x", "/me"]): 1,
    lambda walk, _: "/ping" + walk.rng.choice(["", " a", " 안녕", ' "\\']): 2,
    lambda walk, _: walk.rng.choice(["/mgs bob secret", "/x", "\0/pings", "/help", "//help"]): 2,
    lambda walk, _: walk.rng.choice(MEANT) + " alice secret": 2,
    lambda walk, one: "/json" if one.kind == "json" else "/ping json": 1,
}
