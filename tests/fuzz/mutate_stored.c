/* Safetensors files are taken apart, something in them is changed, and they are put
 * together again with lengths and ranges that are right. One in five is left to libFuzzer;
 * what is no such file any more is, or the last one that was is changed instead. */
#include "io/safetensors.h"

#include "base/memory.h"
#include "base/utf8.h"

#include "mutate.h"

#include <nn/nn.h>

#include <string.h>

enum {
    TEXTS = 4,
    TENSORS = 32,
    KEY = 64,
    TEXT = 1 << 13,
    DATA = 1 << 12,
    RANK_MAX = 4,
    LONGEST = 6
};

struct part_text {
    char key[KEY], text[TEXT];
    size_t length;
};

struct part_tensor {
    char name[KEY];
    enum nni_stored type;
    int32_t rank;
    int64_t dim[NNI_STORED_RANK_MAX];
    uint8_t data[DATA]; /* what is not of the file is 0 */
};

static struct parts {
    struct part_text texts[TEXTS];
    struct part_tensor tensors[TENSORS];
    uint32_t text_count, tensor_count;
} parts, last_whole;

/* ---- taking apart ---- */

/* Texts that a writer accepts: UTF-8 without the character 0. */
static void make_valid(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    if (!nni_utf8_valid(text, length))
        for (size_t i = 0; i < length; i++)
            text[i] = (char)(text[i] & 0x7F) == '\0' ? ' ' : (char)(text[i] & 0x7F);
}

static int copy_texts(const struct nni_safetensors *file)
{
    const struct nni_json *json = &file->json;
    parts.text_count = 0;
    if (file->metadata == 0)
        return 1;
    for (int32_t node = json->nodes[file->metadata].first; node != 0;
         node = json->nodes[node].next) {
        struct part_text *part = &parts.texts[parts.text_count];
        const size_t length = json->nodes[node].length;
        const char *key = nni_json_key(json, node);
        if (parts.text_count == TEXTS || strlen(key) >= KEY || length > TEXT)
            return 0;
        memcpy(part->key, key, strlen(key) + 1);
        memcpy(part->text, nni_json_string(json, node), length);
        part->length = length;
        parts.text_count++;
    }
    return 1;
}

static int copy_tensors(const struct nni_safetensors *file)
{
    parts.tensor_count = 0;
    for (int32_t i = 0; i < file->count; i++) {
        const struct nni_stored_tensor *tensor = &file->tensors[i];
        struct part_tensor *part = &parts.tensors[i];
        if (i == TENSORS || strlen(tensor->name) >= KEY ||
            tensor->end - tensor->begin > DATA || tensor->rank > RANK_MAX)
            return 0;
        memset(part, 0, sizeof *part);
        memcpy(part->name, tensor->name, strlen(tensor->name) + 1);
        part->type = tensor->type;
        part->rank = tensor->rank;
        memcpy(part->dim, tensor->dim, sizeof part->dim);
        if (nni_safetensors_copy(file, tensor, part->data) != NN_OK)
            return 0;
        parts.tensor_count++;
    }
    return 1;
}

static int take_apart(const nn_context *context, const uint8_t *data, size_t size)
{
    struct nni_reader reader;
    struct nni_safetensors file;
    nni_reader_from_memory(&reader, context, data, size);
    int whole = nni_safetensors_open(&file, &reader) == NN_OK;
    if (whole) {
        whole = copy_texts(&file) && copy_tensors(&file);
        nni_safetensors_close(&file);
    }
    nni_reader_close(&reader);
    return whole;
}

/* ---- changing ---- */

static void change_text(struct chooser *chooser, struct part_text *part)
{
    if (choose(chooser, 8) == 0) {
        part->length = LLVMFuzzerMutate((uint8_t *)part->text, part->length, TEXT);
        make_valid(part->text, part->length);
    } else {
        part->length = mutate_json(chooser, part->text, part->length, TEXT);
    }
}

static int64_t bytes_of(const struct part_tensor *part)
{
    int64_t bytes = (int64_t)nni_stored_size(part->type);
    for (int32_t i = 0; i < part->rank; i++)
        bytes *= part->dim[i];
    return bytes;
}

/* Another type or another shape, where its elements have room. */
static void change_layout(struct chooser *chooser, struct part_tensor *part)
{
    const struct part_tensor before = *part;
    if (choose(chooser, 2) == 0)
        part->type = (enum nni_stored)choose(chooser, NNI_STORED_COUNT);
    else if (part->rank > 0 && choose(chooser, 3) != 0)
        part->dim[choose(chooser, (uint32_t)part->rank)] = choose(chooser, LONGEST);
    else if (part->rank == RANK_MAX || choose(chooser, 2) == 0)
        part->rank -= part->rank > 0;
    else
        part->dim[part->rank++] = choose(chooser, LONGEST);
    if (bytes_of(part) > DATA)
        *part = before;
}

static void change_name(struct chooser *chooser, struct part_tensor *part)
{
    if (choose(chooser, 2) == 0) {
        memcpy(part->name, parts.tensors[choose(chooser, parts.tensor_count)].name, KEY);
        return;
    }
    const size_t length =
        LLVMFuzzerMutate((uint8_t *)part->name, strlen(part->name), KEY - 1);
    make_valid(part->name, length);
    part->name[length] = '\0';
}

static void change_tensor(struct chooser *chooser, uint32_t index)
{
    struct part_tensor *part = &parts.tensors[index];
    const size_t bytes = (size_t)bytes_of(part);
    switch (choose(chooser, 8)) {
    case 0:
        change_name(chooser, part);
        break;
    case 1:
    case 2:
        change_layout(chooser, part);
        break;
    case 3:
        *part = parts.tensors[--parts.tensor_count];
        break;
    case 4:
        if (parts.tensor_count < TENSORS)
            parts.tensors[parts.tensor_count++] = *part;
        change_name(chooser, &parts.tensors[parts.tensor_count - 1]);
        break;
    default:
        if (bytes > 0)
            (void)LLVMFuzzerMutate(part->data, bytes, bytes);
        break;
    }
}

/* ---- putting together ---- */

static size_t put_together(const nn_context *context, uint8_t *data, size_t max_size)
{
    struct nni_storer storer;
    struct nni_writer writer;
    nni_storer_init(&storer, context);
    for (uint32_t i = 0; i < parts.text_count; i++)
        nni_storer_text(&storer, parts.texts[i].key, parts.texts[i].text,
                        parts.texts[i].length);
    for (uint32_t i = 0; i < parts.tensor_count; i++)
        nni_storer_tensor(&storer, parts.tensors[i].name, parts.tensors[i].type,
                          parts.tensors[i].dim, parts.tensors[i].rank,
                          parts.tensors[i].data);
    nni_writer_to_memory(&writer, data, max_size);
    const int whole = nni_storer_finish(&storer) == NN_OK && storer.size <= max_size &&
                      nni_storer_write(&storer, &writer) == NN_OK;
    nni_storer_release(&storer);
    return whole ? (size_t)writer.offset : 0;
}

/* 1 where `parts` are those of this file, or of the last one that had any. */
static int take_whole(struct chooser *chooser, const nn_context *context,
                      const uint8_t *data, size_t size)
{
    if (take_apart(context, data, size)) {
        last_whole = parts;
        return 1;
    }
    parts = last_whole;
    return parts.text_count + parts.tensor_count > 0 && choose(chooser, 2) == 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    static nn_context *context;
    struct chooser chooser = {seed};
    if (context == NULL)
        context = nn_context_create(NULL);
    if (choose(&chooser, 5) == 0 || !take_whole(&chooser, context, data, size))
        return LLVMFuzzerMutate(data, size, max_size);
    for (uint32_t more = 1; more > 0; more = choose(&chooser, 3) == 0) {
        const uint32_t things = 4 * parts.text_count + parts.tensor_count;
        const uint32_t thing = things > 0 ? choose(&chooser, things) : 0;
        if (thing < 4 * parts.text_count)
            change_text(&chooser, &parts.texts[thing / 4]);
        else if (things > 0)
            change_tensor(&chooser, thing - 4 * parts.text_count);
    }
    const size_t made = put_together(context, data, max_size);
    return made > 0 ? made : LLVMFuzzerMutate(data, size, max_size);
}
