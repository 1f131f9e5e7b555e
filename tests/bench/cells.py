"""What is measured: a cell is one piece of work at one number of threads."""

import dataclasses
import itertools

SQUARES = [16, 32, 64, 128, 256, 512, 1024, 2048]
PRODUCTS = ["nn", "nt", "tn"]  # A B, A B', A' B
LAYERS = ["784-256", "1024-1024", "256-10"]
LAYER_BATCHES = [1, 8, 32, 64, 128, 256, 1024]
NETWORKS = ["2-8-1", "64-32-10", "784-128-10", "784-512-512-10", "1024-2048-2048-10"]
NETWORK_BATCHES = [1, 32, 128, 512]
OPTIMIZERS = ["momentum", "rmsprop", "adam"]  # beside sgd
OPTIMIZER_NETWORK, OPTIMIZER_BATCH = "784-512-512-10", 128
INFER_BATCHES = [1, 256]
JOB_NETWORK, JOB_BATCH = "784-128-10", 64
GROUPS = ["sgemm", "step", "infer", "job", "size"]


@dataclasses.dataclass(frozen=True)
class Cell:
    group: str
    task: str
    shape: str
    batch: int  # 0: has none
    threads: int
    request: str  # for the runner's "open"
    operations: int  # floating-point operations of a call

    def name(self):
        batch = f" batch {self.batch}" if self.batch else ""
        return f"{self.task} {self.shape}{batch}, {self.threads} thread(s)"


def _product(task, kind, m, n, k, shape, batch, threads):
    return Cell("sgemm", task, shape, batch, threads, f"sgemm {kind} {m} {n} {k}",
                2 * m * n * k)


def _weights(network):
    widths = [int(width) for width in network.split("-")]
    return sum(inputs * outputs for inputs, outputs in zip(widths, widths[1:]))


def _squares(shapes, threads):
    sizes = SQUARES if not shapes else [int(s) for s in shapes if s.isdigit()]
    for size, kind in itertools.product(sizes, PRODUCTS):
        yield _product(f"sgemm_{kind}", kind, size, size, size, str(size), 0, threads)


def _layers(shapes, batches, threads):
    chosen = LAYERS if not shapes else [s for s in shapes if s.count("-") == 1]
    for shape, batch in itertools.product(chosen, batches or LAYER_BATCHES):
        inputs, outputs = map(int, shape.split("-"))
        yield _product("dense_forward", "nn", batch, outputs, inputs, shape, batch, threads)
        yield _product("dense_dx", "nt", batch, inputs, outputs, shape, batch, threads)
        yield _product("dense_dw", "tn", inputs, outputs, batch, shape, batch, threads)


def _networks(shapes):
    return NETWORKS if not shapes else [s for s in shapes if s.count("-") >= 2]


def _step(network, batch, optimizer, threads):
    first = network.split("-")
    unneeded = 2 * batch * int(first[0]) * int(first[1])  # the gradient of the input
    return Cell("step", f"step_{optimizer}", network, batch, threads,
                f"step {network} {batch} {optimizer}",
                6 * batch * _weights(network) - unneeded)


def _steps(shapes, batches, threads):
    for network, batch in itertools.product(_networks(shapes), batches or NETWORK_BATCHES):
        yield _step(network, batch, "sgd", threads)
    if OPTIMIZER_NETWORK in _networks(shapes) and OPTIMIZER_BATCH in (
            batches or NETWORK_BATCHES):
        for optimizer in OPTIMIZERS:
            yield _step(OPTIMIZER_NETWORK, OPTIMIZER_BATCH, optimizer, threads)


def _inferences(shapes, batches, threads):
    for network, batch in itertools.product(_networks(shapes), batches or INFER_BATCHES):
        yield Cell("infer", "infer", network, batch, threads, f"infer {network} {batch}",
                   2 * batch * _weights(network))


def cells(groups, shapes, batches, threads):
    """All cells of the groups that runners measure, at one number of threads. shapes and
    batches, where given, take the place of the usual ones: a number is a square, I-O a
    layer, three numbers and more a network."""
    if "sgemm" in groups:
        yield from _squares(shapes, threads)
        yield from _layers(shapes, batches, threads)
    if "step" in groups:
        yield from _steps(shapes, batches, threads)
    if "infer" in groups:
        yield from _inferences(shapes, batches, threads)
