"""hub.py - a small chat server for the tests of mtchat: every byte goes to everybody

    with Hub() as hub:
        run([MTCHAT, hub.target])

A client that half-closes gets what is owed and is then closed, unless answer=False.
"""
import os
import socket
import struct
import threading

from chatter import poll


class Hub:
    def __init__(self, family=socket.AF_INET, path=None, answer=True, host=None, after=None):
        """path: a Unix socket; after(hub, sock): what is done with a client instead."""
        self.answer, self.after = answer, after
        self.lock = threading.Lock()
        self.clients, self.threads = [], []
        self.heard = bytearray()  # from all clients, as it came
        self.ended = 0            # clients that half-closed or closed
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(path)
            self.port, self.target = None, "unix:" + path
        else:
            self.listener = socket.socket(family)
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind((host or ("::1" if family == socket.AF_INET6 else "127.0.0.1"), 0))
            self.port = self.listener.getsockname()[1]
            shown = "[::1]" if family == socket.AF_INET6 else "127.0.0.1"
            self.target = f"{shown}:{self.port}"
        self.listener.listen(16)
        self.threads.append(threading.Thread(target=self._accept, daemon=True))
        self.threads[0].start()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.threads[0].join()
        with self.lock:
            for sock in self.clients:
                self._shut(sock)
        for thread in self.threads:
            thread.join()
        self.listener.close()

    @staticmethod
    def _shut(sock):
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.clients.append(sock)
            thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, sock):
        if self.after:
            self.after(self, sock)
            self._leave(sock)
            return
        try:
            while data := sock.recv(65536):
                with self.lock:
                    self.heard += data
                self.say(data)
        except OSError:
            pass
        self.ended += 1
        if self.answer:
            self._leave(sock)

    def _leave(self, sock):
        with self.lock:
            if sock in self.clients:
                self.clients.remove(sock)
                sock.close()

    def say(self, data):
        """Send to everybody."""
        with self.lock:
            for sock in self.clients:
                try:
                    sock.sendall(data)
                except OSError:
                    pass

    def wait_clients(self, count):
        poll(lambda: len(self.clients) == count, f"{count} clients")

    def wait_heard(self, data):
        poll(lambda: data in self.heard, f"{data[:80]!r} said")

    def hang_up(self):
        with self.lock:
            for sock in self.clients:
                self._shut(sock)


def reset(sock):
    """Close with RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def cpu_seconds(pid):
    """CPU time that a process has used."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
