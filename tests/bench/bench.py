#!/usr/bin/env python3
"""The benchmark: libnn beside other libraries, on the same work in the same run.

    make bench                                   libnn alone
    make bench-peers                             with everything Debian has to compare with
    make bench-peers TASKS="sgemm step" SHAPES="1024 784-128-10" BATCHES=32 THREADS=1
    make bench-peers TASKS=sgemm PEERS="libnn@/tmp/before openblas" ROUNDS=15

TASKS    sgemm (squares and the products of layers), step, infer, job, size
SHAPES   in place of the usual ones: 512 is a square, 784-256 a layer, 784-128-10 a network
BATCHES  in place of the usual ones
THREADS  numbers of threads (1 2)
PEERS    libnn peak openblas blis onednn libtorch pytorch fann tinydnn; only if named:
         openblas-pthread, and libnn@FOLDER, another libnn.so
ROUNDS   the median of so many rounds is the result (7)
SECONDS  a round takes about so long, or one call (0.02)
TAKE     median or min of the rounds (median); min says more on a machine that is busy

Each library has a process of its own for each number of threads (runner.h), bound to as many
processors. For a cell all of them prepare the same numbers and compute once: results that
differ by more than rounding are reported, not timed, and make the exit status 1 (times never
do). Then, in turn, each is timed in as many rounds; which one begins changes from round to
round. FANN has neither ReLU nor cross-entropy: only its times are compared. It and tiny-dnn
are asked for networks that they can do in reasonable time.

CSV goes to the standard output and to build/bench/results.csv, tables and goals follow it;
`python3 tests/bench/report.py FILE...` makes the tables of earlier runs again.
"""

import argparse
import os
import platform
import re
import sys
import time

import cells
import job
import peers
import report
import timing


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", default=" ".join(cells.GROUPS))
    parser.add_argument("--shapes", default="")
    parser.add_argument("--batches", default="")
    parser.add_argument("--threads", default="1 2")
    parser.add_argument("--peers", default="")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.02)
    parser.add_argument("--take", choices=list(timing.TAKE), default="median")
    parser.add_argument("--folder", default="build/bench", help="the programs; results.csv")
    parser.add_argument("--library", default="lib/libnn.so")
    options = parser.parse_args()
    for name in ("tasks", "shapes", "batches", "threads", "peers"):
        setattr(options, name, getattr(options, name).replace(",", " ").split())
    for shape in options.shapes:
        if not re.fullmatch(r"[1-9][0-9]*(-[1-9][0-9]*)*", shape):
            parser.error(f"{shape} is no shape: 512, 784-256 or 784-128-10")
    options.batches = [int(batch) for batch in options.batches]
    options.threads = [int(threads) for threads in options.threads]
    for task in options.tasks:
        if task not in cells.GROUPS:
            parser.error(f"there is no task {task}; there are {' '.join(cells.GROUPS)}")
    return options


class Output:
    """The CSV, on the standard output and in a file; remembers its rows, what was not
    measured, and whether something was wrong."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")
        self.rows, self.complaints, self.wrong = [], [], False
        self.line(report.HEADER)

    def line(self, text):
        print(text, flush=True)
        print(text, file=self.file, flush=True)

    def row(self, library, cell, metric, value):
        row = report.Row(library, cell.task, cell.shape, str(cell.batch or ""),
                         str(cell.threads), metric, value)
        self.rows.append(row)
        self.line(row.text())

    def complain(self, text, wrong=False):
        self.complaints.append(text)
        self.wrong = self.wrong or wrong
        print(f"bench: {text}", file=sys.stderr, flush=True)


def machine():
    model = platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":")[1].strip()
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return f"{model}, {os.cpu_count()} processors, load {load}, {time.strftime('%Y-%m-%d')}"


def main():
    options = arguments()
    chosen = peers.chosen(options.peers)
    output = Output(os.path.join(options.folder, "results.csv"))
    output.line(f"# {machine()}; {options.take} of {options.rounds} "
                f"rounds of {options.seconds} s")
    timing.measure(chosen, options, output)
    if "job" in options.tasks:
        job.measure_job(chosen, options, output)
    if "size" in options.tasks:
        job.measure_size(chosen, options, output)
    print()
    print(report.text_of(output.rows))
    if output.complaints:
        print("\nNot measured, or wrong:")
        print("\n".join(f"- {text}" for text in output.complaints))
    sys.exit(1 if output.wrong else 0)


if __name__ == "__main__":
    main()
