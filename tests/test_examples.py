"""Runs the examples and checks their RESULT line against what their text claims."""

import functools
import glob
import gzip
import math
import os
import random
import struct
import subprocess
import sys
import tempfile
import unittest

EXAMPLES = os.environ.get("NN_EXAMPLES", "build/examples")
DIGITS = "examples/data/digits.csv"


def run(*command):
    """Runs a command; returns its output and the pairs of its last line."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True, timeout=250, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stderr}")
    last = done.stdout.rstrip("\n").split("\n")[-1].split(" ")
    if last[0] != "RESULT":
        raise AssertionError(f"{command} does not end in a RESULT line: {last}")
    return done.stdout, dict(pair.split("=", 1) for pair in last[1:])


@functools.lru_cache(maxsize=None)
def program(name, *arguments):
    return run(os.path.join(EXAMPLES, name), *arguments)


def numbers(name, file):
    """Runs an example with a folder; returns the lines of numbers of one of its files."""
    with tempfile.TemporaryDirectory() as folder:
        program(name, folder)
        with open(os.path.join(folder, file), encoding="utf-8") as lines:
            return [[float(word) for word in line.split()] for line in lines if line.strip()]


class Lecture(unittest.TestCase):
    """The programs that follow the lecture, in its order."""

    def test_the_perceptron_gives_the_number_of_the_slide(self):
        output, result = program("perceptron")
        self.assertAlmostEqual(float(result["y"]), 0.002473, delta=1e-6)
        self.assertIn("about 0.002", output)

    def test_the_perceptron_is_half_sure_on_its_line(self):
        on_line = [y for x1, x2, y in numbers("perceptron", "plane.dat")
                   if abs(1 + 3 * x1 - 2 * x2) < 1e-5]
        self.assertGreater(len(on_line), 5)
        for y in on_line:
            self.assertAlmostEqual(y, 0.5, delta=1e-5)

    def test_derivatives_of_activations_agree_with_differences(self):
        _, result = program("activations")
        self.assertLess(float(result["worst"]), 2e-4)

    def test_activations_are_their_formulas(self):
        for z, sigmoid, _, tanh, tanh_slope, relu, relu_slope in numbers(
                "activations", "activations.dat"):
            self.assertAlmostEqual(sigmoid, 1 / (1 + math.exp(-z)), delta=1e-5)
            self.assertAlmostEqual(tanh, math.tanh(z), delta=1e-5)
            self.assertAlmostEqual(tanh_slope, 1 - math.tanh(z) ** 2, delta=1e-5)
            self.assertEqual((relu, relu_slope), (max(z, 0), 1 if z > 0 else 0))

    def test_linear_layers_fail_whatever_the_depth_and_one_of_tanh_does_not(self):
        _, result = program("nonlinearity")
        self.assertLess(float(result["linear"]), 0.8)
        self.assertLess(float(result["deep_linear"]), 0.8)
        self.assertGreater(float(result["nonlinear"]), 0.99)

    def test_layers_by_hand_and_the_functional_form_agree_with_the_library(self):
        _, result = program("dense")
        self.assertLess(float(result["worst"]), 1e-6)
        self.assertEqual(result["functional_is_same"], "1")

    def test_a_student_with_four_lectures_and_five_hours_passes(self):
        _, result = program("pass_class", "4", "5")
        self.assertAlmostEqual(float(result["before"]), 0.1, delta=0.005)
        self.assertGreater(float(result["probability"]), 0.8)
        self.assertEqual(result["pass"], "1")
        self.assertGreater(float(result["accuracy"]), 0.9)
        self.assertAlmostEqual(float(result["loss"]),
                               -math.log(float(result["probability"])), delta=1e-3)

    def test_a_student_who_does_nothing_does_not_pass(self):
        _, result = program("pass_class", "0", "1")
        self.assertEqual(result["pass"], "0")
        self.assertLess(float(result["probability"]), 0.05)

    def test_losses_are_their_formulas(self):
        _, result = program("losses")
        self.assertAlmostEqual(float(result["binary"]),
                               -sum(map(math.log, (0.1, 0.2, 0.6))) / 3, delta=1e-5)
        softmax = [math.exp(2) / (math.exp(2) + math.e + 1),
                   math.exp(3) / (math.exp(3) + 2), 1 / 3]
        self.assertAlmostEqual(float(result["softmax"]),
                               -sum(map(math.log, softmax)) / 3, delta=1e-5)
        self.assertAlmostEqual(float(result["square"]), (60**2 + 60**2 + 10**2) / 3, delta=1e-3)

    def test_gradient_descent_ends_at_the_minimum_wherever_it_starts(self):
        _, result = program("gradient_descent")
        self.assertLess(float(result["spread"]), 0.02)
        self.assertLess(int(result["steps"]), 10000)
        lowest = min(loss for _, _, loss in numbers("gradient_descent", "surface.dat"))
        self.assertLess(float(result["loss"]), lowest)

    def test_the_chain_rule_is_what_the_library_computes(self):
        _, result = program("backpropagation")
        self.assertLess(float(result["worst"]), 1e-5)
        slope = 2 * (-1.25 * math.tanh(0.75) - 0.75) * -1.25 * 1.5 / math.cosh(0.75) ** 2
        self.assertAlmostEqual(float(result["dw1"]), slope, delta=1e-5)

    def test_only_the_rate_between_too_small_and_too_large_learns(self):
        _, result = program("learning_rate")
        for bad in "small", "large":
            self.assertGreater(float(result[bad]), 1.5)
        for good in "right", "adaptive":
            self.assertLess(float(result[good]), 0.3)

    def test_every_optimizer_gets_through_the_ravine_and_off_the_saddle(self):
        _, result = program("optimizers")
        self.assertLess(float(result["ravine"]), 0.1 * (10**2 / 40 + 2**2))
        self.assertLess(float(result["saddle"]), -0.9)
        self.assertLess(float(result["loss"]), 0.25)

    def test_skip_connections_let_a_deep_network_learn_and_widen_its_bowl(self):
        _, result = program("loss_landscape")
        self.assertLess(10 * float(result["skip_loss"]), float(result["plain_loss"]))
        self.assertLess(3 * float(result["skip_rise"]), float(result["plain_rise"]))

    def test_the_noise_of_a_gradient_falls_with_the_root_of_the_batch_size(self):
        _, result = program("minibatch")
        self.assertAlmostEqual(float(result["noise_power"]), -0.5, delta=0.05)
        for size in "one", "mini", "full":
            self.assertLess(float(result[size]), 0.2)

    def test_threads_change_no_bit_of_a_loss(self):
        _, result = program("throughput")
        self.assertEqual(result["same_loss"], "1")

    def test_the_ideal_fit_is_nearest_the_truth(self):
        _, result = program("overfitting")
        ideal = float(result["ideal"])
        self.assertLess(1.2 * ideal, min(float(result["under"]), float(result["over"])))

    def test_dropout_and_early_stopping_keep_the_validation_loss_low(self):
        _, result = program("overfitting")
        plain = float(result["plain"])
        self.assertLess(float(result["dropout"]), 0.95 * plain)
        self.assertLess(float(result["stopped"]), 0.8 * plain)

    def test_the_first_layer_learns_features_of_neighbouring_pixels(self):
        _, result = program("features")
        self.assertLess(abs(float(result["before"])), 0.1)
        self.assertGreater(float(result["after"]), 0.3)
        self.assertGreater(float(result["test_accuracy"]), 0.93)
        weights = numbers("features", "weights.dat")
        self.assertEqual((len(weights), len(weights[0])), (24 * 8, 8))


class Published(unittest.TestCase):
    """The programs of published results on the small digits, and what finds their data."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def need_zlib(self):
        if not os.path.exists(os.path.join(EXAMPLES, "published/fashion")):
            self.skipTest("zlib.h is missing")

    def test_every_table_of_adadelta_has_its_cells(self):
        output, result = program("published/adadelta", "--quick", "1")
        self.assertEqual(output.count("("), 2 * (3 * 5 + 3 * 4))
        self.assertIn(result["nearer"], ("tanh", "relu"))
        self.assertGreater(int(result["relu_order"]), 24)
        self.assertEqual(result["pairs"], "48")

    def test_networks_with_dropout_and_max_norm_learn(self):
        output, result = program("published/dropout", "--quick", "2")
        for way in "standard", "relu", "dropout", "max_norm":
            self.assertLess(float(result[way]), 10)
        second, _ = program("published/dropout", "--quick", "1", "1", "2")
        self.assertEqual(self.errors_of_seed_2(second), self.errors_of_seed_2(output))

    def errors_of_seed_2(self, output):
        errors = [line.split("%")[0] for line in output.split("\n") if "seed 2" in line]
        self.assertEqual(len(errors), 4)
        return errors

    def test_the_recipe_of_keras_learns(self):
        _, result = program("published/keras_recipe", "--quick", "2")
        self.assertGreater(float(result["accuracy"]), 97)

    def test_the_validation_part_chooses_a_network(self):
        self.need_zlib()
        output, result = program("published/fashion", "--quick", "2")
        self.assertGreater(float(result["accuracy"]), 95)
        lines = [line.split() for line in output.split("\n") if "validation" in line]
        share = {line[0]: float(line[1]) for line in lines}
        self.assertEqual(share[result["best"]], max(share.values()))
        self.assertIn([result["best"], result["epochs"]],
                      [[line[0], line[-2]] for line in lines])

    def test_the_bits_of_a_seed_are_the_same_on_two_threads(self):
        output, result = program("published/seeds", "--quick", "3")
        self.assertEqual(result["same_bits"], "3")
        hashes = {line.split("%")[1].split()[0] for line in output.split("\n")
                  if "on two" in line}
        self.assertEqual(len(hashes), 3)

    def write_images(self):
        """Files as those of MNIST, with few images: noise, and a bar that is the label."""
        for part, count in ("train", 300), ("t10k", 100):
            labels = bytes(i % 10 for i in range(count))
            noise = random.Random(count)
            images = [bytearray(noise.choices(range(64), k=784)) for _ in labels]
            for image, label in zip(images, labels):
                image[28 * 2 * label:28 * (2 * label + 2)] = b"\xff" * 56
            with open(f"{self.folder}/{part}-images-idx3-ubyte", "wb") as file:
                file.write(struct.pack(">4I", 0x803, count, 28, 28) + b"".join(images))
            with open(f"{self.folder}/{part}-labels-idx1-ubyte", "wb") as file:
                file.write(struct.pack(">2I", 0x801, count) + labels)

    def test_a_program_reads_the_folder_it_is_told(self):
        self.write_images()
        _, told = program("published/seeds", self.folder, "1")
        done = subprocess.run([os.path.join(EXAMPLES, "published/seeds")], check=True,
                              stdout=subprocess.PIPE, universal_newlines=True,
                              env=dict(os.environ, MNIST=self.folder))
        self.assertEqual(told["seeds"], "1")
        self.assertIn("same_bits=20", done.stdout)

    def test_packed_images_of_clothes_are_read(self):
        self.need_zlib()
        self.write_images()
        for path in glob.glob(f"{self.folder}/*-ubyte"):
            with open(path, "rb") as plain, gzip.open(path + ".gz", "wb") as packed:
                packed.write(plain.read())
        _, result = program("published/fashion", self.folder, "1")
        self.assertEqual(float(result["accuracy"]), 100)
        _, result = program("fashion_mnist", self.folder)
        self.assertEqual(float(result["test_accuracy"]), 1)

    def test_a_program_without_data_names_the_file(self):
        with self.assertRaisesRegex(AssertionError, "NN_ERROR_IO: .*train-images-idx3-ubyte"):
            program("published/keras_recipe", self.folder)

    def test_files_that_are_not_those_of_mnist_are_named(self):
        self.write_images()
        done = subprocess.run(["sh", "examples/published/mnist.sh", self.folder], check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("train-images-idx3-ubyte has 235216 bytes, not 47040016", done.stderr)


class Examples(unittest.TestCase):
    def test_digits_are_read_in_97_of_100_cases_for_five_seeds(self):
        for seed in range(1, 6):
            output, result = program("digits", DIGITS, str(seed))
            self.assertGreaterEqual(float(result["test_accuracy"]), 0.97, f"seed {seed}")
            self.assertIn("read as", output)

    def test_digits_give_the_same_numbers_for_the_same_seed(self):
        command = os.path.join(EXAMPLES, "digits"), DIGITS, "7"
        self.assertEqual(run(*command), run(*command))

    def test_a_missing_file_is_named(self):
        with self.assertRaisesRegex(AssertionError, "NN_ERROR_IO: .*no-such-file"):
            program("digits", "no-such-file.csv")

    def test_digits_from_python_with_nothing_but_ctypes(self):
        _, result = run(sys.executable, "examples/ctypes_digits.py")
        self.assertGreaterEqual(float(result["test_accuracy"]), 0.96)


if __name__ == "__main__":
    unittest.main()
