/* SPDX-License-Identifier: MIT */
/* srnn_context_record and srnn_context_backward: checks, then src/stack. */
#include "stack/backward.h"

#include <inttypes.h>

#include "api/call.h"
#include "api/check.h"
#include "api/tape.h"
#include "rnn/gradients.h"
#include "stack/record.h"
#include "util/float_mode.h"
#include "util/text.h"

/* Tensors of a call do not overlap the first `bytes` that the caller gave a
 * tape. */
static srnn_status check_apart_from_tape(const srnn_tape *tape, int64_t bytes,
                                         const srnn_tensor *const *tensors,
                                         const char *const *names, int count)
{
    const srnn_tensor memory =
        srnn_tensor__contiguous(tape->memory, SRNN_DTYPE_UINT8, 1, &bytes);
    for (int i = 0; !tape->is_owner && i < count; i++)
        SRNN_TRY(srnn_check__apart(tensors[i], names[i], &memory, "the tape"));
    return SRNN_OK;
}

/* The tape is written too. */
static srnn_status check_tape(const srnn_tape *tape,
                              const srnn_padded_call *call)
{
    enum { COUNT = 7 };
    const srnn_tensor *const tensors[COUNT] = {
        call->tensors.input, call->lengths, call->resets,
        call->tensors.h0,    call->fresh,   call->tensors.output,
        call->tensors.h_n};
    static const char *const names[COUNT] = {"input", "lengths", "resets", "h0",
                                             "fresh", "output",  "h_n"};
    int64_t T = 0;
    int64_t B = 0;
    srnn_tape_parts parts;
    srnn_plan__sizes(&T, &B, tape->rnn, call->tensors.input);
    const srnn_tape_sizes sizes = srnn_tape__sizes(tape, T, B);
    SRNN_TRY(srnn_tape__lay_out(&parts, &tape->rnn->options, &sizes, NULL));
    if (parts.bytes > tape->capacity)
        return SRNN_OK; /* it is refused, or takes memory of its own */
    return check_apart_from_tape(tape, parts.bytes, tensors, names, COUNT);
}

/* From inside. */
static srnn_status record(srnn_context *context, srnn_tape *tape,
                          const srnn_padded_call *call)
{
    SRNN_TRY(srnn_tape__check_rnn(context, tape));
    SRNN_TRY(srnn_padded_call__check(context, call));
    SRNN_TRY(check_tape(tape, call));
    const uint64_t mode = srnn_float_mode__begin(context->flushes);
    const srnn_status status = srnn_record__run(context, tape, call);
    srnn_float_mode__end(context->flushes, mode);
    return status;
}

static srnn_status enter_and_record(srnn_context *context, srnn_tape *tape,
                                    const srnn_padded_call *call)
{
    SRNN_TRY(srnn_context__enter(context));
    srnn_status status = srnn_tape__enter(tape);
    if (status == SRNN_OK) {
        status = record(context, tape, call);
        srnn_tape__leave(tape);
    }
    srnn_context__leave(context);
    return status;
}

/* What a recording returns: a failure other than SRNN_ERROR_BUSY empties the
 * tape, unless another thread has come in since. */
static srnn_status end_recording(srnn_tape *tape, srnn_status status)
{
    if (status == SRNN_OK || status == SRNN_ERROR_BUSY ||
        !srnn_check__is(tape, SRNN_HANDLE_TAPE) ||
        !srnn_busy__take(&tape->busy))
        return status;
    srnn_tape__forget(tape);
    srnn_tape__leave(tape);
    return status;
}

static srnn_status record_tensors(srnn_context *context, srnn_tape *tape,
                                  const srnn_padded_call *call)
{
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_check__handle(tape, SRNN_HANDLE_TAPE, "tape"));
    SRNN_TRY(srnn_padded_call__check_handles(call));
    return enter_and_record(context, tape, call);
}

srnn_status srnn_context_record(srnn_context *context, srnn_tape *tape,
                                const srnn_tensor *input,
                                const srnn_tensor *lengths,
                                const srnn_tensor *resets,
                                const srnn_tensor *h0, const srnn_tensor *fresh,
                                srnn_tensor *output, srnn_tensor *h_n)
{
    const srnn_padded_call call = {
        {.input = input, .h0 = h0, .output = output, .h_n = h_n},
        lengths,
        resets,
        fresh};
    return end_recording(tape, record_tensors(context, tape, &call));
}

/* Tensors over contiguous memory. */
typedef struct {
    srnn_tensor of[6];
    int count;
    bool fits;
} wrapped;

/* NULL for NULL. */
static const srnn_tensor *wrap(wrapped *w, const srnn_rnn *rnn, srnn_role role,
                               int64_t steps, int64_t batch, const void *data)
{
    srnn_tensor *const tensor = &w->of[w->count];
    if (data == NULL)
        return NULL;
    w->count++;
    w->fits = srnn_call__wrap(tensor, rnn, role, steps, batch, data) && w->fits;
    return tensor;
}

/* The input stands for the sizes, so it is there even without memory. */
static const srnn_tensor *wrap_input(wrapped *w, const srnn_rnn *rnn,
                                     int64_t steps, int64_t batch,
                                     const void *data)
{
    srnn_tensor *const tensor = &w->of[w->count++];
    w->fits =
        srnn_call__wrap(tensor, rnn, SRNN_ROLE_INPUT, steps, batch, data) &&
        w->fits;
    return tensor;
}

static srnn_status check_addresses(const void *const *addresses,
                                   const char *const *names, int count,
                                   srnn_dtype dtype)
{
    for (int i = 0; i < count; i++)
        SRNN_TRY(srnn_check__aligned(addresses[i], names[i], dtype));
    return SRNN_OK;
}

static srnn_status record_arrays(srnn_context *context, srnn_tape *tape,
                                 int64_t steps, int64_t batch,
                                 const void *input, const int64_t *lengths,
                                 const uint8_t *resets, const void *h0,
                                 const void *fresh, void *output, void *h_n)
{
    const void *const addresses[] = {input, h0, fresh, output, h_n};
    static const char *const names[] = {"input", "h0", "fresh", "output",
                                        "h_n"};
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_check__handle(tape, SRNN_HANDLE_TAPE, "tape"));
    SRNN_TRY(srnn_check__range(steps, "steps", 0, INT64_MAX));
    SRNN_TRY(srnn_check__range(batch, "batch", 0, INT64_MAX));
    const srnn_rnn *const rnn = context->rnn;
    SRNN_TRY(
        check_addresses(addresses, names, 5, (srnn_dtype)rnn->options.dtype));
    SRNN_TRY(srnn_check__aligned(lengths, "lengths", SRNN_DTYPE_INT64));
    wrapped w = {.fits = true};
    const bool batch_first = rnn->options.batch_first != 0;
    const int64_t grid[] = {batch_first ? batch : steps,
                            batch_first ? steps : batch};
    srnn_padded_call call = {
        {.input = wrap_input(&w, rnn, steps, batch, input),
         .h0 = wrap(&w, rnn, SRNN_ROLE_HIDDEN, steps, batch, h0),
         .output = wrap(&w, rnn, SRNN_ROLE_OUTPUT, steps, batch, output),
         .h_n = wrap(&w, rnn, SRNN_ROLE_HIDDEN, steps, batch, h_n)},
        .fresh = wrap(&w, rnn, SRNN_ROLE_HIDDEN, steps, batch, fresh)};
    if (!w.fits)
        return srnn_call__fail_size(steps, batch);
    if (input == NULL && call.tensors.input->size > 0)
        return srnn_check__pointer(NULL, "input");
    const srnn_tensor all_lengths =
        srnn_tensor__contiguous((void *)lengths, SRNN_DTYPE_INT64, 1, &batch);
    const srnn_tensor all_resets =
        srnn_tensor__contiguous((void *)resets, SRNN_DTYPE_UINT8, 2, grid);
    call.lengths = lengths == NULL ? NULL : &all_lengths;
    call.resets = resets == NULL ? NULL : &all_resets;
    return enter_and_record(context, tape, &call);
}

srnn_status srnn_context_record_contiguous(
    srnn_context *context, srnn_tape *tape, int64_t steps, int64_t batch,
    const void *input, const int64_t *lengths, const uint8_t *resets,
    const void *h0, const void *fresh, void *output, void *h_n)
{
    return end_recording(tape, record_arrays(context, tape, steps, batch, input,
                                             lengths, resets, h0, fresh, output,
                                             h_n));
}

/* A backward as it was called. The tensors of results may be NULL. */
typedef struct {
    srnn_backward_call call;
    const srnn_context *context;
    const srnn_tape *tape;
    bool is_contiguous; /* then even a single sequence has a batch */
    wrapped arrays;
} request;

static srnn_status check_recording(const request *r)
{
    const srnn_recording *const recording = srnn_tape__recording(r->tape);
    if (recording == NULL)
        return srnn_error__fail(SRNN_ERROR_STATE,
                                "the tape is empty; record a forward first");
    if (recording->version == r->tape->rnn->version)
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_STALE,
                            "parameters of the rnn were written after the "
                            "recording, or it is one of another rnn; record "
                            "again");
}

/* input, d_output, d_h_n, d_input, d_h0, d_fresh */
enum { TENSORS = 6, FIRST_RESULT = 3 };
static const char *const tensor_names[TENSORS] = {
    "input", "d_output", "d_h_n", "d_input", "d_h0", "d_fresh"};

static void list_tensors(const srnn_tensor *all[TENSORS],
                         const srnn_backward_call *call)
{
    all[0] = call->input;
    all[1] = call->d_output;
    all[2] = call->d_h_n;
    all[3] = call->d_input;
    all[4] = call->d_h0;
    all[5] = call->d_fresh;
}

static srnn_status check_shapes(const request *r)
{
    const srnn_recording *const recording = srnn_tape__recording(r->tape);
    const srnn_options *const options = &r->context->rnn->options;
    const srnn_dimension inputs = {"input_size", options->input_size};
    const srnn_dimension outputs = {"num_directions*hidden_size",
                                    srnn_options__directions(options) *
                                        options->hidden_size};
    const srnn_checked_call c = {.context = r->context,
                                 .T = recording->steps,
                                 .B = recording->batch,
                                 .batched = r->is_contiguous ||
                                            recording->has_batch != 0};
    const srnn_tensor *all[TENSORS];
    list_tensors(all, &r->call);
    for (int i = 0; i < TENSORS; i++) {
        if (all[i] == NULL)
            continue;
        SRNN_TRY(srnn_checked_call__dtype(&c, all[i], tensor_names[i]));
        if (i == 0 || i == 1 || i == 3)
            SRNN_TRY(srnn_checked_call__sequence(&c, all[i], tensor_names[i],
                                                 i == 1 ? outputs : inputs));
        else
            SRNN_TRY(
                srnn_checked_call__states(&c, all[i], tensor_names[i], i == 2));
    }
    return SRNN_OK;
}

/* A result overlaps no other tensor, and not the tape; gradients is one of
 * them, or NULL. */
static srnn_status check_aliases(const request *r, const srnn_tensor *gradients,
                                 const char *name)
{
    const srnn_tensor *all[TENSORS];
    list_tensors(all, &r->call);
    for (int i = FIRST_RESULT; gradients == NULL && i < TENSORS; i++)
        for (int j = 0; j < i; j++)
            SRNN_TRY(srnn_check__apart(all[i], tensor_names[i], all[j],
                                       tensor_names[j]));
    for (int i = 0; gradients != NULL && i < TENSORS; i++)
        SRNN_TRY(srnn_check__apart(gradients, name, all[i], tensor_names[i]));
    return check_apart_from_tape(
        r->tape, srnn_tape__recording(r->tape)->bytes,
        gradients == NULL ? all + FIRST_RESULT : &gradients,
        gradients == NULL ? tensor_names + FIRST_RESULT : &name,
        gradients == NULL ? TENSORS - FIRST_RESULT : 1);
}

/* The gradient of a parameter at its address, and what messages call it. */
typedef struct {
    srnn_tensor tensor;
    char name[128];
} named_gradient;

static named_gradient gradient_of(const request *r, int64_t index)
{
    const srnn_rnn *const rnn = r->context->rnn;
    named_gradient gradient = {.tensor = srnn_rnn__parameter(rnn, index)};
    srnn_text text = {gradient.name, sizeof gradient.name, 0};
    gradient.tensor.data = r->call.addresses[index];
    srnn_text__append(&text, "the gradient of %s", rnn->parameters[index].name);
    return gradient;
}

/* Addresses of gradients, each of the shape of its parameter. */
static srnn_status check_gradients(const request *r)
{
    const srnn_rnn *const rnn = r->context->rnn;
    const srnn_tensor parameters = srnn_rnn__flat(rnn);
    for (int64_t i = 0; i < rnn->parameter_count; i++) {
        const named_gradient own = gradient_of(r, i);
        if (own.tensor.data == NULL)
            continue;
        SRNN_TRY(
            srnn_check__aligned(own.tensor.data, own.name, own.tensor.dtype));
        SRNN_TRY(check_aliases(r, &own.tensor, own.name));
        SRNN_TRY(srnn_check__apart(&own.tensor, own.name, &parameters,
                                   "the parameters of the rnn"));
        for (int64_t j = 0; j < i; j++) {
            const named_gradient other = gradient_of(r, j);
            if (other.tensor.data != NULL)
                SRNN_TRY(srnn_check__apart(&own.tensor, own.name, &other.tensor,
                                           other.name));
        }
    }
    return SRNN_OK;
}

/* From inside. */
static srnn_status backward(const request *r)
{
    SRNN_TRY(check_recording(r));
    SRNN_TRY(check_shapes(r));
    SRNN_TRY(check_aliases(r, NULL, NULL));
    if (r->call.gradients != NULL)
        SRNN_TRY(check_aliases(r, r->call.gradients->flat, "gradients"));
    if (r->call.addresses != NULL)
        SRNN_TRY(check_gradients(r));
    srnn_context *const context = (srnn_context *)r->context;
    const uint64_t mode = srnn_float_mode__begin(context->flushes);
    const srnn_status status = srnn_backward__run(context, r->tape, &r->call);
    srnn_float_mode__end(context->flushes, mode);
    return status;
}

static srnn_status enter_gradients(const request *r)
{
    srnn_gradients *const gradients = (srnn_gradients *)r->call.gradients;
    if (gradients == NULL)
        return backward(r);
    SRNN_TRY(srnn_gradients__enter(gradients));
    const srnn_status status = backward(r);
    srnn_gradients__leave(gradients);
    return status;
}

/* Wraps arrays, input first, once the tape can tell their sizes. From inside.
 */
static srnn_status wrap_arrays(request *r, const void *const *arrays)
{
    const srnn_rnn *const rnn = r->context->rnn;
    const srnn_recording *const recording = srnn_tape__recording(r->tape);
    const int64_t T = recording == NULL ? 0 : recording->steps;
    const int64_t B = recording == NULL ? 0 : recording->batch;
    wrapped *const w = &r->arrays;
    w->fits = true;
    r->call.input = wrap_input(w, rnn, T, B, arrays[0]);
    r->call.d_output = wrap(w, rnn, SRNN_ROLE_OUTPUT, T, B, arrays[1]);
    r->call.d_h_n = wrap(w, rnn, SRNN_ROLE_HIDDEN, T, B, arrays[2]);
    r->call.d_input = wrap(w, rnn, SRNN_ROLE_INPUT, T, B, arrays[3]);
    r->call.d_h0 = wrap(w, rnn, SRNN_ROLE_HIDDEN, T, B, arrays[4]);
    r->call.d_fresh = wrap(w, rnn, SRNN_ROLE_HIDDEN, T, B, arrays[5]);
    if (!w->fits)
        return srnn_call__fail_size(T, B);
    if (arrays[0] == NULL && r->call.input->size > 0)
        return srnn_check__pointer(NULL, "input");
    return SRNN_OK;
}

/* Of arrays, or with the tensors of the request if that is NULL. */
static srnn_status enter_and_go_back(srnn_context *context, request *r,
                                     const void *const *arrays)
{
    SRNN_TRY(srnn_context__enter(context));
    srnn_status status = srnn_tape__enter(r->tape);
    if (status == SRNN_OK) {
        status = srnn_tape__check_rnn(context, r->tape);
        if (status == SRNN_OK && arrays != NULL)
            status = wrap_arrays(r, arrays);
        if (status == SRNN_OK)
            status = enter_gradients(r);
        srnn_tape__leave(r->tape);
    }
    srnn_context__leave(context);
    return status;
}

static srnn_status check_accumulation(srnn_accumulation accumulation)
{
    if (accumulation == SRNN_ACCUMULATION_SET ||
        accumulation == SRNN_ACCUMULATION_ADD)
        return SRNN_OK;
    return srnn_check__fail_value(
        "accumulation", accumulation,
        "SRNN_ACCUMULATION_SET or SRNN_ACCUMULATION_ADD");
}

static srnn_status check_tensor_handles(const srnn_backward_call *call)
{
    const srnn_tensor *all[TENSORS];
    list_tensors(all, call);
    for (int i = 0; i < TENSORS; i++) {
        if (i > 0 && all[i] == NULL)
            continue;
        SRNN_TRY(i < FIRST_RESULT
                     ? srnn_check__handle(all[i], SRNN_HANDLE_TENSOR,
                                          tensor_names[i])
                     : srnn_check__result(all[i], tensor_names[i]));
    }
    return SRNN_OK;
}

srnn_status
srnn_context_backward(srnn_context *context, const srnn_tape *tape,
                      const srnn_tensor *input, const srnn_tensor *d_output,
                      const srnn_tensor *d_h_n, srnn_accumulation accumulation,
                      srnn_gradients *gradients, srnn_tensor *d_input,
                      srnn_tensor *d_h0, srnn_tensor *d_fresh)
{
    request r = {.call = {.input = input,
                          .d_output = d_output,
                          .d_h_n = d_h_n,
                          .adds = accumulation == SRNN_ACCUMULATION_ADD,
                          .gradients = gradients,
                          .d_input = d_input,
                          .d_h0 = d_h0,
                          .d_fresh = d_fresh},
                 .context = context,
                 .tape = tape};
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_check__handle(tape, SRNN_HANDLE_TAPE, "tape"));
    SRNN_TRY(check_tensor_handles(&r.call));
    SRNN_TRY(check_accumulation(accumulation));
    if (gradients != NULL) {
        SRNN_TRY(
            srnn_check__handle(gradients, SRNN_HANDLE_GRADIENTS, "gradients"));
        if (gradients->rnn != context->rnn)
            return srnn_error__fail(SRNN_ERROR_INVALID,
                                    "context and gradients are of different "
                                    "rnns; create both for the same one");
    }
    return enter_and_go_back(context, &r, NULL);
}

srnn_status srnn_context_backward_contiguous(
    srnn_context *context, const srnn_tape *tape, const void *input,
    const void *d_output, const void *d_h_n, srnn_accumulation accumulation,
    void *const *gradients, void *d_input, void *d_h0, void *d_fresh)
{
    const void *const arrays[] = {input,   d_output, d_h_n,
                                  d_input, d_h0,     d_fresh};
    request r = {.call = {.adds = accumulation == SRNN_ACCUMULATION_ADD,
                          .addresses = gradients},
                 .context = context,
                 .tape = tape,
                 .is_contiguous = true};
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_check__handle(tape, SRNN_HANDLE_TAPE, "tape"));
    SRNN_TRY(check_accumulation(accumulation));
    SRNN_TRY(check_addresses(arrays, tensor_names, TENSORS,
                             (srnn_dtype)context->rnn->options.dtype));
    return enter_and_go_back(context, &r, arrays);
}
