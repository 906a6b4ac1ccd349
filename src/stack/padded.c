/* SPDX-License-Identifier: MIT */
/* Distributes the sequences of a padded batch over the members of a team. */
#include "stack/padded.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "stack/forward.h"
#include "stack/packed.h"
#include "stack/rows.h"
#include "tensor/dtype.h"
#include "util/error.h"
#include "util/integer.h"

typedef struct {
    srnn_plan *plan;
    const srnn_padded_call *call;
    srnn_packed_sequence
        *rows; /* [B]: member after member, by falling length in each */
    srnn_packed_worker *workers;
    srnn_tensor fresh; /* that of the call, or a packed stand-in */
} job;

static void run_member(void *argument, srnn_team *team, int64_t member)
{
    const job *const j = argument;
    (void)team;
    srnn_packed__run(&j->workers[member]);
}

int64_t srnn_padded__length(const srnn_padded_call *call, int64_t T, int64_t b)
{
    const srnn_tensor *const lengths = call->lengths;
    if (lengths == NULL)
        return T;
    const int64_t *const all = lengths->data;
    return all[b * srnn_padded__stride(lengths)];
}

/* How many of B rows a member has. */
static int64_t rows_of_member(int64_t B, int64_t members, int64_t member)
{
    return srnn_integer__divide_up(B - member, members);
}

/* Longest first, to the members in turn, so that each has as much to do. order
 * is memory for 2*B. */
static void distribute(const job *j, int64_t *order)
{
    const srnn_plan *const p = j->plan;
    const srnn_tensor *const lengths = j->call->lengths;
    srnn_packed_sequence *next_row = j->rows;
    assert(next_row != NULL && order != NULL); /* placed */
    if (lengths != NULL)
        srnn_rows__order(order, order + p->B, p->B, lengths->data,
                         srnn_padded__stride(lengths));
    for (int64_t member = 0; member < p->partition.members; member++)
        for (int64_t i = member; i < p->B; i += p->partition.members) {
            const int64_t b = lengths == NULL ? i : order[i];
            *next_row++ = (srnn_packed_sequence){
                srnn_padded__length(j->call, p->T, b), b};
        }
}

/* A chunk of rows of that width, within some MiB, if there are so many steps;
 * at least one step of all rows, and a tile. */
static int64_t rows_of_window(const srnn_plan *p, int64_t count, int64_t width)
{
    enum { BYTES = 4 << 20, TILE = 16 };
    const int64_t fit = BYTES / width / srnn_dtype__size(p->input.dtype);
    const int64_t chunk =
        SRNN_FOR_DTYPE(p->input.dtype, srnn_layer__chunk)(1, width);
    const int64_t most = srnn_integer__smaller(chunk, fit > TILE ? fit : TILE);
    const int64_t steps =
        srnn_integer__smaller(p->T, most); /* their product fits */
    const int64_t rows =
        srnn_integer__smaller(most, steps * srnn_integer__smaller(count, most));
    return rows > count ? rows : count;
}

static srnn_packed_worker take_worker(const job *j, srnn_arena *arena,
                                      int64_t member)
{
    srnn_plan *const p = j->plan;
    const srnn_options *const options = &p->rnn->options;
    const int64_t H = options->hidden_size;
    const int64_t size = srnn_dtype__size(p->input.dtype);
    const int64_t width = srnn_options__directions(options) * H;
    srnn_packed_worker w = {
        .plan = p,
        .call = j->call,
        .fresh = j->call->fresh == NULL ? NULL : &j->fresh,
        .count = rows_of_member(p->B, p->partition.members, member)};
    const int64_t x_width = p->is_in_place && width > options->input_size
                                ? width
                                : options->input_size;
    w.capacity = rows_of_window(p, w.count, x_width > H ? x_width : H);
    w.x = srnn_arena__take_matrix(arena, w.capacity, x_width, size);
    w.y[0] = srnn_arena__take_matrix(arena, w.capacity, H, size);
    w.y[1] = w.y[0];
    if (options->num_layers > 1 && !p->is_in_place)
        w.y[1] = srnn_arena__take_matrix(arena, w.capacity, H, size);
    w.mixed = srnn_arena__take_matrix(arena, w.count, H, size);
    return w;
}

/* See srnn_arena. Returns memory for distribute. */
static int64_t *lay_out(job *j, srnn_arena *arena)
{
    srnn_plan *const p = j->plan;
    int64_t first = 0;
    srnn_plan__lay_out_ends(p, arena);
    if (j->call->fresh != NULL) {
        const srnn_tensor fresh =
            srnn_tensor__take_packed(arena, j->call->fresh);
        j->fresh = srnn_plan__spread(p, &fresh);
    }
    j->rows = srnn_arena__take(arena, p->B, sizeof(srnn_packed_sequence));
    int64_t *const order = srnn_arena__take(arena, p->B, 2 * sizeof *order);
    j->workers = srnn_arena__take(arena, p->partition.members,
                                  sizeof(srnn_packed_worker));
    for (int64_t member = 0; member < p->partition.members; member++) {
        srnn_packed_worker w = take_worker(j, arena, member);
        w.first = first;
        first += w.count;
        if (j->workers == NULL)
            continue;
        w.rows = j->rows + w.first;
        j->workers[member] = w;
    }
    return order;
}

static srnn_status lay_out_in_context(job *j, srnn_context *context,
                                      int64_t **order)
{
    srnn_arena arena = {NULL, 0, 0, false};
    (void)lay_out(j, &arena);
    SRNN_TRY(srnn_arena__check(&arena, "the buffers between layers"));
    SRNN_TRY(srnn_context__reserve(context, arena.used));
    arena = (srnn_arena){context->memory, context->capacity, 0, false};
    *order = lay_out(j, &arena);
    return SRNN_OK;
}

/* The steps of a row on average. */
static int64_t count_steps(const srnn_plan *p, const srnn_padded_call *call)
{
    int64_t sum = 0;
    if (call->lengths == NULL)
        return p->T;
    for (int64_t b = 0; b < p->B; b++)
        sum += srnn_padded__length(call, p->T, b);
    return sum / p->B;
}

srnn_status srnn_padded__forward(srnn_context *context,
                                 const srnn_cell_kernels *kernels,
                                 const srnn_padded_call *call)
{
    srnn_plan p;
    job j = {.plan = &p, .call = call};
    int64_t *order = NULL;
    srnn_context__forget(context); /* whose memory this takes */
    srnn_plan__begin(&p, context->rnn, kernels, &call->tensors);
    if (srnn_plan__is_empty(&p)) {
        srnn_forward__keep_states(call->tensors.h_n, call->tensors.h0);
        return SRNN_OK;
    }
    const int64_t steps = count_steps(&p, call);
    SRNN_TRY(srnn_context__partition(context, &p, steps > 0 ? steps : 1, true));
    SRNN_TRY(lay_out_in_context(&j, context, &order));
    srnn_forward__read(&p);
    if (call->fresh != NULL && call->fresh->data != j.fresh.data)
        srnn_tensor__copy(&j.fresh, call->fresh);
    distribute(&j, order);
    if (p.partition.members == 1)
        run_member(&j, NULL, 0);
    else
        srnn_team__run(context->team, p.partition.members, run_member, &j);
    srnn_forward__write(&p);
    context->last_schedule = p.partition.schedule;
    context->last_threads = p.partition.members;
    return SRNN_OK;
}
