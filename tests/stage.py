"""stage.py - a server that speaks JSON Lines and does just what a test says

    with Stage() as stage:
        stage.say("hello", sender="bob")
        stage.send(b"anything at all\\n")

It answers the commands of a client's greeting and says its lines back; `holds` keeps them until
release().  What it answers can be replaced: answers["/who"] = [{...}, ...].
"""
import json
import re
import socket
import threading
import time

from chatter import poll

NONCE = re.compile(r"@n=([A-Za-z0-9_-]{1,32}) (.*)", re.DOTALL)
EPOCH = "stage"


LONGEST = 16384  # bytes of a line


def packed(event):
    """ASCII only, all else is escaped; but a line is never longer than a line may be."""
    line = json.dumps(event)
    if len(line) > LONGEST:
        line = json.dumps(event, ensure_ascii=False)
    return line.encode(errors="replace") + b"\n"


class Stage:
    def __init__(self, room="lobby", names=("bob",), holds=False, proto=1, server="stage 1.0"):
        self.room, self.names, self.holds = room, list(names), holds
        self.proto, self.server = proto, server
        self.answers, self.heard, self.held = {}, [], []
        self.number, self.max_line = 0, 4096
        self.lock = threading.RLock()
        self.socks = {}  # with the name that each has
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.tcp = self.listener.getsockname()
        self.target = "%s:%d" % self.tcp
        self.threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self):
        self.threads[0].start()
        return self

    def __exit__(self, *_):
        self.shut()
        self.hang_up()
        for thread in self.threads[1:]:
            thread.join()
        self.listener.close()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.socks[sock] = None
            self.threads.append(threading.Thread(target=self._serve, args=(sock,), daemon=True))
            self.threads[-1].start()

    def _serve(self, sock):
        try:
            with sock.makefile("rb") as file:
                for line in file:
                    self._hear(sock, line.rstrip(b"\n").decode(errors="surrogateescape"))
        except OSError:
            pass
        with self.lock:
            del self.socks[sock]
            sock.close()

    def shut(self):
        """Let nobody in any more."""
        if self.threads[0].is_alive():
            self.listener.shutdown(socket.SHUT_RDWR)
        self.threads[0].join()

    def hang_up(self):
        with self.lock:
            for sock in self.socks:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    # What it hears

    def _hear(self, sock, line):
        nonce, text = None, line
        if match := NONCE.fullmatch(line):
            nonce, text = match.groups()
        word = text.partition(" ")[0]
        with self.lock:
            self.heard.append(text)
            if word in self.answers:
                events = self.answers[word]
            elif word in COMMANDS:
                events = COMMANDS[word](self, sock, text.partition(" ")[2])
            else:
                if self.holds:
                    self.held.append((text, self.socks[sock], nonce))
                    return
                events = [self.said(text, self.socks[sock], nonce)]
            self._write(sock, b"".join(map(packed, events)))

    def release(self):
        """Say what was held."""
        with self.lock:
            for said in self.held:
                self.send(packed(self.said(*said)))
            self.held.clear()

    def wait_heard(self, text):
        poll(lambda: text in self.heard, f"{text!r} heard: {self.heard[-10:]}")

    def wait_live(self):
        """Until a client has asked for its history, which is the last that it asks for."""
        poll(lambda: any(text.startswith(("/last", "/since")) for text in list(self.heard)),
             "a client in the room")

    # What it says

    def _write(self, sock, data):
        try:
            sock.sendall(data)
        except OSError:
            pass

    def send(self, data):
        """These bytes to everybody."""
        with self.lock:
            for sock in self.socks:
                self._write(sock, data)

    def tell(self, ev, **keys):
        self.send(packed({"ev": ev, **keys}))

    def numbered(self, ev, **keys):
        """An event of the room's log."""
        with self.lock:
            self.number += 1
            return {"ev": ev, "id": f"{EPOCH}.{self.number}", "t": now(), "room": self.room, **keys}

    def said(self, text, sender, nonce=None):
        ev = "say"
        if text.startswith("/me "):
            ev, text = "me", text[4:]
        return self.numbered(ev, **{"from": sender}, text=text, **({"n": nonce} if nonce else {}))

    def say(self, text, sender="bob"):
        with self.lock:
            self.send(packed(self.said(text, sender)))

    @property
    def head(self):
        return f"{EPOCH}.{self.number}"

    def hello(self, sock):
        return {"ev": "hello", "proto": self.proto, "server": self.server, "room": self.room,
                "head": self.head, "you": self.socks[sock], "key": 32 * "0",
                "limits": {"max_line": self.max_line}}

    def _name(self, sock, rest):
        self.socks[sock] = rest.partition(" ")[0]
        return [{"ev": "notice", "code": "name_ok", "text": f"you are {self.socks[sock]} now"},
                self.numbered("join", name=self.socks[sock])]

    def _join(self, sock, rest):
        self.room = rest
        return [self.hello(sock)]

    def _who(self, *_):
        named = [name for name in self.socks.values() if name]
        return [{"ev": "who", "room": self.room, "names": self.names + named,
                 "unnamed": len(self.socks) - len(named), "more": 0}]

    def _replay(self, key, value):
        return [{"ev": "replay", key: value, "lines": 0}, {"ev": "live", "head": self.head}]


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())


COMMANDS = {
    "/json": lambda stage, sock, rest: [stage.hello(sock)],
    "/name": Stage._name,
    "/join": Stage._join,
    "/who": Stage._who,
    "/rooms": lambda stage, sock, rest: [
        {"ev": "rooms", "rooms": [{"name": stage.room, "clients": len(stage.socks)}], "more": 0}],
    "/ping": lambda stage, sock, rest: [{"ev": "pong", "token": rest or None}],
    "/last": lambda stage, sock, rest: stage._replay("last", int(rest or 50)),
    "/since": lambda stage, sock, rest: stage._replay("since", rest),
    "/quit": lambda stage, sock, rest: [{"ev": "bye", "reason": "quit"}],
}
