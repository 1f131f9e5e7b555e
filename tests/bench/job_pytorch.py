"""The whole job with PyTorch: images as floats in memory, batches by random index.

    job_pytorch.py THREADS FOLDER       prints "accuracy A"
"""

import gzip
import sys

import numpy
import torch

BATCH, EPOCHS, RATE = 64, 5, 0.1


def read(folder, part):
    with gzip.open(f"{folder}/{part}-images-idx3-ubyte.gz") as file:
        pixels = numpy.frombuffer(file.read(), numpy.uint8, offset=16)
    with gzip.open(f"{folder}/{part}-labels-idx1-ubyte.gz") as file:
        labels = numpy.frombuffer(file.read(), numpy.uint8, offset=8)
    images = torch.from_numpy(pixels.reshape(-1, 784).astype(numpy.float32)).div_(255)
    return images, torch.from_numpy(labels.astype(numpy.int64))


def main():
    torch.set_num_threads(int(sys.argv[1]))
    torch.manual_seed(42)
    images, labels = read(sys.argv[2], "train")
    model = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(),
                                torch.nn.Linear(128, 10))
    optimizer = torch.optim.SGD(model.parameters(), RATE)
    loss_of = torch.nn.CrossEntropyLoss()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(images)).split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            loss_of(model(images[batch]), labels[batch]).backward()
            optimizer.step()

    images, labels = read(sys.argv[2], "t10k")
    with torch.inference_mode():
        right = (model(images).argmax(1) == labels).sum().item()
    print(f"accuracy {right / len(images):.4f}")


main()
