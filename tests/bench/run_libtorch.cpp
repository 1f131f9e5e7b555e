// The runner of libtorch, PyTorch's C++ library: torch::nn::Linear and ReLU in a Sequential,
// autograd, torch::optim, the loss read at each step; inference without gradients.
//
//     run_libtorch THREADS
#include "data.h"
#include "runner.h"

#include <ATen/Version.h>
#include <torch/torch.h>

#include <string>
#include <vector>

namespace
{

struct Work {
    runner_task task;
    torch::nn::Sequential model;
    std::vector<torch::Tensor> parameters; // of the model
    std::unique_ptr<torch::optim::Optimizer> optimizer;
    std::vector<torch::Tensor> inputs, targets;
    torch::Tensor a, b, c;
    size_t batch = 0; // the next one
};

void start(int32_t threads, char **)
{
    torch::set_num_threads(threads);
    torch::set_num_interop_threads(1);
}

const char *about()
{
    static std::string text;
    const std::string mark = "CPU capability usage: ", config = at::show_config();
    const size_t place = config.find(mark) + mark.size();
    text = "libtorch " TORCH_VERSION ", kernels: " +
           config.substr(place, config.find('\n', place) - place);
    return text.c_str();
}

torch::Tensor uniform(int64_t rows, int64_t columns, uint32_t salt, float scale)
{
    torch::Tensor tensor = torch::empty({rows, columns});
    data_uniform(tensor.data_ptr<float>(), rows * columns, salt, scale);
    return tensor;
}

void check_tensor(const torch::Tensor &tensor, double *check)
{
    torch::Tensor dense = tensor.contiguous();
    data_check(dense.data_ptr<float>(), dense.numel(), check);
}

void multiply(Work &work)
{
    torch::matmul_out(work.c, work.a, work.b);
}

// The products see the factors as they lie in memory; a transposed one is a view.
void open_product(Work &work, double *check)
{
    const runner_task &task = work.task;
    work.a = task.transpose_a ? uniform(task.k, task.m, DATA_A, DATA_SCALE).t()
                              : uniform(task.m, task.k, DATA_A, DATA_SCALE);
    work.b = task.transpose_b ? uniform(task.n, task.k, DATA_B, DATA_SCALE).t()
                              : uniform(task.k, task.n, DATA_B, DATA_SCALE);
    work.c = torch::zeros({task.m, task.n});
    torch::NoGradGuard guard;
    multiply(work);
    check_tensor(work.c, check);
}

// A Linear's weight is (outputs, inputs).
void open_model(Work &work)
{
    const runner_task &task = work.task;
    torch::NoGradGuard guard;
    for (int32_t l = 0; l < task.widths - 1; l++) {
        int64_t in = task.width[l], out = task.width[l + 1];
        uint32_t salt = DATA_WEIGHTS + 2 * static_cast<uint32_t>(l);
        torch::nn::Linear layer(in, out);
        layer->weight.copy_(uniform(in, out, salt, data_weight_scale(in)).t());
        layer->bias.copy_(uniform(1, out, salt + 1, DATA_BIAS_SCALE)[0]);
        work.model->push_back(layer);
        if (l < task.widths - 2)
            work.model->push_back(torch::nn::ReLU());
    }
    work.parameters = work.model->parameters();
}

std::unique_ptr<torch::optim::Optimizer> make_optimizer(Work &work)
{
    using namespace torch::optim;
    double rate = runner_rate(work.task.optimizer);
    const std::vector<torch::Tensor> &parameters = work.parameters;
    switch (work.task.optimizer) {
    case RUNNER_MOMENTUM:
        return std::make_unique<SGD>(parameters,
                                     SGDOptions(rate).momentum(RUNNER_MOMENTUM_FACTOR));
    case RUNNER_RMSPROP:
        return std::make_unique<RMSprop>(parameters, RMSpropOptions(rate));
    case RUNNER_ADAM:
        return std::make_unique<Adam>(parameters, AdamOptions(rate));
    case RUNNER_SGD:
        break;
    }
    return std::make_unique<SGD>(parameters, SGDOptions(rate));
}

void open_batches(Work &work)
{
    const runner_task &task = work.task;
    int64_t samples = RUNNER_BATCHES * task.batch, classes = task.width[task.widths - 1];
    std::vector<int32_t> labels(static_cast<size_t>(samples));
    data_labels(labels.data(), samples, static_cast<int32_t>(classes));
    torch::Tensor inputs = uniform(samples, task.width[0], DATA_INPUTS, DATA_SCALE);
    torch::Tensor targets = classes == 1
                                ? uniform(samples, 1, DATA_TARGETS, DATA_SCALE)
                                : torch::tensor(labels).to(torch::kInt64);
    work.inputs = inputs.split(task.batch);
    work.targets = targets.split(task.batch);
}

// Gradients are dropped, not zeroed, before each step, as PyTorch does by default.
float step(Work &work)
{
    const torch::Tensor &input = work.inputs[work.batch];
    const torch::Tensor &target = work.targets[work.batch];
    work.batch = (work.batch + 1) % RUNNER_BATCHES;
    for (torch::Tensor &parameter : work.parameters)
        parameter.mutable_grad().reset();
    torch::Tensor output = work.model->forward(input);
    torch::Tensor loss = work.task.width[work.task.widths - 1] == 1
                             ? torch::mse_loss(output, target)
                             : torch::cross_entropy_loss(output, target);
    loss.backward();
    work.optimizer->step();
    return loss.item<float>();
}

void *open(const runner_task *task, double *check, int32_t *checks)
{
    Work *work = new Work;
    work->task = *task;
    *checks = 2;
    if (task->kind == RUNNER_SGEMM) {
        open_product(*work, check);
        return work;
    }
    open_model(*work);
    if (task->kind == RUNNER_INFER) {
        torch::InferenceMode guard;
        work->a = uniform(task->batch, task->width[0], DATA_INPUTS, DATA_SCALE);
        check_tensor(work->model->forward(work->a), check);
        return work;
    }
    work->optimizer = make_optimizer(*work);
    open_batches(*work);
    for (*checks = 0; *checks < CHECK_STEPS; (*checks)++)
        check[*checks] = step(*work);
    return work;
}

double run(void *opened, int64_t calls)
{
    Work &work = *static_cast<Work *>(opened);
    float loss = 0;
    if (work.task.kind == RUNNER_STEP) {
        for (int64_t i = 0; i < calls; i++)
            loss = step(work);
        return loss;
    }
    torch::InferenceMode guard;
    for (int64_t i = 0; i < calls; i++) {
        if (work.task.kind == RUNNER_SGEMM)
            multiply(work);
        else
            work.model->forward(work.a);
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
        runner_fail("libtorch", error.what());
    }
    return 1;
}
