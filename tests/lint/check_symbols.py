# The symbols that libnn.so exports, those that src/libnn.map lists and the functions that
# include/nn/*.h declares are the same.
# Needs: nm
import os
import re
import subprocess

import source

MAP = "src/libnn.map"


def listed():
    text = source.code(source.read(MAP))
    names = {}
    for match in re.finditer(r"\bnn_\w+(?=\s*;)", text):
        line = source.line_of(text, match.start())
        if match.group() in names:
            source.report(MAP, line, f"{match.group()} is listed twice")
        names[match.group()] = line
    for match in re.finditer(r"[^\s;{]*[*?][^\s;]*(?=\s*;)", text):
        if match.group() != "*" or not re.search(r"local:\s*$", text[:match.start()]):
            source.report(MAP, source.line_of(text, match.start()),
                          f"{match.group()}: no wildcard, one symbol a line")
    return names


def exported():
    library = os.path.join(os.environ["NN_LIB"], "libnn.so")
    listing = subprocess.run(["nm", "-D", "--defined-only", library], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    return library, set(re.findall(r"^[0-9a-f]+ [^A] (\w+)", listing, re.M))


in_map = listed()
library, in_library = exported()
in_headers = {}
for path, line, name in source.public_functions():
    if name in in_headers:
        source.report(path, line, f"{name} is declared twice")
    in_headers[name] = path, line

for name, (path, line) in in_headers.items():
    if name not in in_map:
        source.report(path, line, f"{name} is not listed in {MAP}")
for name, line in in_map.items():
    if name not in in_headers:
        source.report(MAP, line, f"no header in include/nn/ declares {name}")
    if name not in in_library:
        source.report(MAP, line, f"{name} is not defined in the library")
for name in sorted(in_library - set(in_map)):
    source.report(library, 1, f"{name} is exported and not listed in {MAP}")
source.finish()
