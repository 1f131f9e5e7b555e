# Names of static functions and of .c files are unique in the whole tree, since the sources
# also compile as one file. Functions are read after the preprocessor, so that those made
# by a macro in a body that is included several times count by their real names.
# Needs: $CC
import os
import re
import shlex
import subprocess

import source


def static_functions(path):
    """Yields (file, line, name) of the static functions that the file or its headers define."""
    command = shlex.split(os.environ["CC"]) + ["-std=c99", "-E", "-Iinclude", "-Isrc", path]
    text = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    ours, places = [], []
    file, line = path, 1
    for row in text.splitlines():
        marker = re.match(r'# (\d+) "(.*?)"', row)
        if marker:
            line, file = int(marker.group(1)), marker.group(2)
            continue
        if file.startswith("src/") and not row.lstrip().startswith("#"):
            ours.append(row)
            places.append((file, line))
        line += 1
    text = source.code("\n".join(ours))
    for offset, head, ends in source.statements(text):
        if ends == "{" and re.search(r"\bstatic\b", head):
            yield (*places[source.line_of(text, offset) - 1], source.function_name(head))


seen, stems = {}, {}
for path in source.files("src/*/*.c"):
    stem = os.path.basename(path)
    if stem in stems:
        source.report(path, 1, f"the name is taken by {stems[stem]}")
    stems.setdefault(stem, path)
    for file, line, name in static_functions(path):
        first = seen.setdefault(name, (file, line))
        if first != (file, line):
            source.report(file, line, f"{name} is also defined at {first[0]}:{first[1]}")
source.finish()
