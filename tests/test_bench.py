"""test_bench.py - the benchmark: its table (ratios, goals, faults), its pictures, and its load"""
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import xml.etree.ElementTree

import pytest

BENCH = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(__file__))), "bench")
BUSY = ["w1", 10, 4, 64]
CALM = ["w1", 100, 4, 64]
STUCK = ["w4", 100, 4, 64]
SLOW = ["w2", 10, 4, 0]


def result(case, peer, number=0, **figures):
    return {"case": case, "peer": peer, "round": number, **figures}


def kept(folder, results, name="kept.json", **changes):
    path = folder / name
    path.write_text(json.dumps({"date": "2026-01-02", "where": "a machine", "pin": "split",
                                "missing": [], "results": results, **changes}))
    return str(path)


def bench(script, *arguments, **environment):
    return subprocess.run([sys.executable, "-B", os.path.join(BENCH, script), *arguments],
                          env=dict(os.environ, **environment), timeout=60,
                          capture_output=True, text=True)


def table(folder, results, *arguments, **changes):
    """Status, and the cells of each row by work and figure, and what stands around the table."""
    done = bench("run", "--from", kept(folder, results, **changes), *arguments)
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line[:1] == "|"]
    return (done.returncode, {(row[0], row[1]): row[2:] for row in rows[2:]},
            [line for line in lines if line[:1] != "|"])


def cpu(case, peer, *values):
    return [result(case, peer, number, cpu_s_per_million=value)
            for number, value in enumerate(values)]


def test_a_ratio_is_taken_within_a_round(tmp_path):
    """The machine is ten times as slow in the second round: no ratio shows it."""
    status, rows, rest = table(tmp_path, cpu(BUSY, "mtchatd", 1, 10, 1.2) +
                               cpu(BUSY, "redis", 10, 100, 10) + cpu(BUSY, "nats", 11, 9, 99) +
                               cpu(BUSY, "floor-batch", 2, 20, 2))
    assert status == 0
    assert rows["W1, R=10, window 64", "CPU, µs/delivery"] == [
        "1.2", "redis 10", "0.1", "batch 2", "0.5", "≤ 0.17 × best, < floor", "yes"]
    assert rest[0] == "2026-01-02, a machine, loopback, server and load on a core each, 3 rounds"


@pytest.mark.parametrize("mine, verdict", [(1.6, "yes"), (1.8, "**no**")])
def test_a_goal_is_reached_or_not(tmp_path, mine, verdict):
    results = cpu(BUSY, "mtchatd", mine) + cpu(BUSY, "redis", 10) + cpu(BUSY, "floor-batch", 2)
    _, rows, _ = table(tmp_path, results)
    assert rows["W1, R=10, window 64", "CPU, µs/delivery"][-1] == verdict


def test_a_goal_without_its_peer_is_open(tmp_path):
    _, rows, rest = table(tmp_path, cpu(BUSY, "mtchatd", 1) + cpu(BUSY, "floor-batch", 2))
    assert rows["W1, R=10, window 64", "CPU, µs/delivery"] == [
        "1", "", "", "batch 2", "0.5", "≤ 0.17 × best, < floor", "?"]
    assert rest[-1] == "Reached: 0 of the 1 rows that want something; 1 could not be judged."


def test_every_goal_is_about_what_is_measured():
    sys.path.insert(0, BENCH)
    from figures import FIGURES, WORKS
    from goals import GOALS
    from peers import cases
    measured = set(cases(WORKS, [10, 100, 1000], [1, 64]))
    assert [goal for goal in GOALS if goal.case not in measured] == []
    assert [goal for goal in GOALS if goal.figure not in FIGURES[goal.case.work]] == []


def test_more_is_better_for_throughput(tmp_path):
    results = [result(BUSY, peer, deliveries_per_s=rate)
               for peer, rate in (("mtchatd", 9e6), ("redis", 1e6), ("nats", 2e6))]
    _, rows, _ = table(tmp_path, results)
    assert rows["W1, R=10, window 64", "deliveries/s"] == [
        "9 M", "nats 2 M", "4.5", "", "", "≥ 4 × best", "yes"]


def test_others_beside_a_stuck_one_are_held_against_those_without(tmp_path):
    results = [result(CALM, "mtchatd", lat_p99_us=1000),
               result(STUCK, "mtchatd", lat_p99_us=1300, stuck_end="alive"),
               result(STUCK, "redis", lat_p99_us=9000, stuck_end="eof")]
    _, rows, _ = table(tmp_path, results)
    assert rows["W4, one of 100 is stuck", "the others' p99, ms"] == [
        "1.3", "redis 9", "0.144", "", "", "≤ 1.15 × W1: 1.3", "**no**"]
    assert rows["W4, one of 100 is stuck", "it is kept"] == [
        "yes", "redis no", "", "", "", "yes", "yes"]


@pytest.mark.parametrize("fault, words", [
    ({"lost": 3}, "3 lines lost"), ({"corrupt": 1}, "1 lines damaged"), ({"stalled": 1}, "stalled"),
    ({"error": "did not start"}, "did not start"),
    ({"server_exit": -11}, "the server ended: -11")])
def test_faults_are_told(tmp_path, fault, words):
    results = [{**cpu(BUSY, "mtchatd", 1)[0], **fault}, *cpu(BUSY, "redis", 10)]
    status, _, rest = table(tmp_path, results)
    assert status == 1
    assert rest[-1] == f"FAULT: mtchatd, W1, R=10, window 64: {words} (round 1)"


def test_a_peer_with_a_fault_is_not_compared(tmp_path):
    results = cpu(BUSY, "mtchatd", 1) + cpu(BUSY, "redis", 10)
    results += [{**cpu(BUSY, "nats", 2)[0], "lost": 7}]
    status, rows, rest = table(tmp_path, results)
    assert status == 0
    assert rows["W1, R=10, window 64", "CPU, µs/delivery"][1] == "redis 10"
    assert rest[-1] == "Not compared: nats, W1, R=10, window 64: 7 lines lost (round 1)"


def test_several_files_are_rounds_of_one(tmp_path):
    more = kept(tmp_path, cpu(BUSY, "mtchatd", 3, 8), "more.json")
    _, rows, rest = table(tmp_path, cpu(BUSY, "mtchatd", 1), more)
    assert rows["W1, R=10, window 64", "CPU, µs/delivery"][0] == "3"
    assert rest[0].endswith("3 rounds")
    other = kept(tmp_path, cpu(BUSY, "mtchatd", 1), "other.json", where="another machine")
    done = bench("run", "--from", more, other)
    assert done.returncode == 1 and "do not go into one table" in done.stderr


def test_missing_peers_are_named(tmp_path):
    _, _, rest = table(tmp_path, cpu(BUSY, "mtchatd", 1), missing=["nats", "ngircd"])
    assert rest[-1] == ("Not here, so not compared: nats, ngircd; to get them, for the benchmark "
                        "alone: ./dev bench --peers nats,ngircd")


def test_what_is_to_be_fetched_is_told_before_anything_is_built(tmp_path):
    """--packages: with --quick only peers that are named; whatever else is missing is told."""
    nothing = {"PATH": str(tmp_path)}
    bench_here = os.path.join(str(tmp_path), "bench")
    shutil.copytree(BENCH, bench_here)  # a tree without build/peers
    done = subprocess.run([sys.executable, "-B", "-c", "import runpy, sys, servers\n"
                           "servers.SERVER_FOLDERS = ()\nsys.argv.pop(0)\n"
                           "runpy.run_path(sys.argv[0], run_name='__main__')", "run", "--packages",
                           "--quick", "--peers", "redis,nats"], cwd=bench_here, timeout=60,
                          env=dict(os.environ, **nothing), capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "redis-server\nnats-server"), done.stderr


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"date": "", "where": "", "pin": "split", '
                                  '"missing": [], "results": [{"case": ["w9", 1, 1, 1]}]}'])
def test_what_is_no_kept_file_is_refused(tmp_path, text):
    (tmp_path / "bad").write_text(text)
    done = bench("run", "--from", str(tmp_path / "bad"))
    assert done.returncode == 1 and "is no file of --json" in done.stderr


def test_what_is_not_built_is_named(tmp_path):
    (tmp_path / "mtchatd").write_text("")
    done = bench("run", "--mtchatd", str(tmp_path / "mtchatd"))
    assert done.returncode == 1
    assert done.stderr == f"bench: there is no program {tmp_path}/bench/fanload; ./dev bench " \
                          "builds it\n"


@pytest.fixture(name="fanload")
def of_this_build():
    path = os.path.join(os.path.dirname(os.environ["MTCHATD"]), "bench/fanload")
    if not os.access(path, os.X_OK):
        pytest.skip("there is no bench/fanload; to get it: make bench/fanload")
    return path


def test_the_load_finds_what_is_wrong(fanload):
    """A server that says a line twice, one that swallows it, and one that changes it."""
    for spoil, fault in ((lambda line: line * 2, "dup_or_reordered"), (lambda line: b"", "lost"),
                         (lambda line: line.replace(b"abc", b"abd"), "corrupt"),
                         (lambda line: line, None)):
        figures = spoilt(fanload, spoil)
        for key in ("dup_or_reordered", "lost", "corrupt"):
            assert bool(figures[key]) == (key == fault or (fault == "corrupt" and key == "lost")), \
                (fault, figures)


def spoilt(fanload, spoil):
    """What fanload prints of a server in this process that spoils its 50th line."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        load = subprocess.Popen(
            [fanload, "--port", str(listener.getsockname()[1]), "--pid", str(os.getpid()),
             "--receivers", "2", "--senders", "1", "--window", "1", "--lines", "100", "--warm",
             "0", "--secs", "30", "--stall-ms", "300"], stdout=subprocess.PIPE, text=True)
        with listener.accept()[0] as one, listener.accept()[0] as other:
            pass_on(one, other, spoil)
        return json.loads(load.communicate(timeout=60)[0])


def pass_on(one, other, spoil):
    """Until both have gone."""
    said, rest = 0, b""
    while True:
        ready = select.select([one, other], [], [], 60)[0]
        assert ready, "the load says nothing"
        got = ready[0].recv(65536)
        if not got:
            return
        *lines, rest = (rest + got).split(b"\n")
        for line in lines:
            said += line[:4] != b"|fff"
            line = spoil(line + b"\n") if said == 50 and line[:4] != b"|fff" else line + b"\n"
            one.sendall(line)
            other.sendall(line)


def figures(folder, results):
    path = str(folder / "figures.tsv")
    table(folder, results, "--tsv", path)
    return path


def test_medians_are_written_to_be_drawn(tmp_path):
    results = cpu(BUSY, "mtchatd", 1, 5, 2) + [result(SLOW, "redis", lat_p99_us=300, lost=1)]
    with open(figures(tmp_path, results)) as text:
        lines = [line.rstrip("\n").split("\t") for line in text][1:]
    assert lines == [["work", "receivers", "senders", "window", "peer", "cpu_us",
                      "deliveries_per_s", "p50_us", "p99_us", "last_p99_us", "rss_kb"],
                     ["w1", "10", "4", "64", "mtchatd", "2", "?", "?", "?", "?", "?"]]


@pytest.mark.skipif(not shutil.which("gnuplot"), reason="there is no gnuplot")
def test_pictures(tmp_path):
    """Twice the same, whole, and with everybody in them."""
    results = [result([work, receivers, 4, window], peer, deliveries_per_s=receivers * speed,
                      lat_p99_us=receivers * speed)
               for work, window in (("w1", 64), ("w2", 0)) for receivers in (10, 1000)
               for peer, speed in (("mtchatd", 90), ("redis", 30), ("mosquitto", 2))]
    source, drawn = figures(tmp_path, results), []
    for _ in range(2):
        done = bench("plot", source, "--to", str(tmp_path))
        assert (done.returncode, done.stderr) == (0, "")
        drawn.append([(tmp_path / name).read_bytes() for name in ("deliveries.svg", "latency.svg")])
    assert drawn[0] == drawn[1]
    for picture in drawn[0]:
        words = " ".join(xml.etree.ElementTree.fromstring(picture).itertext())
        assert all(name in words for name in ("mtchatd", "redis", "mosquitto", "1,000"))


def test_plot_says_what_is_missing(tmp_path):
    done = bench("plot", figures(tmp_path, cpu(BUSY, "mtchatd", 1)), PATH=str(tmp_path))
    assert done.returncode == 1 and "there are no figures for deliveries.svg" in done.stderr
    whole = [result(BUSY, "mtchatd", deliveries_per_s=1), result(SLOW, "mtchatd", lat_p99_us=1)]
    done = bench("plot", figures(tmp_path, whole), PATH=str(tmp_path))
    assert done.returncode == 1 and "there is no gnuplot" in done.stderr
    (tmp_path / "bad").write_text("no table\n")
    done = bench("plot", str(tmp_path / "bad"))
    assert done.returncode == 1 and "is no file of bench/run --tsv" in done.stderr
