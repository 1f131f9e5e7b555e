"""Installs the library to a folder of its own and builds the README's program against it,
as a reader would: with pkg-config, shared and static, as C99 and, for the header, C++."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          universal_newlines=True, timeout=200, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stdout}")
    return done.stdout


def readme_block(language):
    with open("README.md", encoding="utf-8") as readme:
        return re.search(rf"```{language}\n(.*?)```", readme.read(), re.S).group(1)


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.prefix = os.path.join(cls.folder, "prefix")
        plain = {name: value for name, value in os.environ.items()
                 if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES",
                                 "COVERAGE", "SANITIZE", "DEBUG", "CFLAGS")}
        run(["make", "install", f"PREFIX={cls.prefix}"], env=plain)
        cls.environment = dict(
            plain, PKG_CONFIG_PATH=os.path.join(cls.prefix, "lib", "pkgconfig"),
            LD_LIBRARY_PATH=os.path.join(cls.prefix, "lib"))
        with open(os.path.join(cls.folder, "learn.c"), "w", encoding="utf-8") as program:
            program.write(readme_block("c"))
        shutil.copy("examples/data/digits.csv", cls.folder)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def flags(self, *options):
        return run(["pkg-config", *options, "nn"], env=self.environment).split()

    def build_and_run(self, *command):
        run(list(command) + ["-o", "learn"], cwd=self.folder)
        return run([os.path.join(self.folder, "learn")], cwd=self.folder,
                   env=self.environment)

    def test_the_program_of_the_readme_learns_with_the_shared_library(self):
        output = self.build_and_run("cc", "-std=c99", "-Wall", "-Werror", "learn.c",
                                    *self.flags("--cflags", "--libs"))
        self.assertGreater(float(re.match(r"accuracy ([0-9.]+)$", output).group(1)), 0.97)

    def test_and_with_the_static_one(self):
        static = os.path.join(self.prefix, "lib", "libnn.a")
        libraries = [flag for flag in self.flags("--libs", "--static") if flag != "-lnn"]
        output = self.build_and_run("cc", "-std=c99", "learn.c", static,
                                    *self.flags("--cflags"), *libraries)
        self.assertGreater(float(re.match(r"accuracy ([0-9.]+)$", output).group(1)), 0.97)

    def test_every_example_builds_with_pkg_config(self):
        for path in sorted(glob.glob("examples/*.c") + glob.glob("examples/published/*.c")):
            with open(path, encoding="utf-8") as source:
                if "fashion_data.h" in source.read():  # which needs zlib
                    continue
            run(["cc", "-std=c99", "-Wall", "-Werror", path, *self.flags("--cflags", "--libs"),
                 "-lm", "-o", os.path.join(self.folder, os.path.basename(path)[:-2])])
        output = run([os.path.join(self.folder, "perceptron")], env=self.environment)
        self.assertRegex(output, r"\nRESULT y=0.0024\d*\n$")

    def test_the_header_and_the_library_tell_the_same_version(self):
        with open(os.path.join(self.folder, "version.c"), "w", encoding="utf-8") as program:
            program.write("#include <nn/nn.h>\n#include <stdio.h>\n"
                          "int main(void) { puts(nn_version_text()); return 0; }\n")
        output = self.build_and_run("cc", "version.c", *self.flags("--cflags", "--libs"))
        self.assertEqual(output, run(["pkg-config", "--modversion", "nn"],
                                     env=self.environment))

    def test_the_python_of_the_readme_runs(self):
        environment = dict(self.environment, PYTHONPATH=os.path.abspath("python"),
                           NN_LIBRARY=os.path.join(self.prefix, "lib", "libnn.so"))
        output = run([sys.executable, "-c", readme_block("python")], cwd=self.folder,
                     env=environment)
        self.assertGreater(float(re.search(r"'accuracy': ([0-9.]+)", output).group(1)), 0.97)

    def test_uninstall_leaves_nothing(self):
        other = os.path.join(self.folder, "other")
        run(["make", "install", f"PREFIX={other}"], env=self.environment)
        run(["make", "uninstall", f"PREFIX={other}"], env=self.environment)
        left = [name for _, _, names in os.walk(other) for name in names]
        self.assertEqual(left, [])


if __name__ == "__main__":
    unittest.main()
