"""libnn from Python: neural networks that learn and run, with NumPy arrays in and out.

    import numpy, nn

    model = nn.Model()
    model.add(nn.input(2), nn.dense(8, "tanh"), nn.dense(1))
    trainer = nn.Trainer(model, nn.sigmoid_cross_entropy(), nn.adam(0.05))
    trainer.add_metric("accuracy")
    trainer.fit((x, y), epochs=200)              # float32 arrays (n, 2) and (n, 1)
    print(trainer.evaluate((x, y)))              # {"loss": ..., "accuracy": ...}
    print(model.predict(x))

The library is found through the environment variable NN_LIBRARY (a path), else in lib/
beside the folder of this file, else where the system keeps its libraries.

The headers in include/nn/ are the reference; this module follows them name by name:
nn_tensor_slice is Tensor.slice, nn_trainer_set_batch_size is Trainer.set_batch_size. The
differences:

* A failure is the exception nn.Error, with the library's text and its status.
* Layers, losses and optimizers are made by functions (nn.dense, nn.adam) that take the
  options of the C library by name: nn.dense(10, "relu", bias=False, name="hidden").
* Choices are words: "relu", "float32", "accuracy", "maximize".
* Arrays are shared, not copied: a Tensor made from an array shows the array's memory and
  keeps it alive, Tensor.numpy() shows the tensor's. What cannot be shared is copied:
  arrays that are not contiguous, read-only or of a type that the library lacks (float64
  becomes float32). Where a function takes several tensors, give a list or tuple of
  arrays; one array alone is also understood.
* Handles are freed when nothing refers to them, or at the end of a `with` block; memory
  that an array still shows stays until the array goes.
* Hooks, data sources, layers and rates of your own are Python functions. An exception in
  one of them ends the library's call, which then raises it. Ctrl-C ends a fit.
"""

import atexit
import contextlib
import ctypes
import ctypes.util
import itertools
import numbers
import os
import pathlib
import signal
import threading
import weakref

import numpy

# ---- the library -----------------------------------------------------------------------


def _load():
    """Opens the shared library: NN_LIBRARY, lib/ beside the checkout, or the system's."""
    if os.environ.get("NN_LIBRARY"):
        return ctypes.CDLL(os.environ["NN_LIBRARY"])
    beside = pathlib.Path(__file__).resolve().parent.parent / "lib" / "libnn.so"
    if beside.exists():
        return ctypes.CDLL(str(beside))
    return ctypes.CDLL(ctypes.util.find_library("nn") or "libnn.so.0")


_lib = _load()


class Error(Exception):
    """A failure that the library reported: .status, its number; .name, such as
    "NN_ERROR_SHAPE"; the exception's text is the library's sentence."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status
        self.name = _lib.nn_status_name(status)


# ---- callbacks' exceptions -------------------------------------------------------------


class _Pending(threading.local):
    """The first exception in a callback of the call that this thread is in, and the
    trainers that are fitting."""

    error = None

    def __init__(self):
        self.fitting = []


_pending = _Pending()


def _note(error):
    """Keeps an exception until the library's call returns, and ends a fit."""
    if _pending.error is None:
        _pending.error = error
    for trainer in _pending.fitting:
        _lib.nn_trainer_request_stop(trainer)


@contextlib.contextmanager
def _fitting(trainer):
    """While a trainer fits, Ctrl-C is noted as an exception in a callback is. (Raised at
    once, it could strike where a callback begins, and be lost.)"""
    catches = (threading.current_thread() is threading.main_thread()
               and signal.getsignal(signal.SIGINT) is signal.default_int_handler)
    if catches:
        signal.signal(signal.SIGINT, lambda number, frame: _note(KeyboardInterrupt()))
    _pending.fitting.append(trainer)
    try:
        yield
    finally:
        _pending.fitting.pop()
        if catches:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _raise_pending():
    error, _pending.error = _pending.error, None
    if error is not None:
        raise error


def _fail():
    _raise_pending()
    raise Error(_lib.nn_last_status(), _text(_lib.nn_last_error()))


# ---- prototypes ------------------------------------------------------------------------


def _text(value):
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _status_result(status, function, arguments):
    if status != 0:
        _fail()
    _raise_pending()


def _handle_result(pointer, function, arguments):
    if pointer is None:
        _fail()
    _raise_pending()
    return pointer


def _node_result(node, function, arguments):
    if node < 0:
        _fail()
    _raise_pending()
    return node


def _text_result(text, function, arguments):
    return _text(text)


I32, I64, U64, SIZE = ctypes.c_int32, ctypes.c_int64, ctypes.c_uint64, ctypes.c_size_t
F32, F64, CHAR = ctypes.c_float, ctypes.c_double, ctypes.c_char
POINTER = ctypes.c_void_p  # to anything: a handle, an array, a callback, a result's place
NAME = ctypes.c_char_p

# Results that are looked at before they are passed on: (type, what looks).
STATUS = (I32, _status_result)       # raises unless NN_OK
HANDLE = (POINTER, _handle_result)   # raises where NULL
NODE = (I32, _node_result)           # raises where negative
TEXT = (NAME, _text_result)          # str, or None

# Every function of the public headers: name, result, arguments.
PROTOTYPES = {
    # version.h
    "nn_version_number": (I32,),
    "nn_version_text": (TEXT,),
    "nn_isa_name": (TEXT, I32),
    "nn_build_text": (TEXT,),
    # status.h
    "nn_status_name": (TEXT, I32),
    "nn_status_text": (TEXT, I32),
    "nn_last_error": (NAME,),
    "nn_last_status": (I32,),
    # context.h
    "nn_context_create": (HANDLE, POINTER),
    "nn_context_destroy": (None, POINTER),
    "nn_context_set_logger": (STATUS, POINTER, POINTER),
    "nn_context_set_threads": (STATUS, POINTER, I32),
    "nn_context_set_executor": (STATUS, POINTER, POINTER),
    "nn_context_set_max_isa": (STATUS, POINTER, I32),
    "nn_context_set_memory_limit": (STATUS, POINTER, U64),
    "nn_context_set_seed": (STATUS, POINTER, U64),
    "nn_context_isa": (I32, POINTER),
    "nn_context_threads": (I32, POINTER),
    "nn_context_seed": (U64, POINTER),
    "nn_context_memory_used": (U64, POINTER),
    # tensor.h
    "nn_tensor_create": (HANDLE, POINTER, I32, POINTER, I32),
    "nn_tensor_wrap": (HANDLE, POINTER, I32, POINTER, I32, POINTER, POINTER, POINTER),
    "nn_tensor_clone": (HANDLE, POINTER),
    "nn_tensor_slice": (HANDLE, POINTER, I64, I64),
    "nn_tensor_reshape": (HANDLE, POINTER, POINTER, I32),
    "nn_tensor_destroy": (None, POINTER),
    "nn_tensor_dtype": (I32, POINTER),
    "nn_tensor_rank": (I32, POINTER),
    "nn_tensor_dim": (I64, POINTER, I32),
    "nn_tensor_shape": (POINTER, POINTER),
    "nn_tensor_count": (I64, POINTER),
    "nn_dtype_size": (SIZE, I32),
    "nn_tensor_data": (POINTER, POINTER),
    "nn_tensor_data_const": (POINTER, POINTER),
    "nn_tensor_floats": (POINTER, POINTER),
    "nn_tensor_fill": (STATUS, POINTER, F64),
    "nn_tensor_copy": (STATUS, POINTER, POINTER),
    "nn_tensor_random_normal": (STATUS, POINTER, F32, F32, U64),
    "nn_tensor_random_uniform": (STATUS, POINTER, F32, F32, U64),
    "nn_tensor_matmul": (STATUS, POINTER, I32, POINTER, I32, POINTER),
    "nn_tensor_add": (STATUS, POINTER, POINTER, POINTER),
    "nn_tensor_multiply": (STATUS, POINTER, POINTER, POINTER),
    "nn_tensor_scale": (STATUS, POINTER, F32, POINTER),
    "nn_tensor_sum": (STATUS, POINTER, I32, POINTER),
    "nn_tensor_mean": (STATUS, POINTER, I32, POINTER),
    "nn_tensor_argmax": (STATUS, POINTER, I32, POINTER),
    # layer.h
    "nn_input": (HANDLE, POINTER, I64),
    "nn_input_shaped": (HANDLE, POINTER, I32, POINTER, I32),
    "nn_dense": (HANDLE, POINTER, I64, I32),
    "nn_activation": (HANDLE, POINTER, I32),
    "nn_dropout": (HANDLE, POINTER, F64),
    "nn_rescale": (HANDLE, POINTER, F64, F64),
    "nn_standardize": (HANDLE, POINTER, POINTER, POINTER, I64),
    "nn_flatten": (HANDLE, POINTER),
    "nn_reshape": (HANDLE, POINTER, POINTER, I32),
    "nn_add": (HANDLE, POINTER),
    "nn_multiply": (HANDLE, POINTER),
    "nn_concat": (HANDLE, POINTER, I32),
    "nn_slice": (HANDLE, POINTER, I32, I64, I64),
    "nn_matmul": (HANDLE, POINTER, I32, I32),
    "nn_sum": (HANDLE, POINTER, I32),
    "nn_mean": (HANDLE, POINTER, I32),
    "nn_layer_create": (HANDLE, POINTER, NAME),
    "nn_layer_destroy": (None, POINTER),
    "nn_layer_set_int": (STATUS, POINTER, NAME, I64),
    "nn_layer_set_float": (STATUS, POINTER, NAME, F64),
    "nn_layer_set_text": (STATUS, POINTER, NAME, NAME),
    "nn_layer_set_ints": (STATUS, POINTER, NAME, POINTER, I64),
    "nn_layer_set_floats": (STATUS, POINTER, NAME, POINTER, I64),
    "nn_layer_option": (STATUS, POINTER, NAME, POINTER),
    "nn_layer_set_name": (STATUS, POINTER, NAME),
    "nn_layer_name": (TEXT, POINTER),
    "nn_layer_kind": (TEXT, POINTER),
    "nn_layer_set_initializer": (STATUS, POINTER, NAME, I32, F64),
    "nn_layer_set_trainable": (STATUS, POINTER, I32),
    "nn_layer_set_rate_multiplier": (STATUS, POINTER, F64),
    "nn_activation_name": (TEXT, I32),
    "nn_initializer_name": (TEXT, I32),
    "nn_custom": (HANDLE, POINTER, POINTER),
    "nn_call_input_count": (I32, POINTER),
    "nn_call_input_shape": (POINTER, POINTER, I32, POINTER),
    "nn_call_set_output": (STATUS, POINTER, POINTER, I32),
    "nn_call_add_parameter": (STATUS, POINTER, NAME, POINTER, I32, I64, I64, I32, F64),
    "nn_call_set_needs": (STATUS, POINTER, I32),
    "nn_call_rows": (I64, POINTER),
    "nn_call_training": (I32, POINTER),
    "nn_call_input": (POINTER, POINTER, I32),
    "nn_call_output": (POINTER, POINTER),
    "nn_call_parameter": (POINTER, POINTER, I32),
    "nn_call_output_gradient": (POINTER, POINTER),
    "nn_call_input_gradient": (POINTER, POINTER, I32),
    "nn_call_parameter_gradient": (POINTER, POINTER, I32),
    # model.h
    "nn_model_create": (HANDLE, POINTER),
    "nn_model_destroy": (None, POINTER),
    "nn_model_add": (STATUS, POINTER, POINTER),
    "nn_model_input": (NODE, POINTER, I32, POINTER, I32),
    "nn_model_apply": (NODE, POINTER, POINTER, I32),
    "nn_model_apply_many": (NODE, POINTER, POINTER, POINTER, I32),
    "nn_model_output": (STATUS, POINTER, I32),
    "nn_model_set_seed": (STATUS, POINTER, U64),
    "nn_model_build": (STATUS, POINTER),
    "nn_model_initialize": (STATUS, POINTER, U64),
    "nn_model_clone": (HANDLE, POINTER),
    "nn_model_status": (I32, POINTER),
    "nn_model_clear_error": (STATUS, POINTER),
    "nn_model_error": (TEXT, POINTER),
    "nn_model_node_count": (I32, POINTER),
    "nn_model_input_count": (I32, POINTER),
    "nn_model_output_count": (I32, POINTER),
    "nn_model_input_node": (I32, POINTER, I32),
    "nn_model_output_node": (I32, POINTER, I32),
    "nn_model_node_layer": (POINTER, POINTER, I32),
    "nn_model_layer": (HANDLE, POINTER, NAME),
    "nn_model_node_shape": (POINTER, POINTER, I32, POINTER, POINTER),
    "nn_model_parameter_count": (I32, POINTER),
    "nn_model_weight_count": (I64, POINTER),
    "nn_model_parameter": (POINTER, POINTER, I32),
    "nn_model_parameter_named": (HANDLE, POINTER, NAME),
    "nn_model_parameter_name": (TEXT, POINTER, I32),
    "nn_model_set_class_names": (STATUS, POINTER, I32, POINTER, I32),
    "nn_model_class_count": (I32, POINTER, I32),
    "nn_model_class_name": (TEXT, POINTER, I32, I32),
    "nn_model_predict": (STATUS, POINTER, POINTER, I32, POINTER, I32),
    "nn_model_summary": (STATUS, POINTER, POINTER, SIZE, POINTER),
    "nn_model_dot": (STATUS, POINTER, POINTER, SIZE, POINTER),
    # loss.h
    "nn_mean_squared_error": (HANDLE, POINTER),
    "nn_mean_absolute_error": (HANDLE, POINTER),
    "nn_huber": (HANDLE, POINTER, F64),
    "nn_binary_cross_entropy": (HANDLE, POINTER),
    "nn_sigmoid_cross_entropy": (HANDLE, POINTER),
    "nn_softmax_cross_entropy": (HANDLE, POINTER),
    "nn_output_as_loss": (HANDLE, POINTER),
    "nn_loss_create": (HANDLE, POINTER, NAME),
    "nn_loss_destroy": (None, POINTER),
    "nn_loss_kind": (TEXT, POINTER),
    "nn_loss_set_float": (STATUS, POINTER, NAME, F64),
    "nn_loss_set_floats": (STATUS, POINTER, NAME, POINTER, I64),
    "nn_loss_option": (STATUS, POINTER, NAME, POINTER),
    "nn_loss_evaluate": (STATUS, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER),
    # optimizer.h
    "nn_sgd": (HANDLE, POINTER, F64),
    "nn_momentum": (HANDLE, POINTER, F64, F64),
    "nn_nesterov": (HANDLE, POINTER, F64, F64),
    "nn_adagrad": (HANDLE, POINTER, F64),
    "nn_adadelta": (HANDLE, POINTER, F64),
    "nn_rmsprop": (HANDLE, POINTER, F64),
    "nn_adam": (HANDLE, POINTER, F64),
    "nn_adamw": (HANDLE, POINTER, F64),
    "nn_optimizer_create": (HANDLE, POINTER, NAME),
    "nn_optimizer_destroy": (None, POINTER),
    "nn_optimizer_kind": (TEXT, POINTER),
    "nn_optimizer_set": (STATUS, POINTER, NAME, F64),
    "nn_optimizer_option": (STATUS, POINTER, NAME, POINTER),
    "nn_optimizer_set_rate": (STATUS, POINTER, F64),
    "nn_optimizer_rate": (F64, POINTER),
    "nn_optimizer_step": (STATUS, POINTER, POINTER, POINTER, I32),
    "nn_optimizer_reset": (STATUS, POINTER),
    # dataset.h
    "nn_dataset_create": (HANDLE, POINTER),
    "nn_dataset_add_input": (STATUS, POINTER, POINTER),
    "nn_dataset_add_target": (STATUS, POINTER, POINTER),
    "nn_dataset_set_weights": (STATUS, POINTER, POINTER),
    "nn_dataset_from_source": (HANDLE, POINTER, POINTER),
    "nn_dataset_declare_input": (STATUS, POINTER, I32, POINTER, I32),
    "nn_dataset_declare_target": (STATUS, POINTER, I32, POINTER, I32),
    "nn_dataset_set_class_names": (STATUS, POINTER, POINTER, I32),
    "nn_dataset_destroy": (None, POINTER),
    "nn_dataset_count": (I64, POINTER),
    "nn_dataset_input_count": (I32, POINTER),
    "nn_dataset_target_count": (I32, POINTER),
    "nn_dataset_input_shape": (STATUS, POINTER, I32, POINTER, POINTER, POINTER),
    "nn_dataset_target_shape": (STATUS, POINTER, I32, POINTER, POINTER, POINTER),
    "nn_dataset_class_count": (I32, POINTER),
    "nn_dataset_class_name": (TEXT, POINTER, I32),
    "nn_dataset_column_name": (TEXT, POINTER, I64),
    "nn_dataset_read_input": (STATUS, POINTER, I32, I64, POINTER),
    "nn_dataset_read_target": (STATUS, POINTER, I32, I64, POINTER),
    "nn_dataset_subset": (HANDLE, POINTER, I64, I64),
    "nn_dataset_select": (HANDLE, POINTER, POINTER, I64),
    "nn_dataset_split": (STATUS, POINTER, F64, U64, POINTER, POINTER),
    "nn_dataset_moments": (STATUS, POINTER, I32, POINTER, POINTER),
    "nn_dataset_standardize": (STATUS, POINTER, I32, POINTER, POINTER),
    # io.h
    "nn_model_save": (STATUS, POINTER, NAME),
    "nn_model_load": (HANDLE, POINTER, NAME),
    "nn_model_save_memory": (STATUS, POINTER, POINTER, SIZE, POINTER),
    "nn_model_load_memory": (HANDLE, POINTER, POINTER, SIZE),
    "nn_model_save_to": (STATUS, POINTER, POINTER, POINTER),
    "nn_model_load_from": (HANDLE, POINTER, POINTER, POINTER),
    "nn_model_load_weights": (STATUS, POINTER, NAME, I32),
    "nn_model_load_weights_memory": (STATUS, POINTER, POINTER, SIZE, I32),
    "nn_model_save_weights": (STATUS, POINTER, NAME),
    "nn_write_confusion": (STATUS, POINTER, POINTER, NAME),
    "nn_read_idx": (HANDLE, POINTER, NAME),
    "nn_parse_idx": (HANDLE, POINTER, POINTER, SIZE),
    "nn_write_idx": (STATUS, POINTER, NAME),
    "nn_dataset_read_idx": (HANDLE, POINTER, NAME, NAME),
    "nn_read_npy": (HANDLE, POINTER, NAME),
    "nn_parse_npy": (HANDLE, POINTER, POINTER, SIZE),
    "nn_write_npy": (STATUS, POINTER, NAME),
    "nn_write_npy_layout": (STATUS, POINTER, NAME, I32),
    "nn_dataset_read_npy": (HANDLE, POINTER, NAME, NAME),
    "nn_csv_create": (HANDLE, POINTER),
    "nn_csv_destroy": (None, POINTER),
    "nn_csv_set_header": (STATUS, POINTER, I32),
    "nn_csv_set_separator": (STATUS, POINTER, CHAR),
    "nn_csv_set_label_name": (STATUS, POINTER, NAME),
    "nn_csv_set_label_index": (STATUS, POINTER, I64),
    "nn_csv_set_label_kind": (STATUS, POINTER, I32),
    "nn_csv_set_bytes": (STATUS, POINTER, I32),
    "nn_csv_set_missing": (STATUS, POINTER, I32, F64),
    "nn_csv_set_missing_text": (STATUS, POINTER, NAME),
    "nn_csv_set_class_names": (STATUS, POINTER, POINTER, I32),
    "nn_csv_read": (HANDLE, POINTER, NAME),
    "nn_csv_parse": (HANDLE, POINTER, POINTER, SIZE),
    # trainer.h
    "nn_trainer_create": (HANDLE, POINTER, POINTER, POINTER),
    "nn_trainer_create_many": (HANDLE, POINTER, POINTER, POINTER, I32, POINTER),
    "nn_trainer_destroy": (None, POINTER),
    "nn_trainer_set_batch_size": (STATUS, POINTER, I64),
    "nn_trainer_set_micro_batch": (STATUS, POINTER, I64),
    "nn_trainer_set_seed": (STATUS, POINTER, U64),
    "nn_trainer_set_shuffle": (STATUS, POINTER, I32),
    "nn_trainer_set_validation_split": (STATUS, POINTER, F64),
    "nn_trainer_set_early_stopping": (STATUS, POINTER, I32, F64, I32),
    "nn_trainer_set_monitor": (STATUS, POINTER, NAME, I32),
    "nn_trainer_set_checks": (STATUS, POINTER, I32, I32),
    "nn_trainer_set_checkpoint": (STATUS, POINTER, NAME, I64),
    "nn_trainer_save": (STATUS, POINTER, NAME),
    "nn_trainer_save_to": (STATUS, POINTER, POINTER, POINTER),
    "nn_trainer_resume": (STATUS, POINTER, NAME),
    "nn_trainer_resume_from": (STATUS, POINTER, POINTER, POINTER),
    "nn_trainer_set_keep_nodes": (STATUS, POINTER, I32),
    "nn_trainer_set_input_gradients": (STATUS, POINTER, I32),
    "nn_trainer_set_progress": (STATUS, POINTER, I32),
    "nn_trainer_set_rate_constant": (STATUS, POINTER),
    "nn_trainer_set_rate_step": (STATUS, POINTER, I32, F64),
    "nn_trainer_set_rate_exponential": (STATUS, POINTER, F64),
    "nn_trainer_set_rate_cosine": (STATUS, POINTER, I32, F64),
    "nn_trainer_set_rate_plateau": (STATUS, POINTER, F64, I32, F64),
    "nn_trainer_set_rate_callback": (STATUS, POINTER, POINTER, POINTER),
    "nn_trainer_set_warmup": (STATUS, POINTER, I64),
    "nn_trainer_rate": (F64, POINTER),
    "nn_trainer_add_metric": (STATUS, POINTER, I32, I32),
    "nn_trainer_add_top_k": (STATUS, POINTER, I32, I32),
    "nn_trainer_set_gradient_hook": (STATUS, POINTER, POINTER, POINTER),
    "nn_trainer_set_step_hook": (STATUS, POINTER, POINTER, POINTER),
    "nn_trainer_set_epoch_hook": (STATUS, POINTER, POINTER, POINTER),
    "nn_trainer_request_stop": (None, POINTER),
    "nn_trainer_fit": (STATUS, POINTER, POINTER, POINTER, I32),
    "nn_trainer_stop_reason": (I32, POINTER),
    "nn_trainer_step": (STATUS, POINTER, POINTER, I32, POINTER, I32, POINTER, POINTER),
    "nn_trainer_forward": (STATUS, POINTER, POINTER, I32),
    "nn_trainer_backward": (STATUS, POINTER, POINTER, I32, POINTER, POINTER),
    "nn_trainer_update": (STATUS, POINTER),
    "nn_trainer_gradient": (POINTER, POINTER, I32),
    "nn_trainer_node_value": (HANDLE, POINTER, I32),
    "nn_trainer_node_gradient": (HANDLE, POINTER, I32),
    "nn_trainer_epoch": (I64, POINTER),
    "nn_trainer_step_count": (I64, POINTER),
    "nn_trainer_prepare": (STATUS, POINTER),
    "nn_trainer_memory_needed": (STATUS, POINTER, POINTER),
    "nn_trainer_evaluate": (STATUS, POINTER, POINTER, POINTER, I32),
    "nn_trainer_result_count": (I32, POINTER),
    "nn_trainer_result_name": (TEXT, POINTER, I32),
    "nn_trainer_predict": (HANDLE, POINTER, POINTER, I32),
    "nn_trainer_confusion": (STATUS, POINTER, POINTER, I32, POINTER),
    "nn_trainer_history_count": (I32, POINTER),
    "nn_trainer_history_name": (TEXT, POINTER, I32),
    "nn_trainer_history": (STATUS, POINTER, NAME, POINTER, POINTER),
    "nn_trainer_write_history": (STATUS, POINTER, NAME),
    "nn_trainer_rate_sweep": (STATUS, POINTER, POINTER, F64, F64, I32, POINTER, POINTER,
                              POINTER),
    "nn_gradient_check": (STATUS, POINTER, POINTER, I32, POINTER, I32, POINTER, F64, F64,
                          I64, POINTER),
    # session.h
    "nn_session_create": (HANDLE, POINTER, I64),
    "nn_session_destroy": (None, POINTER),
    "nn_session_run": (STATUS, POINTER, POINTER, I64, POINTER),
    "nn_session_refresh": (STATUS, POINTER),
    "nn_session_memory": (U64, POINTER),
}


def _declare():
    for name, (result, *arguments) in PROTOTYPES.items():
        function = getattr(_lib, name)
        function.argtypes = arguments
        if isinstance(result, tuple):
            function.restype, function.errcheck = result
        else:
            function.restype = result


_declare()

# ---- constants, as words ---------------------------------------------------------------

DTYPES = {"float32": 1, "uint8": 2, "int32": 3, "int64": 4}
ISAS = {"portable": 0, "avx2": 1, "avx512": 2, "neon": 3, "best": 1000}
METRICS = {"accuracy": 1, "binary_accuracy": 2, "precision": 3, "recall": 4, "f1": 5,
           "mean_absolute_error": 6, "r2": 7}
DIRECTIONS = {"minimize": 1, "maximize": 2}
PROGRESS = {"none": 0, "epoch": 1, "bar": 2}
STOP_REASONS = {"none": 0, "epochs": 1, "early": 2, "requested": 3, "hook": 4, "error": 5}
LABELS = {"class": 1, "value": 2, "none": 3}
MISSING = {"error": 1, "skip": 2, "fill": 3}
LOG_LEVELS = {"warning": 1, "info": 2, "progress": 3}
INITIALIZERS = {"default": 0, "constant": 1, "normal": 2, "uniform": 3,
                "glorot_normal": 4, "glorot_uniform": 5, "he_normal": 6, "he_uniform": 7,
                "lecun_normal": 8, "lecun_uniform": 9}
ALL = -1000         # an axis: over all elements
FULL_BATCH = -1     # a batch size: all samples
NEEDS_INPUT, NEEDS_OUTPUT = 1, 2
WEIGHTS = {"pytorch": 1, "partial": 2}
NPY = {"fortran": 1, "big_endian": 2}


def _number(words, word):
    """The constant that a word stands for."""
    if word not in words:
        raise ValueError(f"{word!r} is none of {', '.join(words)}")
    return words[word]


def _word(words, number):
    return next((word for word in words if words[word] == number), str(number))


def version():
    """The running library's version, such as "0.1.0"."""
    return _lib.nn_version_text()


def build_text():
    """One line about how the library was built."""
    return _lib.nn_build_text()


# ---- handles and memory ----------------------------------------------------------------

_objects = {}  # what callbacks find by their `user` pointer: its key
_keys = itertools.count(1)


def _register(value):
    key = next(_keys)
    _objects[key] = value
    return key


class _Hold:
    """One hold on something of the library: given up when nothing refers to it. A hold on
    what belongs to another handle keeps that one instead."""

    active = True  # 0 once the interpreter ends: the system takes back what is left

    def __init__(self, pointer, destroy=None, keep=None):
        self.pointer, self._destroy, self._keep = pointer, destroy, keep

    def give_to(self, owner):
        """The library passes it on to another handle; False where it had done so."""
        if self._destroy is None:
            return False
        self._destroy, self._keep = None, owner
        return True

    def __del__(self):
        if self._destroy is not None and _Hold.active:
            self._destroy(self.pointer)


@atexit.register
def _at_exit():
    _Hold.active = False


class _Handle:
    """What all handles share: a context, a hold, and `with`."""

    _hold = None
    context = None

    def _take(self, pointer, destroy, context, keep=None):
        self._hold = _Hold(pointer, destroy, keep)
        self.context = context

    @classmethod
    def _of(cls, pointer, destroy, context, keep=None):
        handle = cls.__new__(cls)
        handle._take(pointer, destroy, context, keep)
        return handle

    @property
    def _as_parameter_(self):  # what ctypes passes on
        if self._hold is None:
            raise ValueError(f"this {type(self).__name__} has been closed")
        return self._hold.pointer

    def close(self):
        """Gives the handle up now, as the end of a `with` block does."""
        self._hold = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _array_of(kind, values):
    values = list(values)
    return (kind * len(values))(*values)


def _pointers(handles):
    return _array_of(POINTER, [handle and handle._as_parameter_ for handle in handles])


def _dims(shape):
    """A shape as two arguments: its dimensions and their number."""
    shape = (shape,) if isinstance(shape, numbers.Integral) else tuple(shape)
    return _array_of(I64, shape), len(shape)


def _shape_at(address, rank):
    return tuple((I64 * rank).from_address(address)) if rank else ()


def _dtype_number(dtype):
    name = numpy.dtype(dtype).name
    if name not in DTYPES:
        raise TypeError(f"the library has no {name}: only {', '.join(DTYPES)}")
    return DTYPES[name]


class _Memory:
    """Memory for NumPy to show, and what keeps it."""

    def __init__(self, address, dtype, shape, keep):
        self.keep = keep
        self.__array_interface__ = {"version": 3, "typestr": numpy.dtype(dtype).str,
                                    "shape": shape, "data": (address, False)}


def _show(address, dtype, shape, keep=None):
    """The memory as an array, or None where there is none."""
    if 0 in shape:
        return numpy.empty(shape, dtype)
    return None if not address else numpy.asarray(_Memory(address, dtype, shape, keep))


def _suitable(values):
    """The values as an array that a tensor can show: themselves, or else a copy."""
    array = numpy.asarray(values)
    if array.dtype.name not in DTYPES:
        if array.dtype.kind == "f":
            array = array.astype(numpy.float32)
        elif array.dtype.kind == "b":
            array = array.view(numpy.uint8)
        elif numpy.can_cast(array.dtype, numpy.int64):
            array = array.astype(numpy.int64)
        else:
            _dtype_number(array.dtype)
    return numpy.require(array.astype(array.dtype.newbyteorder("="), copy=False),
                         requirements="CAW")


# ---- contexts --------------------------------------------------------------------------


class _Logger(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("log", POINTER), ("user", POINTER)]


class _Executor(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("concurrency", I32),
                ("parallel_for", POINTER), ("user", POINTER)]


_TASK = ctypes.CFUNCTYPE(None, POINTER, I32)


@ctypes.CFUNCTYPE(None, POINTER, I32, NAME)
def _log(user, level, text):
    try:
        _objects[user](_word(LOG_LEVELS, level), _text(text))
    except BaseException as error:
        _note(error)


@ctypes.CFUNCTYPE(None, POINTER, POINTER, POINTER, I32)
def _parallel_for(user, task, data, count):
    try:
        run = _TASK(task)
        _objects[user](lambda index: run(data, index), count)
    except BaseException as error:
        _note(error)


def _address(callback):
    return ctypes.cast(callback, POINTER)


class Context(_Handle):
    """Threads, seed, limits and log of the handles made with it (context.h).

    logger(level, text) gets "warning", "info" or "progress" and a line.
    executor is (concurrency, parallel_for): parallel_for(task, count) calls task(i) for
    each i below count, in any order, on any threads, and returns when all are done."""

    def __init__(self, *, threads=None, executor=None, max_isa=None, memory_limit=None,
                 seed=None, logger=None):
        self._keys = []
        self._take(_lib.nn_context_create(None), _lib.nn_context_destroy, None)
        if threads is not None:
            _lib.nn_context_set_threads(self, threads)
        if executor is not None:
            _lib.nn_context_set_executor(self, ctypes.byref(_Executor(
                ctypes.sizeof(_Executor), executor[0], _address(_parallel_for),
                self._key(executor[1]))))
        if max_isa is not None:
            _lib.nn_context_set_max_isa(self, _number(ISAS, max_isa))
        if memory_limit is not None:
            _lib.nn_context_set_memory_limit(self, memory_limit)
        if seed is not None:
            _lib.nn_context_set_seed(self, seed)
        if logger is not None:
            _lib.nn_context_set_logger(self, ctypes.byref(_Logger(
                ctypes.sizeof(_Logger), _address(_log), self._key(logger))))

    def _key(self, value):
        self._keys.append(_register(value))
        return self._keys[-1]

    def __del__(self):  # not when closed: handles made with it may go on
        for key in self._keys:
            _objects.pop(key, None)

    isa = property(lambda self: _word(ISAS, _lib.nn_context_isa(self)))
    threads = property(lambda self: _lib.nn_context_threads(self))
    seed = property(lambda self: _lib.nn_context_seed(self))
    memory_used = property(lambda self: _lib.nn_context_memory_used(self))


# ---- tensors ---------------------------------------------------------------------------


@ctypes.CFUNCTYPE(None, POINTER, POINTER)
def _release_array(user, data):
    _objects.pop(user, None)


class Tensor(_Handle):
    """An array of the library (tensor.h). Tensor(array) shows the array's memory."""

    def __init__(self, array, context=None):
        array = _suitable(array)
        key = _register(array)
        pointer = _lib.nn_tensor_wrap(context, _dtype_number(array.dtype),
                                      *_dims(array.shape), array.ctypes.data,
                                      _release_array, key)
        self._take(pointer, _lib.nn_tensor_destroy, context)

    @classmethod
    def _own(cls, pointer, context, keep=None):
        return cls._of(pointer, _lib.nn_tensor_destroy, context, keep)

    @classmethod
    def zeros(cls, shape, dtype="float32", context=None):
        """A tensor of zeros with memory of the library's."""
        pointer = _lib.nn_tensor_create(context, _dtype_number(dtype), *_dims(shape))
        return cls._own(pointer, context)

    dtype = property(lambda self: _word(DTYPES, _lib.nn_tensor_dtype(self)))
    rank = property(lambda self: _lib.nn_tensor_rank(self))
    count = property(lambda self: _lib.nn_tensor_count(self))

    @property
    def shape(self):
        return _shape_at(_lib.nn_tensor_shape(self), self.rank)

    def numpy(self):
        """The elements as an array that shows the tensor's memory and keeps it."""
        return _show(_lib.nn_tensor_data(self), self.dtype, self.shape, self._hold)

    def __array__(self, dtype=None, copy=None):
        array = self.numpy()
        return array if dtype is None else array.astype(dtype, copy=False)

    def __len__(self):
        if self.rank == 0:
            raise TypeError("a tensor of rank 0 has no length")
        return self.shape[0]

    def __repr__(self):
        return f"nn.Tensor({self.dtype}, {self.shape})"

    # Tensors that show the same memory keep a borrowed one's owner.
    def clone(self):
        return Tensor._own(_lib.nn_tensor_clone(self), self.context)

    def slice(self, start, count):
        return Tensor._own(_lib.nn_tensor_slice(self, start, count), self.context,
                           self._hold)

    def reshape(self, shape):
        return Tensor._own(_lib.nn_tensor_reshape(self, *_dims(shape)), self.context,
                           self._hold)

    def fill(self, value):
        _lib.nn_tensor_fill(self, value)
        return self

    def copy_from(self, source):
        """Copies the elements of an array or tensor of equally many."""
        _lib.nn_tensor_copy(_tensor(source, self.context), self)
        return self

    def random_normal(self, mean=0.0, deviation=1.0, seed=0):
        _lib.nn_tensor_random_normal(self, mean, deviation, seed)
        return self

    def random_uniform(self, low=0.0, high=1.0, seed=0):
        _lib.nn_tensor_random_uniform(self, low, high, seed)
        return self

    # Arithmetic makes a new tensor.
    def matmul(self, other, transpose_a=False, transpose_b=False):
        other = _tensor(other, self.context)
        rows = self.shape[-1 if transpose_a else 0] if self.rank else 0
        columns = other.shape[0 if transpose_b else -1] if other.rank else 0
        out = Tensor.zeros((rows, columns), context=self.context)
        _lib.nn_tensor_matmul(self, transpose_a, other, transpose_b, out)
        return out

    def add(self, other):
        out = Tensor.zeros(self.shape, context=self.context)
        _lib.nn_tensor_add(self, _tensor(other, self.context), out)
        return out

    def multiply(self, other):
        out = Tensor.zeros(self.shape, context=self.context)
        _lib.nn_tensor_multiply(self, _tensor(other, self.context), out)
        return out

    def scale(self, factor):
        out = Tensor.zeros(self.shape, context=self.context)
        _lib.nn_tensor_scale(self, factor, out)
        return out

    def _reduced(self, axis, dtype):
        shape = list(self.shape)
        if axis == ALL:
            shape = []
        elif -len(shape) <= axis < len(shape):
            del shape[axis]
        return Tensor.zeros(shape, dtype, self.context)

    def sum(self, axis=ALL):
        out = self._reduced(axis, "float32")
        _lib.nn_tensor_sum(self, axis, out)
        return out

    def mean(self, axis=ALL):
        out = self._reduced(axis, "float32")
        _lib.nn_tensor_mean(self, axis, out)
        return out

    def argmax(self, axis=ALL):
        out = self._reduced(axis, "int64")
        _lib.nn_tensor_argmax(self, axis, out)
        return out

    __matmul__, __add__ = matmul, add

    def __mul__(self, other):
        by_number = isinstance(other, numbers.Real)
        return self.scale(other) if by_number else self.multiply(other)

    __rmul__ = __mul__


def _tensor(value, context):
    return value if isinstance(value, Tensor) else Tensor(value, context)


def _tensors(values, context):
    """One array or tensor, or a list or tuple of them, as a list of tensors."""
    values = values if isinstance(values, (list, tuple)) else [values]
    return [_tensor(value, context) for value in values]


def _one_or_all(results):
    return results[0] if len(results) == 1 else results


# ---- layers, losses, optimizers: kinds with options ------------------------------------


class _Kind(_Handle):
    """What is made by the name of its kind and has options by name."""

    _noun = None  # "layer": its functions are nn_layer_create, ...

    def __init__(self, kind, *, context=None, **options):
        create, destroy = self._function("create"), self._function("destroy")
        self._take(create(context, kind.encode()), destroy, context)
        for option, value in options.items():
            self.set(option, value)

    def _function(self, verb):
        return getattr(_lib, f"nn_{self._noun}_{verb}")

    def set(self, option, value):
        """Sets an option: a number, a word, or a list of numbers."""
        name = option.encode()
        if isinstance(value, str):
            self._function("set_text")(self, name, value.encode())
        elif isinstance(value, (numbers.Integral, numpy.bool_)) and self._noun == "layer":
            self._function("set_int")(self, name, value)
        elif isinstance(value, numbers.Real):
            self._function("set_float")(self, name, value)
        elif numpy.asarray(value).dtype.kind in "iu" and self._noun == "layer":
            ints = numpy.ascontiguousarray(value, numpy.int64)
            self._function("set_ints")(self, name, ints.ctypes.data, ints.size)
        else:
            floats = numpy.ascontiguousarray(value, numpy.float32)
            self._function("set_floats")(self, name, floats.ctypes.data, floats.size)

    def option(self, name):
        """The value of a numeric option, or the number of a choice."""
        value = F64()
        self._function("option")(self, name.encode(), ctypes.byref(value))
        return value.value

    kind = property(lambda self: self._function("kind")(self))


class Layer(_Kind):
    """A layer (layer.h), by the name of its kind. A model takes it over."""

    _noun = "layer"

    def __init__(self, kind, *, name=None, context=None, **options):
        super().__init__(kind, context=context, **options)
        if name is not None:
            self.set_name(name)

    name = property(lambda self: _lib.nn_layer_name(self))

    def set_name(self, name):
        _lib.nn_layer_set_name(self, name.encode())

    def set_initializer(self, parameter, initializer, value=0.0):
        _lib.nn_layer_set_initializer(self, parameter.encode(),
                                      _number(INITIALIZERS, initializer), value)

    def set_trainable(self, trainable):
        _lib.nn_layer_set_trainable(self, trainable)

    def set_rate_multiplier(self, multiplier):
        _lib.nn_layer_set_rate_multiplier(self, multiplier)


# The creators take the options of their kind, and name and context, by name.
def input(shape, dtype="float32", **options):
    """An input of a shape: a number of features, or (height, width, channels), ..."""
    return Layer("input", shape=numpy.array(_dims(shape)[0], numpy.int64),
                 dtype=numpy.dtype(dtype).name, **options)


def dense(units, activation="linear", **options):
    return Layer("dense", units=units, activation=activation, **options)


def activation(activation, **options):
    return Layer("activation", activation=activation, **options)


def dropout(rate, **options):
    return Layer("dropout", rate=rate, **options)


def rescale(scale, offset=0.0, **options):
    return Layer("rescale", scale=scale, offset=offset, **options)


def standardize(mean, deviation, **options):
    return Layer("standardize", mean=numpy.ravel(mean).astype(numpy.float32),
                 deviation=numpy.ravel(deviation).astype(numpy.float32), **options)


def flatten(**options):
    return Layer("flatten", **options)


def reshape(shape, **options):
    return Layer("reshape", shape=numpy.array(_dims(shape)[0], numpy.int64), **options)


def add(**options):
    return Layer("add", **options)


def multiply(**options):
    return Layer("multiply", **options)


def concat(axis, **options):
    return Layer("concat", axis=axis, **options)


def slice(axis, start, count, **options):
    return Layer("slice", axis=axis, start=start, count=count, **options)


def matmul(transpose_a=False, transpose_b=False, **options):
    return Layer("matmul", transpose_a=transpose_a, transpose_b=transpose_b, **options)


def sum(axis=ALL, **options):
    return Layer("sum", axis=axis, **options)


def mean(axis=ALL, **options):
    return Layer("mean", axis=axis, **options)


class Loss(_Kind):
    """A loss (loss.h), by the name of its kind. A trainer takes it over."""

    _noun = "loss"

    def evaluate(self, outputs, targets=None, weights=None, gradient=False):
        """J, or with gradient=True (J, dJ/doutputs)."""
        outputs = _tensor(outputs, self.context)
        targets = None if targets is None else _tensor(targets, self.context)
        weights = None if weights is None else _tensor(weights, self.context)
        slope = Tensor.zeros(outputs.shape, context=self.context) if gradient else None
        value = F64()
        _lib.nn_loss_evaluate(self, outputs, targets, weights, slope, ctypes.byref(value))
        return (value.value, slope.numpy()) if gradient else value.value


def mean_squared_error(**options):
    return Loss("mean_squared_error", **options)


def mean_absolute_error(**options):
    return Loss("mean_absolute_error", **options)


def huber(delta=1.0, **options):
    return Loss("huber", delta=delta, **options)


def binary_cross_entropy(**options):
    return Loss("binary_cross_entropy", **options)


def sigmoid_cross_entropy(**options):
    return Loss("sigmoid_cross_entropy", **options)


def softmax_cross_entropy(**options):
    return Loss("softmax_cross_entropy", **options)


def output_as_loss(**options):
    return Loss("output_as_loss", **options)


class Optimizer(_Kind):
    """An optimizer (optimizer.h), by the name of its kind. A trainer takes it over."""

    _noun = "optimizer"

    def set(self, option, value):
        _lib.nn_optimizer_set(self, option.encode(), value)

    @property
    def rate(self):
        return _lib.nn_optimizer_rate(self)

    @rate.setter
    def rate(self, rate):
        _lib.nn_optimizer_set_rate(self, rate)

    def step(self, parameters, gradients):
        """One step over pairs of float32 tensors, or of arrays, changed in place."""
        parameters = _tensors(parameters, self.context)
        gradients = _tensors(gradients, self.context)
        if len(parameters) != len(gradients):
            raise ValueError(f"{len(parameters)} parameters, {len(gradients)} gradients")
        _lib.nn_optimizer_step(self, _pointers(parameters), _pointers(gradients),
                               len(parameters))

    def reset(self):
        _lib.nn_optimizer_reset(self)


def sgd(rate=0.01, **options):
    return Optimizer("sgd", rate=rate, **options)


def momentum(rate=0.01, momentum=0.9, **options):
    return Optimizer("momentum", rate=rate, momentum=momentum, **options)


def nesterov(rate=0.01, momentum=0.9, **options):
    return Optimizer("nesterov", rate=rate, momentum=momentum, **options)


def adagrad(rate=0.01, **options):
    return Optimizer("adagrad", rate=rate, **options)


def adadelta(rate=1.0, **options):
    return Optimizer("adadelta", rate=rate, **options)


def rmsprop(rate=0.01, **options):
    return Optimizer("rmsprop", rate=rate, **options)


def adam(rate=0.001, **options):
    return Optimizer("adam", rate=rate, **options)


def adamw(rate=0.001, **options):
    return Optimizer("adamw", rate=rate, **options)


# ---- layers of your own ----------------------------------------------------------------


class _CustomLayer(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("name", NAME), ("infer", POINTER),
                ("forward", POINTER), ("backward", POINTER), ("destroy", POINTER),
                ("user", POINTER)]


class _Custom:
    """The functions of a custom layer, and what infer said for each kind of inputs."""

    def __init__(self, infer, forward, backward):
        self.infer, self.forward, self.backward = infer, forward, backward
        self.outputs, self.parameters = {}, {}


class Call:
    """What the functions of a custom layer get. Its arrays show the library's memory and
    are valid only until the function returns."""

    def __init__(self, pointer, custom):
        self._pointer, self._custom = pointer, custom
        self.input_shapes = tuple(self._input_shape(i)
                                  for i in range(_lib.nn_call_input_count(pointer)))

    def _input_shape(self, index):
        rank = I32()
        address = _lib.nn_call_input_shape(self._pointer, index, ctypes.byref(rank))
        return _shape_at(address, rank.value)

    # in infer
    def set_output(self, shape):
        """Says the shape of one sample of the output."""
        _lib.nn_call_set_output(self._pointer, *_dims(shape))
        self._custom.outputs[self.input_shapes] = tuple(_dims(shape)[0])

    def add_parameter(self, name, shape, fan_in=1, fan_out=1, initializer="default",
                      value=0.0):
        """Declares the next parameter."""
        _lib.nn_call_add_parameter(self._pointer, name.encode(), *_dims(shape), fan_in,
                                   fan_out, _number(INITIALIZERS, initializer), value)
        self._custom.parameters[self.input_shapes].append(tuple(_dims(shape)[0]))

    def set_needs(self, input=True, output=True):
        """Says what backward reads."""
        _lib.nn_call_set_needs(self._pointer, NEEDS_INPUT * input + NEEDS_OUTPUT * output)

    # in forward and backward
    rows = property(lambda self: _lib.nn_call_rows(self._pointer))
    training = property(lambda self: bool(_lib.nn_call_training(self._pointer)))

    def _rows_of(self, address, shape):
        return _show(address, numpy.float32, (self.rows, *shape))

    def _parameter(self, function, index):
        shape = self._custom.parameters[self.input_shapes][index]
        return _show(function(self._pointer, index), numpy.float32, shape)

    def input(self, index=0):
        return self._rows_of(_lib.nn_call_input(self._pointer, index),
                             self.input_shapes[index])

    @property
    def output(self):
        return self._rows_of(_lib.nn_call_output(self._pointer),
                             self._custom.outputs[self.input_shapes])

    def parameter(self, index=0):
        return self._parameter(_lib.nn_call_parameter, index)

    # in backward
    @property
    def output_gradient(self):
        return self._rows_of(_lib.nn_call_output_gradient(self._pointer),
                             self._custom.outputs[self.input_shapes])

    def input_gradient(self, index=0):
        """Where the gradient goes; None where nobody asks for it."""
        return self._rows_of(_lib.nn_call_input_gradient(self._pointer, index),
                             self.input_shapes[index])

    def parameter_gradient(self, index=0):
        """What to add the gradient to; None where the parameter is frozen."""
        return self._parameter(_lib.nn_call_parameter_gradient, index)


def _custom_callback(name):
    @ctypes.CFUNCTYPE(I32, POINTER, POINTER)
    def callback(user, pointer):
        try:
            custom = _objects[user]
            call = Call(pointer, custom)
            if name == "infer":
                custom.parameters[call.input_shapes] = []
            getattr(custom, name)(call)
            return 0
        except BaseException as error:
            _note(error)
            return 1
    return callback


_custom_infer = _custom_callback("infer")
_custom_forward = _custom_callback("forward")
_custom_backward = _custom_callback("backward")


@ctypes.CFUNCTYPE(None, POINTER)
def _release_object(user):
    _objects.pop(user, None)


def custom(kind, infer, forward, backward=None, *, name=None, context=None):
    """A layer by three functions of a Call: infer says the output's shape and the
    parameters, forward fills call.output, backward fills each call.input_gradient(i) and
    adds to each call.parameter_gradient(i) that is not None."""
    struct = _CustomLayer(ctypes.sizeof(_CustomLayer), kind.encode(),
                          _address(_custom_infer), _address(_custom_forward),
                          _address(_custom_backward) if backward else None,
                          _address(_release_object),
                          _register(_Custom(infer, forward, backward)))
    layer = Layer._of(_lib.nn_custom(context, ctypes.byref(struct)),
                      _lib.nn_layer_destroy, context)
    if name is not None:
        layer.set_name(name)
    return layer


# ---- models ----------------------------------------------------------------------------


@ctypes.CFUNCTYPE(I64, POINTER, POINTER, SIZE)
def _write_stream(user, address, size):
    try:
        written = _objects[user].write(ctypes.string_at(address, size))
        return size if written is None else written
    except BaseException as error:
        _note(error)
        return -1


@ctypes.CFUNCTYPE(I64, POINTER, POINTER, SIZE)
def _read_stream(user, address, size):
    try:
        content = _objects[user].read(size)
        if len(content) > size:
            raise ValueError(f"read({size}) gave {len(content)} bytes")
        ctypes.memmove(address, content, len(content))
        return len(content)
    except BaseException as error:
        _note(error)
        return -1


@contextlib.contextmanager
def _stream(file, callback):
    """A binary file of Python's, as the library's calls want it: a callback and user."""
    key = _register(file)
    try:
        yield _address(callback), key
    finally:
        del _objects[key]


class Model(_Handle):
    """A graph of layers and its parameters (model.h). Nodes are numbers."""

    def __init__(self, seed=None, context=None):
        self._take(_lib.nn_model_create(context), _lib.nn_model_destroy, context)
        if seed is not None:
            _lib.nn_model_set_seed(self, seed)

    def _given(self, layer):
        """A layer's pointer, for a call that takes the layer over."""
        pointer, _ = layer._as_parameter_, self._as_parameter_
        layer._hold.give_to(self._hold)
        return pointer

    # putting together
    def add(self, *layers):
        """Puts layers on top of one another; returns the model."""
        for layer in layers:
            _lib.nn_model_add(self, self._given(layer))
        return self

    def input(self, shape, dtype="float32"):
        return _lib.nn_model_input(self, _dtype_number(dtype), *_dims(shape))

    def apply(self, layer, *nodes):
        """Applies a layer to one node or several; returns the new node."""
        nodes = _array_of(I32, nodes)
        return _lib.nn_model_apply_many(self, self._given(layer), nodes, len(nodes))

    def output(self, node):
        _lib.nn_model_output(self, node)

    def build(self):
        _lib.nn_model_build(self)
        return self

    def initialize(self, seed):
        _lib.nn_model_initialize(self, seed)

    def clone(self):
        return Model._own(_lib.nn_model_clone(self), self.context)

    # looking
    @property
    def input_nodes(self):
        return [_lib.nn_model_input_node(self, i)
                for i in range(_lib.nn_model_input_count(self))]

    @property
    def output_nodes(self):
        return [_lib.nn_model_output_node(self, i)
                for i in range(_lib.nn_model_output_count(self))]

    node_count = property(lambda self: _lib.nn_model_node_count(self))
    weight_count = property(lambda self: _lib.nn_model_weight_count(self))

    def node_type(self, node):
        """(dtype, shape of one sample) at a node."""
        rank, dtype = I32(), I32()
        address = _lib.nn_model_node_shape(self, node, ctypes.byref(rank),
                                           ctypes.byref(dtype))
        if address is None:
            raise IndexError(f"the model has no node {node}")
        return _word(DTYPES, dtype.value), _shape_at(address, rank.value)

    def node_layer(self, node):
        """The layer at a node."""
        pointer = _lib.nn_model_node_layer(self, node)
        if pointer is None:
            raise IndexError(f"the model has no node {node}")
        return Layer._of(pointer, None, self.context, self._hold)

    def layer(self, name):
        return Layer._of(_lib.nn_model_layer(self, name.encode()), None, self.context,
                         self._hold)

    # parameters
    @property
    def parameters(self):
        """All parameters: tensors that show the model's memory."""
        return [self.parameter(i) for i in range(_lib.nn_model_parameter_count(self))]

    @property
    def parameter_names(self):
        return [_lib.nn_model_parameter_name(self, i)
                for i in range(_lib.nn_model_parameter_count(self))]

    def parameter(self, which):
        """The parameter of an index or a name ("dense_1.weight")."""
        if isinstance(which, str):
            pointer = _lib.nn_model_parameter_named(self, which.encode())
        else:
            pointer = _lib.nn_model_parameter(self, which)
            if pointer is None:
                raise IndexError(f"the model has no parameter {which}")
        return Tensor._of(pointer, None, self.context, self._hold)

    # names of classes
    def set_class_names(self, names, output=0):
        """Names the classes that an output tells apart; they are saved with the model."""
        names = [name.encode() for name in names]
        _lib.nn_model_set_class_names(self, output, _array_of(NAME, names), len(names))

    def class_names(self, output=0):
        """The names of an output's classes; empty where they have none."""
        return [_lib.nn_model_class_name(self, output, i)
                for i in range(_lib.nn_model_class_count(self, output))]

    # files
    @classmethod
    def _own(cls, pointer, context):
        return cls._of(pointer, _lib.nn_model_destroy, context)

    def save(self, file):
        """Saves the model: file is a path, or what has write (a binary file)."""
        if not hasattr(file, "write"):
            _lib.nn_model_save(self, os.fsencode(file))
            return
        with _stream(file, _write_stream) as arguments:
            _lib.nn_model_save_to(self, *arguments)

    @classmethod
    def load(cls, file, context=None):
        """The model in a file: a path, or what has read (a binary file)."""
        if not hasattr(file, "read"):
            return cls._own(_lib.nn_model_load(context, os.fsencode(file)), context)
        with _stream(file, _read_stream) as arguments:
            return cls._own(_lib.nn_model_load_from(context, *arguments), context)

    def to_bytes(self):
        """What save writes."""
        length = SIZE()
        _lib.nn_model_save_memory(self, None, 0, ctypes.byref(length))
        buffer = (CHAR * length.value)()
        _lib.nn_model_save_memory(self, buffer, length, ctypes.byref(length))
        return buffer.raw

    @classmethod
    def from_bytes(cls, content, context=None):
        """The model in bytes that to_bytes or save made."""
        return cls._own(_lib.nn_model_load_memory(context, content, len(content)),
                        context)

    def load_weights(self, file, pytorch=False, partial=False):
        """Parameters by name from a safetensors file, a path or bytes; pytorch: names and
        shapes are PyTorch's; partial: what only one of the two has is passed over."""
        options = WEIGHTS["pytorch"] * bool(pytorch) + WEIGHTS["partial"] * bool(partial)
        if isinstance(file, bytes):
            _lib.nn_model_load_weights_memory(self, file, len(file), options)
        else:
            _lib.nn_model_load_weights(self, os.fsencode(file), options)

    def save_weights(self, path):
        """Saves the parameters alone, also of a model with layers of your own."""
        _lib.nn_model_save_weights(self, os.fsencode(path))

    # using
    def predict(self, inputs):
        """The output, or a list of outputs, for the inputs."""
        inputs = _tensors(inputs, self.context)
        self.build()
        rows = inputs[0].shape[0] if inputs and inputs[0].rank else 0
        outputs = [Tensor.zeros((rows, *self.node_type(node)[1]), context=self.context)
                   for node in self.output_nodes]
        _lib.nn_model_predict(self, _pointers(inputs), len(inputs), _pointers(outputs),
                              len(outputs))
        return _one_or_all([output.numpy() for output in outputs])

    def _written(self, write):
        length = SIZE()
        write(self, None, 0, ctypes.byref(length))
        buffer = ctypes.create_string_buffer(length.value + 1)
        write(self, buffer, len(buffer), None)
        return _text(buffer.value)

    def summary(self):
        """A table of the layers as text."""
        return self._written(_lib.nn_model_summary)

    def dot(self):
        """The graph in Graphviz's language."""
        return self._written(_lib.nn_model_dot)


class Session(_Handle):
    """Runs a model fast on a snapshot of its parameters (session.h)."""

    def __init__(self, model, block_rows=0):
        self._take(_lib.nn_session_create(model, block_rows), _lib.nn_session_destroy,
                   model.context)
        self._inputs = [model.node_type(node) for node in model.input_nodes]
        self._outputs = [model.node_type(node)[1] for node in model.output_nodes]

    memory = property(lambda self: _lib.nn_session_memory(self))

    def refresh(self):
        _lib.nn_session_refresh(self)

    def run(self, inputs):
        """The output, or a list of outputs, for the inputs."""
        inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        if len(inputs) != len(self._inputs):
            raise ValueError(f"{len(inputs)} inputs, the model has {len(self._inputs)}")
        arrays = [numpy.require(value, dtype, "CA")
                  for value, (dtype, _) in zip(inputs, self._inputs)]
        rows = arrays[0].shape[0] if arrays[0].ndim else 0
        for array, (_, shape) in zip(arrays, self._inputs):
            if array.shape != (rows, *shape):
                raise ValueError(f"an input is {array.shape}, expected {(rows, *shape)}")
        outputs = [numpy.empty((rows, *shape), numpy.float32) for shape in self._outputs]
        _lib.nn_session_run(self, _array_of(POINTER, [a.ctypes.data for a in arrays]),
                            rows, _array_of(POINTER, [a.ctypes.data for a in outputs]))
        return _one_or_all(outputs)


# ---- datasets --------------------------------------------------------------------------


class _Source(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("samples", I64), ("read", POINTER),
                ("release", POINTER), ("user", POINTER)]


class _Reader:
    """The function of a source and the types of its inputs and targets."""

    def __init__(self, read, inputs, targets):
        self.read, self.inputs, self.targets = read, inputs, targets

    @staticmethod
    def shown(addresses, types, rows):
        addresses = (POINTER * len(types)).from_address(addresses) if types else []
        return [_show(address, dtype, (rows, *shape))
                for address, (dtype, shape) in zip(addresses, types)]


@ctypes.CFUNCTYPE(I32, POINTER, POINTER, I64, POINTER, POINTER, POINTER)
def _read_samples(user, samples, rows, inputs, targets, weights):
    try:
        reader = _objects[user]
        reader.read(_show(samples, numpy.int64, (rows,)),
                    reader.shown(inputs, reader.inputs, rows),
                    reader.shown(targets, reader.targets, rows),
                    _show(weights, numpy.float32, (rows,)))
        return 0
    except BaseException as error:
        _note(error)
        return 1


def _typed(ports):
    """Pairs of dtype and shape, in one form."""
    return [(numpy.dtype(dtype).name, tuple(_dims(shape)[0])) for dtype, shape in ports]


class Dataset(_Handle):
    """Samples: inputs, targets and weights (dataset.h)."""

    def __init__(self, inputs=(), targets=(), weights=None, context=None):
        self._take(_lib.nn_dataset_create(context), _lib.nn_dataset_destroy, context)
        for tensor in _tensors(inputs, context):
            _lib.nn_dataset_add_input(self, tensor)
        for tensor in _tensors(targets, context):
            _lib.nn_dataset_add_target(self, tensor)
        if weights is not None:
            _lib.nn_dataset_set_weights(self, _tensor(weights, context))

    @classmethod
    def _own(cls, pointer, context):
        return cls._of(pointer, _lib.nn_dataset_destroy, context)

    @classmethod
    def from_source(cls, count, read, inputs, targets=(), context=None):
        """`count` samples from a function. inputs and targets are lists of (dtype, shape
        of one sample). read(samples, inputs, targets, weights) gets the numbers of the
        wanted samples and arrays to fill, one row for each."""
        reader = _Reader(read, _typed(inputs), _typed(targets))
        source = _Source(ctypes.sizeof(_Source), count, _address(_read_samples),
                         _address(_release_object), _register(reader))
        dataset = cls._own(_lib.nn_dataset_from_source(context, ctypes.byref(source)),
                           context)
        for dtype, shape in reader.inputs:
            _lib.nn_dataset_declare_input(dataset, _dtype_number(dtype), *_dims(shape))
        for dtype, shape in reader.targets:
            _lib.nn_dataset_declare_target(dataset, _dtype_number(dtype), *_dims(shape))
        return dataset

    @classmethod
    def read_idx(cls, inputs_path, labels_path, context=None):
        """Inputs and labels from two IDX files, the format of MNIST."""
        return cls._own(_lib.nn_dataset_read_idx(context, os.fsencode(inputs_path),
                                                 os.fsencode(labels_path)), context)

    @classmethod
    def read_npy(cls, inputs_path, targets_path=None, context=None):
        """Inputs and targets from two NPY files, the format of numpy.save."""
        targets_path = None if targets_path is None else os.fsencode(targets_path)
        return cls._own(_lib.nn_dataset_read_npy(context, os.fsencode(inputs_path),
                                                 targets_path), context)

    @classmethod
    def read_csv(cls, path, context=None, **settings):
        """From a CSV file; the settings are those of parse_csv."""
        with _csv(context, **settings) as csv:
            return cls._own(_lib.nn_csv_read(csv, os.fsencode(path)), context)

    @classmethod
    def parse_csv(cls, content, context=None, **settings):
        """From CSV in memory. Settings: header (True), separator (","), label: the label
        column's name or index (-1), label_kind: "class", "value" or "none", bytes
        (False), missing: "error", "skip" or a number to fill in, missing_text (""),
        class_names: the labels that there may be, in the order of their numbers."""
        content = content.encode() if isinstance(content, str) else content
        with _csv(context, **settings) as csv:
            return cls._own(_lib.nn_csv_parse(csv, content, len(content)), context)

    def __len__(self):
        return _lib.nn_dataset_count(self)

    def _types(self, count, shape_of):
        types = []
        for index in range(count(self)):
            dtype, rank, shape = I32(), I32(), POINTER()
            shape_of(self, index, ctypes.byref(dtype), ctypes.byref(shape),
                     ctypes.byref(rank))
            types.append((_word(DTYPES, dtype.value), _shape_at(shape.value, rank.value)))
        return types

    @property
    def inputs(self):
        """(dtype, shape of one sample) of each input."""
        return self._types(_lib.nn_dataset_input_count, _lib.nn_dataset_input_shape)

    @property
    def targets(self):
        """(dtype, shape of one sample) of each target."""
        return self._types(_lib.nn_dataset_target_count, _lib.nn_dataset_target_shape)

    @property
    def class_names(self):
        """The names of label classes 0, 1, ...; may be set."""
        return [_lib.nn_dataset_class_name(self, i)
                for i in range(_lib.nn_dataset_class_count(self))]

    @class_names.setter
    def class_names(self, names):
        _lib.nn_dataset_set_class_names(self, *_texts(names))

    def column_name(self, column):
        return _lib.nn_dataset_column_name(self, column)

    def _read(self, function, types, index, start, rows):
        dtype, shape = types[index]
        rows = len(self) - start if rows is None else rows
        out = Tensor.zeros((rows, *shape), dtype, self.context)
        function(self, index, start, out)
        return out.numpy()

    def read_input(self, index=0, start=0, rows=None):
        """A copy of samples of one input."""
        return self._read(_lib.nn_dataset_read_input, self.inputs, index, start, rows)

    def read_target(self, index=0, start=0, rows=None):
        """A copy of samples of one target."""
        return self._read(_lib.nn_dataset_read_target, self.targets, index, start, rows)

    def subset(self, start, count):
        return Dataset._own(_lib.nn_dataset_subset(self, start, count), self.context)

    def select(self, samples):
        samples = numpy.ascontiguousarray(samples, numpy.int64)
        return Dataset._own(
            _lib.nn_dataset_select(self, samples.ctypes.data, samples.size), self.context)

    def split(self, fraction, seed=0):
        """Two datasets at random: the second has this fraction of the samples."""
        first, second = POINTER(), POINTER()
        _lib.nn_dataset_split(self, fraction, seed, ctypes.byref(first),
                              ctypes.byref(second))
        return (Dataset._own(first.value, self.context),
                Dataset._own(second.value, self.context))

    def moments(self, index=0):
        """Mean and standard deviation of each element of an input."""
        shape = self.inputs[index][1]
        mean = Tensor.zeros(shape, context=self.context)
        deviation = Tensor.zeros(shape, context=self.context)
        _lib.nn_dataset_moments(self, index, mean, deviation)
        return mean.numpy(), deviation.numpy()

    def standardize(self, mean, deviation, index=0):
        _lib.nn_dataset_standardize(self, index, _tensor(mean, self.context),
                                    _tensor(deviation, self.context))


def _dataset(value, context):
    """A dataset as it is; a tuple (inputs, targets), or inputs alone, as a dataset."""
    if value is None or isinstance(value, Dataset):
        return value
    return (Dataset(*value, context=context) if isinstance(value, tuple)
            else Dataset(value, context=context))


def _texts(names):
    """The arguments for a list of names: an array of C strings, and how many."""
    names = [name.encode() for name in names]
    return (NAME * len(names))(*names), len(names)


def _csv(context, header=True, separator=",", label=-1, label_kind="class", bytes=False,
         missing="error", missing_text="", class_names=()):
    csv = _Handle._of(_lib.nn_csv_create(context), _lib.nn_csv_destroy, context)
    _lib.nn_csv_set_header(csv, header)
    _lib.nn_csv_set_separator(csv, separator.encode())
    if isinstance(label, str):
        _lib.nn_csv_set_label_name(csv, label.encode())
    else:
        _lib.nn_csv_set_label_index(csv, label)
    _lib.nn_csv_set_label_kind(csv, _number(LABELS, label_kind))
    _lib.nn_csv_set_bytes(csv, bytes)
    if isinstance(missing, str):
        _lib.nn_csv_set_missing(csv, _number(MISSING, missing), 0)
    else:
        _lib.nn_csv_set_missing(csv, MISSING["fill"], missing)
    _lib.nn_csv_set_missing_text(csv, missing_text.encode())
    _lib.nn_csv_set_class_names(csv, *_texts(class_names))
    return csv


def read_idx(path, context=None):
    """The tensor in an IDX file."""
    return Tensor._own(_lib.nn_read_idx(context, os.fsencode(path)), context)


def parse_idx(content, context=None):
    """The tensor in the bytes of an IDX file."""
    return Tensor._own(_lib.nn_parse_idx(context, content, len(content)), context)


def write_confusion(counts, path, names=None, context=None):
    """Writes what Trainer.confusion returns as a CSV file; names is a Dataset whose classes
    have names, or None."""
    _lib.nn_write_confusion(_tensor(counts, context), names, os.fsencode(path))


def write_idx(tensor, path, context=None):
    """Writes a tensor or array as an IDX file."""
    _lib.nn_write_idx(_tensor(tensor, context), os.fsencode(path))


def read_npy(path, context=None):
    """The tensor in an NPY file."""
    return Tensor._own(_lib.nn_read_npy(context, os.fsencode(path)), context)


def parse_npy(content, context=None):
    """The tensor in the bytes of an NPY file."""
    return Tensor._own(_lib.nn_parse_npy(context, content, len(content)), context)


def write_npy(tensor, path, context=None, fortran=False, big_endian=False):
    """Writes a tensor or array as an NPY file."""
    _lib.nn_write_npy_layout(_tensor(tensor, context), os.fsencode(path),
                             NPY["fortran"] * bool(fortran) +
                             NPY["big_endian"] * bool(big_endian))


# ---- training --------------------------------------------------------------------------


class _Hooks:
    """What a trainer's callbacks find: its functions, and itself."""

    gradient = step = epoch = rate = None

    def __init__(self, trainer):
        self.trainer = weakref.ref(trainer)


def _hook_callback(name):
    @ctypes.CFUNCTYPE(I32, POINTER, POINTER)
    def callback(user, pointer):
        try:
            hooks = _objects[user]
            hook = getattr(hooks, name)
            return 1 if hook is not None and hook(hooks.trainer()) else 0
        except BaseException as error:
            _note(error)
            return 1
    return callback


_gradient_hook = _hook_callback("gradient")
_step_hook = _hook_callback("step")
_epoch_hook = _hook_callback("epoch")


@ctypes.CFUNCTYPE(F64, POINTER, I64, I64, F64)
def _rate_callback(user, epoch, step, base):
    try:
        return float(_objects[user].rate(epoch, step, base))
    except BaseException as error:
        _note(error)
        return -1.0


class Trainer(_Handle):
    """Training of a model (trainer.h). loss is a loss, or a list with one for each
    output; they and the optimizer become the trainer's. settings call the setters:
    batch_size=64 is set_batch_size(64), early_stopping=(5, 0.0, True) is
    set_early_stopping(5, 0.0, True). Data is a Dataset or a tuple (inputs, targets) or
    (inputs, targets, weights)."""

    def __init__(self, model, loss, optimizer=None, loss_weights=None, **settings):
        losses = list(loss) if isinstance(loss, (list, tuple)) else [loss]
        weights = None if loss_weights is None else _array_of(F64, loss_weights)
        arguments = (model._as_parameter_, _pointers(losses), weights, len(losses),
                     optimizer and optimizer._as_parameter_)
        hold = _Hold(None)
        given = [part for part in (*losses, optimizer)
                 if part is not None and part._hold.give_to(hold)]
        try:
            hold.pointer = _lib.nn_trainer_create_many(*arguments)
        except Error:  # what was given is gone
            for part in given:
                part.close()
            raise
        self._hooks = _Hooks(self)
        self._key = _register(self._hooks)
        hold._destroy = self._destroy_with(self._key)
        self._hold, self.context, self.model = hold, model.context, model
        self._set_hooks()
        for name, value in settings.items():
            values = value if isinstance(value, tuple) else (value,)
            getattr(self, f"set_{name}")(*values)

    @staticmethod
    def _destroy_with(key):
        def destroy(pointer):
            _lib.nn_trainer_destroy(pointer)
            _objects.pop(key, None)
        return destroy

    def _set_hooks(self):
        """The step's also without a function of the program's: in it Python hears of
        Ctrl-C."""
        gradient, epoch = self._hooks.gradient, self._hooks.epoch
        _lib.nn_trainer_set_gradient_hook(self, gradient and _gradient_hook, self._key)
        _lib.nn_trainer_set_step_hook(self, _step_hook, self._key)
        _lib.nn_trainer_set_epoch_hook(self, epoch and _epoch_hook, self._key)

    # options
    def set_batch_size(self, samples):
        _lib.nn_trainer_set_batch_size(self, samples)

    def set_micro_batch(self, samples):
        _lib.nn_trainer_set_micro_batch(self, samples)

    def set_seed(self, seed):
        _lib.nn_trainer_set_seed(self, seed)

    def set_shuffle(self, shuffle):
        _lib.nn_trainer_set_shuffle(self, shuffle)

    def set_validation_split(self, fraction):
        _lib.nn_trainer_set_validation_split(self, fraction)

    def set_early_stopping(self, patience, min_delta=0.0, restore_best=True):
        _lib.nn_trainer_set_early_stopping(self, patience, min_delta, restore_best)

    def set_monitor(self, name, direction="minimize"):
        _lib.nn_trainer_set_monitor(self, name.encode(), _number(DIRECTIONS, direction))

    def set_checks(self, loss=True, gradients=True):
        _lib.nn_trainer_set_checks(self, loss, gradients)

    def set_checkpoint(self, path, every):
        """Saves the trainer every so many steps of a run, and at its end; 0: never."""
        _lib.nn_trainer_set_checkpoint(self, os.fsencode(path), every)

    def save(self, path):
        """Saves the state of the run, also from a hook."""
        _lib.nn_trainer_save(self, os.fsencode(path))

    def resume(self, path):
        """Goes on from a checkpoint; see trainer.h."""
        _lib.nn_trainer_resume(self, os.fsencode(path))

    def set_keep_nodes(self, keep=True):
        _lib.nn_trainer_set_keep_nodes(self, keep)

    def set_input_gradients(self, enable=True):
        _lib.nn_trainer_set_input_gradients(self, enable)

    def set_progress(self, progress):
        _lib.nn_trainer_set_progress(self, _number(PROGRESS, progress))

    # learning rate
    def set_rate_constant(self):
        _lib.nn_trainer_set_rate_constant(self)

    def set_rate_step(self, every, factor):
        _lib.nn_trainer_set_rate_step(self, every, factor)

    def set_rate_exponential(self, factor):
        _lib.nn_trainer_set_rate_exponential(self, factor)

    def set_rate_cosine(self, epochs, minimum=0.0):
        _lib.nn_trainer_set_rate_cosine(self, epochs, minimum)

    def set_rate_plateau(self, factor, patience, minimum=0.0):
        _lib.nn_trainer_set_rate_plateau(self, factor, patience, minimum)

    def set_rate_callback(self, rate):
        """rate(epoch, step, base) returns the rate of a step."""
        self._hooks.rate = rate
        _lib.nn_trainer_set_rate_callback(self, _rate_callback, self._key)

    def set_warmup(self, steps):
        _lib.nn_trainer_set_warmup(self, steps)

    @property
    def rate(self):
        rate = _lib.nn_trainer_rate(self)
        _raise_pending()
        return rate

    # metrics
    def add_metric(self, metric, output=0):
        _lib.nn_trainer_add_metric(self, _number(METRICS, metric), output)

    def add_top_k(self, k, output=0):
        _lib.nn_trainer_add_top_k(self, k, output)

    # hooks: functions of the trainer; what is true stops the run
    def set_gradient_hook(self, hook):
        self._hooks.gradient = hook
        self._set_hooks()

    def set_step_hook(self, hook):
        self._hooks.step = hook
        self._set_hooks()

    def set_epoch_hook(self, hook):
        self._hooks.epoch = hook
        self._set_hooks()

    def request_stop(self):
        _lib.nn_trainer_request_stop(self)

    # learning
    def fit(self, training, validation=None, epochs=1):
        """Trains; returns the trainer."""
        training = _dataset(training, self.context)
        validation = _dataset(validation, self.context)
        with _fitting(self):
            _lib.nn_trainer_fit(self, training, validation, epochs)
        return self

    @property
    def stop_reason(self):
        """Why the last fit ended, a word of STOP_REASONS."""
        return _word(STOP_REASONS, _lib.nn_trainer_stop_reason(self))

    epoch = property(lambda self: _lib.nn_trainer_epoch(self))
    step_count = property(lambda self: _lib.nn_trainer_step_count(self))

    def _weights(self, weights):
        return None if weights is None else _tensor(weights, self.context)

    def step(self, inputs, targets=(), weights=None):
        """One step on a batch; returns the loss before it."""
        inputs = _tensors(inputs, self.context)
        targets = _tensors(targets, self.context)
        loss = F64()
        _lib.nn_trainer_step(self, _pointers(inputs), len(inputs), _pointers(targets),
                             len(targets), self._weights(weights), ctypes.byref(loss))
        return loss.value

    def forward(self, inputs):
        inputs = _tensors(inputs, self.context)
        _lib.nn_trainer_forward(self, _pointers(inputs), len(inputs))

    def backward(self, targets=(), weights=None):
        """Gradients of the batch of the last forward; returns the loss."""
        targets = _tensors(targets, self.context)
        loss = F64()
        _lib.nn_trainer_backward(self, _pointers(targets), len(targets),
                                 self._weights(weights), ctypes.byref(loss))
        return loss.value

    def update(self):
        _lib.nn_trainer_update(self)

    def gradient(self, index):
        """The gradient of a parameter: the trainer's memory; None where frozen."""
        pointer = _lib.nn_trainer_gradient(self, index)
        return pointer and Tensor._of(pointer, None, self.context, self._hold)

    @property
    def gradients(self):
        count = _lib.nn_model_parameter_count(self.model)
        return [self.gradient(i) for i in range(count)]

    def node_value(self, node):
        pointer = _lib.nn_trainer_node_value(self, node)
        return Tensor._own(pointer, self.context).numpy()

    def node_gradient(self, node):
        pointer = _lib.nn_trainer_node_gradient(self, node)
        return Tensor._own(pointer, self.context).numpy()

    def prepare(self):
        _lib.nn_trainer_prepare(self)

    @property
    def memory_needed(self):
        needed = U64()
        _lib.nn_trainer_memory_needed(self, ctypes.byref(needed))
        return needed.value

    # results
    def evaluate(self, data):
        """Loss and metrics over data, by their names."""
        count = _lib.nn_trainer_result_count(self)
        results = (F64 * count)()
        _lib.nn_trainer_evaluate(self, _dataset(data, self.context), results, count)
        return {_lib.nn_trainer_result_name(self, i): results[i] for i in range(count)}

    def predict(self, data, output=0):
        """One output for all samples of data (a Dataset, or inputs)."""
        pointer = _lib.nn_trainer_predict(self, _dataset(data, self.context), output)
        return Tensor._own(pointer, self.context).numpy()

    def confusion(self, data, output=0):
        """Counts of (true class, predicted class)."""
        shape = self.model.node_type(self.model.output_nodes[output])[1]
        classes = max(2, int(numpy.prod(shape, dtype=numpy.int64)))
        counts = Tensor.zeros((classes, classes), "int64", self.context)
        _lib.nn_trainer_confusion(self, _dataset(data, self.context), output, counts)
        return counts.numpy()

    @property
    def history(self):
        """{name: array with a number for each epoch}, copied."""
        history = {}
        for index in range(_lib.nn_trainer_history_count(self)):
            name = _lib.nn_trainer_history_name(self, index)
            values, epochs = POINTER(), I64()
            _lib.nn_trainer_history(self, name.encode(), ctypes.byref(values),
                                    ctypes.byref(epochs))
            history[name] = _show(values.value, numpy.float64, (epochs.value,)).copy()
        return history

    def write_history(self, path):
        """Writes the history as a CSV file."""
        _lib.nn_trainer_write_history(self, os.fsencode(path))

    def rate_sweep(self, data, low, high, steps):
        """Rates and the loss at each: the learning-rate range test."""
        rates, losses, done = (F64 * steps)(), (F64 * steps)(), I32()
        _lib.nn_trainer_rate_sweep(self, _dataset(data, self.context), low, high, steps,
                                   rates, losses, ctypes.byref(done))
        return (numpy.array(rates[:done.value]), numpy.array(losses[:done.value]))

    def gradient_check(self, inputs, targets=(), weights=None, h=1e-2, tolerance=1e-2,
                       samples=0):
        """Compares gradients with central differences; returns the worst deviation."""
        inputs = _tensors(inputs, self.context)
        targets = _tensors(targets, self.context)
        worst = F64()
        _lib.nn_gradient_check(self, _pointers(inputs), len(inputs), _pointers(targets),
                               len(targets), self._weights(weights), h, tolerance,
                               samples, ctypes.byref(worst))
        return worst.value
