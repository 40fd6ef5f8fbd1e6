"""test_start.py - how it starts: when it is ready, what it says of itself, what it refuses"""
import ctypes
import errno
import os
import platform
import re
import resource
import signal
import socket
import struct
import subprocess

import pytest

from chatter import SHORT, Client, catch_up, gather, poll
from daemon import LIBC, MTCHATD, Daemon, die_with_parent, free_port, refused
from test_idle import is_sanitized


def test_ready_means_that_it_can_be_connected_to():
    for _ in range(3):
        with Daemon(listen=["127.0.0.1", "::1"]) as daemon:
            port = daemon.settings["port"]
            clients = [Client(road) for road in (("127.0.0.1", port), ("::1", port), daemon.unix)]
            for client in clients:
                client.enter().close()
            assert sum("READY=1" in message for _, message in daemon.messages) == 1


def test_without_listen_it_serves_all_addresses():
    with Daemon(listen=None) as daemon:
        port = daemon.settings["port"]
        clients = [Client((host, port)).enter() for host in ("127.0.0.1", "127.0.0.77", "::1")]
        catch_up(clients)
        for client in clients:
            client.close()


def test_it_serves_the_addresses_of_listen_only():
    with Daemon(listen=["127.0.0.2"]) as daemon:
        daemon.client().close()
        for host in ("127.0.0.1", "::1"):
            with pytest.raises(ConnectionRefusedError):
                Client((host, daemon.settings["port"]))


def test_it_serves_without_a_service_manager(tmp_path):
    port, config = free_port(), tmp_path / "mtchatd.conf"
    config.write_text(f'port = {port}; listen = [ "127.0.0.1" ];\n')
    environ = {key: value for key, value in os.environ.items() if key != "NOTIFY_SOCKET"}

    def connected():
        assert process.poll() is None, process.stderr.read()
        try:
            return Client(("127.0.0.1", port))
        except ConnectionRefusedError:
            return None
    with subprocess.Popen([MTCHATD, "--config", config], env=environ,
                          stderr=subprocess.PIPE) as process:
        try:
            poll(connected, "it serves").enter().close()
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()


def status_line(message):
    return next(line for line in message if line.startswith("STATUS="))


def test_status_tells_clients_rooms_and_lines_per_second():
    with Daemon(tune={"status_ms": 50}, max_clients=77) as daemon:
        clients = gather(daemon.tcp, 3)
        told = len(daemon.messages)
        status = status_line(daemon.wait_message(r"STATUS=.*\b3\s*(/|of)\s*77\b.*", told))
        assert re.search(r"\b1 room", status), status
        assert re.search(r"\d+(\.\d+)? lines?(/s| per second| a second)", status), status
        for client in clients:
            client.close()
        daemon.wait_message(r"STATUS=.*\b0\s*(/|of)\s*77\b.*", told)
        told = len(daemon.messages)
        with daemon.client() as client:
            while True:  # at work, the lines per second are not 0
                for _ in range(100):
                    client.say(b"busy")
                client.read_lines(100)
                found = [status_line(message) for _, message in daemon.messages[told:]
                         if any(line.startswith("STATUS=") for line in message)]
                if any(re.search(r"\b[1-9]\d*(\.\d+)? lines?(/s| per| a )", one) for one in found):
                    break
                assert len(daemon.messages) - told < 200, found[-1]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("shared", [False, True])  # True: its holder would share it with us
def test_a_port_in_use_is_a_clear_line_and_69(address, shared):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
        taken.bind((address, 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, took, log = refused(port=port, listen=[address])
        assert status == 69
        assert took < (10 if SHORT else 1)
        assert any(str(port) in line and "in use" in line for line in log), log


def test_a_port_held_by_another_mtchatd_is_69():
    with Daemon() as daemon:
        status, took, log = refused(port=daemon.settings["port"])
        assert status == 69
        assert took < (10 if SHORT else 1)
        assert any(str(daemon.settings["port"]) in line and "in use" in line for line in log), log
        daemon.client().close()


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_an_address_that_is_not_there_yet_is_told_and_waited_for(address):
    with Daemon(listen=["127.0.0.1", address]) as daemon:
        found = daemon.wait_log("does not have the address of")
        assert address in found and str(daemon.settings["port"]) in found
        assert not any("127.0.0.1" in line for line in daemon.lines if "does not have" in line)
        daemon.client().close()


def test_it_says_where_it_listens():
    with Daemon(listen=["127.0.0.2", "::1"]) as daemon:
        port = daemon.settings["port"]
        told = daemon.wait_log("listening on ")
        assert f"listening on 127.0.0.2:{port}, [::1]:{port} and {daemon.unix}: up to " in told
    many = [f"127.{i}.100.{i}" for i in range(100, 116)]
    with Daemon(listen=many) as daemon:
        told = daemon.wait_log("listening on ")
        assert re.search(r" and \d+ more: up to ", told), told
        assert "1 handler" in told


SOCKET_CALL = {"x86_64": 41, "aarch64": 198}.get(platform.machine())


def without(*families):
    """A seccomp filter as RestrictAddressFamilies= makes it: to be called in the child."""
    load, jump_if, give = 0x20, 0x15, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_RET|K
    allow, deny = 0x7fff0000, 0x00050000 | errno.EAFNOSUPPORT
    rest = len(families) + 1
    program = [(load, 0, 0, 0), (jump_if, 0, rest, SOCKET_CALL), (load, 0, 0, 16)]
    program += [(jump_if, len(families) - i, 0, family) for i, family in enumerate(families)]
    program += [(give, 0, 0, allow), (give, 0, 0, deny)]
    code = b"".join(struct.pack("=HBBI", *one) for one in program)

    def install():
        buffer = ctypes.create_string_buffer(code)
        header = struct.pack("@HP", len(program), ctypes.addressof(buffer))
        assert LIBC.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
        assert LIBC.prctl(22, 2, header) == 0   # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
    return install


@pytest.mark.skipif(not SOCKET_CALL, reason="the number of socket() is not known here")
def test_of_all_addresses_one_kind_may_lack():
    for family, host, lack in ((socket.AF_INET, "::1", "IPv4"),
                               (socket.AF_INET6, "127.0.0.1", "IPv6")):
        with Daemon(listen=None, preexec=without(family)) as daemon:
            assert f"(no {lack} here)" in daemon.wait_log("listening on ")
            Client((host, daemon.settings["port"])).enter().close()
    status, _, log = refused(listen=None, preexec=without(socket.AF_INET, socket.AF_INET6))
    assert status == 69
    assert any("cannot listen on" in line for line in log), log


@pytest.mark.parametrize("listen", [["0.0.0.0", "127.0.0.1"], ["::1", "::"], ["224.0.0.1"],
                                    ["255.255.255.255"], ["fe80::1"], ["fe80::1%lo"]])
def test_check_start_and_reload_judge_addresses_alike(listen):
    status, _, log = refused(listen=listen)
    reason = next(line for line in log if "listen " in line)
    assert status == 78
    with Daemon() as daemon:
        logged = daemon.reload(listen=listen)
        daemon.wait_log("reload refused", logged)
        said = [line for line in daemon.lines[logged:] if "listen " in line]
        checked = subprocess.run([MTCHATD, "--check", "--config", daemon.config], timeout=20,
                                 capture_output=True, text=True, check=False)
        assert checked.returncode == 78
        assert [line.partition(": ")[2] for line in [*said, *checked.stderr.splitlines()]] == [
            reason.partition(": ")[2]] * 2
        Client(("127.0.0.1", daemon.settings["port"])).enter().close()


def test_ipv4_within_ipv6_is_ipv4():
    with Daemon(listen=["::ffff:127.0.0.1"]) as daemon:
        Client(("127.0.0.1", daemon.settings["port"])).enter().close()


def test_a_start_by_hand_says_what_it_means():
    with Daemon(socket=None) as daemon:
        told = daemon.wait_log("a restart or a crash ends them")
        assert "no Unix socket" in told and "$RUNTIME_DIRECTORY" in told
    with Daemon() as daemon:
        assert "Unix socket" not in daemon.wait_log("a restart or a crash ends them")


@pytest.mark.parametrize("settings", [
    {"port": 0}, {"port": "9190"}, {"max_clients": 0}, {"mode": "shout"}, {"nonsense": 1},
    {"listen": ["not an address"]}, {"socket": "/" + "long/" * 40}])
def test_a_bad_configuration_is_told_with_its_line_and_78(settings):
    status, _, log = refused(**settings)
    assert status == 78
    name = next(iter(settings))
    assert any(re.search(r"mtchatd\.conf:\d+: .*" + name, line) for line in log), log


@pytest.mark.skipif(is_sanitized(), reason="a sanitizer takes terabytes of addresses for itself")
def test_without_memory_it_is_71_after_a_pause():
    """Or the service manager would start it again some ten times a second, and log all of that."""
    def starve():
        resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
    daemon = Daemon(wait=False, preexec=starve)
    try:
        daemon.wait_log("cannot make the arena")
        with pytest.raises(subprocess.TimeoutExpired):
            daemon.process.wait(1)
        daemon.terminate()
        assert daemon.exit_status() == 71
    finally:
        daemon.kill()


def test_a_missing_configuration_is_78():
    done = subprocess.run([MTCHATD, "--config", "/nonexistent/mtchatd.conf"], timeout=20,
                          capture_output=True, check=False)
    assert done.returncode == 78
    assert b"/nonexistent/mtchatd.conf" in done.stderr


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--config"], ["stray"],
                                       ["--tune", "nonsense=1"], ["--tune", "status_ms"]])
def test_bad_usage_is_64(arguments):
    done = subprocess.run([MTCHATD] + arguments, timeout=20, capture_output=True, check=False)
    assert done.returncode == 64
    assert done.stderr.strip()


def test_help_and_version():
    for argument, word in (("--help", b"--config"), ("--version", b"mtchatd")):
        done = subprocess.run([MTCHATD, argument], timeout=20, capture_output=True, check=False)
        assert done.returncode == 0
        assert word in done.stdout and not done.stderr


def test_check_says_ok_and_serves_nobody():
    with Daemon() as daemon:  # a port in use is no fault of the file
        done = subprocess.run([MTCHATD, "--check", "--config", daemon.config], timeout=20,
                              capture_output=True, check=False)
        assert done.returncode == 0
        assert f"{daemon.config}: ok" in (done.stdout + done.stderr).decode()


def test_a_reload_that_comes_too_early_waits(tmp_path):
    """It is started with much to read, and hears SIGHUP while it reads that."""
    port, config = free_port(), tmp_path / "mtchatd.conf"
    config.write_text(f'port = {port}; listen = [ "127.0.0.1" ];\n')
    (tmp_path / "mtchatd.conf.d").mkdir()
    for i in range(20):
        (tmp_path / "mtchatd.conf.d" / f"{i}.conf").write_text(("#" * 79 + "\n") * 13000)

    def reads():
        with open(f"/proc/{process.pid}/io", encoding="ascii") as io:
            return int(re.search(r"rchar: (\d+)", io.read())[1]) > 4 << 20
    with subprocess.Popen([MTCHATD, "--config", config], stderr=subprocess.PIPE,
                          preexec_fn=die_with_parent) as process:
        try:
            poll(reads, "it reads its configuration", step=0.001)
            process.send_signal(signal.SIGHUP)
            for line in process.stderr:
                if b"configuration reloaded" in line:
                    break
            process.terminate()
            assert process.wait(20) == 0
        finally:
            process.kill()


def test_what_people_say_is_never_logged():
    with Daemon(log_level="debug", rate_lines=100, rate_burst=10) as daemon:
        with daemon.client() as client:
            client.say(b"a secret word", b"/mgs bob another secret", b"\xff secret \x1b", b"/ping")
            client.say(b"secret" * 1000)
            for _ in range(20):
                client.say(b"secret flood")
            client.read_until(b"secret flood")
        daemon.stop()
        assert daemon.lines and not any("secret" in line for line in daemon.lines)
