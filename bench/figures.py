"""figures.py - the works that are measured, and what is read off a result

A result is one run of one server: a dict of what bench/fanload printed, its `case` and its `round`.
"""
from typing import Callable, NamedTuple

OURS = "mtchatd"
FLOORS = {"w1": "floor-batch", "w2": "floor-send", "w3": "floor-send", "w5": "floor-batch",
          "w6": "floor-echo", "sys": "floor-batch"}  # with a stuck receiver there is none
SENDERS = 4
CROWD = 100    # a full room: all of them send
IDLE = 10_000


class Case(NamedTuple):
    work: str
    receivers: int
    senders: int
    window: int  # lines that a sender has under way; 0: it is not a matter of that

    def label(self):
        if self.work == "w1" and self.senders != SENDERS:
            return f"W1, {self.senders} of {self.receivers} send, window {self.window}"
        return {"w1": "W1, R={:,}, window {}", "w2": "W2, R={:,}", "w3": "W3, {:,} idle",
                "w4": "W4, one of {} is stuck", "w5": "W5, churn", "w6": "W6, echo, {} × {}",
                "sys": "system calls, R={}, window {}",
                }[self.work].format(self.receivers, self.window)


W4_CALM = Case("w1", CROWD, SENDERS, 64)  # the same load as W4, with nobody stuck


class Figure(NamedTuple):
    label: str
    of: Callable                # of a result; None: it does not tell
    less_is_better: bool = True
    yes_or_no: bool = False


def field(key, scale=1.0):
    return lambda result: None if result.get(key) is None else result[key] * scale


def calls_per_delivery(result):
    calls, deliveries = result.get("syscalls"), result.get("deliveries")
    return calls / deliveries if calls and deliveries else None


def growth_mb(result):
    if "rss_max_kb" not in result:
        return None
    return (result["rss_max_kb"] - result["rss_before_kb"]) / 1024


def kept(result):
    return float(result["stuck_end"] == "alive") if "stuck_end" in result else None


CPU = Figure("CPU, µs/delivery", field("cpu_s_per_million"))
WALL = Figure("deliveries/s", field("deliveries_per_s"), less_is_better=False)

FIGURES = {
    "w1": {"cpu": CPU, "wall": WALL,
           "rss": Figure("RSS at most, MB", field("rss_peak_kb", 1 / 1024))},
    "w2": {"p50": Figure("p50, ms", field("lat_p50_us", 1e-3)),
           "p99": Figure("p99, ms", field("lat_p99_us", 1e-3)),
           "p999": Figure("p99.9, ms", field("lat_p999_us", 1e-3)),
           "last": Figure("last receiver's p99, ms", field("done_p99_us", 1e-3)),
           "cpu": CPU},
    "w3": {"rss": Figure("RSS of each, bytes", field("rss_bytes_per_conn")),
           "connects": Figure("connects/s", field("connects_per_s"), less_is_better=False),
           "connected": Figure("all connected after, s", field("connect_s")),
           "cpu": Figure("CPU, µs/connect", field("cpu_us_per_connect")),
           "idle": Figure("CPU while idle, ms/s", field("idle_cpu_ms_per_s"))},
    "w4": {"kept": Figure("it is kept", kept, less_is_better=False, yes_or_no=True),
           "p99": Figure("the others' p99, ms", field("lat_p99_us", 1e-3)),
           "wall": WALL,
           "silence": Figure("longest silence, ms", field("longest_silence_ms")),
           "growth": Figure("growth of RSS, MB", growth_mb)},
    "w5": {"cycles": Figure("cycles/s", field("cycles_per_s"), less_is_better=False),
           "cpu": Figure("CPU, µs/cycle", field("cpu_us_per_cycle"))},
    "w6": {"cpu": Figure("CPU, µs/line", field("cpu_s_per_million")),
           "wall": Figure("lines/s", field("deliveries_per_s"), less_is_better=False),
           "p99": Figure("p99, µs", field("lat_p99_us"))},
    "sys": {"calls": Figure("calls/delivery", calls_per_delivery)},
}
WORKS = tuple(FIGURES)

FAULTS = {"lost": "lines lost", "dup_or_reordered": "lines repeated or out of order",
          "corrupt": "lines damaged", "receivers_dropped": "receivers dropped",
          "written_off": "deliveries written off", "failed_cycles": "cycles failed",
          "skipped": "lines that could not be sent in time", "dropped": "connections dropped",
          "stalled": "stalled"}


def faults(result):
    """What went wrong in a run, in words; nothing if it may be compared."""
    if result.get("error"):
        return [result["error"]]
    found = [f"{result[key]} {words}" if key != "stalled" else words
             for key, words in FAULTS.items() if result.get(key)]
    if result.get("connections", IDLE) < result["case"].receivers:
        found.append(f"only {result['connections']} connections")
    if result.get("server_exit") is not None or result.get("server_alive") == 0:
        found.append(f"the server ended: {result.get('server_exit', 'while it was measured')}")
    return found
