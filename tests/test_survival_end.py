"""test_survival_end.py - a real stop, the keeper, and survival in great numbers"""
import contextlib
import os
import random
import signal
import threading
import time

import pytest

from chatter import PATIENCE, Client, catch_up, gather, poll, push, short
from manager import Service, comm
from survivors import crowd_for, same_clients, strike, unread


@pytest.fixture(name="service")
def service_():
    with Service() as service:
        yield service


# A real stop

def test_a_real_stop_ends_everybody_in_order(service):
    speakers, commander = gather(service.tcp, 4), service.client()
    service.kill()
    commander.say(b"/ping x")
    assert commander.read_until(b"* pong x")
    catch_up([commander, *speakers])
    service.terminate()
    for speaker in speakers:
        assert speaker.read_to_end() == b""  # FIN; a reset would raise
    assert commander.read_to_end() == b"* server stopping\n"
    assert service.exit_status() == 0
    service.wait_log(r"\b5\b.*client|client.*\b5\b")
    assert not service.stored


def test_a_stop_that_does_not_come_is_forgotten():
    """SIGUSR1 for logs, as other daemons have it, makes no stop of a restart some days later."""
    with Service(tune={"announced_ms": 1}) as service:
        clients = gather(service.tcp, 3)
        os.kill(service.pid, signal.SIGUSR1)
        service.wait_log("a stop is announced")
        time.sleep(0.01)  # the deadline is to pass
        service.tune["announced_ms"] = 10000  # for the next life
        service.restart()
        same_clients(clients)
        assert not any("stopping" in line for line in service.lines)


def test_a_commander_stays_one(service):
    """Who has used a command before a kill is told of a stop after it."""
    commander = service.client()
    commander.say(b"/ping")
    assert commander.read_line() == b"* pong"
    service.kill()
    service.terminate()
    assert commander.read_to_end() == b"* server stopping\n"


def test_a_restart_tells_nobody(service):
    commander = service.client()
    commander.say(b"/ping")
    assert commander.read_line() == b"* pong"
    service.restart()
    assert commander.silent(0.1)
    same_clients([commander])


# The keeper

def keeper(service):
    return poll(lambda: [pid for pid in service.keepers() if parent(pid) == service.pid],
                "there is a keeper")[0]


def parent(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        return int(file.read().rpartition(")")[2].split()[1])
    return None


def test_the_keeper_is_one_process_of_that_name(service):
    assert comm(keeper(service)) == "keeper"
    assert len(service.keepers()) == 1


def test_a_keeper_that_is_killed_is_respawned(service):
    clients = gather(service.tcp, 2)
    for _ in range(3):
        old = keeper(service)
        os.kill(old, signal.SIGKILL)
        poll(lambda: service.keepers() and old not in service.keepers(), "there is a new keeper")
        same_clients(clients)
    assert service.lives == 1
    service.kill()
    same_clients(clients)


def test_the_keeper_ignores_sigterm_and_ends_with_the_daemon(service):
    clients, old = gather(service.tcp, 2), keeper(service)
    os.kill(old, signal.SIGTERM)  # systemd sends it to the whole control group
    same_clients(clients)
    assert keeper(service) == old
    for end in (service.kill, service.restart):
        old = keeper(service)
        end()
        poll(lambda: old not in service.keepers(), "the old keeper has ended")
    same_clients(clients)


def test_kills_of_the_daemon_and_its_keeper_lose_nobody_who_was_parked(service):
    clients = gather(service.tcp, 5)
    for _ in range(3):
        os.kill(keeper(service), signal.SIGKILL)
        service.kill()
        same_clients(clients)


# Crowded

@pytest.mark.parametrize("road", ["tcp", "unix"])
def test_a_thousand_idle_clients_are_there_again(road):
    with Service(max_clients=1100) as service:
        clients = gather(getattr(service, road), short(1000))
        service.kill()
        last = clients[0]
        last.say(b"the last line")
        for client in clients:
            client.read_until(b"the last line")
        assert len(service.stored) < 40, "one entry a client is too dear"


def test_a_stuck_reader_is_told_what_it_missed_over_a_kill():
    with Service(slow_grace_ms=50, room_log_kib=256) as service, crowd_for(service) as crowd:
        crowd.add(2, stuck=(1.0, 0.3))
        crowd.gather()
        for _ in range(short(5)):
            crowd.run(0.5)
            strike(service, crowd)
        crowd.finish().check()


def test_a_rate_limit_goes_on_over_a_kill():
    with Service(rate_lines=50, rate_burst=5) as service:
        client = service.client()
        lines = [b"slowly %d" % i for i in range(40)]
        client.say(*lines)
        client.read_line()
        service.kill()
        assert client.read_lines(39) == lines[1:]


def test_a_flooder_that_nobody_reads_is_paused_not_lost():
    with Service(mode="echo") as service:
        stuck = Client(service.tcp, rcvbuf=65536)
        data = random.Random(5).randbytes(1 << 20)
        sent = push(stuck, data, limit=50 << 20)
        service.kill()
        stuck.half_close()
        wanted = (data * (sent // len(data) + 1))[:sent]
        assert stuck.read_to_end() == wanted


def test_a_storm_of_comings_over_kills():
    """What was accepted and not yet parked is the keeper's care."""
    with Service(max_clients=2000) as service:
        stays, ended, refused = [], threading.Event(), []

        def come():
            while not ended.is_set() and len(stays) < 1500:
                try:
                    stays.append(Client(service.tcp))
                except OSError as error:
                    refused.append(error)
        threads = [threading.Thread(target=come, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(short(20)):
            service.kill()
        ended.set()
        for thread in threads:
            thread.join(PATIENCE)
        assert not refused
        for client in stays:
            client.enter()
        same_clients(stays)


def test_churning_leaves_nothing_behind(service):
    """Descriptors, store entries and processes are no more after a hundred lives of others."""
    stays = gather(service.tcp, 2)
    service.kill()
    catch_up(stays)
    fds, stored = len(service.fds()), sorted(service.stored)
    for _ in range(short(20)):
        for client in gather(service.tcp, 5):
            client.close()
        service.kill()
    catch_up(stays)
    service.wait_fds(fds)
    assert sorted(service.stored) == stored
    poll(lambda: len(service.remains()) == 2, "the daemon and one keeper are left")


def test_what_comes_after_quit_counts_for_nothing(service):
    """It was sent FIN and goes on talking: that is thrown away, before the kill and after it."""
    with service.client() as listener, service.client() as leaver:
        catch_up([listener, leaver])
        leaver.say(b"/quit")
        leaver.read_to_end()
        leaver.send(b"too late\n" * 1000)
        poll(lambda: unread(leaver) == 0, "it is thrown away")
        service.kill()
        leaver.send(b"later still\n")
        listener.say(b"who is here")
        assert listener.read_line() == b"who is here"
        assert not any("cannot be used" in line for line in service.lines), service.lines
