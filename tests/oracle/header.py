"""What the scripts beside this one share: numbers that floats hold exactly, and C headers of
tensors (struct oracle_tensor of ../support/oracle.h)."""
import os

import torch

torch.set_num_threads(1)  # so that sums have one order

DTYPES = {torch.float64: "NN_FLOAT32", torch.uint8: "NN_UINT8", torch.int32: "NN_INT32",
          torch.int64: "NN_INT64"}


def spread(shape, factor=1.0, step=37):
    """Numbers of both signs, multiples of factor / 16, in no order."""
    count = torch.Size(shape).numel()
    return torch.tensor([((i * step + 11) % 101 - 50) / 16 * factor
                         for i in range(count)], dtype=torch.float64).reshape(shape)


def integers(shape, bound, dtype, step=7):
    count = torch.Size(shape).numel()
    return torch.tensor([(i * step + 2) % 251 % bound for i in range(count)],
                        dtype=dtype).reshape(shape)


class Header:
    """Collects the lines of a C header."""

    def __init__(self, text):
        self.lines = []
        self.text = text
        self.named = {}

    def array(self, tensor):
        """The name of an array with the tensor's elements; NULL for None."""
        if tensor is None:
            return "NULL"
        numbers = [f"{v:.12g}" for v in tensor.detach().flatten().tolist()]
        rows = ["    " + ", ".join(numbers[k:k + 6]) for k in range(0, len(numbers), 6)]
        return self.name("double", rows)

    def tensors(self, items):
        """The name of an array of oracle tensors: (name, tensor, gradient or None)."""
        rows = []
        for name, tensor, gradient in items:
            shape = ", ".join(str(d) for d in tensor.shape) or "0"
            rows.append(f'    {{"{name}", {DTYPES[tensor.dtype]}, {tensor.dim()}, '
                        f"{{{shape}}}, {self.array(tensor)}, {self.array(gradient)}}}")
        return self.name("struct oracle_tensor", rows + ["    {NULL, 0, 0, {0}, NULL, NULL}"])

    def settings(self, pairs):
        """The name of an array of options: numbers, texts, lists of int or of float."""
        rows = []
        for name, value in pairs.items():
            if isinstance(value, str):
                rows.append(f'    {{"{name}", ORACLE_TEXT, 0, "{value}", 0, NULL}}')
            elif isinstance(value, (list, tuple)):
                kind = "INTS" if isinstance(value[0], int) else "FLOATS"
                numbers = self.array(torch.tensor(value, dtype=torch.float64))
                rows.append(f'    {{"{name}", ORACLE_{kind}, 0, NULL, {len(value)}, '
                            f"{numbers}}}")
            else:
                rows.append(f'    {{"{name}", ORACLE_NUMBER, {value!r}, NULL, 0, NULL}}')
        return self.name("struct oracle_setting", rows + ["    {NULL, 0, 0, NULL, 0, NULL}"])

    def name(self, kind, rows):
        """The name of an array of these rows; equal ones are written once."""
        text = ",\n".join(rows)
        if (kind, text) not in self.named:
            name = f"oracle_{kind.split('_')[-1]}s_{len(self.named)}"
            self.named[kind, text] = name
            self.lines += [f"static const {kind} {name}[] = {{", text, "};"]
        return self.named[kind, text]

    def write(self, file, declarations, struct, name, rows):
        """Writes `file` beside this script: the declarations, then the array of cases."""
        guard = "ORACLE_" + file.upper().replace(".", "_")
        text = [f"/* {self.text}", f" * PyTorch {torch.__version__}. Written by "
                f"{file.replace('_values.h', '.py')}, which says how. */",
                f"#ifndef {guard}", f"#define {guard}", "",
                '#include "../support/oracle.h"', "", *declarations, "",
                "/* clang-format off */", *self.lines, "",
                f"static const struct {struct} {name}[] = {{", *rows, "};",
                "/* clang-format on */", "", "#endif", ""]
        folder = os.path.dirname(os.path.abspath(__file__))
        with open(os.path.join(folder, file), "w", encoding="ascii") as out:
            out.write("\n".join(text))
