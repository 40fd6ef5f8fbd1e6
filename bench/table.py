"""table.py - results of all rounds become one Markdown table, a list of faults, and a file to plot

A ratio is the median over the rounds of the ratio within a round: noise that lasts longer than a
round hits both sides of it.  Who had a fault in a run is not compared by that run.
"""
import statistics

from figures import FIGURES, FLOORS, OURS, W4_CALM, faults
from goals import BEST, CALM, FLOOR, GOALS, ITSELF

COLUMNS = (("work", "---"), ("figure", "---"), (OURS, "---:"), ("best peer", "---:"),
           ("ratio", "---:"), ("floor", "---:"), ("ratio", "---:"), ("wanted", "---"),
           ("reached", "---"))
TSV = (("cpu_us", "cpu_s_per_million"), ("deliveries_per_s", "deliveries_per_s"),
       ("p50_us", "lat_p50_us"), ("p99_us", "lat_p99_us"), ("last_p99_us", "done_p99_us"),
       ("rss_kb", "rss_peak_kb"))
PLOTTED = ("w1", "w2")
MISSING = "?"


def number(value):
    if value >= 1e6:
        return f"{value / 1e6:.3g} M"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def show(figure, value):
    if figure.yes_or_no:
        return "yes" if value == 1 else "no"
    return number(value)


class Rounds:
    """One figure of one case: what each server had in each round."""

    def __init__(self, results, case, figure):
        self.figure, self.values = figure, {}
        for result in results:
            if result["case"] != case or "error" in result:
                continue
            value = figure.of(result)
            if value is not None and (result["peer"] == OURS or not faults(result)):
                self.values.setdefault(result["peer"], {})[result["round"]] = value

    def median(self, peer):
        return statistics.median(self.values[peer].values()) if peer in self.values else None

    def best(self):
        """The peer with the best median; None: there is no peer."""
        peers = [peer for peer in self.values if peer != OURS and not peer.startswith("floor-")]
        choose = min if self.figure.less_is_better else max
        return choose(peers, key=self.median, default=None)

    def ratio(self, peer):
        return ratio(self.values.get(OURS, {}), self.values.get(peer, {}))


def ratio(ours, theirs):
    """None: there is no round with both."""
    both = [value / theirs[turn] for turn, value in ours.items() if theirs.get(turn)]
    return statistics.median(both) if both else None


def judged(goal, rounds, results):
    """What the goal is about: a ratio, or the figure itself; None: not measured."""
    if goal.against == ITSELF:
        return rounds.median(OURS)
    if goal.against == CALM:
        calm = Rounds(results, W4_CALM, FIGURES["w4"][goal.figure])
        return ratio(rounds.values.get(OURS, {}), calm.values.get(OURS, {}))
    peer = {BEST: rounds.best(), FLOOR: FLOORS.get(goal.case.work)}.get(goal.against, goal.against)
    return rounds.ratio(peer)


def wanted(goals, rounds, results):
    """The last two cells of a row: the goals in words, and whether they are reached."""
    words, verdicts = [], []
    for goal in goals:
        value = judged(goal, rounds, results)
        shown_already = goal.against in (BEST, FLOOR, ITSELF) or goal.against == rounds.best()
        if rounds.figure.yes_or_no:
            words.append("yes")
        else:
            words.append(goal.words() if shown_already or value is None
                         else f"{goal.words()}: {number(value)}")
        verdicts.append(None if value is None else goal.met(value))
    if not goals:
        return ["", ""]
    verdict = "**no**" if False in verdicts else MISSING if None in verdicts else "yes"
    return [", ".join(words), verdict]


def compared(rounds, peer, name):
    """Two cells: NAME VALUE, and the ratio to it."""
    value, times = rounds.median(peer), rounds.ratio(peer)
    if value is None:
        return ["", ""]
    return [f"{name} {show(rounds.figure, value)}",
            "" if times is None or rounds.figure.yes_or_no else number(times)]


def rows(results):
    """The cells of each row, in the order in which the cases were measured."""
    for case in dict.fromkeys(result["case"] for result in results):
        for key, figure in FIGURES[case.work].items():
            rounds = Rounds(results, case, figure)
            ours = rounds.median(OURS)
            if ours is None and not rounds.values:
                continue
            goals = [goal for goal in GOALS if (goal.case, goal.figure) == (case, key)]
            floor = FLOORS.get(case.work)
            yield [case.label(), figure.label, MISSING if ours is None else show(figure, ours),
                   *compared(rounds, rounds.best(), rounds.best()),
                   *compared(rounds, floor, str(floor).removeprefix("floor-")),
                   *wanted(goals, rounds, results)]


def conditions(results):
    """What else there is to know about a run: one line for each."""
    counters = {result.get("counter") for result in results if result["case"].work == "sys"}
    if "strace" in counters:
        yield ("System calls were counted by strace, which slows the server, so that it batches "
               "more.")
    elif counters == {None}:
        yield "System calls were not counted: there is neither perf with tracefs nor strace."
    stolen = [result["steal_pct"] for result in results if "steal_pct" in result]
    if stolen:
        yield (f"Time that the hypervisor took away: median {statistics.median(stolen):.1f} %, "
               f"worst {max(stolen):.1f} %.")
    yield from (f"Not compared: {line}" for line in blemishes(results, ours=False))


def markdown(results):
    """The table, and under it what it does not say."""
    lines = [[name for name, _ in COLUMNS], [rule for _, rule in COLUMNS], *rows(results)]
    verdicts = [line[-1] for line in lines[2:] if line[-1]]
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n\n"
    text += f"Reached: {verdicts.count('yes')} of the {len(verdicts)} rows that want something"
    unknown = verdicts.count(MISSING)
    text += f"; {unknown} could not be judged.\n" if unknown else ".\n"
    return text + "".join(f"{line}\n" for line in conditions(results))


def blemishes(results, ours):
    """What went wrong with mtchatd, or with the others: one line for each server and case."""
    found = {}
    for result in results:
        if (result["peer"] == OURS) == ours:
            for fault in faults(result):
                found.setdefault((result["peer"], result["case"]), []).append(
                    f"{fault} (round {result['round'] + 1})")
    return [f"{peer}, {case.label()}: {'; '.join(what)}" for (peer, case), what in found.items()]


def tsv(results, title):
    """Medians of what can be plotted over the receivers, a line for each case and server."""
    results = [result for result in results if result["case"].work in PLOTTED]
    lines = [f"# {title}",
             "\t".join(["work", "receivers", "senders", "window", "peer",
                        *(name for name, _ in TSV)])]
    for case, peer in dict.fromkeys((result["case"], result["peer"]) for result in results):
        sound = [result for result in results
                 if (result["case"], result["peer"]) == (case, peer) and not faults(result)]
        medians = [median_of(sound, key) for _, key in TSV]
        if any(value != MISSING for value in medians):
            lines.append("\t".join([*map(str, case), peer, *medians]))
    return "\n".join(lines) + "\n"


def median_of(results, key):
    values = [result[key] for result in results if result.get(key) is not None]
    return f"{statistics.median(values):.6g}" if values else MISSING
