"""goals.py - what mtchatd must reach: one row for each figure that has a bound"""
from typing import NamedTuple

from figures import CROWD, IDLE, SENDERS, Case

BEST, FLOOR, REDIS = "best", "floor", "redis"  # ratios to that, within a round
CALM = "calm"                                  # ratio to mtchatd's own figure with nobody stuck
ITSELF = ""                                    # the figure, not a ratio
NOISE = 1.15                                   # two runs of the same differ by that
ROOM_LOG_MB = 2                                # what a room's two logs take once they are full


class Goal(NamedTuple):
    case: Case
    figure: str    # a key of FIGURES[case.work]
    against: str
    relation: str  # "<=", "<" or ">="
    bound: float

    def met(self, value):
        return {"<=": value <= self.bound, "<": value < self.bound,
                ">=": value >= self.bound}[self.relation]

    def words(self):
        sign = {"<=": "≤", "<": "<", ">=": "≥"}[self.relation]
        what = {BEST: " × best", FLOOR: " × floor", REDIS: " × redis", CALM: " × W1",
                ITSELF: ""}[self.against]
        return f"{sign} {self.bound:g}{what}".replace(" 1 × ", " ")


def fan_out(receivers, window, senders=SENDERS):
    return Case("w1", receivers, senders, window)


LATENCY = Case("w2", 1000, SENDERS, 0)
IDLERS = Case("w3", IDLE, 0, 0)
STUCK = Case("w4", CROWD, SENDERS, 64)
CHURN = Case("w5", CROWD, 8, 1)

GOALS = (
    Goal(fan_out(10, 64), "cpu", BEST, "<=", 0.17),
    Goal(fan_out(10, 64), "cpu", FLOOR, "<", 1),
    Goal(fan_out(10, 64), "wall", BEST, ">=", 4),
    Goal(fan_out(100, 64), "cpu", BEST, "<=", 0.13),
    Goal(fan_out(100, 64), "cpu", FLOOR, "<", 1),
    Goal(fan_out(100, 64), "wall", BEST, ">=", 4),
    Goal(fan_out(1000, 64), "cpu", BEST, "<=", 0.11),
    Goal(fan_out(1000, 64), "cpu", FLOOR, "<", 1),
    Goal(fan_out(1000, 64), "wall", BEST, ">=", 4),
    Goal(fan_out(10, 1), "cpu", BEST, "<=", 0.8),
    Goal(fan_out(10, 1), "cpu", FLOOR, "<=", 0.8),
    Goal(fan_out(100, 1), "cpu", BEST, "<=", 0.8),
    Goal(fan_out(100, 1), "cpu", FLOOR, "<=", 0.8),
    Goal(fan_out(1000, 1), "cpu", BEST, "<=", 0.8),
    Goal(fan_out(1000, 1), "cpu", FLOOR, "<=", 0.8),
    Goal(fan_out(CROWD, 1, senders=CROWD), "cpu", REDIS, "<=", 0.4),
    Goal(fan_out(CROWD, 1, senders=CROWD), "cpu", FLOOR, "<", 1),
    Goal(LATENCY, "p50", REDIS, "<=", 1),
    Goal(LATENCY, "p50", FLOOR, "<=", 1.15),
    Goal(LATENCY, "p99", REDIS, "<=", 1),
    Goal(LATENCY, "p99", FLOOR, "<=", 1.15),
    Goal(LATENCY, "last", REDIS, "<=", 1),
    Goal(LATENCY, "last", FLOOR, "<=", 1.15),
    Goal(IDLERS, "rss", ITSELF, "<=", 200),
    Goal(IDLERS, "connects", REDIS, ">=", 2),
    Goal(IDLERS, "connected", ITSELF, "<", 1),  # a SYN that is lost is sent again after 1 s
    Goal(STUCK, "kept", ITSELF, ">=", 1),
    Goal(STUCK, "p99", CALM, "<=", NOISE),
    Goal(STUCK, "growth", ITSELF, "<=", ROOM_LOG_MB),
    Goal(CHURN, "cycles", REDIS, ">=", 1.5),
    Goal(Case("w6", 1, 1, 1), "cpu", REDIS, "<=", 1),
    Goal(Case("w6", 50, 50, 1), "cpu", REDIS, "<=", 1),
    Goal(Case("w6", 50, 50, 64), "cpu", REDIS, "<=", 0.3),
)
