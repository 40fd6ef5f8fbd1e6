"""puppet.py - a server that is played by the model, and now and then does something wrong

    with Puppet(fault="lost") as puppet:
        Client(puppet.tcp)

Without a fault it is right by definition.  With one, a test against the model must find it.
"""
import collections
import datetime
import random
import selectors
import socket
import threading

from blanks import TIME, Blank
from model import Model, fold

FAULTS = ["lost", "doubled", "swapped", "lost whisper", "doubled whisper", "unmarked", "renamed",
          "same name", "wrong id"]


class Puppet:
    settings = {"max_rooms": 4}

    def __init__(self, fault=None, after=300, seed=1):
        """The fault comes once, as soon as it can, behind so many lines."""
        self.model, self.random = Model(["/help"], **self.settings), random.Random(seed)
        self.fault, self.after, self.numbers = fault, after, 0
        self.held = None  # (person, a line that comes behind the next one)
        self.people, self.inputs, self.queues = {}, {}, collections.defaultdict(bytearray)
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.tcp, self.stops = self.listener.getsockname(), False
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stops = True
        self.thread.join()
        for sock in [*self.people, self.listener]:
            sock.close()
        self.selector.close()

    def _serve(self):
        while not self.stops:
            for key, _ in self.selector.select(0.02):
                if key.fileobj is self.listener:
                    sock, _ = self.listener.accept()
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.people[sock], self.inputs[sock] = self.model.enter(), bytearray()
                    self.selector.register(sock, selectors.EVENT_READ)
                else:
                    self._read(key.fileobj)
            self._work()

    def _read(self, sock):
        try:
            data = sock.recv(1 << 16)
        except ConnectionResetError:
            self._end(sock, "reset")
            return
        self.inputs[sock] += data
        if not data:
            self._work()
            if sock in self.people:
                tail = bytes(self.inputs[sock])
                if tail:
                    self.model.line(self.people[sock], tail)
                self._end(sock, "closed")

    def _end(self, sock, reason):
        person = self.people[sock]
        self._mend(person)
        if not person.ended:
            self.model.leave(person, reason)
        self._flush()

    def _work(self):
        """One line of anybody after the other."""
        while ready := [sock for sock, data in self.inputs.items() if b"\n" in data]:
            sock = self.random.choice(ready)
            raw, _, rest = bytes(self.inputs[sock]).partition(b"\n")
            self.inputs[sock][:] = rest
            self._obey(self.people[sock], raw)
            self._flush()

    def _mend(self, person):
        """Who shares a name with another goes on with it."""
        if person.name:
            self.model.names.setdefault(fold(person.name), person)

    def _obey(self, person, raw):
        self.numbers += 1
        self._mend(person)
        wrong = self.fault if self.numbers > self.after else None
        if wrong == "unmarked" and not person.name:
            self.model.mark, right = lambda text: text, self.model.mark
            if right(raw.decode(errors="replace")) != raw.decode(errors="replace"):
                self.fault = None
            self.model.line(person, raw)
            self.model.mark = right
        elif wrong == "same name" and raw.startswith(b"/name ") and self._steal(person, raw[6:]):
            self.fault = None
        else:
            self.model.line(person, raw)
        if wrong and self.fault:
            self._do_wrong(wrong)

    def _steal(self, person, name):
        """It gets a name that another has and keeps."""
        holder = self.model.names.get(name.decode())
        if holder in (None, person) or holder.name != name.decode():
            return False
        del self.model.names[name.decode()]
        self.model.line(person, b"/name " + name)
        return True

    def _do_wrong(self, wrong):
        """To one of those who are told something, if it fits."""
        for person in self.random.sample(list(self.people.values()), len(self.people)):
            if not person.told or not self.fault:
                continue
            told, last = person.told, person.told[-1]
            text = b"".join(part for part in last.parts if isinstance(part, bytes))
            whisper = last.line is None and (
                b" -> you] " in text or text.startswith(b'{"ev":"priv"'))
            done = True
            if wrong == "lost" and last.line or wrong == "lost whisper" and whisper:
                told.pop()
            elif wrong == "doubled" and last.line or wrong == "doubled whisper" and whisper:
                told.append(last)
            elif wrong == "renamed" and last.line and last.line.keys.get("from"):
                last.parts = [part.replace(last.line.keys["from"].encode(), b"mallory")
                              if isinstance(part, bytes) else part for part in last.parts]
            elif wrong == "wrong id" and last.line and person.json:
                number = last.line.number
                last.parts = [part.replace(b".%d" % number, b".%d" % (number + 1))
                              if isinstance(part, bytes) else part for part in last.parts]
            elif wrong == "swapped" and last.line:
                self.held = person, told.pop()
            else:
                done = False
            self.fault = None if done else self.fault

    def _flush(self):
        if self.held and self.held[0].told:
            self.held[0].told.append(self.held[1])
            self.held = None
        for sock, person in list(self.people.items()):
            while person.told:
                self.queues[sock] += b"".join(self._bytes(part) for part in
                                              person.told.popleft().parts) + b"\n"
            try:
                while self.queues[sock]:
                    del self.queues[sock][:sock.send(self.queues[sock])]
            except OSError:
                self.queues[sock].clear()
            if person.ended:
                self.selector.unregister(sock)
                del self.people[sock], self.inputs[sock], self.queues[sock]
                sock.close()

    def _bytes(self, part):
        """What a blank is filled in with."""
        if not isinstance(part, Blank):
            return part
        if part.value is None:
            pattern = part.pattern.pattern
            now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
            part.value = {
                TIME: now.replace("+00:00", "Z").encode(), rb"[0-9a-f]{32}":
                b"%032x" % self.random.getrandbits(128), rb"[0-9a-z]+":
                b"e%d" % self.random.getrandbits(30),
                rb"[0-9][0-9.]*": b"0.1.0"}[pattern]
        return part.value
