/* The common part of all handles: a reference count, and the context they hold. */
#include "base/handle.h"

#include "base/memory.h"

void *nni_handle_create(const nn_context *context, size_t size,
                        void (*destroy)(void *handle))
{
    NNI_ASSERT(size >= sizeof(struct nni_handle));
    if (nni_environment_isa() < 0) {
        return NULL;
    }
    context = nni_context_or_default(context);
    struct nni_handle *handle = nni_alloc(context, 1, size);
    if (handle == NULL) {
        return NULL;
    }
    handle->context = nni_context_retain(context);
    handle->references = 1;
    handle->destroy = destroy;
    return handle;
}

void *nni_handle_retain(const void *handle)
{
    struct nni_handle *base = (struct nni_handle *)handle;
    NNI_FETCH_ADD(&base->references, 1);
    return base;
}

void nni_handle_release(const void *handle)
{
    struct nni_handle *base = (struct nni_handle *)handle;
    if (base == NULL || NNI_FETCH_SUB(&base->references, 1) > 1) {
        return;
    }
    if (base->destroy != NULL) {
        base->destroy(base);
    }
    const nn_context *context = base->context;
    nni_free(context, base);
    nni_context_release(context);
}

nn_status nni_handle_same_context(const void *a, const char *name_a, const void *b,
                                  const char *name_b)
{
    const struct nni_handle *first = a;
    const struct nni_handle *second = b;
    if (first->context != second->context) {
        return nni_fail(NN_ERROR_CONTEXT, "%s and %s were made with different contexts",
                        name_a, name_b);
    }
    return NN_OK;
}
