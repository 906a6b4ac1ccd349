/* SPDX-License-Identifier: MIT */
/* Labels: long, uses-threads, no-valgrind, no-qemu */
/* What a forward takes beyond its tensors and the rnn, through the allocator:
 *
 *     peak <= 2 MiB + 2 chunks + the states [L*D,B,H]
 *
 * whatever T, where a chunk is the output of 512 steps times batch, or of as
 * many as make 256 KiB, if that is more. A stack of several bidirectional
 * layers that is not given an output makes one, [T,B,2H], as there is no other
 * way to go back over a sequence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/counting.h"
#include "support/expect.h"
#include "support/small_rnn.h"
#include "support/tools.h"

enum { I = 24, H = 80 };

/* Long enough that a second output would not fit into what is allowed, and for
 * a wavefront to have chunks of full length. Without optimisation, or with a
 * sanitizer, that would take minutes. */
#if defined(__OPTIMIZE__) && !IS_SANITIZED
enum { STEPS = 6000, FULL_WAVES = 1 };
#else
enum { STEPS = 600, FULL_WAVES = 0 };
#endif

typedef struct {
    int64_t T, B, layers;
    srnn_direction direction;
    srnn_schedule schedule;
    int64_t threads;
    int with_output;
} subject;

static counting_allocator counts;

static srnn_rnn *make_rnn(const subject *s)
{
    return small_rnn_create(&(small_rnn){
        .I = I, .H = H, .L = s->layers, .direction = s->direction, .seed = 3});
}

static int64_t directions_of(const subject *s)
{
    return s->direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
}

static srnn_tensor *make_tensor(const subject *s, const srnn_rnn *rnn,
                                srnn_role role)
{
    int64_t shape[3];
    srnn_tensor *tensor = NULL;
    expect_success("shape", srnn_rnn_shape(shape, rnn, role, s->T, s->B));
    expect_success("tensor",
                   srnn_tensor_create(&tensor, SRNN_DTYPE_FLOAT32, 3, shape));
    return tensor;
}

/* The most that a new context and its first forward have at one time. */
static size_t measure(const subject *s)
{
    srnn_rnn *const rnn = make_rnn(s);
    srnn_tensor *const input = make_tensor(s, rnn, SRNN_ROLE_INPUT);
    srnn_tensor *const h_n = make_tensor(s, rnn, SRNN_ROLE_HIDDEN);
    srnn_tensor *const output =
        s->with_output ? make_tensor(s, rnn, SRNN_ROLE_OUTPUT) : NULL;
    const size_t before = counts.living;
    counts.peak = before;
    srnn_context *const context =
        small_rnn_context(rnn, s->threads, s->schedule);
    expect_success("forward",
                   srnn_context_forward(context, input, NULL, output, h_n));
    const size_t taken = counts.peak - before;
    srnn_context_destroy(context);
    srnn_tensor_destroy(output);
    srnn_tensor_destroy(h_n);
    srnn_tensor_destroy(input);
    srnn_rnn_destroy(rnn);
    return taken;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t allowed(const subject *s)
{
    const int64_t row = directions_of(s) * H * (int64_t)sizeof(float);
    const int64_t steps = (larger(512, (256 << 10) / row) + s->B - 1) / s->B;
    const int64_t chunk = smaller(steps, s->T) * s->B * row;
    const int64_t states = s->layers * s->B * row;
    const int makes_output =
        !s->with_output && directions_of(s) == 2 && s->layers > 1;
    return (2 << 20) + 2 * chunk + states +
           (makes_output ? s->T * s->B * row : 0);
}

static void check(subject s)
{
    const size_t taken = measure(&s);
    if ((int64_t)taken > allowed(&s))
        fail_msg("T %d, B %d, %d layers, %s, %s, %s: %zu bytes, allowed %lld",
                 (int)s.T, (int)s.B, (int)s.layers,
                 srnn_constant_name(s.direction),
                 srnn_constant_name(s.schedule),
                 s.with_output ? "output" : "no output", taken,
                 (long long)allowed(&s));
    if (directions_of(&s) == 2 && s.layers > 1 && !s.with_output)
        return;
    if (s.schedule == SRNN_SCHEDULE_LAYERS && !FULL_WAVES)
        return;
    s.T *= 4;
    assert_int_equal(measure(&s), taken);
}

static void test_memory__of_a_forward_does_not_grow_with_t(void **state)
{
    (void)state;
    for (int64_t layers = 1; layers <= 8; layers += layers < 3 ? 1 : 5)
        for (srnn_direction direction = SRNN_DIRECTION_FORWARD;
             direction <= SRNN_DIRECTION_BIDIRECTIONAL; direction++)
            for (srnn_schedule schedule = SRNN_SCHEDULE_SERIAL;
                 schedule <= SRNN_SCHEDULE_COLUMNS; schedule++)
                for (int with_output = 0; with_output < 2; with_output++)
                    check((subject){STEPS, 4, layers, direction, schedule, 3,
                                    with_output});
}

/* One step of a very wide input is not made room for as if it were a window. */
static void test_memory__of_sequences_follows_their_steps(void **state)
{
    (void)state;
    srnn_context *context = NULL;
    srnn_tensor *input = NULL;
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = 65536, .H = 1, .seed = 1});
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success("input",
                   srnn_tensor_create(&input, SRNN_DTYPE_FLOAT32, 3,
                                      (const int64_t[]){40, 1, 65536}));
    counts.peak = counts.living;
    const size_t before = counts.living;
    expect_success("sequences",
                   srnn_context_forward_sequences(context, input, NULL, NULL,
                                                  NULL, NULL, NULL, NULL));
    assert_in_range(counts.peak - before, 1, 5 << 20); /* of 10 */
    srnn_tensor_destroy(input);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory__of_a_forward_does_not_grow_with_t),
        cmocka_unit_test(test_memory__of_sequences_follows_their_steps),
    };
    counts.limit = UINT32_MAX;
    if (srnn_allocator_set(counting_allocate, counting_free, &counts) !=
        SRNN_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
