/* Fashion-MNIST's gzipped IDX files, for the programs of the whole job. */
#ifndef TESTS_BENCH_IMAGES_H
#define TESTS_BENCH_IMAGES_H

#include <stdint.h>
#include <zlib.h>

/* The job: 784-128-10 with ReLU, softmax cross-entropy, SGD. */
enum {
    JOB_PIXELS = 784,
    JOB_HIDDEN = 128,
    JOB_CLASSES = 10,
    JOB_BATCH = 64,
    JOB_EPOCHS = 5
};
#define JOB_RATE 0.1

struct images {
    gzFile pixels, labels;
    int64_t count;
};

/* Opens images and labels of a part ("train", "t10k") in a folder and reads how many there
 * are. Ends the program where that fails. */
void images_open(struct images *images, const char *folder, const char *part);

/* The next `count` images and all labels, a byte each. */
void images_read_pixels(struct images *images, unsigned char *pixels, int64_t count);
void images_read_labels(struct images *images, unsigned char *labels);

void images_close(struct images *images);

#endif
