/* SPDX-License-Identifier: MIT */
/* srnn_context_backward: checks, then src/stack. */
#include "stack/backward.h"

#include "api/call.h"
#include "api/check.h"
#include "api/tape.h"
#include "rnn/gradients.h"
#include "util/float_mode.h"
#include "util/text.h"

/* The tensors, in the order of the arguments: those that are read, then the
 * results; and other memory that is read. */
enum { INPUT, D_OUTPUT, D_H_N, D_INPUT, D_H0, D_FRESH, TENSORS };
enum { FIRST_RESULT = D_INPUT, TAPE = TENSORS, PARAMETERS, ALL };
static const char *const names[ALL] = {
    "input", "d_output", "d_h_n",    "d_input",
    "d_h0",  "d_fresh",  "the tape", "the parameters of the rnn"};

/* A backward as it was called. The tensors of results may be NULL. */
typedef struct {
    srnn_backward_call call;
    srnn_context *context;
    const srnn_tape *tape;
    bool is_contiguous; /* then even a single sequence has a batch */
    srnn_arrays arrays;
} request;

static void list_tensors(const srnn_tensor *all[TENSORS],
                         const srnn_backward_call *call)
{
    all[INPUT] = call->input;
    all[D_OUTPUT] = call->d_output;
    all[D_H_N] = call->d_h_n;
    all[D_INPUT] = call->d_input;
    all[D_H0] = call->d_h0;
    all[D_FRESH] = call->d_fresh;
}

/* Every row has its own d_h_n. States that all rows share have one gradient. */
static srnn_status check_shapes(const request *r,
                                const srnn_tensor *const all[ALL])
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
    for (int i = 0; i < TENSORS; i++) {
        if (all[i] == NULL)
            continue;
        SRNN_TRY(srnn_checked_call__dtype(&c, all[i], names[i]));
        if (i == INPUT || i == D_OUTPUT || i == D_INPUT)
            SRNN_TRY(srnn_checked_call__sequence(
                &c, all[i], names[i], i == D_OUTPUT ? outputs : inputs));
        else
            SRNN_TRY(
                srnn_checked_call__states(&c, all[i], names[i], i == D_H_N));
    }
    return SRNN_OK;
}

/* What is written overlaps none of the first `count`, which may be NULL. */
static srnn_status check_apart(const srnn_tensor *written, const char *name,
                               const srnn_tensor *const *all, int count)
{
    for (int i = 0; i < count; i++)
        SRNN_TRY(srnn_check__apart(written, name, all[i], names[i]));
    return SRNN_OK;
}

/* A result overlaps neither a tensor before it nor the tape. */
static srnn_status check_results(const srnn_tensor *const all[ALL])
{
    for (int i = FIRST_RESULT; i < TENSORS; i++)
        SRNN_TRY(check_apart(all[i], names[i], all, i));
    for (int i = FIRST_RESULT; i < TENSORS; i++)
        SRNN_TRY(srnn_check__apart(all[i], names[i], all[TAPE], names[TAPE]));
    return SRNN_OK;
}

/* Addresses of gradients by their parameters. */
static srnn_tensor gradient_of(const request *r, int64_t index)
{
    srnn_tensor gradient = srnn_rnn__parameter(r->context->rnn, index);
    gradient.data = r->call.addresses[index];
    return gradient;
}

/* What a message calls it. */
typedef struct {
    char text[64];
} gradient_name;

static gradient_name name_of(const request *r, int64_t index)
{
    gradient_name name = {{0}};
    srnn_text text = {name.text, sizeof name.text, 0};
    srnn_text__append(&text, "the gradient of %s",
                      r->context->rnn->parameters[index].name);
    return name;
}

/* Gradient number i overlaps none before it. */
static srnn_status check_apart_before(const request *r, int64_t i)
{
    const srnn_tensor own = gradient_of(r, i);
    for (int64_t j = 0; j < i; j++) {
        const srnn_tensor other = gradient_of(r, j);
        if (other.data != NULL && srnn_tensor__overlap(&own, &other))
            return srnn_check__apart(&own, name_of(r, i).text, &other,
                                     name_of(r, j).text);
    }
    return SRNN_OK;
}

static srnn_status check_gradient(const srnn_tensor *own, const char *name,
                                  const srnn_tensor *const all[ALL])
{
    SRNN_TRY(srnn_check__aligned(own->data, name, own->dtype));
    return check_apart(own, name, all, ALL);
}

/* They are mostly those of one vector: as long as addresses rise, no pair of
 * them need be compared. A name is made only for a message. */
static srnn_status check_gradients(const request *r,
                                   const srnn_tensor *const all[ALL])
{
    uintptr_t end = 0;
    for (int64_t i = 0; i < r->context->rnn->parameter_count; i++) {
        const srnn_tensor own = gradient_of(r, i);
        if (own.data == NULL)
            continue;
        if (check_gradient(&own, "", all) != SRNN_OK)
            return check_gradient(&own, name_of(r, i).text, all);
        if ((uintptr_t)own.data < end)
            SRNN_TRY(check_apart_before(r, i));
        else
            end = (uintptr_t)own.data + (uintptr_t)own.bytes;
    }
    return SRNN_OK;
}

/* From inside. */
static srnn_status backward(const request *r)
{
    const srnn_tensor tape =
        srnn_tape__memory(r->tape, srnn_tape__recording(r->tape)->bytes);
    const srnn_tensor parameters = srnn_rnn__flat(r->context->rnn);
    const srnn_tensor *all[ALL] = {
        [TAPE] = r->tape->is_owner ? NULL : &tape, [PARAMETERS] = &parameters};
    list_tensors(all, &r->call);
    SRNN_TRY(check_shapes(r, all));
    SRNN_TRY(check_results(all));
    if (r->call.gradients != NULL)
        SRNN_TRY(
            check_apart(r->call.gradients->flat, "gradients", all, PARAMETERS));
    if (r->call.addresses != NULL)
        SRNN_TRY(check_gradients(r, all));
    const bool flushes = r->context->flushes;
    const uint64_t mode = srnn_float_mode__begin(flushes);
    const srnn_status status =
        srnn_backward__run(r->context, r->tape, &r->call);
    srnn_float_mode__end(flushes, mode);
    return status;
}

static srnn_status enter_gradients(const request *r)
{
    srnn_gradients *const gradients = r->call.gradients;
    if (gradients == NULL)
        return backward(r);
    SRNN_TRY(srnn_gradients__enter(gradients));
    const srnn_status status = backward(r);
    srnn_gradients__leave(gradients);
    return status;
}

/* Wraps arrays, input first, by the sizes of the recording. From inside. */
static srnn_status wrap_arrays(request *r, const void *const *arrays)
{
    const srnn_rnn *const rnn = r->context->rnn;
    const srnn_recording *const recording = srnn_tape__recording(r->tape);
    const int64_t T = recording->steps;
    const int64_t B = recording->batch;
    srnn_arrays *const w = &r->arrays;
    w->fits = true;
    r->call.input = srnn_arrays__wrap_input(w, rnn, T, B, arrays[INPUT]);
    r->call.d_output =
        srnn_arrays__wrap(w, rnn, SRNN_ROLE_OUTPUT, T, B, arrays[D_OUTPUT]);
    r->call.d_h_n =
        srnn_arrays__wrap(w, rnn, SRNN_ROLE_HIDDEN, T, B, arrays[D_H_N]);
    r->call.d_input =
        srnn_arrays__wrap(w, rnn, SRNN_ROLE_INPUT, T, B, arrays[D_INPUT]);
    r->call.d_h0 =
        srnn_arrays__wrap(w, rnn, SRNN_ROLE_HIDDEN, T, B, arrays[D_H0]);
    r->call.d_fresh =
        srnn_arrays__wrap(w, rnn, SRNN_ROLE_HIDDEN, T, B, arrays[D_FRESH]);
    /* A recording of no rows may have more steps than an output can have. */
    if (!w->fits)
        return srnn_call__fail_size(T, B);
    if (arrays[INPUT] == NULL && r->call.input->size > 0)
        return srnn_check__pointer(NULL, "input");
    return SRNN_OK;
}

/* Of arrays, or with the tensors of the request if that is NULL. */
static srnn_status enter_and_go_back(request *r, const void *const *arrays)
{
    srnn_context *const context = r->context;
    SRNN_TRY(srnn_context__enter(context));
    srnn_status status = srnn_tape__enter(r->tape);
    if (status == SRNN_OK) {
        status = srnn_tape__check_rnn(context, r->tape);
        if (status == SRNN_OK)
            status = srnn_tape__check(r->tape);
        if (status == SRNN_OK && arrays != NULL)
            status = wrap_arrays(r, arrays);
        if (status == SRNN_OK)
            status = enter_gradients(r);
        srnn_tape__leave(r->tape);
    }
    srnn_context__leave(context);
    return status;
}

static srnn_status check_tensor_handles(const srnn_backward_call *call)
{
    const srnn_tensor *all[TENSORS];
    list_tensors(all, call);
    for (int i = 0; i < TENSORS; i++) {
        if (i != INPUT && all[i] == NULL)
            continue;
        SRNN_TRY(i < FIRST_RESULT
                     ? srnn_check__handle(all[i], SRNN_HANDLE_TENSOR, names[i])
                     : srnn_check__result(all[i], names[i]));
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
    SRNN_TRY(srnn_check__accumulation(accumulation));
    if (gradients != NULL) {
        SRNN_TRY(
            srnn_check__handle(gradients, SRNN_HANDLE_GRADIENTS, "gradients"));
        if (gradients->owner.object != context->rnn)
            return srnn_error__fail(SRNN_ERROR_INVALID,
                                    "context and gradients are of different "
                                    "rnns; create both for the same one");
    }
    return enter_and_go_back(&r, NULL);
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
    SRNN_TRY(srnn_check__accumulation(accumulation));
    SRNN_TRY(srnn_arrays__check(arrays, names, TENSORS,
                                (srnn_dtype)context->rnn->options.dtype));
    return enter_and_go_back(&r, arrays);
}
