"""fake.py - a small chat server that makes mistakes on purpose: what the tests test themselves with

usage: fake.py --config FILE (only `port` and `mode` are read; mode may be "echo")

It keeps its listener and its clients in the service manager's store, ends in order at SIGTERM, and
goes on in its next life.  $FAKE_FAULT="KIND:N" spoils the Nth line for its first client ("lost",
"doubled", "cut", "swapped", "hangup"), for all ("lost-all", "doubled-all", "cut-all"), or the Nth
answer to a /ping ("pong-lost", "pong-doubled", "pong-late").
"""
import array
import os
import re
import select
import signal
import socket
import sys


class Fake:
    def __init__(self, port, echo):
        self.port, self.echo = port, echo
        self.fault, _, number = os.environ.get("FAKE_FAULT", "none:0").partition(":")
        self.faulty, self.lines, self.pongs = int(number), 0, 0
        self.notify_to = os.environ.get("NOTIFY_SOCKET")
        self.manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.clients, self.input, self.held, self.late = {}, {}, {}, []
        self.epoll = select.epoll()
        self.stops = self.lets_go = False

    def notify(self, text, *fds):
        if self.notify_to:
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
            self.manager.sendmsg([text.encode()], rights, 0, self.notify_to)

    def store(self, name, sock):
        self.notify(f"FDSTORE=1\nFDNAME={name}\nFDPOLL=0", sock.fileno())

    def take_over(self):
        names = os.environ.get("LISTEN_FDNAMES", "").split(":")
        assert os.environ.get("LISTEN_PID", str(os.getpid())) == str(os.getpid())
        for fd, name in enumerate(names[:int(os.environ.get("LISTEN_FDS", "0"))], 3):
            sock = socket.socket(fileno=fd)
            if name == "listener":
                self.listener = sock
            else:
                self.add(sock, name)

    def start(self):
        self.listener = None
        self.take_over()
        if not self.listener:
            self.listener = socket.create_server(("127.0.0.1", self.port), backlog=512)
            self.store("listener", self.listener)
        self.epoll.register(self.listener, select.EPOLLIN)
        self.notify("READY=1\nSTATUS=a fake")

    def add(self, sock, name):
        self.clients[sock.fileno()] = sock, name
        self.input[sock.fileno()] = b""
        sock.setblocking(True)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.epoll.register(sock, select.EPOLLIN)

    def drop(self, fd):
        sock, name = self.clients.pop(fd)
        self.input.pop(fd, None)
        self.epoll.unregister(fd)
        self.notify(f"FDSTOREREMOVE=1\nFDNAME={name}")
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        sock.close()

    def send(self, fd, data):
        try:
            self.clients[fd][0].sendall(data)
        except OSError:
            pass  # it is gone; its end will be read

    def say(self, line):
        self.lines += 1
        now = self.lines == self.faulty
        if self.fault == "lost-all" and now:
            return
        if self.fault == "cut-all" and now:
            line = line[:4] + line[5:]
        first = min(self.clients)
        for fd in [*self.clients] * (2 if self.fault == "doubled-all" and now else 1):
            spoilt = self.fault if now and fd == first else ""
            if spoilt == "swapped":
                self.held[fd] = line
                continue
            if spoilt == "hangup":
                self.drop(fd)
                continue
            self.send(fd, {"lost": b"", "doubled": line * 2, "cut": line[:5] + line[6:]}.get(
                spoilt, line) + self.held.pop(fd, b""))

    def answer(self, fd, word):
        self.pongs += 1
        pong = b"* pong " + word + b"\n"
        kind = self.fault if self.pongs == self.faulty else ""
        if kind == "pong-late":
            self.late.append((fd, pong))
        else:
            self.send(fd, {"pong-lost": b"", "pong-doubled": pong * 2}.get(kind, pong))

    def read(self, fd):
        data = b""
        try:
            data = self.clients[fd][0].recv(65536)
        except OSError:
            pass
        if self.echo:
            self.send(fd, data)
        if self.echo and data:
            return
        lines = (self.input[fd] + data).split(b"\n")
        self.input[fd] = lines.pop()
        if not data and self.input[fd]:
            lines.append(self.input[fd])
        for line in [] if self.echo else lines:
            if line.startswith(b"/ping "):
                self.answer(fd, line[6:])
            else:
                self.say(line + b"\n")
                while self.late:
                    self.send(*self.late.pop())
        if not data and fd in self.clients:
            self.drop(fd)

    def run(self):
        self.start()
        while not self.stops or any(self.input.values()):  # half a line is waited for
            for fd, _ in self.epoll.poll(0.01):
                if fd == self.listener.fileno():
                    sock, _ = self.listener.accept()
                    name = f"c{sock.getpeername()[1]}"
                    self.store(name, sock)
                    self.add(sock, name)
                elif fd in self.clients:
                    self.read(fd)
        if self.lets_go:
            for fd in list(self.clients):
                self.drop(fd)


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        text = file.read()
    fake = Fake(int(re.search(r"port = (\d+)", text)[1]), 'mode = "echo"' in text)

    def stop(number, _):
        fake.stops = fake.stops or number == signal.SIGTERM
        fake.lets_go = fake.lets_go or number == signal.SIGUSR1
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGUSR1, stop)
    fake.run()


if __name__ == "__main__":
    main()
