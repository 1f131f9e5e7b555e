/* The first lines that a program writes: digits from IDX files, bytes as they are, into a
 * network of floats; one check at the end, and the first error in it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/datasets.h"
#include "support/networks.h"

#include <string.h>

enum { IMAGES = 40, SIDE = 28, PIXELS = SIDE * SIDE };

/* Writes IDX files: image i shows a bright bar in rows 2 (i mod 10) and the next. */
static void write_digits(char *images_path, char *labels_path)
{
    static unsigned char images[16 + IMAGES * PIXELS], labels[8 + IMAGES];
    const unsigned char image_head[16] = {0, 0, 8, 3,    0, 0, 0, IMAGES,
                                          0, 0, 0, SIDE, 0, 0, 0, SIDE};
    const unsigned char label_head[8] = {0, 0, 8, 1, 0, 0, 0, IMAGES};
    memcpy(images, image_head, sizeof image_head);
    memcpy(labels, label_head, sizeof label_head);
    for (int i = 0; i < IMAGES; i++) {
        labels[8 + i] = (unsigned char)(i % 10);
        memset(images + 16 + i * PIXELS + 2 * (i % 10) * SIDE, 200, 2 * SIDE);
    }
    write_file("train-images-idx3-ubyte", images, sizeof images, images_path);
    write_file("train-labels-idx1-ubyte", labels, sizeof labels, labels_path);
}

static nn_model *first_model(void)
{
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 784));
    nn_model_add(model, nn_dense(NULL, 128, NN_RELU));
    nn_model_add(model, nn_dropout(NULL, 0.5f));
    nn_model_add(model, nn_dense(NULL, 10, NN_LINEAR));
    return model;
}

static void the_first_lines_of_a_program_learn(void **state)
{
    (void)state;
    char images[256], labels[256];
    write_digits(images, labels);
    nn_dataset *train = nn_dataset_read_idx(NULL, images, labels);
    nn_model *model = first_model();
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_rmsprop(NULL, 1e-3f));
    nn_trainer_set_batch_size(trainer, 8);
    nn_trainer_set_early_stopping(trainer, /*patience*/ 5, /*min_delta*/ 0.0,
                                  /*restore_best*/ 1);
    nn_trainer_add_metric(trainer, NN_ACCURACY, 0);
    assert_ok(nn_trainer_fit(trainer, train, NULL, 60));
    double results[2];
    assert_ok(nn_trainer_evaluate(trainer, train, results, 2));
    assert_true(results[1] > 0.95);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(train);
}

static void a_missing_file_is_what_the_check_at_the_end_reports(void **state)
{
    (void)state;
    nn_dataset *train = nn_dataset_read_idx(NULL, "no-such-images", "no-such-labels");
    nn_model *model = first_model();
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_rmsprop(NULL, 1e-3f));
    nn_trainer_set_batch_size(trainer, 8);
    assert_int_not_equal(nn_trainer_fit(trainer, train, NULL, 20), NN_OK);
    assert_non_null(strstr(nn_last_error(), "no-such-images"));
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(train);
}

static void a_bad_layer_is_what_the_check_at_the_end_reports(void **state)
{
    (void)state;
    nn_dataset *train = class_samples(NULL, 20, 1);
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, NETWORK_INPUTS));
    nn_model_add(model, nn_dense(NULL, -5, NN_RELU));
    nn_model_add(model, nn_dense(NULL, NETWORK_CLASSES, NN_LINEAR));
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_sgd(NULL, 0.1));
    nn_trainer_set_batch_size(trainer, 8);
    assert_int_not_equal(nn_trainer_fit(trainer, train, NULL, 20), NN_OK);
    assert_non_null(strstr(nn_last_error(), "-5"));
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(train);
}

/* Trains a little on pixels of one dtype and returns the hash of the parameters. */
static uint64_t hash_of_dtype(int32_t dtype, int by_step)
{
    int64_t shape[] = {30, NETWORK_INPUTS}, label_shape[] = {30};
    nn_tensor *bytes = nn_tensor_create(NULL, NN_UINT8, shape, 2);
    nn_tensor *pixels = nn_tensor_create(NULL, dtype, shape, 2);
    nn_tensor *labels = nn_tensor_create(NULL, NN_INT32, label_shape, 1);
    for (int i = 0; i < 30 * NETWORK_INPUTS; i++)
        ((unsigned char *)nn_tensor_data(bytes))[i] = (unsigned char)(7 * i % 11);
    assert_ok(nn_tensor_copy(bytes, pixels));
    nn_dataset *samples = nn_dataset_create(NULL);
    assert_ok(nn_dataset_add_input(samples, pixels));
    assert_ok(nn_dataset_add_target(samples, labels));
    nn_model *model = stack_network(NULL);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_sgd(NULL, 0.01));
    if (by_step)
        assert_ok(nn_trainer_step(trainer, (const nn_tensor *const *)&pixels, 1,
                                  (const nn_tensor *const *)&labels, 1, NULL, NULL));
    else
        assert_ok(nn_trainer_fit(trainer, samples, samples, 2));
    uint64_t hash = parameter_hash(model);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
    nn_tensor_destroy(bytes);
    nn_tensor_destroy(pixels);
    nn_tensor_destroy(labels);
    return hash;
}

static void integers_train_a_network_of_floats_to_the_same_bits(void **state)
{
    (void)state;
    const int32_t dtypes[] = {NN_UINT8, NN_INT32, NN_INT64};
    for (int i = 0; i < 3; i++)
        for (int by_step = 0; by_step < 2; by_step++)
            assert_int_equal(hash_of_dtype(dtypes[i], by_step),
                             hash_of_dtype(NN_FLOAT32, by_step));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_lines_of_a_program_learn),
        cmocka_unit_test(a_missing_file_is_what_the_check_at_the_end_reports),
        cmocka_unit_test(a_bad_layer_is_what_the_check_at_the_end_reports),
        cmocka_unit_test(integers_train_a_network_of_floats_to_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
