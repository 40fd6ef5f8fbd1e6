"""test_completion.py - what the TAB key offers in bash, after mtchatd and mtchat

A real bash in a pseudo-terminal: M-* puts all that it would offer into the line, and ^A in front
of it a printf that shows the words as a program would get them.
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess

import pytest

from terminal import Terminal

LIBRARY = pathlib.Path("/usr/share/bash-completion/bash_completion")
FOLDER = pathlib.Path(__file__).resolve().parent.parent / "completions"
READY = "what next?"
MTCHAT = os.environ.get("MTCHAT", "mtchat")

if not (shutil.which("bash") and LIBRARY.exists()):
    pytest.skip("no bash-completion here", allow_module_level=True)


class Shell:
    def __init__(self, folder, setup=""):
        rc = folder / "rc"
        rc.write_text(f"PS1='{READY}'; HISTFILE=; COMP_KNOWN_HOSTS_WITH_HOSTFILE=\n"
                      f"cd {folder}/home\n. {LIBRARY}\n. {FOLDER}/mtchatd\n. {FOLDER}/mtchat\n{setup}\n")
        (folder / "home" / ".ssh").mkdir(parents=True)
        (folder / "home" / ".ssh" / "known_hosts").write_text(
            "chat.example.org ssh-ed25519 AAAA\nattic.example.org ssh-ed25519 AAAA\n")
        self.terminal = Terminal(
            ["bash", "--noprofile", "--rcfile", rc, "-i"], columns=2000,
            env={"HOME": f"{folder}/home", "USER": "alice", "INPUTRC": "/dev/null"})
        self.count = 0
        self._wait_prompt()

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.terminal.__exit__(*what)

    def _wait_prompt(self):
        self.terminal.wait(lambda: self.terminal.screen.rows()[-1] == READY, "the prompt")

    def offers(self, typed):
        """The words of the line after all that is offered was put into it."""
        self.count += 1
        mark = f"={self.count}="
        self.terminal.type(f"{typed}\x1b*\x01printf '<%s>' \x05; echo '{mark[0]}''{mark[1:]}'\r")
        self.terminal.wait(
            lambda: any(row.endswith(mark) for row in self.terminal.screen.rows()), mark)
        self._wait_prompt()
        row = next(row for row in self.terminal.screen.rows() if row.endswith(mark))
        return re.findall("<(.*?)>", row)[1:]


@pytest.fixture(name="shell")
def one_shell(tmp_path):
    with Shell(tmp_path) as shell:
        yield shell


def names(words, prefix):
    """The names of files among the words, of which the first may stand after a prefix."""
    return {re.sub(f"^{prefix}[:=]|/$", "", word) for word in words} - {prefix, "-c", ""}


def test_options_of_mtchatd(shell):
    assert shell.offers("mtchatd ") == ["--check", "--config", "--help", "--verbose", "--version"]
    assert shell.offers("mtchatd --c") == ["--check", "--config"]
    assert shell.offers("mtchatd --check --ve") == ["--check", "--verbose", "--version"]
    assert shell.offers("mtchatd --check=") == ["--check="]


@pytest.mark.parametrize("option", ["-c ", "--config ", "--config="])
def test_config_file(shell, tmp_path, option):
    for name in "chat.conf", "other chat.conf", "unrelated":
        (tmp_path / "home" / name).touch()
    (tmp_path / "home" / "conf.d").mkdir()
    assert names(shell.offers(f"mtchatd {option}c"), "--config") == {"chat.conf", "conf.d"}
    assert names(shell.offers(f"mtchatd {option}o"), "--config") == {"other chat.conf"}


def test_options_of_mtchat(shell):
    helped = subprocess.run([MTCHAT, "--help"], capture_output=True, text=True, check=True).stdout
    every = sorted(re.findall(r"^  .{4}(--[a-z-]+)", helped, re.M))
    assert len(every) > 10 and shell.offers("mtchat -") == every
    assert shell.offers("mtchat --v") == ["--version"]
    assert shell.offers("mtchat chat.example.org --no") == ["chat.example.org", "--no-follow"]
    assert shell.offers("mtchat --tail=") == ["--tail="]


@pytest.mark.parametrize("typed, whole", [
    ("-n al", ["-n", "alice"]),
    ("--name al", ["--name", "alice"]),
    ("--name=al", ["--name=alice"]),
    ("-r lo", ["-r", "lobby"]),
    ("-m ch", ["-m", "ch"]),
    ("--since ch", ["--since", "ch"]),
    ("-n bob --tail -l 5 ch", ["-n", "bob", "--tail", "-l", "5", "chat.example.org"]),
    ("--name=bob ch", ["--name=bob", "chat.example.org"]),
    ("--plain chat.example.org 91", ["--plain", "chat.example.org", "9190"]),
    ("-n bob chat.example.org 91", ["-n", "bob", "chat.example.org", "91"]),
])
def test_values_of_options(shell, typed, whole):
    assert shell.offers(f"mtchat {typed}") == whole


def test_ssh(shell):
    assert shell.offers("mtchat ss") == ["ssh:"]
    assert shell.offers("mtchat ssh:ch") == ["ssh:chat.example.org"]
    assert shell.offers("mtchat ssh:bob@ch") == ["ssh:bob@chat.example.org"]


def test_hosts(shell):
    assert shell.offers("mtchat ch") == ["chat.example.org"]
    assert {"chat.example.org", "attic.example.org"} <= set(shell.offers("mtchat "))
    assert shell.offers("mtchat -- att") == ["--", "attic.example.org"]


@pytest.mark.parametrize("typed, whole", [
    ("chat.example.org:", "chat.example.org:9190"),
    ("chat.example.org:91", "chat.example.org:9190"),
    ("[2001:db8::1]:", "[2001:db8::1]:9190"),
    ("chat.example.org:80", "chat.example.org:80"),
])
def test_port(shell, typed, whole):
    assert shell.offers(f"mtchat {typed}") == [whole]


def test_textbook_way(shell):
    assert shell.offers("mtchat chat.example.org ") == ["chat.example.org", "9190"]
    assert shell.offers("mtchat chat.example.org 9190 ") == ["chat.example.org", "9190", "alice"]
    assert shell.offers("mtchat chat.example.org 9190 alice ") == [
        "chat.example.org", "9190", "alice"]


@pytest.mark.parametrize("breaks", ["", "COMP_WORDBREAKS=${COMP_WORDBREAKS//:}"])
def test_socket(tmp_path, monkeypatch, breaks):
    with Shell(tmp_path, breaks) as shell:
        monkeypatch.chdir(tmp_path / "home")
        (tmp_path / "home" / "sofa").touch()
        (tmp_path / "home" / "some").mkdir()
        with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as other:
            one.bind("socket")
            other.bind("some/socket")
            assert shell.offers("mtchat un")[0].startswith("unix:")
            assert names(shell.offers("mtchat unix:so"), "unix") == {"socket", "some"}
            assert shell.offers("mtchat unix:soc") == ["unix:socket"]
            assert shell.offers("mtchat unix:some/") == ["unix:some/socket"]


def test_server_of_the_environment(tmp_path):
    with Shell(tmp_path, "MTCHAT_SERVER=chat.lan:4000") as shell:
        assert shell.offers("mtchat chat.l") == ["chat.lan:4000"]
        assert shell.offers("mtchat chat.lan:4") == ["chat.lan:4000"]


def test_what_is_typed_is_never_run(shell, tmp_path):
    for typed in "$(touch ran):", "$(touch ran)", "`touch ran`:", "unix:$(touch ran)":
        shell.terminal.type(f"mtchat '' {typed}\t\t\x15")
        shell.terminal.type(f"mtchat {typed}\t\t\x15")
    assert shell.offers("mtchat chat.example.org ") == ["chat.example.org", "9190"]
    assert not os.path.exists(tmp_path / "home" / "ran")
