/* SPDX-License-Identifier: MIT */
/* One layer, one direction, float32, one sequence of one step: what is left is
 * the way into the library and out of it. Parameters are written while a
 * context and a stream are there, as in a program that runs. */
#include "calls.h"

#include <stdio.h>
#include <stdlib.h>

#include <simplernn.h>

#include "row.h"
#include "support/counting.h"

enum { PARAMETERS = 4, HANDLES = 4 };

typedef struct {
    int64_t inputs, hidden;
    srnn_rnn *rnn;
    srnn_context *context;
    srnn_stream *stream;
    srnn_tensor *handles[HANDLES]; /* input, h0, output, h_n */
    srnn_tensor *parameters[PARAMETERS];
    srnn_status status; /* the first failure */
} subject;

static void note(subject *s, srnn_status status)
{
    if (s->status == SRNN_OK)
        s->status = status;
}

static void *data(const subject *s, int handle)
{
    return srnn_tensor_data(s->handles[handle]);
}

static void forward_kept(void *argument)
{
    subject *const s = argument;
    note(s, srnn_context_forward(s->context, s->handles[0], s->handles[1],
                                 s->handles[2], s->handles[3]));
}

static void forward_made(void *argument)
{
    subject *const s = argument;
    srnn_tensor *made[HANDLES] = {NULL};
    for (int i = 0; i < HANDLES; i++) {
        const int64_t shape[] = {1, 1, i == 0 ? s->inputs : s->hidden};
        note(s, srnn_tensor_wrap(&made[i], data(s, i), SRNN_DTYPE_FLOAT32, 3,
                                 shape, NULL));
    }
    note(s,
         srnn_context_forward(s->context, made[0], made[1], made[2], made[3]));
    for (int i = 0; i < HANDLES; i++)
        srnn_tensor_destroy(made[i]);
}

static void forward_bare(void *argument)
{
    subject *const s = argument;
    note(s,
         srnn_context_forward_contiguous(s->context, 1, 1, data(s, 0),
                                         data(s, 1), data(s, 2), data(s, 3)));
}

static void step(void *argument)
{
    subject *const s = argument;
    note(s, srnn_stream_step(s->stream, data(s, 0), data(s, 2)));
}

static void make_handle(void *argument)
{
    subject *const s = argument;
    srnn_tensor *made = NULL;
    const int64_t shape[] = {1, 1, s->inputs};
    note(s, srnn_tensor_wrap(&made, data(s, 0), SRNN_DTYPE_FLOAT32, 3, shape,
                             NULL));
    srnn_tensor_destroy(made);
}

static void make_context(void *argument)
{
    subject *const s = argument;
    srnn_context *made = NULL;
    note(s, srnn_context_create(&made, s->rnn));
    srnn_context_destroy(made);
}

static void make_stream(void *argument)
{
    subject *const s = argument;
    srnn_stream *made = NULL;
    note(s, srnn_stream_create(&made, s->context, 1));
    srnn_stream_destroy(made);
}

static void set_all(void *argument)
{
    subject *const s = argument;
    note(s, srnn_rnn_set_parameters(
                s->rnn, (const srnn_tensor *const *)s->parameters, PARAMETERS));
}

static void set_bias(void *argument)
{
    subject *const s = argument;
    note(s, srnn_rnn_set_parameter(s->rnn, "bias_ih_l0", s->parameters[2]));
}

static void make_rnn(void *argument)
{
    subject *const s = argument;
    srnn_rnn *made = NULL;
    note(s, srnn_rnn_create_from_tensors(
                &made, (const srnn_tensor *const *)s->parameters, PARAMETERS,
                NULL));
    srnn_rnn_destroy(made);
}

static void seed_rnn(void *argument)
{
    subject *const s = argument;
    srnn_rnn *made = NULL;
    note(s, srnn_rnn_create(&made, s->inputs, s->hidden, NULL, 0));
    srnn_rnn_destroy(made);
}

typedef struct {
    const char *name;
    int64_t inputs;
    int64_t hidden;
    bench_work *work;
} timed;

static const timed timed_calls[] = {
    {"forward with kept handles", 16, 32, forward_kept},
    {"forward with handles made", 16, 32, forward_made},
    {"forward with bare addresses", 16, 32, forward_bare},
    {"step of a stream", 16, 32, step},
    {"handle made and freed", 16, 32, make_handle},
    {"context made and freed", 16, 32, make_context},
    {"stream made and freed", 16, 32, make_stream},
    {"all 4 parameters set", 256, 256, set_all},
    {"all 4 parameters set", 1024, 1024, set_all},
    {"one bias set", 256, 256, set_bias},
    {"one bias set", 1024, 1024, set_bias},
    {"rnn of tensors made and freed", 256, 256, make_rnn},
    {"rnn of tensors made and freed", 1024, 1024, make_rnn},
    {"rnn of a seed made and freed", 256, 256, seed_rnn},
    {"rnn of a seed made and freed", 1024, 1024, seed_rnn},
};

enum { TIMED = sizeof timed_calls / sizeof *timed_calls };

static bool prepare(subject *s)
{
    bool fine = bench_is_fine(
                    srnn_rnn_create(&s->rnn, s->inputs, s->hidden, NULL, 0)) &&
                bench_is_fine(srnn_context_create(&s->context, s->rnn)) &&
                bench_is_fine(srnn_stream_create(&s->stream, s->context, 1));
    for (int i = 0; i < HANDLES && fine; i++) {
        const int64_t shape[] = {1, 1, i == 0 ? s->inputs : s->hidden};
        fine = bench_is_fine(
            srnn_tensor_create(&s->handles[i], SRNN_DTYPE_FLOAT32, 3, shape));
    }
    for (int i = 0; i < PARAMETERS && fine; i++)
        fine = bench_is_fine(srnn_rnn_copy_parameter(
            &s->parameters[i], s->rnn, srnn_rnn_parameter_name(s->rnn, i)));
    return fine;
}

static void destroy(subject *s)
{
    for (int i = 0; i < PARAMETERS; i++)
        srnn_tensor_destroy(s->parameters[i]);
    for (int i = 0; i < HANDLES; i++)
        srnn_tensor_destroy(s->handles[i]);
    srnn_stream_destroy(s->stream);
    srnn_context_destroy(s->context);
    srnn_rnn_destroy(s->rnn);
}

static bool measure(bench_call *out, const timed *call,
                    const bench_effort *effort)
{
    subject s = {.inputs = call->inputs, .hidden = call->hidden};
    *out = (bench_call){
        .name = call->name, .inputs = call->inputs, .hidden = call->hidden};
    bool fine = prepare(&s);
    if (fine && !bench_timing_measure(&out->times, effort, call->work, &s)) {
        (void)fprintf(stderr, "simplernn-bench: no memory for samples\n");
        fine = false;
    }
    fine = fine && bench_is_fine(s.status);
    destroy(&s);
    return fine;
}

static int64_t living(const counting_allocator *memory)
{
    return (int64_t)memory->living;
}

/* A context, then what its first forward adds, then a stream. */
static bool weigh_objects(bench_call out[3], counting_allocator *memory,
                          int64_t hidden)
{
    subject s = {.inputs = hidden, .hidden = hidden};
    srnn_context *context = NULL;
    srnn_stream *stream = NULL;
    bool fine = prepare(&s);
    const int64_t first = living(memory);
    fine = fine && bench_is_fine(srnn_context_create(&context, s.rnn));
    const int64_t second = living(memory);
    fine = fine && bench_is_fine(
                       srnn_context_forward(context, s.handles[0], s.handles[1],
                                            s.handles[2], s.handles[3]));
    const int64_t third = living(memory);
    fine = fine && bench_is_fine(srnn_stream_create(&stream, context, 1));
    const int64_t last = living(memory);
    out[0] = (bench_call){.name = "context", .bytes = second - first};
    out[1] = (bench_call){.name = "first forward of a context",
                          .bytes = third - second};
    out[2] = (bench_call){.name = "stream", .bytes = last - third};
    for (int i = 0; i < 3; i++)
        out[i].inputs = out[i].hidden = hidden;
    srnn_stream_destroy(stream);
    srnn_context_destroy(context);
    destroy(&s);
    return fine;
}

/* Before anything is timed: the hooks have a price. */
static bool weigh(bench_call out[6])
{
    counting_allocator memory = {SIZE_MAX, 0, 0};
    if (!bench_is_fine(
            srnn_allocator_set(counting_allocate, counting_free, &memory)))
        return false;
    const bool fine =
        weigh_objects(out, &memory, 32) && weigh_objects(out + 3, &memory, 256);
    return bench_is_fine(srnn_allocator_set(NULL, NULL, NULL)) && fine;
}

int bench_calls_measure(bench_call calls[BENCH_CALLS_AT_MOST],
                        const bench_effort *effort)
{
    enum { WEIGHED = 6 };
    _Static_assert(TIMED + WEIGHED <= BENCH_CALLS_AT_MOST, "room for them");
    if (!weigh(calls + TIMED))
        return 0;
    for (int i = 0; i < TIMED; i++)
        if (!measure(&calls[i], &timed_calls[i], effort))
            return 0;
    return TIMED + WEIGHED;
}
