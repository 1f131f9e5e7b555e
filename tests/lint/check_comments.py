# Every function that a public header declares has a comment right above it, or stands,
# without a blank line between, below a sister that has one: the comment is for both.
import source

documented = {}  # the last line of each documented declaration, by file
for path, line, name in source.public_functions():
    lines = source.read(path).splitlines()
    above = lines[line - 2].rstrip() if line > 1 else ""
    has_comment = above.endswith("*/") and not above.lstrip().startswith("#")
    if has_comment or documented.get(path) == line - 1:
        end = line
        while not lines[end - 1].rstrip().endswith(";"):
            end += 1
        documented[path] = end
    else:
        source.report(path, line, f"{name} has no comment right above it")
source.finish()
