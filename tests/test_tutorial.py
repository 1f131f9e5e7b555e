"""Compares the tutorials with the programs they quote: a block of C stands in the example
that the last link before it names, a block of output is what its command prints. In the guide
too a number of four places is printed by the program named before it, what is named nn_... or
NN_... is in the headers, and what is linked exists."""

import functools
import glob
import os
import re
import subprocess
import unittest

EXAMPLES = os.environ.get("NN_EXAMPLES", "build/examples")
TUTORIALS = "docs/tutorial.md", "docs/tutorial.es.md"
DOCUMENTS = TUTORIALS + ("docs/guide.md", "docs/published.md", "docs/comparison.md",
                         "examples/README.md", "README.md")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def squeezed(text):
    """The text with every run of white space as one blank."""
    return " ".join(text.split())


@functools.lru_cache(maxsize=None)
def output(command):
    name, *arguments = command.split()
    done = subprocess.run([os.path.join(EXAMPLES, os.path.basename(name)), *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          universal_newlines=True, timeout=250, check=True)
    return [line.rstrip() for line in done.stdout.split("\n")]


class Tutorial(unittest.TestCase):
    def test_every_block_of_c_stands_in_its_program(self):
        for path in TUTORIALS:
            text = read(path)
            blocks = list(re.finditer(r"^```c\n(.*?)^```$", text, re.M | re.S))
            self.assertGreater(len(blocks), 10)
            for block in blocks:
                program = re.findall(r"\(\.\./(examples/\w+\.c)\)", text[:block.start()])[-1]
                with self.subTest(tutorial=path, program=program):
                    self.assertIn(squeezed(block.group(1)), squeezed(read(program)))

    def test_every_block_of_output_is_printed_by_its_command(self):
        for path in TUTORIALS:
            blocks = re.findall(r"^```\n\$ (.*)\n((?:.*\n)*?)```$", read(path), re.M)
            self.assertGreater(len(blocks), 10)
            for command, lines in blocks:
                for line in lines.rstrip("\n").split("\n"):
                    with self.subTest(tutorial=path, command=command):
                        self.assertIn(line, output(command))

    def test_a_long_number_of_the_guide_is_printed_by_the_program_named_before_it(self):
        text = read("docs/guide.md")
        found = list(re.finditer(r"\b\d\.\d{3,4}\b", text))
        self.assertGreater(len(found), 8)
        for number in found:
            program = re.findall(r"build/examples/\w+", text[:number.start()])[-1]
            with self.subTest(program=program, number=number.group()):
                self.assertIn(number.group(), " ".join(output(program)))

    def test_every_name_is_in_the_headers(self):
        headers = "".join(map(read, glob.glob("include/nn/*.h")))
        for path in DOCUMENTS:
            for name in set(re.findall(r"\b(?:nn_\w+|NN_[A-Z]\w+)", read(path))):
                with self.subTest(document=path, name=name):
                    self.assertRegex(headers, rf"\b{name}\b")

    def test_every_link_leads_to_a_file(self):
        for path in DOCUMENTS:
            for link in re.findall(r"\]\((?!https?:)([^)#]+)", read(path)):
                with self.subTest(document=path, link=link):
                    self.assertTrue(os.path.exists(os.path.join(os.path.dirname(path), link)))


if __name__ == "__main__":
    unittest.main()
