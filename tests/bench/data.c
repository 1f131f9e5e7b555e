/* Numbers from a hash of position and salt: two rounds of multiply and xor-shift, whose top
 * 24 bits become a float without rounding. */
#define _POSIX_C_SOURCE 200809L

#include "data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t data_hash(uint32_t position, uint32_t salt)
{
    uint32_t u = position * 0x9E3779B9u + salt * 0x85EBCA6Bu;
    u ^= u >> 16;
    u *= 0x7FEB352Du;
    u ^= u >> 15;
    u *= 0x846CA68Bu;
    return u ^ (u >> 16);
}

/* In [-1, 1). */
static float data_number(int64_t position, uint32_t salt)
{
    return (float)(data_hash((uint32_t)position, salt) >> 8) * 0x1p-23f - 1.0f;
}

void data_uniform(float *values, int64_t count, uint32_t salt, float scale)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = scale * data_number(i, salt);
}

void data_labels(int32_t *labels, int64_t count, int32_t classes)
{
    for (int64_t i = 0; i < count; i++)
        labels[i] = (int32_t)(data_hash((uint32_t)i, DATA_LABELS) % (uint32_t)classes);
}

float data_weight_scale(int64_t inputs)
{
    return (float)(1 / sqrt((double)inputs));
}

void data_check(const float *values, int64_t count, double check[2])
{
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += (double)values[i] * (double)data_number(i, DATA_CHECK);
        squares += (double)values[i] * (double)values[i];
    }
    check[0] = sum;
    check[1] = sqrt(squares);
}

void *data_zeros(int64_t count, int64_t size)
{
    void *memory = NULL;
    size_t bytes = (size_t)count * (size_t)size;
    if (posix_memalign(&memory, 64, bytes > 0 ? bytes : 1) != 0) {
        fprintf(stderr, "no memory for %zu bytes\n", bytes);
        exit(1);
    }
    return memset(memory, 0, bytes);
}
