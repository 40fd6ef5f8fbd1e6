"""test_commands.py - which lines are commands, what they answer, and where the answer stands"""
import re

import pytest

from chatter import Client, Streams, gather, push, short, token
from daemon import Daemon


@pytest.fixture(scope="module", name="daemon")
def one_daemon():
    with Daemon() as daemon:
        yield daemon


def answer(client, line):
    """The lines between a command and what is said next."""
    last = token()
    client.say(line, last)
    return client.read_until(last)[:-1]


@pytest.mark.parametrize("line", [
    b"/etc/passwd", b"/", b"/ ", b"/ ping", b"/ping2", b"/ping-pong", b"/9", b"/quit!", b"/help:",
    b"/ is full", b"/tmp: is full", b" / 2", "／etc／passwd".encode(), "\u3000안녕".encode(),
    " //msg bob x".encode()])
def test_what_does_not_match_a_command_is_text(daemon, line):
    speaker, listener = gather(daemon.tcp, 2)
    with speaker, listener:
        speaker.say(line)
        assert listener.read_line() == line
        assert speaker.read_line() == line


@pytest.mark.parametrize("line, said", [
    (b"//x", b"/x"), (b"//", b"/"), (b"//ping me", b"/ping me"), (b"//quit", b"/quit"),
    (b"///x", b"//x"), (b"//etc/passwd", b"/etc/passwd"), (b"// ", b"/ ")])
def test_a_doubled_slash_says_one(daemon, line, said):
    speaker, listener = gather(daemon.tcp, 2)
    with speaker, listener:
        speaker.say(line)
        assert listener.read_line() == said
        assert speaker.read_line() == said


@pytest.mark.parametrize("line, word", [
    (b"/mgs bob secret", b"mgs"), (b"/x", b"x"), (b"/pings", b"pings"), (b"/nosuch ", b"nosuch"),
    (b"/hel p", b"hel")])
def test_an_unknown_command_is_refused_and_never_said(daemon, line, word):
    speaker, listener = gather(daemon.tcp, 2)
    with speaker, listener:
        speaker.say(line, b"and on")
        assert speaker.read_lines(2) == [
            b"* unknown command /%s; to say it, type //%s" % (word, word), b"and on"]
        assert listener.read_line() == b"and on"


MEANT = [
    (" /msg bob secret", "/msg was not obeyed: write it without a blank before it; "
                         "to say it, type //msg"),
    ("\t\u3000/MSG bob secret", "/msg was not obeyed: write it without a blank before it; "
                                "to say it, type //msg"),
    ("/ msg bob secret", "/msg was not obeyed: write it without a blank before it; "
                         "to say it, type //msg"),
    ("@n=x  /msg bob secret", "/msg was not obeyed: write it without a blank before it; "
                              "to say it, type //msg"),
    ("∕msg bob secret", "/msg was not obeyed: write it with a plain slash; "
     "to say it, type //msg"),
    ("⁄msg bob secret", "/msg was not obeyed: write it with a plain slash; "
     "to say it, type //msg"),
    ("／msg bob secret", "/msg was not obeyed: write it with a plain slash; "
                         "to say it, type //msg"),
    ("/msg,bob secret", "/msg was not obeyed: write it with a space behind it; "
                        "to say it, type //msg"),
    ("/msg:bob secret", "/msg was not obeyed: write it with a space behind it; "
                        "to say it, type //msg"),
    ("/ping\tx", "/ping was not obeyed: write it with a space behind it; "
                 "to say it, type //ping"),
    ("/ㅡㄴㅎ bob secret", "unknown command /ㅡㄴㅎ; to say it, type //ㅡㄴㅎ"),
    ("/\u1173\u1102\u1112 bob secret",
     "unknown command /\u1173\u1102\u1112; to say it, type //\u1173\u1102\u1112"),
    ("@n=x /없는명령", "unknown command /없는명령; to say it, type //없는명령"),
    ("  /mgs bob secret", "unknown command /mgs; to say it, type //mgs"),
    ("/MGS bob secret", "unknown command /MGS; to say it, type //MGS"),
    ("/?", "unknown command /?; to say it, type //?"),
    ("/" + "가" * 30, f"unknown command /{'가' * 10}...; to say it, type //{'가' * 10}..."),
]


@pytest.mark.parametrize("text", ["utf8", "raw"])
def test_what_was_meant_as_a_command_is_never_said(text):
    """A private line that is misspelt is not for all."""
    with Daemon(text=text) as daemon:
        speaker, listener = gather(daemon.tcp, 2)
        with speaker, listener, Client(daemon.tcp) as program:
            speaker.say(*[line.encode() for line, _ in MEANT])
            assert speaker.read_lines(len(MEANT)) == [b"* " + notice.encode() for _, notice in MEANT]
            program.say(b"/json")
            for line, notice in MEANT:
                program.say(line.encode(), b"/ping end")
                assert b'{"ev":"notice","code":"unknown_command","text":"%s"}' % \
                    notice.encode() in program.read_until(b'{"ev":"pong","token":"end"}')
            with Client(daemon.tcp) as alice:
                alice.say(b"/name alice", *[line.encode() for line, _ in MEANT], b"on")
                assert alice.read_until(b"[alice] on")[1:-1] == [
                    b"* " + notice.encode() for _, notice in MEANT]
                assert listener.read_line() == b"[alice] on"


@pytest.mark.parametrize("word", [b"/msg", b"/MSG", b"/mSg", b"@n=x /MSG"])
def test_the_case_of_a_command_does_not_matter(daemon, word):
    speaker, listener = gather(daemon.tcp, 2)
    with speaker, listener:
        listener.say(b"/NAME bob")
        assert listener.read_line() == b"* you are bob now"
        speaker.say(b"/name alice", word + b" bob secret", word + b" bob secret")
        twice = b"* x was said already, not again" if b"@n=" in word else b"[you -> bob] secret"
        assert speaker.read_lines(3) == [b"* you are alice now", b"[you -> bob] secret", twice]
        assert listener.read_line() == b"[alice -> you] secret"


def test_a_very_long_unknown_command_is_one_line(daemon):
    speaker, listener = gather(daemon.tcp, 2)
    with speaker, listener:
        lines = answer(speaker, b"/" + b"a" * 4000)
        assert len(lines) == 1 and lines[0].startswith(b"* unknown command /aaa")
        speaker.say(b"and on")
        assert listener.read_until(b"and on")[:-1] != [b"a" * 4000]


def test_a_word_hidden_behind_dropped_bytes_is_a_command_still(daemon):
    """Lines are cleaned first: what a listener would see as a command is one."""
    speaker, listener = gather(daemon.tcp, 2)
    with speaker, listener:
        speaker.say(b"\0/mgs bob secret", b"\xff\xfb\x1f/mgs bob secret", b"/mg\0s bob", b"on")
        assert speaker.read_until(b"on")[:-1] == [
            b"* unknown command /mgs; to say it, type //mgs"] * 3
        assert listener.read_line() == b"on"


def test_a_command_at_the_end_without_lf(daemon):
    with Client(daemon.tcp) as client:
        client.send(b"/ping tail")
        client.half_close()
        assert client.read_to_end() == b"* pong tail\n"


def test_ping_without_a_token(daemon):
    with daemon.client() as client:
        assert answer(client, b"/ping") == [b"* pong"]


@pytest.mark.parametrize("word", [b"1", b"k3f9.18230", b"x" * 32, "안녕".encode()])
def test_ping_with_a_token(daemon, word):
    with daemon.client() as client:
        assert answer(client, b"/ping " + word) == [b"* pong " + word]


def test_a_command_with_cr_is_the_same(daemon):
    with daemon.client() as client:
        assert answer(client, b"/ping cr\r") == [b"* pong cr"]


def test_an_answer_goes_to_its_asker_alone(daemon):
    asker, listener = gather(daemon.tcp, 2)
    with asker, listener:
        asker.say(b"/ping mine", b"/help", b"/nosuch", b"then")
        assert len(asker.read_until(b"then")) >= 4
        assert listener.read_line() == b"then"


def test_help_names_the_commands_in_notices(daemon):
    with daemon.client() as client:
        lines = answer(client, b"/help")
        assert lines and all(line.startswith(b"* ") for line in lines)
        for word in (b"/help", b"/ping", b"/quit"):
            assert any(re.search(re.escape(word) + rb"\b", line) for line in lines), word


def test_quit_ends_the_connection_cleanly(daemon):
    speaker, listener = gather(daemon.tcp, 2)
    with speaker, listener:
        speaker.say(b"bye all", b"/quit", b"not said any more")
        rest = speaker.read_to_end().splitlines()
        assert rest[0] == b"bye all"
        assert all(line.startswith(b"* ") for line in rest[1:])
        listener.say(b"next")
        assert listener.read_until(b"next") == [b"bye all", b"next"]


def test_quit_with_words_behind_it(daemon):
    with daemon.client() as client:
        client.say(b"/quit I am off")
        assert all(line.startswith(b"* ") for line in client.read_to_end().splitlines())


def test_an_answer_stands_where_it_was_asked_for(daemon):
    count = short(2000)
    lines, wanted = [], []
    for i in range(count):
        lines += [b"say %d" % i, b"/ping %d" % i]
        wanted += [b"say %d" % i, b"* pong %d" % i]
    with daemon.client() as client:
        client.say(*lines)
        assert client.read_lines(2 * count) == wanted


def test_answers_stand_right_among_the_lines_of_others(daemon):
    """Before each answer comes all its asker said before it, and nothing it said later."""
    asker, other = gather(daemon.tcp, 2)
    with asker, other:
        for i in range(short(300)):
            other.say(b"other %d" % i)
            asker.say(b"first %d" % i, b"/ping %d" % i, b"second %d" % i)
        last = short(300) - 1
        own, others = [], []
        for line in asker.read_until(b"second %d" % last):
            (others if line.startswith(b"other") else own).append(line)
        assert own == [pattern % i for i in range(last + 1)
                       for pattern in (b"first %d", b"* pong %d", b"second %d")]
        others += [] if len(others) > last else asker.read_lines(last + 1 - len(others))
        assert others == [b"other %d" % i for i in range(last + 1)]


def test_answers_to_a_client_that_reads_late_are_whole_and_in_place(daemon):
    """More answers than its outbox holds: it is read no further, and nothing is lost."""
    count = short(40000)
    data = b"".join(b"say %d\n/ping %d\n" % (i, i) for i in range(count))
    got = bytearray()
    asker, other = gather(daemon.unix, 2)
    with asker, other:
        sent = push(asker, data)
        other.say(b"meanwhile")
        other.read_until(b"meanwhile")
        streams = Streams(lambda client, some: got.extend(some))
        streams.add(asker, [data[sent:]])
        wanted = data.replace(b"/ping", b"* pong")
        streams.run(lambda: len(got) >= len(wanted) + len(b"meanwhile\n"))
        assert got.count(b"\nmeanwhile\n") == 1
        assert bytes(got).replace(b"meanwhile\n", b"", 1) == wanted
