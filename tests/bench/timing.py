"""Timing cells: every library prepares one and computes it once, then all are timed in
rounds, one after the other."""

import math
import statistics
import sys
import time

import cells
import peers

SLOW_FACTOR, SLOW_SECONDS = 20, 0.25  # a peer that is so much slower gets one round
TAKE = {"median": statistics.median, "min": min}


def same(values, reference):
    """Equal but for rounding: products by (sum, norm), steps by their losses."""
    scale = max(map(abs, reference))
    return len(values) == len(reference) and all(
        math.isfinite(value) and abs(value - other) <= 1e-3 * scale
        for value, other in zip(values, reference))


def open_cell(cell, runners, output):
    """Those of the runners that can do the cell, ready; [(runner, calls of a round)]."""
    ready, reference = [], None
    for runner in runners:
        peer = runner.peer
        most = peer.most_operations
        if cell.group not in peer.groups or (most and cell.operations > most):
            continue
        answer = runner.ask(f"open {cell.request}")
        if answer is None:
            continue
        values = [float(word) for word in answer]
        if peer.compared:
            reference = reference or values
            if not same(values, reference):
                output.complain(f"{peer.name} computes {values}, not {reference}: "
                                f"{cell.name()}", wrong=True)
                runner.ask("close")
                continue
        ready.append(runner)
    return ready


def measure_cell(cell, runners, options, output):
    ready = open_cell(cell, runners, output)
    calls = {runner: runner.ask(f"warm {options.seconds}")[0] for runner in ready}
    times = {runner: [] for runner in ready}
    turn = list(ready)
    for _ in range(options.rounds):
        for runner in turn:
            if cell.threads > 1:
                time.sleep(max(other.peer.settle for other in ready))
            times[runner].append(float(runner.ask(f"time {calls[runner]}")[0]))
        least = min((times[runner][0] for runner in ready), default=0)
        turn = [runner for runner in turn[1:] + turn[:1]
                if times[runner][0] < max(SLOW_FACTOR * least, SLOW_SECONDS)]
    for runner in ready:
        seconds = TAKE[options.take](times[runner])
        label = runner.peer.label(cell.group)
        output.row(label, cell, "seconds", f"{seconds:.6g}")
        if cell.group == "sgemm":
            output.row(label, cell, "gflops", f"{cell.operations / seconds / 1e9:.4g}")
        runner.ask("close")


def start_runners(chosen, threads, options, output):
    groups = set(options.tasks) & {"sgemm", "step", "infer"}
    runners = []
    for peer in chosen:
        if not groups & set(peer.groups) or threads > (peer.most_threads or threads):
            continue
        try:
            runner = peers.Runner(peer, options.folder, sys.executable, threads)
            about = " ".join(runner.ask("about"))
        except peers.Missing as error:
            output.complain(f"{peer.name} is left out: {error}")
            continue
        output.line(f"# {peer.name}, {threads} thread(s): {about}")
        runners.append(runner)
    return runners


def try_cell(cell, runners, options, output):
    """True when it is measured; else a runner has ended and is gone from the list."""
    try:
        measure_cell(cell, runners, options, output)
        return True
    except peers.Missing as error:
        output.complain(f"{cell.name()}: {error}", wrong=True)
        for runner in list(runners):
            try:
                runner.ask("close")
            except peers.Missing:
                runners.remove(runner)
        return False


def measure(chosen, options, output):
    for threads in options.threads:
        if peers.processors(threads) is None:
            output.complain(f"{threads} threads are left out: there are fewer processors")
            continue
        runners = start_runners(chosen, threads, options, output)
        for cell in cells.cells(options.tasks, options.shapes, options.batches, threads):
            while runners and not try_cell(cell, runners, options, output):
                pass
        for runner in runners:
            runner.end()
