/* Reading IDX through zlib: a header of big-endian numbers, then bytes. */
#include "images.h"
#include "runner.h"

#include <stdio.h>

static void images_read(gzFile file, unsigned char *bytes, int64_t count)
{
    if (gzread(file, bytes, (unsigned int)count) != (int)count)
        runner_fail("gzread", "the file is too short");
}

static int64_t images_number(gzFile file)
{
    unsigned char b[4];
    images_read(file, b, 4);
    return (int64_t)b[0] << 24 | (int64_t)b[1] << 16 | (int64_t)b[2] << 8 | b[3];
}

/* Opens a file of unsigned bytes with that many dimensions; the first one. */
static gzFile images_file(const char *folder, const char *part, const char *what,
                          int64_t dimensions, int64_t *count)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s-%s-idx%d-ubyte.gz", folder, part, what,
             (int)dimensions);
    gzFile file = gzopen(path, "rb");
    if (file == NULL)
        runner_fail(path, "cannot be opened");
    if (images_number(file) != (8 << 8 | dimensions))
        runner_fail(path, "is not what it should be");
    *count = images_number(file);
    return file;
}

void images_open(struct images *images, const char *folder, const char *part)
{
    int64_t labels;
    images->pixels = images_file(folder, part, "images", 3, &images->count);
    images->labels = images_file(folder, part, "labels", 1, &labels);
    if (images_number(images->pixels) * images_number(images->pixels) != JOB_PIXELS ||
        labels != images->count)
        runner_fail(folder, "the images are not 28 x 28, or there are not enough labels");
}

void images_read_pixels(struct images *images, unsigned char *pixels, int64_t count)
{
    images_read(images->pixels, pixels, count * JOB_PIXELS);
}

void images_read_labels(struct images *images, unsigned char *labels)
{
    images_read(images->labels, labels, images->count);
}

void images_close(struct images *images)
{
    gzclose(images->pixels);
    gzclose(images->labels);
}
