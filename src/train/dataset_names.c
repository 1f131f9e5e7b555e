/* The names of a dataset's classes and columns, which its root holds. */
#include "train/dataset.h"

#include "base/utf8.h"

#include <string.h>

void nni_dataset_take_names(nn_dataset *dataset, struct nni_name_list *class_names,
                            struct nni_name_list *column_names)
{
    const struct nni_name_list empty = {0};
    dataset->class_names = *class_names;
    dataset->column_names = *column_names;
    *class_names = empty;
    *column_names = empty;
}

/* ---- giving ---- */

static nn_status dataset_check_names(const char *const *names, int32_t count)
{
    if (count < 0) {
        return nni_fail(NN_ERROR_SIZE, "count must be at least 0, got %d", count);
    }
    if (names == NULL && count > 0) {
        return nni_fail(NN_ERROR_NULL, "names is NULL");
    }
    for (int32_t i = 0; i < count; i++) {
        if (names[i] == NULL) {
            return nni_fail(NN_ERROR_NULL, "name %d is NULL", i);
        }
        if (!nni_utf8_valid(names[i], strlen(names[i]))) {
            return nni_fail(NN_ERROR_ARGUMENT, "name %d is not UTF-8", i);
        }
    }
    return NN_OK;
}

static nn_status dataset_replace_classes(nn_dataset *dataset, const char *const *names,
                                         int32_t count)
{
    const nn_context *context = dataset->handle.context;
    struct nni_name_list list = {0};
    NNI_TRY(dataset_check_names(names, count));
    for (int32_t i = 0; i < count; i++) {
        nn_status status =
            nni_name_list_append(context, &list, names[i], strlen(names[i]));
        if (status != NN_OK) {
            nni_name_list_release(context, &list);
            return status;
        }
    }
    nni_name_list_release(context, &dataset->class_names);
    dataset->class_names = list;
    return NN_OK;
}

nn_status nn_dataset_set_class_names(nn_dataset *dataset, const char *const *names,
                                     int32_t count)
{
    const char *who = "nn_dataset_set_class_names";
    NNI_NOT_NULL_HANDLE(who, dataset);
    if (dataset->parent != NULL) {
        return nni_fail(NN_ERROR_STATE,
                        "%s: a subset has the names of the dataset it shows", who);
    }
    nn_status status = dataset_replace_classes(dataset, names, count);
    return status == NN_OK ? NN_OK : nni_dataset_failed(who);
}

/* ---- looking ---- */

int32_t nn_dataset_class_count(const nn_dataset *dataset)
{
    return dataset == NULL ? 0 : (int32_t)nni_dataset_root(dataset)->class_names.count;
}

const char *nn_dataset_class_name(const nn_dataset *dataset, int32_t index)
{
    return dataset == NULL
               ? NULL
               : nni_name_list_get(&nni_dataset_root(dataset)->class_names, index);
}

const char *nn_dataset_column_name(const nn_dataset *dataset, int64_t column)
{
    return dataset == NULL
               ? NULL
               : nni_name_list_get(&nni_dataset_root(dataset)->column_names, column);
}
