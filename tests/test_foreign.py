"""test_foreign.py - connections that begin as another protocol does: nothing of them is heard"""
import contextlib
import http.client
import signal
import ssl

import pytest

from chatter import Client, gather, poll, short
from daemon import Daemon
from jsonl import Json
from manager import Service

BODY = b"/name admin\n/join garden\nplease log in at example.org\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 53\r\n\r\n" + BODY
HANDSHAKE = (b"GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
             b"Connection: Upgrade\r\nSec-WebSocket-Key: /name x\r\n\r\n")
STUN = b"\0\3\0\x14\x21\x12\xa4\x42" + b"w" * 12 + b"\0\6\0\x10\n/name x\nspam!!\n"
TLS = b"\x16\x03\x01\0\xa0\1\0\0\x9c\x03\x03" + BODY
HTTP = {
    "a post": POST,
    "a handshake": HANDSHAKE + BODY,
    "lower case": b"post / http/1.1\r\n\r\n" + BODY,
    "bare lf": POST.replace(b"\r\n", b"\n"),
    "an absolute target": b"POST http://localhost:9190/ HTTP/1.1\r\n\r\n" + BODY,
    "blanks": b"POST \t /  HTTP/1.0 \r\n\r\n" + BODY,
    "empty lines first": b"\r\n" + POST,
    "a long target": b"POST /" + b"a" * 6000 + b" HTTP/1.1\r\n\r\n" + BODY,
    "a very long target": b"POST /" + b"a" * 300000 + b" HTTP/1.1\r\n\r\n" + BODY,
    "the next version": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + BODY,
}
OTHERS = {
    "RTSP": b"OPTIONS rtsp://localhost/ RTSP/1.0\r\nCSeq: 1\r\n\r\n" + BODY,
    "SIP": b"INVITE sip:bob@example.org SIP/2.0\r\n\r\n" + BODY,
    "PROXY": b"PROXY TCP4 192.0.2.1 192.0.2.2 4711 9190\r\n" + BODY,
    "PROXY version 2": b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + b"\n" * 12 + BODY,
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n" + BODY,
    "STUN": STUN,
    "STUN, framed": b"\0\x2c" + STUN,
}
NOTICE = b"* this looks like %s; here one talks in lines of text\n"
SHORT_LINES = {"max_line": 64, "handlers": 2}  # shorter than most request lines


@pytest.fixture(scope="module", name="daemon")
def one_daemon():
    with Daemon(**SHORT_LINES) as daemon:
        yield daemon


@contextlib.contextmanager
def nothing_heard(daemon):
    """Who is there hears nothing; and nobody has a name or is in another room afterwards."""
    with gather(daemon.tcp, 1)[0] as text, Json(daemon.tcp) as json:
        yield
        poll(lambda: rooms(text) == b"* 1 room: lobby (2)", "the stranger is gone")
        text.say(b"end")
        assert text.read_line() == b"end"
        events = json.until(ev="say")
        assert [event["text"] for event in events if event["ev"] != "restarted"] == ["end"]
        assert daemon.process.poll() is None


def rooms(client):
    """The answer, and nothing else was heard before it."""
    client.say(b"/rooms")
    line = client.read_line()
    assert line.startswith(b"* 1 room: lobby ("), line
    return line


def pieces_of(data, how):
    size = {"whole": len(data), "bytes": 1, "sevens": 7}[how]
    return [data[at:at + size] for at in range(0, len(data), size)]


def tell(where, data, how="whole"):
    """What one gets that sends this, and reads to the end.  It may be hung up on meanwhile."""
    with Client(where) as client:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces_of(data, how):
                client.send(piece)
        return client.read_to_end()


def check_http(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"HTTP/1.1 400 Bad Request"
    assert b"Connection: close" in lines and b"Content-Length: %d" % len(body) in lines
    assert body == NOTICE % b"HTTP"


@pytest.mark.parametrize("how", ["whole", "bytes", "sevens"])
@pytest.mark.parametrize("name", HTTP)
def test_nothing_of_a_request_is_heard(daemon, name, how):
    data = HTTP[name]
    if how != "whole" and len(data) > 10000:
        data = data[:10000]
    with nothing_heard(daemon):
        check_http(tell(daemon.tcp, data, how))
    daemon.wait_log(r"client .* left: other protocol")


@pytest.mark.parametrize("how", ["whole", "bytes", "sevens"])
@pytest.mark.parametrize("name", OTHERS)
def test_nothing_of_another_protocol_is_heard(daemon, name, how):
    with nothing_heard(daemon):
        assert tell(daemon.tcp, OTHERS[name], how) == NOTICE % name.split()[0].strip(",").encode()


@pytest.mark.parametrize("how", ["whole", "bytes"])
def test_tls_gets_an_alert(daemon, how):
    with nothing_heard(daemon):
        assert tell(daemon.tcp, TLS, how) == b"\x15\x03\x01\0\2\2\x46"


def test_a_tls_client_can_read_it(daemon):
    context = ssl.create_default_context()
    with nothing_heard(daemon), Client(daemon.tcp) as client:
        with pytest.raises(ssl.SSLError, match="(?i)alert.protocol.version"):
            context.wrap_socket(client.sock, server_hostname="localhost")


def test_an_http_client_can_read_it(daemon):
    with nothing_heard(daemon):
        link = http.client.HTTPConnection(*daemon.tcp)
        link.request("POST", "/", body=b"\n" + BODY)
        answer = link.getresponse()
        assert (answer.status, answer.read()) == (400, NOTICE % b"HTTP")
        link.close()


@pytest.mark.parametrize("size", [100, 100000, 3 << 20])
def test_the_answer_arrives_however_much_is_sent(daemon, size):
    """What it sends is drained, so that no reset eats the answer."""
    with nothing_heard(daemon), Client(daemon.tcp) as client:
        client.send(POST + b"spam\n" * (size // 5))
        client.half_close()
        check_http(client.read_to_end())
    daemon.wait_log("other protocol")


def test_over_the_unix_socket_too(daemon):
    with nothing_heard(daemon):
        check_http(tell(daemon.unix, POST))


def test_a_request_that_ends_without_lf(daemon):
    with nothing_heard(daemon), Client(daemon.tcp) as client:
        client.send(b"GET / HTTP/1.0")
        client.half_close()
        check_http(client.read_to_end())


def test_one_that_is_cut_says_nothing(daemon):
    for end in "close", "reset":
        with nothing_heard(daemon):
            client = Client(daemon.tcp)
            client.send(POST)
            getattr(client, end)()


def test_its_answer_comes_before_what_is_said(daemon):
    """What it has not got yet of the conversation it never gets."""
    speaker = gather(daemon.tcp, 1)[0]
    with speaker:
        for _ in range(short(100)):
            client = Client(daemon.tcp)
            speaker.send(b"not for web pages\n" * 20)
            client.send(POST)
            answer = client.read_to_end()
            check_http(answer[answer.index(b"HTTP/1.1"):])
            assert set(answer[:answer.index(b"HTTP/1.1")].split(b"\n")) <= {
                b"not for web pages", b""}
            client.close()


@pytest.mark.parametrize("first", [
    b"GET lost", b"SSH is down", b"SSH-keys, anybody?", b"PROXY settings?", b"HTTP/1.1 is old",
    b"we use HTTP/1.1", b"we talk about HTTP/2.0", b"GET / HTTP", "안녕 HTTP/1.1".encode()])
def test_ordinary_first_lines_are_text(daemon, first):
    with Client(daemon.tcp) as client:
        client.say(first, b"and more", b"POST / HTTP/1.1")
        assert client.read_lines(3) == [first, b"and more", b"POST / HTTP/1.1"]


@pytest.mark.parametrize("before", [b"hi", b"/ping x", b" ", b"x" * 100])
def test_what_comes_later_is_text(daemon, before):
    with Client(daemon.tcp) as client:
        client.say(before)
        client.read_line()
        client.say(b"POST / HTTP/1.1", b"SSH-2.0-OpenSSH")
        assert client.read_lines(2) == [b"POST / HTTP/1.1", b"SSH-2.0-OpenSSH"]


def test_empty_lines_are_lines_at_the_begin_too(daemon):
    with Client(daemon.tcp) as client:
        client.send(b"\n\n")
        assert client.read_lines(2) == [b"", b""]
        client.send(b"\r\nhi\r\n")
        assert client.read_lines(2) == [b"", b"hi"]
    with Client(daemon.tcp) as client:
        client.send(b"\r\n\r\n\r\n")
        assert client.read_lines(3) == [b"", b"", b""]
        client.send(b"POST / HTTP/1.1\r\n")
        check_http(client.read_to_end())
    with Client(daemon.tcp) as client:
        client.send(b"\r\n")
        client.half_close()
        assert client.read_to_end() == b"\n"


def test_echo_mode_is_not_concerned():
    with Daemon(mode="echo") as daemon, Client(daemon.tcp) as client:
        client.send(POST)
        assert client.read_exactly(len(POST)) == POST


# What is decided once stays decided, whatever becomes of the process

@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("cut", [1, 2, 16, 17, 40, len(POST) - 5])
def test_the_next_process_hears_nothing_either(end, cut):
    with Service() as service, nothing_heard(service), Client(service.tcp) as client:
        client.send(POST[:cut])
        client.send(b"")
        service.kill(end)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.send(POST[cut:])
        check_http(client.read_to_end())


def test_first_bytes_are_so_over_restarts():
    """Of who was silent they are to come, who has spoken has had them."""
    with Service() as service:
        with Client(service.tcp) as spoken, Client(service.tcp) as silent, \
                Client(service.tcp) as empty:
            spoken.enter()
            empty.send(b"\n")
            empty.read_until(b"")
            service.restart()
            spoken.read_until(b"")
            for client in silent, empty:
                client.send(POST)
            answer = silent.read_to_end()
            check_http(answer[answer.index(b"HTTP/1.1"):])
            check_http(empty.read_to_end())
            spoken.say(b"POST / HTTP/1.1")
            assert spoken.read_line() == b"POST / HTTP/1.1"
