/* What every handle begins with: its context and a reference count. A handle is one
 * zeroed block whose first member is struct nni_handle. */
#ifndef NNI_BASE_HANDLE_H
#define NNI_BASE_HANDLE_H

#include "base/context.h"
#include "base/status.h"

struct nni_handle {
    const nn_context *context;
    int64_t references; /* (atomic) */
    void (*destroy)(
        void *handle); /* frees what the handle owns, not the block; may be NULL */
};

/* A new handle of size bytes with one reference, its context retained; NULL with the
 * failure recorded, also where NN_MAX_ISA is not known. context may be NULL (default). */
void *nni_handle_create(const nn_context *context, size_t size,
                        void (*destroy)(void *handle));

/* One more reference; returns the handle. */
void *nni_handle_retain(const void *handle);

/* One reference fewer; the last one destroys. NULL is accepted. */
void nni_handle_release(const void *handle);

/* NN_ERROR_CONTEXT, naming both parts, where two handles have different contexts. */
nn_status nni_handle_same_context(const void *a, const char *name_a, const void *b,
                                  const char *name_b);

#endif
