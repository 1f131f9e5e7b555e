/* The whole job with the thin network on a BLAS: pixels become floats while they are read, a
 * batch is gathered in random order, and that is all.
 *
 *     job_blas THREADS FOLDER LIBRARY  prints "accuracy A" */
#include "blas.h"
#include "data.h"
#include "images.h"
#include "thin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { READ_AT_ONCE = 100 }; /* images */

struct job_images {
    int64_t count;
    float *pixels;
    int32_t *labels;
};

static struct job_images job_read(const char *folder, const char *part)
{
    static unsigned char bytes[READ_AT_ONCE * JOB_PIXELS];
    struct images images;
    images_open(&images, folder, part);
    struct job_images read = {images.count, NULL, NULL};
    read.pixels = data_zeros(images.count * JOB_PIXELS, sizeof(float));
    read.labels = data_zeros(images.count, sizeof(int32_t));
    for (int64_t i = 0; i < images.count; i += READ_AT_ONCE) {
        int64_t count = images.count - i < READ_AT_ONCE ? images.count - i : READ_AT_ONCE;
        images_read_pixels(&images, bytes, count);
        for (int64_t k = 0; k < count * JOB_PIXELS; k++)
            read.pixels[i * JOB_PIXELS + k] = (float)bytes[k] * (1.0f / 255);
    }
    unsigned char *labels = data_zeros(images.count, 1);
    images_read_labels(&images, labels);
    for (int64_t i = 0; i < images.count; i++)
        read.labels[i] = labels[i];
    free(labels);
    images_close(&images);
    return read;
}

static void job_free(struct job_images *images)
{
    free(images->pixels);
    free(images->labels);
}

static uint32_t job_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

/* Puts the numbers in random order (Fisher and Yates). */
static void job_shuffle(int32_t *order, int64_t count, uint64_t *state)
{
    for (int64_t i = count - 1; i > 0; i--) {
        int64_t j = (int64_t)(job_random(state) % (uint32_t)(i + 1));
        int32_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

static void job_train(struct thin *thin, const struct job_images *images)
{
    static float pixels[JOB_BATCH * JOB_PIXELS];
    int32_t labels[JOB_BATCH];
    int32_t *order = data_zeros(images->count, sizeof *order);
    uint64_t state = 42;
    for (int64_t i = 0; i < images->count; i++)
        order[i] = (int32_t)i;
    for (int epoch = 0; epoch < JOB_EPOCHS; epoch++) {
        job_shuffle(order, images->count, &state);
        for (int64_t first = 0; first < images->count; first += JOB_BATCH) {
            int64_t rows = 0;
            for (; rows < JOB_BATCH && first + rows < images->count; rows++) {
                int64_t sample = order[first + rows];
                memcpy(pixels + rows * JOB_PIXELS, images->pixels + sample * JOB_PIXELS,
                       JOB_PIXELS * sizeof *pixels);
                labels[rows] = images->labels[sample];
            }
            thin_step(thin, pixels, labels, NULL, rows);
        }
    }
    free(order);
}

/* The share of images whose largest output is their label. */
static double job_accuracy(struct thin *thin, const struct job_images *images)
{
    int64_t right = 0;
    for (int64_t first = 0; first < images->count; first += JOB_BATCH) {
        int64_t left = images->count - first, rows = left < JOB_BATCH ? left : JOB_BATCH;
        const float *z = thin_forward(thin, images->pixels + first * JOB_PIXELS, rows);
        for (int64_t r = 0; r < rows; r++, z += JOB_CLASSES) {
            int32_t best = 0;
            for (int32_t j = 1; j < JOB_CLASSES; j++)
                best = z[j] > z[best] ? j : best;
            right += best == images->labels[first + r];
        }
    }
    return (double)right / (double)images->count;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        runner_fail("usage", "job_blas THREADS FOLDER LIBRARY");
    blas_load(argv[3]);
    struct job_images training = job_read(argv[2], "train");
    struct runner_task task = {.widths = 3,
                               .width = {JOB_PIXELS, JOB_HIDDEN, JOB_CLASSES}};
    task.optimizer = RUNNER_SGD;
    struct thin *thin = thin_create(&task, JOB_BATCH, 1);
    thin->rate = (float)JOB_RATE;
    job_train(thin, &training);

    struct job_images test = job_read(argv[2], "t10k");
    printf("accuracy %.4f\n", job_accuracy(thin, &test));
    thin_destroy(thin);
    job_free(&training);
    job_free(&test);
    return 0;
}
