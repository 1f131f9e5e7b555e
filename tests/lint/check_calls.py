# Calls that a library inside somebody's program does not make: ending it, printing,
# depending on the locale or on other process-wide state, memory past the host's allocator,
# and libm where its bits differ between versions. Read in the sources first (file and
# line), then in the objects, which also tell what macros and pointers hide.
# Needs: nm
import os
import re
import subprocess

import source

RULES = [  # names, folders that may, why not
    ("abort exit _exit _Exit quick_exit", (), "a library must not end the program"),
    ("assert __assert_fail", ("base",), "use the debug macro of base/compiler.h"),
    ("printf vprintf fprintf vfprintf puts putchar perror", (),
     "a library is silent: report through status or the logger"),
    ("sprintf vsprintf strcpy strcat gets", (), "unbounded: give the size"),
    ("rand srand random srandom drand48", (), "use base/random.h"),
    ("strtod strtof strtold atof scanf sscanf fscanf setlocale", (),
     "depends on the locale: use base/text.h"),
    ("strtok strerror localtime gmtime ctime asctime", (), "process-wide state"),
    ("system popen", (), "a library starts no program"),
    ("getenv secure_getenv setenv putenv", ("base",), "the environment is read in base/ only"),
    ("malloc calloc realloc free aligned_alloc posix_memalign memalign strdup strndup",
     ("base",), "use base/memory.h, so that the host's allocator is asked"),
    (" ".join(name + suffix for suffix in ("", "f") for name in
              "exp exp2 expm1 log log2 log10 log1p pow cbrt sin cos tan sincos tanh sinh cosh "
              "asin acos atan atan2 erf erfc tgamma lgamma fmin fmax hypot".split()),
     (), "libm's bits differ between versions: use our own"),
]


FORBIDDEN = {name: (may, why) for names, may, why in RULES for name in names.split()}


def complaint(path, name):
    """Why the file may not call the function, or None if it may."""
    may, why = FORBIDDEN.get(name, ((), None))
    return None if path.split("/")[1] in may else why


def in_sources():
    """Reports the calls that can be read; returns their (path, name)."""
    found = set()
    for path in source.files("src/*/*.[ch]"):
        text = source.code(source.read(path))
        for match in re.finditer(r"(?<![\w.>])([A-Za-z_]\w*)\s*\(", text):
            name = match.group(1)
            why = complaint(path, name)
            if why:
                found.add((path, name))
                source.report(path, source.line_of(text, match.start()), f"{name}: {why}")
    return found


def in_objects(found):
    """Reports what macros and pointers hide, less what was found already."""
    paths = {os.path.join(os.environ["NN_OUT"], path[:-2] + ".o"): path
             for path in source.files("src/*/*.c")}
    listing = subprocess.run(["nm", "-A", "-u", *paths], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    for built, name in re.findall(r"^(.*?):\s+U (\w+)", listing, re.M):
        path = paths[built]
        plain = re.sub(r"^__(isoc99_)?(\w+?)(_chk)?$", r"\2", name)
        why = complaint(path, name) or complaint(path, plain)
        if why and not found & {(path, name), (path, plain)}:
            source.report(path, 1, f"{name} is used by its object: {why}")


in_objects(in_sources())
source.finish()
