# No mutable state of the process: every object in a writable section of the library is
# named, with its reason, in globals.allow. (.data.rel.ro is read-only once loaded.)
# Needs: objdump
import os
import re
import subprocess

import source

ALLOW = "tests/lint/globals.allow"
WRITABLE = re.compile(r"(\.data|\.bss|\.tdata|\.tbss|\.lbss|\.ldata)(\..*)?$|\*COM\*$")


def allowed():
    """{(file, name): line} of the list; complains of a line without a reason."""
    entries = {}
    for number, line in enumerate(source.read(ALLOW).splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            words = line.split(None, 2)
            if len(words) < 3:
                source.report(ALLOW, number, "wanted: FILE NAME REASON")
            else:
                entries[words[0], words[1]] = number
    return entries


def globals_of(path):
    built = os.path.join(os.environ["NN_OUT"], path[:-2] + ".o")
    listing = subprocess.run(["objdump", "-t", built], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    for line in listing.splitlines():
        match = re.match(r"[0-9a-f]+ (.{7}) (\S+)\s+([0-9a-f]+)\s+(?:\.hidden )?(\S+)$", line)
        if not match or match.group(2).startswith(".data.rel.ro"):
            continue
        section_mark = match.group(1)[5] in "dfF"
        if WRITABLE.match(match.group(2)) and not section_mark and int(match.group(3), 16):
            yield re.sub(r"\.\d+$", "", match.group(4))


entries = allowed()
for path in source.files("src/*/*.c"):
    text = source.read(path)
    for name in globals_of(path):
        if entries.pop((path, name), None) is None:
            found = re.search(rf"\b{re.escape(name)}\b", source.code(text))
            line = source.line_of(text, found.start()) if found else 1
            source.report(path, line, f"{name} is mutable state of the process")
for (path, name), number in entries.items():
    source.report(ALLOW, number, f"there is no {name} in {path}")
source.finish()
