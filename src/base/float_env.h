/* The floating-point environment of the numbers contract: round to nearest, subnormals
 * kept, exceptions masked. Every computing entry and every task is bracketed by enter and
 * leave; the control register is written only where it differs. */
#ifndef NNI_BASE_FLOAT_ENV_H
#define NNI_BASE_FLOAT_ENV_H

#include "base/compiler.h"

struct nni_float_env {
    uint64_t saved;
    int32_t changed;
};

/* Arithmetic on memory that others can see stays between the two calls; a number that only
 * a register holds does where it is settled (NNI_SETTLE) after enter or before leave. */
struct nni_float_env nni_float_env_enter(void);
void nni_float_env_leave(struct nni_float_env env);

#endif
