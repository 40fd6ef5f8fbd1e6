# shellcheck shell=bash
# nats.bash - for the scripts here: a NATS server with JetStream, and a client of its protocol
# shellcheck source-path=SCRIPTDIR source=debian.bash
. "$(dirname "${BASH_SOURCE[0]}")/debian.bash"

# with_nats SUITE: runs the Python on standard input with `nats`, a Client of a fresh server.
with_nats() {
	cat >"$here/ask.py"
	cat >"$here/nats.py" <<'END'
import json, socket, subprocess, sys, time

with socket.create_server(("127.0.0.1", 0)) as probe:
    PORT = probe.getsockname()[1]


class Client:
    """One connection; a request's answer comes to its own inbox."""

    def __init__(self):
        self.sock = socket.create_connection(("127.0.0.1", PORT))
        self.file, self.inboxes = self.sock.makefile("rb"), 0
        self.say('CONNECT {"verbose":false,"headers":true}')
        self.got = {}

    def say(self, line, payload=None):
        data = line.encode() + b"\r\n"
        self.sock.sendall(data if payload is None else data + payload.encode() + b"\r\n")

    def subscribe(self, subject, sid):
        self.say(f"SUB {subject} {sid}")
        self.got[str(sid)] = []

    def publish(self, subject, payload, reply=""):
        self.say(f"PUB {subject} {reply} {len(payload.encode())}", payload)

    def turn(self):
        """One thing that the server says."""
        line = self.file.readline().decode().split()
        if line[0] == "PING":
            self.say("PONG")
        elif line[0] in ("MSG", "HMSG"):
            body = self.file.read(int(line[-1]) + 2)[:-2].decode()
            self.got[line[2]].append((line[1], line[3] if len(line) == 5 + (line[0] == "HMSG") else "",
                                      body))

    def wait(self, sid, count, seconds):
        """The messages of a subscription, as soon as there are so many; fewer if time runs out."""
        self.sock.settimeout(0.1)
        end = time.monotonic() + seconds
        while len(self.got[str(sid)]) < count and time.monotonic() < end:
            try:
                self.turn()
            except OSError:
                self.file = self.sock.makefile("rb")
        return self.got[str(sid)]

    def ask(self, subject, request):
        self.inboxes += 1
        sid = f"ask{self.inboxes}"
        self.subscribe(f"inbox.{sid}", sid)
        self.publish(subject, json.dumps(request), f"inbox.{sid}")
        answers = self.wait(sid, 1, 10)
        if not answers or "error" in json.loads(answers[0][2]):
            sys.exit(f"{subject}: {answers or 'no answer'}")
        return json.loads(answers[0][2])


def start(program, folder):
    server = subprocess.Popen([program, "-a", "127.0.0.1", "-p", str(PORT), "-js", "-sd", folder],
                              stderr=subprocess.DEVNULL)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            nats = Client()
            nats.ask("$JS.API.INFO", {})
            return server, nats
        except (OSError, IndexError, SystemExit):
            time.sleep(0.1)
    server.kill()
    sys.exit("nats-server does not start")
END
	cat >"$here/run.py" <<'END'
import sys
sys.path.insert(0, sys.argv[3])
from nats import start
server, nats = start(sys.argv[1], sys.argv[2])
try:
    with open(sys.argv[3] + "/ask.py") as source:
        exec(compile(source.read(), "ask.py", "exec"))
finally:
    server.kill()
    server.wait()
END
	timeout 100 python3 "$here/run.py" "$here/$1/usr/sbin/nats-server" "$here/store-$1" "$here" ||
		cannot 'the server was not asked'
}
