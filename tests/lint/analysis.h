/* Included before each source by `make analyze`. Analyzers look at one file at a time: this
 * tells them that a failure that has been recorded is never NN_OK. */
#include "base/status.h"

static inline nn_status analysis_never_ok(nn_status status)
{
    if (status == NN_OK) {
        __builtin_unreachable();
    }
    return status;
}

#define nni_fail(...)        analysis_never_ok(nni_fail(__VA_ARGS__))
#define nni_null_handle(...) analysis_never_ok(nni_null_handle(__VA_ARGS__))
#define nn_last_status()     analysis_never_ok(nn_last_status())
