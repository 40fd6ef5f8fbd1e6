"""test_start.py - how it starts: when it is ready, what it says of itself, what it refuses"""
import os
import re
import socket
import subprocess

import pytest

from chatter import SHORT, Client, catch_up, gather, poll
from daemon import MTCHATD, Daemon, free_port, refused


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


def test_an_address_that_is_not_ours_is_69():
    status, _, log = refused(listen=["192.0.2.1"])
    assert status == 69
    assert any("192.0.2.1" in line for line in log), log


@pytest.mark.parametrize("settings", [
    {"port": 0}, {"port": "9190"}, {"max_clients": 0}, {"mode": "shout"}, {"nonsense": 1},
    {"listen": ["not an address"]}, {"socket": "/" + "long/" * 40}])
def test_a_bad_configuration_is_told_with_its_line_and_78(settings):
    status, _, log = refused(**settings)
    assert status == 78
    name = next(iter(settings))
    assert any(re.search(r"mtchatd\.conf:\d+: .*" + name, line) for line in log), log


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
