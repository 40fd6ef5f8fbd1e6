"""test_judge.py - the tests' own manager and judge: each fault is found, and nothing else"""
import os
import signal
import sys
import time

import pytest

from chaos import Crowd
from chatter import Client, catch_up, gather, poll
from ears import Ear, EventEar, Owed
from guests import Echoer
from judge import Log, Place, Verdict, make_line
from manager import Service

FAKE = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake.py")]


def fake(**options):
    return Service(command=FAKE, **options)


def crowd_of(service, **options):
    crowd = Crowd(lambda: Client(service.tcp).sock, seed=1, **options)
    crowd.add(5)
    crowd.add(5, talks=True, pings=True)
    crowd.add(1, every=0.005)
    return crowd


def test_a_faultless_crowd_over_restarts():
    with fake() as service, crowd_of(service, churners=3) as crowd:
        crowd.gather()
        for _ in range(3):
            crowd.run(0.2)
            following = service.kill(signal.SIGTERM, wait=False)
            crowd.mark(crash=False)
            crowd.run(until=lambda: service.ready_life >= following)
        crowd.run(0.2)
        verdict = crowd.finish()
        verdict.check()
        assert verdict.lines > 100 and verdict.deliveries > 10 * verdict.lines
        assert verdict.pongs and verdict.connections > 11 and len(verdict.gaps) == 3
        median, longest = crowd.gap()
        assert 0 < median <= longest < 20
        assert service.lives == 4


@pytest.mark.parametrize("fault, found", [
    ("lost", {"lost": 1}), ("doubled", {"doubled": 1}), ("cut", {"cut": 1, "lost": 1}),
    ("swapped", {"out_of_order"}), ("hangup", {"lost_connections": 1}),
    ("lost-all", {"lost": 1}), ("doubled-all", {"doubled": 1}), ("cut-all", {"cut": 1, "lost": 1}),
    ("pong-lost", {"bad_pongs"}), ("pong-doubled", {"bad_pongs"}), ("pong-late", {"bad_pongs"})])
def test_each_fault_is_found(fault, found):
    number = 5 if "pong" in fault else 200
    with fake(env={"FAKE_FAULT": f"{fault}:{number}"}) as service, crowd_of(service) as crowd:
        crowd.gather()
        crowd.run(until=lambda: crowd.verdict.lines > 400 and crowd.verdict.pongs > 20)
        faults = crowd.finish(seconds=2).faults()
        if isinstance(found, dict):
            faults.pop("bad_pongs", None)  # of one that waited for the line that is lost
            assert faults == found, crowd.verdict.samples
        elif fault == "swapped":  # out of order for whoever writes the log, a gap for the others
            assert set(faults) in (found, {"lost", "doubled"}), crowd.verdict.samples
        else:
            assert set(faults) == found, crowd.verdict.samples


def test_a_kill_that_loses_half_a_line_is_found():
    """The fake forgets what it had read; its store keeps the connections."""
    with fake() as service, crowd_of(service) as crowd:
        crowd.gather()
        for _ in range(20):
            crowd.run(0.05)
            following = service.kill(wait=False)
            crowd.mark()
            crowd.run(until=lambda: service.ready_life >= following)
        faults = crowd.finish(seconds=2).faults()
        assert faults and "lost_connections" not in faults


def test_echo():
    with fake(mode="echo") as service, Crowd(lambda: Client(service.tcp).sock) as crowd:
        crowd.add(5, kind=Echoer)
        crowd.run(0.3)
        verdict = crowd.finish()
        verdict.check()
        assert verdict.deliveries > 5


class Told:
    """An ear, and the log that another one has heard."""

    def __init__(self, **options):
        self.verdict = Verdict()
        self.log = Log(self.verdict)
        self.lines = [make_line(1, i) for i in range(100)]
        for line in self.lines:
            self.log.expect(1, line)
        first = Ear(self.log, 0)
        first.hear(b"".join(self.lines[:60]))
        self.ear = Ear(self.log, 0, **options)

    def hear(self, *parts):
        self.ear.hear(b"".join(parts))
        return self.verdict.faults()


def test_a_skip_must_be_told_exactly():
    told = Told(may_skip=True)
    notice = b"* 30 lines skipped (k3f9.111-140)\n"
    assert told.hear(*told.lines[:10], notice, *told.lines[40:50]) == {}
    assert told.verdict.skipped == 30 and told.ear.at == sum(map(len, told.lines[:50]))
    assert told.hear(b"* 2 lines skipped (k3f9.151-152)\n", *told.lines[52:]) == {}
    told.log.extend(b"")
    assert told.verdict.faults() == {} and told.ear.is_done()
    told = Told(may_skip=True)
    assert told.hear(notice, *told.lines[29:40]) == {"doubled": 1}
    told = Told(may_skip=True)
    assert told.hear(notice, *told.lines[31:40]) == {"lost": 1}
    told = Told(may_skip=True)
    told.hear(notice, told.lines[30])
    assert told.hear(b"* 2 lines skipped (k3f9.151-152)\n", told.lines[33]) == {"bad_skips": 1}
    assert Told().hear(notice) == {"surprises": 1}


def test_a_skip_beyond_what_anybody_has_heard_is_waited_for():
    told = Told(may_skip=True)
    assert told.hear(b"* 70 lines skipped (k3f9.1-70)\n", *told.lines[70:80]) == {}
    assert not told.ear.is_done()
    Ear(told.log, told.log.end).hear(b"".join(told.lines[60:90]))
    assert told.hear(*told.lines[80:90]) == {} and told.ear.is_done()


def test_a_repeat_is_a_fault_but_for_a_unix_client_after_a_crash():
    for cut in range(0, 60, 7):  # the stretch begins and ends anywhere
        for crashes in (1, 0):
            told = Told(repeats_most=lambda: crashes)
            stream = b"".join(told.lines[:40])
            at = len(stream) // 2 + cut
            faults = told.hear(stream[:at] + stream[at - 300:])
            assert bool(faults) == (crashes == 0) and told.verdict.repeats == crashes


def test_lines_differ_and_are_of_all_sizes():
    lines = [make_line(talker, i) for talker in range(1, 20) for i in range(300)]
    assert len(set(lines)) == len(lines)
    sizes = [len(line) - 1 for line in lines]
    assert min(sizes) < 20 and max(sizes) > 1500 and max(sizes) <= 2000


def test_down_keeps_connections_and_what_they_say():
    with fake() as service:
        clients = gather(service.tcp, 3)
        catch_up(clients)
        with service.down(signal.SIGTERM):
            assert service.remains() == []
            clients[0].say(b"into the dark")
            late = Client(service.tcp)
        for client in clients:
            assert client.read_line() == b"into the dark"
        late.enter()
        assert service.status == "a fake" and service.statuses == [0]
        poll(lambda: len(service.stored) == 5 and "listener" in service.stored, "all are stored")


def test_what_no_daemon_should_do_is_a_fault():
    service = fake(most=2)
    try:
        gather(service.tcp, 3)
        poll(lambda: service.faults, "the third client is one too many")
        with pytest.raises(AssertionError):
            service.stop()
    finally:
        service.discard()
    assert service.remains() == []


def test_a_hopeless_daemon_is_not_started_again():
    service = Service(command=["/bin/sh", "-c", "exit 78"], wait=False)
    try:
        assert service.exit_status() == 78 and service.lives == 1
    finally:
        service.discard()
    service = Service(command=["/bin/false"], wait=False)
    try:
        assert service.exit_status() == 1 and service.lives > 10 and service.faults
    finally:
        service.discard()


def test_the_judge_keeps_up():
    """300,000 deliveries a second on an idle processor; a tenth of it here."""
    told = Told()
    lines = [make_line(2, i) for i in range(3000)]
    for line in lines:
        told.log.expect(2, line)
    stream = b"".join(lines)
    Ear(told.log, told.log.end).hear(stream)
    begin, cpu = told.log.position(60), time.process_time()
    ears = [Ear(told.log, begin) for _ in range(20)]
    for at in range(0, len(stream), 4000):
        cut = stream.rfind(b"\n", 0, at) + 1, stream.rfind(b"\n", 0, at + 4000) + 1
        for ear in ears:
            ear.hear(stream[slice(*cut)])
    assert 60000 / (time.process_time() - cpu) > 30000


# Events, and both renderings together

def event(number, text, name=None, second=0, more=""):
    by = f'"{name}"' if name else "null"
    return (f'{{"ev":"say","id":"k3f9.{number}","t":"2026-11-21T10:31:{second:02}.000Z",'
            f'"room":"tea","from":{by},"text":"{text}"{more}}}\n').encode()


class ToldEvents:
    """A room that is heard in both renderings; t1 has no name, b2 has one."""

    def __init__(self, **options):
        self.verdict = Verdict()
        self.place = Place(self.verdict, b"tea")
        self.place.admit_programs()
        self.place.events.begin(b"k3f9", 100)
        for i in range(50):
            self.place.say(1, b"t1 %d x" % i)
        self.lines = [event(101 + i, f"t1 {i} x") for i in range(50)]
        self.texts = [b"t1 %d x\n" % i for i in range(50)]
        self.first = EventEar(self.place.events, 0)
        self.text = Ear(self.place.text, 0, **options)
        self.ear = EventEar(self.place.events, 0, 1, **options)

    def hear(self, *parts, ear=None):
        (ear or self.ear).hear(b"".join(parts))
        return self.verdict.faults()


def test_events_are_compared_and_so_is_what_they_show():
    told = ToldEvents()
    assert told.hear(*told.lines) == {} == told.hear(*told.texts, ear=told.text)
    assert told.ear.is_done() and told.text.is_done() and told.ear.seen == 50
    assert told.place.text.ids_of == list(range(101, 151))
    assert told.hear(*told.lines[:49], told.lines[48], ear=told.first) == {"doubled": 1}


@pytest.mark.parametrize("wrong", [
    event(105, "t1 3 x"), event(103, "t1 3 x"), event(104, "t1 3 x").replace(b"k3f9", b"k3f8")])
def test_a_wrong_id_is_found(wrong):
    told = ToldEvents()
    told.hear(*told.lines[:3], wrong)
    assert told.verdict.bad_ids == 1


def test_a_time_that_goes_back_is_found():
    told = ToldEvents()
    assert told.hear(event(101, "t1 0 x", second=7), event(102, "t1 1 x", second=7)) == {}
    assert told.hear(event(103, "t1 2 x", second=6)) == {"bad_ids": 1}


@pytest.mark.parametrize("spoil, found", [
    (lambda line: line.replace(b'"tea"', b'"den"'), {"cut"}),
    (lambda line: line.replace(b"null", b'"b2"'), {"cut"}),
    (lambda line: line.replace(b'"t1 3 x"', b'"t1 2 x"'), {"doubled"}),
    (lambda line: line.replace(b'"t1 3 x"', b'"t1 3 x","n":"1-3"'), {"cut"}),
    (lambda line: line.replace(b'"t1 3 x"', b'"t1 4 x"'), {"lost"})])
def test_an_event_that_should_not_be_there_is_found(spoil, found):
    told = ToldEvents()
    told.hear(*told.lines[:3], spoil(told.lines[3]))
    told.place.events.count_lost()
    assert set(told.verdict.faults()) >= found


def test_lines_that_are_not_the_same_in_both_renderings_are_found():
    told = ToldEvents()
    told.place.say(1, b"t1 50 y", b"b1")
    told.hear(*told.lines, event(151, "t1 50 y", "b1"))
    told.place.text.wanted[1][-1] = b"t1 50 y\n"  # the name is missing, and nobody knows
    assert told.hear(*told.texts, b"t1 50 y\n", ear=told.text) == {"twisted": 1}


def told_of_names():
    told = ToldEvents(may_skip=True)
    told.place.tell(2, b"join", b"b2")
    told.place.tell(2, b"rename", b"b2", b',"to":"b2.1"')
    told.place.tell(2, b"leave", b"b2.1", b',"reason":"closed"')
    head = '{{"ev":"{}","id":"k3f9.{}","t":"2026-11-21T10:31:00.000Z","room":"tea",'
    return told, [(head + tail).format(kind, number, "{}").encode() for kind, number, tail in [
        ("join", 101, '"name":"b2"}}\n'), ("rename", 102, '"name":"b2","to":"b2.1"}}\n'),
        ("leave", 103, '"name":"b2.1","reason":"reset"}}\n')]]


def test_joins_renames_and_leaves_come_once():
    told, events = told_of_names()
    assert told.hear(*events) == {} and not told.place.events.wanted[2]
    assert told.hear(events[2].replace(b".103", b".104")) == {"doubled": 1}
    told, events = told_of_names()
    told.hear(events[0], events[2].replace(b".103", b".102"))
    for ear in told.place.events, told.place.text:
        ear.forgive(1)
        ear.count_lost()
    assert told.verdict.faults() == {"lost": 1}


def test_an_answer_has_its_place():
    pong = b'{"ev":"pong","token":"x"}\n'
    for at, found in (5, {}), (4, {"bad_answers": 1}), (6, {"bad_answers": 1}):
        told = ToldEvents()
        told.ear.owed.append(Owed(pong, 5))
        assert told.hear(*told.lines[:at], pong, *told.lines[at:]) == found
    assert told.hear(pong) == {"bad_answers": 1, "bad_pongs": 1}
    assert ToldEvents().hear(b'{"ev":"notice","code":"help","text":"x"}\n') == {"surprises": 1}
    told = ToldEvents()
    told.ear.owed.extend([Owed(b"* one\n", 0), Owed(pong, 0)])
    assert told.hear(pong) == {"bad_answers": 1} and not told.ear.owed


def test_a_private_line_comes_once_and_in_order():
    said = [b'{"ev":"priv","from":"b2","to":"b1","text":"p2 %d"}\n' % i for i in range(3)]
    heard = [line.replace(b',"from"', b',"t":"2026-11-21T10:31:00.000Z","from"') for line in said]
    for order, found in ((0, 1, 2), {}), ((0, 2), {"bad_whispers": 1}), (
            (0, 1, 1, 2), {"bad_whispers": 1}), ((1, 0, 2), {"bad_whispers": 2}):
        told = ToldEvents()
        told.ear.whispers[2].extend(said)
        assert told.hear(*(heard[i] for i in order)) == found


def test_a_skip_of_events_must_be_told_exactly():
    skip = b'{"ev":"skip","from":"k3f9.%d","to":"k3f9.%d","lines":%d}\n'
    for first, last, lines, found in [(111, 120, 10, set()), (110, 120, 11, {"bad_skips"}),
                                      (112, 120, 9, {"bad_skips"}), (111, 120, 9, {"bad_skips"})]:
        told = ToldEvents(may_skip=True)
        told.hear(*told.lines, ear=told.first)
        told.hear(*told.lines[:10], skip % (first, last, lines), *told.lines[20:])
        assert found <= set(told.verdict.faults()) and bool(found) == bool(told.verdict.faults())


def test_a_skip_after_a_crash_may_begin_with_what_a_unix_client_has():
    """Its last send() was not counted: 101 to 110 have come, and count as missed from 106 on."""
    skip = b'{"ev":"skip","from":"k3f9.106","to":"k3f9.120","lines":15}\n'
    for crashes, found in (0, {"bad_skips"}), (1, set()):
        told = ToldEvents(may_skip=True, repeats_most=lambda most=crashes: most)
        told.hear(*told.lines, ear=told.first)
        told.hear(*told.lines[:10], skip, *told.lines[20:])
        assert found <= set(told.verdict.faults()) and bool(found) == bool(told.verdict.faults())
        assert told.verdict.repeats == crashes


def test_a_skip_counts_what_text_clients_do_not_see():
    """Ten lines of the room, three of which are seen only by programs."""
    told, names = told_of_names()
    told.hear(*names, *(event(104 + i, f"t1 {i} x") for i in range(50)))
    told.hear(*told.texts, ear=Ear(told.place.text, 0))
    for ear, skip, found in [
            (told.text, [b"* 10 lines skipped (k3f9.101-110)\n", *told.texts[7:]], set()),
            (Ear(told.place.text, 0, may_skip=True),
             [told.texts[0], b"* 5 lines skipped (k3f9.106-110)\n", *told.texts[7:]],
             {"bad_skips", "lost"})]:
        assert set(told.hear(*skip, ear=ear)) == found
    assert told.text.is_done()


def test_a_replay_must_be_whole():
    mark, live = b'{"ev":"replay"}\n', b'{"ev":"live"}\n'
    for count, found in (5, {}), (4, {"bad_answers": 1}):
        told = ToldEvents()
        told.ear.owed.extend([Owed(mark, 50, lambda _, ear=told.ear: ear.begin_replay(5)),
                              Owed(live, 50, lambda _, ear=told.ear: ear.end_replay())])
        assert told.hear(*told.lines, mark, *told.lines[45:45 + count], live) == found
        assert told.ear.is_done()


def test_who_comes_in_is_found_by_its_own_line():
    told = ToldEvents()
    told.hear(*told.texts, ear=Ear(told.place.text, 0))
    told.place.say(7, b"t7 0 x", b"b7")
    told.hear(b"[b7] t7 0 x\n", ear=Ear(told.place.text, told.place.text.end))
    mine = Ear(told.place.text, 0, 7)
    mine.enter_by(told.place.text, b"[b7] t7 0 x\n")
    assert told.hear(*told.texts[40:44], ear=mine) == {} and mine.held
    assert told.hear(*told.texts[44:], b"[b7] t7 0 x\n", ear=mine) == {} and mine.is_done()
    other = Ear(told.place.text, 0, 7)
    told.place.text.own_ends[7].append((told.place.text.end, 0))
    other.enter_by(told.place.text, b"[b7] t7 0 x\n")
    assert told.hear(told.texts[48][1:], told.texts[49], b"[b7] t7 0 x\n", ear=other) != {}
