/* SPDX-License-Identifier: MIT */
/* Labels: threads, no-valgrind */
/* What a stream takes: one block of twice its states and at most 256 bytes,
 * which shares no cache line with another one. And ten thousand streams of one
 * rnn, stepped by several threads, with the bits of a forward. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/small_rnn.h"
#include "support/tools.h"

enum { STREAMS = 10000, THREADS = 4, STEPS = 12, INPUTS = 16 };
enum { LINE = 64, POOL = 64 << 20, MAX_OVERHEAD = 256 };

/* An allocator that lays all blocks side by side, and takes none back before it
 * is told to. */
static _Alignas(LINE) unsigned char pool[POOL];
static size_t used;
static long blocks, given;
static size_t latest; /* bytes asked for last */
/* No assertion may leave the library by way of its allocator: a size or an
 * alignment that would share a line, or a block that is none of ours. */
static bool is_odd;

static void *allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    if (size % LINE != 0 || alignment != LINE)
        is_odd = true;
    if (size > POOL - used)
        return NULL;
    void *const block = pool + used;
    used += (size + LINE - 1) / LINE * LINE;
    latest = size;
    blocks++;
    given++;
    return block;
}

static void release(void *user, void *memory)
{
    (void)user;
    if ((unsigned char *)memory < pool ||
        (unsigned char *)memory >= pool + POOL)
        is_odd = true;
    if (--blocks == 0)
        used = 0;
}

static void check_footprint(const small_rnn *of, int64_t batch)
{
    srnn_stream *stream = NULL;
    srnn_rnn *const rnn = small_rnn_create(of);
    srnn_context *const context = small_rnn_context(rnn, 1, SRNN_SCHEDULE_AUTO);
    const int64_t D = of->direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    const int64_t size = element_bytes(of->dtype);
    const size_t states = (size_t)(of->L * D * batch * of->H * size);
    const long before = given;
    expect_success("stream", srnn_stream_create(&stream, context, batch));
    assert_int_equal(given, before + 1);
    assert_true(latest >= 2 * states);
    if (latest > 2 * states + MAX_OVERHEAD)
        fail_msg("L=%d H=%d B=%d: %zu bytes for %zu of states", (int)of->L,
                 (int)of->H, (int)batch, latest, states);
    srnn_stream_destroy(stream);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    assert_false(is_odd);
}

static void test_many_streams__take_little_more_than_their_states(void **state)
{
    static const int64_t layers[] = {1, 4, 64};
    static const int64_t sizes[] = {1, 3, 16, 33, 100};
    static const int64_t batches[] = {1, 2, 7};
    (void)state;
    for (size_t l = 0; l < 3; l++)
        for (size_t h = 0; h < 5; h++)
            for (size_t b = 0; b < 3; b++)
                for (srnn_direction direction = SRNN_DIRECTION_FORWARD;
                     direction <= SRNN_DIRECTION_BIDIRECTIONAL; direction++)
                    for (int wide = 0; wide < 2; wide++)
                        check_footprint(
                            &(small_rnn){.I = 3,
                                         .H = sizes[h],
                                         .L = layers[l],
                                         .direction = direction,
                                         .dtype = wide ? SRNN_DTYPE_FLOAT64
                                                       : SRNN_DTYPE_FLOAT32},
                            batches[b]);
}

enum { I = 4, H = 5, L = 2 };

static float inputs[INPUTS][STEPS * I];
static float wanted[INPUTS][STEPS * H]; /* of a forward */
static srnn_stream *streams[STREAMS];

/* One thread's streams: every THREADS-th, so that neighbours are of others. No
 * assertion may leave it, so it counts. */
typedef struct {
    int first;
    long wrong;
    pthread_t thread;
} worker;

static void *step_all(void *argument)
{
    worker *const w = argument;
    for (int t = 0; t < STEPS; t++)
        for (int i = w->first; i < STREAMS; i += THREADS) {
            float output[H];
            const srnn_status status = srnn_stream_step(
                streams[i], inputs[i % INPUTS] + t * I, output);
            w->wrong +=
                status != SRNN_OK ||
                memcmp(output, wanted[i % INPUTS] + t * H, sizeof output) != 0;
        }
    return NULL;
}

static void fill_wanted(srnn_context *context)
{
    for (int i = 0; i < INPUTS; i++) {
        for (int k = 0; k < STEPS * I; k++)
            inputs[i][k] = (float)((i * 7 + k) % 19 - 9) / 8;
        expect_success("forward", srnn_context_forward_contiguous(
                                      context, STEPS, 1, inputs[i], NULL,
                                      wanted[i], NULL));
    }
}

/* A step, a reset: nothing outside of the stream's own block changes. */
static void check_written(int i, const unsigned char *before)
{
    const size_t begin = (size_t)((unsigned char *)streams[i] - pool);
    float output[H];
    assert_int_equal(begin % LINE, 0);
    expect_success("step", srnn_stream_step(streams[i], inputs[0], output));
    expect_success("reset", srnn_stream_reset(streams[i], NULL, NULL, 1));
    assert_memory_not_equal(pool + begin, before + begin, latest);
    assert_memory_equal(pool, before, begin);
    assert_memory_equal(pool + begin + latest, before + begin + latest,
                        used - begin - latest);
    memcpy(pool + begin, before + begin, latest);
}

static void test_many_streams__step_at_once(void **state)
{
    (void)state;
    worker workers[THREADS];
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = I, .H = H, .L = L, .seed = 6});
    srnn_context *const context = small_rnn_context(rnn, 1, SRNN_SCHEDULE_AUTO);
    fill_wanted(context);
    for (int i = 0; i < STREAMS; i++)
        expect_success("stream", srnn_stream_create(&streams[i], context, 1));
    srnn_context_destroy(context);
    assert_false(is_odd);
    unsigned char *const before = malloc(POOL);
    assert_non_null(before);
    SANITIZER_BELIEVE(pool, POOL);
    memcpy(before, pool, POOL);
    for (int i = 1; i < STREAMS; i += STREAMS / 7)
        check_written(i, before);
    free(before);
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.first = i};
        assert_int_equal(
            pthread_create(&workers[i].thread, NULL, step_all, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].wrong, 0);
    }
    for (int i = 0; i < STREAMS; i++)
        srnn_stream_destroy(streams[i]);
    srnn_rnn_destroy(rnn);
    assert_int_equal(blocks, 0);
    assert_false(is_odd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_streams__take_little_more_than_their_states),
        cmocka_unit_test(test_many_streams__step_at_once),
    };
    if (srnn_allocator_set(allocate, release, NULL) != SRNN_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
