"""Handwritten digits from Python with nothing but ctypes: what a program in any language
does that can call C. (python/nn.py wraps all of this; here every call is the library's.)

    python3 examples/ctypes_digits.py [digits.csv]

Reads 8 x 8 pixels and a digit from each line of the file, trains on four of every five,
tests on the fifth, and shows a few digits with what the network takes them for. The
library is the one that NN_LIBRARY names, or lib/libnn.so."""

import ctypes
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
PIXELS, CLASSES = 64, 10
EPOCHS = 40
SHOWN = 4

# Constants of the headers.
NN_OK = 0
NN_UINT8, NN_INT32 = 2, 3
NN_RELU, NN_LINEAR = 3, 0
NN_ACCURACY = 1

nn = ctypes.CDLL(os.environ.get("NN_LIBRARY") or str(HERE.parent / "lib" / "libnn.so"))


# ---- declaring what is called ----------------------------------------------------------


def checked_status(status, function, arguments):
    if status != NN_OK:
        sys.exit("error: " + nn.nn_last_error().decode())
    return status


def checked_handle(handle, function, arguments):
    if handle is None:
        sys.exit("error: " + nn.nn_last_error().decode())
    return handle


HANDLE = ctypes.c_void_p  # of a model, a layer, a tensor, ...; also any other pointer
INT, LONG, TEXT = ctypes.c_int32, ctypes.c_int64, ctypes.c_char_p
FLOAT, FLOAT32 = ctypes.c_double, ctypes.c_float


def declare(result, check, **functions):
    for name, arguments in functions.items():
        function = getattr(nn, name)
        function.restype, function.argtypes = result, arguments
        if check:
            function.errcheck = check


declare(HANDLE, checked_handle,
        nn_csv_create=[HANDLE], nn_csv_read=[HANDLE, TEXT],
        nn_dataset_select=[HANDLE, HANDLE, LONG],
        nn_model_create=[HANDLE], nn_input_shaped=[HANDLE, INT, HANDLE, INT],
        nn_rescale=[HANDLE, FLOAT, FLOAT], nn_dense=[HANDLE, LONG, INT],
        nn_dropout=[HANDLE, FLOAT], nn_softmax_cross_entropy=[HANDLE],
        nn_adam=[HANDLE, FLOAT], nn_trainer_create=[HANDLE, HANDLE, HANDLE],
        nn_session_create=[HANDLE, LONG], nn_tensor_create=[HANDLE, INT, HANDLE, INT],
        nn_tensor_data=[HANDLE])
declare(INT, checked_status,
        nn_csv_set_bytes=[HANDLE, INT], nn_model_add=[HANDLE, HANDLE],
        nn_trainer_add_metric=[HANDLE, INT, INT],
        nn_trainer_set_epoch_hook=[HANDLE, HANDLE, HANDLE],
        nn_trainer_fit=[HANDLE, HANDLE, HANDLE, INT],
        nn_trainer_evaluate=[HANDLE, HANDLE, HANDLE, INT],
        nn_trainer_history=[HANDLE, TEXT, HANDLE, HANDLE],
        nn_dataset_read_input=[HANDLE, INT, LONG, HANDLE],
        nn_dataset_read_target=[HANDLE, INT, LONG, HANDLE],
        nn_session_run=[HANDLE, HANDLE, LONG, HANDLE])
declare(LONG, None, nn_dataset_count=[HANDLE], nn_trainer_epoch=[HANDLE])
declare(TEXT, None, nn_last_error=[])
declare(None, None,
        nn_csv_destroy=[HANDLE], nn_dataset_destroy=[HANDLE], nn_model_destroy=[HANDLE],
        nn_trainer_destroy=[HANDLE], nn_session_destroy=[HANDLE],
        nn_tensor_destroy=[HANDLE])
HOOK = ctypes.CFUNCTYPE(INT, HANDLE, HANDLE)


# ---- the data --------------------------------------------------------------------------


def read_digits(path):
    """The samples of the file: 64 bytes each, and the last column as their class."""
    csv = nn.nn_csv_create(None)
    nn.nn_csv_set_bytes(csv, 1)
    digits = nn.nn_csv_read(csv, os.fsencode(path))
    nn.nn_csv_destroy(csv)
    return digits


def select(digits, wanted):
    """The samples for whose number `wanted` is true, as a dataset."""
    numbers = [i for i in range(nn.nn_dataset_count(digits)) if wanted(i)]
    return nn.nn_dataset_select(digits, (LONG * len(numbers))(*numbers), len(numbers))


# ---- the network -----------------------------------------------------------------------


def make_model():
    model = nn.nn_model_create(None)
    nn.nn_model_add(model, nn.nn_input_shaped(None, NN_UINT8, (LONG * 1)(PIXELS), 1))
    nn.nn_model_add(model, nn.nn_rescale(None, 1 / 16, 0))
    nn.nn_model_add(model, nn.nn_dense(None, 128, NN_RELU))
    nn.nn_model_add(model, nn.nn_dropout(None, 0.3))
    nn.nn_model_add(model, nn.nn_dense(None, CLASSES, NN_LINEAR))
    return model


def last_of(trainer, name):
    """The last number of a series of the history."""
    values, epochs = ctypes.POINTER(FLOAT)(), LONG()
    nn.nn_trainer_history(trainer, name, ctypes.byref(values), ctypes.byref(epochs))
    return values[epochs.value - 1]


@HOOK
def tell_epoch(user, trainer):
    epoch = nn.nn_trainer_epoch(trainer)
    if epoch % 10 == 0:
        print(f"epoch {epoch}: loss {last_of(trainer, b'loss'):.4f}, "
              f"accuracy {last_of(trainer, b'accuracy'):.4f}")
    return 0


def train(model, training):
    trainer = nn.nn_trainer_create(model, nn.nn_softmax_cross_entropy(None),
                                   nn.nn_adam(None, 0.002))
    nn.nn_trainer_add_metric(trainer, NN_ACCURACY, 0)
    nn.nn_trainer_set_epoch_hook(trainer, tell_epoch, None)
    nn.nn_trainer_fit(trainer, training, None, EPOCHS)
    return trainer


# ---- looking at it ---------------------------------------------------------------------


def read_shown(testing):
    """Pixels and labels of a few samples from all over the dataset, as ctypes arrays."""
    every = max(1, nn.nn_dataset_count(testing) // SHOWN)
    shown = select(testing, lambda i: i % every == 0 and i < every * SHOWN)
    count = nn.nn_dataset_count(shown)
    images = nn.nn_tensor_create(None, NN_UINT8, (LONG * 2)(count, PIXELS), 2)
    labels = nn.nn_tensor_create(None, NN_INT32, (LONG * 1)(count), 1)
    nn.nn_dataset_read_input(shown, 0, 0, images)
    nn.nn_dataset_read_target(shown, 0, 0, labels)
    # Copies: the tensors' memory goes with them.
    pixels = (ctypes.c_uint8 * (count * PIXELS)).from_buffer_copy(
        ctypes.string_at(nn.nn_tensor_data(images), count * PIXELS))
    digits = (INT * count).from_address(nn.nn_tensor_data(labels))[:]
    nn.nn_tensor_destroy(images)
    nn.nn_tensor_destroy(labels)
    nn.nn_dataset_destroy(shown)
    return pixels, digits


def read_by_network(model, pixels, count):
    """The digit that the network sees in each image."""
    outputs = (FLOAT32 * (count * CLASSES))()
    session = nn.nn_session_create(model, 0)
    nn.nn_session_run(session, (HANDLE * 1)(ctypes.addressof(pixels)), count,
                      (HANDLE * 1)(ctypes.addressof(outputs)))
    nn.nn_session_destroy(session)
    scores = [outputs[i * CLASSES:(i + 1) * CLASSES] for i in range(count)]
    return [score.index(max(score)) for score in scores]


def show(model, testing):
    """A few digits of the test part as characters, and what the network says."""
    pixels, digits = read_shown(testing)
    said = read_by_network(model, pixels, len(digits))
    for row in range(8):
        lines = []
        for i in range(len(digits)):
            start = i * PIXELS + row * 8
            lines.append("".join(2 * " .:-=+*#@"[min(ink, 16) // 2]
                                 for ink in pixels[start:start + 8]))
        print("   ".join(lines).rstrip())
    captions = [f"{digit} -> {guess}".center(16) for digit, guess in zip(digits, said)]
    print("   ".join(captions).rstrip())


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else HERE / "data" / "digits.csv"
    digits = read_digits(path)
    training = select(digits, lambda i: i % 5 != 4)
    testing = select(digits, lambda i: i % 5 == 4)
    model = make_model()
    trainer = train(model, training)
    show(model, testing)

    results = (FLOAT * 2)()  # loss and accuracy
    nn.nn_trainer_evaluate(trainer, testing, results, 2)
    print(f"RESULT test_accuracy={results[1]:.4f}")

    nn.nn_trainer_destroy(trainer)
    nn.nn_model_destroy(model)
    for dataset in (training, testing, digits):
        nn.nn_dataset_destroy(dataset)


if __name__ == "__main__":
    main()
