"""Writes npy_files.h: files that NumPy makes, of each element type, byte order and memory
order, with what they hold; and files of types that libnn does not read.

Run with a Python that has NumPy: /usr/bin/python3 tests/oracle/npy.py
"""
import io
import os

import numpy

READ = []     # name, bytes, array
REFUSED = []  # name, bytes
NUMBERS = [0, 1, 2, 3, 5, 100, 0, 1, 7, 120, 64, 12]
DTYPES = {"b1": "NN_UINT8", "u1": "NN_UINT8", "i1": "NN_INT32", "i2": "NN_INT32",
          "u2": "NN_INT32", "i4": "NN_INT32", "u4": "NN_INT64", "i8": "NN_INT64",
          "u8": "NN_INT64", "f2": "NN_FLOAT32", "f4": "NN_FLOAT32", "f8": "NN_FLOAT32"}


def saved(array, version=None):
    file = io.BytesIO()
    if version is None:
        numpy.save(file, array)
    else:
        numpy.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def numbers(dtype):
    """Twelve numbers that the type holds, and float32 or int64 too."""
    values = list(NUMBERS)
    kind, size = dtype[1], int(dtype[2])
    if kind in "if":
        values[1], values[4] = -1, -100
    if kind in "iu" and size > 1:
        values[5] = 2 ** (8 * size - 2)
    if kind == "f":
        values[2], values[9] = 0.5, -1.0 / 1024
    return numpy.array(values, dtype)


for kind in DTYPES:
    for order in "|" if kind[1] == "1" else "<>":
        array = numbers(order + kind)
        READ.append((f"{order}{kind}", saved(array.reshape(3, 4)), array.reshape(3, 4)))
        fortran = numpy.asfortranarray(array.reshape(2, 3, 2))
        READ.append((f"{order}{kind} Fortran", saved(fortran), fortran))
for shape in ((), (5,), (0, 3), (1, 2, 1, 2, 1, 1, 1, 3), (2, 0, 4)):
    array = numbers("<i4")[:numpy.prod(shape, dtype=int)].reshape(shape)
    READ.append((f"shape {shape}", saved(array), array))
for version in ((1, 0), (2, 0), (3, 0)):
    array = numbers("<f4").reshape(4, 3)
    READ.append((f"version {version[0]}", saved(array, version), array))

for name, array in {
        "complex": numpy.zeros(2, "<c8"), "text": numpy.array(["ab"]),
        "bytes": numpy.array([b"ab"]), "dates": numpy.zeros(2, "<M8[s]"),
        "object": numpy.array([{}], object), "raw": numpy.zeros(2, "V4"),
        "long double": numpy.zeros(2, numpy.longdouble),
        "structure": numpy.zeros(2, [("a", "<f4"), ("b", "<i4")]),
        "nine dimensions": numpy.zeros((1,) * 9, "<f4")}.items():
    REFUSED.append((name, saved(array)))


def bytes_of(name, content):
    lines = [f"static const unsigned char {name}[] = {{"]
    row = [str(byte) for byte in content]
    lines += ["    " + ", ".join(row[i:i + 20]) + "," for i in range(0, len(row), 20)]
    return lines + ["};"]


lines = [f"/* Written by npy.py with NumPy {numpy.__version__}. */",
         "#ifndef TESTS_ORACLE_NPY_FILES_H", "#define TESTS_ORACLE_NPY_FILES_H", "",
         "#include <nn/tensor.h>", ""]
table = ["static const struct npy_file {", "    const char *name;",
         "    const unsigned char *bytes;", "    size_t size;",
         "    int32_t dtype, rank;", "    int64_t shape[NN_MAX_RANK], count;",
         "    double values[12];", "} npy_files[] = {"]
for i, (name, content, array) in enumerate(READ):
    lines += bytes_of(f"npy_file_{i}", content)
    shape = ", ".join(str(d) for d in array.shape) or "0"
    values = ", ".join(repr(float(v)) for v in array.ravel()) or "0"
    table += [f'    {{"{name}", npy_file_{i}, sizeof npy_file_{i}, '
              f"{DTYPES[array.dtype.kind + str(array.dtype.itemsize)]}, {array.ndim}, "
              f"{{{shape}}}, {array.size}, {{{values}}}}},"]
table += ["};", ""]
refused = ["static const struct npy_refused {", "    const char *name;",
           "    const unsigned char *bytes;", "    size_t size;", "} npy_refused[] = {"]
for i, (name, content) in enumerate(REFUSED):
    lines += bytes_of(f"npy_refused_{i}", content)
    refused += [f'    {{"{name}", npy_refused_{i}, sizeof npy_refused_{i}}},']
refused += ["};", ""]
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "npy_files.h")
with open(path, "w", encoding="ascii") as file:
    file.write("\n".join(lines + [""] + table + refused + ["#endif", ""]))
