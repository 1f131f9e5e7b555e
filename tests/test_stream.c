/* Readers and writers over files, memory and callbacks: contents, short and failing calls,
 * ends that come too soon, sizes that are only claimed. */
#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "io/stream.h"

#include "support/datasets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char ten[] = "0123456789";

/* A source of bytes that gives at most `portion` at once and fails at call `fail_at`. */
struct source {
    const char *bytes;
    size_t size, given, portion;
    int calls, fail_at;
    int64_t failure;
};

static int64_t source_read(void *user, void *bytes, size_t size)
{
    struct source *source = user;
    assert_true(size > 0);
    if (++source->calls == source->fail_at) {
        return source->failure < 0 ? source->failure : (int64_t)size + 1;
    }
    size_t given = source->size - source->given;
    given = given < size ? given : size;
    given = given < source->portion ? given : source->portion;
    memcpy(bytes, source->bytes + source->given, given);
    source->given += given;
    return (int64_t)given;
}

static struct source source_of(const char *bytes, size_t size, size_t portion)
{
    return (struct source){bytes, size, 0, portion, 0, 0, -1};
}

/* ---- reading ---- */

/* What every reader of the ten digits does. */
static void assert_reads_ten(struct nni_reader *reader)
{
    char out[10] = "";
    assert_int_equal(nni_reader_require(reader, 4, "a part"), NN_OK);
    assert_int_equal(nni_reader_copy(reader, 1, out, 3), NN_OK);
    assert_memory_equal(out, "123", 3);
    assert_int_equal(nni_reader_require(reader, 10, "all"), NN_OK);
    assert_int_equal(nni_reader_copy(reader, 0, out, 10), NN_OK);
    assert_memory_equal(out, ten, 10);
    assert_int_equal(nni_reader_copy(reader, 10, out, 0), NN_OK);
    assert_int_equal(nni_reader_expect_end(reader, 10), NN_OK);
    assert_int_equal(nni_reader_require(reader, 11, "more"), NN_ERROR_FORMAT);
    assert_failure(NN_ERROR_FORMAT, ": ends at byte 10, but more goes to byte 11");
    nni_reader_close(reader);
}

static void test_same_bytes_come_from_everywhere(void **state)
{
    (void)state;
    char path[256];
    struct nni_reader reader;
    write_file("ten", ten, 10, path);
    assert_int_equal(nni_reader_open(&reader, NULL, "test", path), NN_OK);
    assert_reads_ten(&reader);
    nni_reader_from_memory(&reader, NULL, ten, 10);
    assert_reads_ten(&reader);
    for (size_t portion = 1; portion <= 11; portion++) {
        struct source source = source_of(ten, 10, portion);
        nni_reader_from_callback(&reader, NULL, source_read, &source);
        assert_reads_ten(&reader);
    }
    remove(path);
}

static void test_what_follows_the_content_is_refused_where_it_is_known(void **state)
{
    (void)state;
    struct nni_reader reader;
    nni_reader_from_memory(&reader, NULL, ten, 10);
    assert_int_equal(nni_reader_expect_end(&reader, 8), NN_ERROR_FORMAT);
    assert_string_equal(nn_last_error(),
                        "memory: its content ends at byte 8, but 2 bytes follow");
    nni_reader_close(&reader);

    struct source source = source_of(ten, 10, 100);
    nni_reader_from_callback(&reader, NULL, source_read, &source);
    assert_int_equal(nni_reader_expect_end(&reader, 8), NN_OK);
    assert_int_equal(source.given, 8);
    nni_reader_close(&reader);
}

static void test_file_that_cannot_be_opened_is_an_error(void **state)
{
    (void)state;
    struct nni_reader reader;
    assert_int_equal(nni_reader_open(&reader, NULL, "test", "/nowhere/x"), NN_ERROR_IO);
    assert_string_equal(nn_last_error(),
                        "/nowhere/x: cannot be opened: there is no such file");
    assert_int_equal(nni_reader_open(&reader, NULL, "test", "/"), NN_ERROR_IO);
    assert_int_equal(nni_reader_open(&reader, NULL, "test", NULL), NN_ERROR_NULL);
    assert_string_equal(nn_last_error(), "test: path is NULL");
}

static void test_failure_of_the_callback_is_said(void **state)
{
    (void)state;
    struct nni_reader reader;
    struct source source = source_of(ten, 10, 3);
    source.fail_at = 3;
    source.failure = -7;
    nni_reader_from_callback(&reader, NULL, source_read, &source);
    assert_int_equal(nni_reader_require(&reader, 10, "all"), NN_ERROR_CALLBACK);
    assert_string_equal(nn_last_error(), "stream: the program's read returned -7 at byte "
                                         "6 for 4 bytes");
    nni_reader_close(&reader);

    source = source_of(ten, 10, 10);
    source.fail_at = 1;
    source.failure = 0; /* it says that it gave more than there was room for */
    nni_reader_from_callback(&reader, NULL, source_read, &source);
    assert_int_equal(nni_reader_require(&reader, 10, "all"), NN_ERROR_CALLBACK);
    nni_reader_close(&reader);
}

/* However much is claimed to come, memory follows what has come. */
static void test_claimed_size_takes_no_memory(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_non_null(context);
    assert_int_equal(nn_context_set_memory_limit(context, 1 << 20), NN_OK);
    struct nni_reader reader;
    struct source source = source_of(ten, 10, 10);
    nni_reader_from_callback(&reader, context, source_read, &source);
    assert_int_equal(nni_reader_require(&reader, UINT64_MAX, "all"), NN_ERROR_FORMAT);
    assert_true(nn_context_memory_used(context) < 100000);
    nni_reader_close(&reader);
    assert_int_equal(nn_context_memory_used(context), 0);
    nn_context_destroy(context);
}

static int64_t endless_read(void *user, void *bytes, size_t size)
{
    (void)user;
    memset(bytes, 'e', size);
    return (int64_t)size;
}

static void test_memory_limit_ends_what_does_not_end(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_non_null(context);
    assert_int_equal(nn_context_set_memory_limit(context, 1 << 20), NN_OK);
    struct nni_reader reader;
    nni_reader_from_callback(&reader, context, endless_read, NULL);
    assert_int_equal(nni_reader_require(&reader, UINT64_MAX, "all"),
                     NN_ERROR_MEMORY_LIMIT);
    assert_failure(NN_ERROR_MEMORY_LIMIT, "stream: ");
    nni_reader_close(&reader);
    nn_context_destroy(context);
}

/* ---- writing ---- */

/* Where bytes go: at most `portion` at once; call `fail_at` returns `failure`. */
struct sink {
    char bytes[32];
    size_t size, portion;
    int calls, fail_at;
    int64_t failure;
};

static int64_t sink_write(void *user, const void *bytes, size_t size)
{
    struct sink *sink = user;
    assert_true(size > 0);
    if (++sink->calls == sink->fail_at) {
        return sink->failure;
    }
    size_t taken = size < sink->portion ? size : sink->portion;
    memcpy(sink->bytes + sink->size, bytes, taken);
    sink->size += taken;
    return (int64_t)taken;
}

static void test_short_writes_go_on(void **state)
{
    (void)state;
    for (size_t portion = 1; portion <= 11; portion++) {
        struct sink sink = {.portion = portion};
        struct nni_writer writer;
        nni_writer_to_callback(&writer, sink_write, &sink);
        assert_int_equal(nni_writer_put(&writer, ten, 4), NN_OK);
        assert_int_equal(nni_writer_put(&writer, "", 0), NN_OK);
        assert_int_equal(nni_writer_put(&writer, ten + 4, 6), NN_OK);
        assert_int_equal(writer.offset, 10);
        assert_memory_equal(sink.bytes, ten, 10);
    }
}

static void test_failing_write_is_said(void **state)
{
    (void)state;
    static const int64_t failures[] = {0, -1, INT64_MIN, 100};
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        struct sink sink = {.portion = 3, .fail_at = 3, .failure = failures[i]};
        struct nni_writer writer;
        nni_writer_to_callback(&writer, sink_write, &sink);
        assert_int_equal(nni_writer_put(&writer, ten, 10), NN_ERROR_CALLBACK);
        assert_failure(NN_ERROR_CALLBACK, "at byte 6 for 4 bytes");
        assert_int_equal(sink.calls, 3);
    }
}

static void test_memory_that_is_full_is_said(void **state)
{
    (void)state;
    char bytes[10];
    struct nni_writer writer;
    nni_writer_to_memory(&writer, bytes, sizeof bytes);
    assert_int_equal(nni_writer_put(&writer, ten, 6), NN_OK);
    assert_int_equal(nni_writer_put(&writer, ten, 5), NN_ERROR_SIZE);
    assert_string_equal(nn_last_error(), "memory: 5 bytes at byte 6 do not fit into 10");
    assert_int_equal(nni_writer_put(&writer, ten + 6, 4), NN_OK);
    assert_memory_equal(bytes, ten, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes_come_from_everywhere),
        cmocka_unit_test(test_what_follows_the_content_is_refused_where_it_is_known),
        cmocka_unit_test(test_file_that_cannot_be_opened_is_an_error),
        cmocka_unit_test(test_failure_of_the_callback_is_said),
        cmocka_unit_test(test_claimed_size_takes_no_memory),
        cmocka_unit_test(test_memory_limit_ends_what_does_not_end),
        cmocka_unit_test(test_short_writes_go_on),
        cmocka_unit_test(test_failing_write_is_said),
        cmocka_unit_test(test_memory_that_is_full_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
