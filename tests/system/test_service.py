"""test_service.py - the unit: ready when it says so, watched, locked in, open by a drop-in"""
import os
import re

import pytest

from chatter import catch_up, poll
from service import PORT, SOCKET, drop_in_shown
from test_watchdog import WALL, halted

EXPOSURE_MAX = 1.3  # what is left is being a network server that knows local accounts


def test_start_returns_when_it_can_be_talked_to(service):
    for _ in range(5):
        service.systemctl("stop")
        service.systemctl("start")
        service.connect().close()
        service.local_client().close()


def test_the_status_shows_clients_and_rate(service):
    service.wait_status(r'Status: "0/256 clients, 1 room, 0 lines/s"')
    with service.client() as talker, service.client():
        def rate_shown():
            talker.say(*[b"line"] * 5)
            talker.read_lines(5)
            return re.search(r'Status: "2/256 clients, 1 room, [1-9]\d* lines/s"',
                             service.status())
        poll(rate_shown, "two clients and a rate in the status", step=0.1)


def threads(machine, pid):
    """The threads of a process of the machine: their ids here, by name."""
    task = f"/proc/{machine.host_pid(pid)}/task"
    names = {}
    for tid in os.listdir(task):
        with open(f"{task}/{tid}/comm", encoding="utf-8") as comm:
            names[comm.read().strip()] = int(tid)
    return names


@pytest.mark.parametrize("thread", ["handler/1", "mtchatd"])
def test_a_hung_thread_is_noticed_and_the_service_restarted(service, thread):
    service.drop_in("[Service]\nWatchdogSec=1\n")
    service.restart(handlers=2)
    pid = service.pid
    tid = threads(service.machine, pid)[thread]
    with halted(tid):
        # As its tracer, we have to take note of its death before anybody else can.
        poll(lambda: os.waitpid(tid, WALL | os.WNOHANG)[0] == tid, "the watchdog's kill")
    poll(lambda: service.show("NRestarts") == "1" and service.show("ActiveState") == "active",
         "the restart")
    assert service.pid != pid
    assert "Watchdog timeout (limit 1s)" in service.journal()
    service.client().close()


def test_the_watchdog_is_on_as_installed(service):
    assert service.show("WatchdogUSec") == "10s"


def test_the_watchdog_leaves_a_healthy_one_alone(service):
    service.drop_in("[Service]\nWatchdogSec=1\n")
    service.restart()
    pings = service.show("WatchdogTimestampMonotonic")

    def pinged_for_two_limits():
        return int(service.show("WatchdogTimestampMonotonic")) - int(pings) > 2000000
    poll(pinged_for_two_limits, "pings for two seconds", step=0.1)
    assert service.show("NRestarts") == "0"


def test_the_exposure_does_not_get_worse(service):
    said = service.machine.run("systemd-analyze", "security", "--no-pager", "mtchatd").stdout
    level = float(re.search(r"Overall exposure level for mtchatd.service: ([\d.]+)", said).group(1))
    assert level <= EXPOSURE_MAX, said


def test_the_process_has_no_privilege(service):
    status = service.machine.read(f"/proc/{service.pid}/status")
    fields = dict(re.findall(r"^(\w+):\t(.*)$", status, re.MULTILINE))
    for name in "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb":
        assert int(fields[name], 16) == 0, name
    assert fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2"
    assert "0" not in fields["Uid"].split() + fields["Gid"].split()


def test_the_sandbox_is_quiet(service):
    """Nothing that the daemon does runs into it; and systemd knows all the unit's words."""
    service.systemctl("restart")
    service.client().close()
    service.systemctl("reload")
    service.systemctl("stop")
    for word in "Operation not permitted", "Permission denied", "audit", "Unknown key":
        assert word not in service.journal()
    said = service.machine.run("systemd-analyze", "verify", "--man=no", "mtchatd.service")
    assert "mtchatd" not in said.stderr


def test_a_port_below_1024_takes_the_drop_in_of_the_manual(service):
    with service.client() as before, service.local_client() as local:
        service.restart(port=80)  # fails nobody: the old port stays
        service.wait_status(r"cannot listen on .*:80: Permission denied")
        service.wait_status(r'Status: ".*; new address refused')
        catch_up([before, local])
        service.client().close()
        service.drop_in(drop_in_shown("CAP_NET_BIND_SERVICE"))
        service.systemctl("restart")
        poll(lambda: service.refuses(PORT), "the old port closes")
        with service.client(80) as tcp:
            catch_up([tcp, before, local])
    service.drop_in("")
    service.systemctl("stop")
    assert service.systemctl("start", check=False).returncode != 0
    assert service.show("ExecMainStatus") == "69"


def test_the_socket_for_a_group_takes_the_drop_in_of_the_manual(service):
    machine = service.machine
    machine.run("groupadd", "--system", "chat")
    try:
        machine.run("usermod", "-a", "-G", "chat", "www-data")
        service.drop_in(drop_in_shown("RuntimeDirectoryMode"))
        for _ in range(2):
            service.systemctl("restart")
            done = machine.run("mtchat", "unix:" + SOCKET, user="www-data", data="hello\n")
            assert done.stdout == "hello\n"
            shut_out = machine.run("mtchat", "unix:" + SOCKET, user="nobody", check=False)
            assert shut_out.returncode == 69 and "Permission denied" in shut_out.stderr
    finally:
        service.systemctl("stop")  # else the group is in use
        machine.run("gpasswd", "--delete", "www-data", "chat")
        machine.run("groupdel", "chat")
