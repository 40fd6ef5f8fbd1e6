"""test_prompt.py - the prompt in a terminal: what is typed is sacred, whatever comes meanwhile"""
import fcntl
import os
import select
import shutil
import signal
import stat
import struct
import subprocess
import termios
import time

import pytest

from chatter import PATIENCE, poll, short
from emulator import Emulator
from mtchat import MTCHAT
from stage import Stage

PROMPT_DEMO = os.environ.get("PROMPT_DEMO", "tests/prompt-demo")
PROMPT = "demo>"  # rows are shown without the blanks at their end


def demo(*arguments, **options):
    emulator = Emulator([PROMPT_DEMO, *arguments], commands=True, **options)
    emulator.wait_end(PROMPT)
    return emulator


def wrapped(text, columns):
    return [text[at:at + columns].rstrip() for at in range(0, len(text), columns)]


# What is typed, and what comes

@pytest.mark.parametrize("arguments", [[], ["--keeps"]])
def test_typed_lines(arguments):
    """It vanishes from the prompt, or stays in the scrollback; an empty one is one, too."""
    with demo(*arguments) as terminal:
        for line in ("hello", "", "안녕, 세계"):
            terminal.type(f"{line}\r")
            terminal.wait_end(f"typed: {line}".rstrip(), PROMPT)
        kept = ["demo> hello", "demo>", "demo> 안녕, 세계"] if arguments else ["", "", ""]
        said = ["typed: hello", "typed:", "typed: 안녕, 세계"]
        pairs = [row for pair in zip(kept, said) for row in pair if row]
        assert terminal.lines() == [*pairs, PROMPT]


def test_typing_while_500_lines_a_second_arrive():
    typed, said = "what is being typed is never torn, 한글 either", []
    with demo() as terminal:
        terminal.command("rows … waits 1|… waits 2")
        begin = time.monotonic()
        for number in range(short(1000)):
            said.append(f"line {number}")
            terminal.command(f"show {said[-1]}")
            if number % 20 == 0 and number // 20 < len(typed):
                terminal.type(typed[number // 20])
            while time.monotonic() < begin + number / 500:
                terminal.read(0.002)
            if number % 100 == 0:
                terminal.wait_screen(lambda lines: said[-1] in lines, said[-1])
                assert terminal.lines()[-3:-1] == ["… waits 1", "… waits 2"]
        typed = typed[:(len(said) + 19) // 20]
        terminal.wait_end(said[-1], "… waits 1", "… waits 2", f"demo> {typed}".rstrip())
        assert terminal.lines()[:-3] == said
        terminal.type("\r")
        terminal.wait_end(said[-1], f"typed: {typed}".rstrip(), "… waits 1", "… waits 2", PROMPT)


def test_rows_come_and_go():
    with demo() as terminal:
        terminal.type("typed")
        terminal.command("show before")
        for rows in (["one"], ["one", "two", "three", "four", "five"], ["six"], [], ["seven"]):
            terminal.command("rows " + "|".join(rows))
            terminal.wait_screen(lambda lines: lines == ["before", *rows, "demo> typed"], rows)
        terminal.command("show after")
        terminal.command("prompt other> ")
        terminal.wait_screen(
            lambda lines: lines == ["before", "after", "seven", "other> typed"], "other")
        terminal.type("\x01un")  # it has its place in the line
        terminal.wait_end("seven", "other> untyped")


def test_colours_take_no_room():
    with demo(columns=30) as terminal:
        terminal.command("rows \x1b[2m… dim row of thirty columns ..\x1b[0m")
        terminal.command("prompt \x01\x1b[1m\x02bold> \x01\x1b[0m\x02")
        terminal.type("x" * 30)
        dim = "… dim row of thirty columns .."
        assert len(dim) == 30
        terminal.wait_end(dim, *wrapped("bold> " + "x" * 30, 30))
        terminal.command("show news")
        terminal.wait_screen(
            lambda lines: lines == ["news", dim, *wrapped("bold> " + "x" * 30, 30)], "news")


def test_typing_does_not_redraw_the_rows():
    with demo() as terminal:
        terminal.command("rows row that waits")
        terminal.wait_end("row that waits", PROMPT)
        terminal.quiet(0.05)
        begin = len(terminal.raw)
        terminal.type("a word")
        terminal.wait_end("row that waits", "demo> a word")
        assert bytes(terminal.raw[begin:]) == b"a word"


def test_nothing_is_written_while_nothing_happens():
    with demo() as terminal:
        terminal.command("rows one|two")
        terminal.type("half")
        terminal.wait_end("one", "two", "demo> half")
        terminal.command("nothing")
        terminal.command("rows one|two")
        terminal.command("prompt demo> ")
        assert terminal.quiet() == b""
        terminal.process.send_signal(signal.SIGWINCH)  # of the same size
        assert terminal.quiet() == b""


def writes(pid):
    with open(f"/proc/{pid}/io", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("syscw"))


def test_one_write_for_a_redraw():
    with demo() as terminal:
        terminal.command("rows one|two")
        terminal.type("half")
        terminal.wait_end("one", "two", "demo> half")
        before = writes(terminal.process.pid)
        terminal.command("show news")
        terminal.wait_end("news", "one", "two", "demo> half")
        assert writes(terminal.process.pid) == before + 1


@pytest.mark.parametrize("typed, keys, want", [
    ("가나다", "\x1b[D라", "가나라다"), ("wide 日本 and 한", "\x01" + "\x1b[C" * 6 + "\x08", None),
    ("한" * 60, "\x1b[D" * 50 + "끝", "한" * 10 + "끝" + "한" * 50)])
def test_wide_characters(typed, keys, want):
    """The cursor in the middle, and wide characters that do not fit into the last column."""
    want = want if want is not None else "wide본 and 한".replace("wide본", "wide 本")
    with demo(columns=41) as terminal:
        terminal.type(typed + keys)
        terminal.command("rows 기다리는 줄")
        terminal.command("show 새로운 줄")
        terminal.wait_screen(lambda lines: lines[:2] == ["새로운 줄", "기다리는 줄"], "rows")
        terminal.wait_screen(lambda lines: "".join(lines[2:]) == f"demo> {want}", want)
        terminal.type("\r")
        terminal.wait_screen(lambda lines: "".join(lines[1:-2]) == f"typed: {want}", want)


# Sizes

@pytest.mark.parametrize("cursor", ["", "\x1b[D" * 30])
def test_resize(cursor):
    """A terminal that wraps anew: nothing is left behind, nothing above is lost."""
    typed = "a line of some length that is being typed here, in a terminal"
    rows = ["… the first row that waits, longer than thirty", "… second"]
    said = ["above " * 9 + "above", "news"]
    with demo() as terminal:
        for line in said:
            terminal.command(f"show {line}")
        terminal.command("rows " + "|".join(rows))
        terminal.type(typed + cursor)
        terminal.wait_end(*said, *rows, f"demo> {typed}")
        for columns in (30, 17, 50, 79, 31, 120):
            terminal.resize(columns)
            want = [row for text in (*said, *rows, f"demo> {typed}")
                    for row in wrapped(text, columns)]
            terminal.wait_screen(lambda lines: lines == want, (columns, want))
            assert terminal.quiet(0.05) == b"" or terminal.lines() == want
        terminal.type("!")
        terminal.command("show after")
        at = len(typed) - 30 if cursor else len(typed)
        terminal.wait_end("after", *rows, f"demo> {typed[:at]}!{typed[at:]}")


@pytest.mark.parametrize("reflow", [True, False])
def test_resize_while_lines_come(reflow):
    """Whatever the terminal does with what is there: what is typed is whole, and all comes."""
    typed = "a line of some length that is being typed here"
    with demo(reflow=reflow) as terminal:
        terminal.type(typed)
        terminal.command("rows row that waits, of some length as well")
        for number, columns in enumerate([30, 100, 20, 80] * 3):
            terminal.resize(columns)
            terminal.command(f"show line {number}")
            want = [f"line {number}", *wrapped("row that waits, of some length as well", columns),
                    *wrapped(f"demo> {typed}", columns)]
            terminal.wait_end(*want)
        terminal.type("\r")
        terminal.wait_screen(lambda lines: f"typed: {typed}" in lines, typed)


def test_taller_than_the_terminal():
    """Shown as one row then, so that no part of it is left in the scrollback."""
    with demo(rows=10, columns=40) as terminal:
        terminal.command("rows one|two")
        terminal.paste("\n".join(f"pasted {number}" for number in range(30)))
        terminal.wait_screen(lambda lines: lines[-1].endswith("^Jpasted 29"), "one row")
        for number in range(30):
            terminal.command(f"show line {number}")
        terminal.wait_screen(lambda lines: lines[-4:-3] == ["line 29"], "line 29")
        lines = terminal.lines()
        assert lines[:-1] == [*(f"line {number}" for number in range(30)), "one", "two"]
        assert lines[-1].endswith("^Jpasted 29")
        terminal.type("\x15short")
        terminal.wait_end("line 29", "one", "two", "demo> short")


def test_taller_and_kept():
    """A slice of it is what stays in the scrollback then, on a row of its own."""
    with demo("--keeps", rows=5, columns=40) as terminal:
        typed = "x" * 300
        terminal.type(f"{typed}\r")
        terminal.wait_screen(  # the next prompt is there first, then the line above it
            lambda lines: lines[-1:] == [PROMPT] and "".join(lines[1:-1]) == f"typed: {typed}",
            "what was typed, and the next prompt")
        kept = terminal.lines()[0]
        assert kept[0] == "<" and kept.endswith("xxx") and len(kept) < 40


def is_whole(raw):
    """No character is torn: all bytes are UTF-8 (it fails if not)."""
    return bytes(raw).decode() is not None


KOREAN = "안녕하세요반갑습니다" * 180


@pytest.mark.parametrize("term", ["xterm-256color", "dumb"])
@pytest.mark.parametrize("rows, columns", [(24, 80), (5, 40), (1, 9), (3, 4), (2, 1)])
@pytest.mark.parametrize("text", [KOREAN, "a한" * 900, "안녕하세요 반갑\n습니다 " * 150])
def test_only_whole_characters(text, rows, columns, term):
    with demo(rows=rows, columns=80, env={"TERM": term}) as terminal:
        terminal.resize(columns)
        if term == "dumb":  # it cannot be typed into a paste there
            text = text.replace("\n", "")[:600]
            terminal.type_much(text)
        else:
            terminal.paste(text)
        terminal.command("show news")
        for keys in ("\x1b[D" * 3, "\x01", "\x05", "한글", "\x1b[D\x7f", "\x02" * 40, "\x04"):
            terminal.type(keys)
            terminal.quiet(0.02)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.wait_exit() == 143
        assert is_whole(terminal.raw)


def test_slice_while_typing():
    """What is typed in the middle of what is too tall: it is where the cursor is."""
    with demo(rows=5, columns=40) as terminal:
        text = "".join(f"{number:03} 한글 " for number in range(100))
        terminal.paste(text)
        terminal.wait_screen(lambda lines: lines[-1].endswith("099 한글"), "the end")
        terminal.type("\x1b[D" * 404 + "X")
        terminal.wait_screen(lambda lines: "X" in lines[-1], "what is typed")
        before, after = terminal.lines()[-1].strip("<>").split("X")
        left, right = text[:-404], text[-404:]
        assert before and left.endswith(before) and right.startswith(after)
        assert terminal.lines()[-1][0] == "<" and terminal.lines()[-1][-1] == ">"
        wide = sum(character in "한글" for character in before)
        assert terminal.cursor[0] == len("<") + len(before) + wide + len("X")
        terminal.type("\x01")
        terminal.wait_screen(lambda lines: lines[-1].startswith("demo> 000 한글 001"), "begin")
        assert terminal.cursor[0] == len("demo> ")
        terminal.command("show news")
        terminal.wait_screen(lambda lines: lines[:-1] == ["news"], "news")


def test_rows_in_any_locale():
    """A row is as wide as those who cut it say: nothing above it is lost."""
    row = f"… {'x' * 77}…"
    with demo(env={"LC_ALL": "C"}) as terminal:
        terminal.command(f"rows {row}")
        for number in range(10):
            terminal.command(f"show line {number}")
            terminal.wait_end(f"line {number}", row, PROMPT)
        assert terminal.lines() == [*(f"line {number}" for number in range(10)), row, PROMPT]


UPPER_HALF = """
set convert-meta on
set input-meta off
set output-meta off
"\\C-x\\M-m": beginning-of-line
"\\M-m": beginning-of-line
set convert-meta off
"\\M-l": accept-line
"\\M-k": "macro"
set convert-meta on
"""


@pytest.mark.parametrize("env", [
    {"LC_ALL": ""}, {"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"LC_ALL": "xx_XX.UTF-8"},
    {"LC_ALL": "", "LANG": "xx_XX"}, {"LC_ALL": "C.UTF-8"}], ids=str)
@pytest.mark.parametrize("mode", ["emacs", "vi"])
def test_what_is_typed_is_text(env, mode, tmp_path):
    """No byte of a character is a command, in whatever locale, whatever the inputrc says."""
    inputrc = tmp_path / "inputrc"
    inputrc.write_text(f"set editing-mode {mode}\n{UPPER_HALF}")
    with demo(env={"LANG": "", "INPUTRC": str(inputrc), **env}) as terminal:
        for line in ("first line", "대한민국 만세", "안녕하세요", "café"):
            terminal.type(line)
            terminal.wait_end(f"demo> {line}")
            terminal.type("\r")
            terminal.wait_end(f"typed: {line}", PROMPT)
        if mode == "emacs":
            terminal.type("b\x1bma\r")  # what is Meta there is ESC here
            terminal.wait_end("typed: ab", PROMPT)
            terminal.type("end\x1bl")
            terminal.wait_end("typed: end", PROMPT)


@pytest.fixture(name="locales", scope="module")
def locales_(tmp_path_factory):
    """A folder with locales that are not UTF-8."""
    if not shutil.which("localedef") or not os.path.exists("/usr/share/i18n/locales/ko_KR"):
        pytest.skip("no localedef or no source of ko_KR (package locales)")
    folder = tmp_path_factory.mktemp("locales")
    for name, charmap in (("ko_KR", "EUC-KR"), ("de_DE", "ISO-8859-1")):
        subprocess.run(["localedef", "-i", name, "-f", charmap, folder / f"{name}.{charmap}"],
                       check=True, capture_output=True)
    return str(folder)


@pytest.mark.parametrize("locale, charset, text, other, shown", [
    ("ko_KR.EUC-KR", "euc-kr", "대한민국 만세 abc", "뷁 é\u200b한", b"?? ?\xc7\xd1"),
    ("de_DE.ISO-8859-1", "iso-8859-1", "größer, ça va", "한 é", b"?? \xe9")])
def test_another_encoding(locales, locale, charset, text, other, shown):
    """Outside as the locale says, as wide as it is inside, where all is UTF-8."""
    with demo("--people", "지은", env={"LOCPATH": locales, "LC_ALL": locale}) as terminal:
        terminal.command(f"show {other}")
        terminal.type(text.encode(charset) + b"!\x1b[D\x7f\r")
        said = b"typed: " + text[:-1].encode(charset) + b"!\r\ndemo> "
        terminal.wait_screen(lambda _: terminal.raw.endswith(said), "typed")
        assert b"\r" + shown + b"\r\n" in terminal.raw


def test_small_terminal():
    """Rows that have no room are not shown; those that have are the latest."""
    with demo(rows=4) as terminal:
        terminal.command("rows one|two|three|four")
        terminal.wait_end("three", "four", PROMPT)
        for number in range(6):
            terminal.command(f"show line {number}")
        terminal.wait_screen(lambda lines: lines == [
            *(f"line {number}" for number in range(6)), "three", "four", PROMPT], "rows")


# Paste

FIVE = "one\ntwo\nthree\nfour\nfive"


def ask(terminal, text, question):
    terminal.paste(text)
    terminal.type("\r")
    terminal.wait_end("row", question)


def question_of(lines, size):
    return asked(f"send {lines} lines ({size})? y = send, j = one line, any other key = edit")


def asked(question):
    """It stands behind the prompt."""
    return f"{PROMPT} {question}"


@pytest.mark.parametrize("text", ["one", "one\ntwo\nthree", "one\ntwo\n"])
def test_small_paste_passes(text):
    with demo() as terminal:
        terminal.paste(text)
        terminal.type("\r")
        terminal.wait_end("typed: " + text.replace("\n", "|"), PROMPT)


@pytest.mark.parametrize("arguments", [[], ["--keeps"]])
@pytest.mark.parametrize("key, want", [
    ("y", "one|two|three|four|five"), ("Y", "one|two|three|four|five"),
    ("j", "one two three four five")])
def test_paste_is_sent(arguments, key, want):
    with demo(*arguments) as terminal:
        terminal.paste(FIVE)
        terminal.type("\r")
        terminal.wait_end(question_of(5, "23 bytes"))
        terminal.command("show news")  # the question stays
        terminal.wait_end("news", question_of(5, "23 bytes"))
        terminal.type(key)
        terminal.wait_end(f"typed: {want}", PROMPT)
        if arguments and key == "j":
            assert terminal.lines() == ["news", f"demo> {want}", f"typed: {want}", PROMPT]
        elif arguments:
            assert terminal.lines() == [
                "news", "demo> one", "two", "three", "four", "five", f"typed: {want}", PROMPT]
        else:
            assert terminal.lines() == ["news", f"typed: {want}", PROMPT]
        terminal.type("\x1b[A\x15next\r")  # what comes then is not hurt
        terminal.wait_end("typed: next", PROMPT)


COMMANDS = "to leave type:\n/quit\nand you are out"


@pytest.mark.parametrize("arguments", [[], ["--commands"]])
def test_a_paste_is_text(arguments):
    """Of several lines each that looks like a command gets another slash; one alone does not."""
    slash = "/" if arguments else ""
    with demo(*arguments) as terminal:
        terminal.paste(COMMANDS)
        terminal.type("\r")
        terminal.wait_end(f"typed: to leave type:|{slash}/quit|and you are out", PROMPT)
        terminal.type("\x1b[A\r")  # and once more
        terminal.wait_screen(lambda lines: lines[-2:] == lines[-3:-2] + [PROMPT], "the same")
        terminal.paste("/usr/bin/rustfmt")
        terminal.type("\r")
        terminal.wait_end("typed: /usr/bin/rustfmt", PROMPT)
        terminal.type("/msg bob ")
        terminal.paste("/a\n/b")
        terminal.type("\r")
        terminal.wait_end(f"typed: /msg bob /a|{slash}/b", PROMPT)
        for text in ("one\n", "/two"):
            terminal.paste(text)
        terminal.type("\r")
        terminal.wait_end(f"typed: one|{slash}/two", PROMPT)
        for key, want in (("j", "/a /b /c /d"), ("y", f"/a|{slash}/b|{slash}/c|{slash}/d")):
            terminal.paste("/a\n/b\n/c\n/d")
            terminal.type("\r")
            terminal.wait_screen(lambda lines: "y = send" in lines[-1], "the question")
            terminal.type(key)
            terminal.wait_end(f"typed: {slash}{want}", PROMPT)


@pytest.mark.parametrize("term", ["xterm-nobody-knows", "xterm", "screen", "linux"])
def test_paste_in_any_terminal(term):
    """Also in one that terminfo does not know, which has one row for it."""
    with demo(env={"TERM": term}) as terminal:
        assert b"\x1b[?2004h" in terminal.raw
        terminal.paste(FIVE)
        terminal.type("\r")
        terminal.wait_screen(lambda lines: "send 5 lines" in "".join(lines[-2:]), "the question")
        terminal.type("y")
        terminal.wait_screen(lambda lines: "typed: one|two|three|four|five" in lines, "said")
        terminal.type("\x04")
        assert terminal.wait_exit() == 0
        assert terminal.raw.count(b"\x1b[?2004l") == 1


@pytest.mark.parametrize("key", ["x", "\r", "\x04", "한", "\x1b", "\x1b[D", "\t", "n"])
def test_paste_is_edited(key):
    """Text and cursor are where they were; the key itself is not typed, an arrow moves."""
    with demo() as terminal:
        terminal.command("rows row")
        terminal.paste(FIVE)
        terminal.type("\x1b[D\x1b[D\r")
        terminal.wait_end("row", question_of(5, "23 bytes"))
        terminal.type(key)
        terminal.wait_end("row", "demo> one", "two", "three", "four", "five")
        terminal.quiet(0.1)
        terminal.type("X\r")
        terminal.wait_end("row", question_of(5, "24 bytes"))
        terminal.type("y")
        five = "fXive" if key == "\x1b[D" else "fiXve"
        terminal.wait_end(f"typed: one|two|three|four|{five}", "row", PROMPT)


def test_edited_paste_can_be_undone():
    with demo() as terminal:
        terminal.command("rows row")
        terminal.type("before ")
        terminal.paste(FIVE)
        terminal.type("\r")
        terminal.wait_end("row", question_of(5, "30 bytes"))
        terminal.type("n")
        terminal.wait_end("row", "demo> before one", "two", "three", "four", "five")
        terminal.type("\x1f")
        terminal.wait_end("row", "demo> before")


@pytest.mark.parametrize("size, shown", [
    (996, "999 bytes"), (997, "1.0 KB"), (1900, "1.9 KB"), (999999, "1.0 MB")])
def test_sizes_of_a_paste(size, shown):
    if size > 10000 and os.environ.get("MTCHAT_SHORT") == "1":
        size, shown = 12345, "12.3 KB"
    with demo() as terminal:
        text = "a\nb\nc\n" + "x" * (size - 3)
        terminal.paste(text)
        terminal.type("\r")
        terminal.wait_end(question_of(4, shown))


@pytest.mark.parametrize("text, question", [
    ("x" * 32, "too long by 12 bytes; any key = edit"),
    ("x" * 21, "too long by 1 byte; any key = edit"),
    ("한" * 7, "too long by 1 byte; any key = edit"),
    ("a\nb\nc\n" + "x" * 25, "too long by 5 bytes; any key = edit"),
    ("12345\n" * 4, "send 4 lines (24 bytes)? y = send, any other key = edit"),
    ("1234\n" * 4, question_of(4, "20 bytes"))])
def test_too_long(text, question):
    question = question if question.startswith(PROMPT) else asked(question)
    with demo("--max-line", "20") as terminal:
        terminal.command("rows row")
        ask(terminal, text, question)
        terminal.type("n")
        terminal.wait_screen(lambda lines: lines[1].startswith("demo> "), "the line again")
        if "y = " not in question:
            for key in "yj":
                terminal.type("\r")
                terminal.wait_end("row", question)
                terminal.type(key)
                terminal.wait_screen(lambda lines: lines[1].startswith("demo> "), "the line again")
        assert not [line for line in terminal.lines() if line.startswith("typed")]
        terminal.type("\x15" + "x" * 20 + "\r")
        terminal.wait_screen(lambda lines: any(line.endswith("x" * 20) for line in lines), "said")


def test_joined_must_fit():
    """j is no answer where it is not offered: then it is another key."""
    with demo("--max-line", "20") as terminal:
        terminal.command("rows row")
        question = asked("send 4 lines (24 bytes)? y = send, any other key = edit")
        ask(terminal, "12345\n" * 4, question)
        terminal.type("j")
        terminal.wait_end("row", "demo> 12345", "12345", "12345", "12345")
        terminal.type("\ry")
        terminal.wait_end("typed: 12345|12345|12345|12345|", "row", PROMPT)


def test_resize_during_the_question():
    with demo() as terminal:
        terminal.command("rows row")
        ask(terminal, FIVE, question_of(5, "23 bytes"))
        alone = question_of(5, "23 bytes")[len(f"{PROMPT} "):]
        terminal.resize(40)
        terminal.wait_screen(
            lambda lines: lines == ["row", *wrapped(alone, 40)], "question")  # no place for both
        terminal.type("y")
        terminal.wait_end("typed: one|two|three|four|five", "row", PROMPT)


@pytest.mark.parametrize("pasted, want", [
    ("one\r\ntwo\r\n", "one|two|"), ("one\r\rtwo", "one||two"), ("one\n\rtwo", "one||two"),
    ("one\x1b[201two\x1b\x1b[20", "one^[[201two^[^[[20"), ("a\0b", "ab")])
def test_ends_of_lines_in_a_paste(pasted, want):
    with demo() as terminal:
        terminal.type(f"\x1b[200~{pasted}\x1b[201~")
        shown = want.split("|")
        terminal.wait_screen(lambda lines: lines[:1] == [f"demo> {shown[0]}"], shown)
        if "^[" not in want:  # what a terminal makes of those is its own matter
            terminal.type("\r")
            terminal.wait_end(f"typed: {want}", PROMPT)


def late_paste(terminal, text):
    """Its end is lost, and it has been silent."""
    terminal.type(f"\x1b[200~{text}")
    poll(lambda: readable(terminal.slave) == 0, "taken in")
    terminal.quiet(1.1)
    assert terminal.lines() == [PROMPT]


def test_paste_without_its_end():
    with demo() as terminal:
        late_paste(terminal, "one\rtwo")
        terminal.type("x")
        terminal.wait_end("demo> one", "twox")
        terminal.type("\r")
        terminal.wait_end("typed: one|twox", PROMPT)


def test_enter_shows_a_paste_without_its_end():
    """It would say what nobody has seen."""
    with demo() as terminal:
        late_paste(terminal, "one\rtwo")
        terminal.type("\r")
        terminal.wait_end("demo> one", "two")
        assert terminal.quiet(0.1) == b""
        terminal.type("\r")
        terminal.wait_end("typed: one|two", PROMPT)


def test_slow_paste():
    """What comes late, but together, belongs to it: its ends of lines are no Enters."""
    with demo() as terminal:
        late_paste(terminal, "one\rtwo\r")
        terminal.type("three\rfour")
        poll(lambda: readable(terminal.slave) == 0, "taken in")
        terminal.quiet(1.1)
        terminal.type("\x1b[201~")
        terminal.wait_end("demo> one", "two", "three", "four")


def test_paste_has_a_bound():
    """What is beyond is left out, with a bell, and nothing of it is said."""
    with demo() as terminal:
        terminal.paste("1\n2\n3\n" + "한" * 349524 + "\nleft\nout\n" * 10)
        terminal.wait_screen(lambda lines: lines[-1].endswith("한"), "the paste")
        assert b"\a" in terminal.raw
        terminal.type("\r")
        terminal.wait_end(question_of(4, "1.0 MB"))


# TAB

PEOPLE = ["--people", "alice,alfred,bob,민수", "--rooms", "lobby"]


@pytest.mark.parametrize("typed, want", [
    ("bo\t", "bob: "), ("BO\t", "bob: "), ("hi bo\t", "hi bob "), ("민\t", "민수: "),
    ("/join lo\t", "/join lobby "), ("x\t", "x"), ("ali\t", "alice: "), ("bo\t\x1f", "bo")])
def test_tab(typed, want):
    with demo(*PEOPLE) as terminal:
        terminal.type(typed + "<")
        terminal.wait_end(f"demo> {want}<")
        assert terminal.lines() == [f"demo> {want}<"]


def test_tab_lists():
    with demo(*PEOPLE) as terminal:
        terminal.command("rows row")
        terminal.type("hey a\t")
        terminal.wait_end("row", "demo> hey al")  # as far as they are the same
        terminal.type("\t")
        terminal.wait_screen(lambda lines: len(lines) == 3, "a list")
        assert sorted(terminal.lines()[0].split()) == ["alfred", "alice"]
        assert terminal.lines()[1:] == ["row", "demo> hey al"]
        terminal.type("i\t")
        terminal.wait_end("row", "demo> hey alice")


def test_tab_lists_many():
    """At most five rows of them, whatever the width."""
    people = [f"person{number:03}" for number in range(150)]
    with demo("--people", ",".join(people), columns=50) as terminal:
        terminal.type("per\t\t")
        terminal.wait_screen(lambda lines: "more" in "".join(lines), "a list")
        lines = terminal.lines()
        assert len(lines) == 6 and lines[-1] == "demo> person"
        listed = " ".join(lines[:4]).split()
        assert len(listed) == len(set(listed)) == 16 and set(listed) <= set(people)
        assert lines[4] == "... and 134 more"


@pytest.mark.parametrize("arguments, key", [([], "\t"), (PEOPLE, "\x1b?"), (PEOPLE, "\x1b*")])
def test_no_file_names(arguments, key, tmp_path, monkeypatch):
    (tmp_path / "only-file").touch()
    monkeypatch.chdir(tmp_path)
    with Emulator([os.path.abspath(PROMPT_DEMO), *arguments], commands=True) as terminal:
        terminal.wait_end(PROMPT)
        terminal.type(f"on{key}{key}<")
        terminal.wait_screen(lambda lines: lines[-1].endswith("<"), "<")
        assert "only-file" not in "".join(terminal.lines())


# History

def history_of(terminal):
    return os.path.join(terminal.home.name, "state", "mtchat", "history")


def leave(terminal):
    terminal.type("\x04")
    assert terminal.wait_exit() == 0


def test_up_key():
    with demo() as terminal:
        for line in ("first", "second", "second", ""):
            terminal.type(f"{line}\r")
        terminal.type("\x1b[A")
        terminal.wait_end("demo> second")
        terminal.type("\x1b[A")
        terminal.wait_end("demo> first")
        terminal.type(" again\x1b[B\x1b[A")  # a change is kept as long as it is not typed
        terminal.wait_end("demo> first again")
        terminal.type("\r")
        terminal.wait_end("typed: first again", PROMPT)
        terminal.type("\x1b[A\x1b[A\x1b[A")
        terminal.wait_end("demo> first")


def test_history_file(tmp_path):
    path = tmp_path / "new" / "mtchat" / "history"
    old = os.umask(0)
    try:
        with demo("--history", str(path)) as terminal:
            terminal.paste("two\nlines \\n")
            terminal.type("\r/msg bob the vault password\r")
            terminal.wait_end("typed: /msg bob the vault password", PROMPT)
            terminal.type("\x1b[A")  # it is there for this session
            terminal.wait_end("demo> /msg bob the vault password")
            terminal.type("\x15last\r")
            terminal.wait_end("typed: last", PROMPT)
            leave(terminal)
    finally:
        os.umask(old)
    assert path.read_text() == "two\\nlines \\\\n\nlast\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in path.parents[:2]] == [0o700] * 2
    assert os.listdir(path.parent) == ["history"]
    with demo("--history", str(path)) as terminal:
        terminal.type("\x1b[A\x1b[A")
        terminal.wait_end("demo> two", "lines \\n")
        terminal.type("\r")
        terminal.wait_end("typed: two|lines \\n", PROMPT)
        leave(terminal)
    assert path.read_text() == "two\\nlines \\\\n\nlast\ntwo\\nlines \\\\n\n"


def test_two_histories_at_once(tmp_path):
    path = tmp_path / "history"
    with demo("--history", str(path)) as one, demo("--history", str(path)) as two:
        one.type("one\r")
        one.wait_end("typed: one", PROMPT)
        two.type("two\r")
        two.wait_end("typed: two", PROMPT)
        assert path.read_text() == "one\ntwo\n"
        leave(two)
        leave(one)
    assert path.read_text() == "one\ntwo\n"


@pytest.mark.parametrize("kind", ["symlink", "fifo", "folder", "file in the way"])
def test_history_that_cannot_be_written(tmp_path, kind):
    """It is told once, at the end, and nothing else is touched."""
    path = tmp_path / "mtchat" / "history"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("not a history\n")
    if kind == "file in the way":
        path.parent.write_text("")
    else:
        path.parent.mkdir()
        {"symlink": lambda: path.symlink_to(elsewhere), "fifo": lambda: os.mkfifo(path),
         "folder": path.mkdir}[kind]()
    with demo("--history", str(path)) as terminal:
        terminal.type("\x1b[A")
        terminal.type("typed\r")
        terminal.wait_end("typed: typed", PROMPT)
        leave(terminal)
        told = [line for line in terminal.lines() if "history" in line]
        assert "cannot write the history to" in "".join(terminal.lines()) and len(told) >= 1
        assert terminal.lines()[-1] == "left: 0"
    assert elsewhere.read_text() == "not a history\n"
    assert path.is_symlink() == (kind == "symlink")
    assert path.is_fifo() == (kind == "fifo")


# Terminals, and ways out

@pytest.mark.parametrize("term", ["dumb", "linux", "xterm-256color", "screen-256color", "vt100"])
def test_kinds_of_terminal(term):
    with demo(env={"TERM": term}) as terminal:
        terminal.command("rows row")
        terminal.type("typed")
        terminal.wait_end("demo> typed")
        terminal.command("show news")
        rows = [] if term == "dumb" else ["row"]
        terminal.wait_screen(lambda lines: lines == ["news", *rows, "demo> typed"], rows)
        terminal.type("\x1b[D\x08!\r")
        terminal.wait_screen(
            lambda lines: lines == ["news", "typed: typ!d", *rows, PROMPT], "typed")
        terminal.resize(60)
        terminal.command("show more")
        terminal.wait_end("more", *rows, PROMPT)
        if term == "dumb":
            assert b"\x1b" not in terminal.raw
        assert b"$<" not in terminal.raw
        leave(terminal)
        assert terminal.is_restored()


def test_vi_mode(tmp_path):
    """Who has it, keeps it: Enter, TAB, ^D and ^L are ours in both of its modes."""
    inputrc = tmp_path / "inputrc"
    inputrc.write_text("set editing-mode vi\n")
    with demo(*PEOPLE, env={"INPUTRC": str(inputrc)}) as terminal:
        terminal.type("hello")
        terminal.wait_end("demo> hello")
        terminal.type("\x04\x1b")  # ^D: no end, and no Enter
        terminal.quiet(0.7)  # what follows is not part of an escape sequence
        terminal.type("0xiJ\r")
        terminal.wait_end("typed: Jello", PROMPT)
        terminal.paste(FIVE)
        terminal.type("\x1b")
        terminal.quiet(0.7)
        terminal.type("\r")
        terminal.wait_end(question_of(5, "23 bytes"))
        terminal.type("y")
        terminal.wait_end("typed: one|two|three|four|five", PROMPT)
        terminal.type("bo\t\r")
        terminal.wait_end("typed: bob:", PROMPT)


@pytest.mark.parametrize("key", ["\x0f", "\x1b#", "\x18\x0f"])
def test_only_enter_ends_a_line(key):
    with demo() as terminal:
        terminal.paste(FIVE)
        terminal.type(key)
        assert "typed" not in "".join(terminal.lines())
        terminal.type("\x1b[D")
        terminal.quiet(0.1)
        assert "typed" not in "".join(terminal.lines())


ACCEPTS = """
"\\C-g": accept-line
"\\C-xq": accept-line
"\\M-z": accept-line
"\\ez": accept-line
"\\C-t": vi-eof-maybe
"\\C-xr": re-read-init-file
"\\C-j": accept-line
"\\C-m": accept-line
"""


@pytest.mark.parametrize("mode", ["emacs", "vi"])
@pytest.mark.parametrize("key", [
    "\x07", "\x18q", "\x1bz", "\x18\x12\r", "\x18r\r", "\x14\r"])
def test_enter_on_another_key(key, mode, tmp_path):
    """The guard is asked, whatever the user's inputrc makes an Enter."""
    inputrc = tmp_path / "inputrc"
    inputrc.write_text(f"set editing-mode {mode}\nset keymap {mode}\n{ACCEPTS}")
    with demo(env={"INPUTRC": str(inputrc)}) as terminal:
        terminal.paste(FIVE)
        if mode == "vi" and key == "\x1bz":
            key = "\x18q"
        if mode == "vi" and key == "\x18\x12\r":
            key = "\x18r\r"
        if mode == "vi":
            terminal.type("\x1b")  # where set keymap vi has put them
            terminal.quiet(0.7)
        terminal.type(key)
        terminal.wait_end(question_of(5, "23 bytes"))
        assert not [line for line in terminal.lines() if line.startswith("typed")]


def test_search_in_history_while_lines_come():
    """readline's own question is in the place of the prompt, which may change meanwhile."""
    with demo() as terminal:
        for line in ("needle", "hay"):
            terminal.type(f"{line}\r")
            terminal.wait_end(f"typed: {line}", PROMPT)
        terminal.command("rows row")
        terminal.type("\x12need")
        terminal.wait_end("row", "(reverse-i-search)`need': needle")
        terminal.command("prompt other> ")
        terminal.command("show news")
        terminal.wait_end("news", "row", "(reverse-i-search)`need': needle")
        terminal.type("\x05")
        terminal.wait_end("news", "row", "other> needle")
        terminal.type("\r")
        terminal.wait_end("typed: needle", "row", "other>")


@pytest.mark.parametrize("prompt", ["lobby alice> ", "\x01\x1b[1m\x02실 alice> \x01\x1b[0m\x02"])
@pytest.mark.parametrize("key", ["\x07", "\x05", "\x1b[D"])
@pytest.mark.parametrize("text", [["one", "two rust"], ["which rustfmt", "two", "three"], ["rust"]])
def test_search_leaves_nothing(text, key, prompt):
    """An entry of several lines that was searched for: given up, or taken."""
    shown = "실 alice>" if "실" in prompt else "lobby alice>"
    with demo() as terminal:
        terminal.command(f"prompt {prompt}")
        terminal.wait_end(shown)
        terminal.paste("\n".join(text))
        terminal.type("\r")
        said = f"typed: {'|'.join(text)}"
        terminal.wait_end(said, shown)
        for letter in "\x12rust":
            terminal.type(letter)
            terminal.quiet(0.01)
        terminal.wait_screen(lambda lines: "rust'" in "".join(lines[1:]), "the search")
        terminal.type(key)
        found = [] if key == "\x07" else text[1:]
        want = [said, f"{shown} {text[0]}" if key != "\x07" else shown, *found]
        terminal.wait_screen(lambda lines: lines == want, want)
        terminal.quiet(0.1)  # the cursor may still be on its way
        assert terminal.lines() == want


def test_clear_screen():
    with demo() as terminal:
        terminal.command("rows one|two")
        terminal.command("show news")
        terminal.type("typed")
        terminal.wait_end("news", "one", "two", "demo> typed")
        terminal.type("\x0c")
        terminal.wait_screen(
            lambda lines: terminal.paper.display[0].rstrip() == "one", "an empty screen")
        assert [row.rstrip() for row in terminal.paper.display[:4]] == [
            "one", "two", "demo> typed", ""]
        terminal.command("show after")
        terminal.wait_end("after", "one", "two", "demo> typed")


@pytest.mark.parametrize("typed", ["", "half a line", "half\x1b[D\x1b[D"])
def test_end_of_input(typed):
    """^D leaves an empty line only; what is typed stays, to be copied."""
    with demo() as terminal:
        terminal.command("rows row")
        terminal.type(typed + "\x04" if typed else "")
        line = {"": PROMPT, "half a line": "demo> half a line"}.get(typed, "demo> haf")
        terminal.wait_end("row", line)
        if not typed:
            leave(terminal)
            assert terminal.lines() == ["row", "left: 0"]
        else:
            terminal.process.send_signal(signal.SIGTERM)
            assert terminal.wait_exit() == 143
            assert terminal.lines() == ["row", line, "left: 143"]
        assert terminal.is_restored()
        assert terminal.raw.count(b"\x1b[?2004h") == terminal.raw.count(b"\x1b[?2004l") == 1


def test_end_during_the_question():
    """The text is what stays, not the question."""
    with demo() as terminal:
        terminal.command("rows row")
        ask(terminal, FIVE, question_of(5, "23 bytes"))
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.wait_exit() == 143
        assert terminal.lines() == [
            "row", "demo> one", "two", "three", "four", "five", "left: 143"]
        assert terminal.is_restored()


def test_closed_and_opened_again():
    with demo() as terminal:
        terminal.type("first\r")
        terminal.wait_end("typed: first", PROMPT)
        for _ in range(3):
            terminal.command("close")
        terminal.command("rows row")
        terminal.wait_end("closed", "closed", "closed", "row", PROMPT)
        terminal.type("second\r")
        terminal.wait_end("typed: second", "row", PROMPT)


def test_hang_up():
    with demo() as terminal:
        terminal.type("half a line")
        terminal.wait_end("demo> half a line")
        process = terminal.process
        terminal.close("slave")
        terminal.close("master")
        assert process.wait(PATIENCE) in (1, 129)  # the signal, or the terminal's end


@pytest.mark.parametrize("typed", ["\x1b[D" * 70, "\x1b[200~an end that never comes"])
def test_signals_while_keys_come(typed):
    """The kernel forgets what was typed and not yet read: nobody may wait for it."""
    for _ in range(short(10)):
        with demo() as terminal:
            terminal.type(typed + "\x03")
            assert terminal.wait_exit() == 130
            assert terminal.is_restored()


@pytest.mark.parametrize("way, want", [(signal.SIGTERM, 143), ("close", 0)])
def test_unfinished_paste(way, want):
    """What comes meanwhile is shown; what came of it is kept."""
    with demo() as terminal:
        terminal.type("typed \x1b[200~half\rof it\x1b[20")
        terminal.command("show news")
        terminal.wait_end("news", "demo> typed")
        poll(lambda: readable(terminal.slave) == 0, "taken in")
        if way == "close":
            terminal.command("close")
            terminal.wait_end("closed", PROMPT)
            terminal.type("\x04")
        else:
            terminal.process.send_signal(way)
        assert terminal.wait_exit() == want
        assert terminal.lines()[:3] == ["news", "demo> typed half", "of it^[[20"]


def readable(fd):
    """Bytes that wait to be read from a terminal."""
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4))[0]


@pytest.mark.parametrize("during", ["", "question", "paste"])
def test_vanished_terminal(during):
    """Without the signal, too: no spin."""
    with Emulator(["sh", "-c", 'trap "" HUP; "$0"; echo $? >"$HOME/status"', PROMPT_DEMO],
                  commands=True) as terminal:
        terminal.wait_end(PROMPT)
        if during == "paste":
            terminal.type("\x1b[200~" + "half of it " * 20)
            poll(lambda: readable(terminal.slave) == 0, "taken in")
        elif during:
            terminal.paste(FIVE)
            terminal.type("\r")
            terminal.wait_end(question_of(5, "23 bytes"))
        terminal.close("slave")
        terminal.close("master")
        terminal.process.wait(PATIENCE)
        poll(lambda: os.path.exists(f"{terminal.home.name}/status"), "the end")
        with open(f"{terminal.home.name}/status", encoding="ascii") as file:
            assert file.read() in ("1\n", "129\n")


@pytest.mark.parametrize("way", ["full", "stopped", "idle"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_terminal_that_takes_nothing(way, number):
    """Nobody reads it, or ^S: it can be ended all the same."""
    with demo() as terminal:
        if way == "full":
            while select.select([], [terminal.commands], [], 0.3)[1]:
                terminal.command("show " + "x" * 4000)  # until it takes no more of them
        else:
            terminal.type("\x13")
            poll(lambda: readable(terminal.slave) == 0, "taken in")
            if way == "stopped":
                terminal.command("show news")
            assert terminal.quiet(0.1) == b""
        terminal.process.send_signal(number)
        assert terminal.process.wait(2) == 128 + number
        assert terminal.is_restored()


def test_end_while_lines_wait():
    """After ^D the prompt stands there no more than once."""
    with Stage(holds=True) as stage, Emulator([MTCHAT, stage.target, "-n", "alice"]) as terminal:
        terminal.wait_end("lobby alice>")
        terminal.type("one\r")
        terminal.wait_end("… one", "lobby alice>")
        terminal.type("\x04")
        terminal.quiet(0.1)
        assert terminal.lines()[-2:] == ["… one", "lobby alice>"]
        stage.release()
        assert terminal.wait_exit() == 0


def test_stop_and_go_on():
    """^Z and fg in a shell: rows and line come back, whole, below what the shell says."""
    argv = ["bash", "--norc", "--noediting", "-i"]
    with Emulator(argv, env={"PS1": "$ "}, commands=True) as terminal:
        terminal.wait_end("$")
        terminal.type(f"{os.path.abspath(PROMPT_DEMO)}\r")
        terminal.wait_end(PROMPT)
        terminal.command("rows one|two")
        typed = "half a line that is longer than the terminal is wide, by some words more or less"
        terminal.type(typed + "\x1b[D" * 70)
        rows = ["one", "two", *wrapped(f"demo> {typed}", 80)]
        terminal.wait_end(*rows)
        terminal.wait_screen(lambda lines: terminal.cursor[0] == len(f"demo> {typed}") - 70, "keys")
        begin = len(terminal.raw)
        terminal.type("\x1b[\x1a")  # within a key
        terminal.wait_end("$")
        assert b"\x1b[?2004l" in terminal.raw[begin:]
        lines = terminal.lines()
        at = lines.index("one")
        assert lines[at:at + len(rows)] == rows  # it is still there, and whole
        terminal.type("stty -a\r")
        terminal.wait_screen(lambda lines: " icanon" in "".join(lines), "cooked terminal")
        terminal.type("fg\r")
        terminal.wait_end(*rows)
        terminal.command("show news")
        terminal.wait_end("news", *rows)
        terminal.type("\x05!\r")
        terminal.wait_end(*wrapped(f"typed: {typed}!", 80), "one", "two", PROMPT)
        terminal.type("\x04")
        terminal.wait_end("left: 0", "$")
        terminal.type("exit\r")
        terminal.wait_exit()


def test_terminal_without_echo():
    """What it was set to is given back; meanwhile one sees what one types."""
    with Emulator(["sh", "-c", 'stty -echo; "$0"', PROMPT_DEMO], commands=True) as terminal:
        terminal.wait_end(PROMPT)
        terminal.type("seen")
        terminal.wait_end("demo> seen")
        terminal.type("\r\x04")
        terminal.wait_exit()
        assert terminal.lines() == ["typed: seen", "left: 0"]
        assert not termios.tcgetattr(terminal.slave)[3] & termios.ECHO


def shell():
    """With job control, and an editor of its own that changes the terminal."""
    emulator = Emulator(["bash", "--norc", "-i"], env={"PS1": "$ "}, commands=True)
    emulator.wait_end("$")
    return emulator


def test_begun_in_the_background():
    with shell() as terminal:
        terminal.type(f"{os.path.abspath(PROMPT_DEMO)} &\r")
        terminal.wait_screen(
            lambda lines: any(line.startswith("[1]") for line in lines) and lines[-1] == "$", "job")
        terminal.type("while ! jobs | grep Stopped; do sleep 0.1; done; echo it waits\r")
        terminal.wait_end("it waits", "$")
        terminal.type("fg\r")
        terminal.wait_end(PROMPT)
        terminal.type("seen")
        terminal.wait_end("demo> seen")
        terminal.type("\x15\x04")
        terminal.wait_end("left: 0", "$")
        terminal.type("stty -a | grep -o ' icanon'\r")
        terminal.wait_end(" icanon", "$")
        terminal.type("exit\r")
        terminal.wait_exit()


def test_stopped_by_somebody():
    """SIGSTOP, and fg: what is typed comes back, on a terminal that is set for it."""
    with shell() as terminal:
        terminal.type(f"{os.path.abspath(PROMPT_DEMO)}\r")
        terminal.wait_end(PROMPT)
        terminal.command("rows one")
        terminal.type("half")
        terminal.wait_end("one", "demo> half")
        child = f"/proc/{terminal.process.pid}/task/{terminal.process.pid}/children"
        with open(child, encoding="ascii") as file:
            pid = int(file.read().split()[0])
        os.kill(pid, signal.SIGSTOP)
        terminal.wait_end("$")
        terminal.type("stty sane; echo mine\r")
        terminal.wait_end("mine", "$")
        terminal.type("fg\r")
        terminal.wait_end("one", "demo> half")
        terminal.type("!")
        terminal.wait_end("one", "demo> half!")
        os.kill(pid, signal.SIGCONT)  # nobody had stopped it
        terminal.type("\r")
        terminal.wait_end("typed: half!", "one", PROMPT)
        terminal.type("\x04")
        terminal.wait_end("left: 0", "$")
        terminal.type("exit\r")
        terminal.wait_exit()
