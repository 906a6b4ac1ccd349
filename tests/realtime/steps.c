/* SPDX-License-Identifier: MIT */
/* usage: steps N
 *
 * N steps of streams of several sizes, with resets in between, and with and
 * without flushing subnormals. Ends with 1 if malloc or one of its kind is
 * called meanwhile, from whichever library. A system call marks the begin
 * and the end of the steps of each stream; the gate runs this under strace,
 * where nothing may lie between the two. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "simplernn.h"

enum { MOST = 256, BATCH = 2, LAYERS = 2 };

static bool is_stepping;

/* Ours take the place of glibc's, which has them by these names too. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static void refuse_while_stepping(void)
{
    static const char text[] = "memory is allocated or freed in a step\n";
    if (!is_stepping)
        return;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(2);
    _exit(1);
}

void *malloc(size_t size)
{
    refuse_while_stepping();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    refuse_while_stepping();
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    refuse_while_stepping();
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    refuse_while_stepping();
    return __libc_memalign(alignment, size);
}

void free(void *memory)
{
    refuse_while_stepping();
    __libc_free(memory);
}

static void check(srnn_status status)
{
    if (status == SRNN_OK)
        return;
    (void)fprintf(stderr, "%s\n", srnn_last_error());
    exit(1);
}

static srnn_stream *make_stream(int64_t size, srnn_dtype dtype, bool flushes)
{
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    srnn_context *context = NULL;
    srnn_stream *stream = NULL;
    check(srnn_config_create(&config));
    check(srnn_config_set_int(config, SRNN_OPTION_NUM_LAYERS, LAYERS));
    check(srnn_config_set_int(config, SRNN_OPTION_DTYPE, dtype));
    check(srnn_rnn_create(&rnn, size, size, config, 1));
    check(srnn_context_create(&context, rnn));
    check(srnn_stream_create(&stream, context, BATCH));
    check(srnn_stream_set_int(stream, SRNN_STREAM_FLUSH_SUBNORMALS, flushes));
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    srnn_config_destroy(config);
    return stream;
}

/* All rows to zero, or one to a state that is given. */
static void reset(srnn_stream *stream, bool is_all)
{
    static const uint8_t rows[BATCH] = {0, 1};
    static const double fresh[LAYERS * MOST]; /* zeros of either dtype */
    check(srnn_stream_reset(stream, is_all ? NULL : rows, is_all ? NULL : fresh,
                            1));
}

static void run(int64_t size, srnn_dtype dtype, bool flushes, long steps)
{
    static double input[BATCH * MOST]; /* zeros of either dtype */
    static double output[BATCH * MOST];
    srnn_stream *const stream = make_stream(size, dtype, flushes);
    is_stepping = true;
    (void)getppid();
    for (long i = 0; i < steps; i++) {
        check(srnn_stream_step(stream, input, output));
        if (i % 8 == 0)
            reset(stream, i % 16 == 0);
    }
    (void)getppid();
    is_stepping = false;
    srnn_stream_destroy(stream);
}

int main(int count, char **words)
{
    static const int64_t sizes[] = {2, 16, 33, 64, 100, MOST};
    const long steps = count > 1 ? strtol(words[1], NULL, 10) : 1000;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        /* As many operations for each size, roughly. */
        const long fewer = steps / (sizes[i] > 32 ? (long)sizes[i] / 16 : 1);
        run(sizes[i], SRNN_DTYPE_FLOAT32, i % 2 == 0, fewer);
        run(sizes[i], SRNN_DTYPE_FLOAT64, i % 2 != 0, fewer);
    }
    return 0;
}
