"""test_first_start.py - a start that cannot succeed fails once, and says why where one looks"""
import signal
import socket

import pytest

from chatter import poll
from service import CONFIG, OVERRIDE, PORT


def assert_given_up(service, status):
    """It failed with that exit status, and nobody tries again."""
    assert service.show("ActiveState") == "failed"
    assert service.show("ExecMainStatus") == str(status)
    assert service.show("NRestarts") == "0"


BAD = {
    "a number out of range": ("port = 0;\n", r"test\.conf:1: port must be 1 to 65535, not 0"),
    "a word that is none": ('\nmode = "shout";\n', r'test\.conf:2: mode must be .*"shout"'),
    "an unclosed string": ('socket = "/run\n', r"test\.conf:\d+: "),
}


@pytest.mark.parametrize("text, told", BAD.values(), ids=BAD.keys())
def test_a_bad_configuration(service, text, told):
    service.systemctl("stop")
    service.machine.write(OVERRIDE, text)
    failed = service.systemctl("start", check=False)
    assert failed.returncode != 0
    assert_given_up(service, 78)
    service.wait_status(told)
    service.machine.write(OVERRIDE, "max_clients = 3;\n")  # mended, it starts
    service.systemctl("start")
    service.client().close()


def test_no_configuration(service):
    machine = service.machine
    service.systemctl("stop")
    machine.run("mv", CONFIG, CONFIG + ".away")
    try:
        assert service.systemctl("start", check=False).returncode != 0
        assert_given_up(service, 78)
        service.wait_status(CONFIG)
    finally:
        machine.run("mv", CONFIG + ".away", CONFIG)


def test_a_port_that_is_taken(service):
    service.systemctl("stop")
    with service.machine.in_network(socket.create_server, ("127.0.0.1", PORT)):
        assert service.systemctl("start", check=False).returncode != 0
        assert_given_up(service, 69)
        service.wait_status(rf"cannot listen.*{PORT}")
    service.systemctl("start")


def test_a_crash_is_another_matter(service):
    """Which shows that the tests above would see a retry."""
    pid = service.pid
    service.machine.run("kill", f"-{signal.SIGKILL:d}", str(pid))
    poll(lambda: service.show("NRestarts") == "1" and service.show("ActiveState") == "active",
         "it comes back")
    assert service.pid != pid
    service.client().close()
