"""chatter.py - clients for the tests: one that talks in lines, and helpers for many at once"""
import itertools
import os
import resource
import selectors
import socket
import struct
import time

SHORT = os.environ.get("MTCHAT_SHORT") == "1"  # slow builds: fewer rounds, longer deadlines
PATIENCE = 60 if SHORT else 20  # seconds until something that must happen counts as missing

# A thousand clients are a thousand descriptors here, too.
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

_tokens = itertools.count(1)


def short(number):
    """A tenth of a count of rounds where the daemon runs under a sanitizer."""
    return max(1, number // 10) if SHORT else number


def token():
    """A line that nobody else in this run says."""
    return b"in-%d-%d" % (os.getpid(), next(_tokens))


def poll(condition, what, seconds=PATIENCE, step=0.01):
    """Wait until condition() is true and return its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(step)


class Client:
    """A connection to `where`: (host, port), or the path of a Unix socket."""

    def __init__(self, where, rcvbuf=None, source=None, timeout=PATIENCE):
        if isinstance(where, str):
            family = socket.AF_UNIX
        else:
            family = socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        self.sock = socket.socket(family, socket.SOCK_STREAM)
        self.sock.settimeout(timeout)
        if rcvbuf:  # before connect(), or the window is wide already
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        if source:
            self.sock.bind((source, 0))
        try:
            self.sock.connect(where)
        except OSError:
            self.sock.close()
            raise
        if family != socket.AF_UNIX:
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def fileno(self):
        return self.sock.fileno()

    def send(self, data):
        self.sock.sendall(data)

    def say(self, *lines):
        self.send(b"".join(line + b"\n" for line in lines))

    def fill(self):
        """Wait for more bytes; False at the end of the stream."""
        data = self.sock.recv(1 << 18)
        self.buffer += data
        return bool(data)

    def read_line(self):
        """The next line without its LF."""
        at = 0
        while True:
            end = self.buffer.find(b"\n", at)
            if end >= 0:
                break
            at = len(self.buffer)
            if not self.fill():
                raise EOFError(f"ended with {bytes(self.buffer)!r}")
        line = bytes(self.buffer[:end])
        del self.buffer[: end + 1]
        return line

    def read_lines(self, count):
        return [self.read_line() for _ in range(count)]

    def read_until(self, last):
        """All lines up to `last`, which is among them."""
        lines = [self.read_line()]
        while lines[-1] != last:
            lines.append(self.read_line())
        return lines

    def read_exactly(self, count):
        while len(self.buffer) < count:
            if not self.fill():
                raise EOFError(f"ended after {len(self.buffer)} of {count} bytes")
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def read_to_end(self):
        """Everything up to a clean end; a reset raises ConnectionResetError."""
        while self.fill():
            pass
        data = bytes(self.buffer)
        self.buffer.clear()
        return data

    def silent(self, seconds):
        """Does nothing come for so long?  For what must not come at all."""
        if self.buffer:
            return False
        self.sock.settimeout(seconds)
        try:
            self.fill()  # bytes, or the end: both are something
            return False
        except TimeoutError:
            return True
        finally:
            self.sock.settimeout(PATIENCE)

    def enter(self):
        """Be in the room: back comes one's own first line."""
        mine = token()
        self.say(mine)
        self.read_until(mine)
        return self

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def close(self):
        self.sock.close()

    def reset(self):
        """Leave with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def gather(where, count, **options):
    """So many clients, each in the room and with nothing left to read."""
    clients = [Client(where, **options).enter() for _ in range(count)]
    catch_up(clients)
    return clients


def catch_up(clients):
    """Everybody reads up to the same last line."""
    last = token()
    clients[0].say(last)
    for client in clients:
        client.read_until(last)


def push(client, data, quiet=0.3, limit=None):
    """Send data, again and again up to `limit` bytes, until none is taken for `quiet` seconds.

    How many bytes were taken.
    """
    view, sent = memoryview(data), 0
    limit = len(view) if limit is None else limit
    client.sock.settimeout(quiet)
    try:
        while sent < limit:
            at = sent % len(view)
            sent += client.sock.send(view[at:min(at + (1 << 16), at + limit - sent)])
    except TimeoutError:
        pass
    finally:
        client.sock.settimeout(PATIENCE)
    return sent


class Streams:
    """Many clients written and read at once by one thread.

    feed(client, pieces) gives a client what to send, an iterable of bytes; on_data(client, data)
    gets what comes.  A client whose pieces are used up is half-closed if `finish` is set.
    """

    def __init__(self, on_data, finish=False):
        self.selector = selectors.DefaultSelector()
        self.on_data, self.finish = on_data, finish
        self.pieces, self.rest = {}, {}
        self.open = set()

    def add(self, client, pieces=None):
        client.sock.setblocking(False)
        events = selectors.EVENT_READ
        if pieces is not None:
            self.pieces[client] = iter(pieces)
            self.rest[client] = memoryview(b"")
            events |= selectors.EVENT_WRITE
        self.selector.register(client.sock, events, client)
        self.open.add(client)

    def write(self, client):
        if not self.rest[client]:
            piece = next(self.pieces[client], None)
            if piece is None:
                del self.pieces[client], self.rest[client]
                self.selector.modify(client.sock, selectors.EVENT_READ, client)
                if self.finish:
                    client.half_close()
                return
            self.rest[client] = memoryview(piece)
        try:
            sent = client.sock.send(self.rest[client])
        except BlockingIOError:
            return
        self.rest[client] = self.rest[client][sent:]

    def read(self, client):
        data = client.sock.recv(1 << 18)
        if data:
            self.on_data(client, data)
        else:
            self.remove(client)

    def remove(self, client):
        self.open.discard(client)
        self.selector.unregister(client.sock)
        client.sock.settimeout(PATIENCE)

    def run(self, done, seconds=PATIENCE * 3):
        """Turn until done() or until everybody has ended."""
        end = time.monotonic() + seconds
        while self.open and not done():
            assert time.monotonic() < end, f"not done within {seconds} s"
            for key, events in self.selector.select(0.1):
                if events & selectors.EVENT_WRITE and key.data in self.pieces:
                    self.write(key.data)
                if events & selectors.EVENT_READ:
                    self.read(key.data)
        for client in list(self.open):
            self.remove(client)
