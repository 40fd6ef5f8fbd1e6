"""test_lines.py - what is a line, how it ends, how long it may be, and what is made of its bytes"""
import pytest

from chatter import Client, gather, short
from daemon import Daemon

FFFD = "\ufffd".encode()


@pytest.fixture(scope="module", name="daemon")
def one_daemon():
    with Daemon() as daemon:
        yield daemon


@pytest.fixture(scope="module", name="raw")
def raw_daemon():
    with Daemon(text="raw") as daemon:
        yield daemon


@pytest.fixture(scope="module", name="narrow")
def narrow_daemon():
    with Daemon(max_line=64) as daemon:
        yield daemon


def heard(daemon, data, count=1):
    """What a speaker of these bytes and a listener get; both must get the same."""
    speaker, listener = gather(daemon.tcp, 2)
    with speaker, listener:
        speaker.send(data)
        lines = speaker.read_lines(count)
        assert listener.read_lines(count) == lines
        return lines


def shown(daemon, line):
    """How one line appears."""
    return heard(daemon, line + b"\n")[0]


def test_a_line_reaches_everybody_its_sender_included(daemon):
    assert heard(daemon, b"good morning\n") == [b"good morning"]


def test_lines_in_one_piece_are_cut(daemon):
    assert heard(daemon, b"one\ntwo\nthree\n", 3) == [b"one", b"two", b"three"]


def test_a_line_in_single_bytes_is_whole(daemon):
    speaker, listener = gather(daemon.tcp, 2)
    with speaker, listener:
        for byte in "één regel 한 줄 🙂\n".encode():
            speaker.send(bytes([byte]))
        assert listener.read_line() == "één regel 한 줄 🙂".encode()


def test_two_lines_in_pieces_do_not_mix(daemon):
    a, b, listener = gather(daemon.tcp, 3)
    with a, b, listener:
        for half in (b"a" * 700, b"a" * 700 + b"\n"):
            a.send(half)
            b.send(half.replace(b"a", b"b"))
        assert sorted(listener.read_lines(2)) == [b"a" * 1400, b"b" * 1400]


def test_cr_before_lf_is_dropped(daemon):
    assert heard(daemon, b"from telnet\r\n\r\nend\r\n", 3) == [b"from telnet", b"", b"end"]


def test_only_one_cr_before_lf_is_dropped(daemon):
    assert shown(daemon, b"two\r\r") == b"two" + FFFD


def test_cr_and_lf_in_two_pieces(daemon):
    speaker, listener = gather(daemon.tcp, 2)
    with speaker, listener:
        speaker.send(b"split\r")
        listener.say(b"between")  # said before the LF comes: the CR has been read by then
        listener.read_until(b"between")
        speaker.send(b"\n")
        assert listener.read_line() == b"split"


def test_empty_lines_are_relayed(daemon):
    assert heard(daemon, b"\n\n\nx\n", 4) == [b"", b"", b"", b"x"]


def test_a_tail_without_lf_is_a_line_at_half_close(daemon):
    with Client(daemon.tcp) as client:
        client.send(b"hi")
        client.half_close()
        assert client.read_to_end() == b"hi\n"


def test_a_tail_is_a_line_at_close(daemon):
    speaker, listener = gather(daemon.tcp, 2)
    with listener:
        speaker.send(b"last words")
        speaker.close()
        assert listener.read_line() == b"last words"


def test_no_line_comes_from_nothing_at_half_close(daemon):
    with Client(daemon.tcp) as client:
        client.send(b"hi\n")
        client.half_close()
        assert client.read_to_end() == b"hi\n"
    with Client(daemon.tcp) as client:
        client.half_close()
        assert client.read_to_end() == b""


def test_after_a_half_close_all_that_is_due_comes(daemon):
    """A script that pipes its lines in gets every one of them back, then the end."""
    lines = b"".join(b"line %d of a script\n" % i for i in range(short(20000)))
    with Client(daemon.tcp) as client:
        client.sock.settimeout(None)
        client.send(lines[: len(lines) // 2])
        client.send(lines[len(lines) // 2:] + b"/ping due\nend")
        client.half_close()
        assert client.read_to_end() == lines + b"* pong due\nend\n"


def test_others_go_on_after_a_half_close(daemon):
    a, b = gather(daemon.tcp, 2)
    with a, b:
        a.half_close()
        assert a.read_to_end() == b""
        b.say(b"still here")
        assert b.read_line() == b"still here"


def test_the_longest_line_passes(daemon):
    assert shown(daemon, b"x" * 4096) == b"x" * 4096


def test_cr_does_not_count_for_the_length(daemon):
    assert shown(daemon, b"x" * 4096 + b"\r") == b"x" * 4096


@pytest.mark.parametrize("length", [4097, 5213, 65536, 1 << 20])
def test_a_line_too_long_is_told_to_its_sender_alone(daemon, length):
    speaker, listener = gather(daemon.tcp, 2)
    with speaker, listener:
        speaker.send(b"y" * length + b"\nafter\n")
        assert speaker.read_lines(2) == [
            b"* line too long (%d > 4096 bytes), not sent" % length, b"after"]
        assert listener.read_line() == b"after"


def test_a_line_too_long_in_pieces_is_counted_exactly(narrow):
    speaker, listener = gather(narrow.tcp, 2)
    with speaker, listener:
        for _ in range(31):
            speaker.send(b"z" * 7)
        speaker.send(b"\r\nshort\n")
        assert speaker.read_lines(2) == [b"* line too long (217 > 64 bytes), not sent", b"short"]
        assert listener.read_line() == b"short"


def test_each_line_too_long_has_one_notice(narrow):
    with narrow.client() as client:
        client.send(b"".join(b"q" * (65 + i) + b"\n" for i in range(20)))
        assert client.read_lines(20) == [
            b"* line too long (%d > 64 bytes), not sent" % (65 + i) for i in range(20)]


def test_a_tail_too_long_is_told_before_the_end(narrow):
    with Client(narrow.tcp) as client:
        client.send(b"t" * 100)
        client.half_close()
        assert client.read_to_end() == b"* line too long (100 > 64 bytes), not sent\n"


@pytest.mark.parametrize("text", [
    "plain", "tab\there", "Grüße", "안녕하세요", "🙂👨‍👩‍👧", "é", "\u00a0\u2027\u202f\u2065\u206a",
    "\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff", "  spaces  ", "\ufeffbom", "[alice] hi"])
def test_valid_text_is_relayed_byte_for_byte(daemon, text):
    assert shown(daemon, text.encode()) == text.encode()


@pytest.mark.parametrize("data, bad", [
    (b"\x80", 1), (b"\xbf\xbf", 2), (b"\xc0\x80", 2), (b"\xc1\xbf", 2), (b"\xc3", 1),
    (b"\xe2\x82", 2), (b"\xe0\x9f\xbf", 3), (b"\xed\xa0\x80", 3), (b"\xf0\x9f\x99", 3),
    (b"\xf0\x8f\xbf\xbf", 4), (b"\xf4\x90\x80\x80", 4), (b"\xf5\x80\x80\x80", 4), (b"\xfe", 1)])
def test_each_invalid_byte_becomes_one_replacement(daemon, data, bad):
    assert shown(daemon, b"<" + data + b">") == b"<" + FFFD * bad + b">"


@pytest.mark.parametrize("code", [
    1, 7, 8, 0x0b, 0x0c, 0x0d, 0x1b, 0x1f, 0x7f, 0x80, 0x85, 0x9b, 0x9f,
    0x2028, 0x2029, 0x202a, 0x202e, 0x2066, 0x2069])
def test_each_control_character_becomes_one_replacement(daemon, code):
    assert shown(daemon, b"<" + chr(code).encode() + b">") == b"<" + FFFD + b">"


def test_nul_is_dropped(daemon):
    assert shown(daemon, b"\0n\0\0ul\0") == b"nul"


@pytest.mark.parametrize("data", [
    b"\xff\xf1", b"\xff\xf9", b"\xff\xfb\x01", b"\xff\xfc\x03", b"\xff\xfd\xff", b"\xff\xfe\x18",
    b"\xff\xfa\x18\x00xterm\xff\xf0", b"\xff\xfb\x18\xff\xfb\x1f"])
def test_telnet_commands_are_dropped(daemon, data):
    assert shown(daemon, b"<" + data + b">") == b"<>"


@pytest.mark.parametrize("data, bad", [
    (b"\xff", 1), (b"\xff\xff", 2), (b"\xff\xf0", 2), (b"\xff\x41", 1)])
def test_any_other_ff_is_an_invalid_byte(daemon, data, bad):
    assert shown(daemon, b"<" + data + b">") == b"<" + FFFD * bad + data.lstrip(b"\xff\xf0") + b">"


def test_a_telnet_command_cut_off_by_the_end_is_invalid_bytes(daemon):
    assert heard(daemon, b"<\xff\n<\xff\xfb\n", 2) == [b"<" + FFFD, b"<" + FFFD * 2]


@pytest.mark.parametrize("line, seen", [
    (b"* not a notice", b"~* not a notice"), (b"** me neither", b"~** me neither"),
    (b"[server] trust me", b"[~server] trust me"), (b"[all] listen", b"[~all] listen"),
    (b"*emphasis*", b"*emphasis*"), (b"[nobody] hi", b"[nobody] hi")])
def test_what_looks_like_the_server_is_marked(daemon, line, seen):
    assert shown(daemon, line) == seen


def test_raw_text_is_relayed_as_it_came(raw):
    every = bytes(byte for byte in range(256) if byte != 0x0a) + b"end"
    assert shown(raw, every) == every
    assert shown(raw, "안녕".encode("euc-kr")) == "안녕".encode("euc-kr")


def test_raw_text_is_cut_into_lines_all_the_same(raw):
    assert heard(raw, b"\xff\xfb\x01\r\n\x80\n", 2) == [b"\xff\xfb\x01", b"\x80"]
