"""The Python module: that it declares the whole library, shares memory with NumPy, raises
what goes wrong, and lets Python functions take part in a run."""

import csv
import ctypes
import gc
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import weakref

import numpy
from numpy.testing import assert_allclose, assert_array_equal

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))
os.environ.setdefault("NN_LIBRARY", str(ROOT / "lib" / "libnn.so"))

import nn  # noqa: E402


def headers():
    """The text of all public headers."""
    return "".join(path.read_text() for path in sorted(ROOT.glob("include/nn/*.h")))


def floats(*values):
    return numpy.array(values, numpy.float32)


# The truth table of the exclusive or.
XOR_X = floats([0, 0], [0, 1], [1, 0], [1, 1])
XOR_Y = floats([0], [1], [1], [0])


def xor_trainer(context=None, **settings):
    model = nn.Model(seed=3, context=context)
    model.add(nn.input(2, context=context), nn.dense(8, "tanh", context=context),
              nn.dense(1, context=context))
    return nn.Trainer(model, nn.sigmoid_cross_entropy(context=context),
                      nn.adam(0.1, context=context), **settings)


def blobs(count=60, seed=1):
    """Points around three centres, with their labels."""
    random = numpy.random.default_rng(seed)
    labels = numpy.arange(count, dtype=numpy.int32) % 3
    centres = floats([2, 0], [-2, 0], [0, 3])
    points = centres[labels] + random.normal(0, 0.4, (count, 2))
    return points.astype(numpy.float32), labels


def blob_trainer(**settings):
    model = nn.Model(seed=1).add(nn.input(2), nn.dense(8, "relu"), nn.dense(3))
    return nn.Trainer(model, nn.softmax_cross_entropy(), nn.adam(0.05), batch_size=20,
                      **settings)


class Interface(unittest.TestCase):
    def test_the_prototypes_are_the_exported_functions(self):
        exported = set(re.findall(r"\b(nn_\w+);", (ROOT / "src/libnn.map").read_text()))
        self.assertEqual(set(nn.PROTOTYPES) - exported, set())
        self.assertEqual(exported - set(nn.PROTOTYPES), set())

    def test_the_prototypes_have_the_headers_arguments(self):
        # Comments and preprocessor lines away, then every NN_API declaration.
        text = headers()
        text = re.sub(r"/\*.*?\*/|^\s*#.*?$", " ", text, flags=re.S | re.M)
        declarations = dict(re.findall(r"NN_API[^;]*?\b(nn_\w+)\s*\((.*?)\)\s*;", text,
                                       flags=re.S))
        self.assertEqual(set(declarations), set(nn.PROTOTYPES))
        kinds = {"int32_t": nn.I32, "nn_status": nn.I32, "nn_node": nn.I32,
                 "int64_t": nn.I64, "uint64_t": nn.U64, "size_t": nn.SIZE,
                 "float": nn.F32, "double": nn.F64, "char": nn.CHAR}
        for name, arguments in declarations.items():
            # The commas of a callback's own arguments do not count.
            arguments = re.sub(r"\(\*\w+\)\([^()]*\)", "*", arguments)
            arguments = [] if arguments == "void" else arguments.split(",")
            declared = nn.PROTOTYPES[name][1:]
            self.assertEqual(len(arguments), len(declared), name)
            for argument, kind in zip(arguments, declared):
                if "*" in argument or "nn_trainer_hook" in argument:
                    self.assertIn(kind, (nn.POINTER, nn.NAME), f"{name}: {argument}")
                else:
                    self.assertIs(kind, kinds[argument.split()[0]], f"{name}: {argument}")

    def test_the_words_stand_for_the_headers_constants(self):
        text = headers()
        constants = {name: int(value) for name, value
                     in re.findall(r"\b(NN_[A-Z0-9_]+)\s*=\s*(-?\d+)", text)}
        prefixes = {"NN_": {**nn.DTYPES, **nn.METRICS, **nn.DIRECTIONS, "all": nn.ALL,
                            "full_batch": nn.FULL_BATCH},
                    "NN_ISA_": nn.ISAS, "NN_PROGRESS_": nn.PROGRESS,
                    "NN_STOP_": nn.STOP_REASONS, "NN_LABEL_": nn.LABELS,
                    "NN_MISSING_": nn.MISSING,
                    "NN_LOG_": nn.LOG_LEVELS, "NN_INIT_": nn.INITIALIZERS,
                    "NN_WEIGHTS_": nn.WEIGHTS, "NN_NPY_": nn.NPY,
                    "NN_CUSTOM_NEEDS_": {"input": nn.NEEDS_INPUT,
                                         "output": nn.NEEDS_OUTPUT}}
        for prefix, words in prefixes.items():
            for word, number in words.items():
                self.assertEqual(constants[prefix + word.upper()], number, prefix + word)
        for prefix in ("NN_ISA_", "NN_PROGRESS_", "NN_STOP_", "NN_LABEL_", "NN_MISSING_",
                       "NN_INIT_"):
            self.assertEqual(sum(name.startswith(prefix) for name in constants),
                             len(prefixes[prefix]), prefix)

    def test_the_version_is_that_of_the_headers(self):
        text = (ROOT / "include/nn/version.h").read_text()
        parts = [re.search(rf"NN_VERSION_{part} (\d+)", text).group(1)
                 for part in ("MAJOR", "MINOR", "PATCH")]
        self.assertEqual(nn.version(), ".".join(parts))
        self.assertIn(nn.version(), nn.build_text())


class Errors(unittest.TestCase):
    def test_an_error_has_the_librarys_text_status_and_name(self):
        with self.assertRaises(nn.Error) as raised:
            nn.dense(0)
        self.assertEqual(raised.exception.name, "NN_ERROR_ARGUMENT")
        self.assertEqual(raised.exception.status, 2)
        self.assertIn("units", str(raised.exception))

    def test_a_shape_that_does_not_fit_is_told(self):
        with self.assertRaises(nn.Error) as raised:
            nn.Tensor(XOR_X).matmul(XOR_X)
        self.assertEqual(raised.exception.name, "NN_ERROR_SHAPE")

    def test_an_unknown_word_lists_those_there_are(self):
        with self.assertRaisesRegex(ValueError, "accuracy, .*r2"):
            xor_trainer().add_metric("accurate")
        with self.assertRaisesRegex(nn.Error, "relu"):
            nn.dense(3, "rely")
        with self.assertRaisesRegex(nn.Error, "units"):
            nn.dense(3, unit=4)

    def test_a_closed_handle_is_refused(self):
        tensor = nn.Tensor(XOR_X)
        tensor.close()
        with self.assertRaisesRegex(ctypes.ArgumentError, "this Tensor has been closed"):
            tensor.fill(0)
        tensor.close()

    def test_a_failed_trainer_closes_what_it_was_given(self):
        model = nn.Model().add(nn.input(2), nn.dense(1))
        loss, optimizer = nn.softmax_cross_entropy(), nn.adam()
        with self.assertRaises(nn.Error):
            nn.Trainer(model, [loss, nn.huber()], optimizer)
        with self.assertRaisesRegex(ctypes.ArgumentError, "this Loss has been closed"):
            loss.option("label_smoothing")
        with self.assertRaisesRegex(ctypes.ArgumentError, "this Optimizer has been"):
            optimizer.rate

    def test_a_loss_stays_with_its_first_trainer(self):
        trainer = xor_trainer()
        loss, optimizer = nn.sigmoid_cross_entropy(), nn.sgd(0.5)
        first = nn.Trainer(trainer.model, loss, optimizer)
        with self.assertRaises(nn.Error) as raised:
            nn.Trainer(trainer.model, loss, nn.sgd())
        self.assertEqual(raised.exception.name, "NN_ERROR_STATE")
        self.assertEqual(loss.kind, "sigmoid_cross_entropy")
        first.step(XOR_X, XOR_Y)
        self.assertEqual(optimizer.rate, 0.5)

    def test_a_spoilt_model_keeps_its_first_error(self):
        model = nn.Model()
        with self.assertRaises(nn.Error) as first:
            model.add(nn.input(2), nn.reshape(3))
        with self.assertRaises(nn.Error) as second:
            model.add(nn.dense(1))
        self.assertEqual(second.exception.status, first.exception.status)


class Tensors(unittest.TestCase):
    def test_an_array_is_shown_without_a_copy(self):
        for dtype in nn.DTYPES:
            array = numpy.arange(6).astype(dtype).reshape(2, 3)
            tensor = nn.Tensor(array)
            self.assertEqual((tensor.dtype, tensor.shape), (dtype, (2, 3)))
            array[1, 2] = 77
            self.assertEqual(tensor.numpy()[1, 2], 77)
            tensor.numpy()[0, 0] = 33
            self.assertEqual(array[0, 0], 33)

    def test_what_cannot_be_shown_is_copied(self):
        self.assertEqual(nn.Tensor([[1.5, 2.5]]).dtype, "float32")
        self.assertEqual(nn.Tensor([True, False]).dtype, "uint8")
        self.assertEqual(nn.Tensor(numpy.arange(3, dtype=numpy.int16)).dtype, "int64")
        transposed = nn.Tensor(XOR_X.T)
        assert_array_equal(transposed.numpy(), XOR_X.T)
        big_endian = nn.Tensor(XOR_X.astype(">f4"))
        assert_array_equal(big_endian.numpy(), XOR_X)
        with self.assertRaisesRegex(TypeError, "complex128"):
            nn.Tensor(numpy.array([1j]))

    def test_a_read_only_array_is_not_written_to(self):
        array = floats(1, 2)
        array.flags.writeable = False
        nn.Tensor(array).fill(9)
        assert_array_equal(array, [1, 2])

    def test_a_tensor_keeps_its_array(self):
        array = numpy.empty(3, numpy.float32)
        array[...] = 1, 2, 3
        alive = weakref.ref(array)
        tensor = nn.Tensor(array)
        part = tensor.slice(1, 2)
        del array, tensor
        gc.collect()
        assert_array_equal(part.numpy(), [2, 3])
        self.assertIsNotNone(alive())
        part.close()
        gc.collect()
        self.assertIsNone(alive())

    def test_an_array_keeps_its_tensor(self):
        context = nn.Context()
        tensor = nn.Tensor.zeros((1000,), context=context).fill(5)
        array = tensor.numpy()
        tensor.close()
        used = context.memory_used
        self.assertGreater(used, 4000)
        assert_array_equal(array, 5)
        del array
        gc.collect()
        self.assertEqual(context.memory_used, 0)

    def test_with_frees_at_its_end(self):
        context = nn.Context()
        with nn.Tensor.zeros((1000,), context=context):
            self.assertGreater(context.memory_used, 4000)
        self.assertEqual(context.memory_used, 0)

    def test_shapes_without_elements_or_dimensions(self):
        self.assertEqual(nn.Tensor(numpy.float32(3)).shape, ())
        self.assertEqual(nn.Tensor(numpy.float32(3)).numpy(), 3)
        empty = nn.Tensor.zeros((0, 3))
        self.assertEqual((empty.numpy().shape, len(empty), empty.count), ((0, 3), 0, 0))

    def test_arithmetic(self):
        a, b = floats([1, 2], [3, 4]), floats([5, 6], [7, 8])
        t = nn.Tensor(a)
        assert_array_equal((t @ b).numpy(), a @ b)
        assert_array_equal(t.matmul(b, transpose_a=True).numpy(), a.T @ b)
        assert_array_equal(t.matmul(b, transpose_b=True).numpy(), a @ b.T)
        assert_array_equal((t + b).numpy(), a + b)
        assert_array_equal((t * b).numpy(), a * b)
        assert_array_equal((2 * t).numpy(), 2 * a)
        assert_array_equal(t.sum(0).numpy(), [4, 6])
        assert_array_equal(t.mean(-1).numpy(), [1.5, 3.5])
        self.assertEqual(float(t.sum().numpy()), 10)
        assert_array_equal(t.argmax(1).numpy(), [1, 1])
        with self.assertRaises(nn.Error):
            t.sum(2)

    def test_filling_and_copying(self):
        tensor = nn.Tensor.zeros((100,)).random_normal(1, 2, seed=4)
        again = nn.Tensor.zeros(100).random_normal(1, 2, seed=4)
        assert_array_equal(tensor, again)
        self.assertTrue((abs(tensor.random_uniform(-1, 1).numpy()) <= 1).all())
        ints = nn.Tensor.zeros((2, 2), "int32")
        ints.copy_from(numpy.arange(4, dtype=numpy.int64))
        assert_array_equal(ints.reshape(4).numpy(), [0, 1, 2, 3])
        assert_array_equal(numpy.asarray(ints.clone(), "int64"), ints.numpy())


class Contexts(unittest.TestCase):
    def test_settings_are_used(self):
        context = nn.Context(threads=2, max_isa="portable", seed=7)
        self.assertEqual((context.threads, context.isa, context.seed), (2, "portable", 7))

    def test_the_memory_limit_holds(self):
        context = nn.Context(memory_limit=10000)
        with self.assertRaises(nn.Error) as raised:
            nn.Tensor.zeros(10000, context=context)
        self.assertEqual(raised.exception.name, "NN_ERROR_MEMORY_LIMIT")

    def test_a_logger_hears_of_every_epoch(self):
        lines = []
        context = nn.Context(logger=lambda level, text: lines.append((level, text)))
        xor_trainer(context).fit((XOR_X, XOR_Y), epochs=2)
        self.assertEqual([level for level, _ in lines], ["info", "info"])
        self.assertRegex(lines[1][1], r"^epoch 2/2: loss \d")

    def test_a_closed_context_serves_the_handles_made_with_it(self):
        lines = []
        with nn.Context(logger=lambda level, text: lines.append(text)) as context:
            trainer = xor_trainer(context)
            data = nn.Dataset(nn.Tensor(XOR_X, context), nn.Tensor(XOR_Y, context),
                              context=context)
        trainer.fit(data)
        self.assertEqual(len(lines), 1)

    def test_an_exception_in_the_logger_ends_the_fit(self):
        def logger(level, text):
            raise RuntimeError(text)
        trainer = xor_trainer(nn.Context(logger=logger))
        with self.assertRaisesRegex(RuntimeError, "epoch 1/100"):
            trainer.fit((XOR_X, XOR_Y), epochs=100)
        self.assertLess(trainer.epoch, 100)

    def test_an_executor_of_python_gives_the_same_bits(self):
        counts = []

        def run(task, count):
            counts.append(count)
            threads = [threading.Thread(target=task, args=(i,)) for i in range(count)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        a, b = (numpy.random.default_rng(1).normal(size=(300, 300)).astype(numpy.float32)
                for _ in range(2))
        alone = nn.Tensor(a) @ b
        shared = nn.Tensor(a, nn.Context(executor=(2, run))) @ b
        self.assertTrue(counts and max(counts) > 1)
        assert_array_equal(alone.numpy(), shared.numpy())


class Layers(unittest.TestCase):
    def test_options_are_set_by_name(self):
        layer = nn.dense(4, "leaky_relu", bias=False, alpha=0.25, name="hidden")
        self.assertEqual((layer.kind, layer.name), ("dense", "hidden"))
        options = [layer.option(name) for name in ("units", "bias", "alpha")]
        self.assertEqual(options, [4, 0, 0.25])

    def test_every_kind_computes(self):
        model = nn.Model()
        x = model.input((2, 3))
        scaled = model.apply(nn.rescale(2, 1), x)
        centred = model.apply(nn.standardize(numpy.ones(6), numpy.full(6, 2.0)), scaled)
        both = model.apply(nn.concat(0), centred, x)
        product = model.apply(nn.matmul(transpose_b=True), both, centred)
        parts = [nn.activation("relu"), nn.dropout(0.5), nn.slice(1, 0, 1), nn.sum(0),
                 nn.reshape((1, 1)), nn.flatten()]
        node = product
        for part in parts:
            node = model.apply(part, node)
        node = model.apply(nn.add(), node, model.apply(nn.multiply(), node, node))
        model.output(model.apply(nn.mean(), node))
        # centred = x; product = [x; x] x^T, its first column c, twice over; s = 2 sum c
        value = floats([[1, 2, 3], [4, 5, 6]])
        s = 2 * (14 + 32)
        assert_allclose(model.predict(value), [s + s * s])

    def test_a_layer_belongs_to_its_model(self):
        layer = nn.dense(2)
        model = nn.Model().add(nn.input(2), layer)
        del model
        gc.collect()
        self.assertEqual(layer.option("units"), 2)
        with self.assertRaises(nn.Error) as raised:
            nn.Model().add(nn.input(2), layer)
        self.assertEqual(raised.exception.name, "NN_ERROR_STATE")

    def test_frozen_parameters_stay(self):
        model = nn.Model()
        model.add(nn.input(2), nn.dense(3, "tanh", name="first"), nn.dense(1))
        model.layer("first").set_trainable(False)
        model.layer("first").set_rate_multiplier(2)
        trainer = nn.Trainer(model, nn.sigmoid_cross_entropy(), nn.adam())
        before = [parameter.numpy().copy() for parameter in model.parameters]
        trainer.fit((XOR_X, XOR_Y), epochs=3)
        self.assertIsNone(trainer.gradient(0))
        assert_array_equal(model.parameter("first.weight").numpy(), before[0])
        self.assertTrue((model.parameter("dense_1.weight").numpy() != before[2]).any())

    def test_initializers_are_chosen_by_name(self):
        layer = nn.dense(4)
        layer.set_initializer("weight", "constant", 0.5)
        model = nn.Model().add(nn.input(3), layer).build()
        assert_array_equal(model.parameter(0).numpy(), numpy.full((3, 4), 0.5))


class Models(unittest.TestCase):
    def model(self):
        return nn.Model(seed=5).add(nn.input(2), nn.dense(3, "tanh"), nn.dense(1)).build()

    def test_parameters_show_the_models_memory(self):
        model = self.model()
        self.assertEqual(model.parameter_names, ["dense_1.weight", "dense_1.bias",
                                                 "dense_2.weight", "dense_2.bias"])
        self.assertEqual(model.weight_count, 2 * 3 + 3 + 3 + 1)
        for parameter in model.parameters:
            parameter.numpy()[...] = 0
        model.parameter("dense_2.bias").fill(4)
        assert_array_equal(model.predict(XOR_X), numpy.full((4, 1), 4))
        with self.assertRaises(IndexError):
            model.parameter(4)
        with self.assertRaises(nn.Error):
            model.parameter("dense_3.bias")

    def test_a_parameter_keeps_its_model(self):
        weights = self.model().parameter(0).slice(0, 1).numpy()
        gc.collect()
        self.assertTrue(numpy.isfinite(weights).all())

    def test_predict_computes_what_the_layers_say(self):
        model = self.model()
        w1, b1, w2, b2 = (parameter.numpy() for parameter in model.parameters)
        assert_allclose(model.predict(XOR_X),
                                      numpy.tanh(XOR_X @ w1 + b1) @ w2 + b2, rtol=1e-5)

    def test_graphs_have_several_inputs_and_outputs(self):
        model = nn.Model()
        a, b = model.input(2), model.input(2)
        model.output(model.apply(nn.add(), a, b))
        model.output(model.apply(nn.multiply(), a, b))
        total, product = model.predict([XOR_X, XOR_X + 1])
        assert_array_equal(total, 2 * XOR_X + 1)
        assert_array_equal(product, XOR_X * (XOR_X + 1))
        self.assertEqual((model.input_nodes, model.output_nodes), ([0, 1], [2, 3]))
        self.assertEqual(model.node_type(2), ("float32", (2,)))
        self.assertEqual(model.node_layer(3).kind, "multiply")
        with self.assertRaises(IndexError):
            model.node_type(4)
        with self.assertRaises(nn.Error):
            model.apply(nn.add(), a, 17)

    def test_clones_and_seeds(self):
        model = self.model()
        clone = model.clone()
        assert_array_equal(clone.predict(XOR_X), model.predict(XOR_X))
        model.initialize(6)
        self.assertTrue((clone.predict(XOR_X) != model.predict(XOR_X)).any())
        model.initialize(5)
        assert_array_equal(clone.predict(XOR_X), model.predict(XOR_X))

    def test_a_model_can_be_read(self):
        model = self.model()
        self.assertIn("dense_2", model.summary())
        self.assertRegex(model.dot(), r"^digraph(.|\n)*\}\s*$")

    def test_sessions_give_the_same_bits(self):
        model = self.model()
        session = nn.Session(model, block_rows=3)
        assert_array_equal(session.run(XOR_X), model.predict(XOR_X))
        self.assertGreater(session.memory, 0)
        before = session.run(XOR_X)
        model.initialize(9)
        assert_array_equal(session.run(XOR_X), before)
        session.refresh()
        assert_array_equal(session.run(XOR_X), model.predict(XOR_X))
        with self.assertRaisesRegex(ValueError, r"\(4, 1\)"):
            session.run(XOR_Y)
        with self.assertRaisesRegex(ValueError, "2 inputs"):
            session.run([XOR_X, XOR_X])
        self.assertEqual(session.run(XOR_X[:0]).shape, (0, 1))


class LossesAndOptimizers(unittest.TestCase):
    def test_a_loss_evaluates_by_itself(self):
        loss = nn.mean_squared_error()
        value, gradient = loss.evaluate(floats([1, 2]), floats([0, 4]), gradient=True)
        self.assertEqual(value, 2.5)
        assert_array_equal(gradient, [[1, -2]])
        value = loss.evaluate(floats([1], [3]), floats([0], [0]), weights=floats(1, 0))
        self.assertEqual(value, 1)

    def test_losses_have_options(self):
        loss = nn.softmax_cross_entropy(label_smoothing=0.5, class_weights=[1, 2])
        self.assertEqual(loss.option("label_smoothing"), 0.5)
        self.assertEqual(nn.huber(2).option("delta"), 2)
        for loss in (nn.mean_absolute_error(), nn.binary_cross_entropy(),
                     nn.output_as_loss()):
            self.assertEqual(nn.Loss(loss.kind).kind, loss.kind)

    def test_an_optimizer_steps_over_arrays(self):
        w = floats(1, 2)
        nn.sgd(0.5).step(w, floats(1, -1))
        assert_array_equal(w, [0.5, 2.5])
        optimizer = nn.momentum(1, momentum=0.5)
        w = [floats(0), floats([0, 0])]
        for _ in range(2):
            optimizer.step(w, [floats(1), floats([1, 2])])
        assert_array_equal(w[1], [[-2.5, -5]])
        optimizer.reset()
        with self.assertRaises(ValueError):
            optimizer.step(w, [floats(1)])

    def test_optimizers_have_options(self):
        for make in (nn.sgd, nn.momentum, nn.nesterov, nn.adagrad, nn.adadelta,
                     nn.rmsprop, nn.adam, nn.adamw):
            optimizer = make(0.25, l2=0.5)
            self.assertEqual((optimizer.kind, optimizer.rate), (make.__name__, 0.25))
            self.assertEqual(optimizer.option("l2"), 0.5)
            optimizer.rate = 0.125
            self.assertEqual(optimizer.option("rate"), 0.125)


class Datasets(unittest.TestCase):
    def test_arrays_become_a_dataset(self):
        x, y = blobs()
        data = nn.Dataset(x, y, weights=numpy.ones(60, numpy.float32))
        self.assertEqual(len(data), 60)
        self.assertEqual(data.inputs, [("float32", (2,))])
        self.assertEqual(data.targets, [("int32", ())])
        assert_array_equal(data.read_input(start=2, rows=3), x[2:5])
        assert_array_equal(data.read_target(), y)

    def test_parts_of_a_dataset(self):
        x, y = blobs()
        data = nn.Dataset(x, y)
        assert_array_equal(data.subset(5, 2).read_input(), x[5:7])
        assert_array_equal(data.select([7, 0, 7]).read_target(), y[[7, 0, 7]])
        first, second = data.split(0.25, seed=3)
        self.assertEqual((len(first), len(second)), (45, 15))
        with self.assertRaises(nn.Error):
            data.select([60])

    def test_standardising(self):
        x, y = blobs()
        data = nn.Dataset(x.copy(), y)
        mean, deviation = data.moments()
        assert_allclose(mean, x.mean(0), atol=1e-5)
        assert_allclose(deviation, x.std(0), rtol=1e-5)
        data.standardize(mean, deviation)
        assert_allclose(data.read_input().std(0), 1, rtol=1e-5)

    def test_samples_from_a_function(self):
        x, y = blobs()
        seen = []

        def read(samples, inputs, targets, weights):
            seen.append(samples.copy())
            inputs[0][...] = x[samples]
            targets[0][...] = y[samples]
            weights[...] = 2

        data = nn.Dataset.from_source(60, read, [("float32", 2)], [("int32", ())])
        trainer, other = blob_trainer(), blob_trainer()
        trainer.fit(data, epochs=2)
        other.fit((x, y), epochs=2)
        self.assertEqual(sorted(numpy.concatenate(seen[:3])), list(range(60)))
        for a, b in zip(trainer.model.parameters, other.model.parameters):
            assert_array_equal(a, b)

    def test_an_exception_in_a_source_is_raised(self):
        def read(samples, inputs, targets, weights):
            raise KeyError("no such sample")
        data = nn.Dataset.from_source(60, read, [("float32", 2)], [("int32", ())])
        with self.assertRaisesRegex(KeyError, "no such sample"):
            blob_trainer().fit(data)
        # It is raised once.
        blob_trainer().fit(blobs())

    def test_the_function_goes_with_its_dataset(self):
        class Read:
            def __call__(self, samples, inputs, targets, weights):
                pass
        read = Read()
        alive = weakref.ref(read)
        data = nn.Dataset.from_source(3, read, [("float32", 2)])
        del read
        gc.collect()
        self.assertIsNotNone(alive())
        part = data.subset(0, 1)
        data.close()
        self.assertIsNotNone(alive())
        part.close()
        self.assertIsNone(alive())

    def test_csv(self):
        text = "a,b,kind\n1,2,cat\n3,4.5,dog\n5,6,cat\n"
        data = nn.Dataset.parse_csv(text)
        self.assertEqual(data.class_names, ["cat", "dog"])
        self.assertEqual(data.column_name(1), "b")
        assert_array_equal(data.read_input(), [[1, 2], [3, 4.5], [5, 6]])
        assert_array_equal(data.read_target(), [0, 1, 0])
        values = nn.Dataset.parse_csv("1;2\n3;4\n", header=False, separator=";", label=0,
                                      label_kind="value")
        assert_array_equal(values.read_target(), [[1], [3]])
        pixels = nn.Dataset.parse_csv("p,q\n1,255\n", label_kind="none", bytes=True)
        self.assertEqual(pixels.inputs, [("uint8", (2,))])
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "animals.csv"
            path.write_text(text)
            assert_array_equal(
                nn.Dataset.read_csv(path, label="kind").read_target(), [0, 1, 0])
        with self.assertRaises(nn.Error) as raised:
            nn.Dataset.parse_csv("a,b\n1,2,3\n")
        self.assertEqual(raised.exception.name, "NN_ERROR_FORMAT")
        with self.assertRaises(nn.Error) as raised:
            nn.Dataset.read_csv("/no/such/file")
        self.assertEqual(raised.exception.name, "NN_ERROR_IO")

    def test_csv_with_missing_values(self):
        text = "a,b,kind\n1,NA,cat\n3,,dog\n5,6,cat\n"
        read = lambda **settings: nn.Dataset.parse_csv(text, missing_text="NA", **settings)
        skipped = read(missing="skip")
        assert_array_equal(skipped.read_input(), [[5, 6]])
        self.assertEqual(skipped.class_names, ["cat"])
        filled = read(missing=-1.5)
        assert_array_equal(filled.read_input(), [[1, -1.5], [3, -1.5], [5, 6]])
        with self.assertRaisesRegex(nn.Error, "line 2, column 2 .'b'., byte 11"):
            read()

    def test_classes_may_be_given(self):
        data = nn.Dataset.parse_csv("a,kind\n1,owl\n2,dög\n", class_names=["dög", "owl"])
        assert_array_equal(data.read_target(), [1, 0])
        self.assertEqual(data.class_names, ["dög", "owl"])
        with self.assertRaises(nn.Error) as raised:
            nn.Dataset.parse_csv("a,kind\n1,cow\n", class_names=data.class_names)
        self.assertEqual(raised.exception.name, "NN_ERROR_LABEL")
        data.class_names = ["x", "y", "z"]
        self.assertEqual(data.class_names, ["x", "y", "z"])

    def test_idx(self):
        images = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 1, 2, 3, 4])
        labels = bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9])
        assert_array_equal(nn.parse_idx(images), [[[1], [2]], [[3], [4]]])
        with tempfile.TemporaryDirectory() as folder:
            paths = [pathlib.Path(folder) / name for name in ("images", "labels")]
            for path, content in zip(paths, (images, labels)):
                path.write_bytes(content)
            assert_array_equal(nn.read_idx(paths[1]), [7, 9])
            nn.write_idx(numpy.array([[1.5, 2]], numpy.float32), paths[0])
            assert_array_equal(nn.read_idx(paths[0]), [[1.5, 2]])
            paths[0].write_bytes(images)
            data = nn.Dataset.read_idx(*paths)
            self.assertEqual(data.inputs, [("uint8", (2,))])
            assert_array_equal(data.read_target(), [7, 9])


    def test_npy(self):
        with tempfile.TemporaryDirectory() as folder:
            x, y = (pathlib.Path(folder) / name for name in ("x.npy", "y.npy"))
            images = numpy.arange(12, dtype=numpy.float64).reshape(2, 3, 2)
            numpy.save(x, numpy.asfortranarray(images.astype(">f8")))
            numpy.save(y, numpy.array([1, 0]))
            assert_array_equal(nn.read_npy(x), images)
            data = nn.Dataset.read_npy(x, y)
            self.assertEqual(data.inputs, [("float32", (3, 2))])
            assert_array_equal(data.read_target(), [1, 0])
            self.assertEqual(nn.Dataset.read_npy(x).targets, [])
            for array in (images.astype(numpy.float32), numpy.arange(3, dtype=numpy.uint8),
                          numpy.zeros((0, 4), numpy.int32), numpy.int64(-5).reshape(())):
                nn.write_npy(array, y)
                loaded = numpy.load(y)
                self.assertEqual(loaded.dtype, array.dtype)
                assert_array_equal(loaded, array)
                again = pathlib.Path(folder) / "again.npy"
                numpy.save(again, array)
                self.assertEqual(again.read_bytes(), y.read_bytes())
                assert_array_equal(nn.parse_npy(y.read_bytes()), array)
                for fortran, big in ((True, False), (False, True), (True, True)):
                    nn.write_npy(array, y, fortran=fortran, big_endian=big)
                    assert_array_equal(nn.read_npy(y), array)
                    laid = numpy.asfortranarray(array) if fortran and array.ndim else array
                    order = laid.dtype.newbyteorder("<>"[big])
                    numpy.save(again, numpy.asarray(laid, dtype=order))
                    if array.size > 0: # of none, NumPy says that they are in C order
                        self.assertEqual(again.read_bytes(), y.read_bytes())
            with self.assertRaisesRegex(nn.Error, "elements of type '<c8' are not read"):
                numpy.save(x, numpy.zeros(2, numpy.complex64))
                nn.read_npy(x)


class Training(unittest.TestCase):
    def test_xor_is_learnt(self):
        trainer = xor_trainer(batch_size=nn.FULL_BATCH)
        trainer.add_metric("accuracy")
        trainer.fit((XOR_X, XOR_Y), epochs=200)
        results = trainer.evaluate((XOR_X, XOR_Y))
        self.assertEqual(list(results), ["loss", "accuracy"])
        self.assertEqual(results["accuracy"], 1)
        self.assertLess(results["loss"], 0.1)
        self.assertEqual((trainer.stop_reason, trainer.epoch, trainer.step_count),
                         ("epochs", 200, 200))

    def test_metrics_history_and_validation(self):
        trainer = blob_trainer(seed=3, shuffle=True)
        for metric in ("accuracy", "precision", "recall", "f1"):
            trainer.add_metric(metric)
        trainer.add_top_k(2)
        trainer.fit(blobs(), blobs(30, seed=2), epochs=20)
        history = trainer.history
        names = ["loss", "accuracy", "precision", "recall", "f1", "top_2_accuracy"]
        names += [f"val_{name}" for name in names]
        self.assertEqual(list(history), names + ["rate"])
        self.assertEqual(history["loss"].shape, (20,))
        self.assertLess(history["loss"][-1], history["loss"][0])
        self.assertGreater(history["val_accuracy"][-1], 0.9)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "history.csv"
            trainer.write_history(path)
            lines = path.read_text().splitlines()
        self.assertEqual(lines[0], "epoch," + ",".join(history))
        self.assertEqual(len(lines), 21)

    def test_predictions_and_confusion(self):
        x, y = blobs()
        trainer = blob_trainer().fit((x, y), epochs=20)
        predicted = trainer.predict(x).argmax(1)
        counts = numpy.zeros((3, 3), numpy.int64)
        numpy.add.at(counts, (y, predicted), 1)
        assert_array_equal(trainer.confusion((x, y)), counts)
        names = nn.Dataset(x)
        names.class_names = ["cat", "dog, big"]
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "confusion.csv"
            nn.write_confusion(counts, path, names)
            rows = list(csv.reader(path.open(newline="")))
        self.assertEqual(rows[0], ["true\\predicted", "cat", "dog, big", "2"])
        assert_array_equal(numpy.array([row[1:] for row in rows[1:]], int), counts)
        assert_array_equal(trainer.predict(nn.Dataset(x)),
                                         trainer.model.predict(x))

    def test_binary_confusion_has_two_classes(self):
        counts = xor_trainer().confusion((XOR_X, XOR_Y))
        self.assertEqual((counts.shape, counts.sum()), ((2, 2), 4))

    def test_labels_out_of_range_are_refused(self):
        x, y = blobs()
        y[7] = 3
        trainer = blob_trainer()
        for use in (trainer.fit, trainer.evaluate, trainer.confusion):
            with self.assertRaises(nn.Error) as raised:
                use((x, y))
            self.assertEqual(raised.exception.name, "NN_ERROR_LABEL")
            self.assertIn("7", str(raised.exception))

    def test_steps_by_hand(self):
        trainer, other = xor_trainer(), xor_trainer()
        loss = trainer.step(XOR_X, XOR_Y)
        other.forward(XOR_X)
        self.assertEqual(other.backward(XOR_Y), loss)
        gradients = [gradient.numpy() for gradient in other.gradients]
        self.assertEqual([g.shape for g in gradients], [(2, 8), (8,), (8, 1), (1,)])
        other.update()
        for a, b in zip(trainer.model.parameters, other.model.parameters):
            assert_array_equal(a, b)

    def test_gradients_are_those_of_the_formula(self):
        model = nn.Model().add(nn.input(2), nn.dense(1))
        trainer = nn.Trainer(model, nn.mean_squared_error(), keep_nodes=True,
                             input_gradients=True)
        trainer.forward(XOR_X)
        trainer.backward(XOR_Y, weights=floats(1, 2, 3, 4))
        error = model.predict(XOR_X) - XOR_Y
        slope = 2 * error * floats([1], [2], [3], [4]) / 10
        w, b = trainer.gradients
        assert_allclose(w, XOR_X.T @ slope, rtol=1e-5, atol=1e-6)
        assert_allclose(b, slope.sum(0), rtol=1e-5, atol=1e-6)
        assert_allclose(trainer.node_gradient(1), slope, rtol=1e-5, atol=1e-6)
        assert_allclose(trainer.node_gradient(0),
                                      slope @ model.parameter(0).numpy().T, rtol=1e-5,
                                      atol=1e-6)
        assert_array_equal(trainer.node_value(1), model.predict(XOR_X))

    def test_gradients_pass_the_librarys_check(self):
        worst = xor_trainer().gradient_check(XOR_X, XOR_Y)
        self.assertLess(worst, 1e-2)

    def test_the_same_seed_gives_the_same_bits(self):
        first, second, third = (blob_trainer(seed=seed).fit(blobs(), epochs=3)
                                for seed in (1, 1, 2))
        loss = first.history["loss"]
        assert_array_equal(second.history["loss"], loss)
        self.assertTrue((third.history["loss"] != loss).any())

    def test_early_stopping(self):
        x, y = blobs()
        y = numpy.random.default_rng(1).permutation(y)  # nothing to learn but by heart
        trainer = blob_trainer(early_stopping=(3, 0.0, True), validation_split=0.2)
        trainer.fit((x, y), epochs=500)
        self.assertEqual(trainer.stop_reason, "early")
        losses = trainer.history["val_loss"]
        self.assertEqual(len(losses) - 1 - losses.argmin(), 3)
        self.assertAlmostEqual(trainer.evaluate((x[48:], y[48:]))["loss"],
                               losses.min(), 6)

    def test_a_run_goes_on_from_its_checkpoint(self):
        whole = blob_trainer().fit(blobs(), epochs=3)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "run")
            first = blob_trainer()
            first.set_checkpoint(path, 1)
            first.set_step_hook(lambda trainer: trainer.step_count == 5)
            first.fit(blobs(), epochs=3)
            second = blob_trainer()
            second.resume(path)
            self.assertEqual(second.step_count, 5)
            second.fit(blobs(), epochs=3)
            second.save(path)
        assert_array_equal(second.history["loss"], whole.history["loss"])
        for a, b in zip(second.model.parameters, whole.model.parameters):
            assert_array_equal(a, b)

    def test_rates(self):
        trainer = xor_trainer()
        rates = []
        trainer.set_step_hook(lambda trainer: rates.append(trainer.rate))
        trainer.set_rate_step(1, 0.5)
        trainer.set_warmup(2)
        trainer.fit((XOR_X, XOR_Y), epochs=3)
        assert_allclose(rates, [0.05, 0.05, 0.025])
        assert_allclose(trainer.history["rate"], rates)

    def test_every_schedule_gives_the_rate_of_its_formula(self):
        schedules = {"rate_step": (1, 0.5), "rate_exponential": 1.5,
                     "rate_callback": lambda epoch, step, base: base * (epoch + step),
                     "rate_cosine": (2, 0.02), "rate_plateau": (0.5, 2),
                     "rate_constant": ()}
        expected = [0.05, 0.15, 0.2, 0.06, 0.1, 0.1]
        for (name, value), rate in zip(schedules.items(), expected):
            trainer = xor_trainer(**{name: value}).fit((XOR_X, XOR_Y), epochs=2)
            self.assertAlmostEqual(trainer.rate, rate, 12, name)

    def test_setting_everything(self):
        trainer = blob_trainer(micro_batch=7, checks=(True, False), progress="none",
                               monitor=("val_loss", "minimize"))
        trainer.prepare()
        self.assertGreater(trainer.memory_needed, 0)
        trainer.fit(blobs())

    def test_the_rate_sweep_puts_everything_back(self):
        trainer = blob_trainer()
        before = [parameter.numpy().copy() for parameter in trainer.model.parameters]
        rates, losses = trainer.rate_sweep(blobs(), 1e-4, 1e-1, 10)
        self.assertEqual(len(rates), len(losses))
        self.assertAlmostEqual(rates[0], 1e-4, 12)
        for a, b in zip(trainer.model.parameters, before):
            assert_array_equal(a, b)

    def test_several_outputs_have_losses_and_weights(self):
        model = nn.Model()
        x = model.input(2)
        model.output(model.apply(nn.dense(1), x))
        model.output(model.apply(nn.dense(3), x))
        trainer = nn.Trainer(model, [nn.mean_squared_error(), nn.softmax_cross_entropy()],
                             nn.adam(), loss_weights=[1, 0.5])
        trainer.add_metric("accuracy", output=1)
        x, labels = blobs()
        results = trainer.fit((x, [x[:, :1].copy(), labels])).evaluate(
            (x, [x[:, :1].copy(), labels]))
        self.assertEqual(list(results)[-1], "accuracy_1")
        values = list(results.values())
        self.assertAlmostEqual(values[0], values[1] + 0.5 * values[2], 6)

    def test_a_trainer_without_optimizer_does_not_step(self):
        model = nn.Model().add(nn.input(2), nn.dense(1))
        with self.assertRaises(nn.Error) as raised:
            nn.Trainer(model, nn.mean_squared_error()).step(XOR_X, XOR_Y)
        self.assertEqual(raised.exception.name, "NN_ERROR_STATE")


class Hooks(unittest.TestCase):
    def test_hooks_see_gradients_steps_and_epochs(self):
        trainer = blob_trainer()
        calls = []
        trainer.set_gradient_hook(lambda t: calls.append(
            ("gradient", bool(numpy.isfinite(t.gradient(0).numpy()).all()))))
        trainer.set_step_hook(lambda t: calls.append(("step", t.step_count)))
        trainer.set_epoch_hook(lambda t: calls.append(("epoch", len(t.history["loss"]))))
        trainer.fit(blobs(), epochs=2)
        self.assertEqual(calls[:3], [("gradient", True), ("step", 1), ("gradient", True)])
        self.assertEqual(calls[-1], ("epoch", 2))
        trainer.set_epoch_hook(None)
        trainer.fit(blobs())
        self.assertEqual(calls[-1], ("step", 9))

    def test_a_gradient_hook_may_change_gradients(self):
        trainer = xor_trainer()
        before = [parameter.numpy().copy() for parameter in trainer.model.parameters]

        def zero(trainer):
            for gradient in trainer.gradients:
                gradient.fill(0)

        trainer.set_gradient_hook(zero)
        trainer.fit((XOR_X, XOR_Y))
        for a, b in zip(trainer.model.parameters, before):
            assert_array_equal(a, b)

    def test_a_hook_stops_the_run(self):
        trainer = xor_trainer()
        trainer.set_epoch_hook(lambda trainer: trainer.epoch == 3)
        trainer.fit((XOR_X, XOR_Y), epochs=10)
        self.assertEqual((trainer.stop_reason, trainer.epoch), ("hook", 3))

    def test_a_request_stops_the_run(self):
        trainer = xor_trainer()
        trainer.set_step_hook(lambda trainer: trainer.request_stop())
        trainer.fit((XOR_X, XOR_Y), epochs=10)
        self.assertEqual((trainer.stop_reason, trainer.step_count), ("requested", 1))

    def test_an_exception_in_a_hook_stops_the_run_and_is_raised(self):
        class Stop(Exception):
            pass

        def hook(trainer):
            raise Stop("enough")

        for setter in ("set_gradient_hook", "set_step_hook", "set_epoch_hook"):
            trainer = xor_trainer()
            getattr(trainer, setter)(hook)
            with self.assertRaisesRegex(Stop, "enough"):
                trainer.fit((XOR_X, XOR_Y), epochs=10)
            self.assertLessEqual(trainer.step_count, 1)
            getattr(trainer, setter)(None)
            trainer.fit((XOR_X, XOR_Y), epochs=10)
            self.assertEqual(trainer.stop_reason, "epochs")

    def test_an_exception_in_a_rate_is_raised(self):
        trainer = xor_trainer()
        trainer.set_rate_callback(lambda epoch, step, base: 1 / 0)
        with self.assertRaises(ZeroDivisionError):
            trainer.fit((XOR_X, XOR_Y))
        with self.assertRaises(ZeroDivisionError):
            trainer.rate

    def test_ctrl_c_ends_a_fit(self):
        trainer = xor_trainer()
        timer = threading.Timer(0.05, signal.raise_signal, (signal.SIGINT,))
        timer.start()
        with self.assertRaises(KeyboardInterrupt):
            trainer.fit((XOR_X, XOR_Y), epochs=2**21)
        timer.join()
        self.assertGreater(trainer.step_count, 0)
        self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)

    def test_a_trainer_goes_with_its_hooks(self):
        context = nn.Context()
        trainer = xor_trainer(context)
        trainer.set_epoch_hook(lambda _: trainer.epoch > 3)
        trainer.fit((XOR_X, XOR_Y))
        alive = weakref.ref(trainer)
        trainer.set_epoch_hook(None)
        del trainer
        gc.collect()
        self.assertIsNone(alive())
        self.assertEqual(context.memory_used, 0)


class CustomLayers(unittest.TestCase):
    @staticmethod
    def scale(log=None, **functions):
        """y = a x with a parameter a for each element."""
        def infer(call):
            shape, = call.input_shapes
            call.set_output(shape)
            call.add_parameter("factor", shape, initializer="constant", value=2)
            call.set_needs(input=True, output=False)

        def forward(call):
            call.output[...] = call.parameter() * call.input()
            if log is not None:
                log.append((call.rows, call.training))

        def backward(call):
            if call.input_gradient() is not None:
                call.input_gradient()[...] = call.parameter() * call.output_gradient
            if call.parameter_gradient() is not None:
                call.parameter_gradient()[...] += (call.output_gradient
                                                   * call.input()).sum(0)

        own = {"infer": infer, "forward": forward, "backward": backward, **functions}
        return nn.custom("scale", **own)

    def test_a_layer_of_python_functions_computes_and_learns(self):
        log = []
        model = nn.Model().add(nn.input(2), nn.dense(3, "tanh"), self.scale(log),
                               nn.dense(1))
        self.assertIn("scale_1.factor", model.build().parameter_names)
        w1, b1, a, w2, b2 = (parameter.numpy() for parameter in model.parameters)
        assert_allclose(model.predict(XOR_X),
                                      (a * numpy.tanh(XOR_X @ w1 + b1)) @ w2 + b2,
                                      rtol=1e-5)
        self.assertEqual(log[-1], (4, False))
        trainer = nn.Trainer(model, nn.sigmoid_cross_entropy(), nn.adam(0.1))
        self.assertLess(trainer.gradient_check(XOR_X, XOR_Y), 1e-2)
        trainer.fit((XOR_X, XOR_Y), epochs=10)
        self.assertIn((4, True), log)
        self.assertTrue((a != 2).all())

    def test_exceptions_in_its_functions_are_raised(self):
        def broken(call):
            raise LookupError("broken")
        with self.assertRaisesRegex(LookupError, "broken"):
            nn.Model().add(nn.input(2), self.scale(infer=broken))
        model = nn.Model().add(nn.input(2), self.scale(forward=broken))
        with self.assertRaisesRegex(LookupError, "broken"):
            model.predict(XOR_X)
        model = nn.Model().add(nn.input(2), self.scale(backward=broken), nn.dense(1))
        trainer = nn.Trainer(model, nn.mean_squared_error(), nn.sgd())
        with self.assertRaisesRegex(LookupError, "broken"):
            trainer.step(XOR_X, XOR_Y)

    def test_the_librarys_refusal_inside_infer_is_raised(self):
        def infer(call):
            call.set_output((0,))
        with self.assertRaises(nn.Error) as raised:
            nn.Model().add(nn.input(2), self.scale(infer=infer))
        self.assertEqual(raised.exception.name, "NN_ERROR_SIZE")

    def test_its_functions_go_with_it(self):
        class Forward:
            def __call__(self, call):
                pass
        forward = Forward()
        alive = weakref.ref(forward)
        layer = self.scale(forward=forward)
        model = nn.Model().add(nn.input(2), layer)
        del forward, layer
        gc.collect()
        self.assertIsNotNone(alive())
        del model
        gc.collect()
        self.assertIsNone(alive())


class Examples(unittest.TestCase):
    def test_the_digits_are_read_with_ctypes_alone(self):
        path = ROOT / "examples/ctypes_digits.py"
        self.assertEqual(re.findall(r"^\s*(?:import|from) (\w+)", path.read_text(), re.M),
                         ["ctypes", "os", "pathlib", "sys"])
        run = subprocess.run([sys.executable, str(path)], capture_output=True, text=True)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        last = run.stdout.splitlines()[-1]
        result = re.fullmatch(r"RESULT test_accuracy=(0\.\d{4})", last)
        self.assertGreater(float(result.group(1)), 0.95)

    def test_a_file_that_is_not_there_is_told(self):
        path = ROOT / "examples/ctypes_digits.py"
        run = subprocess.run([sys.executable, str(path), "/no/such.csv"],
                             capture_output=True, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stderr, "^error: .*/no/such.csv")


def tearDownModule():
    """Nothing is left of what was made known to the library's callbacks."""
    gc.collect()
    assert not nn._objects, nn._objects


if __name__ == "__main__":
    unittest.main()
