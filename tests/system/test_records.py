"""test_records.py - what the journal gets of those who come and go, and what it must not get"""
import json
import time

import pytest

from chatter import Client, poll, token
from service import MESSAGES


def only(records):
    assert len(records) == 1, records
    return records[0]


def clients_records(service, kind, client_id):
    return only([record for record in service.wait_records(kind, 1)
                 if record["CLIENT_ID"] == client_id])


def test_a_visit_is_two_records_with_all_fields(service):
    begin = time.monotonic()
    with service.connect() as client:
        host, port = client.sock.getsockname()
        connected = only(service.wait_records("CLIENT_CONNECTED", 1))
        client.say(b"/ping", b"0123456789")
        assert client.read_lines(2) == [b"* pong", b"0123456789"]
        assert client.silent(0.1)
        client.half_close()
        assert client.read_to_end() == b""
    assert connected["CLIENT_ADDRESS"] == f"{host}:{port}"
    assert connected["ROOM"] == "lobby"
    assert connected["PRIORITY"] == "6" and connected["SYSLOG_IDENTIFIER"] == "mtchatd"
    left = clients_records(service, "CLIENT_DISCONNECTED", connected["CLIENT_ID"])
    assert left["CLIENT_ADDRESS"] == connected["CLIENT_ADDRESS"]
    assert left["ROOM"] == "lobby" and left["REASON"] == "closed"
    assert 100 <= int(left["DURATION_MS"]) <= (time.monotonic() - begin) * 1000 + 1
    assert left["BYTES_IN"] == str(len("/ping\n0123456789\n"))
    assert left["BYTES_OUT"] == str(len("* pong\n0123456789\n"))
    assert len(service.records("CLIENT_CONNECTED")) == 1


@pytest.mark.parametrize("leave, reason", [
    (lambda client: (client.say(b"/quit"), client.read_to_end()), "quit"),
    (lambda client: (client.half_close(), client.read_to_end()), "closed"),
    (lambda client: client.reset(), "reset")], ids=["quit", "closed", "reset"])
def test_the_reason_is_told(service, leave, reason):
    with service.client() as client:
        leave(client)
    left = only(service.wait_records("CLIENT_DISCONNECTED", 1))
    assert left["REASON"] == reason and left["ROOM"] == "lobby"


def test_a_stop_tells_of_those_it_sends_away(service):
    with service.client() as client:
        service.systemctl("stop")
        assert client.read_to_end() == b""
    assert only(service.records("CLIENT_DISCONNECTED"))["REASON"] == "stopping"
    kinds = [record.get("MESSAGE_ID") for record in service.records()]
    assert kinds[-1] == MESSAGES["STOPPED"] and MESSAGES["STOPPING"] in kinds


def test_a_full_house_is_told(service):
    service.restart(max_clients=1)
    before = service.now()
    with service.client(), service.connect() as late:
        host, port = late.sock.getsockname()
        assert late.read_to_end().startswith(b"* server full")
        refused = only(service.wait_records("REFUSED_FULL", 1, before))
        assert refused["CLIENT_ADDRESS"] == f"{host}:{port}"


def test_nothing_of_what_is_said_is_in_the_journal(service):
    """Said in each way there is: said, refused, unknown, too long, unfinished, echoed."""
    secret = token().decode() + "-secret"
    service.restart(log_level="debug", max_line=64)
    with service.client() as client:
        client.say(secret.encode(), f"/{'x' * 8} {secret}".encode(), f"/ping {secret}".encode(),
                   secret.encode() * 40, f"\x1b[31m{secret}".encode())
        client.send(secret.encode())
        client.half_close()
        assert client.read_to_end().count(secret.encode()) >= 4
    service.reload(log_level="debug", mode="echo")
    with service.connect() as client:
        client.send(secret.encode())
        assert client.read_exactly(len(secret)) == secret.encode()
    service.wait_records("CLIENT_DISCONNECTED", 2)
    whole = service.machine.run("journalctl", "-o", "export", "--all").stdout
    assert MESSAGES["CLIENT_DISCONNECTED"] in whole
    assert secret not in whole


def test_a_storm_does_not_flood_the_journal(service):
    """20 of a kind pass in a second; the others are summed up, and no one is lost count of."""
    visits = 1500
    service.restart(max_clients=visits, log_level="debug")  # such visits are nothing else

    def storm():
        for _ in range(visits):
            Client(("127.0.0.1", 9190)).reset()

    before, begin = service.now(), time.monotonic()
    service.machine.in_network(storm)
    told = dict.fromkeys(("CLIENT_CONNECTED", "CLIENT_DISCONNECTED"), 0)

    def all_told():
        sums = [record["MESSAGE"] for record in service.records("RECORDS_SUMMED", before)]
        for kind, word in (("CLIENT_CONNECTED", "connected"), ("CLIENT_DISCONNECTED", "left")):
            told[kind] = len(service.records(kind, before)) + sum(
                int(text.split()[0]) for text in sums if word in text)
        return set(told.values()) == {visits}
    poll(all_told, f"{visits} visits in the journal")
    seconds = time.monotonic() - begin + 1
    assert len(service.records(after=before)) <= 2 * 21 * seconds
    assert len(service.records("CLIENT_CONNECTED", before)) >= 20
    suppressed = service.machine.run("journalctl", "--quiet", "-u", "systemd-journald",
                                     "--since", service.begin).stdout
    assert "Suppressed" not in suppressed


def test_the_catalog_explains_every_kind(service):
    listed = service.machine.run("journalctl", "--list-catalog").stdout
    for name, message_id in MESSAGES.items():
        assert message_id in listed, f"MESSAGE_{name} is not in the catalog"
        entry = service.machine.run("journalctl", "--dump-catalog", message_id).stdout
        text = entry.partition("\n\n")[2]
        assert "Subject: " in entry and "Defined-By: mtchatd" in entry, entry
        assert len(text.split()) >= 10, f"MESSAGE_{name}: hardly an explanation: {text}"


def test_journalctl_x_shows_it_with_the_fields_filled_in(service):
    with service.client() as client:
        host, port = client.sock.getsockname()
    service.wait_records("CLIENT_DISCONNECTED", 1)
    explained = service.journal("-x", "MESSAGE_ID=" + MESSAGES["CLIENT_DISCONNECTED"])
    text = [line for line in explained.splitlines() if line.startswith("░░")]
    assert "░░ Defined-By: mtchatd" in text, explained
    assert any(f"{host}:{port}" in line for line in text), explained
    assert "@" not in "".join(text), "a field that the record does not have"


def test_the_json_is_whole(service):
    """Each line of journalctl -o json is an object of its own with MESSAGE and PRIORITY."""
    with service.client():
        pass
    service.wait_records("CLIENT_DISCONNECTED", 1)
    for line in service.journal("-o", "json", "_SYSTEMD_UNIT=mtchatd.service").splitlines():
        record = json.loads(line)
        assert record["MESSAGE"] and record["PRIORITY"] in "34567"
        assert record["CODE_FILE"].startswith("src/") and int(record["CODE_LINE"]) > 0
