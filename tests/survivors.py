"""survivors.py - a crowd and its daemon, for the tests of survival"""
import fcntl
import re
import signal
import struct
import termios

from chaos import Crowd
from chatter import Client, catch_up
from passers import populate

FULL = rb"\* server full \(\d+ of %d\), try again later\n"


def crowd_for(service, talkers=5, listeners=10, movers=6, **options):
    crowd = Crowd(lambda: Client(service.tcp).sock, **options)
    crowd.add(listeners)
    crowd.add(talkers, talks=True, pings=True)
    crowd.add(1, every=0.005)
    populate(crowd, movers)
    return crowd


def strike(service, crowd, number=signal.SIGKILL):
    """End the daemon while the crowd goes on, and go on until the next life is ready."""
    following = service.kill(number, wait=False)
    crowd.mark(crash=number != signal.SIGTERM)
    crowd.run(until=lambda: service.ready_life >= following)


def same_clients(clients):
    """All are there, in one room, with nothing between."""
    catch_up(clients)
    clients[0].say(b"still here")
    for client in clients:
        assert client.read_line() == b"still here"


def unread(client):
    """What it sent and the other side has not got: TCP acknowledged, Unix received."""
    return struct.unpack("i", fcntl.ioctl(client.sock, termios.TIOCOUTQ, bytes(4)))[0]


def told_full(service, most):
    with Client(service.tcp) as late:
        return re.fullmatch(FULL % most, late.read_to_end())
