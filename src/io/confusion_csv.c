/* A confusion matrix as a CSV file: a column for each predicted class, a row for each true
 * one, with their names where there are any. */
#include "io/csv_write.h"
#include "tensor/tensor.h"
#include "train/dataset.h"

#include <nn/io.h>

#include <inttypes.h>

static nn_status confusion_check(const char *who, const nn_tensor *counts)
{
    const struct nni_shape *shape = &counts->shape;
    if (shape->dtype != NN_INT64) {
        return nni_fail(NN_ERROR_DTYPE, "%s: counts are %s, expected int64", who,
                        nni_dtype_name(shape->dtype));
    }
    if (shape->rank != 2 || shape->dim[0] != shape->dim[1]) {
        return nni_fail(NN_ERROR_SHAPE, "%s: counts are %s, expected (classes, classes)",
                        who, nni_shape_text(shape).text);
    }
    return NN_OK;
}

/* The class's name, or its number. */
static void confusion_put_class(struct nni_text *text, const nn_dataset *names,
                                int64_t index)
{
    const char *name =
        index <= INT32_MAX ? nn_dataset_class_name(names, (int32_t)index) : NULL;
    if (name != NULL) {
        nni_csv_put(text, name);
    } else {
        nni_text_format(text, "%" PRId64, index);
    }
}

static void confusion_text(const nn_tensor *counts, const nn_dataset *names,
                           struct nni_text *text)
{
    const int64_t classes = counts->shape.dim[0];
    const int64_t *count = counts->data;
    nni_csv_put(text, "true\\predicted");
    for (int64_t i = 0; i < classes; i++) {
        nni_text_append(text, ",", 1);
        confusion_put_class(text, names, i);
    }
    nni_text_append(text, "\n", 1);
    for (int64_t i = 0; i < classes && text->status == NN_OK; i++) {
        confusion_put_class(text, names, i);
        for (int64_t j = 0; j < classes; j++) {
            nni_text_format(text, ",%" PRId64, *count++);
        }
        nni_text_append(text, "\n", 1);
    }
}

nn_status nn_write_confusion(const nn_tensor *counts, const nn_dataset *names,
                             const char *path)
{
    const char *who = "nn_write_confusion";
    NNI_NOT_NULL_HANDLE(who, counts);
    NNI_NOT_NULL(who, path);
    NNI_TRY(confusion_check(who, counts));
    struct nni_text text;
    nni_text_init(&text, counts->handle.context);
    confusion_text(counts, names, &text);
    const nn_status status = nni_csv_save(&text, who, path);
    nni_text_release(&text);
    return status;
}
