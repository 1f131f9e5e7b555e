#!/usr/bin/env python3
"""Tables of ratios, and the goals, from the benchmark's CSV.

    python3 tests/bench/report.py build/bench/results.csv [more.csv ...]

A ratio is the time of a peer divided by that of libnn: above 1, libnn is faster. Within 2 %
is a tie. `best` is the smallest ratio, to the fastest peer.
"""

import collections
import dataclasses
import math
import sys

import goals

HEADER = "library,task,shape,batch,threads,metric,value"
JOB_METRICS = ["cpu_seconds", "wall_seconds", "peak_mib", "accuracy"]
TIE = 0.02
OURS = "libnn"


@dataclasses.dataclass(frozen=True)
class Row:
    library: str
    task: str
    shape: str
    batch: str
    threads: str
    metric: str
    value: str

    def text(self):
        return ",".join(dataclasses.astuple(self))


def read(paths):
    rows = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                fields = line.strip().split(",")
                if len(fields) == 7 and not line.startswith(("#", HEADER)):
                    rows.append(Row(*fields))
    return rows


def is_peer(library):
    """Not libnn, nor another build of it, nor the peak."""
    return not library.startswith(OURS) and library != "peak"


class Results:
    """The values of one metric: {(task, shape, batch, threads): {library: value}}."""

    def __init__(self, rows, metric="seconds"):
        self.cells = collections.defaultdict(dict)
        for row in rows:
            if row.metric == metric:
                key = (row.task, row.shape, row.batch, row.threads)
                self.cells[key][row.library] = float(row.value)

    def ratios(self, wanted=lambda key: True, among=is_peer):
        """[(key, ratio to the best peer, its name)] where libnn and a peer have a value."""
        found = []
        for key, values in self.cells.items():
            peers = {name: value for name, value in values.items() if among(name)}
            if OURS in values and peers and wanted(key):
                best = min(peers, key=peers.get)
                found.append((key, peers[best] / values[OURS], best))
        return found


def geometric_mean(numbers):
    return math.exp(sum(map(math.log, numbers)) / len(numbers))


def verdict(ratio):
    return "win" if ratio > 1 + TIE else "tie" if ratio >= 1 - TIE else "LOSS"


def duration(seconds):
    for unit, factor in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 0.9995:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


# ---- tables ----

def table(head, lines):
    texts = [head, ["---"] * len(head)] + lines
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in texts)


def rate_of(key, rows):
    """GFLOP/s of libnn and their share of the peak, where it was measured."""
    values = Results(rows, "gflops").cells.get(key, {})
    if OURS not in values:
        return ["", ""]
    share = f"{values[OURS] / values['peak']:.0%}" if values.get("peak") else ""
    return [f"{values[OURS]:.1f}", share]


def timed_table(title, rows, belongs):
    rows = [row for row in rows if belongs(row.task)]
    results = Results(rows)
    names = list(dict.fromkeys(row.library for row in rows if row.library != OURS
                               and row.library != "peak"))
    with_rate = any(row.metric == "gflops" for row in rows)
    best = {key: (ratio, name) for key, ratio, name in results.ratios()}
    lines = []
    for key, values in results.cells.items():
        if OURS not in values:
            continue
        line = list(key) + [duration(values[OURS])] + (rate_of(key, rows) if with_rate else [])
        line += [f"{values[name] / values[OURS]:.2f}" if name in values else ""
                 for name in names]
        if best:
            ratio, name = best.get(key, (None, ""))
            line += [f"{ratio:.2f} {verdict(ratio)} ({name})" if ratio else ""]
        lines.append(line)
    if not lines:
        return ""
    head = ["task", "shape", "batch", "threads", OURS]
    head += (["GFLOP/s", "of peak"] if with_rate else []) + names + (["best"] if best else [])
    return f"### {title}\n\n{table(head, lines)}\n{summary(results)}"


def summary(results):
    found = results.ratios()
    if not found:
        return ""
    numbers = [ratio for _, ratio, _ in found]
    counts = collections.Counter(map(verdict, numbers))
    key, ratio, name = min(found, key=lambda item: item[1])
    return (f"\n{len(found)} cells against the best peer of each: {counts['win']} wins, "
            f"{counts['tie']} ties, {counts['LOSS']} losses; geometric mean "
            f"{geometric_mean(numbers):.3f}; least {ratio:.3f} ({' '.join(filter(None, key))} "
            f"threads, {name})\n")


def job_table(rows):
    rows = [row for row in rows if row.task == "job"]
    values = {(row.library, row.metric): row.value for row in rows}
    lines = [[name] + [values.get((name, metric), "") for metric in JOB_METRICS]
             for name in dict.fromkeys(row.library for row in rows)]
    return "### The whole job\n\n" + table(["library"] + JOB_METRICS, lines) + "\n" \
        if lines else ""


def text_of(rows):
    parts = [timed_table("Products", rows, lambda task: task.startswith(("sgemm", "dense"))),
             timed_table("Training steps", rows, lambda task: task.startswith("step")),
             timed_table("Inference", rows, lambda task: task == "infer"),
             job_table(rows)]
    reached = [[goal, value, status] for goal, value, status in goals.evaluate(rows)]
    if reached:
        parts.append("### Goals\n\n" + table(["goal", "measured", ""], reached))
    return "\n".join(filter(None, parts))


if __name__ == "__main__":
    print(text_of(read(sys.argv[1:])))
