/* What the layers have to know of an activation before they run it. */
#include "kernels/kernels.h"

int nni_activation_keeps_input(int32_t activation)
{
    return activation == NN_GELU || activation == NN_SILU;
}
