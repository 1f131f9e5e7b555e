/* Safetensors files: what is written comes back, the bytes are those of the format, and
 * nothing that a header claims is believed. */
#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "io/safetensors.h"

#include "support/datasets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const float floats[] = {1.5f, -2.0f, 3.0f, 4.0f, 5.0f, 6.0f};
static const int64_t wholes[] = {INT64_MIN, 7};
static const uint8_t bytes3[] = {1, 2, 255};

/* The file that most tests look at: three tensors of different types, one of them a single
 * number, one without elements, and two texts. */
static void fill(struct nni_storer *storer, const nn_context *context)
{
    nni_storer_init(storer, context);
    nni_storer_text(storer, "kind", "a \"test\"\n", 9);
    nni_storer_text(storer, "empty", "", 0);
    nni_storer_tensor(storer, "bytes", NNI_STORED_U8, (const int64_t[]){3}, 1, bytes3);
    nni_storer_tensor(storer, "matrix", NNI_STORED_F32, (const int64_t[]){2, 3}, 2,
                      floats);
    nni_storer_tensor(storer, "wholes", NNI_STORED_I64, (const int64_t[]){2}, 1, wholes);
    nni_storer_tensor(storer, "number", NNI_STORED_F32, NULL, 0, floats + 1);
    nni_storer_tensor(storer, "nothing", NNI_STORED_F32, (const int64_t[]){0, 4}, 2,
                      NULL);
}

/* The bytes of that file; free gives them back. */
static char *sample_file(size_t *size)
{
    struct nni_storer storer;
    struct nni_writer writer;
    fill(&storer, NULL);
    assert_int_equal(nni_storer_finish(&storer), NN_OK);
    *size = (size_t)storer.size;
    char *bytes = malloc(*size);
    assert_non_null(bytes);
    nni_writer_to_memory(&writer, bytes, *size);
    assert_int_equal(nni_storer_write(&storer, &writer), NN_OK);
    assert_int_equal(writer.offset, *size);
    nni_storer_release(&storer);
    return bytes;
}

static void test_bytes_are_those_of_the_format(void **state)
{
    (void)state;
    static const char header[] =
        "{\"__metadata__\":{\"kind\":\"a \\\"test\\\"\\n\",\"empty\":\"\"},"
        "\"wholes\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,16]},"
        "\"matrix\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[16,40]},"
        "\"number\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[40,44]},"
        "\"nothing\":{\"dtype\":\"F32\",\"shape\":[0,4],\"data_offsets\":[44,44]},"
        "\"bytes\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[44,47]}}";
    size_t size;
    char *bytes = sample_file(&size);
    size_t data = (8 + sizeof header - 1 + 63) / 64 * 64;
    assert_int_equal(size, data + 47);
    const unsigned char *first = (const unsigned char *)bytes;
    assert_int_equal(first[0] + 256 * first[1], data - 8);
    assert_memory_equal(bytes + 2, "\0\0\0\0\0\0", 6);
    assert_memory_equal(bytes + 8, header, sizeof header - 1);
    for (size_t i = 8 + sizeof header - 1; i < data; i++) {
        assert_int_equal(bytes[i], ' ');
    }
    assert_memory_equal(bytes + data, wholes, 16);
    assert_memory_equal(bytes + data + 16, floats, 24);
    assert_memory_equal(bytes + data + 40, floats + 1, 4);
    assert_memory_equal(bytes + data + 44, bytes3, 3);
    free(bytes);
}

static void assert_tensor(const struct nni_safetensors *file, const char *name,
                          const char *text, const void *expected, size_t size)
{
    char out[64];
    const struct nni_stored_tensor *tensor = nni_safetensors_find(file, name);
    assert_non_null(tensor);
    assert_string_equal(tensor->name, name);
    assert_string_equal(nni_stored_text(tensor).text, text);
    assert_int_equal(tensor->end - tensor->begin, size);
    assert_int_equal(nni_safetensors_copy(file, tensor, out), NN_OK);
    if (size > 0) {
        assert_memory_equal(out, expected, size);
    }
}

static void assert_sample(struct nni_reader *reader)
{
    struct nni_safetensors file;
    size_t length;
    if (nni_safetensors_open(&file, reader) != NN_OK) {
        fail_msg("%s", nn_last_error());
    }
    assert_int_equal(file.count, 5);
    assert_tensor(&file, "matrix", "F32 (2, 3)", floats, 24);
    assert_tensor(&file, "number", "F32 ()", floats + 1, 4);
    assert_tensor(&file, "wholes", "I64 (2)", wholes, 16);
    assert_tensor(&file, "bytes", "U8 (3)", bytes3, 3);
    assert_tensor(&file, "nothing", "F32 (0, 4)", NULL, 0);
    assert_null(nni_safetensors_find(&file, "matri"));
    assert_null(nni_safetensors_find(&file, "__metadata__"));
    assert_string_equal(nni_safetensors_text(&file, "kind", &length), "a \"test\"\n");
    assert_int_equal(length, 9);
    assert_string_equal(nni_safetensors_text(&file, "empty", NULL), "");
    assert_null(nni_safetensors_text(&file, "none", &length));
    assert_true(nni_stored_has_shape(nni_safetensors_find(&file, "matrix"),
                                     (const int64_t[]){2, 3}, 2));
    assert_false(nni_stored_has_shape(nni_safetensors_find(&file, "matrix"),
                                      (const int64_t[]){3, 2}, 2));
    assert_true(nni_stored_has_shape(nni_safetensors_find(&file, "number"), NULL, 0));
    nni_safetensors_close(&file);
    nni_reader_close(reader);
}

/* Gives one byte at a time. */
struct drops {
    const char *bytes;
    size_t left;
};

static int64_t read_drop(void *user, void *bytes, size_t size)
{
    struct drops *drops = user;
    if (drops->left == 0 || size == 0) {
        return 0;
    }
    *(char *)bytes = *drops->bytes++;
    drops->left--;
    return 1;
}

static void test_what_was_written_is_read_from_everywhere(void **state)
{
    (void)state;
    size_t size;
    char *bytes = sample_file(&size);
    char path[256];
    struct nni_reader reader;
    nni_reader_from_memory(&reader, NULL, bytes, size);
    assert_sample(&reader);
    write_file("sample.safetensors", bytes, size, path);
    assert_int_equal(nni_reader_open(&reader, NULL, "test", path), NN_OK);
    assert_sample(&reader);
    struct drops drops = {bytes, size};
    nni_reader_from_callback(&reader, NULL, read_drop, &drops);
    assert_sample(&reader);
    assert_int_equal(drops.left, 0);
    remove(path);
    free(bytes);
}

/* ---- what is refused ---- */

/* A file of this header and `data` bytes is opened. */
static nn_status open_header(const char *header, size_t data)
{
    size_t length = strlen(header);
    size_t size = 8 + length + data;
    char *bytes = calloc(1, size);
    assert_non_null(bytes);
    bytes[0] = (char)(length & 255);
    bytes[1] = (char)(length >> 8);
    memcpy(bytes + 8, header, length);
    struct nni_reader reader;
    struct nni_safetensors file;
    nni_reader_from_memory(&reader, NULL, bytes, size);
    nn_status status = nni_safetensors_open(&file, &reader);
    if (status == NN_OK) {
        nni_safetensors_close(&file);
    }
    nni_reader_close(&reader);
    free(bytes);
    return status;
}

#define TENSOR(name, type, shape, range) \
    "\"" name "\":{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" range "}"

static void test_each_claim_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t data;
        const char *words; /* NULL: accepted */
    } cases[] = {
        {"{}", 0, NULL},
        {"{}   ", 0, NULL},
        {"{" TENSOR("a", "F32", "[2]", "[0,8]") "}", 8, NULL},
        {"{" TENSOR("a", "F32", "[2]", "[0,8]") "," TENSOR("b", "U8", "[1]", "[8,9]") "}",
         9, NULL},
        {"{" TENSOR("b", "U8", "[1]", "[8,9]") "," TENSOR("a", "F32", "[2]", "[0,8]") "}",
         9, NULL},
        {"{" TENSOR("a", "F32", "[0]", "[0,0]") "," TENSOR("b", "U8", "[1]", "[0,1]") "}",
         1, NULL},
        {"{\"__metadata__\":{}}", 0, NULL},
        {"", 0, "byte 8: the text ends; expected a value"},
        {"[]", 0, "the header is an array, expected an object"},
        {"{\"a\":1}", 0, "byte 13: 'a' is a number, expected an object"},
        {"{\"__metadata__\":[]}", 0, "'__metadata__' is an array, expected an object"},
        {"{\"__metadata__\":{\"a\":1}}", 0, "'a' is a number, expected a string"},
        {"{\"a\":{}}", 0, "'dtype' is missing"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[]}}", 0, "'data_offsets' is missing"},
        {"{\"a\":{\"dtype\":1,\"shape\":[],\"data_offsets\":[0,4]}}", 4,
         "'dtype' is a number, expected a string"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4],\"x\":1}}", 4,
         "a tensor has no 'x'"},
        {"{" TENSOR("a", "F31", "[2]", "[0,8]") "}", 8, "'F31' is no type"},
        {"{" TENSOR("a", "F32", "[-2]", "[0,8]") "}", 8, "a dimension below 0"},
        {"{" TENSOR("a", "F32", "[2.0]", "[0,8]") "}", 8, "no whole number"},
        {"{" TENSOR("a", "F32", "[1,1,1,1,1,1,1,1,2]", "[0,8]") "}", 8,
         "9 dimensions, expected at most 8"},
        {"{" TENSOR("a", "F32", "[4294967296,4294967296]", "[0,8]") "}", 8,
         "too many elements"},
        {"{" TENSOR("a", "F32", "[4611686018427387904]", "[0,0]") "}", 0,
         "the range has 0 bytes, which is not F32 (4611686018427387904)"},
        {"{" TENSOR("a", "F32", "[2]", "[0,7]") "}", 7,
         "the range has 7 bytes, which is not F32 (2)"},
        {"{" TENSOR("a", "F32", "[2]", "[8,0]") "}", 8, "8 ... 0 is no range"},
        {"{" TENSOR("a", "F32", "[2]", "[-8,0]") "}", 8, "-8 ... 0 is no range"},
        {"{" TENSOR("a", "F32", "[2]", "[0]") "}", 8, "expected two offsets"},
        {"{" TENSOR("a", "F32", "[2]", "[0,8,8]") "}", 8, "expected two offsets"},
        {"{" TENSOR("a", "F32", "[2]", "[4,12]") "}", 12,
         "'a' begins at offset 4, but the tensors before it end at 0"},
        {"{" TENSOR("a", "F32", "[2]", "[0,8]") "," TENSOR("b", "U8", "[1]",
                                                           "[9,10]") "}",
         10, "'b' begins at offset 9, but the tensors before it end at 8"},
        {"{" TENSOR("a", "F32", "[2]", "[0,8]") "," TENSOR("b", "U8", "[1]", "[7,8]") "}",
         8, "'b' begins at offset 7, but the tensors before it end at 8"},
        {"{" TENSOR("a", "U8", "[1]", "[0,1]") "," TENSOR("a", "U8", "[1]", "[1,2]") "}",
         2, "the key 'a' comes twice"},
        {"{" TENSOR("a", "F32", "[2]", "[0,8]") "}", 7, "but the data goes to byte"},
        {"{" TENSOR("a", "F32", "[2]", "[0,8]") "}", 9, "but 1 bytes follow"},
        {"{" TENSOR("a", "U8", "[9223372036854775807]", "[0,9223372036854775807]") "}", 9,
         "but the data goes to byte"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nn_status status = open_header(cases[i].header, cases[i].data);
        if (cases[i].words == NULL) {
            assert_int_equal(status, NN_OK);
            continue;
        }
        assert_int_equal(status, NN_ERROR_FORMAT);
        assert_failure(NN_ERROR_FORMAT, cases[i].words);
        assert_failure(NN_ERROR_FORMAT, "memory: ");
    }
}

/* A few bytes that claim gigabytes: refused before memory is asked for, wherever they come
 * from. */
static void test_claimed_header_takes_no_memory(void **state)
{
    (void)state;
    static const char claims[][9] = {"\x00\xe0\xf5\x05\0\0\0\0", /* 10^8 - 256 */
                                     "\xff\xff\xff\xff\xff\xff\xff\xff",
                                     "\xff\xff\xff\x7f\0\0\0\0"};
    nn_context *context = nn_context_create(NULL);
    assert_int_equal(nn_context_set_memory_limit(context, 1 << 20), NN_OK);
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        struct nni_reader reader;
        struct nni_safetensors file;
        nni_reader_from_memory(&reader, context, claims[i], 8);
        assert_int_equal(nni_safetensors_open(&file, &reader), NN_ERROR_FORMAT);
        nni_reader_close(&reader);
        struct drops drops = {claims[i], 8};
        nni_reader_from_callback(&reader, context, read_drop, &drops);
        assert_int_equal(nni_safetensors_open(&file, &reader), NN_ERROR_FORMAT);
        nni_reader_close(&reader);
    }
    nn_context_destroy(context);
}

/* The reading of a changed file: NN_OK or a status with words that name the place. */
static nn_status open_changed(const char *bytes, size_t size)
{
    struct nni_reader reader;
    struct nni_safetensors file;
    nni_reader_from_memory(&reader, NULL, bytes, size);
    nn_status status = nni_safetensors_open(&file, &reader);
    if (status == NN_OK) {
        for (int32_t i = 0; i < file.count; i++) {
            char out[64];
            assert_true(file.tensors[i].end - file.tensors[i].begin <= sizeof out);
            assert_int_equal(nni_safetensors_copy(&file, &file.tensors[i], out), NN_OK);
        }
        nni_safetensors_close(&file);
    } else {
        assert_int_equal(status, NN_ERROR_FORMAT);
        assert_failure(NN_ERROR_FORMAT, "memory: ");
    }
    nni_reader_close(&reader);
    return status;
}

static void test_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    size_t size;
    char *bytes = sample_file(&size);
    for (size_t cut = 0; cut < size; cut++) {
        char *part = malloc(cut + 1); /* so that reading too far is noticed */
        memcpy(part, bytes, cut);
        assert_int_equal(open_changed(part, cut), NN_ERROR_FORMAT);
        free(part);
    }
    free(bytes);
}

static void test_changed_headers_are_read_or_refused(void **state)
{
    (void)state;
    size_t size;
    char *bytes = sample_file(&size);
    int refused = 0;
    for (size_t at = 0; at < size - 47; at++) {
        for (int bit = 0; bit < 8; bit++) {
            bytes[at] = (char)(bytes[at] ^ (1 << bit));
            refused += open_changed(bytes, size) != NN_OK;
            bytes[at] = (char)(bytes[at] ^ (1 << bit));
        }
    }
    assert_true(refused > 2000);
    assert_int_equal(open_changed(bytes, size), NN_OK);
    free(bytes);
}

/* ---- memory ---- */

static int attempt_write(nn_context *context, void *data)
{
    struct nni_storer storer;
    (void)data;
    fill(&storer, context);
    nn_status status = nni_storer_finish(&storer);
    nni_storer_release(&storer);
    return status == NN_OK;
}

static int attempt_open(nn_context *context, void *data)
{
    struct drops drops = *(struct drops *)data;
    struct nni_reader reader;
    struct nni_safetensors file;
    nni_reader_from_callback(&reader, context, read_drop, &drops);
    nn_status status = nni_safetensors_open(&file, &reader);
    if (status == NN_OK) {
        nni_safetensors_close(&file);
    }
    nni_reader_close(&reader);
    return status == NN_OK;
}

static void test_memory_may_run_out(void **state)
{
    (void)state;
    size_t size;
    char *bytes = sample_file(&size);
    struct drops drops = {bytes, size};
    assert_true(fail_each_allocation(attempt_write, NULL) >= 4);
    assert_true(fail_each_allocation(attempt_open, &drops) >= 5);
    free(bytes);
}

static void test_header_that_no_reader_takes_is_not_written(void **state)
{
    (void)state;
    const size_t length = 100000000;
    struct nni_storer storer;
    char *text = malloc(length);
    assert_non_null(text);
    memset(text, 'x', length);
    nni_storer_init(&storer, NULL);
    nni_storer_text(&storer, "x", text, length);
    assert_int_equal(nni_storer_finish(&storer), NN_ERROR_SIZE);
    assert_failure(NN_ERROR_SIZE, "a file holds 100000000");
    nni_storer_release(&storer);
    free(text);
    nni_storer_init(&storer, NULL);
    for (int i = 0; i < 3; i++) {
        nni_storer_tensor(&storer,
                          i == 0   ? "a"
                          : i == 1 ? "b"
                                   : "c",
                          NNI_STORED_F32, (const int64_t[]){INT64_C(1) << 60}, 1, NULL);
    }
    assert_int_equal(nni_storer_finish(&storer), NN_ERROR_SIZE);
    nni_storer_release(&storer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_are_those_of_the_format),
        cmocka_unit_test(test_what_was_written_is_read_from_everywhere),
        cmocka_unit_test(test_each_claim_is_checked),
        cmocka_unit_test(test_claimed_header_takes_no_memory),
        cmocka_unit_test(test_file_cut_anywhere_is_refused),
        cmocka_unit_test(test_changed_headers_are_read_or_refused),
        cmocka_unit_test(test_memory_may_run_out),
        cmocka_unit_test(test_header_that_no_reader_takes_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
