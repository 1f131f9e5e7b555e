"""choose_corpus.py NAME BYTES: adds to tests/fuzz/corpus/NAME what `make fuzz` found that takes
branches which the files there do not, those first that take most for their size, as long as
the folder has at most BYTES bytes. libFuzzer tells the branches (its -merge, without
counters)."""
import os
import shutil
import subprocess
import sys
import tempfile


def branches(name, folders):
    """Yields (path, size, set of branches) of every file, as a merge writes them down."""
    with tempfile.TemporaryDirectory() as folder:
        control = os.path.join(folder, "control")
        command = [f"build/fuzz/fuzz_{name}", "-merge=1", "-use_counters=0", "-timeout=120",
                   f"-merge_control_file={control}", os.path.join(folder, "merged"), *folders]
        os.mkdir(command[-len(folders) - 1])
        environment = {"ASAN_OPTIONS": "allocator_may_return_null=1", **os.environ}
        subprocess.run(command, check=True, capture_output=True, env=environment)
        with open(control, encoding="ascii") as file:
            lines = file.read().split("\n")
    count = int(lines[0])
    paths = lines[2:2 + count]
    for line in lines[2 + count:]:
        words = line.split()
        if words[:1] == ["FT"]:
            path = paths[int(words[1])]
            yield path, os.path.getsize(path), set(words[2:])


def main():
    name, budget = sys.argv[1], int(sys.argv[2])
    corpus = f"tests/fuzz/corpus/{name}"
    found = f"build/fuzz/{name}"
    files = list(branches(name, [corpus, found]))
    seeds = [file for file in files if file[0].startswith(corpus)]
    others = [file for file in files if not file[0].startswith(corpus)]
    known = set().union(*(taken for _, _, taken in seeds))
    left = budget - sum(size for _, size, _ in seeds)
    added = 0
    while others:
        path, size, taken = max(others, key=lambda f: (len(f[2] - known) / (f[1] + 50), f[0]))
        others.remove((path, size, taken))
        if not taken - known:
            break
        if size <= left:
            left -= size
            known |= taken
            added += 1
            shutil.copyfile(path, f"{corpus}/found_{added:02}")
    print(f"{name}: {len(seeds)} files and {added} found, {budget - left} bytes")


main()
