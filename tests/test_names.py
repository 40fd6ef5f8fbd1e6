"""test_names.py - taking, changing and losing a name; its prefix; what looks like one; /me, /who"""
import re
import threading
import unicodedata

import pytest

from chatter import SHORT, Client, poll, short, token
from daemon import Daemon
from named import ask, company, heard, notice, prefix, refuse, short_id, take, take_when_free

FFFD = "\ufffd".encode()
SPREAD = {"split_members": 1}  # one room over all handlers


@pytest.fixture(name="daemon")
def daemon_():
    with Daemon() as daemon:
        yield daemon


@pytest.fixture(scope="module", name="shared")
def shared_daemon():
    """For tests whose names no other test takes."""
    with Daemon() as daemon:
        yield daemon


# Taking one

def test_a_name_is_answered_and_stands_before_each_line(daemon):
    with company(daemon.tcp, None, None) as (alice, plain):
        answer = notice(alice, b"/name alice")
        assert b"alice" in answer and answer.startswith(b"* ")
        said = [b"hello", b"", b"* no notice", b"** no deed", b"[bob] not bob", b"[alice] twice",
                b"~", b"[server] x", b"  spaces  ", "안녕 🙂".encode()]
        lines = [b"[alice] " + line for line in said]
        assert ask(alice, *said) == lines
        assert plain.read_lines(len(lines)) == lines


def test_lines_said_before_the_name_have_none(daemon):
    with company(daemon.tcp, None, None) as (one, plain):
        one.say(b"before", b"/name one", b"between", b"/name two", b"after", b"//name three")
        wanted = [b"before", b"[one] between", b"[two] after", b"[two] /name three"]
        assert plain.read_lines(4) == wanted
        lines = ask(one)
        assert [line for line in lines if not line.startswith(b"* ")] == wanted
        assert [lines.index(line) for line in wanted] == [0, 2, 4, 5]
        assert b"one" in lines[1] and b"two" in lines[3]


def test_the_text_behind_a_prefix_is_cleaned_as_ever(daemon):
    with company(daemon.tcp, b"alice") as (alice,):
        assert ask(alice, b"\xfe \x1b[31m a\0b \xff\xfb\x01c\r", b"//x") == [
            b"[alice] " + FFFD + b" " + FFFD + b"[31m ab c", b"[alice] /x"]


def test_the_longest_line_with_the_longest_name(daemon):
    name = "가".encode() * 21 + b"x"
    with company(daemon.tcp, name) as (client,):
        assert ask(client, b"y" * 4096) == [b"[%s] " % name + b"y" * 4096]
        assert ask(client, b"\xfe" * 4096) == [b"[%s] " % name + FFFD * 4096]
        assert notice(client, b"y" * 4097) == b"* line too long (4097 > 4096 bytes), not sent"


def test_a_tail_without_lf_has_the_prefix(daemon):
    with Client(daemon.tcp) as client:
        client.send(b"/name tail\nhi")
        client.half_close()
        answer, line = client.read_to_end().splitlines()
        assert answer.startswith(b"* ") and line == b"[tail] hi"


def test_name_alone_tells_the_present_one(daemon):
    with company(daemon.tcp, None) as (client,):
        nameless = notice(client, b"/name")
        take(client, b"zebulon")
        assert b"zebulon" in notice(client, b"/name") and b"zebulon" not in nameless
        assert prefix(client) == b"[zebulon] "


@pytest.mark.parametrize("name", [
    "a", "x" * 24, "가" * 21 + "z", "𐐀" * 16, "_under", "x-", "y.", "u_-.v", "7", "2nd", "한국어",
    "日本語", "محمد", "नमस्ते", "Ünïcode", "e\u0301te", "Ж", "ñ" * 24, "you2", "alle", "a--b..c"],
    ids=short_id)
def test_good_names(shared, name):
    with shared.client() as client:
        notice(client, b"/name " + name.encode())
        shown = prefix(client).decode()
        assert unicodedata.normalize("NFKC", shown) == \
            unicodedata.normalize("NFKC", f"[{name}] ")


@pytest.mark.parametrize("name", [
    b"x" * 25, "가".encode() * 21 + b"ab", "ñ".encode() * 25, "𐐀".encode() * 17, b"x" * 4000,
    b"-x", b".x", b"-", b".", "\u0301x".encode(), "\u0903x".encode(), "\u034fbob".encode(),
    b"a/b", b"a:b", b"a]b", b"[ab]", b"a@b", b"a,b", b"*", b"~ab", b"#ab", b"a\tb", b"a\\b", b'a"b',
    "🙂".encode(), "a\u200bb".encode(), "a\u200db".encode(), "a\u00adb".encode(),
    "a\u00a0b".encode(), "a\u3000b".encode(), "a\u202eb".encode(), "a\u2066b".encode(),
    b"a\x1bb", b"\xbe\xc8", b"a\xc3", "\u3164".encode(), "\uffa0\ufe0f".encode()], ids=short_id)
def test_bad_names_are_refused(shared, name):
    with shared.client() as client:
        assert len(refuse(client, name)) < 512
        good = token()
        take(client, good)
        refuse(client, name)
        assert prefix(client) == b"[%s] " % good


@pytest.mark.parametrize("name", [
    "you", "server", "all", "YOU", "Server", "ALL", "ｙｏｕ", "ＳＥＲＶＥＲ", "ａｌｌ", "\u017ferver",
    "y\u034fou", "al\u3164l", "all\ufe0f", "ѕеrvеr", "yοu", "y0u", "a1l", "aII", "sérvèr"])
def test_reserved_names_are_refused(shared, name):
    with shared.client() as client:
        refuse(client, name.encode())


@pytest.mark.parametrize("text", ["utf8", "raw"])
def test_a_name_is_text_whatever_lines_are(text):
    with Daemon(text=text) as daemon, company(daemon.tcp, b"alice") as (alice,):
        refuse(alice, "안녕".encode("euc-kr"))
        refuse(alice, b"a\x80b")
        refuse(alice, b"a\x07b")
        line = b"\xb0\xa1"  # a Hangul syllable in EUC-KR
        assert ask(alice, line) == [b"[alice] " + (line if text == "raw" else FFFD * 2)]


def test_letters_that_grow_when_they_are_folded(shared):
    """One of these is 18 characters long in NFKC."""
    name = "\ufdfa".encode()
    with shared.client() as one, shared.client() as two:
        for count in (1, 2, 21):
            for client in (one, two):
                answer = notice(client, b"/name " + name * count)
                assert len(answer) < 512
            holders = [client for client in (one, two)
                       if prefix(client) == b"[%s] " % (name * count)]
            assert len(holders) < 2


@pytest.mark.parametrize("words", [
    b"John Smith", b"John  Smith ", b"John Ronald Smith", b"John " + b"0" * 31, b"John " + b"0" * 33,
    b"John " + b"g" * 32, b"John " + b"0" * 32 + b" x"], ids=short_id)
def test_a_name_is_one_word(shared, words):
    """A second word that no key can be is told, not passed over."""
    with shared.client() as client, Client(shared.tcp) as program:
        assert notice(client, b"/name " + words) == b"* a name is one word, not " + words[:80]
        assert prefix(client) == b""
        program.say(b"/json", b"/name " + words, b"/ping end")
        assert b'{"ev":"notice","code":"bad_name","text":"a name is one word, not %s"}' % \
            words[:80] in program.read_until(b'{"ev":"pong","token":"end"}')


def test_a_key_of_a_connection_that_is_gone_does_no_harm(shared):
    """A program that comes back presents it, whether the name is free or not."""
    with shared.client() as client:
        name = token()
        assert notice(client, b"/name %s %s" % (name, b"0aF3" * 8)) == b"* you are %s now" % name


@pytest.mark.parametrize("key", [b"key", b"0", b"alice", b"x" * 32, b"x" * 4000, b"two words"],
                         ids=short_id)
def test_a_wrong_key_takes_nothing_over(shared, key):
    name = token()
    with company(shared.tcp, name, None) as (holder, thief):
        notice(thief, b"/name %s %s" % (name, key))
        assert prefix(thief) == b"" and prefix(holder) == b"[%s] " % name


# One name, one holder

SAME = [
    ("anna", "ANNA"), ("berta", "ｂｅｒｔａ"), ("Straße", "STRASSE"), ("Weiß", "weiss"),
    ("한글", "\u1112\u1161\u11ab\u1100\u1173\u11af"), ("ré", "re\u0301"), ("cesar", "ce\u034fsar"),
    ("dora", "dora\ufe0f"), ("emil", "\u3164emil"), ("ΟΔΟΣ", "οδος"), ("\ufb01nn", "finn"),
    ("\u212bke", "åke"), ("ガ", "ｶﾞ"), ("ω\u0301x", "Ώx"), ("İx", "i\u0307x"), ("Ǆx", "dŽX")]


@pytest.mark.parametrize("one, other", SAME + [(other, one) for one, other in SAME])
def test_the_same_name_in_another_spelling(daemon, one, other):
    with company(daemon.tcp, None, None) as (first, second):
        notice(first, b"/name " + one.encode())
        had = prefix(first)
        assert had != b""
        assert b"taken" in refuse(second, other.encode())
        notice(first, b"/name " + other.encode())  # its own name in another spelling
        assert prefix(first) != b"" and b"taken" in refuse(second, one.encode())


@pytest.mark.parametrize("one, other", [
    ("gustav", "gustaw"), ("аlice", "alice"), ("ızmir", "izmir"), ("o", "0"), ("kim", "ki-m"),
    ("kai", "kai."), ("가", "각"), ("e", "é")])
def test_names_that_look_alike_and_differ(daemon, one, other):
    with company(daemon.tcp, None, None) as (first, second):
        take(first, one.encode())
        take(second, other.encode())


def test_a_taken_name_is_refused_in_these_words(daemon):
    with company(daemon.tcp, b"alice", b"bob", None) as (alice, bob, plain):
        for asker in (bob, plain):
            assert refuse(asker, b"alice") == b"* the name alice is taken"
        assert prefix(alice) == b"[alice] "


def test_one_s_own_name_again(daemon):
    with company(daemon.tcp, b"alice") as (alice,):
        for name in (b"alice", b"Alice", b"ALICE", b"alice"):
            take(alice, name)


def test_a_name_is_free_when_its_holder_takes_another(daemon):
    with company(daemon.tcp, b"alice", None) as (alice, other):
        take(alice, b"carol")
        take(other, b"alice")
        assert refuse(alice, b"alice") == b"* the name alice is taken"
        take(other, b"bob")
        take(alice, b"alice")


@pytest.mark.parametrize("leave", ["close", "reset", "half_close", "quit"])
def test_a_name_is_free_when_its_holder_has_left(daemon, leave):
    with company(daemon.tcp, b"alice", None) as (alice, other):
        if leave == "quit":
            alice.say(b"/quit")
        else:
            getattr(alice, leave)()
        if leave in ("half_close", "quit"):
            alice.read_to_end()
            alice.close()
        take_when_free(other, b"alice")


def test_a_thousand_names_one_after_the_other(daemon):
    count = short(1000)
    with company(daemon.tcp, None, None) as (restless, other):
        assert len(ask(restless, *(b"/name n%d" % i for i in range(count)))) == count
        assert prefix(restless) == b"[n%d] " % (count - 1)
        assert b"taken" in refuse(other, b"n%d" % (count - 1))
        take(other, b"n0")


@pytest.mark.parametrize("spellings", [(b"prize%d",) * 2, (b"pri\xc3\x9fe%d", b"PRISSE%d")])
def test_of_two_that_want_one_name_exactly_one_gets_it(spellings):
    with Daemon(tune=SPREAD, handlers=3) as daemon, \
            company(daemon.tcp, None, None, None) as clients:
        for turn in range(short(200)):
            names = [spellings[0] % turn, spellings[1] % turn, spellings[0] % turn]
            start = threading.Barrier(3)

            def try_it(client, name, start=start):
                start.wait()
                client.say(b"/name " + name)
            threads = [threading.Thread(target=try_it, args=pair) for pair in zip(clients, names)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            answers = [client.read_line() for client in clients]
            lost = [answer for answer in answers if answer.endswith(b" is taken")]
            assert len(lost) == 2, answers
        for client, name, answer in zip(clients, names, answers):
            assert (prefix(client) == b"[%s] " % name) == (answer not in lost)


# What is to look like a name and is none

@pytest.fixture(scope="module", name="stage")
def stage_():
    """Two with a name and two without."""
    with Daemon() as daemon:
        with company(daemon.tcp, b"alice", "한글".encode(), None, None) as clients:
            yield clients


@pytest.mark.parametrize("line, seen", [
    ("[alice] hi", "[~alice] hi"), ("[alice] ", "[~alice] "), ("[ALICE] hi", "[~ALICE] hi"),
    ("[ａｌｉｃｅ] hi", "[~ａｌｉｃｅ] hi"), ("[ali\u034fce] hi", "[~ali\u034fce] hi"),
    ("[ali\u200bce] hi", "[~ali\u200bce] hi"), ("[\u00adalice] hi", "[~\u00adalice] hi"),
    ("[alice -> you] psst", "[~alice -> you] psst"), ("[Alice -> ", "[~Alice -> "),
    ("[한글] 안녕", "[~한글] 안녕"), ("[\u1112\u1161\u11ab\u1100\u1173\u11af] hi",
                                 "[~\u1112\u1161\u11ab\u1100\u1173\u11af] hi"),
    ("[you -> alice] hm", "[~you -> alice] hm"), ("[SERVER] x", "[~SERVER] x"),
    ("[all -> you] x", "[~all -> you] x"), ("[ｙｏｕ] x", "[~ｙｏｕ] x"),
    ("* notice", "~* notice"), ("** alice waves", "~** alice waves"),
    # These are nobody's.
    ("[alicia] hi", "[alicia] hi"), ("[alice]hi", "[alice]hi"), ("[alice", "[alice"),
    ("[nobody -> you] x", "[nobody -> you] x"), ("[alice ->] x", "[alice ->] x"),
    (" [alice] hi", " [alice] hi"), ("[alic] e", "[alic] e"), ("[] hi", "[] hi"),
    ("[~alice] hi", "[~alice] hi"), ("(alice) hi", "(alice) hi"), ("alice: hi", "alice: hi"),
    ("[2026-11-21] log", "[2026-11-21] log"), ("[ -> you] x", "[ -> you] x"), ("[", "["),
    ("[" + "x" * 3000 + "] x", "[" + "x" * 3000 + "] x"), ("*", "*"), ("**", "**")], ids=short_id)
def test_what_one_without_a_name_says_in_the_look_of_a_name(stage, line, seen):
    stage[2].say(line.encode())
    assert [client.read_line() for client in stage] == [seen.encode()] * 4


def test_the_mark_goes_with_the_name(daemon):
    with company(daemon.tcp, b"alice", None) as (alice, plain):
        assert ask(plain, b"[alice] 1", b"[carol] 1") == [b"[~alice] 1", b"[carol] 1"]
        take(alice, b"carol")
        assert ask(plain, b"[alice] 2", b"[carol] 2")[-2:] == [b"[alice] 2", b"[~carol] 2"]
        alice.close()
        poll(lambda: ask(plain, b"[carol] 3") == [b"[carol] 3"], "carol is nobody's")


def test_a_line_with_a_name_is_never_marked(daemon):
    said = [b"[alice] hi", b"[you -> bob] x", b"* x", b"** x", b"[server] x", b"[bob] x"]
    with company(daemon.tcp, b"alice", b"bob") as (_, bob):
        assert ask(bob, *said) == [b"[bob] " + line for line in said]


# Who is here

def test_who_names_the_named_and_counts_the_rest(daemon):
    with company(daemon.tcp, b"alice", b"bob", *[None] * 5) as clients:
        take(clients[2], "\ud55c\uae00".encode())
        for asker in (clients[0], clients[3]):
            def words():
                ask(asker)
                lines = ask(asker, b"/who")
                assert lines and all(line.startswith(b"* ") for line in lines)
                return re.findall(r"\w+", b" ".join(lines).decode())
            poll(lambda: "4" in words(), "four without a name")
            assert all(words().count(word) == 1 for word in ("alice", "bob", "\ud55c\uae00"))


def test_who_among_nobody_with_a_name(daemon):
    with company(daemon.tcp, None, None, None) as clients:
        def are_three():  # those of the test before may be going still
            return b"3" in re.findall(rb"\w+", b" ".join(ask(clients[0], b"/who")))
        poll(are_three, "three without a name")


def test_who_follows_those_who_rename_and_leave(daemon):
    with company(daemon.tcp, b"alice", b"bob", None) as (alice, bob, plain):
        take(alice, b"carol")
        answer = b" ".join(ask(plain, b"/who"))
        assert b"carol" in answer and b"bob" in answer and b"alice" not in answer
        bob.close()
        poll(lambda: b"bob" not in b" ".join(ask(plain, b"/who")), "bob is gone")
        assert b"carol" in b" ".join(ask(plain, b"/who"))


def test_who_of_a_full_house_is_short_and_says_how_many_more():
    crowd = short(300)

    def name(number):  # one of the longest, and no digit in it
        return ("\uac00" * 20 + "".join(chr(97 + number // 17 ** i % 17) for i in range(3))
                ).encode()
    with Daemon(max_clients=400) as daemon:
        with company(daemon.tcp, *map(name, range(crowd))) as clients:
            answer = b"\n".join(ask(clients[-1], b"/who"))
            first = answer.splitlines()[0]
            shown = sum(first.count(name(number)) for number in range(crowd))
            assert len(answer) < 12288 and shown == min(crowd, 100)
            if shown < crowd:
                assert crowd - shown in map(int, re.findall(rb"\d+", answer)), answer[-200:]
            assert shown < crowd or SHORT, "19 KB of names in one answer"


# Those who do not take part in all that

def test_who_only_talks_sees_only_what_is_said(daemon):
    """So does who has used nothing but /name, and a private line is for two."""
    with company(daemon.tcp, b"alice", b"bob", None, None, None) as (
            alice, bob, named, plain, crier):
        named.say(b"/name carol")
        assert b"carol" in named.read_line()
        ask(alice, b"/name", b"/name bob", b"/name -x", b"/who", b"/msg bob psst", b"1", b"/help",
            b"/msg nobody x", b"/me waves", b"/name dora", b"2", b"/msg dora note", b"")
        ask(bob, b"/msg dora psst", b"/msg carol psst", b"/me", b"/msg", b"/msg dora", b"3")
        crier.say(b"4", b"[dora] 5")
        bob.close()
        poll(lambda: b"bob" not in b" ".join(ask(alice, b"/who")), "bob is gone")
        first = [b"[alice] 1", b"** alice waves", b"[dora] 2", b"[dora] "]
        rest = [b"[bob] 3", b"4", b"[~dora] 5"]
        assert heard(crier, plain, named) == [
            first + rest, first + [b"[bob -> you] psst"] + rest]
