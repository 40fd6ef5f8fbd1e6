"""braid.py - many clients at once, in rounds, while the daemon is killed now and then

    with Service(**SETTINGS) as service:
        braid = Braid(service, seed=1, kills=True)
        braid.run(seconds=5)
        braid.finish()

In each room there is one who only listens: what it hears is the order, for all.  It must hold what
each client has said, once, in its own order and under a name that was its own; and each
client must have heard exactly that (voices.py).
"""
import collections
import itertools
import random
import select
import time

from chatter import PATIENCE
from jsonl import Json, parse
from model import clean, fold, understand
from phrases import NAMES, Phrases
from voices import Deed, Logs, Order, Stage, Voice, deed, doers_of
from wanderers import Difference

ROOMS = ["lobby", "tea", "부엌"]
CROWD = 10        # voices at a time
ORDERS_MOST = 9   # in a script
LAG_MOST = 6      # rounds
TOKEN_S = 60      # so long a double is one for certain
VERBS = {"say": 10, "me": 2, "msg": 4, "name": 2, "join": 2, "who": 1, "last": 1, "ping": 1,
         "unknown": 1}


class Braid:
    def __init__(self, service, seed, kills=False):
        self.service, self.rng, self.kills = service, random.Random(seed), kills
        self.phrases, self.logs, self.tokens = Phrases(self.rng), Logs(), \
            collections.defaultdict(dict)
        self.rounds = self.killed = self.lines = self.owed_restarts = 0
        self.voices, self.holders = [], collections.defaultdict(dict)  # by room: name to voice
        self.numbers = itertools.count()
        self.owed = {}       # whispers by their text: (whisper, author, number)
        self.unsure = set()  # texts of those that may be lost: nobody read the answer
        self.listeners = {fold(room): Json(service.tcp, room=room.encode()) for room in ROOMS}
        for room, listener in self.listeners.items():
            self.logs.lines[room] = []
            listener.ask()
            assert listener.track.at == 0, "somebody is here already"

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.round()

    def finish(self):
        """Those who lag hear the rest; then nothing may be left."""
        for voice in self.voices:
            voice.lag = 0
        self.round(actors=[])
        if self.owed or self.owed_restarts:
            raise Difference(f"never came: {self.owed}, restarts: {self.owed_restarts}")
        for one in [*self.voices, *self.listeners.values()]:
            getattr(one, "client", one).close()

    def __str__(self):
        return f"{self.rounds} rounds, {self.lines} lines, {self.killed} kills"

    # A round

    def round(self, actors=None):
        self.rounds += 1
        while len(self.voices) < CROWD:
            self._enter()
        for voice in self.voices:
            voice.lag = max(0, voice.lag - 1) or (
                self.rng.randrange(LAG_MOST) if self.rng.random() < 0.05 and actors is None else 0)
        self.awake = [voice for voice in self.voices if not voice.lag]
        if actors is None:
            actors = self.rng.sample(self.awake, min(len(self.awake), self.rng.randrange(1, CROWD)))
        self.gone = []
        for voice in actors:
            self._write_script(voice)
        stage = self._stage(actors)
        self.starts = stage.starts
        self._act(actors)
        self._end_round()
        for voice in [*self.awake, *self.gone]:
            if voice.ends != "reset":
                voice.walk(stage)
                if not 0 <= voice.restarts <= voice.loose:
                    raise Difference(f"{voice.name}: restarts not told: {voice.restarts}")
                voice.restarts = voice.loose = 0
        self._check_logs(stage)
        self._check_whispers(stage)
        self.voices = [voice for voice in self.voices if voice not in self.gone]

    def _enter(self):
        """In the lobby from the next line on, which is the first that it hears."""
        voice = Voice(self.service.tcp, plain=self.rng.random() < 0.2,
                      rcvbuf=self.rng.choice([None, 4096]))
        first = b"hello " + self.phrases.tag()
        voice.client.say(first)
        voice.client.read_until(first)
        self._listen_up_to(self.listeners["lobby"], first.decode())
        voice.client.sock.setblocking(False)
        voice.places = {len(self.logs.lines["lobby"])}
        self.voices.append(voice)

    def _write_script(self, voice):
        """What it will send, and what ends it: an answer to wait for, or its leave."""
        rng, orders = self.rng, []
        leaves = rng.random() < 0.08
        voice.ends = rng.choice(["quit", "closed", "reset"]) if leaves else None
        if voice.plain and voice.ends == "quit" or voice.ends == "reset" and not voice.name:
            voice.ends = "closed"
        verbs = ["say"] if voice.plain else ["say", "me", "msg"] if leaves else list(VERBS)
        if not (voice.plain or voice.json or leaves) and rng.random() < 0.2:
            orders.append(Order("json", b"/json"))
        verbs = rng.choices(verbs, [VERBS[verb] for verb in verbs], k=rng.randrange(ORDERS_MOST))
        self.names = [name for name in NAMES if name != voice.name]  # each once in a script
        rng.shuffle(self.names)
        orders += [self._order(voice, verb, again="name" not in verbs) for verb in verbs]
        called = {fold(order.what) for order in orders if order.verb == "name"}
        orders = [order for order in orders  # a line to oneself is another matter
                  if order.verb != "msg" or fold(order.what) not in called]
        mark = self.phrases.tag()
        if not voice.ends:
            orders.append(Order("say", mark, text=mark.decode()) if voice.plain
                          else Order("ping", b"/ping " + mark, mark.decode()))
        voice.barriers = {mark, b"* pong " + mark, b'{"ev":"pong","token":"%s"}' % mark}
        voice.out = b"".join(order.raw + b"\n" for order in orders)
        if voice.ends == "quit":
            voice.out += b"/quit\n"
        elif voice.ends == "closed" and rng.random() < 0.5 and not (
                orders and orders[-1].raw.startswith(b"@n=")):
            voice.out = voice.out[:-1]  # its last line has no LF
        voice.script = collections.deque(orders)

    def _order(self, voice, verb, again):
        """again: a line may be a double."""
        rng, words, speech = self.rng, self.phrases.words(), self._speech()
        token = self._token(voice, again) if len(speech) < 4000 else None
        number = b"@n=%s " % token.encode() if token else b""
        if verb == "say":
            text = clean(speech)
            text = text[text.startswith("//"):]
            return Order("say", number + speech, text=text, token=token)
        if verb == "me":
            return Order("me", number + b"/me " + words, text=clean(words), token=token)
        if verb == "msg":
            name = rng.choice([name for name in NAMES if fold(name) != fold(voice.name or "")])
            return Order("msg", number + b"/msg %s " % name.encode() + words, name, clean(words),
                         token)
        what = {"name": self.names.pop,
                "join": lambda: rng.choice(ROOMS), "who": lambda: "",
                "last": lambda: rng.randrange(12), "ping": lambda: self.phrases.tag().decode(),
                "unknown": lambda: rng.choice(["mgs", "x", "pings", "MGS", "ㅡㄴㅎ"])}[verb]()
        return Order(verb, f"/{what if verb == 'unknown' else f'{verb} {what}'}".encode(), what)

    def _speech(self):
        """A line, but none that is a command or has a number by chance."""
        while True:
            raw = self.phrases.text(empty=0)
            text = clean(raw)
            if not understand(text, True)[2] and not text.startswith("@n="):
                return raw

    def _token(self, voice, again):
        if not voice.name or voice.ends == "reset" or self.rng.random() < 0.8:
            return None
        used = [token for token, when in list(self.tokens[fold(voice.name)].items())[-9:]
                if when > time.monotonic() - TOKEN_S]
        return self.rng.choice(used) if used and again and self.rng.random() < 0.3 \
            else self.phrases.token()

    def _stage(self, actors):
        """Who keeps its name, and its room, whatever the others do in this round."""
        restless = [voice for voice in actors
                    if voice.ends or any(order.verb == "name" for order in voice.script)]
        steady = {fold(voice.name) for voice in self.voices
                  if voice.name and voice not in restless}
        wanted = {fold(voice.name) for voice in self.voices if voice.name}
        wanted |= {fold(order.what) for voice in actors for order in voice.script
                   if order.verb == "name"}
        settled = collections.defaultdict(list)
        for voice in self.voices:
            moves = voice in actors and any(order.verb == "join" for order in voice.script)
            if voice.name and voice not in restless and not moves and not voice.lag:
                settled[fold(voice.room)].append(voice.name)
        return Stage(self.logs, steady, wanted, settled, self.tokens)

    # What happens in it

    def _act(self, actors):
        """All send, by pieces, and read; perhaps nobody is there for a moment."""
        end, sending, following = time.monotonic() + PATIENCE, list(actors), 0
        dies = self.kills and self.rng.random() < 0.1
        after = self.rng.randrange(4 * len(actors)) if actors else 0
        self.reading = list(self.awake)
        while sending or not all(self._has_done(voice) for voice in actors):
            if time.monotonic() > end:
                waits = [voice for voice in actors if not self._has_done(voice)]
                raise Difference(f"no answer within {PATIENCE} s to {waits[0].name}, in "
                                 f"{waits[0].room}: {waits[0].script}\n{waits[0].heard[-9:]}")
            if dies and after <= 0:
                dies, following = False, self._kill()
            after -= 1
            if sending:
                self._send(sending)
            self._read(0 if sending else 0.05)
        if following:
            self.service.wait_life(following)

    def _kill(self):
        """From now on each JSON client is owed a word; one that just becomes one, perhaps."""
        self.killed += 1
        for voice in self.voices:
            becomes = any(order.verb == "json" for order in voice.script) and not voice.lag
            leaves = bool(voice.ends) and voice in self.awake
            voice.restarts += voice.json or becomes
            voice.loose += becomes or voice.json and leaves
        self.owed_restarts += len(self.listeners)
        return self.service.kill(wait=False)

    def _send(self, sending):
        voice = self.rng.choice(sending)
        size = self.rng.choice([1, 3, 40, 4000, len(voice.out)])
        try:
            sent = voice.client.sock.send(voice.out[:size]) if voice.out else 0
        except BlockingIOError:
            return
        voice.out = voice.out[sent:]
        if voice.out:
            return
        sending.remove(voice)
        if voice.ends:
            self.gone.append(voice)
        if voice.ends == "closed":
            voice.client.half_close()
        elif voice.ends == "reset":
            voice.client.reset()
            self.reading.remove(voice)
            voice.over = True

    def _read(self, seconds):
        by_fd = {voice.client.fileno(): voice for voice in self.reading}
        waits = select.poll()
        for fd in by_fd:
            waits.register(fd, select.POLLIN)
        for fd, _ in waits.poll(seconds * 1000):
            by_fd[fd].fill()
            if by_fd[fd].over:
                by_fd[fd].client.close()  # or its leave takes as long as the server waits for that
                self.reading.remove(by_fd[fd])
                if not by_fd[fd].ends:
                    raise Difference(f"{by_fd[fd].name} was hung up on")

    def _has_done(self, voice):
        return voice.over if voice.ends else not voice.barriers.isdisjoint(voice.heard[-40:]) or \
            not voice.barriers.isdisjoint(voice.heard)

    def _end_round(self):
        """One last line in each room, which all who are awake hear."""
        self.awake = [voice for voice in self.awake if voice not in self.gone]
        for voice in self.gone:
            while voice.name and not self._has_left(voice):
                self._listen(self.listeners[fold(voice.room)])
        for room, listener in self.listeners.items():
            listener.say(f"end-{self.rounds}-{room}".encode())
            self._listen_up_to(listener, f"end-{self.rounds}-{room}")
        mark, end = b"end-%d-" % self.rounds, time.monotonic() + PATIENCE
        while not all(mark in b"".join(voice.heard[-4:]) for voice in self.awake):
            self._read(0.1)
            if time.monotonic() > end:
                late = [voice for voice in self.awake if mark not in b"".join(voice.heard[-4:])]
                raise Difference(f"{late[0].name} in {late[0].room} does not hear {mark}: "
                                 f"{late[0].heard[-5:]}")

    def _has_left(self, voice):
        """Its leave, if it is in the log already, whatever the reason."""
        room = fold(voice.room)
        for reason in ("quit", "closed", "reset"):
            leave = Deed(room, "leave", voice.name, reason, None)
            if self.logs.places[leave] and self.logs.places[leave][-1] >= self.starts[room]:
                return leave
        return None

    def _listen(self, listener):
        """One more line, for the log."""
        try:
            line = listener.read_line()
        except TimeoutError as error:
            leaves = [event for lines in self.logs.lines.values() for _, event in lines[-99:]
                      if event["ev"] == "leave"]
            gone = [(voice.name, voice.room, voice.ends) for voice in self.gone]
            raise Difference(f"nothing in {listener.track.room}; gone: {gone}, seen to leave: "
                             f"{leaves[-9:]}") from error
        event = parse(line)
        listener.track.follow(event)
        if event["ev"] == "restarted":
            self.owed_restarts -= 1
        elif "id" in event:
            self.logs.add(line, event)
            self.lines += 1
        else:
            raise Difference(f"a listener heard {line}")
        return event

    def _listen_up_to(self, listener, text):
        event = {}
        while event.get("text") != text or event.get("from"):
            event = self._listen(listener)

    # What must be so

    def _check_logs(self, stage):
        """Each line is the deed of one voice, in the order in which it did them."""
        deeds = {voice: voice.deeds if voice.ends != "reset" else self._prefix(voice, stage)
                 for voice in [*self.awake, *self.gone]}
        for room, start in stage.starts.items():
            lines = self.logs.lines[room][start:]
            queues = {voice: [done for done in all_done if done.room == room]
                      for voice, all_done in deeds.items()}
            doers = doers_of([deed(event) for _, event in lines], queues)
            if doers is None:
                raise Difference(f"{room}: not what was done, or not in order: "
                                 f"{[line for line, _ in lines]}\ndone: {queues}")
            for line, doer in zip(lines, doers):
                self._check_line(room, line, doer)
        for voice in deeds:
            voice.deeds = []

    def _prefix(self, voice, stage):
        """Of one that left with a reset: some of it was heard, and then its leave."""
        voice.stage = stage
        room = fold(voice.room)
        said = [voice.forms(order)[0] for order in voice.script if order.verb in ("say", "me")]
        heard = [done for done in said if self.logs.places[done]
                 and self.logs.places[done][-1] >= stage.starts[room]]
        if heard != said[:len(heard)]:
            raise Difference(f"{voice.name} was heard in parts: {heard} of {said}")
        left = self._has_left(voice)
        if left.what == "quit":
            raise Difference(f"{voice.name} did not quit")
        return [*heard, left]  # closed, if the server wrote to it before it read

    def _check_line(self, room, logged, voice):
        """Who is called what follows from the log alone, and must be what the voices know."""
        line, event = logged
        holders, done = self.holders[room], deed(logged[1])
        name = fold(done.who) if done.who else None
        if not voice:
            if done.who or not done.what.startswith(f"end-{self.rounds}-"):
                raise Difference(f"nobody said that: {line}")
            return
        had = holders.get(name)
        right = had is voice if done.ev in ("leave", "rename") else name not in holders \
            if done.ev == "join" else name is None or had is voice
        if done.ev in ("leave", "rename"):
            holders.pop(name, None)
        if done.ev == "rename":
            right = right and fold(done.what) not in holders
            name = fold(done.what)
        if done.ev in ("join", "rename"):
            holders[name] = voice
        if not right:
            raise Difference(f"{event} by {voice.name}, but it was {had and had.name}'s name")

    def _check_whispers(self, stage):
        """Each comes once, to the one who had that name; in the order of its author."""
        for whisper, author in stage.whispers:
            self.owed[whisper.text] = whisper, author, next(self.numbers)
        self.unsure |= {order.text for voice in self.gone if voice.ends == "reset"
                        for order in voice.script if order.verb == "msg"}
        for voice in [*self.awake, *self.gone]:
            last = {}
            for whisper in voice.received:
                sent, author, number = self.owed.pop(whisper.text, (None, None, 0))
                if whisper.text in self.unsure:
                    self.unsure.remove(whisper.text)
                    continue
                token = sent.token if whisper.token is ... and sent else whisper.token
                if not sent or (sent.author, fold(sent.to), sent.token) != (
                        whisper.author, fold(whisper.to), token) or number < last.get(author, 0):
                    raise Difference(f"{voice.name} heard {whisper}; sent: {sent}")
                last[author] = number
            voice.received = []
        excused = {fold(voice.name) for voice in self.voices
                   if voice.name and (voice.lag or voice in self.gone)}
        for text, (whisper, _, _) in list(self.owed.items()):
            if fold(whisper.to) not in excused:
                raise Difference(f"never came: {whisper}")
            if any(fold(voice.name or "") == fold(whisper.to) for voice in self.gone):
                del self.owed[text]
