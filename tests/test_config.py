"""test_config.py - mtchatd --check, and the manual held against the table of settings"""
import os
import pathlib
import re
import subprocess
import tempfile

import pytest

MTCHATD = os.environ.get("MTCHATD", "mtchatd")
SOURCE = pathlib.Path(__file__).resolve().parent.parent
PACKAGED = SOURCE / "conf" / "mtchatd.conf"
PATIENCE = 20


def check(path, **environ):
    """(exit status, stdout, lines on stderr) of mtchatd --check

    As root it warns that nobody else can enter the folder of the test, or use a low port.
    """
    done = run("--check", "--config", path, **environ)
    return done.returncode, done.stdout, [line for line in done.stderr.splitlines()
                                          if not WARNING.search(line)]


WARNING = re.compile("everybody must be able to (read it|enter it|read and enter it),|"
                     "the service needs CAP_NET_BIND_SERVICE")


def run(*arguments, **environ):
    return subprocess.run([MTCHATD, *map(str, arguments)], capture_output=True, check=False,
                          text=True, timeout=PATIENCE, env={**os.environ, **environ})


@pytest.fixture(name="config")
def fixture_config(tmp_path):
    """Writes a configuration and returns its path."""
    def write(text, name="mtchatd.conf"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path
    return write


def table():
    """The settings, as tests/print-settings of this build knows them: name -> columns"""
    program = pathlib.Path(MTCHATD).resolve().parent / "tests" / "print-settings"
    lines = subprocess.run([program], stdout=subprocess.PIPE, check=True, timeout=PATIENCE).stdout
    columns = ("allowed", "default", "unit", "applies", "about")
    return {name: dict(zip(columns, rest))
            for name, *rest in (line.split("\t") for line in lines.decode().splitlines())}


PORT = "port must be 1 to 65535, not "
CLIENTS = "max_clients must be 1 to 100000, not "
MODE = 'mode must be "broadcast" or "echo", not '


@pytest.mark.parametrize("text, message", [
    ("port = 0;", PORT + "0"),
    ("port = 65536;", PORT + "65536"),
    ("port = -1;", PORT + "-1"),
    ('port = "9190";', PORT + '"9190"'),
    ("port = 9190.5;", PORT + "9190.5"),
    ("port = 8589943782;", PORT + "8589943782"),
    ("port = 0x2000023E6;", PORT + "0x2000023E6"),
    ("port = 8589943782L;", PORT + "8589943782L"),
    ("max_clients = 0;", CLIENTS + "0"),
    ("max_clients = -5;", CLIENTS + "-5"),
    ('max_clients = "many";', CLIENTS + '"many"'),
    ("max_clients = 99999999999;", CLIENTS + "99999999999"),
    ("max_clients = 4294967296;", CLIENTS + "4294967296"),
    ("max_clients = 99999999999999999999;", CLIENTS + "99999999999999999999"),
    ("max_clients = true;", CLIENTS + "true"),
    ("max_clients = 010;", "max_clients must be written without a zero before it: 10, not 010"),
    ("max_clients = 08;", "max_clients must be written without a zero before it: 8, not 08"),
    ("max_clients = 1e3;", CLIENTS + "1e3"),
    ("max_clients = 0b101;", CLIENTS + "0b101"),
    ("max_clients = 0o17;", CLIENTS + "0o17"),
    ("max_clients = 5l;", CLIENTS + "5l"),
    ('socket = "/run/\\a";', "in a string a \\ must be followed by \\, \", n, r, t, f or by x and "
                             "two digits"),
    ('socket = "/a\\x00b";', "a string must not hold \\x00"),
    ('listen = [ "::1", 5 ];', "listen must be an IPv4 or IPv6 address in quotes, or a list of at "
                              'most 16, not [ "::1", 5 ]'),
    ('listen = [ "::1", ];', 'listen = [ "::1", must be followed by a value, not by ]'),
    ("max_clients = ( 3 );", CLIENTS + "( 3 )"),
    ('mode = "shout";', MODE + '"shout"'),
    ("mode = 3;", MODE + "3"),
    ("mode = echo;", MODE + "echo"),
    ("nonsense = 1;", "nonsense is no setting"),
    ("max_client = 1;", "max_client is no setting; is max_clients meant?"),
    ("limits = { port = 1; };", "limits is no setting"),
    ("port 9190;", "port must be followed by =, not by 9190"),
    ("port = ;", "port = must be followed by a value, not by ;"),
    ('mode = "echo;', "a string begins here and is not closed on its line"),
    ("/* port = 1;", "a comment begins here and is not closed by */"),
    ('@include "more.conf"', "@include is not supported: FILE.d/*.conf are read after FILE"),
    ('listen = "localhost";', "listen must be an IPv4 or IPv6 address in quotes, or a list of at "
                              'most 16, not "localhost"'),
    ('socket = "mtchat";', "socket must be an absolute path in quotes, of at most 107 bytes, or "
                           '"" for none, not "mtchat"'),
])
def test_one_error_is_told_with_file_line_and_words(config, text, message):
    path = config("# one\nhistory = 7;\n" + text)
    assert check(path) == (78, "", [f"{path}:3: {message}"])


def test_a_name_given_twice_is_told_with_both_lines(config):
    path = config("port = 1;\n\nport = 2;\n")
    assert check(path) == (78, "", [f"{path}:3: port is given twice, first on line 1"])


@pytest.mark.parametrize("text", ["", "\n", "# port = 9190;\n/* mode */ // x"])
def test_a_file_without_any_setting_is_refused(config, text):
    path = config(text)
    assert check(path) == (78, "", [f"{path}: has no setting at all, not even a port"])


@pytest.mark.parametrize("text", [b"port = 1;\n\0", b"port = 1;\n\x1f\x8b\x08",
                                  b'#\nmode = "\xff";', b"\n\x7fELF\x02\x01\x01\0\0"])
def test_a_binary_file_is_called_so(config, text):
    path = config(text)
    status, _, lines = check(path)
    assert status == 78 and len(lines) == 1
    assert lines[0].startswith(f"{path}:2: this is not text") and "binary" in lines[0]


def test_bytes_in_comments_do_not_matter(config):
    path = config(b"# caf\xe9\nport = 1; /* \xff\x07 */")
    assert check(path) == (0, f"{path}: ok\n", [])


def test_what_is_no_file_is_refused_at_once(tmp_path, config):
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    config(b"port = 1;" + b" " * (1 << 20), "large")
    for name, word in (("missing", "No such file"), ("fifo", "not a regular file"),
                       (".", "is a folder"), ("loop", "symbolic links"),
                       ("large/x", "Not a directory"), ("large", "larger than")):
        path = os.path.join(tmp_path, name)
        status, out, lines = check(path)
        assert (status, out, len(lines)) == (78, "", 1)
        assert lines[0].startswith(path + ": ") and word in lines[0]
    assert check("/dev/null")[0] == 78
    assert check("/dev/zero")[2] == ["/dev/zero: is not a regular file"]


def test_a_file_that_may_not_be_read(config):
    path = config("port = 1;")
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads all: there is nothing to refuse then
        assert check(path)[0] == 0
    else:
        assert check(path) == (78, "", [f"{path}: cannot be read: Permission denied; "
                                        "everybody must be able to read it"])


def test_several_errors_are_all_told(config):
    path = config('port = 0; mode = "shout";\nmax_clients = "many"; port = 3;\nmode "echo";\n'
                  'text = "utf8;\nlog_level = "loud"')
    status, _, lines = check(path)
    assert status == 78
    assert sorted(int(re.match(rf"{re.escape(str(path))}:(\d+): ", line)[1]) for line in lines) \
        == [1, 1, 2, 2, 3, 4, 5]


def test_of_very_many_errors_the_rest_is_counted(config):
    path = config("x = 1;\n" * 1000)
    status, _, lines = check(path)
    assert status == 78
    assert lines == [f"{path}:{i}: x is no setting" for i in range(1, 21)] + \
        [f"{path}: 980 more errors"]


def test_good_ways_of_writing(config):
    for text in ("port = 0x23E6L", "port : 9190 mode : \"echo\"", 'mode = "ec"\n"ho",',
                 "port = 9190;\r\nmode = \"echo\";\r\n", 'listen = "::1";',
                 'listen = ( "::1", "127.0.0.1" );', 'listen = [ ]; socket = "";',
                 "max_line = 65536;", "port = 1 // the end"):
        path = config(text)
        assert check(path) == (0, f"{path}: ok\n", []), text


def test_overrides_are_checked_as_well(config):
    path = config("port = 1;")
    config("port = 2;", "mtchatd.conf.d/a.conf")
    config("port = 0;", "mtchatd.conf.d/.hidden.conf")
    config("port = 0;", "mtchatd.conf.d/a.conf.bak")
    assert check(path)[0] == 0
    bad = config("\nport = 0;", "mtchatd.conf.d/b.conf")
    assert check(path) == (78, "", [f"{bad}:2: {PORT}0"])


def in_force(path, **environ):
    """mtchatd --check -v: (the files; setting -> (value, where it is from))"""
    done = run("--check", "-v", "--config", path, **environ)
    assert done.returncode == 0 and done.stdout.endswith(f"\n# {path}: ok\n")
    files = re.findall(r"^#   (.*)$", done.stdout, re.M)
    return files, {name: (value, origin) for name, value, origin in
                   re.findall(r"^#?(\w+) = (.*);  # (.*)$", done.stdout, re.M)}


def test_what_is_in_force_is_shown_with_its_place(config, tmp_path):
    path = config("port = 1234;\nmax_clients = 5;\n\nlisten = [ '1' ];".replace("'1'", '"::1"'))
    ten = config("\nmax_clients = 0x10; history = 1;", "mtchatd.conf.d/10.conf")
    nine = config("max_clients = 9;", "mtchatd.conf.d/9.conf")
    masked = tmp_path / "mtchatd.conf.d" / "a.conf"
    masked.symlink_to("/dev/null")
    (tmp_path / "mtchatd.conf.d" / "b.conf").mkdir()
    files, settings = in_force(path, RUNTIME_DIRECTORY="/run/x")
    assert files == [str(path), str(ten), str(nine), f"{masked} (not read)",
                     f"{tmp_path}/mtchatd.conf.d/b.conf (not read)"]
    assert list(settings) == list(table())
    assert settings["port"] == ("1234", f"{path}:1")
    assert settings["max_clients"] == ("9", f"{nine}:1"), "10 is before 9: by their bytes"
    assert settings["history"] == ("1", f"{ten}:2")
    assert settings["listen"] == ('[ "::1" ]', f"{path}:4")
    assert settings["mode"] == ('"broadcast"', "default")
    assert settings["socket"] == ('"/run/x/socket"', f"default: {table()['socket']['default']}")
    for name, (value, origin) in settings.items():
        if origin == "default":
            assert value == table()[name]["default"], name


@pytest.mark.parametrize("text", [
    PACKAGED.read_bytes(), b'port = 1234;\nproxy = [ "10.0.0.0/8", "::1" ];\nlisten = "::1";\n'])
def test_what_is_shown_can_be_read_again(config, text):
    path = config(text)
    again = config(run("--check", "-v", "--config", path, RUNTIME_DIRECTORY="/run/x").stdout,
                   "again.conf")
    for folder in "/run/x", "/run/y":  # what the service manager names is not held fast
        assert {name: value for name, (value, _) in
                in_force(path, RUNTIME_DIRECTORY=folder)[1].items()} == \
            {name: value for name, (value, _) in
             in_force(again, RUNTIME_DIRECTORY=folder)[1].items()}


def test_a_masked_drop_in_is_no_trouble(config, tmp_path):
    path = config("port = 1234;")
    (tmp_path / "mtchatd.conf.d").mkdir()
    (tmp_path / "mtchatd.conf.d" / "x.conf").symlink_to("/dev/null")
    assert check(path) == (0, f"{path}: ok\n", [])
    (tmp_path / "mtchatd.conf.d" / "y.conf").symlink_to("/dev/zero")
    assert "y.conf is not a regular file" in check(path)[2][0]


def test_verbose_is_for_the_check_only(config):
    done = run("--verbose", "--config", config("port = 1234;"))
    assert done.returncode == 64 and "--verbose is for --check" in done.stderr


@pytest.mark.parametrize("arguments", [["--check"], ["--check", "-v"], ["--version"], ["--help"]])
def test_what_cannot_be_printed_is_no_success(config, arguments):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([MTCHATD, *arguments, "--config", config("port = 1234;")],
                              stdout=full, stderr=subprocess.PIPE, check=False, timeout=PATIENCE)
    assert done.returncode == 74
    assert b"mtchatd: cannot write standard output: No space left on device" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="who is not root reads what the service reads")
def test_root_is_told_what_the_service_cannot_do():
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        path = pathlib.Path(folder, "mtchatd.conf")
        path.write_text("port = 1023;\n")
        dropins = pathlib.Path(folder, "mtchatd.conf.d")
        dropins.mkdir(0o755)
        os.chmod(folder, 0o755)

        def warnings():
            done = run("--check", "--config", path)
            assert done.returncode == 0 and all(
                WARNING.search(line) for line in done.stderr.splitlines()), done.stderr
            return done.stderr.splitlines()
        with open("/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding="ascii") as file:
            first = int(file.read())
        ports = warnings()
        assert len(ports) == (first > 1023) and all("port 1023 is below" in line for line in ports)
        path.write_text("port = 9190;\n")
        assert warnings() == []
        path.chmod(0o600)
        assert warnings() == [f"{path}: everybody must be able to read it, or the service is not"]
        path.chmod(0o644)
        dropins.chmod(0o711)
        assert warnings() == [f"{dropins}: everybody must be able to read and enter it, or the "
                              "service is not"]
        dropins.chmod(0o755)
        os.chmod(folder, 0o750)
        assert warnings() == [f"{folder}: everybody must be able to enter it, or the service "
                              f"cannot read {path}"]


def test_settings_that_do_not_fit_each_other(config):
    path = config("max_line = 65536;\nroom_log_kib = 512;\n")
    status, _, lines = check(path)
    assert status == 78 and len(lines) == 1
    assert re.search(r":2: room_log_kib does not fit: .* 197120 bytes.* 131072 bytes", lines[0])


def test_the_packaged_file_is_good(config):
    path = config((SOURCE / "conf" / "mtchatd.conf").read_bytes())
    assert check(path) == (0, f"{path}: ok\n", [])


def test_the_manual_lists_the_settings_of_the_table():
    manual = (SOURCE / "man" / "mtchatd.conf.5").read_text(encoding="utf-8")
    settings = manual.split(".Sh SETTINGS\n", 1)[1].split("\n.El\n", 1)[0]
    items = dict(re.findall(r"^\.It Ic (\w+)\n(.*?)(?=^\.It |\Z)", settings, re.M | re.S))
    known = table()
    assert list(items) == list(known)
    for name, text in items.items():
        assert f"\nAllowed: {known[name]['allowed']}.\n" in text + "\n", name
        assert f"\nDefault: {known[name]['default']}.\n" in text + "\n", name
        assert ("next start" in text) == (known[name]["applies"] == "start"), name


# Where the packaged file has another value than the default.
SETS = {"rate_lines", "rate_burst", "max_per_address", "max_rooms_per_address"}


def packaged():
    """name -> (what is said above it, as running text; its value; whether it is in force)"""
    found, said = {}, []
    for line in PACKAGED.read_text(encoding="utf-8").splitlines():
        setting = re.fullmatch(r"(#?)(\w+) = (.*);", line)
        if setting:
            found[setting[2]] = " ".join(said), setting[3], not setting[1]
        elif line.startswith("# "):
            said.append(line[2:].strip())
        elif not line:
            said = []
    return found


def manual():
    """name -> the source of its part of mtchatd.conf(5), without macros and line feeds"""
    text = (SOURCE / "man" / "mtchatd.conf.5").read_text(encoding="utf-8")
    text = text.split(".Sh SETTINGS\n", 1)[1].split("\n.El\n", 1)[0]
    return {name: " ".join(re.sub(r"^\.(?:[A-Z][a-z] )?", "", part, flags=re.M).split())
            for name, part in re.findall(r"^\.It Ic (\w+)\n(.*?)(?=^\.It |\Z)", text, re.M | re.S)}


def test_the_packaged_file_has_each_setting_of_the_table_with_its_default():
    known, found = table(), packaged()
    assert sorted(found) == sorted(known)
    for name, (_, value, in_force) in found.items():
        default = {"listen": "[ ]", "proxy": "[ ]", "socket": '"/run/mtchatd/socket"'}.get(
            name, known[name]["default"])
        assert (value == default) == (name not in SETS), name
        assert in_force or name not in SETS, name
        if name in SETS:  # and the manual tells it
            assert f"The file that comes with the program sets {value}." in manual()[name], name


@pytest.mark.parametrize("name", packaged())
def test_the_packaged_file_says_what_is_allowed(name):
    said, allowed = packaged()[name][0], table()[name]["allowed"]
    if re.search(r"\d to \d", allowed) and name not in SETS:
        assert allowed in said
    for word in re.findall(r'"\w+"', allowed):
        assert word in said


# What a reader must know of a setting, in both texts: the one and the other say it in other
# words, so that it is the words themselves that are held against each other.
BOTH = {
    "port": ["capability"],
    "max_clients": ["is told so", "a lower number cuts nobody off"],
    "mode": ["everybody in the room gets it", "byte for byte", "keep"],
    "listen": ["IPv4", "IPv6", "all"],
    "socket": ["clients on this machine", "folder", '""', "none"],
    "proxy": ["begins each connection with a header of the PROXY protocol, version 1 or 2",
              "addresses or networks of (your )?balancers", "believed"],
    "handlers": ["threads serve the clients", "up to 2 processors", "at most 4", "restart"],
    "max_line": ["longest line that is said", "Three times", "512 bytes", "quarter"],
    "text": ["UTF-8|utf8", "every byte as it came|every byte is relayed as it came",
             "other character sets"],
    "rate_lines": ["lines a second", "read more slowly", "no limit"],
    "slow_grace_ms": ["ms", "those who do not read", "told which"],
    "room_log_kib": ["power of two", "slow reader can fall behind and lose nothing",
                     "up to 1024 fits", "keeps"],
    "max_rooms": ["how many rooms there may be", "the last", "the lobby stays, and counts",
                  "two logs", "at most half", "MemoryMax="],
    "history": ["of what was said before", "/last shows if it is not told how many"],
    "max_per_address": ["from one IP address", "0 stands for any number", "unix socket"],
    "max_rooms_per_address": ["made from one IP address", "0 stands for any number"],
    "log_level": ["who comes and goes is info", "as a health check, is .?debug", "what people say is never logged"],
}


@pytest.mark.parametrize("name", BOTH)
def test_the_packaged_file_and_the_manual_agree(name):
    for text in (packaged()[name][0], manual()[name]):
        text = text.replace("Ql ", "").replace('"info"', "info").replace(" .", ".")
        for words in BOTH[name]:
            assert re.search(words, text, re.I), words


def test_each_setting_is_held():
    assert set(BOTH) | {"rate_burst"} == set(table())


def test_the_socket_of_the_packaged_file(config):
    """The path that it shows is the one under the unit; by hand there is none, as it says."""
    said, value, _ = packaged()["socket"]
    assert "the service manager names" in said and "by hand" in said
    unit = (SOURCE / "systemd" / "mtchatd.service.in").read_text(encoding="utf-8")
    folder = re.search(r"^RuntimeDirectory=(.*)$", unit, re.M)[1]
    assert value == f'"/run/{folder}/socket"' and check(config(PACKAGED.read_bytes()))[0] == 0


STALE = re.compile(r"\b(in )?this version\b|not (yet )?implemented|there is no command to ask", re.I)


@pytest.mark.parametrize("path", [
    path for folder, pattern in (("man", "*.[1-8]"), ("conf", "*"), ("systemd", "*"),
                                 ("completions", "*"), (".", "README.md"))
    for path in sorted((SOURCE / folder).glob(pattern)) if path.is_file()], ids=lambda path: path.name)
def test_no_shipped_text_speaks_of_what_is_to_come(path):
    """A sentence about one version is true in that version only, and nobody finds it again."""
    text = " ".join(re.sub(r"^# ?", "", path.read_text(encoding="utf-8"), flags=re.M).split())
    assert not STALE.search(text), STALE.search(text)[0]
