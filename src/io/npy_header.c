/* The header of an NPY file: a recursive descent over the few forms that numpy writes. */
#include "io/npy.h"

#include <inttypes.h>
#include <string.h>

enum { NPY_SHOWN_BYTES = 16 };

struct npy_scan {
    const char *start, *at, *end;
    uint64_t offset; /* of start, in the file */
};

static nn_status npy_expected(const struct npy_scan *scan, const char *what)
{
    return nni_fail(NN_ERROR_FORMAT, "byte %" PRIu64 ": expected %s",
                    scan->offset + (uint64_t)(scan->at - scan->start), what);
}

/* ---- words ---- */

static void npy_skip_spaces(struct npy_scan *scan)
{
    while (scan->at < scan->end &&
           (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n')) {
        scan->at++;
    }
}

/* Goes past a character where it is the next one but for spaces. */
static int npy_take(struct npy_scan *scan, char c)
{
    npy_skip_spaces(scan);
    if (scan->at == scan->end || *scan->at != c) {
        return 0;
    }
    scan->at++;
    return 1;
}

static int npy_take_word(struct npy_scan *scan, const char *word)
{
    const size_t length = strlen(word);
    npy_skip_spaces(scan);
    if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0) {
        return 0;
    }
    scan->at += length;
    return 1;
}

/* A text in single or double quotes, without escapes. */
static nn_status npy_take_text(struct npy_scan *scan, const char *what, const char **text,
                               size_t *length)
{
    npy_skip_spaces(scan);
    const char quote = scan->at == scan->end ? '\0' : *scan->at;
    if (quote != '\'' && quote != '"') {
        return npy_expected(scan, what);
    }
    const char *begin = scan->at + 1;
    const char *end = memchr(begin, quote, (size_t)(scan->end - begin));
    if (end == NULL) {
        return npy_expected(scan, what);
    }
    *text = begin;
    *length = (size_t)(end - begin);
    scan->at = end + 1;
    return NN_OK;
}

/* ---- the element type ---- */

static nn_status npy_type_error(const struct npy_scan *scan, const char *type,
                                size_t length)
{
    char shown[NPY_SHOWN_BYTES + 1] = "";
    for (size_t i = 0; i < length && i < NPY_SHOWN_BYTES; i++) {
        shown[i] = type[i] > ' ' && type[i] < 0x7F ? type[i] : '?';
    }
    return nni_fail(NN_ERROR_FORMAT,
                    "byte %" PRIu64 ": elements of type '%s%s' are not read, but <, > or "
                    "| with b1, u1 ... u8, i1 ... i8 and f2 ... f8 are",
                    scan->offset + (uint64_t)(type - scan->start), shown,
                    length > NPY_SHOWN_BYTES ? "..." : "");
}

static int npy_kind(char letter, enum nni_element_kind *kind)
{
    static const char letters[] = "buif"; /* in the order of the kinds */
    const char *found = memchr(letters, letter, sizeof letters - 1);
    *kind = found == NULL ? NNI_ELEMENT_BOOL : (enum nni_element_kind)(found - letters);
    return found != NULL;
}

/* "<f4": byte order, kind, and bytes of an element. */
static nn_status npy_read_type(struct npy_scan *scan, struct nni_npy *npy)
{
    const char *type;
    size_t length;
    enum nni_element_kind kind;
    if (npy_take(scan, '[')) {
        scan->at--;
        return npy_expected(scan, "one element type, since structures are not read");
    }
    NNI_TRY(npy_take_text(scan, "the element type in quotes", &type, &length));
    if (length != 3 || !npy_kind(type[1], &kind)) {
        return npy_type_error(scan, type, length);
    }
    npy->elements.type = nni_element_type(kind, type[2] - '0');
    npy->elements.big_endian = type[0] == '>';
    const int ordered = type[0] == '<' || type[0] == '>';
    if (npy->elements.type == NULL ||
        !(ordered || (type[0] == '|' && npy->elements.type->size == 1))) {
        return npy_type_error(scan, type, length);
    }
    return NN_OK;
}

/* ---- the other two ---- */

static nn_status npy_read_order(struct npy_scan *scan, struct nni_npy *npy)
{
    npy->elements.first_fastest = npy_take_word(scan, "True");
    return npy->elements.first_fastest || npy_take_word(scan, "False")
               ? NN_OK
               : npy_expected(scan, "True or False");
}

static nn_status npy_read_dimension(struct npy_scan *scan, int64_t *dim)
{
    npy_skip_spaces(scan);
    if (scan->at == scan->end || *scan->at < '0' || *scan->at > '9') {
        return npy_expected(scan, "a dimension, or the shape's end");
    }
    *dim = 0;
    for (; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'; scan->at++) {
        const int64_t digit = *scan->at - '0';
        if (*dim > (INT64_MAX - digit) / 10) {
            return npy_expected(scan, "a dimension below 2^63");
        }
        *dim = 10 * *dim + digit;
    }
    (void)npy_take(scan, 'L'); /* Python 2 wrote 3L */
    return NN_OK;
}

/* "()", "(3,)", "(3, 4)". */
static nn_status npy_read_shape(struct npy_scan *scan, struct nni_npy *npy)
{
    struct nni_shape *shape = &npy->shape;
    if (!npy_take(scan, '(')) {
        return npy_expected(scan, "the shape in parentheses");
    }
    shape->rank = 0;
    int more = 1;
    while (!npy_take(scan, ')')) {
        if (!more) {
            return npy_expected(scan, "a comma, or the shape's end");
        }
        if (shape->rank == NN_MAX_RANK) {
            return npy_expected(scan, "the shape's end after 8 dimensions, the most");
        }
        NNI_TRY(npy_read_dimension(scan, &shape->dim[shape->rank]));
        shape->rank++;
        more = npy_take(scan, ',');
    }
    return shape->rank == 1 && !more
               ? npy_expected(scan, "a shape (a number alone is none)")
               : NN_OK;
}

/* ---- all of it ---- */

static const struct npy_key {
    const char *name;
    nn_status (*read)(struct npy_scan *scan, struct nni_npy *npy);
} npy_keys[] = {
    {"descr", npy_read_type},
    {"fortran_order", npy_read_order},
    {"shape", npy_read_shape},
};

static const struct npy_key *npy_find_key(const char *text, size_t length)
{
    for (int32_t i = 0; i < NNI_COUNT(npy_keys); i++) {
        if (strlen(npy_keys[i].name) == length &&
            memcmp(npy_keys[i].name, text, length) == 0) {
            return &npy_keys[i];
        }
    }
    return NULL;
}

/* One "key: value"; *seen has a bit for each key that has been there. */
static nn_status npy_read_member(struct npy_scan *scan, struct nni_npy *npy,
                                 uint32_t *seen)
{
    const char *text;
    size_t length;
    NNI_TRY(npy_take_text(scan, "a key in quotes, or the end '}'", &text, &length));
    const struct npy_key *key = npy_find_key(text, length);
    const uint32_t bit = key == NULL ? 0 : UINT32_C(1) << (key - npy_keys);
    if (bit == 0 || (*seen & bit) != 0) {
        scan->at = text;
        return npy_expected(scan, "the keys 'descr', 'fortran_order' and 'shape', each "
                                  "once");
    }
    *seen |= bit;
    if (!npy_take(scan, ':')) {
        return npy_expected(scan, "a colon");
    }
    return key->read(scan, npy);
}

static nn_status npy_read_members(struct npy_scan *scan, struct nni_npy *npy)
{
    uint32_t seen = 0;
    int more = 1;
    if (!npy_take(scan, '{')) {
        return npy_expected(scan, "the header's '{'");
    }
    while (!npy_take(scan, '}')) {
        if (!more) {
            return npy_expected(scan, "a comma, or the end '}'");
        }
        NNI_TRY(npy_read_member(scan, npy, &seen));
        more = npy_take(scan, ',');
    }
    if (seen != (UINT32_C(1) << NNI_COUNT(npy_keys)) - 1) {
        return npy_expected(scan, "all of 'descr', 'fortran_order' and 'shape' before");
    }
    npy_skip_spaces(scan);
    return scan->at == scan->end ? NN_OK
                                 : npy_expected(scan, "nothing after the header's '}'");
}

nn_status nni_npy_parse_header(const char *text, size_t length, uint64_t offset,
                               struct nni_npy *npy)
{
    struct npy_scan scan = {text, text, text + length, offset};
    *npy = (struct nni_npy){.shape = {0}};
    NNI_TRY(npy_read_members(&scan, npy));
    const struct nni_shape given = npy->shape;
    if (nni_shape_make("shape", npy->elements.type->dtype, given.dim, given.rank,
                       NN_MAX_RANK, 0, &npy->shape) != NN_OK) {
        return nni_fail(NN_ERROR_FORMAT,
                        "byte %" PRIu64 ": the dimensions multiply to too many bytes",
                        offset);
    }
    return NN_OK;
}
