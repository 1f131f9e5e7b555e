#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "files.h"

#include "networks.h"

#include <stdlib.h>
#include <string.h>

struct file_bytes saved_bytes(nn_model *model)
{
    struct file_bytes file;
    assert_ok(nn_model_save_memory(model, NULL, 0, &file.size));
    file.bytes = malloc(file.size);
    assert_non_null(file.bytes);
    assert_ok(nn_model_save_memory(model, file.bytes, file.size, &file.size));
    return file;
}

int bytes_contain(const struct file_bytes *file, const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= file->size; i++) {
        if (memcmp(file->bytes + i, text, length) == 0) {
            return 1;
        }
    }
    return 0;
}

size_t header_size(const struct file_bytes *file)
{
    size_t size = 0;
    for (int i = 7; i >= 0; i--) {
        size = size << 8 | (unsigned char)file->bytes[i];
    }
    return size + 8;
}

struct file_bytes made_file(const char *header, int count)
{
    size_t length = 0;
    char *bytes = malloc(8 + 2 * strlen(header) + (size_t)count * sizeof(float));
    assert_non_null(bytes);
    for (const char *c = header; *c != '\0'; c++) {
        if (*c == '\'') {
            bytes[8 + length++] = '\\';
        }
        bytes[8 + length++] = *c == '\'' ? '"' : *c;
    }
    for (int i = 0; i < 8; i++) {
        bytes[i] = (char)(length >> (8 * i));
    }
    for (int i = 0; i < count; i++) {
        float value = (float)(i + 1);
        memcpy(bytes + 8 + length + (size_t)i * sizeof value, &value, sizeof value);
    }
    return (struct file_bytes){bytes, 8 + length + (size_t)count * sizeof(float)};
}

static const char small_header[] =
    "{\"__metadata__\":{\"nn.version\":\"1\",\"nn.model\":\"{'layers':["
    "{'name':'i','kind':'input','options':{'dtype':'float32','shape':[2]}},"
    "{'name':'d','kind':'dense','options':"
    "{'units':2,'activation':'relu','bias':1,'alpha':-1},'frozen':true}],"
    "'nodes':[{'layer':0,'inputs':[]},{'layer':1,'inputs':[0]}],"
    "'outputs':[{'node':1,'classes':['a','b']}],'seed':'42'}\"},"
    "\"d.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
    "\"d.weight\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[8,24]}}";

struct file_bytes small_file(const char *from, const char *to)
{
    const char *place = strstr(small_header, from);
    assert_non_null(place);
    size_t before = (size_t)(place - small_header);
    char *header = malloc(sizeof small_header + strlen(to));
    assert_non_null(header);
    memcpy(header, small_header, before);
    strcpy(header + before, to);
    strcat(header, place + strlen(from));
    struct file_bytes file = made_file(header, 6);
    free(header);
    return file;
}

int64_t stream_write(void *user, const void *bytes, size_t size)
{
    struct stream *stream = user;
    if (++stream->calls == stream->fail_at) {
        return -1;
    }
    size = size < stream->portion ? size : stream->portion;
    stream->bytes = realloc(stream->bytes, stream->size + size);
    assert_non_null(stream->bytes);
    memcpy(stream->bytes + stream->size, bytes, size);
    stream->size += size;
    return (int64_t)size;
}

int64_t stream_read(void *user, void *bytes, size_t size)
{
    struct stream *stream = user;
    if (++stream->calls == stream->fail_at) {
        return stream->ends ? 0 : -1;
    }
    size = size < stream->portion ? size : stream->portion;
    size = size < stream->size - stream->at ? size : stream->size - stream->at;
    memcpy(bytes, stream->bytes + stream->at, size);
    stream->at += size;
    return (int64_t)size;
}

void stream_release(struct stream *stream)
{
    free(stream->bytes);
    stream->bytes = NULL;
}
