"""test_surroundings.py - what the unit may meet: another file, late addresses, sockets, containers"""
import os

from chatter import Client, catch_up, poll
from service import CONFIG, MESSAGES, OVERRIDE, PORT, drop_in_shown

SOCKET_UNIT = "/etc/systemd/system/mtchatd.socket"
OTHER = "/etc/chat/lan.conf"  # of the manual


def test_reload_judges_the_file_that_a_drop_in_names(service):
    machine = service.machine
    good = machine.read(CONFIG)
    machine.write(OTHER, good)
    service.drop_in(drop_in_shown("MTCHATD_CONFIG"))
    service.systemctl("restart")
    try:
        machine.write(OTHER, "port = 99999;\n")
        assert service.systemctl("reload", check=False).returncode != 0
        machine.write(OTHER, good)
        machine.write(CONFIG, "port = 99999;\n")
        service.systemctl("reload")
        service.client().close()
    finally:
        machine.write(CONFIG, good)


def test_an_address_that_comes_after_the_start(service):
    machine = service.machine
    machine.write(OVERRIDE, 'listen = [ "127.0.0.1", "10.99.0.5", "fd00:77::6" ];\n')
    service.systemctl("stop")
    service.systemctl("start")
    assert len(service.wait_records("ADDRESS_ABSENT", 2)) == 2
    addresses = {"10.99.0.5": "24", "fd00:77::6": "64"}
    for address, length in addresses.items():
        machine.run("ip", "address", "add", f"{address}/{length}", "dev", "lo")
    try:
        clients = [machine.in_network(Client, (address, PORT)).enter() for address in addresses]
        catch_up([*clients, service.client()])
    finally:
        for address, length in addresses.items():
            machine.run("ip", "address", "del", f"{address}/{length}", "dev", "lo")


def test_one_family_is_enough(service):
    service.drop_in("[Service]\nRestrictAddressFamilies=\n"
                    "RestrictAddressFamilies=AF_INET6 AF_UNIX\n")
    service.systemctl("stop")
    service.systemctl("start")
    assert "no IPv4 here" in service.wait_records("STARTED", 1)[-1]["MESSAGE"]
    service.machine.in_network(Client, ("::1", PORT)).enter().close()


def test_a_socket_unit(service):
    machine = service.machine
    machine.write(SOCKET_UNIT, "[Socket]\nListenStream=9777\nListenStream=/run/chat-here\n"
                               "ListenDatagram=9778\n")
    machine.run("systemctl", "daemon-reload")
    service.systemctl("stop")
    machine.run("systemctl", "start", "mtchatd.socket")
    try:
        with service.connect(9777) as first, Client(machine.path("/run/chat-here")) as local:
            catch_up([first.enter(), local.enter()])
            kept = service.show("NFileDescriptorStore")
            for end in ("restart", "kill --signal=KILL --kill-whom=main"):
                before = service.pid
                catch_up([first, local])
                inode = os.stat(machine.path("/run/chat-here")).st_ino
                machine.run("systemctl", *end.split(), "mtchatd")
                poll(lambda one=before: service.pid not in (0, one) or None, "another process")
                with service.client(9777) as new:
                    catch_up([first, local, new])
                assert os.stat(machine.path("/run/chat-here")).st_ino == inode
            assert service.show("NFileDescriptorStore") == kept
        useless = service.wait_records("SOCKET_USELESS", 3)  # once for each process
        assert len(useless) == 3 and all("mtchatd.socket" in one["MESSAGE"] for one in useless)
    finally:
        machine.run("systemctl", "stop", "mtchatd.socket", "mtchatd.service")
        os.unlink(machine.path(SOCKET_UNIT))
        machine.run("systemctl", "daemon-reload")


def test_a_container_without_mounts_takes_the_drop_in_of_the_manual(service):
    """It needs no namespace then, so that nobody can refuse one."""
    machine = service.machine
    machine.run("useradd", "--system", "--user-group", "mtchat")
    try:
        service.drop_in(drop_in_shown("DynamicUser=no"))
        service.systemctl("restart")
        for kind in ("mnt", "uts", "user", "net", "ipc"):
            theirs, ours = (machine.run("readlink", f"/proc/{pid}/ns/{kind}").stdout
                            for pid in (1, service.pid))
            assert theirs == ours, kind
        catch_up([service.client(), service.local_client()])
        service.drop_in("")
    finally:
        service.systemctl("stop")  # else the account is in use
        machine.run("userdel", "mtchat")


def test_sigusr1_alone_makes_no_stop_of_a_restart(service):
    with service.client() as client:
        service.machine.run("systemctl", "kill", "--signal=USR1", "--kill-whom=main", "mtchatd")
        service.wait_records("STOP_ARMED", 1)
        poll(lambda: client.silent(10.5), "the announcement is over")
        service.systemctl("restart")
        catch_up([client])
        kinds = [record.get("MESSAGE_ID") for record in service.records()]
        assert MESSAGES["STOPPING"] not in kinds and MESSAGES["HANDING_ON"] in kinds


def test_records_of_a_time_without_journald_are_counted(service):
    units = ["systemd-journald.socket", "systemd-journald-dev-log.socket", "systemd-journald"]
    service.machine.run("systemctl", "stop", *units, check=False)
    for _ in range(3):
        service.client().close()
    service.machine.run("systemctl", "start", *units)
    service.client().close()
    lost = service.wait_records("RECORDS_DROPPED", 1)
    assert "messages were dropped" in lost[0]["MESSAGE"]
