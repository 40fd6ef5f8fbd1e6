"""proxy.py - a link that fails: a TCP proxy that cuts, resets and stalls what goes through it

    with Proxy(daemon.tcp) as proxy:
        client = Client(proxy.tcp)
        proxy.cut()

With a seed it does so by itself, `cuts` times, at random moments: in a greeting, in the middle of
a line, with what came last passed on or not.
"""
import collections
import ctypes
import dataclasses
import random
import selectors
import socket
import struct
import threading
import time

from chatter import PATIENCE

TICK = 0.01  # seconds between two looks at what is due
WAYS = ("cut", "reset", "leave")  # and a stall: one of so many, since each costs a timeout
STALLS = 10
SO_ATTACH_FILTER = 26


@dataclasses.dataclass(eq=False)
class Link:
    """A client and its connection to the server; a side that is gone is None."""

    client: socket.socket
    server: socket.socket
    stalled: bool = False
    due: float = float("inf")   # when it fails
    armed: bool = False         # it fails with the next bytes, or soon
    keep: float = 0             # seconds that the server does not know, if it is not to
    ends: float = float("inf")  # when it is let go, too


def drop_all(sock):
    """The kernel throws away what comes for it, as if the cable were cut."""
    program = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))  # BPF_RET: 0 bytes
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER,
                    struct.pack("HP", 1, ctypes.addressof(program)))


class Proxy:
    def __init__(self, where, seed=None, cuts=0):
        self.where, self.random, self.left = where, random.Random(seed), cuts
        self.links, self.counts = [], collections.Counter()
        self.refuses = self.deaf = self.torn_greeting = self.stops = False
        self.accepted = 0   # connections, refused ones among them
        self.lives = 0      # replays that have passed, up to their end
        self.lock = threading.Lock()
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.listener.setblocking(False)
        self.selector.register(self.listener, selectors.EVENT_READ, None)
        self.tcp = self.listener.getsockname()
        self.target = "%s:%d" % self.tcp
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stops = True
        self.thread.join()
        for link in list(self.links):
            self._end(link)
        self.listener.close()
        self.selector.close()

    # What a test does

    def cut(self):
        """Close both sides of every link."""
        self._fail("cut")

    def reset(self):
        """Both sides get a RST."""
        self._fail("reset")

    def leave(self):
        """The client is cut off, and the server does not know yet."""
        self._fail("leave")

    def stall(self):
        """Both sides stay open, and nothing passes any more.

        When the client gives up, the server still does not know.
        """
        self._fail("stall")

    def lose_packets(self):
        """Nothing arrives on either side any more, nor is acknowledged: another network, say."""
        with self.lock:
            for link in list(self.links):
                link.stalled, link.keep = True, PATIENCE
                drop_all(link.client)

    def _fail(self, way):
        with self.lock:
            for link in list(self.links):
                if link.client and not link.stalled:
                    self._break(link, way, keep=PATIENCE)
            self.deaf = False

    def refuse(self, whether=True):
        """From now on who connects is hung up on, or is not."""
        self.refuses = whether

    def deafen(self):
        """What the server says from now on is lost, until the links fail."""
        self.deaf = True

    def done(self):
        """Has it failed as often as it was to, and is the link up again?"""
        return self.left == 0 and any(
            link.client and not link.stalled and not link.armed for link in list(self.links))

    # What passes

    def _serve(self):
        while not self.stops:
            for key, _ in self.selector.select(TICK):
                with self.lock:
                    if key.fileobj is self.listener:
                        self._accept()
                    elif key.fileobj.fileno() >= 0:  # not closed by what came before
                        self._pass(key.data, key.fileobj)
            with self.lock:
                for link in list(self.links):
                    self._look(link)

    def _accept(self):
        client, _ = self.listener.accept()
        self.accepted += 1
        try:
            if self.refuses:
                raise ConnectionRefusedError
            server = socket.create_connection(self.where, PATIENCE)
        except OSError:
            client.close()
            return
        link = Link(client, server)
        for sock in (client, server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(PATIENCE)
            self.selector.register(sock, selectors.EVENT_READ, link)
        self.links.append(link)
        # In a greeting only now and then, and not twice in a row: each failed attempt makes the
        # client wait longer.
        self.torn_greeting = not self.torn_greeting and self.random.random() < 0.15
        if self.left and self.torn_greeting:
            link.due = time.monotonic() + self.random.uniform(0, 0.02)

    def _pass(self, link, source):
        other = link.server if source is link.client else link.client
        try:
            data = source.recv(1 << 16)
        except OSError:
            data = b""
        if link.armed:
            data = data[:self.random.randrange(len(data) + 1)]
        if data and (link.stalled or self.deaf and source is link.server):
            return
        if not data and not link.armed:
            self._hung_up(link, source)
            return
        if other:
            try:
                other.sendall(data)
            except OSError:
                self._end(link)
                return
        live = source is link.server and b'"ev":"live"' in data
        self.lives += live
        if link.armed:
            self._fail_at_random(link)
        elif self.left and live and link.due == float("inf"):
            link.due = time.monotonic() + self.random.uniform(0, 0.2)

    def _hung_up(self, link, source):
        """A stalled link keeps its server for a while: the name is still held there."""
        if source is link.client and link.stalled:
            self._drop(link, "client")
            link.ends = time.monotonic() + link.keep
        else:
            self._end(link)

    def _look(self, link):
        now = time.monotonic()
        if now >= link.ends:
            self._end(link)
        elif now >= link.due + 0.1 and link.armed:
            self._fail_at_random(link)
        elif now >= link.due and self.left:
            link.armed = True

    def _fail_at_random(self, link):
        if not self.left:
            link.armed, link.due = False, float("inf")
            return
        self.left -= 1
        way = "stall" if self.left % STALLS == 2 else self.random.choice(WAYS)
        self._break(link, way, keep=self.random.uniform(0, 1))

    def _break(self, link, way, keep):
        self.counts[way] += 1
        link.armed, link.due, link.keep = False, float("inf"), keep
        if way == "stall":
            link.stalled = True
        elif way == "leave":
            link.stalled, link.ends = True, time.monotonic() + keep
            self._drop(link, "client")
        else:
            if way == "reset":
                for sock in (link.client, link.server):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._end(link)

    def _drop(self, link, side):
        sock = getattr(link, side)
        setattr(link, side, None)
        if sock:
            self.selector.unregister(sock)
            sock.close()

    def _end(self, link):
        self._drop(link, "client")
        self._drop(link, "server")
        if link in self.links:
            self.links.remove(link)
