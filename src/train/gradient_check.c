/* Checking gradients against central differences,
 *     dJ/dw ~ (J(w + h) - J(w - h)) / 2h,
 * whose error is of order h^2 plus rounding over h. Losses are summed in double from float32
 * rows, so h around 1e-2 balances the two. */
#include "base/contract.h"
#include "base/float_env.h"
#include "base/memory.h"
#include "base/text.h"
#include "train/trainer.h"

#include <math.h>

struct check_worst {
    double error, analytic, numeric;
    int32_t parameter;
    int64_t element;
};

/* J of the batch at the present parameters, with the dropout masks of this step. */
static nn_status check_loss(nn_trainer *trainer, double *loss)
{
    struct nni_pass *pass = trainer->training;
    const struct nni_batch *batch = &trainer->batch;
    for (int64_t first = 0; first < batch->rows; first += pass->part_rows) {
        int64_t rows = nni_min(pass->part_rows, batch->rows - first);
        NNI_TRY(nni_pass_forward(pass, batch, first, rows));
        nni_pass_losses(pass, batch, first, rows, 0);
    }
    *loss = nni_pass_total(pass, batch);
    return NN_OK;
}

static nn_status check_element(nn_trainer *trainer, int32_t p, int64_t element, double h,
                               struct check_worst *worst)
{
    const struct nni_parameter *parameter = &trainer->model->parameters[p];
    float *w = trainer->model->weights + parameter->offset + element;
    float start = *w, above = (float)((double)start + h),
          below = (float)((double)start - h);
    double loss_above = 0, loss_below = 0;
    *w = above;
    nn_status status = check_loss(trainer, &loss_above);
    *w = below;
    if (status == NN_OK)
        status = check_loss(trainer, &loss_below);
    *w = start;
    NNI_TRY(status);
    double analytic = (double)trainer->gradients[parameter->offset + element];
    double numeric = (loss_above - loss_below) / ((double)above - (double)below);
    double larger = fabs(analytic) > fabs(numeric) ? fabs(analytic) : fabs(numeric);
    double scale = larger > 1.0 ? larger : 1.0;
    double error = fabs(analytic - numeric) / scale;
    /* NaN is the worst there is. */
    if (!isnan(worst->error) && !(error <= worst->error))
        *worst = (struct check_worst){error, analytic, numeric, p, element};
    return NN_OK;
}

/* Checks `samples` elements of one parameter at random, or all. */
static nn_status check_parameter(nn_trainer *trainer, int32_t p, double h,
                                 int64_t samples, struct check_worst *worst)
{
    int64_t count = trainer->model->parameters[p].count;
    struct nni_random random =
        nni_random_make(trainer->seed, NNI_STREAM_GRADIENT_CHECK, 0, (uint32_t)p);
    int all = samples == 0 || samples >= count;
    for (int64_t i = 0; i < (all ? count : samples); i++) {
        int64_t element =
            all ? i : (int64_t)nni_random_below(&random, (uint64_t)i, (uint64_t)count);
        NNI_TRY(check_element(trainer, p, element, h, worst));
    }
    return NN_OK;
}

static nn_status check_all(nn_trainer *trainer, double h, int64_t samples,
                           struct check_worst *worst)
{
    double loss;
    NNI_TRY(nni_step_gradients(trainer, 0, &loss));
    for (int32_t p = 0; p < trainer->model->parameter_count; p++)
        if (trainer->gradient_tensors[p] != NULL)
            NNI_TRY(check_parameter(trainer, p, h, samples, worst));
    return NN_OK;
}

static nn_status check_verdict(const nn_trainer *trainer, const struct check_worst *worst,
                               double tolerance)
{
    if (worst->error <= tolerance)
        return NN_OK;
    return nni_fail(
        NN_ERROR_GRADIENT,
        "nn_gradient_check: %s differs most, at element %lld: the gradient is %s, "
        "central differences give %s (error %s, tolerance %s)",
        trainer->model->parameters[worst->parameter].name, (long long)worst->element,
        nni_number_text(worst->analytic, 6).text, nni_number_text(worst->numeric, 6).text,
        nni_number_text(worst->error, 3).text, nni_number_text(tolerance, 3).text);
}

nn_status nn_gradient_check(nn_trainer *trainer, const nn_tensor *const *inputs,
                            int32_t input_count, const nn_tensor *const *targets,
                            int32_t target_count, const nn_tensor *weights, double h,
                            double tolerance, int64_t samples, double *worst_error)
{
    static const char who[] = "nn_gradient_check";
    struct check_worst worst = {0};
    if (worst_error != NULL)
        *worst_error = 0;
    NNI_TRY(nni_trainer_check(trainer, who));
    if (!isgreater(h, 0) || isinf(h) || !isgreaterequal(tolerance, 0) || samples < 0)
        return nni_fail(NN_ERROR_ARGUMENT,
                        "%s: h must be above 0, tolerance and samples at "
                        "least 0",
                        who);
    trainer->phase = NNI_PHASE_IDLE;
    NNI_TRY(nni_batch_inputs(trainer, who, inputs, input_count, &trainer->batch));
    NNI_TRY(
        nni_batch_targets(trainer, who, targets, target_count, weights, &trainer->batch));
    NNI_TRY(nni_step_prepare(trainer, trainer->batch.rows));
    NNI_TRY(nni_batch_convert(trainer->training, &trainer->batch));
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = check_all(trainer, h, samples, &worst);
    nni_float_env_leave(env);
    trainer->phase = NNI_PHASE_IDLE;
    NNI_TRY(status);
    if (worst_error != NULL)
        *worst_error = worst.error;
    return check_verdict(trainer, &worst, tolerance);
}
