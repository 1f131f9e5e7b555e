"""Writes networks_values.h: whole networks in PyTorch, in double precision: the value and the
gradient of every node, the gradient of every parameter, and the losses and parameters of 20
steps with four optimizers. The networks are written again in test_oracle_networks.c, node by
node and under the same names.

Run with a Python that has PyTorch: /usr/bin/python3 tests/oracle/networks.py
"""
import torch
import torch.nn.functional as F

from header import Header, integers, spread

STEPS = 20


class Network:
    """A forward pass writes its nodes down as it goes."""

    def __init__(self, weights, parameters):
        self.weights = weights
        self.parameters = parameters
        self.nodes = []

    def node(self, name, value):
        if value.requires_grad:
            value.retain_grad()
        self.nodes.append((name, value))
        return value

    def dense(self, layer, x, activation=lambda z: z, name=None):
        w, b = self.parameters[layer + ".weight"], self.parameters[layer + ".bias"]
        return self.node(name or layer, activation(x @ w + b))

    def mean(self, losses, factors=None):
        """sum_r w_r l_r / sum_r w_r c_r"""
        each = losses.reshape(losses.shape[0], -1).mean(1)
        factors = torch.ones(len(each)) if factors is None else factors
        return (self.weights * each).sum() / (self.weights * factors).sum()


def mlp(net, inputs, targets):
    x, = [net.node("x", x) for x in inputs]
    hidden = net.dense("hidden", x, F.relu)
    thinned = net.node("thinned", hidden * 1)
    second = net.dense("second", thinned, torch.tanh)
    logits = net.dense("logits", second)
    each = torch.tensor([0.5, 2.0, 1.0])
    return net.mean(F.cross_entropy(logits, targets[0], weight=each, label_smoothing=0.125,
                                    reduction="none"), each[targets[0]])


def graph(net, inputs, targets):
    x, = [net.node("x", x) for x in inputs]
    once = net.dense("shared", x, torch.tanh, "once")
    twice = net.dense("shared", once, torch.tanh, "twice")
    skip = net.node("skip", x + twice)
    gate = net.dense("gate", once, torch.sigmoid)
    gated = net.node("gated", skip * gate)
    part = net.node("part", x[:, :, 1:3])
    both = net.node("both", torch.cat([gated, part], 2))
    scores = net.node("scores", both @ both.transpose(1, 2))
    attention = net.node("attention", torch.softmax(scores, -1))
    mixed = net.node("mixed", attention @ both)
    pooled = net.node("pooled", mixed.mean(1))
    last = net.dense("last", pooled)
    return net.mean((last - targets[0]) ** 2)


def heads(net, inputs, targets):
    pixels, numbers = [net.node(name, x) for name, x in zip(("pixels", "numbers"), inputs)]
    scaled = net.node("scaled", pixels.double() / 64 - 2)
    left = net.dense("left", scaled, F.elu)
    merged = net.node("merged", left + numbers)
    trunk = net.dense("trunk", merged, F.gelu)
    logits = net.dense("logits", trunk)
    amount = net.dense("amount", trunk, F.softplus)
    each = torch.tensor([1.0, 3.0, 0.5])
    first = net.mean(F.cross_entropy(logits, targets[0], weight=each, reduction="none"),
                     each[targets[0]])
    second = net.mean(F.huber_loss(amount, targets[1], delta=0.5, reduction="none"))
    return first + 0.25 * second


def binary(net, inputs, targets):
    x, = [net.node("x", x) for x in inputs]
    standard = net.node("standard", (x - 0.5) / 2)
    wide = net.dense("wide", standard, F.selu)
    flat = net.node("flat", wide.reshape(len(wide), -1))
    square = net.node("square", flat.reshape(-1, 3, 2))
    narrow = net.dense("narrow", square, F.silu)
    total = net.node("total", narrow.sum(1))
    sure = net.dense("sure", total, torch.sigmoid)
    truth = targets[0].double()
    each = 4 * truth + (1 - truth)
    return net.mean(each * F.binary_cross_entropy(sure, truth, reduction="none"),
                    each.mean(1))


def shapes(**layers):
    return {f"{layer}.{part}": shape for layer, (rows, columns) in layers.items()
            for part, shape in (("weight", (rows, columns)), ("bias", (columns,)))}


NETWORKS = [
    ("mlp", mlp, shapes(hidden=(6, 8), second=(8, 5), logits=(5, 3)),
     [spread((5, 6), 1 / 2)], [integers((5,), 3, torch.int64)], [1, 0.5, 2, 0, 1]),
    ("graph", graph, shapes(shared=(4, 4), gate=(4, 4), last=(6, 2)),
     [spread((4, 3, 4), 1 / 4)], [spread((4, 2), 1 / 2, step=17)], [1, 1, 1, 1]),
    ("heads", heads, shapes(left=(6, 5), trunk=(5, 6), logits=(6, 3), amount=(6, 2)),
     [integers((4, 6), 200, torch.uint8, step=71), spread((4, 5), 1 / 4)],
     [integers((4,), 3, torch.int64), spread((4, 2), 1 / 2, step=17)], [0.5, 2, 1, 0.25]),
    ("binary", binary, shapes(wide=(4, 3), narrow=(2, 3), sure=(3, 2)),
     [spread((6, 2, 4), 1 / 2)], [integers((6, 2), 2, torch.uint8)], [1, 2, 1, 1, 0.5, 1]),
]

OPTIMIZERS = [
    ("sgd", {"rate": 0.05}, torch.optim.SGD, {"lr": 0.05}),
    ("momentum", {"rate": 0.02, "momentum": 0.9}, torch.optim.SGD,
     {"lr": 0.02, "momentum": 0.9}),
    ("rmsprop", {"rate": 0.01, "rho": 0.9}, torch.optim.RMSprop, {"lr": 0.01, "alpha": 0.9}),
    ("adam", {"rate": 0.01}, torch.optim.Adam, {"lr": 0.01}),
]


def start(sizes):
    """Parameters as they begin."""
    return {name: spread(shape, 1 / 4, step=29 + 6 * i).requires_grad_(True)
            for i, (name, shape) in enumerate(sizes.items())}


def train(function, sizes, inputs, targets, weights, optimizer, arguments):
    parameters, losses = start(sizes), []
    optimizer = optimizer(parameters.values(), **arguments)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = function(Network(weights, parameters), inputs, targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return parameters, losses


def write_network(header, name, function, sizes, inputs, targets, weights):
    weights = torch.tensor(weights, dtype=torch.float64)
    parameters = start(sizes)
    net = Network(weights, parameters)
    leaves = [x.clone().requires_grad_(x.dtype.is_floating_point) for x in inputs]
    loss = function(net, leaves, targets)
    loss.backward()
    runs = []
    for kind, settings, optimizer, arguments in OPTIMIZERS:
        after, losses = train(function, sizes, inputs, targets, weights, optimizer, arguments)
        after = header.tensors([(key, w, None) for key, w in after.items()])
        runs.append(f'    {{"{kind}", {header.settings(settings)}, '
                    f"{header.array(torch.tensor(losses))}, {after}}}")
    parts = [
        header.tensors([(f"input {i}", x, None) for i, x in enumerate(inputs)]),
        header.tensors([(f"target {i}", y, None) for i, y in enumerate(targets)]),
        header.tensors([("weights", weights, None)]),
        header.tensors([(key, value, value.grad) for key, value in net.nodes]),
        header.tensors([(key, w, w.grad) for key, w in parameters.items()]),
        f"{loss.item():.12g}",
        header.name("struct oracle_run", runs + ["    {NULL, NULL, NULL, NULL}"])]
    return f'    {{"{name}", {", ".join(parts)}}},'


def main():
    torch.set_default_dtype(torch.float64)
    header = Header("Networks and what becomes of them, in double precision, from")
    rows = [write_network(header, *network) for network in NETWORKS]
    declarations = [
        f"enum {{ ORACLE_NETWORK_STEPS = {STEPS} }};",
        "",
        "/* 20 steps with one optimizer; a list of these ends with a NULL name. */",
        "struct oracle_run {",
        "    const char *optimizer;",
        "    const struct oracle_setting *settings;",
        "    const double *losses; /* before each step */",
        "    const struct oracle_tensor *parameters; /* after the last */",
        "};",
        "",
        "struct oracle_network {",
        "    const char *name;",
        "    const struct oracle_tensor *inputs, *targets;",
        "    const struct oracle_tensor *weights; /* one */",
        "    const struct oracle_tensor *nodes, *parameters;",
        "    double loss;",
        "    const struct oracle_run *runs;",
        "};",
    ]
    header.write("networks_values.h", declarations, "oracle_network", "oracle_networks", rows)


main()
