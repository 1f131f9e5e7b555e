/* As much of cmocka as the tests use, for machines that Debian's cross compiler builds for
 * and for which no cmocka is installed. Its output is cmocka's. */
#ifndef TESTS_ARM_CMOCKA_H
#define TESTS_ARM_CMOCKA_H

#include <stddef.h>
#include <stdint.h>

struct CMUnitTest {
    const char *name;
    void (*test)(void **state);
};
#define cmocka_unit_test(function) \
    {                              \
#function, function        \
    }

#define cmocka_run_group_tests(tests, setup, teardown) \
    plain_run_tests((tests), sizeof(tests) / sizeof(tests)[0], (setup), (teardown))
int plain_run_tests(const struct CMUnitTest *tests, size_t count, int (*setup)(void **),
                    int (*teardown)(void **));

/* Both end the test. */
void plain_fail(const char *file, int line, const char *text, ...)
    __attribute__((noreturn, format(printf, 3, 4)));
void plain_skip(void) __attribute__((noreturn));

void print_message(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* Fails where a is (different: is not) equal to b. */
void plain_compare_ints(const char *file, int line, uintmax_t a, uintmax_t b,
                        int different);
void plain_compare_bytes(const char *file, int line, const void *a, const void *b,
                         size_t size, int different);
void plain_compare_texts(const char *file, int line, const char *a, const char *b);

#define skip()        plain_skip()
#define fail_msg(...) plain_fail(__FILE__, __LINE__, __VA_ARGS__)
#define assert_true(condition) \
    ((condition) ? (void)0 : plain_fail(__FILE__, __LINE__, "%s", #condition))
#define assert_false(condition)       assert_true(!(condition))
#define assert_null(pointer)          assert_true((pointer) == NULL)
#define assert_non_null(pointer)      assert_true((pointer) != NULL)
#define assert_ptr_equal(a, b)        assert_true((const void *)(a) == (const void *)(b))
#define assert_in_range(x, low, high) assert_true((x) >= (low) && (x) <= (high))
#define assert_int_equal(a, b) \
    plain_compare_ints(__FILE__, __LINE__, (uintmax_t)(a), (uintmax_t)(b), 0)
#define assert_int_not_equal(a, b) \
    plain_compare_ints(__FILE__, __LINE__, (uintmax_t)(a), (uintmax_t)(b), 1)
#define assert_memory_equal(a, b, size) \
    plain_compare_bytes(__FILE__, __LINE__, (a), (b), (size), 0)
#define assert_memory_not_equal(a, b, size) \
    plain_compare_bytes(__FILE__, __LINE__, (a), (b), (size), 1)
#define assert_string_equal(a, b) plain_compare_texts(__FILE__, __LINE__, (a), (b))

#endif
