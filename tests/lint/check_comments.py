# Every function that a public header declares has a comment right above it.
import source

for path, line, name in source.public_functions():
    above = source.read(path).splitlines()[line - 2].rstrip() if line > 1 else ""
    if not above.endswith("*/") or above.lstrip().startswith("#"):
        source.report(path, line, f"{name} has no comment right above it")
source.finish()
