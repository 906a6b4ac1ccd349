/* SPDX-License-Identifier: MIT */
/* usage: soak STEPS FILES CONTEXTS FOLDER
 *
 * So many steps of a stream, files that are saved and loaded, and contexts that
 * make threads, in ROUNDS rounds. Ends with 1 if the process then holds more
 * than it held after the first half: memory, descriptors, threads or maps. The
 * test takes seconds. A long run is
 *
 *     soak 10000000 100000 10000 /dev/shm
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "simplernn.h"
#include "soak/usage.h"

enum { ROUNDS = 100, I = 5, H = 17, T = 40, B = 6 };

static void check(srnn_status status)
{
    if (status == SRNN_OK)
        return;
    (void)fprintf(stderr, "%s\n", srnn_last_error());
    exit(2);
}

/* What lasts from the beginning to the end. */
typedef struct {
    char path[4096];
    srnn_rnn *rnn;
    srnn_context *context;
    srnn_stream *stream;
    srnn_tape *tape;
    srnn_gradients *gradients;
    srnn_optimizer *optimizer;
    float input[T * B * I], output[T * B * H];
} subject;

static void create(subject *s, const char *folder)
{
    (void)snprintf(s->path, sizeof s->path, "%s/soak-%ld.safetensors", folder,
                   (long)getpid());
    for (int i = 0; i < T * B * I; i++)
        s->input[i] = (float)(i % 7 - 3) / 4;
    check(srnn_rnn_create(&s->rnn, I, H, NULL, 1));
    check(srnn_context_create(&s->context, s->rnn));
    check(srnn_stream_create(&s->stream, s->context, B));
    check(srnn_tape_create(&s->tape, s->rnn));
    check(srnn_gradients_create(&s->gradients, s->rnn));
    check(srnn_optimizer_create(&s->optimizer, SRNN_OPTIMIZER_KIND_ADAM));
    check(srnn_optimizer_add(s->optimizer, s->gradients, NULL));
}

static void destroy(subject *s)
{
    srnn_optimizer_destroy(s->optimizer);
    srnn_gradients_destroy(s->gradients);
    srnn_tape_destroy(s->tape);
    srnn_stream_destroy(s->stream);
    srnn_context_destroy(s->context);
    srnn_rnn_destroy(s->rnn);
    (void)unlink(s->path);
}

/* So many steps, the first of them with new states, and a block of steps. */
static void run_stream(subject *s, long steps)
{
    const int64_t input[] = {T, B, I};
    const int64_t output[] = {T, B, H};
    srnn_tensor *x = NULL;
    srnn_tensor *y = NULL;
    check(srnn_stream_reset(s->stream, NULL, NULL, 0));
    for (long i = 0; i < steps; i++)
        check(srnn_stream_step(s->stream, s->input + i % T * B * I, s->output));
    check(srnn_tensor_wrap(&x, s->input, SRNN_DTYPE_FLOAT32, 3, input, NULL));
    check(srnn_tensor_wrap(&y, s->output, SRNN_DTYPE_FLOAT32, 3, output, NULL));
    check(srnn_stream_advance(s->stream, s->context, x, NULL, NULL, y));
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
}

/* A step of training; the input is its own target in the first columns. */
static void train(subject *s)
{
    float d_output[T * B * H];
    void *gradients[] = {NULL, NULL, NULL, NULL};
    float *const flat = srnn_tensor_data(srnn_gradients_flat(s->gradients));
    int64_t at = 0;
    for (int i = 0; i < 4; i++) {
        gradients[i] = flat + at;
        at += i == 0 ? H * I : i == 1 ? H * H : H;
    }
    check(srnn_context_record_contiguous(s->context, s->tape, T, B, s->input,
                                         NULL, NULL, NULL, NULL, s->output,
                                         NULL));
    for (int i = 0; i < T * B * H; i++)
        d_output[i] = s->output[i] - s->input[i / H * I];
    check(srnn_context_backward_contiguous(
        s->context, s->tape, s->input, d_output, NULL, SRNN_ACCUMULATION_SET,
        gradients, NULL, NULL, NULL));
    check(srnn_optimizer_step(s->optimizer));
}

/* Saves, loads, and loads what is cut short. */
static void run_file(const subject *s)
{
    static const unsigned char bytes[] = "\7\0\0\0\0\0\0\0{\"a\":1}";
    srnn_weights *weights = NULL;
    srnn_rnn *rnn = NULL;
    srnn_rnn *none = NULL;
    check(srnn_rnn_save(s->rnn, s->path, "rnn.", NULL));
    check(srnn_weights_open(&weights, s->path));
    check(srnn_rnn_create_from_weights(&rnn, weights, "rnn.", NULL));
    if (srnn_rnn_create_from_weights(&none, weights, "x.", NULL) == SRNN_OK)
        exit(2);
    srnn_weights_destroy(weights);
    srnn_rnn_destroy(rnn);
    check(srnn_optimizer_save(s->optimizer, s->path, NULL, NULL, 0, NULL));
    check(srnn_weights_open(&weights, s->path));
    check(srnn_optimizer_load(s->optimizer, weights));
    srnn_weights_destroy(weights);
    if (srnn_weights_open_memory(&weights, bytes, sizeof bytes - 1) == SRNN_OK)
        exit(2);
}

/* One with helper threads, which run a forward. */
static void run_context(subject *s)
{
    srnn_context *context = NULL;
    check(srnn_context_create(&context, s->rnn));
    check(srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS, 3));
    check(srnn_context_set_int(context, SRNN_CONTEXT_SCHEDULE,
                               SRNN_SCHEDULE_BATCH));
    check(srnn_context_forward_contiguous(context, T, B, s->input, NULL,
                                          s->output, NULL));
    srnn_context_destroy(context);
}

static void run_round(subject *s, int round, const long *counts)
{
    const long from[] = {counts[0] * round / ROUNDS, counts[1] * round / ROUNDS,
                         counts[2] * round / ROUNDS};
    const long end[] = {counts[0] * (round + 1) / ROUNDS,
                        counts[1] * (round + 1) / ROUNDS,
                        counts[2] * (round + 1) / ROUNDS};
    run_stream(s, end[0] - from[0]);
    train(s);
    for (long i = from[1]; i < end[1]; i++)
        run_file(s);
    for (long i = from[2]; i < end[2]; i++)
        run_context(s);
}

int main(int count, char **words)
{
    static subject s;
    usage before = {0};
    usage now = {0};
    if (count != 5)
        return fprintf(stderr, "usage: soak STEPS FILES CONTEXTS FOLDER\n"), 2;
    const long counts[] = {atol(words[1]), atol(words[2]), atol(words[3])};
    create(&s, words[4]);
    for (int round = 0; round < ROUNDS; round++) {
        char label[32];
        run_round(&s, round, counts);
        now = usage_now();
        if (round + 1 == ROUNDS / 2)
            before = now;
        (void)snprintf(label, sizeof label, "%d %%",
                       (round + 1) * 100 / ROUNDS);
        if ((round + 1) % (ROUNDS / 10) == 0)
            usage_print(label, &now);
    }
    destroy(&s);
    if (!usage_has_grown(&before, &now))
        return 0;
    (void)fprintf(stderr, "the process has grown\n");
    return 1;
}
