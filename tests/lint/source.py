"""What the checks share: finding C files, blanking comments, reading headers, reporting."""

import glob
import re
import sys

# The floors of src/, lowest first; those in one tuple do not include one another.
FLOORS = [("base",), ("kernels",), ("tensor",), ("layers", "losses", "optimizers"),
          ("model",), ("train",), ("io",)]

_faults = []


def files(*patterns):
    """The files that match the patterns, sorted."""
    return sorted(path for pattern in patterns for path in glob.glob(pattern))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def report(path, line, message):
    """Remembers and prints one fault."""
    _faults.append(path)
    print(f"{path}:{line}: {message}")


def finish():
    """Ends the check: failure when anything was reported."""
    sys.exit(1 if _faults else 0)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code(text, keep_strings=False):
    """The text with comments (and strings) turned to spaces; offsets and lines stay."""
    def blank(match):
        token = match.group()
        if keep_strings and token[0] in "\"'":
            return token
        return re.sub(r"[^\n]", " ", token)
    return _TOKEN.sub(blank, text)


def without_directives(text):
    """The text with preprocessor lines, and their continuations, turned to spaces."""
    return re.sub(r"(?m)^[ \t]*#(?:\\\n|[^\n])*",
                  lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def statements(text):
    """Yields (offset, head, ends) for everything declared or defined at file level.

    `head` is its text less what stands in braces; `ends` is "{" for the definition of a
    function and ";" for anything else. The braces of extern "C" are not a level.
    """
    text = re.sub(r'extern\s+"C"\s*\{', lambda match: " " * len(match.group()), text)
    depth, in_function, start, head = 0, False, 0, ""
    for match in re.finditer(r"[{};]|[^{};]+", text):
        piece = match.group()
        if piece == "{":
            if depth == 0 and function_name(head):
                in_function = True
                yield start, head.strip(), "{"
            depth += 1
        elif piece == "}":
            depth = max(0, depth - 1)
            if depth == 0 and in_function:
                in_function, head = False, ""
        elif depth == 0 and piece == ";":
            yield start, head.strip(), ";"
            head = ""
        elif depth == 0:
            if not head.strip():
                start = match.start() + len(piece) - len(piece.lstrip())
            head += piece


def function_name(head):
    """The name that a declaration's head gives a function, or None if it is none."""
    head = re.sub(r"__attribute__\s*\(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)", " ", head)
    head = re.sub(r"\b[A-Z][A-Z0-9_]+\s*\([^()]*\)(?=\s*\w)", " ", head)
    if re.match(r"\s*typedef\b", head) or re.match(r"[^(]*=", head):
        return None
    match = re.match(r"[^(]*?\b([A-Za-z_]\w*)\s*\(", head)
    return match.group(1) if match else None


def public_functions():
    """Yields (path, line, name) for every function that include/nn/*.h declares."""
    for path in files("include/nn/*.h"):
        text = read(path)
        bare = without_directives(code(text, keep_strings=True))
        for offset, head, _ in statements(bare):
            name = function_name(head)
            if name and not re.match(r"static\b", head):
                yield path, line_of(text, offset), name
