"""The runner of PyTorch, as a Python program would use it: nn.Linear and nn.ReLU in a
Sequential, autograd, torch.optim, the loss read at each step; inference without gradients.
The requests are described in runner.h, the numbers in data.h.

    run_pytorch.py THREADS
"""

import math
import sys
import time

import numpy
import torch

A, B, INPUTS, LABELS, TARGETS, CHECK, WEIGHTS = 1, 2, 3, 4, 5, 6, 16
BATCHES, CHECK_STEPS, ROUND_WARM_UP = 8, 5, 0.002
RATES = {"sgd": 1e-2, "momentum": 1e-2, "rmsprop": 1e-4, "adam": 1e-4}


# ---- numbers ----

def hashed(count, salt):
    u = numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x9E3779B9)
    u += numpy.uint32(salt * 0x85EBCA6B & 0xFFFFFFFF)
    u ^= u >> numpy.uint32(16)
    u *= numpy.uint32(0x7FEB352D)
    u ^= u >> numpy.uint32(15)
    u *= numpy.uint32(0x846CA68B)
    return u ^ (u >> numpy.uint32(16))


def numbers(count, salt):
    return (hashed(count, salt) >> 8).astype(numpy.float32) * numpy.float32(2.0 ** -23) - 1


def uniform(rows, columns, salt, scale=1.0):
    values = numpy.float32(scale) * numbers(rows * columns, salt)
    return torch.from_numpy(values.reshape(rows, columns))


def check(tensor):
    values = tensor.detach().numpy().astype(numpy.float64).ravel()
    return [float(values @ numbers(values.size, CHECK)), float(numpy.linalg.norm(values))]


# ---- work: each returns what one call does, and the numbers to compare ----

def open_product(kind, m, n, k):
    a = uniform(k, m, A).t() if kind[0] == "t" else uniform(m, k, A)
    b = uniform(n, k, B).t() if kind[1] == "t" else uniform(k, n, B)
    c = torch.zeros(m, n)

    def call():
        torch.matmul(a, b, out=c)

    call()
    return call, check(c)


def model_of(widths):
    layers = []
    for index, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        salt = WEIGHTS + 2 * index
        layer = torch.nn.Linear(inputs, outputs)
        with torch.no_grad():
            layer.weight.copy_(uniform(inputs, outputs, salt, 1 / math.sqrt(inputs)).t())
            layer.bias.copy_(uniform(1, outputs, salt + 1, 0.1)[0])
        layers += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def optimizer_of(name, parameters):
    rate = RATES[name]
    if name == "momentum":
        return torch.optim.SGD(parameters, rate, momentum=0.9)
    if name == "rmsprop":
        return torch.optim.RMSprop(parameters, rate)
    if name == "adam":
        return torch.optim.Adam(parameters, rate)
    return torch.optim.SGD(parameters, rate)


def open_step(widths, batch, name):
    model = model_of(widths)
    optimizer = optimizer_of(name, model.parameters())
    samples = BATCHES * batch
    inputs = uniform(samples, widths[0], INPUTS).split(batch)
    if widths[-1] == 1:
        targets = uniform(samples, 1, TARGETS).split(batch)
        loss_of = torch.nn.MSELoss()
    else:
        labels = (hashed(samples, LABELS) % numpy.uint32(widths[-1])).astype(numpy.int64)
        targets = torch.from_numpy(labels).split(batch)
        loss_of = torch.nn.CrossEntropyLoss()
    turn = 0

    def call():
        nonlocal turn
        x, y = inputs[turn], targets[turn]
        turn = (turn + 1) % BATCHES
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return call, [call() for _ in range(CHECK_STEPS)]


def open_infer(widths, rows):
    model = model_of(widths).eval()
    inputs = uniform(rows, widths[0], INPUTS)

    def call():
        return model(inputs)

    with torch.inference_mode():
        return call, check(call())


def open_work(words):
    if words[0] == "sgemm":
        return open_product(words[1], *map(int, words[2:]))
    widths = [int(width) for width in words[1].split("-")]
    if words[0] == "step":
        return open_step(widths, int(words[2]), words[3])
    return open_infer(widths, int(words[2]))


# ---- timing, as in runner.c ----

def run(call, calls):
    for _ in range(calls):
        call()


def seconds_of(call, calls):
    start = time.perf_counter()
    run(call, calls)
    return time.perf_counter() - start


def calls_in(call, seconds):
    run(call, 1)
    calls = 1
    while True:
        took = seconds_of(call, calls)
        if took >= seconds / 4:
            return max(1, math.ceil(calls * seconds / took))
        calls *= 2


def time_of(call, calls):
    begin = time.perf_counter()
    while True:
        run(call, max(1, calls // 16))
        if time.perf_counter() - begin >= ROUND_WARM_UP:
            break
    return seconds_of(call, calls) / calls


def answer(words, state):
    if words[0] == "about":
        capability = torch.__config__.show().split("CPU capability usage: ")[1].split("\n")[0]
        return f"PyTorch {torch.__version__}, kernels: {capability}"
    if words[0] == "open":
        state["call"], values = open_work(words[1:])
        state["training"] = words[1] == "step"
        return " ".join(f"{value:.9g}" for value in values)
    if words[0] == "close":
        state.clear()
        return ""
    with torch.inference_mode(not state["training"]):
        if words[0] == "warm":
            return str(calls_in(state["call"], float(words[1])))
        return f"{time_of(state['call'], int(words[1])):.9g}"


def main():
    torch.set_num_threads(int(sys.argv[1]))
    torch.set_num_interop_threads(1)
    state = {}
    for line in sys.stdin:
        print("ok", answer(line.split(), state), flush=True)


main()
