/* Model files in memory, files made of parts, and streams, for tests of files. */
#ifndef TESTS_SUPPORT_FILES_H
#define TESTS_SUPPORT_FILES_H

#include <nn/nn.h>

struct file_bytes {
    char *bytes; /* for free */
    size_t size;
};

/* What nn_model_save writes. */
struct file_bytes saved_bytes(nn_model *model);

/* 1 where the bytes contain a text. */
int bytes_contain(const struct file_bytes *file, const char *text);

/* The bytes of a safetensors file before its data. */
size_t header_size(const struct file_bytes *file);

/* A safetensors file of a header (a text in which ' stands for the quotes of JSON within
 * a string of the metadata) and `count` floats 1, 2, 3, ... */
struct file_bytes made_file(const char *header, int count);

/* The file of a small model: an input 'i' of 2, a dense layer 'd' of 2; in its header the
 * first place where `from` stands is replaced by `to`. */
struct file_bytes small_file(const char *from, const char *to);

/* Bytes that are written and read through callbacks: at most `portion` at once; call
 * `fail_at` fails, or, where `ends`, is the end. Zeroed but for these it is empty. */
struct stream {
    char *bytes;
    size_t size, at, portion;
    int calls, fail_at, ends;
};

int64_t stream_write(void *user, const void *bytes, size_t size);
int64_t stream_read(void *user, void *bytes, size_t size);
void stream_release(struct stream *stream);

#endif
