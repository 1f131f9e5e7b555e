"""Writes layers_values.h: outputs and gradients of every kind of layer and every activation,
computed by PyTorch in double precision. The loss that is differentiated is the mean over all
elements of c y, y being the layer's output and c fixed numbers ("factors").

Run with a Python that has PyTorch: /usr/bin/python3 tests/oracle/layers.py
"""
import torch
import torch.nn.functional as F

from header import Header, integers, spread

CASES = []
ALL = -1000  # NN_ALL


def case(name, kind, settings, inputs, function, **parameters):
    """function(*inputs, *parameters) is the layer; inputs begin with the batch."""
    inputs = [x.clone() for x in inputs]
    leaves = [x for x in inputs if x.dtype.is_floating_point] + list(parameters.values())
    for leaf in leaves:
        leaf.requires_grad_(True)
    output = function(*inputs, *parameters.values())
    factors = spread(output.shape, step=23).requires_grad_(True)
    loss = (factors * output).mean()
    loss.backward()
    CASES.append((name, kind, settings, inputs, parameters, factors, loss, output))


def activations():
    """Name, function, options; wide says that large arguments are worth a look."""
    return [
        ("linear", lambda z: z, {}),
        ("sigmoid", torch.sigmoid, {}),
        ("tanh", torch.tanh, {}),
        ("relu", F.relu, {}),
        ("leaky_relu", F.leaky_relu, {}),
        ("leaky_relu", lambda z: F.leaky_relu(z, 0.3), {"alpha": 0.3}),
        ("elu", F.elu, {}),
        ("elu", lambda z: F.elu(z, 1.5), {"alpha": 1.5}),
        ("selu", F.selu, {}),
        ("gelu", F.gelu, {}),
        ("silu", F.silu, {}),
        ("softplus", lambda z: torch.logaddexp(z, torch.zeros_like(z)), {}),
        ("softmax", lambda z: torch.softmax(z, -1), {}),
        ("log_softmax", lambda z: torch.log_softmax(z, -1), {}),
    ]


def add_activations():
    weight, bias = spread((5, 7), 1 / 4), spread((7,), 1 / 4, step=41)
    for name, function, options in activations():
        settings = {"activation": name, **options}
        label = name + "".join(f" {key} {value}" for key, value in options.items())
        case(f"activation {label}", "activation", settings, [spread((3, 2, 9))], function)
        case(f"activation {label}, large arguments", "activation", settings,
             [spread((2, 17), 8)], function)
        case(f"dense {label}", "dense", {"units": 7, **settings}, [spread((4, 5), 1 / 2)],
             lambda x, w, b, f=function: f(x @ w + b), weight=weight.clone(),
             bias=bias.clone())


def add_dense():
    case("dense without bias", "dense", {"units": 3, "bias": 0, "activation": "tanh"},
         [spread((4, 5), 1 / 2)], lambda x, w: torch.tanh(x @ w),
         weight=spread((5, 3), 1 / 4))
    case("dense over positions", "dense", {"units": 3, "activation": "gelu"},
         [spread((2, 4, 5), 1 / 2)], lambda x, w, b: F.gelu(x @ w + b),
         weight=spread((5, 3), 1 / 4), bias=spread((3,), 1 / 4))
    case("dense over two dimensions of positions", "dense",
         {"units": 2, "activation": "softmax"}, [spread((2, 3, 2, 4), 1 / 2)],
         lambda x, w, b: torch.softmax(x @ w + b, -1), weight=spread((4, 2), 1 / 4),
         bias=spread((2,), 1 / 4))
    case("dense of one number", "dense", {"units": 1}, [spread((3, 1))],
         lambda x, w, b: x @ w + b, weight=spread((1, 1)), bias=spread((1,)))
    case("dense, long and narrow", "dense", {"units": 1}, [spread((2, 300), 1 / 4)],
         lambda x, w, b: x @ w + b, weight=spread((300, 1), 1 / 4, step=29),
         bias=spread((1,)))
    case("dense, short and wide", "dense", {"units": 90, "activation": "sigmoid"},
         [spread((2, 2), 1 / 4)], lambda x, w, b: torch.sigmoid(x @ w + b),
         weight=spread((2, 90), 1 / 4), bias=spread((90,), 1 / 4))


def add_numbers():
    x = spread((3, 4))
    mean, deviation = [0.5, -1.25, 2.0, 0.0], [0.5, 2.0, 1.0, 0.25]
    case("input", "input", {"shape": [4]}, [x], lambda x: x)
    case("dropout that drops nothing", "dropout", {"rate": 0.0}, [x], lambda x: x)
    whole = [(torch.uint8, "uint8"), (torch.int32, "int32"), (torch.int64, "int64")]
    scale = {"scale": -0.75, "offset": 0.5}
    case("rescale", "rescale", scale, [x], lambda x: -0.75 * x + 0.5)
    each = {"mean": mean, "deviation": deviation}
    case("standardize", "standardize", each, [x],
         lambda x: (x - torch.tensor(mean)) / torch.tensor(deviation))
    case("standardize by one number", "standardize", {"mean": [0.5], "deviation": [3.0]},
         [spread((2, 3, 2))], lambda x: (x - 0.5) / 3)
    for dtype, name in whole:
        y = integers((3, 4), 200, dtype)
        case(f"input {name}, rescale", "rescale", scale, [y],
             lambda y: -0.75 * y.double() + 0.5)
        case(f"input {name}, standardize", "standardize", each, [y],
             lambda y: (y.double() - torch.tensor(mean)) / torch.tensor(deviation))


def add_shapes():
    x = spread((2, 3, 2, 4))
    case("flatten", "flatten", {}, [x], lambda x: x.flatten(1))
    case("reshape", "reshape", {"shape": [4, 6]}, [x], lambda x: x.reshape(2, 4, 6))
    for axis in (0, 1, 2, -1, -3):
        at = axis + 1 if axis >= 0 else axis
        others = [spread([2 + (d == at % 4) if d else 2 for d in range(4)], step=17),
                  spread((2, 2, 2, 2), step=19), spread((2, 2, 2, 2), step=13)]
        case(f"concat axis {axis}", "concat", {"axis": axis}, others,
             lambda a, b, c, at=at: torch.cat([a, b, c], at))
        case(f"slice axis {axis}", "slice", {"axis": axis, "start": 1, "count": 1}, [x],
             lambda x, at=at: x.narrow(at, 1, 1))
        case(f"sum axis {axis}", "sum", {"axis": axis}, [x], lambda x, at=at: x.sum(at))
        case(f"mean axis {axis}", "mean", {"axis": axis}, [x], lambda x, at=at: x.mean(at))
    case("concat of two", "concat", {}, [spread((2, 3)), spread((2, 5), step=17)],
         lambda a, b: torch.cat([a, b], -1))
    case("slice of the end", "slice", {"axis": -1, "start": 1, "count": 3}, [x],
         lambda x: x[..., 1:])
    case("sum of all", "sum", {"axis": ALL}, [x], lambda x: x.sum((1, 2, 3)))
    case("mean of all", "mean", {}, [x], lambda x: x.mean((1, 2, 3)))
    case("sum of many", "sum", {"axis": 0}, [spread((2, 150))], lambda x: x.sum(1))


def add_arithmetic():
    three = [spread((3, 2, 4), step=step) for step in (37, 17, 19)]
    case("add", "add", {}, three[:2], lambda a, b: a + b)
    case("add of three", "add", {}, three, lambda a, b, c: a + b + c)
    case("multiply", "multiply", {}, three[:2], lambda a, b: a * b)
    case("multiply of three", "multiply", {}, three, lambda a, b, c: a * b * c)
    for ta in (0, 1):
        for tb in (0, 1):
            a = spread((2, 5, 3) if ta else (2, 3, 5))
            b = spread((2, 4, 5) if tb else (2, 5, 4), step=17)
            case(f"matmul {ta} {tb}", "matmul", {"transpose_a": ta, "transpose_b": tb},
                 [a, b], lambda a, b, ta=ta, tb=tb: torch.matmul(
                     a.transpose(1, 2) if ta else a, b.transpose(1, 2) if tb else b))


def main():
    torch.set_default_dtype(torch.float64)
    add_activations()
    add_dense()
    add_numbers()
    add_shapes()
    add_arithmetic()
    header = Header("Outputs and gradients of layers, in double precision, from")
    rows = []
    for name, kind, settings, inputs, parameters, factors, loss, output in CASES:
        parts = [
            header.settings(settings),
            header.tensors([(f"input {i}", x, x.grad) for i, x in enumerate(inputs)]),
            header.tensors([(key, w, w.grad) for key, w in parameters.items()]),
            header.tensors([("factors", factors, factors.grad)]), header.array(output)]
        rows.append(f'    {{"{name}", "{kind}", {", ".join(parts)}, {loss.item():.16g}}},')
    declarations = [
        "struct oracle_layer {",
        "    const char *name, *kind;",
        "    const struct oracle_setting *settings;",
        "    const struct oracle_tensor *inputs, *parameters;",
        "    const struct oracle_tensor *factors; /* one */",
        "    const double *output;",
        "    double loss; /* the mean of factors * output */",
        "};",
    ]
    header.write("layers_values.h", declarations, "oracle_layer", "oracle_layers", rows)


main()
