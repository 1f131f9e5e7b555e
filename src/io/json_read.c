/* Reading JSON by descent, one function for each rule of RFC 8259. */
#include "io/json.h"

#include "base/memory.h"
#include "io/json_scan.h"
#include "io/order.h"

#include <inttypes.h>
#include <string.h>

enum { JSON_FIRST_NODES = 64, JSON_FEW_KEYS = 8 };

/* Passes over blanks, a character, and blanks; 0 where it is another one. */
static int json_take(struct nni_json_scan *scan, char c)
{
    nni_json_skip_blanks(scan);
    if (nni_json_peek(scan) != c) {
        return 0;
    }
    scan->at++;
    nni_json_skip_blanks(scan);
    return 1;
}

static nn_status json_add_node(struct nni_json_scan *scan, int32_t *node)
{
    struct nni_json *json = scan->json;
    if (json->count == NNI_JSON_NODES_MAX) {
        return nni_json_refuse(scan, "there are too many values");
    }
    if (json->count == json->capacity) {
        int32_t capacity = json->capacity == 0 ? JSON_FIRST_NODES : 2 * json->capacity;
        struct nni_json_node *nodes =
            nni_grow(json->context, json->nodes, (size_t)json->count, (size_t)capacity,
                     sizeof *nodes);
        if (nodes == NULL) {
            return nn_last_status();
        }
        json->nodes = nodes;
        json->capacity = capacity;
    }
    *node = json->count++;
    json->nodes[*node].place = (uint32_t)scan->at;
    return NN_OK;
}

/* ---- arrays and objects ---- */

static nn_status json_take_value(struct nni_json_scan *scan, int32_t *node);

static nn_status json_enter(struct nni_json_scan *scan)
{
    if (scan->depth == NNI_JSON_DEPTH_MAX) {
        return nni_json_refuse(scan, "too many arrays and objects within one another");
    }
    scan->depth++;
    scan->at++;
    nni_json_skip_blanks(scan);
    return NN_OK;
}

/* Puts a child at the end of its parent's list; *last is the one before. */
static void json_link(struct nni_json_scan *scan, int32_t parent, int32_t child,
                      int32_t *last)
{
    struct nni_json_node *nodes = scan->json->nodes;
    *(*last == 0 ? &nodes[parent].first : &nodes[*last].next) = child;
    nodes[parent].count++;
    *last = child;
}

static nn_status json_take_array(struct nni_json_scan *scan, int32_t array)
{
    int32_t last = 0;
    scan->json->nodes[array].kind = NNI_JSON_ARRAY;
    NNI_TRY(json_enter(scan));
    while (nni_json_peek(scan) != ']') {
        int32_t element = 0;
        NNI_TRY(json_take_value(scan, &element));
        json_link(scan, array, element, &last);
        if (!json_take(scan, ',')) {
            break;
        }
        if (nni_json_peek(scan) == ']') {
            return nni_json_refuse(scan, "expected a value after ','");
        }
    }
    if (nni_json_peek(scan) != ']') {
        return nni_json_refuse(scan, "expected ',' or ']'");
    }
    scan->at++;
    scan->depth--;
    return NN_OK;
}

static nn_status json_take_member(struct nni_json_scan *scan, int32_t *node)
{
    uint32_t key = 0;
    uint32_t length = 0;
    if (nni_json_peek(scan) != '"') {
        return nni_json_refuse(scan, "expected a key in quotes");
    }
    scan->at++;
    NNI_TRY(nni_json_scan_string(scan, &key, &length));
    if (!json_take(scan, ':')) {
        return nni_json_refuse(scan, "expected ':'");
    }
    NNI_TRY(json_take_value(scan, node));
    scan->json->nodes[*node].key = key;
    scan->json->nodes[*node].key_length = length;
    return NN_OK;
}

static int json_compare_keys(const void *things, int32_t a, int32_t b)
{
    const struct nni_json *json = things;
    const struct nni_json_node *first = &json->nodes[a];
    const struct nni_json_node *second = &json->nodes[b];
    return nni_order_texts(json->text + first->key, first->key_length,
                           json->text + second->key, second->key_length);
}

static nn_status json_refuse_twice(const struct nni_json *json, int32_t node)
{
    return nni_json_fail(json, node, "the key '%.64s' comes twice",
                         nni_json_key(json, node));
}

/* Of few keys each is compared with each. */
static nn_status json_check_few(const struct nni_json *json, int32_t object)
{
    for (int32_t a = json->nodes[object].first; a != 0; a = json->nodes[a].next) {
        for (int32_t b = json->nodes[a].next; b != 0; b = json->nodes[b].next) {
            if (json_compare_keys(json, a, b) == 0) {
                return json_refuse_twice(json, b);
            }
        }
    }
    return NN_OK;
}

/* Many are sorted. */
static nn_status json_check_keys(const struct nni_json *json, int32_t object)
{
    int32_t count = json->nodes[object].count;
    if (count <= JSON_FEW_KEYS) {
        return json_check_few(json, object);
    }
    int32_t *order = nni_alloc(json->context, (size_t)count, sizeof *order);
    if (order == NULL) {
        return nn_last_status();
    }
    int32_t i = 0;
    for (int32_t node = json->nodes[object].first; node != 0;
         node = json->nodes[node].next) {
        order[i++] = node;
    }
    nni_order_sort(order, count, json_compare_keys, json);
    nn_status status = NN_OK;
    for (i = 1; i < count && status == NN_OK; i++) {
        if (json_compare_keys(json, order[i - 1], order[i]) == 0) {
            status = json_refuse_twice(json, order[i]);
        }
    }
    nni_free(json->context, order);
    return status;
}

static nn_status json_take_object(struct nni_json_scan *scan, int32_t object)
{
    int32_t last = 0;
    scan->json->nodes[object].kind = NNI_JSON_OBJECT;
    NNI_TRY(json_enter(scan));
    while (nni_json_peek(scan) != '}') {
        int32_t member = 0;
        NNI_TRY(json_take_member(scan, &member));
        json_link(scan, object, member, &last);
        if (!json_take(scan, ',')) {
            break;
        }
        if (nni_json_peek(scan) == '}') {
            return nni_json_refuse(scan, "expected a key after ','");
        }
    }
    if (nni_json_peek(scan) != '}') {
        return nni_json_refuse(scan, "expected ',' or '}'");
    }
    scan->at++;
    scan->depth--;
    return json_check_keys(scan->json, object);
}

static nn_status json_take_value(struct nni_json_scan *scan, int32_t *node)
{
    NNI_TRY(json_add_node(scan, node));
    char c = nni_json_peek(scan);
    switch (c) {
    case '{':
        return json_take_object(scan, *node);
    case '[':
        return json_take_array(scan, *node);
    case '"': {
        uint32_t start = 0;
        uint32_t length = 0;
        scan->at++;
        NNI_TRY(nni_json_scan_string(scan, &start, &length));
        struct nni_json_node *string = &scan->json->nodes[*node];
        string->kind = NNI_JSON_STRING;
        string->start = start;
        string->length = length;
        return NN_OK;
    }
    default:
        return c == '-' || (c >= '0' && c <= '9')
                   ? nni_json_scan_number(scan, &scan->json->nodes[*node])
                   : nni_json_scan_word(scan, &scan->json->nodes[*node]);
    }
}

static nn_status json_take_text(struct nni_json_scan *scan)
{
    int32_t whole = 0;
    nni_json_skip_blanks(scan);
    NNI_TRY(json_take_value(scan, &whole));
    nni_json_skip_blanks(scan);
    return scan->at == scan->length
               ? NN_OK
               : nni_json_refuse(scan, "something follows the value");
}

nn_status nni_json_read(struct nni_json *json, const nn_context *context, const char *who,
                        uint64_t base, char *text, size_t length)
{
    *json = (struct nni_json){.context = context, .text = text, .who = who, .base = base};
    if (length > NNI_JSON_LENGTH_MAX) {
        return nni_fail(NN_ERROR_FORMAT, "%s: a text of %" PRIu64 " bytes is too long",
                        who, (uint64_t)length);
    }
    struct nni_json_scan scan = {.json = json, .text = text, .length = length};
    nn_status status = json_take_text(&scan);
    if (status != NN_OK) {
        nni_json_release(json);
    }
    return status;
}
