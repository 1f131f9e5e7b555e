"""Writes losses_values.h: values and gradients of PyTorch's losses, in double precision, for
small inputs that floats hold exactly. A batch's loss is sum_r w_r l_r / sum_r w_r c_r with
sample weights w_r and, where there are class weights, the factors c_r; PyTorch gives the
l_r, and where it knows such a mean itself the script asserts that it agrees.

Run with a Python that has PyTorch: /usr/bin/python3 tests/oracle/losses.py
"""
import os

import torch
import torch.nn.functional as F

DTYPES = {"float32": "NN_FLOAT32", "uint8": "NN_UINT8", "int32": "NN_INT32",
          "int64": "NN_INT64"}
CASES = []


def spread(shape, factor, step=37):
    """Numbers of both signs, multiples of 1/16, in no order."""
    count = torch.Size(shape).numel()
    return torch.tensor([((i * step + 11) % 101 - 50) / 16 * factor
                         for i in range(count)]).reshape(shape)


def fractions(shape, step=29):
    """Numbers strictly between 0 and 1."""
    count = torch.Size(shape).numel()
    return torch.tensor([((i * step + 5) % 63 + 1) / 64 for i in range(count)]).reshape(shape)


def integers(shape, bound):
    count = torch.Size(shape).numel()
    return torch.tensor([(i * 7 + 2) % 11 % bound for i in range(count)]).reshape(shape)


def probabilities(shape):
    """Lines whose sum is 1 (in sixteenths)."""
    count, classes = torch.Size(shape[:-1]).numel(), shape[-1]
    lines = []
    for line in range(count):
        parts = [1.0 * ((line + c) % 3) for c in range(classes - 1)]
        lines.append([part / 16 for part in parts] + [(16 - sum(parts)) / 16])
    return torch.tensor(lines).reshape(shape)


def sample_mean(terms):
    return terms.reshape(terms.shape[0], -1).mean(dim=1)


def case(name, kind, output, target, losses, dtype="float32", target_shape=None,
         option=("", 0.0), class_weights=None, weights=None, factors=None, expected=None):
    """losses(output) gives the l_r; factors are the c_r."""
    output = output.clone().requires_grad_(True)
    rows = output.shape[0]
    w = torch.ones(rows) if weights is None else weights
    c = torch.ones(rows) if factors is None else factors
    value = (w * losses(output)).sum() / (w * c).sum()
    value.backward()
    if expected is not None:
        assert torch.allclose(value, expected(output), rtol=1e-13, atol=0), name
    CASES.append((name, kind, option, class_weights, output.detach(), dtype, target,
                  target_shape or (None if target is None else list(target.shape)), weights,
                  value.item(), output.grad))


def add_elementwise():
    x, y, w = spread((4, 3), 1), spread((4, 3), 1, step=17), torch.tensor([1, 0.5, 0, 2])
    pairs = [
        ("mean_squared_error", ("", 0.0), lambda f: (f - y) ** 2, F.mse_loss),
        ("mean_absolute_error", ("", 0.0), lambda f: (f - y).abs(), F.l1_loss),
        ("huber", ("delta", 0.5), lambda f: F.huber_loss(f, y, reduction="none", delta=0.5),
         lambda f, t: F.huber_loss(f, t, delta=0.5)),
        ("huber", ("delta", 2.0), lambda f: F.huber_loss(f, y, reduction="none", delta=2.0),
         lambda f, t: F.huber_loss(f, t, delta=2.0)),
    ]
    for kind, option, terms, whole in pairs:
        name = f"{kind} {option[0]} {option[1]}" if option[0] else kind
        case(name, kind, x, y, lambda f, terms=terms: sample_mean(terms(f)), option=option,
             expected=lambda f, whole=whole: whole(f, y))
        case(name + ", weighted", kind, x, y, lambda f, terms=terms: sample_mean(terms(f)),
             option=option, weights=w)
    one, single = spread((4, 1), 1), spread((4, 1), 1, step=17)
    case("mean_squared_error of one number", "mean_squared_error", one, single,
         lambda f: sample_mean((f - single) ** 2), target_shape=[4])
    image, truth = spread((2, 2, 3), 1), spread((2, 2, 3), 1, step=17)
    case("mean_squared_error of matrices", "mean_squared_error", image, truth,
         lambda f: sample_mean((f - truth) ** 2))
    case("output_as_loss", "output_as_loss", x, None, sample_mean)
    case("output_as_loss, weighted", "output_as_loss", x, None, sample_mean, weights=w)


def add_binary():
    f, z = fractions((4, 3)), spread((4, 3), 2)
    soft, hard = fractions((4, 3), step=41), integers((4, 3), 2).double()
    w, pair = torch.tensor([1, 0.5, 0, 2]), torch.tensor([0.5, 3])
    kinds = [("binary_cross_entropy", f, F.binary_cross_entropy),
             ("sigmoid_cross_entropy", z, F.binary_cross_entropy_with_logits)]
    for kind, output, function in kinds:
        def plain(x, t, function=function):
            return sample_mean(function(x, t, reduction="none"))

        def weighted(x, t, function=function):
            each = t * pair[1] + (1 - t) * pair[0]
            return sample_mean(each * function(x, t, reduction="none"))

        def factor(t):
            return sample_mean(t * pair[1] + (1 - t) * pair[0])

        case(f"{kind}, soft targets", kind, output, soft, lambda x, p=plain: p(x, soft),
             expected=lambda x, g=function: g(x, soft))
        for dtype in ("uint8", "int32", "int64"):
            case(f"{kind}, {dtype} targets", kind, output, hard,
                 lambda x, p=plain: p(x, hard), dtype=dtype)
        case(f"{kind}, sample weights", kind, output, hard, lambda x, p=plain: p(x, hard),
             weights=w)
        case(f"{kind}, class weights", kind, output, hard,
             lambda x, p=weighted: p(x, hard), dtype="uint8", class_weights=pair,
             factors=factor(hard))
        case(f"{kind}, class weights of soft targets", kind, output, soft,
             lambda x, p=weighted: p(x, soft), class_weights=pair, factors=factor(soft))
        case(f"{kind}, both weights", kind, output, hard, lambda x, p=weighted: p(x, hard),
             class_weights=pair, weights=w, factors=factor(hard))
    sure = torch.tensor([[100.0], [-100.0], [1e4], [-1e4], [30.0], [0.0]])
    right = torch.tensor([[0.0], [1.0], [1.0], [0.0], [1.0], [0.5]])
    case("sigmoid_cross_entropy, large logits", "sigmoid_cross_entropy", sure, right,
         lambda x: sample_mean(F.binary_cross_entropy_with_logits(x, right,
                                                                  reduction="none")))
    ends, truth = torch.tensor([[0.0], [1.0], [0.0], [1.0]]), torch.tensor([[1.0], [0], [0], [1]])
    case("binary_cross_entropy, 0 and 1", "binary_cross_entropy", ends, truth,
         lambda x: sample_mean(F.binary_cross_entropy(x, truth, reduction="none")))


def cross_entropy(output, target, smoothing, class_weights):
    """l_r of (B, ..., C): classes go second for PyTorch, the terms of positions averaged."""
    if target.dtype.is_floating_point:
        target = target.movedim(-1, 1)
    return sample_mean(F.cross_entropy(output.movedim(-1, 1), target, weight=class_weights,
                                       label_smoothing=smoothing, reduction="none"))


def add_softmax():
    kind, w = "softmax_cross_entropy", torch.tensor([1, 0.5, 0, 2])
    class_weights = torch.tensor([0.5, 2, 1, 0, 4])
    flat, deep = spread((4, 5), 1), spread((4, 3, 5), 1)
    for output, position in ((flat, ""), (deep, " of positions")):
        labels = integers(tuple(output.shape[:-1]), 5)
        soft = probabilities(tuple(output.shape))
        for smoothing in (0.0, 0.125):
            for each in (None, class_weights):
                for weights in (None, w):
                    name = (f"{kind}{position}, smoothing {smoothing}"
                            + (", class weights" if each is not None else "")
                            + (", sample weights" if weights is not None else ""))
                    by_label = by_share = None
                    if each is not None:
                        by_label = sample_mean(each[labels])
                        by_share = sample_mean((soft * each).sum(-1))
                    agrees = None
                    if weights is None:
                        agrees = lambda x, s=smoothing, e=each, t=labels: F.cross_entropy(
                            x.movedim(-1, 1), t, weight=e, label_smoothing=s)
                    case(name + ", labels", kind, output, labels.double(),
                         lambda x, s=smoothing, e=each, t=labels: cross_entropy(x, t, s, e),
                         dtype="int64", option=("label_smoothing", smoothing),
                         class_weights=each, weights=weights, factors=by_label,
                         expected=agrees)
                    case(name + ", probabilities", kind, output, soft,
                         lambda x, s=smoothing, e=each, t=soft: cross_entropy(x, t, s, e),
                         option=("label_smoothing", smoothing), class_weights=each,
                         weights=weights, factors=by_share)
    labels = integers((4,), 5)
    for dtype in ("uint8", "int32"):
        case(f"{kind}, {dtype} labels", kind, flat, labels.double(),
             lambda x: cross_entropy(x, labels, 0.0, None), dtype=dtype)
    case(f"{kind}, labels of shape (1)", kind, flat, labels.double(),
         lambda x: cross_entropy(x, labels, 0.0, None), dtype="int32", target_shape=[4, 1])
    sure = torch.tensor([[1e4, -1e4, 0], [-1e4, 1e4, 0], [50, 0, -50], [0, 0, 0]])
    right = torch.tensor([0, 0, 2, 1])
    case(f"{kind}, large logits", kind, sure, right.double(),
         lambda x: cross_entropy(x, right, 0.0, None), dtype="uint8")


def array(name, values):
    rows = [f"static const double {name}[] = {{"]
    numbers = [f"{v:.16g}" for v in values]
    for k in range(0, len(numbers), 4):
        rows.append("    " + ", ".join(numbers[k:k + 4]) + ",")
    return rows + ["};"]


def main():
    add_elementwise()
    add_binary()
    add_softmax()
    lines = [
        "/* Values and gradients of PyTorch's losses, double precision, from PyTorch",
        f" * {torch.__version__}. Written by losses.py, which says how. */",
        "#ifndef ORACLE_LOSSES_VALUES_H",
        "#define ORACLE_LOSSES_VALUES_H",
        "",
        "#include <nn/tensor.h>",
        "",
        "struct oracle_loss {",
        "    const char *name, *kind;",
        "    const char *option; /* \"\" for none */",
        "    double option_value;",
        "    int64_t class_count;",
        "    const double *class_weights; /* NULL for none */",
        "    int32_t rank;",
        "    int64_t shape[3];",
        "    const double *outputs;",
        "    int32_t target_dtype, target_rank;",
        "    int64_t target_shape[3];",
        "    const double *targets; /* NULL for none */",
        "    const double *weights; /* NULL for none */",
        "    double value;",
        "    const double *gradient;",
        "};",
        "",
        "/* clang-format off */",
    ]
    rows = []
    for i, (name, kind, option, each, output, dtype, target, target_shape, weights, value,
            gradient) in enumerate(CASES):
        def part(label, tensor, i=i):
            if tensor is None:
                return "NULL"
            lines.extend(array(f"oracle_{label}_{i}", tensor.flatten().tolist()))
            return f"oracle_{label}_{i}"

        def dims(shape):
            return "{" + ", ".join(str(d) for d in shape or [0]) + "}"

        rows += [
            f'    {{"{name}", "{kind}",',
            f'     "{option[0]}", {option[1]!r}, {0 if each is None else len(each)}, '
            f"{part('classes', each)},",
            f"     {output.dim()}, {dims(output.shape)}, {part('outputs', output)},",
            f"     {DTYPES[dtype]}, {len(target_shape or [])}, {dims(target_shape)}, "
            f"{part('targets', target)},",
            f"     {part('weights', weights)}, {value:.16g}, {part('gradient', gradient)}}},",
        ]
    lines += ["", "static const struct oracle_loss oracle_losses[] = {"] + rows
    lines += ["};", "/* clang-format on */", "", "#endif", ""]
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "losses_values.h")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines))


torch.set_default_dtype(torch.float64)
main()
