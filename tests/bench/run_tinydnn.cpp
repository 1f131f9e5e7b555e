// The runner of tiny-dnn, whose headers make a network of fully_connected_layer: ReLU between
// layers, softmax and cross-entropy (one output: linear and squared error) at the end, plain
// gradient descent, on one thread. Its fit() computes no loss: that is asked for only where
// results are compared.
//
//     run_tinydnn THREADS
#define CNN_SINGLE_THREAD
#define CNN_NO_SERIALIZATION
#ifdef __AVX__
#define CNN_USE_AVX
#endif
#include "data.h"
#include "runner.h"

#include <tiny_dnn/tiny_dnn.h>

#include <algorithm>
#include <memory>
#include <vector>

namespace
{

using tiny_dnn::cross_entropy_multiclass;
using tiny_dnn::mse;
using tiny_dnn::vec_t;
using Samples = std::vector<vec_t>;

struct Work {
    runner_task task;
    tiny_dnn::network<tiny_dnn::sequential> network;
    tiny_dnn::gradient_descent optimizer;
    Samples inputs[RUNNER_BATCHES], targets[RUNNER_BATCHES];
    size_t batch = 0; // the next one
};

int32_t threads_wanted;

void start(int32_t threads, char **)
{
    threads_wanted = threads;
}

const char *about()
{
#ifdef CNN_USE_AVX
    return "tiny-dnn, CNN_USE_AVX";
#else
    return "tiny-dnn, scalar";
#endif
}

int64_t outputs_of(const runner_task &task)
{
    return task.width[task.widths - 1];
}

template <typename Activation> void add_layer(Work &work, int32_t index)
{
    const int64_t in = work.task.width[index], out = work.task.width[index + 1];
    work.network << tiny_dnn::fully_connected_layer<Activation>(
        static_cast<tiny_dnn::serial_size_t>(in),
        static_cast<tiny_dnn::serial_size_t>(out));
}

// Weights are (inputs, outputs), row by row.
void fill_weights(Work &work)
{
    for (int32_t l = 0; l < work.task.widths - 1; l++) {
        const int64_t in = work.task.width[l], out = work.task.width[l + 1];
        const uint32_t salt = DATA_WEIGHTS + 2 * static_cast<uint32_t>(l);
        std::vector<vec_t *> weights = work.network[static_cast<size_t>(l)]->weights();
        data_uniform(weights[0]->data(), in * out, salt, data_weight_scale(in));
        data_uniform(weights[1]->data(), out, salt + 1, DATA_BIAS_SCALE);
    }
}

void open_model(Work &work)
{
    const int32_t last = work.task.widths - 2;
    for (int32_t l = 0; l < last; l++)
        add_layer<tiny_dnn::activation::relu>(work, l);
    if (outputs_of(work.task) == 1)
        add_layer<tiny_dnn::activation::identity>(work, last);
    else if (work.task.kind == RUNNER_INFER)
        add_layer<tiny_dnn::activation::identity>(work, last);
    else
        add_layer<tiny_dnn::activation::softmax>(work, last);
    work.network.init_weight();
    fill_weights(work);
    work.optimizer.alpha = static_cast<float>(runner_rate(work.task.optimizer));
}

Samples rows_of(const std::vector<float> &values, int64_t first, int64_t rows,
                int64_t width)
{
    Samples samples;
    for (int64_t r = first; r < first + rows; r++)
        samples.emplace_back(values.begin() + r * width, values.begin() + (r + 1) * width);
    return samples;
}

void open_batches(Work &work, int32_t batches)
{
    const runner_task &task = work.task;
    const int64_t samples = batches * task.batch, in = task.width[0];
    const int64_t out = outputs_of(task);
    std::vector<float> x(static_cast<size_t>(samples * in));
    std::vector<float> y(static_cast<size_t>(samples * out));
    data_uniform(x.data(), samples * in, DATA_INPUTS, DATA_SCALE);
    if (out == 1) {
        data_uniform(y.data(), samples, DATA_TARGETS, DATA_SCALE);
    } else {
        std::vector<int32_t> labels(static_cast<size_t>(samples));
        data_labels(labels.data(), samples, static_cast<int32_t>(out));
        for (int64_t r = 0; r < samples; r++)
            y[static_cast<size_t>(r * out + labels[static_cast<size_t>(r)])] = 1;
    }
    for (int32_t b = 0; b < batches; b++) {
        work.inputs[b] = rows_of(x, b * task.batch, task.batch, in);
        work.targets[b] = rows_of(y, b * task.batch, task.batch, out);
    }
}

void step(Work &work)
{
    const Samples &inputs = work.inputs[work.batch], &targets = work.targets[work.batch];
    const size_t samples = inputs.size();
    work.batch = (work.batch + 1) % RUNNER_BATCHES;
    if (outputs_of(work.task) == 1)
        work.network.fit<mse>(work.optimizer, inputs, targets, samples, 1);
    else
        work.network.fit<cross_entropy_multiclass>(work.optimizer, inputs, targets, samples,
                                                   1);
}

double loss(Work &work)
{
    const Samples &inputs = work.inputs[work.batch], &targets = work.targets[work.batch];
    const double sum =
        outputs_of(work.task) == 1
            ? work.network.get_loss<mse>(inputs, targets)
            : work.network.get_loss<cross_entropy_multiclass>(inputs, targets);
    return sum / static_cast<double>(inputs.size());
}

void infer(Work &work, std::vector<float> *outputs)
{
    for (const vec_t &input : work.inputs[0]) {
        const vec_t output = work.network.predict(input);
        if (outputs)
            outputs->insert(outputs->end(), output.begin(), output.end());
    }
}

void *open(const runner_task *task, double *check, int32_t *checks)
{
    if (task->kind == RUNNER_SGEMM || threads_wanted != 1 ||
        (task->kind == RUNNER_STEP && task->optimizer != RUNNER_SGD))
        return nullptr;
    std::unique_ptr<Work> work(new Work);
    work->task = *task;
    open_model(*work);
    if (task->kind == RUNNER_INFER) {
        std::vector<float> outputs;
        open_batches(*work, 1);
        infer(*work, &outputs);
        data_check(outputs.data(), static_cast<int64_t>(outputs.size()), check);
        *checks = 2;
        return work.release();
    }
    open_batches(*work, RUNNER_BATCHES);
    for (*checks = 0; *checks < CHECK_STEPS; (*checks)++) {
        check[*checks] = loss(*work);
        step(*work);
    }
    return work.release();
}

double run(void *opened, int64_t calls)
{
    Work &work = *static_cast<Work *>(opened);
    for (int64_t i = 0; i < calls; i++) {
        if (work.task.kind == RUNNER_STEP)
            step(work);
        else
            infer(work, nullptr);
    }
    return 0;
}

void close(void *opened)
{
    delete static_cast<Work *>(opened);
}

} // namespace

int main(int argc, char **argv)
{
    static const runner_library library = {start, about, open, run, close};
    try {
        return runner_serve(&library, argc, argv);
    } catch (const std::exception &error) {
        runner_fail("tiny-dnn", error.what());
    }
    return 1;
}
