"""The whole job as a process, and the library's size."""

import os
import statistics
import subprocess
import sys
import tempfile
import time

import cells
import peers
import report

LEAST_ACCURACY = 0.8


def run_job(peer, options):
    """CPU seconds, wall seconds, MiB at the peak and accuracy of one process."""
    cpus = peers.processors(1)
    with tempfile.TemporaryFile("w+") as text:
        start = time.perf_counter()
        process = subprocess.Popen(
            peer.command("job", options.folder, sys.executable, 1), stdout=text,
            env=peer.environment(1), preexec_fn=lambda: os.sched_setaffinity(0, cpus))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        text.seek(0)
        words = text.read().split()
    if process.returncode != 0 or words[:1] != ["accuracy"]:
        raise peers.Missing("its job failed")
    return (usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024, float(words[1]))


def measure_job(chosen, options, output):
    cell = cells.Cell("job", "job", cells.JOB_NETWORK, cells.JOB_BATCH, 1, "", 0)
    turn = [peer for peer in chosen if "job" in peer.groups]
    results = {peer: [] for peer in turn}
    for _ in range(options.rounds):
        for peer in list(turn):
            try:
                results[peer].append(run_job(peer, options))
            except peers.Missing as error:
                output.complain(f"the job of {peer.name} is left out: {error}")
                turn.remove(peer)
        turn = turn[1:] + turn[:1]
    for peer in [peer for peer in chosen if peer in turn]:
        medians = [statistics.median(values) for values in zip(*results[peer])]
        for metric, value in zip(report.JOB_METRICS, medians):
            output.row(peer.label("job"), cell, metric, f"{value:.4g}")
        if medians[-1] < LEAST_ACCURACY:
            output.complain(f"the job of {peer.name} learns too little: {medians[-1]}",
                            wrong=True)


def stripped_bytes(path):
    with tempfile.NamedTemporaryFile() as stripped:
        subprocess.run(["strip", "-o", stripped.name, path], check=True)
        return os.path.getsize(stripped.name)


def measure_size(chosen, options, output):
    """What a library takes on the disk; of libnn the one under test, of a peer all that the
    runner needs of it and of nobody else."""
    cell = cells.Cell("size", "size", "", 0, 1, "", 0)
    for peer in [peer for peer in chosen if peer.parts]:
        try:
            files = [options.library] if peer.name == "libnn" else peer.files(options.folder)
        except peers.Missing as error:
            output.complain(f"the size of {peer.name} is left out: {error}")
            continue
        output.row(peer.name, cell, "stripped_bytes", str(sum(map(stripped_bytes, files))))
