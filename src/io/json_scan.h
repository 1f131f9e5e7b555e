/* The words of JSON: what json_read.c puts together. */
#ifndef NNI_IO_JSON_SCAN_H
#define NNI_IO_JSON_SCAN_H

#include "io/json.h"

struct nni_json_scan {
    struct nni_json *json;
    char *text;
    size_t at, length;
    int32_t depth;
};

/* NN_ERROR_FORMAT that names the byte at hand. */
nn_status nni_json_refuse(const struct nni_json_scan *scan, const char *words);

/* The character at hand; 0, which no JSON holds, at the end. */
char nni_json_peek(const struct nni_json_scan *scan);

void nni_json_skip_blanks(struct nni_json_scan *scan);

/* The rest of a string after its first quote; what it means is written over it, and a 0
 * behind that. */
nn_status nni_json_scan_string(struct nni_json_scan *scan, uint32_t *start,
                               uint32_t *length);

/* A number as it is written, and null, false or true, into a node. */
nn_status nni_json_scan_number(struct nni_json_scan *scan, struct nni_json_node *node);
nn_status nni_json_scan_word(struct nni_json_scan *scan, struct nni_json_node *node);

#endif
