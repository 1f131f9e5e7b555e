/* Drawing the initial parameters. Each is a function of the seed and of its number in the
 * model alone. Variances: Glorot and Bengio 2010, He et al. 2015, LeCun et al. 1998; a
 * uniform distribution on (-a, a) has variance a^2 / 3. */
#include "base/contract.h"
#include "base/float_env.h"
#include "model/model.h"

#include <math.h>

/* The distribution that an initialiser stands for: a bound (uniform) or a deviation. */
struct initialize_spread {
    int uniform;
    double size;
};

static struct initialize_spread initialize_spread(const struct nni_parameter_spec *spec)
{
    double fan_in = (double)spec->fan_in, fan_out = (double)spec->fan_out;
    double value = spec->initializer.value;
    switch (spec->initializer.kind) {
    case NN_INIT_NORMAL:
        return (struct initialize_spread){0, value};
    case NN_INIT_UNIFORM:
        return (struct initialize_spread){1, value};
    case NN_INIT_GLOROT_NORMAL:
        return (struct initialize_spread){0, sqrt(2.0 / (fan_in + fan_out))};
    case NN_INIT_HE_NORMAL:
        return (struct initialize_spread){0, sqrt(2.0 / fan_in)};
    case NN_INIT_HE_UNIFORM:
        return (struct initialize_spread){1, sqrt(6.0 / fan_in)};
    case NN_INIT_LECUN_NORMAL:
        return (struct initialize_spread){0, sqrt(1.0 / fan_in)};
    case NN_INIT_LECUN_UNIFORM:
        return (struct initialize_spread){1, sqrt(3.0 / fan_in)};
    default: /* NN_INIT_GLOROT_UNIFORM */
        return (struct initialize_spread){1, sqrt(6.0 / (fan_in + fan_out))};
    }
}

static void initialize_parameter(const struct nni_kernels *kernels,
                                 const struct nni_parameter *parameter, float *out,
                                 uint64_t seed, int32_t number)
{
    struct nni_random random =
        nni_random_make(seed, NNI_STREAM_PARAMETERS, 0, (uint32_t)number);
    if (parameter->spec.initializer.kind == NN_INIT_CONSTANT) {
        for (int64_t i = 0; i < parameter->count; i++)
            out[i] = (float)parameter->spec.initializer.value;
        return;
    }
    struct initialize_spread spread = initialize_spread(&parameter->spec);
    float size = (float)spread.size;
    if (spread.uniform)
        kernels->random_uniform(&random, 0, -size, size, out, parameter->count);
    else
        kernels->random_normal(&random, 0, 0.0f, size, out, parameter->count);
}

void nni_model_draw(nn_model *model, uint64_t seed)
{
    const struct nni_kernels *kernels = nni_kernels_for(model->handle.context);
    struct nni_float_env env = nni_float_env_enter();
    for (int32_t i = 0; i < model->parameter_count; i++)
        initialize_parameter(kernels, &model->parameters[i],
                             model->weights + model->parameters[i].offset, seed, i);
    nni_float_env_leave(env);
}

nn_status nn_model_set_seed(nn_model *model, uint64_t seed)
{
    NNI_TRY(nni_model_check(model, "nn_model_set_seed"));
    if (model->built)
        return nni_fail(NN_ERROR_STATE, "nn_model_set_seed: the model is built; "
                                        "nn_model_initialize draws its parameters again");
    model->seed = seed;
    return NN_OK;
}

nn_status nn_model_initialize(nn_model *model, uint64_t seed)
{
    NNI_TRY(nni_model_check(model, "nn_model_initialize"));
    if (!model->built)
        return nni_fail(NN_ERROR_STATE, "nn_model_initialize: the model is not built");
    nni_model_draw(model, seed);
    return NN_OK;
}
