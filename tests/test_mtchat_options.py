"""test_mtchat_options.py - mtchat's command line, environment and files, and which of them wins

Whatever this account has of its own stays out: HOME is an empty folder.
"""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from hub import Hub
from mtchat import run

ROOT = pathlib.Path(__file__).resolve().parent.parent
USAGE = 64
SETTINGS = ["server", "name", "room", "history", "bell", "notify", "colour", "comings", "timeout",
            "ignore"]


class Home:
    """An account, with its environment and its file."""
    def __init__(self, folder):
        self.folder = folder
        self.env = {name: value for name, value in os.environ.items()
                    if not name.startswith(("MTCHAT_", "XDG_", "LC_", "LANG"))
                    and name not in ("NO_COLOR", "TEXTDOMAINDIR", "POSIXLY_CORRECT")}
        self.env["HOME"] = str(folder)
        self.config = folder / ".config" / "mtchat" / "config"
        self.config.parent.mkdir(parents=True)

    def run(self, *arguments, data=b"", **env):
        return run(*arguments, data=data, env={**self.env, **env})

    def refuses(self, *arguments, **env):
        """The first line that is told."""
        status, out, err = self.run(*arguments, **env)
        assert (status, out) == (USAGE, b"")
        return err.splitlines()[0]


@pytest.fixture(name="home")
def one_home(tmp_path):
    return Home(tmp_path)


# The command line

def test_help_tells_every_option(home):
    status, out, err = home.run("--help")
    assert (status, err) == (0, "")
    assert re.findall(r"^  (?:(-\w), |    )(--[a-z-]+)( [A-Z]+)? +\S", out.decode(), re.M) == [
        ("-n", "--name", " NAME"), ("-r", "--room", " ROOM"), ("-l", "--last", " N"),
        ("", "--since", " ID"), ("-m", "--message", " TEXT"), ("", "--tail", ""),
        ("", "--json", ""), ("", "--follow", ""), ("", "--no-follow", ""), ("", "--plain", ""),
        ("", "--stdio", ""), ("-h", "--help", ""), ("-V", "--version", "")]
    assert max(map(len, out.splitlines())) <= 80


def test_help_needs_nothing_else(home):
    home.config.write_text("not = a setting")
    for arguments in ["--help"], ["-V"], ["-h", "--since", "nonsense"], ["--tail", "-V", "--json"]:
        status, out, err = home.run(*arguments, MTCHAT_NAME="not a name")
        assert (status, err) == (0, "") and out


@pytest.mark.parametrize("arguments, why", [
    ("--tail --json", "--tail does not go with --json"),
    ("--json --plain", "--json does not go with --plain"),
    ("--plain -m x", "--plain does not go with --message"),
    ("-m x --stdio", "--message does not go with --stdio"),
    ("--stdio --tail", "--stdio does not go with --tail"),
    ("-m x -m y", "--message does not go with --message"),
    ("--no-follow", "--no-follow goes with --tail and --json only"),
    ("--follow --plain", "--follow goes with --tail and --json only"),
    ("-m x --no-follow", "--no-follow goes with --tail and --json only"),
    ("--stdio -n alice", "--name does not go with --stdio"),
    ("--stdio -r lobby", "--room does not go with --stdio"),
    ("--plain -l 1", "--last does not go with --plain"),
    ("--plain --since a.1", "--since does not go with --plain"),
    ("localhost 1 bob --json", "--json does not go with IP PORT NAME"),
    ("localhost 1 bob -n alice", "--name does not go with IP PORT NAME"),
    ("-l 5 localhost 1 bob", "--last does not go with IP PORT NAME"),
    ("-l -1", "--last must be 0 to 100000"),
    ("-l 100001", "--last must be 0 to 100000"),
    ("--last=99999999999999999999", "--last must be 0 to 100000"),
    ("--last= ", "--last must be 0 to 100000"),
    ("-l 0x5", "--last must be 0 to 100000"),
    ("--since 18231", "--since must be EPOCH.NUMBER"),
    ("--since k3f9.", "--since must be EPOCH.NUMBER"),
    ("--since .5", "--since must be EPOCH.NUMBER"),
    ("--since k3f9.x", "--since must be EPOCH.NUMBER"),
    ("--name=", "--name must have 1 to 64 bytes"),
    ("--room=", "--room must have 1 to 64 bytes"),
    ("-n " + 65 * "x", "--name must have 1 to 64 bytes"),
    ("-r\a", "--room must have 1 to 64 bytes"),
    ("-n", "requires an argument"),
    ("--tail=yes", "doesn't allow an argument"),
    ("ssh:", "no host"),
    ("ssh:-oProxyCommand=x", "must not begin with -"),
])
def test_bad_usage(home, arguments, why):
    assert why in home.refuses(*arguments.split(" "))


def test_name_with_a_space(home):
    assert "--name must have" in home.refuses("-n", "a b")


def test_options_before_and_after_the_server(home):
    want = b"/name alice\n/join kitchen\nhi\n"
    for arguments in "-n alice -r kitchen {}", "{} -n alice -r kitchen", "-n alice {} --room=kitchen":
        with Hub() as hub:
            status, _, err = home.run(*arguments.format(hub.target).split(), data=b"hi\n")
            assert (status, err, bytes(hub.heard)) == (0, "", want)


# Who wins

def test_settings_environment_options(home):
    """A name and a room from each of them, as the commands that a pipe begins with."""
    with Hub() as hub:
        home.config.write_text(f'name = "a"; room = "r"; server = "{hub.target}";')
        for arguments, env, want in [
                ([], {}, b"/name a\n/join r\n"),
                ([], {"MTCHAT_NAME": "b"}, b"/name b\n/join r\n"),
                ([], {"MTCHAT_NAME": ""}, b"/name a\n/join r\n"),
                (["-n", "c", "-r", "s"], {"MTCHAT_NAME": "b"}, b"/name c\n/join s\n")]:
            del hub.heard[:]
            assert home.run(*arguments, **env)[0] == 0
            assert hub.heard == want


def test_server_of_each(home):
    with Hub() as one, Hub() as other:
        home.config.write_text(f'server = "{one.target}";')
        assert home.run(data=b"file\n")[0] == 0
        assert home.run(data=b"environment\n", MTCHAT_SERVER=other.target)[0] == 0
        assert home.run(one.target, data=b"argument\n", MTCHAT_SERVER=other.target)[0] == 0
        assert home.run(one.target, data=b"not looked at\n", MTCHAT_SERVER="x:y")[0] == 0
        assert one.heard == b"file\nargument\nnot looked at\n"
        assert other.heard == b"environment\n"


def test_config_home(home, tmp_path):
    other = tmp_path / "other" / "mtchat"
    other.mkdir(parents=True)
    (other / "config").write_text('name = "other";')
    home.config.write_text('name = "usual";')
    for env, want in [({"XDG_CONFIG_HOME": str(other.parent)}, b"/name other\n"),
                      ({"XDG_CONFIG_HOME": "other"}, b"/name usual\n"),
                      ({"XDG_CONFIG_HOME": ""}, b"/name usual\n"),
                      ({"XDG_CONFIG_HOME": "/dev/null"}, b""),
                      ({"HOME": ""}, b"")]:
        with Hub() as hub:
            assert home.run(hub.target, **env) == (0, want, "")


def test_textbook_way_sends_no_command(home):
    home.config.write_text('name = "alice"; room = "kitchen";')
    with Hub() as hub:
        arguments = ["127.0.0.1", hub.port, "bob"]
        assert home.run(*arguments, data=b"hi\n", MTCHAT_NAME="carol")[0] == 0
        assert home.run("--plain", *arguments, data=b"hi\n")[0] == 0
        assert hub.heard == 2 * b"[bob] hi\n"


# What is wrong with a file, or a variable

@pytest.mark.parametrize("text, line, why", [
    ('name = "alice";\nnick = "al";', 2, "nick is no setting"),
    ("# two\nhistory = ;", 2, "syntax error"),
    ('\n\nserver = "chat.lan:0";', 3, "server: the port must be 1 to 65535"),
    ('name = "a b";', 1, "name must have 1 to 64 bytes, and no spaces or control characters"),
    ("# many\nhistory = 100001;", 2, "history must be 0 to 100000"),
    ("history = 4294967346;", 1, "the number 4294967346 is too large"),
    ('bell = "loud";', 1, "bell must be one of these, in quotes: off mention all"),
    ('notify = "osc 9";', 1, "notify must be one of these, in quotes: bell osc9 osc777"),
    ('colour = "true";', 1, "colour must be true or false"),
    ("comings = 1;", 1, "comings must be true or false"),
    ("timeout = 0;", 1, "timeout must be 1 to 3600"),
    ('ignore = "bob";', 1, 'ignore must be a list of at most 100 names, as in ["bob", "carol"]'),
    ("ignore = [%s];" % ", ".join(f'"n{i}"' for i in range(101)), 1, "at most 100 names"),
    ('@include "/etc/mtchat.conf"', 1, "@include is not supported"),
])
def test_bad_file(home, text, line, why):
    home.config.write_text(text)
    told = home.refuses("localhost:1")
    assert told.startswith(f"mtchat: {home.config}:{line}: ") and why in told


def test_file_that_cannot_be_one(home):
    home.config.mkdir()
    assert home.refuses() == f"mtchat: cannot read {home.config}: it is no regular file"
    home.config.rmdir()
    os.mkfifo(home.config)
    assert home.refuses() == f"mtchat: cannot read {home.config}: it is no regular file"
    home.config.unlink()
    home.config.write_bytes((64 << 10) * b" " + b"\n")
    assert home.refuses() == f"mtchat: {home.config} is larger than 64 KiB"
    home.config.write_bytes(b"\0")
    assert home.refuses() == f"mtchat: {home.config} is no text"


@pytest.mark.parametrize("variable, value, why", [
    ("MTCHAT_NAME", "a b", "MTCHAT_NAME must have 1 to 64 bytes"),
    ("MTCHAT_NAME", 65 * "x", "MTCHAT_NAME must have 1 to 64 bytes"),
    ("MTCHAT_SERVER", "chat.lan:0", "chat.lan:0: the port must be 1 to 65535"),
    ("MTCHAT_SERVER", 1000 * "x", "MTCHAT_SERVER is too long"),
])
def test_bad_variable(home, variable, value, why):
    assert why in home.refuses(**{variable: value})


# The file for everybody, and what is told of it

def test_the_example_is_good(home):
    text = (ROOT / "conf" / "mtchat.conf").read_text(encoding="utf-8")
    assert all(not line or line.startswith("#") for line in text.splitlines())
    bare = re.sub(r"^#(?=\w+ = )", "", text, flags=re.M)
    assert re.findall(r"^(\w+) =", bare, re.M) == SETTINGS
    home.config.write_text(bare)
    with Hub() as hub:
        status, out, err = home.run(hub.target)
        assert (status, out, err) == (0, b"/name alice\n/join lobby\n", "")


def test_the_manual_tells_every_setting():
    page = (ROOT / "man" / "mtchat.1").read_text(encoding="utf-8")
    part = re.search(r"^\.Sh CONFIGURATION\n(.*?)^\.Sh ", page, re.M | re.S)[1]
    assert re.findall(r"^\.It Cm (\w+)$", part, re.M) == SETTINGS
    table = (ROOT / "src" / "mtchat" / "settings.c").read_text(encoding="utf-8")
    assert re.findall(r'^\t\{"(\w+)", SETTING_', table, re.M) == SETTINGS


# Other languages

def test_messages_are_translated(home, tmp_path):
    """In a locale that is no C: glibc 2.41 does not look at LANGUAGE in C.UTF-8."""
    if not (shutil.which("msgfmt") and shutil.which("localedef")
            and os.path.exists("/usr/share/i18n/locales/C")):
        pytest.skip("no gettext, no localedef or no source of locales (package locales)")
    subprocess.run(["localedef", "-i", "C", "-f", "UTF-8", tmp_path / "xx_XX.UTF-8"], check=True,
                   capture_output=True)
    folder = tmp_path / "locale" / "xx" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (tmp_path / "xx.po").write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "too many arguments"\nmsgstr "인자가 너무 많습니다"\n\n'
        'msgid "take this name"\nmsgstr "이 이름을 씁니다"\n', encoding="utf-8")
    subprocess.run(["msgfmt", "-o", folder / "mtchat.mo", tmp_path / "xx.po"], check=True)
    env = {"TEXTDOMAINDIR": str(tmp_path / "locale"), "LOCPATH": str(tmp_path),
           "LC_ALL": "xx_XX.UTF-8", "LANGUAGE": "xx"}
    assert home.refuses("1", "2", "3", "4", **env) == "mtchat: 인자가 너무 많습니다"
    assert "  -n, --name NAME      이 이름을 씁니다\n" in home.run("-h", **env)[1].decode()
    env["LANGUAGE"] = "yy"
    assert home.refuses("1", "2", "3", "4", **env) == "mtchat: too many arguments"


@pytest.mark.skipif(not shutil.which("msgfmt"), reason="no gettext here")
def test_korean_is_sound(tmp_path):
    """That it is complete is the lint's to say: a build does not depend on it."""
    subprocess.run(["msgfmt", "--check", "-o", tmp_path / "mtchat.mo", ROOT / "po" / "ko.po"],
                   check=True)
