# A file of src/ includes only from its own folder and from lower floors; a file that
# defines a layer, loss or optimizer includes no other's header; public headers include
# public headers only.
import os
import re

import source

RANK = {floor: rank for rank, level in enumerate(source.FLOORS) for floor in level}
KIND = re.compile(r"^const struct nni_\w+_type \w+\s*=", re.M)


def includes(path):
    text = source.code(source.read(path), keep_strings=True)
    for match in re.finditer(r"^[ \t]*#[ \t]*include[ \t]*(.*?)[ \t]*$", text, re.M):
        yield source.line_of(text, match.start()), match.group(1)


def owned_headers():
    """Headers named as a file that defines a layer, loss or optimizer: its own affair."""
    return {path[len("src/"):-2] + ".h" for path in source.files("src/*/*.c")
            if KIND.search(source.read(path))}


def check_source(path, owned):
    floor = path.split("/")[1]
    if floor not in RANK:
        source.report(path, 1, f"src/{floor}/ is no floor of the design")
        return
    for line, target in includes(path):
        if target.startswith("<"):
            continue
        if not target.startswith('"'):
            source.report(path, line, "a computed #include cannot be checked")
            continue
        target = target.strip('"')
        if target.startswith("nn/") and os.path.exists("include/" + target):
            continue
        if "/" not in target:
            target = f"{floor}/{target}"
        if not os.path.exists("src/" + target):
            source.report(path, line, f'"{target}" is not a file of src/ or include/')
            continue
        other = target.split("/")[0]
        if other != floor and RANK.get(other, 99) >= RANK[floor]:
            source.report(path, line, f"{floor} must not include from {other} ({target})")
        mine = path[len("src/"):-2] + ".h"
        if target in owned and target != mine and not path.endswith("_table.c"):
            source.report(path, line, f"{target} belongs to {target[:-2]}.c alone")


def check_public(path):
    for line, target in includes(path):
        name = target.strip('<>"')
        if not (name.startswith("nn/") or re.fullmatch(r"(stddef|stdint|limits|float)\.h", name)):
            source.report(path, line, f"a public header must not include {target}")


owned = owned_headers()
for path in source.files("src/*/*.[ch]"):
    check_source(path, owned)
for path in source.files("include/nn/*.h"):
    check_public(path)
source.finish()
