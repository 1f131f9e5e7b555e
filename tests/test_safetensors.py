"""Model files as others see them: read with nothing but Python's json and struct, weights
written so are loaded, and the Python module's ways to save and load."""

import io
import json
import os
import pathlib
import struct
import sys
import tempfile
import unittest

import numpy
from numpy.testing import assert_array_equal

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "python"))
os.environ.setdefault("NN_LIBRARY", str(ROOT / "lib" / "libnn.so"))

import nn  # noqa: E402

TYPES = {"F32": "<f4", "F64": "<f8", "F16": "<f2"}
X = numpy.linspace(-1, 1, 12, dtype=numpy.float32).reshape(4, 3)


def unpack(content):
    """(metadata, tensors) of a safetensors file, checked as a stranger would."""
    length, = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    data = content[8 + length:]
    metadata = header.pop("__metadata__", {})
    tensors, end = {}, 0
    for name, about in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        first, last = about["data_offsets"]
        assert first == end and (8 + length + first) % 4 == 0, name
        end = last
        array = numpy.frombuffer(data[first:last], TYPES[about["dtype"]])
        tensors[name] = array.reshape(about["shape"])
    assert end == len(data) and (8 + length) % 64 == 0
    return metadata, tensors


def pack(tensors, metadata=None):
    """A safetensors file of arrays."""
    header, data = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, array in tensors.items():
        kind = next(key for key, code in TYPES.items() if numpy.dtype(code) == array.dtype)
        header[name] = {"dtype": kind, "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def network(context=None):
    model = nn.Model(seed=5, context=context)
    x = model.input(3)
    h = model.apply(nn.standardize([0.1, 0.2, 0.3], [1, 2, 3], context=context), x)
    h = model.apply(nn.dense(4, "tanh", name="hidden", context=context), h)
    model.output(model.apply(nn.dense(2, name="last", context=context), h))
    return model.build()


class Files(unittest.TestCase):
    def test_a_stranger_reads_the_parameters(self):
        model = network()
        metadata, tensors = unpack(model.to_bytes())
        self.assertEqual(set(tensors), {"hidden.weight", "hidden.bias", "last.weight",
                                        "last.bias", "standardize_1.mean",
                                        "standardize_1.deviation"})
        for name in model.parameter_names:
            assert_array_equal(tensors[name], model.parameter(name).numpy())
        x = (X - tensors["standardize_1.mean"]) / tensors["standardize_1.deviation"]
        y = numpy.tanh(x @ tensors["hidden.weight"] + tensors["hidden.bias"])
        y = y @ tensors["last.weight"] + tensors["last.bias"]
        numpy.testing.assert_allclose(y, model.predict(X), atol=1e-5)
        self.assertEqual(metadata["nn.version"], "1")

    def test_a_stranger_reads_the_graph(self):
        model = network()
        model.set_class_names(["no", "y\u00e9s"])
        graph = json.loads(unpack(model.to_bytes())[0]["nn.model"])
        self.assertEqual([layer["kind"] for layer in graph["layers"]],
                         ["input", "standardize", "dense", "dense"])
        self.assertEqual(graph["layers"][2]["name"], "hidden")
        self.assertEqual(graph["layers"][2]["options"]["activation"], "tanh")
        self.assertEqual([node["inputs"] for node in graph["nodes"]], [[], [0], [1], [2]])
        self.assertEqual(graph["outputs"], [{"node": 3, "classes": ["no", "y\u00e9s"]}])
        self.assertEqual(graph["seed"], "5")

    def test_a_stranger_writes_a_model(self):
        model = network()
        metadata, tensors = unpack(model.to_bytes())
        graph = json.loads(metadata["nn.model"])
        text = json.dumps(graph, indent=3)  # another layout, another order
        loaded = nn.Model.from_bytes(pack(dict(reversed(tensors.items())),
                                          {"nn.model": text, "nn.version": "1"}))
        assert_array_equal(loaded.predict(X), model.predict(X))
        self.assertEqual(loaded.to_bytes(), model.to_bytes())

    def test_paths_files_and_bytes(self):
        model = network()
        model.set_class_names(["a", "b"])
        content = model.to_bytes()
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "m\u00f6del.safetensors"
            model.save(path)
            self.assertEqual(path.read_bytes(), content)
            self.assertEqual(os.listdir(folder), [path.name])
            loaded = nn.Model.load(path)
        assert_array_equal(loaded.predict(X), model.predict(X))
        self.assertEqual(loaded.class_names(), ["a", "b"])
        self.assertEqual(loaded.class_names(1), [])
        file = io.BytesIO()
        model.save(file)
        self.assertEqual(file.getvalue(), content)
        file.seek(0)
        self.assertEqual(nn.Model.load(file).to_bytes(), content)
        self.assertEqual(nn.Model.from_bytes(content).to_bytes(), content)

    def test_a_context_is_that_of_the_loaded_model(self):
        context = nn.Context(memory_limit=1 << 20)
        loaded = nn.Model.from_bytes(network().to_bytes(), context)
        self.assertIs(loaded.context, context)
        self.assertGreater(context.memory_used, 0)

    def test_exceptions_of_a_file_are_raised(self):
        class Broken:
            def write(self, content):
                raise RuntimeError("no more")

            def read(self, size):
                raise RuntimeError("nothing")

        with self.assertRaisesRegex(RuntimeError, "no more"):
            network().save(Broken())
        with self.assertRaisesRegex(RuntimeError, "nothing"):
            nn.Model.load(Broken())

        class Generous:
            def read(self, size):
                return bytes(size + 1)

        with self.assertRaisesRegex(ValueError, "gave 9 bytes"):
            nn.Model.load(Generous())

    def test_errors_name_the_file(self):
        with self.assertRaisesRegex(nn.Error, "nowhere/x: cannot be opened") as raised:
            nn.Model.load("/nowhere/x")
        self.assertEqual(raised.exception.name, "NN_ERROR_IO")
        with self.assertRaises(nn.Error) as raised:
            nn.Model.from_bytes(b"something else")
        self.assertEqual(raised.exception.name, "NN_ERROR_FORMAT")


class Weights(unittest.TestCase):
    def state(self):
        """A state dict as PyTorch's: weights (out, in)."""
        random = numpy.random.default_rng(1)
        return {name: random.standard_normal(shape).astype(numpy.float32)
                for name, shape in {"hidden.weight": (4, 3), "hidden.bias": (4,),
                                    "last.weight": (2, 4), "last.bias": (2,)}.items()}

    def test_weights_go_from_file_to_file(self):
        model, other = network(), network()
        other.initialize(9)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "w.safetensors")
            model.save_weights(path)
            other.load_weights(path)
            content = pathlib.Path(path).read_bytes()
        assert_array_equal(other.predict(X), model.predict(X))
        self.assertEqual(unpack(content)[0], {})
        other.load_weights(model.to_bytes())  # a model's file is one of weights, too

    def test_weights_of_pytorch_are_transposed(self):
        model, state = network(), self.state()
        model.load_weights(pack(state, {"format": "pt"}), pytorch=True)
        assert_array_equal(model.parameter("hidden.weight").numpy(),
                           state["hidden.weight"].T)
        assert_array_equal(model.parameter("last.weight").numpy(), state["last.weight"].T)
        assert_array_equal(model.parameter("last.bias").numpy(), state["last.bias"])

    def test_modules_within_modules_are_joined_by_underscores(self):
        model = nn.Model().add(nn.input(3), nn.dense(4, "relu", name="net_0"),
                               nn.dense(2, name="net_2"))
        names = {"hidden": "net.0", "last": "net.2"}
        state = {names[name.split(".")[0]] + "." + name.split(".")[1]: array
                 for name, array in self.state().items()}
        model.load_weights(pack(state), pytorch=True)
        assert_array_equal(model.parameter("net_0.weight").numpy(),
                           state["net.0.weight"].T)
        with self.assertRaises(nn.Error):
            model.load_weights(pack(state))

    def test_square_weights_are_transposed_only_when_asked(self):
        model = nn.Model().add(nn.input(3), nn.dense(3, bias=False, name="d"))
        weight = numpy.arange(9, dtype=numpy.float32).reshape(3, 3)
        model.load_weights(pack({"d.weight": weight}))
        assert_array_equal(model.parameter("d.weight").numpy(), weight)
        model.load_weights(pack({"d.weight": weight}), pytorch=True)
        assert_array_equal(model.parameter("d.weight").numpy(), weight.T)

    def test_every_half_float_is_exact(self):
        values = numpy.arange(65536, dtype=numpy.uint16).view(numpy.float16)
        model = nn.Model().add(nn.input(65536), nn.dense(1, bias=False, name="d"))
        model.load_weights(pack({"d.weight": values.reshape(65536, 1)}))
        got = model.parameter("d.weight").numpy().ravel()
        wanted = values.astype(numpy.float32)
        numbers = ~numpy.isnan(wanted)
        assert_array_equal(got[numbers].view(numpy.uint32),
                           wanted[numbers].view(numpy.uint32))
        self.assertTrue(numpy.isnan(got[~numbers]).all())

    def test_bfloat16_is_the_upper_half_of_a_float(self):
        values = numpy.array([1.5, -3e38, 1e-40, numpy.inf], numpy.float32)
        upper = (values.view(numpy.uint32) >> 16).astype(numpy.uint16)
        content = pack({"d.weight": upper.view(numpy.float16).reshape(4, 1)})
        content = content.replace(b'"dtype": "F16"', b'"dtype":"BF16"')
        model = nn.Model().add(nn.input(4), nn.dense(1, bias=False, name="d"))
        model.load_weights(content)
        assert_array_equal(model.parameter("d.weight").numpy().ravel().view(numpy.uint32),
                           upper.astype(numpy.uint32) << 16)

    def test_doubles_are_rounded_and_transposed_in_long_tensors(self):
        random = numpy.random.default_rng(2)
        model = nn.Model().add(nn.input(70), nn.dense(50, bias=False, name="d"))
        weight = random.standard_normal((50, 70))
        model.load_weights(pack({"d.weight": weight}), pytorch=True)
        assert_array_equal(model.parameter("d.weight").numpy(),
                           weight.T.astype(numpy.float32))

    def refused(self, state, **options):
        """The error's text and name; nothing has changed."""
        model = network()
        before = model.to_bytes()
        with self.assertRaises(nn.Error) as raised:
            model.load_weights(pack(state), **options)
        self.assertEqual(model.to_bytes(), before)
        return str(raised.exception), raised.exception.name

    def test_all_that_does_not_fit_is_said_at_once(self):
        state = {name: array.T.copy() for name, array in self.state().items()}
        del state["hidden.bias"]
        state["extra"] = numpy.zeros(1, numpy.float32)
        state["last.weight"] = numpy.zeros((2, 4), numpy.float32)
        self.assertEqual(self.refused(state), (
            "memory: the weights do not fit (1 missing, 1 unexpected, 1 different): "
            "unexpected 'extra', different 'last.weight' F32 (2, 4), expected (4, 2), "
            "missing 'hidden.bias'", "NN_ERROR_NAME"))
        state = self.state()
        self.assertEqual(self.refused(state)[1], "NN_ERROR_SHAPE")
        state["hidden.bias"] = state["hidden.bias"].astype(numpy.float64)
        content = pack(state).replace(b"F64", b"I64")
        with self.assertRaisesRegex(nn.Error, r"'hidden.bias' I64 \(4\), expected \(4\)"):
            network().load_weights(content, pytorch=True)

    def test_a_long_list_is_cut(self):
        state = {f"strange.{i}.weight": numpy.zeros(1, numpy.float32) for i in range(99)}
        text = self.refused(state)[0]
        self.assertIn("(4 missing, 99 unexpected, 0 different)", text)
        self.assertRegex(text, r", and \d\d more$")

    def test_parts_of_a_model_are_loaded_when_asked(self):
        state = self.state()
        del state["last.weight"], state["last.bias"]
        state["extra"] = numpy.zeros(1, numpy.float32)
        self.assertEqual(self.refused(state, pytorch=True)[1], "NN_ERROR_NAME")
        model, untouched = network(), network()
        model.load_weights(pack(state), pytorch=True, partial=True)
        assert_array_equal(model.parameter("hidden.weight").numpy(),
                           state["hidden.weight"].T)
        assert_array_equal(model.parameter("last.weight").numpy(),
                           untouched.parameter("last.weight").numpy())
        state["hidden.bias"] = numpy.zeros(5, numpy.float32)
        self.assertEqual(self.refused(state, pytorch=True, partial=True)[1],
                         "NN_ERROR_SHAPE")

    def test_two_tensors_of_one_name_are_refused(self):
        model = nn.Model().add(nn.input(1), nn.dense(1, bias=False, name="a_b"))
        one = numpy.ones((1, 1), numpy.float32)
        with self.assertRaisesRegex(nn.Error, "1 unexpected"):
            model.load_weights(pack({"a.b.weight": one, "a_b.weight": one}), pytorch=True)

    def test_weights_of_layers_of_ones_own(self):
        def infer(call):
            call.add_parameter("scale", (3,), initializer="constant", value=2.0)
            call.set_output((3,))

        def forward(call):
            call.output()[:] = call.input() * call.parameter()

        def make():
            return nn.Model().add(nn.input(3), nn.custom("scale", infer, forward,
                                                         name="mine")).build()

        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "w.safetensors")
            model, other = make(), make()
            with self.assertRaisesRegex(nn.Error, "'mine': a custom layer is code"):
                model.save(path)
            model.parameter(0).numpy()[:] = [1, 2, 3]
            model.save_weights(path)
            other.load_weights(path)
        assert_array_equal(other.parameter(0).numpy(), [1, 2, 3])


if __name__ == "__main__":
    unittest.main()
