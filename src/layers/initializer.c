/* How parameters start: the names of the initialisers, the values they take, and which
 * one suits an activation: He et al. 2015 for the rectifiers and their smooth
 * relatives, LeCun et al. 1998 for selu (Klambauer et al. 2017), Glorot and Bengio
 * 2010 for the others. */
#include "layers/layer.h"

#include "base/text.h"

#include <math.h>

static const char *const initializer_names[] = {
    "default",        "constant",  "normal",     "uniform",      "glorot_normal",
    "glorot_uniform", "he_normal", "he_uniform", "lecun_normal", "lecun_uniform",
};

const char *nn_initializer_name(int32_t initializer)
{
    if (initializer < 0 || initializer >= NNI_COUNT(initializer_names)) {
        return NULL;
    }
    return initializer_names[initializer];
}

/* The least number that is rounded to an infinite float. */
static const double initializer_end = 0x1.ffffffp127;

nn_status nni_initializer_check(const char *who, int32_t kind, double value)
{
    const char *name = nn_initializer_name(kind);
    if (name == NULL) {
        return nni_fail(NN_ERROR_ARGUMENT, "%s: initializer is %d, expected 0 ... %d",
                        who, kind, NNI_COUNT(initializer_names) - 1);
    }
    const int spread = kind == NN_INIT_NORMAL || kind == NN_INIT_UNIFORM;
    if (!spread && kind != NN_INIT_CONSTANT) {
        return NN_OK;
    }
    if (!isless(fabs(value), initializer_end) || (spread && value < 0)) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "%s: value of %s is %s, expected a finite float%s", who, name,
                        nni_number_text(value, 6).text, spread ? " of at least 0" : "");
    }
    return NN_OK;
}

struct nni_initializer nni_initializer_for(struct nni_initializer asked,
                                           int32_t activation)
{
    if (asked.kind != NN_INIT_DEFAULT) {
        return asked;
    }
    struct nni_initializer chosen = {NN_INIT_GLOROT_UNIFORM, 0};
    switch (activation) {
    case NN_RELU:
    case NN_LEAKY_RELU:
    case NN_ELU:
    case NN_GELU:
    case NN_SILU:
        chosen.kind = NN_INIT_HE_UNIFORM;
        break;
    case NN_SELU:
        chosen.kind = NN_INIT_LECUN_NORMAL;
        break;
    default:
        break;
    }
    return chosen;
}
