"""named.py - clients with names, and what each of them hears"""
import contextlib
import time

from chatter import PATIENCE, gather, token


def short_id(value):
    """For a test with values that are too long to be read."""
    return ascii(value)[:30]


def ask(client, *lines):
    """Say them; all that it hears up to there, the answers among it.

    The answer to a /ping stands behind everything that was said before, and it looks the same
    whatever the name of the asker is.
    """
    mark = token()
    client.say(*lines, b"/ping " + mark)
    return client.read_until(b"* pong " + mark)[:-1]


def heard(crier, *clients):
    """What each hears up to a line of the crier, who has no name; of the crier itself nothing."""
    last = token()
    crier.say(last)
    crier.read_until(last)
    return [client.read_until(last)[:-1] for client in clients]


def notice(client, *lines):
    """The one notice that these lines are answered with; nothing else must come.

    What others said before is passed over; a notice that nobody asked for is not.
    """
    before = ask(client)
    assert not any(line.startswith(b"* ") for line in before), before
    answers = ask(client, *lines)
    assert len(answers) == 1 and answers[0].startswith(b"* "), answers
    return answers[0]


def prefix(client):
    """What the server puts before its lines."""
    word = token()
    return next(line for line in ask(client, word) if line.endswith(word))[:-len(word)]


def take(client, name):
    """It has that name from now on, and its next line, which is said here, shows it."""
    answer = notice(client, b"/name " + name)
    assert name in answer and prefix(client) == b"[%s] " % name, answer


def refuse(client, name):
    """It does not get that name, and keeps what it has; the reason."""
    before = prefix(client)
    answer = notice(client, b"/name " + name)
    assert prefix(client) == before, answer
    return answer


def take_when_free(client, name):
    """As soon as its holder's leave is done."""
    end = time.monotonic() + PATIENCE
    while [line for line in ask(client, b"/name " + name) if line.startswith(b"* ")] == [
            b"* the name %s is taken" % name]:
        assert time.monotonic() < end, f"{name} is never free"
        time.sleep(0.01)
    assert prefix(client) == b"[%s] " % name


@contextlib.contextmanager
def company(where, *names, **options):
    """Clients in the room, with nothing to read: one for each name, None has none."""
    clients = gather(where, len(names) + 1, **options)
    crier = clients.pop()
    try:
        for client, name in zip(clients, names):
            if name:
                take(client, name)
        heard(crier, *clients)
        crier.close()
        yield clients
    finally:
        for client in (crier, *clients):
            client.close()
