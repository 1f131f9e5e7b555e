"""What libnn is to reach beside its peers, as lines (goal, measured, pass or FAIL). For
information: a machine that is busy with other work decides nothing."""

import report

FRAMEWORKS = ("pytorch", "libtorch", "fann", "tinydnn")
ONE_SAMPLE = ("64-32-10", "784-128-10", "784-512-512-10")
TOY = ("2-8-1", "1", "1")  # shape, batch, threads


def line(goal, value, passed, text="{:.3f}"):
    return goal, text.format(value), "pass" if passed else "FAIL"


def share(count, cells):
    return f"{count} of {cells}"


def products(results):
    found = results.ratios(lambda key: key[0].startswith(("sgemm", "dense")))
    if not found:
        return
    numbers = [ratio for _, ratio, _ in found]
    even = sum(ratio >= 1 - report.TIE for ratio in numbers)
    yield line("products: at least as fast as the best BLAS in 9 cells of 10",
               share(even, len(numbers)), even >= 0.9 * len(numbers), "{}")
    yield line("products: in no cell below 0.9", min(numbers), min(numbers) >= 0.9)
    mean = report.geometric_mean(numbers)
    yield line("products: geometric mean at least 1.05", mean, mean >= 1.05)


def squares_of(results, least):
    """(task, size, {threads: times}) of the squares from `least` up."""
    sizes = {}
    for (task, shape, _, threads), values in results.cells.items():
        if task.startswith("sgemm") and int(shape) >= least:
            sizes.setdefault((task, shape), {})[threads] = values
    return sizes


def peak(results):
    shares = [values["1"]["peak"] / values["1"][report.OURS]
              for values in squares_of(results, 256).values()
              if {"peak", report.OURS} <= set(values.get("1", {}))]
    if shares:
        yield line("squares from 256, 1 thread: at least 95 % of the peak", min(shares),
                   min(shares) >= 0.95)


def two_threads(results):
    gains = [values["1"][report.OURS] / values["2"][report.OURS]
             for values in squares_of(results, 512).values()
             if all(report.OURS in values.get(threads, {}) for threads in "12")]
    if gains:
        yield line("squares from 512: 2 threads at least 1.9 times 1", min(gains),
                   min(gains) >= 1.9)


def steps(results):
    found = results.ratios(lambda key: key[0].startswith("step"))
    if not found:
        return
    verdicts = [report.verdict(ratio) for _, ratio, _ in found]
    yield line("steps: no cell slower than a peer", f"{verdicts.count('LOSS')} slower",
               "LOSS" not in verdicts, "{}")
    ties = verdicts.count("tie")
    yield line("steps: ties in at most one cell of five", share(ties, len(verdicts)),
               ties <= len(verdicts) / 5, "{}")
    numbers = [ratio for _, ratio, _ in results.ratios(
        lambda key: key[0].startswith("step"), FRAMEWORKS.__contains__)]
    if numbers:
        mean = report.geometric_mean(numbers)
        yield line("steps: geometric mean against the best framework at least 2.5", mean,
                   mean >= 2.5)


def toy(results):
    for task, most in (("step_sgd", 0.62), ("infer", 0.66)):
        values = results.cells.get((task,) + TOY, {})
        if {report.OURS, "thin+openblas"} <= set(values):
            part = values[report.OURS] / values["thin+openblas"]
            yield line(f"2-8-1, one sample, {task}: below {most} of thin+openblas", part,
                       part < most)


def inference(results):
    one = [ratio for _, ratio, _ in results.ratios(
        lambda key: key[0] == "infer" and key[2] == "1" and key[1] in ONE_SAMPLE)]
    if one:
        yield line("inference, one sample: faster than every peer", min(one),
                   min(one) > 1 + report.TIE)
    many = [ratio for _, ratio, _ in results.ratios(
        lambda key: key[0] == "infer" and key[2] == "256")]
    if many:
        yield line("inference, batch 256: at least 1.05 times the best peer", min(many),
                   min(many) >= 1.05)


def job(rows):
    values = {(row.library, row.metric): float(row.value) for row in rows if row.task == "job"}
    ours = values.get((report.OURS, "cpu_seconds"))
    for peer, most in (("thin+onednn", 0.93), ("pytorch", 0.4)):
        theirs = values.get((peer, "cpu_seconds"))
        if ours and theirs:
            yield line(f"job: at most {most} of the CPU time of {peer}", ours / theirs,
                       ours / theirs <= most)
    if ours:
        memory, accuracy = (values[report.OURS, metric] for metric in
                            ("peak_mib", "accuracy"))
        yield line("job: under 100 MiB at the peak", memory, memory < 100, "{:.0f} MiB")
        yield line("job: accuracy at least 0.85", accuracy, accuracy >= 0.85)


def size(rows):
    for row in rows:
        if row.metric == "stripped_bytes" and row.library == report.OURS:
            yield line("the stripped shared library is under 300 KB", int(row.value),
                       int(row.value) < 300_000, "{} bytes")


def evaluate(rows):
    """All goals of which something was measured."""
    results = report.Results(rows)
    lines = []
    for part in (products, peak, two_threads, steps, toy, inference):
        lines += part(results)
    return lines + list(job(rows)) + list(size(rows))
