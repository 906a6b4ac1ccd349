/* SPDX-License-Identifier: MIT */
/* A product gives each row bits that depend on nothing else, so threads share
 * out rows. Rows go through it in blocks. */
#include "linear/run.h"

#include "linear/sums.h"
#include "util/error.h"

/* Nanoseconds of work of each thread, or it is not worth waking. */
static const double least_work = 20e3;

/* to = start + from weight^T */
typedef struct {
    const srnn_gemm_weight *weight;
    const void *start;
    srnn_linear_rows from;
    srnn_linear_rows to;
    srnn_gemm_product *function;
    int64_t members;
} product;

static void multiply(void *argument, srnn_team *team, int64_t member)
{
    const product *const p = argument;
    const int64_t total = srnn_linear_rows__count(p->from.tensor);
    const int64_t end = srnn_integer__part(total, p->members, member + 1);
    int64_t at = srnn_integer__part(total, p->members, member);
    (void)team;
    for (int64_t count = 0; at < end; at += count) {
        count = srnn_integer__smaller(end - at, SRNN_LINEAR_BLOCK);
        const srnn_matrix from =
            srnn_linear_rows__at(&p->from, member, at, count);
        const srnn_matrix to = srnn_linear_rows__at(&p->to, member, at, count);
        if (!p->from.is_own)
            srnn_tensor__gather(from.data, p->from.tensor, at, count);
        p->function(from, p->weight, 0, p->start, to);
        if (!p->to.is_own)
            srnn_tensor__scatter(p->to.tensor, to.data, at, count);
    }
}

srnn_status srnn_linear_runner__choose(srnn_linear_runner *out,
                                       const srnn_linear *linear,
                                       srnn_context *context)
{
    *out = (srnn_linear_runner){.linear = linear, .context = context};
    if (context != NULL) {
        out->gemm = context->kernels.gemm;
        out->isa = context->kernels.isa;
        return SRNN_OK;
    }
    SRNN_TRY(srnn_gemm__default(&out->gemm));
    SRNN_TRY(srnn_isa__default(&out->isa, srnn_linear__out_features(linear) *
                                              srnn_dtype__size(linear->dtype)));
    return srnn_gemm__warm_up(out->gemm);
}

/* How many threads are worth it for so many rows, with a team for them. */
static srnn_status choose_members(int64_t *out, const srnn_linear_runner *r,
                                  int64_t count)
{
    srnn_context *const context = r->context;
    *out = 1;
    if (context == NULL || context->schedule == SRNN_SCHEDULE_SERIAL ||
        count / SRNN_LINEAR_BLOCK > SRNN_TEAM_MAX_BARRIERS / 4)
        return SRNN_OK;
    const double rate =
        srnn_rates__get(r->isa, context->rates).of[SRNN_RATE_OPERATIONS] *
        sizeof(float) / (double)srnn_dtype__size(r->linear->dtype);
    const double work = 2 * (double)count *
                        (double)srnn_linear__in_features(r->linear) *
                        (double)srnn_linear__out_features(r->linear) / rate;
    const int64_t most = srnn_integer__smaller(count, context->threads);
    *out =
        work / least_work < (double)most ? (int64_t)(work / least_work) : most;
    if (*out <= 1) {
        *out = 1;
        return SRNN_OK;
    }
    SRNN_TRY(srnn_context__ensure_team(context, *out));
    *out = srnn_integer__smaller(*out, srnn_team__members(context->team));
    return SRNN_OK;
}

static void run(const srnn_linear_runner *r, int64_t members,
                srnn_team_job *job, void *argument)
{
    if (members > 1)
        srnn_team__run(r->context->team, members, job, argument);
    else
        job(argument, NULL, 0);
}

/* Memory for what an arena has measured: of the context, or for this call. */
static srnn_status reserve(const srnn_linear_runner *r, srnn_arena *arena)
{
    void *memory = NULL;
    SRNN_TRY(srnn_arena__check(arena, "the buffers of the linear layer"));
    if (r->context == NULL) {
        SRNN_TRY(srnn_memory__create(&memory, arena->used));
    } else {
        SRNN_TRY(srnn_context__replace_memory(r->context, arena->used));
        memory = r->context->memory;
    }
    *arena = (srnn_arena){memory, arena->used, 0, false};
    return SRNN_OK;
}

static void give_back(const srnn_linear_runner *r, const srnn_arena *arena)
{
    if (r->context == NULL)
        srnn_memory__destroy(arena->base);
}

static void lay_out_product(product *p, srnn_arena *arena,
                            const srnn_tensor *from, const srnn_tensor *to)
{
    p->from = srnn_linear_rows__take(arena, from, p->members);
    p->to = srnn_linear_rows__take(arena, to, p->members);
}

srnn_status srnn_linear__forward(const srnn_linear_runner *r,
                                 const srnn_tensor *input,
                                 const srnn_tensor *output)
{
    const srnn_linear *const linear = r->linear;
    const void *const bias = srnn_linear__bias(linear);
    srnn_arena arena = {NULL, 0, 0, false};
    product p = {.weight = &linear->weight,
                 .start = bias == NULL ? linear->zeros : bias,
                 .function = srnn_gemm__find(r->gemm, r->isa, linear->dtype)};
    if (input->size == 0)
        return SRNN_OK;
    SRNN_TRY(choose_members(&p.members, r, srnn_linear_rows__count(input)));
    lay_out_product(&p, &arena, input, output);
    if (arena.used > 0) {
        SRNN_TRY(reserve(r, &arena));
        lay_out_product(&p, &arena, input, output);
    }
    run(r, p.members, multiply, &p);
    give_back(r, &arena);
    return SRNN_OK;
}

/* Both halves of a backward. */
typedef struct {
    srnn_linear_sums gradients;
    product d_input;
} backward;

static void lay_out_backward(backward *b, srnn_arena *arena,
                             const srnn_linear_backward_call *call)
{
    srnn_linear_sums *const a = &b->gradients;
    if (call->gradients != NULL) {
        a->d_output = srnn_linear_rows__take(arena, call->d_output, 1);
        a->input = srnn_linear_rows__take(arena, call->input, 1);
        a->scratch_bytes = srnn_outer__scratch_bytes(
            srnn_linear_rows__count(call->input), INT64_MAX);
        a->scratch = srnn_arena__take(arena, a->members, a->scratch_bytes);
    }
    if (call->d_input != NULL)
        lay_out_product(&b->d_input, arena, call->d_output, call->d_input);
}

/* Sums over no rows. */
static void accumulate_nothing(const srnn_linear_backward_call *call)
{
    const srnn_gradients *const gradients = call->gradients;
    if (gradients == NULL || call->adds)
        return;
    for (int64_t i = 0; i < gradients->owner.count; i++)
        if (gradients->is_trained[i])
            srnn_tensor__fill_zero(&gradients->tensors[i]);
}

static backward begin_backward(const srnn_linear_runner *r,
                               const srnn_linear_backward_call *call,
                               int64_t members)
{
    const srnn_linear *const linear = r->linear;
    const srnn_gradients *const gradients = call->gradients;
    const bool has_bias = linear->parameter_count > 1;
    return (backward){
        .gradients = {.weight = gradients == NULL
                                    ? NULL
                                    : srnn_gradients__of(gradients, 0),
                      .bias = gradients == NULL || !has_bias
                                  ? NULL
                                  : srnn_gradients__of(gradients, 1),
                      .adds = call->adds,
                      .kernels = srnn_outer__find(r->isa, linear->dtype),
                      .members = members},
        .d_input = {.weight = &linear->transposed,
                    .start = linear->zeros,
                    .function = srnn_gemm__find(r->gemm, r->isa, linear->dtype),
                    .members = members}};
}

srnn_status srnn_linear__backward(const srnn_linear_runner *r,
                                  const srnn_linear_backward_call *call)
{
    int64_t members = 1;
    srnn_arena arena = {NULL, 0, 0, false};
    if (call->input->size == 0) {
        accumulate_nothing(call);
        return SRNN_OK;
    }
    SRNN_TRY(choose_members(&members, r, srnn_linear_rows__count(call->input)));
    backward b = begin_backward(r, call, members);
    lay_out_backward(&b, &arena, call);
    if (arena.used > 0) {
        SRNN_TRY(reserve(r, &arena));
        lay_out_backward(&b, &arena, call);
    }
    if (call->gradients != NULL)
        run(r, members, srnn_linear_sums__add, &b.gradients);
    if (call->d_input != NULL)
        run(r, members, multiply, &b.d_input);
    give_back(r, &arena);
    return SRNN_OK;
}
