/* JSON (RFC 8259), read strictly and into a flat list of nodes, and written piece by
 * piece. Nothing in a text is trusted: its length, depth, and number of values are bounded,
 * a key comes once in an object, strings are UTF-8 and hold no character 0. */
#ifndef NNI_IO_JSON_H
#define NNI_IO_JSON_H

#include "base/text.h"

enum {
    NNI_JSON_DEPTH_MAX = 16,        /* objects and arrays within one another */
    NNI_JSON_NODES_MAX = 1 << 20,   /* values of one text */
    NNI_JSON_LENGTH_MAX = 100000000 /* bytes of one text */
};

enum nni_json_kind {
    NNI_JSON_NULL,
    NNI_JSON_FALSE,
    NNI_JSON_TRUE,
    NNI_JSON_NUMBER,
    NNI_JSON_STRING,
    NNI_JSON_ARRAY,
    NNI_JSON_OBJECT
};

/* A value. Its members or elements begin with node `first` and go on with their `next`; 0
 * ends the list, since node 0 is the whole text and in no list. */
struct nni_json_node {
    enum nni_json_kind kind;
    int32_t count;            /* of an array or object */
    int32_t first, next;      /* nodes */
    uint32_t start, length;   /* of a string, without its quotes, or a number */
    uint32_t key, key_length; /* of a member */
    uint32_t place;           /* where the value begins, for messages */
};

/* A text that has been read. */
struct nni_json {
    const nn_context *context;
    char *text; /* the caller's; strings in it end in 0 */
    struct nni_json_node *nodes;
    int32_t count, capacity;
    /* messages begin with `who`; the text's first byte is number `base` of it */
    const char *who;
    uint64_t base;
};

/* Reads text[0 ... length - 1], of which text[length] is a byte that may be written. The
 * text is changed: escapes are replaced in place, and strings are ended by 0. It and `who`
 * must outlive *json. NN_ERROR_FORMAT names the byte; NN_ERROR_MEMORY. On failure there is
 * nothing to release. */
nn_status nni_json_read(struct nni_json *json, const nn_context *context, const char *who,
                        uint64_t base, char *text, size_t length);

void nni_json_release(struct nni_json *json);

/* NN_ERROR_FORMAT that names the byte where a node's value begins. */
nn_status nni_json_fail(const struct nni_json *json, int32_t node, const char *format,
                        ...) NNI_PRINTF(3, 4);

/* The member of an object with that key, or 0, as for what is no object. */
int32_t nni_json_member(const struct nni_json *json, int32_t object, const char *key);

/* The same, but NN_ERROR_FORMAT where there is none of that kind, or no object. */
nn_status nni_json_require(const struct nni_json *json, int32_t object, const char *key,
                           enum nni_json_kind kind, int32_t *node);

/* The first member of an object whose key is none of keys (ended by NULL), or 0. */
int32_t nni_json_stranger(const struct nni_json *json, int32_t object,
                          const char *const *keys);

/* A member's key, and a string's text, both ended by 0. */
const char *nni_json_key(const struct nni_json *json, int32_t node);
const char *nni_json_string(const struct nni_json *json, int32_t node);

/* A number written as a whole one that fits into int64_t, and any number, correctly
 * rounded. NN_ERROR_FORMAT where the node is none; *value is then 0. */
nn_status nni_json_int(const struct nni_json *json, int32_t node, int64_t *value);
nn_status nni_json_number(const struct nni_json *json, int32_t node, double *value);

/* "an object", "a number": what a node is, for messages. */
const char *nni_json_kind_name(enum nni_json_kind kind);

/* ---- writing ---- */

/* Appends a string in quotes. text is UTF-8. */
void nni_json_put_string(struct nni_text *out, const char *text, size_t length);

/* Appends a finite number so that it reads back to the bit. */
void nni_json_put_number(struct nni_text *out, double value);

#endif
