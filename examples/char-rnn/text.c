/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "checksum.h"

enum {
    MOST_BYTES = 1 << 28,
    /* A tenth of the text is held out, but not more than this. */
    MOST_HELD_OUT = 20000
};

/* The file as it is, size bytes of it. */
static uint8_t *read_bytes(const char *path, int64_t *size)
{
    size_t capacity = 1 << 16;
    size_t count = 0;
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        fail("%s: %s", path, strerror(errno));
    uint8_t *bytes = allocate(capacity, 1);
    for (size_t n; (n = fread(bytes + count, 1, capacity - count, file)) > 0;) {
        count += n;
        if (count >= MOST_BYTES)
            fail("%s has 256 MiB or more, which is too much", path);
        if (count == capacity) {
            capacity *= 2;
            bytes = realloc(bytes, capacity);
            if (bytes == NULL)
                fail("%s: there is no memory for so much text", path);
        }
    }
    if (ferror(file))
        fail("%s: %s", path, strerror(errno));
    (void)fclose(file);
    *size = (int64_t)count;
    return bytes;
}

/* Finds the bytes that occur, and turns the text from bytes into symbols. */
static void make_symbols(text *t)
{
    uint8_t symbol_of[256] = {0};
    bool occurs[256] = {false};
    for (int64_t i = 0; i < t->size; i++)
        occurs[t->symbols[i]] = true;
    for (int byte = 0; byte < 256; byte++) {
        if (!occurs[byte])
            continue;
        symbol_of[byte] = (uint8_t)t->alphabet_size;
        t->alphabet[t->alphabet_size++] = (uint8_t)byte;
    }
    for (int64_t i = 0; i < t->size; i++)
        t->symbols[i] = symbol_of[t->symbols[i]];
}

text text_read(const char *path)
{
    text t = {.path = path};
    t.symbols = read_bytes(path, &t.size);
    t.checksum = checksum(t.symbols, (size_t)t.size);
    make_symbols(&t);
    t.held_out = t.size / 10 * 9;
    if (t.held_out < t.size - MOST_HELD_OUT)
        t.held_out = t.size - MOST_HELD_OUT;
    /* The last symbol of a strip is only a target. */
    t.strip = t.held_out / BATCH;
    t.windows = (t.strip - 1) / WINDOW;
    if (t.windows < 1)
        fail("%s: the text has %lld bytes; training needs at least %d", path,
             (long long)t.size, (WINDOW + 1) * BATCH * 10 / 9);
    return t;
}

void text_free(text *t)
{
    free(t->symbols);
}

/* Writes row number row of input and targets: symbol i of the text, and the one
 * after it. */
static void copy_symbol(const text *t, int64_t i, int64_t row,
                        srnn_tensor *input, srnn_tensor *targets)
{
    float *const one_hot =
        (float *)srnn_tensor_data(input) + row * t->alphabet_size;
    memset(one_hot, 0, (size_t)t->alphabet_size * sizeof *one_hot);
    one_hot[t->symbols[i]] = 1;
    ((int64_t *)srnn_tensor_data(targets))[row] = t->symbols[i + 1];
}

void text_copy_window(const text *t, int64_t window, srnn_tensor *input,
                      srnn_tensor *targets)
{
    for (int64_t step = 0; step < WINDOW; step++)
        for (int64_t b = 0; b < BATCH; b++)
            copy_symbol(t, b * t->strip + window * WINDOW + step,
                        step * BATCH + b, input, targets);
}

void text_copy_held_out(const text *t, srnn_tensor *input, srnn_tensor *targets)
{
    for (int64_t i = t->held_out; i < t->size - 1; i++)
        copy_symbol(t, i, i - t->held_out, input, targets);
}
