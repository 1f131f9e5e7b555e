"""Writes optimizers_values.h: where PyTorch's optimizers, in double precision, take 20
parameters in 20 steps. The gradient is a function of the parameters (a quadratic, a cubic
term and a fixed disturbance of each step), so that errors would compound; it is written
again in test_oracle_optimizers.c.

Run with a Python that has PyTorch: /usr/bin/python3 tests/oracle/optimizers.py
"""
import os

import torch

STEPS = 20
SHAPES = [(3, 4), (8,)]
COUNT = 20

# name, kind, options of ours, PyTorch's class and its arguments, clipping
CASES = []


def case(name, kind, options, maker, clip_norm=0.0, clip_value=0.0, **arguments):
    options = dict(options)
    if clip_norm:
        options["clip_norm"] = clip_norm
    if clip_value:
        options["clip_value"] = clip_value
    CASES.append((name, kind, options, maker, arguments, clip_norm, clip_value))


def add_cases():
    optim = torch.optim
    sgd = {"rate": 0.05}
    case("sgd", "sgd", sgd, optim.SGD, lr=0.05)
    case("sgd l2", "sgd", {**sgd, "l2": 0.1}, optim.SGD, lr=0.05, weight_decay=0.1)
    case("sgd clip_norm", "sgd", sgd, optim.SGD, clip_norm=0.5, lr=0.05)
    case("sgd clip_norm not reached", "sgd", sgd, optim.SGD, clip_norm=1000.0, lr=0.05)
    case("sgd clip_value", "sgd", sgd, optim.SGD, clip_value=0.25, lr=0.05)
    case("sgd clip_norm clip_value l2", "sgd", {**sgd, "l2": 0.1}, optim.SGD, clip_norm=2.0,
         clip_value=0.5, lr=0.05, weight_decay=0.1)
    moving = {**sgd, "momentum": 0.9}
    case("momentum", "momentum", moving, optim.SGD, lr=0.05, momentum=0.9)
    case("momentum l2", "momentum", {**moving, "l2": 0.1}, optim.SGD, lr=0.05, momentum=0.9,
         weight_decay=0.1)
    case("momentum dampening", "momentum", {**moving, "dampening": 0.3}, optim.SGD, lr=0.05,
         momentum=0.9, dampening=0.3)
    case("momentum clip_norm", "momentum", moving, optim.SGD, clip_norm=1.0, lr=0.05,
         momentum=0.9)
    case("momentum nesterov", "momentum", {**moving, "nesterov": 1}, optim.SGD, lr=0.05,
         momentum=0.9, nesterov=True)
    case("nesterov", "nesterov", {**sgd, "momentum": 0.8}, optim.SGD, lr=0.05, momentum=0.8,
         nesterov=True)
    case("nesterov l2", "nesterov", {**sgd, "momentum": 0.8, "l2": 0.1}, optim.SGD, lr=0.05,
         momentum=0.8, nesterov=True, weight_decay=0.1)
    case("adagrad", "adagrad", {"rate": 0.1}, optim.Adagrad, lr=0.1)
    case("adagrad initial", "adagrad", {"rate": 0.1, "initial": 0.5, "epsilon": 1e-6},
         optim.Adagrad, lr=0.1, initial_accumulator_value=0.5, eps=1e-6)
    case("adagrad l2", "adagrad", {"rate": 0.1, "l2": 0.1}, optim.Adagrad, lr=0.1,
         weight_decay=0.1)
    case("adadelta", "adadelta", {"rate": 1}, optim.Adadelta, lr=1.0)
    case("adadelta rho", "adadelta", {"rate": 0.5, "rho": 0.8, "epsilon": 1e-3},
         optim.Adadelta, lr=0.5, rho=0.8, eps=1e-3)
    case("adadelta l2", "adadelta", {"rate": 1, "l2": 0.1}, optim.Adadelta, lr=1.0,
         weight_decay=0.1)
    prop = {"rate": 0.02}
    case("rmsprop", "rmsprop", prop, optim.RMSprop, lr=0.02)
    case("rmsprop rho", "rmsprop", {**prop, "rho": 0.9, "epsilon": 1e-3}, optim.RMSprop,
         lr=0.02, alpha=0.9, eps=1e-3)
    case("rmsprop centered", "rmsprop", {**prop, "centered": 1}, optim.RMSprop, lr=0.02,
         centered=True)
    case("rmsprop momentum", "rmsprop", {**prop, "momentum": 0.9}, optim.RMSprop, lr=0.02,
         momentum=0.9)
    case("rmsprop centered momentum", "rmsprop", {**prop, "centered": 1, "momentum": 0.5},
         optim.RMSprop, lr=0.02, centered=True, momentum=0.5)
    case("rmsprop l2", "rmsprop", {**prop, "l2": 0.1}, optim.RMSprop, lr=0.02,
         weight_decay=0.1)
    case("adam", "adam", {"rate": 0.05}, optim.Adam, lr=0.05)
    case("adam betas", "adam", {"rate": 0.05, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-4},
         optim.Adam, lr=0.05, betas=(0.8, 0.95), eps=1e-4)
    case("adam l2", "adam", {"rate": 0.05, "l2": 0.1}, optim.Adam, lr=0.05, weight_decay=0.1)
    case("adam clip_norm", "adam", {"rate": 0.05}, optim.Adam, clip_norm=0.5, lr=0.05)
    case("adamw", "adamw", {"rate": 0.05}, optim.AdamW, lr=0.05)
    case("adamw decay", "adamw", {"rate": 0.05, "decoupled_decay": 0.2}, optim.AdamW, lr=0.05,
         weight_decay=0.2)


def initial(i):
    return ((i * 7) % 11 - 5) / 4


def gradient(i, w, step):
    curvature = 0.5 + (i % 4) / 4
    centre = ((i * 5) % 7 - 3) / 8
    disturbance = ((i * 7 + step * 13) % 11 - 5) / 16
    return curvature * (w - centre) + w * w * w / 16 + disturbance


def run(maker, arguments, clip_norm, clip_value):
    parameters, index = [], 0
    for shape in SHAPES:
        size = torch.Size(shape).numel()
        values = [initial(i) for i in range(index, index + size)]
        tensor = torch.tensor(values, dtype=torch.float64).reshape(shape)
        parameters.append(tensor.requires_grad_(True))
        index += size
    optimizer = maker(parameters, **arguments)
    for step in range(1, STEPS + 1):
        index = 0
        for parameter in parameters:
            values = [gradient(index + k, w, step)
                      for k, w in enumerate(parameter.detach().flatten().tolist())]
            parameter.grad = torch.tensor(values, dtype=torch.float64).reshape(parameter.shape)
            index += len(values)
        if clip_norm:
            torch.nn.utils.clip_grad_norm_(parameters, clip_norm)
        if clip_value:
            torch.nn.utils.clip_grad_value_(parameters, clip_value)
        optimizer.step()
    return [w for parameter in parameters for w in parameter.detach().flatten().tolist()]


def main():
    torch.set_default_dtype(torch.float64)
    add_cases()
    lines = [
        "/* The parameters after 20 steps of PyTorch's optimizers, double precision, from",
        f" * PyTorch {torch.__version__}. Written by optimizers.py, which says how. */",
        "#ifndef ORACLE_OPTIMIZERS_VALUES_H",
        "#define ORACLE_OPTIMIZERS_VALUES_H",
        "",
        f"enum {{ ORACLE_OPTIMIZER_STEPS = {STEPS}, ORACLE_OPTIMIZER_PARAMETERS = {COUNT} }};",
        "",
        "struct oracle_option {",
        "    const char *name; /* NULL after the last */",
        "    double value;",
        "};",
        "",
        "struct oracle_optimizer {",
        "    const char *name, *kind;",
        "    struct oracle_option options[6];",
        "    double parameters[ORACLE_OPTIMIZER_PARAMETERS];",
        "};",
        "",
        "/* clang-format off */",
        "static const struct oracle_optimizer oracle_optimizers[] = {",
    ]
    for name, kind, options, maker, arguments, clip_norm, clip_value in CASES:
        values = run(maker, arguments, clip_norm, clip_value)
        pairs = ", ".join(f'{{"{key}", {value!r}}}' for key, value in options.items())
        lines.append(f'    {{"{name}", "{kind}",')
        lines.append(f"     {{{pairs}}},")
        for k in range(0, COUNT, 4):
            begin = "     {" if k == 0 else "      "
            end = "}}," if k + 4 == COUNT else ","
            lines.append(begin + ", ".join(f"{v:.16g}" for v in values[k:k + 4]) + end)
    lines += ["};", "/* clang-format on */", "", "#endif", ""]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers_values.h")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines))


main()
