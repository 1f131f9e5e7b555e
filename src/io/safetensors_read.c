/* Reading safetensors. The header's length is checked against the file, the header is read
 * as JSON, each tensor is checked alone (type, shape, product against its bytes) and all of
 * them together (names by the JSON reader, ranges by sorting). */
#include "io/safetensors.h"

#include "base/memory.h"
#include "io/order.h"

#include <inttypes.h>
#include <string.h>

enum { SAFETENSORS_LENGTH_BYTES = 8 };

static const char safetensors_metadata[] = "__metadata__";

/* ---- one tensor ---- */

static nn_status safetensors_type(const struct nni_json *json, int32_t node,
                                  enum nni_stored *type)
{
    const char *name = nni_json_string(json, node);
    for (int32_t i = 0; i < NNI_STORED_COUNT; i++) {
        if (strcmp(nni_stored_name((enum nni_stored)i), name) == 0) {
            *type = (enum nni_stored)i;
            return NN_OK;
        }
    }
    return nni_json_fail(json, node, "'%.16s' is no type that is known", name);
}

static nn_status safetensors_shape(const struct nni_json *json, int32_t node,
                                   struct nni_stored_tensor *tensor)
{
    tensor->rank = json->nodes[node].count;
    tensor->count = 1;
    if (tensor->rank > NNI_STORED_RANK_MAX) {
        return nni_json_fail(json, node, "%d dimensions, expected at most %d",
                             (int)tensor->rank, NNI_STORED_RANK_MAX);
    }
    int32_t element = json->nodes[node].first;
    for (int32_t i = 0; i < tensor->rank; i++, element = json->nodes[element].next) {
        NNI_TRY(nni_json_int(json, element, &tensor->dim[i]));
        if (!nni_multiply_checked(tensor->count, tensor->dim[i], &tensor->count)) {
            return nni_json_fail(json, element,
                                 "a dimension below 0, or too many "
                                 "elements");
        }
    }
    return NN_OK;
}

static nn_status safetensors_range(const struct nni_json *json, int32_t node,
                                   struct nni_stored_tensor *tensor)
{
    int64_t ends[2];
    int64_t bytes;
    if (json->nodes[node].count != 2) {
        return nni_json_fail(json, node, "expected two offsets");
    }
    int32_t first = json->nodes[node].first;
    NNI_TRY(nni_json_int(json, first, &ends[0]));
    NNI_TRY(nni_json_int(json, json->nodes[first].next, &ends[1]));
    if (ends[0] < 0 || ends[1] < ends[0]) {
        return nni_json_fail(json, node, "%" PRId64 " ... %" PRId64 " is no range",
                             ends[0], ends[1]);
    }
    if (!nni_multiply_checked(tensor->count, (int64_t)nni_stored_size(tensor->type),
                              &bytes) ||
        bytes != ends[1] - ends[0]) {
        return nni_json_fail(json, node,
                             "the range has %" PRId64 " bytes, which is not %s",
                             ends[1] - ends[0], nni_stored_text(tensor).text);
    }
    tensor->begin = (uint64_t)ends[0];
    tensor->end = (uint64_t)ends[1];
    return NN_OK;
}

static nn_status safetensors_tensor(const struct nni_json *json, int32_t node,
                                    struct nni_stored_tensor *tensor)
{
    static const char *const keys[] = {"dtype", "shape", "data_offsets", NULL};
    int32_t type;
    int32_t shape;
    int32_t range;
    int32_t stranger = nni_json_stranger(json, node, keys);
    if (stranger != 0) {
        return nni_json_fail(json, stranger, "a tensor has no '%.64s'",
                             nni_json_key(json, stranger));
    }
    NNI_TRY(nni_json_require(json, node, keys[0], NNI_JSON_STRING, &type));
    NNI_TRY(nni_json_require(json, node, keys[1], NNI_JSON_ARRAY, &shape));
    NNI_TRY(nni_json_require(json, node, keys[2], NNI_JSON_ARRAY, &range));
    tensor->name = nni_json_key(json, node);
    tensor->node = node;
    NNI_TRY(safetensors_type(json, type, &tensor->type));
    NNI_TRY(safetensors_shape(json, shape, tensor));
    return safetensors_range(json, range, tensor);
}

/* ---- all of them ---- */

static int safetensors_compare_names(const void *things, int32_t a, int32_t b)
{
    const struct nni_json *json = things;
    return strcmp(nni_json_key(json, a), nni_json_key(json, b));
}

static int safetensors_compare_ranges(const void *things, int32_t a, int32_t b)
{
    const struct nni_stored_tensor *first = (const struct nni_stored_tensor *)things + a;
    const struct nni_stored_tensor *second = (const struct nni_stored_tensor *)things + b;
    if (first->begin != second->begin) {
        return first->begin < second->begin ? -1 : 1;
    }
    return (first->end > second->end) - (first->end < second->end);
}

static nn_status safetensors_check_metadata(const struct nni_safetensors *file)
{
    const struct nni_json *json = &file->json;
    if (file->metadata == 0) {
        return NN_OK;
    }
    for (int32_t node = json->nodes[file->metadata].first; node != 0;
         node = json->nodes[node].next) {
        if (json->nodes[node].kind != NNI_JSON_STRING) {
            return nni_json_fail(json, node, "'%.64s' is %s, expected a string",
                                 nni_json_key(json, node),
                                 nni_json_kind_name(json->nodes[node].kind));
        }
    }
    return NN_OK;
}

/* Each member but the metadata may be a tensor; *count is how many there are. */
static nn_status safetensors_count(const struct nni_safetensors *file, int32_t *count)
{
    const struct nni_json *json = &file->json;
    *count = 0;
    for (int32_t node = json->nodes[0].first; node != 0; node = json->nodes[node].next) {
        if (json->nodes[node].kind != NNI_JSON_OBJECT) {
            return nni_json_fail(json, node, "'%.64s' is %s, expected an object",
                                 nni_json_key(json, node),
                                 nni_json_kind_name(json->nodes[node].kind));
        }
        *count += node != file->metadata;
    }
    return NN_OK;
}

/* Fills the tensors, sorted by name; order has room for their nodes. */
static nn_status safetensors_fill(struct nni_safetensors *file, int32_t *order)
{
    int32_t count = 0;
    for (int32_t node = file->json.nodes[0].first; node != 0;
         node = file->json.nodes[node].next) {
        if (node != file->metadata) {
            order[count++] = node;
        }
    }
    nni_order_sort(order, count, safetensors_compare_names, &file->json);
    for (int32_t i = 0; i < count; i++) {
        NNI_TRY(safetensors_tensor(&file->json, order[i], &file->tensors[i]));
    }
    return NN_OK;
}

/* The ranges follow one another from 0 on; file->data_end is where the last one ends. */
static nn_status safetensors_check_ranges(struct nni_safetensors *file, int32_t *order)
{
    for (int32_t i = 0; i < file->count; i++) {
        order[i] = i;
    }
    nni_order_sort(order, file->count, safetensors_compare_ranges, file->tensors);
    file->data_end = 0;
    for (int32_t i = 0; i < file->count; i++) {
        const struct nni_stored_tensor *tensor = &file->tensors[order[i]];
        if (tensor->begin != file->data_end) {
            return nni_json_fail(&file->json, tensor->node,
                                 "'%.64s' begins at offset %" PRIu64
                                 ", but the tensors before it end at %" PRIu64,
                                 tensor->name, tensor->begin, file->data_end);
        }
        file->data_end = tensor->end;
    }
    return NN_OK;
}

static nn_status safetensors_list(struct nni_safetensors *file)
{
    const nn_context *context = file->reader->context;
    const struct nni_json *json = &file->json;
    if (json->nodes[0].kind != NNI_JSON_OBJECT) {
        return nni_json_fail(json, 0, "the header is %s, expected an object",
                             nni_json_kind_name(json->nodes[0].kind));
    }
    file->metadata = nni_json_member(json, 0, safetensors_metadata);
    NNI_TRY(safetensors_count(file, &file->count));
    NNI_TRY(safetensors_check_metadata(file));
    file->tensors = nni_alloc(context, (size_t)file->count, sizeof *file->tensors);
    int32_t *order = nni_alloc(context, (size_t)file->count, sizeof *order);
    nn_status status = file->tensors == NULL || order == NULL ? nn_last_status() : NN_OK;
    if (status == NN_OK) {
        status = safetensors_fill(file, order);
    }
    if (status == NN_OK) {
        status = safetensors_check_ranges(file, order);
    }
    nni_free(context, order);
    return status;
}

/* ---- the header ---- */

static uint64_t safetensors_little_endian(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = SAFETENSORS_LENGTH_BYTES - 1; i >= 0; i--) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static nn_status safetensors_read_header(struct nni_safetensors *file)
{
    struct nni_reader *reader = file->reader;
    uint8_t first[SAFETENSORS_LENGTH_BYTES];
    NNI_TRY(nni_reader_require(reader, sizeof first, "the header's length"));
    NNI_TRY(nni_reader_copy(reader, 0, first, sizeof first));
    uint64_t length = safetensors_little_endian(first);
    if (length > NNI_JSON_LENGTH_MAX) {
        return nni_fail(NN_ERROR_FORMAT,
                        "%s: byte 0: a header of %" PRIu64
                        " bytes, expected at most %d; is it a safetensors file?",
                        reader->name.text, length, NNI_JSON_LENGTH_MAX);
    }
    file->data = sizeof first + length;
    NNI_TRY(nni_reader_require(reader, file->data, "the header"));
    file->header = nni_alloc(reader->context, (size_t)length + 1, 1);
    if (file->header == NULL) {
        return nni_fail(nn_last_status(), "%s: %s", reader->name.text, nn_last_error());
    }
    NNI_TRY(nni_reader_copy(reader, sizeof first, file->header, (size_t)length));
    return nni_json_read(&file->json, reader->context, reader->name.text, sizeof first,
                         file->header, (size_t)length);
}

static nn_status safetensors_check(struct nni_safetensors *file)
{
    NNI_TRY(safetensors_read_header(file));
    NNI_TRY(safetensors_list(file));
    uint64_t end = file->data + file->data_end; /* below 2^63 + 2^27 */
    NNI_TRY(nni_reader_require(file->reader, end, "the data"));
    return nni_reader_expect_end(file->reader, end);
}

nn_status nni_safetensors_open(struct nni_safetensors *file, struct nni_reader *reader)
{
    *file = (struct nni_safetensors){.reader = reader};
    nn_status status = safetensors_check(file);
    if (status != NN_OK) {
        nni_safetensors_close(file);
    }
    return status;
}

void nni_safetensors_close(struct nni_safetensors *file)
{
    const nn_context *context = file->reader->context;
    nni_free(context, file->tensors);
    nni_json_release(&file->json);
    nni_free(context, file->header);
    *file = (struct nni_safetensors){.reader = file->reader};
}

/* ---- looking ---- */

char *nni_safetensors_text(const struct nni_safetensors *file, const char *key,
                           size_t *length)
{
    int32_t node =
        file->metadata == 0 ? 0 : nni_json_member(&file->json, file->metadata, key);
    if (length != NULL) {
        *length = node == 0 ? 0 : file->json.nodes[node].length;
    }
    return node == 0 ? NULL : file->header + file->json.nodes[node].start;
}

const struct nni_stored_tensor *nni_safetensors_find(const struct nni_safetensors *file,
                                                     const char *name)
{
    int32_t first = 0;
    int32_t end = file->count;
    while (first < end) {
        int32_t middle = first + (end - first) / 2;
        int compared = strcmp(file->tensors[middle].name, name);
        if (compared == 0) {
            return &file->tensors[middle];
        }
        if (compared < 0) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return NULL;
}

nn_status nni_safetensors_copy(const struct nni_safetensors *file,
                               const struct nni_stored_tensor *tensor, void *out)
{
    return nni_reader_copy(file->reader, file->data + tensor->begin, out,
                           (size_t)(tensor->end - tensor->begin));
}
