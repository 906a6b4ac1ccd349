/* SPDX-License-Identifier: MIT */
/* srnn_linear_forward and srnn_linear_backward: checks, then src/linear. */
#include "linear/run.h"

#include <inttypes.h>

#include "api/check.h"
#include "util/cancellation.h"
#include "util/float_mode.h"
#include "util/text.h"

enum { SHAPE_ROOM = 200 };

/* [...,in_features] in the dtype of the layer. */
static srnn_status check_input(const srnn_linear *linear,
                               const srnn_tensor *input)
{
    const int64_t in = srnn_linear__in_features(linear);
    char shape[SHAPE_ROOM];
    srnn_text text = {shape, sizeof shape, 0};
    srnn_linear_name name;
    SRNN_TRY(
        srnn_check__dtype(input, "input", linear->dtype, "the linear layer"));
    if (input->rank > 0 && input->shape[input->rank - 1] == in)
        return SRNN_OK;
    srnn_text__append_shape(&text, input->rank, input->shape);
    return srnn_error__fail(SRNN_ERROR_SHAPE,
                            "input is %s; %s needs [..., in_features=%" PRId64
                            "]",
                            shape, srnn_linear__name(&name, linear), in);
}

/* A tensor that has the leading axes of the input, and so many features. */
static srnn_status check_like_input(const srnn_linear *linear,
                                    const srnn_tensor *input,
                                    const srnn_tensor *tensor, const char *name,
                                    int64_t features)
{
    srnn_tensor wanted = *input;
    char shapes[3][SHAPE_ROOM] = {{0}};
    const srnn_tensor *const all[] = {tensor, input, &wanted};
    srnn_linear_name owner;
    if (tensor == NULL)
        return SRNN_OK;
    SRNN_TRY(
        srnn_check__dtype(tensor, name, linear->dtype, "the linear layer"));
    wanted.shape[wanted.rank - 1] = features;
    if (srnn_tensor__same_shape(tensor, &wanted))
        return SRNN_OK;
    for (int i = 0; i < 3; i++) {
        srnn_text text = {shapes[i], SHAPE_ROOM, 0};
        srnn_text__append_shape(&text, all[i]->rank, all[i]->shape);
    }
    return srnn_error__fail(
        SRNN_ERROR_SHAPE, "%s is %s; with an input of %s, %s needs %s", name,
        shapes[0], shapes[1], srnn_linear__name(&owner, linear), shapes[2]);
}

/* What a call of either kind is made with. */
typedef struct {
    const srnn_linear *linear;
    srnn_context *context;
    const srnn_tensor *output;      /* NULL: a backward */
    srnn_linear_backward_call call; /* forward: only input */
} request;

static srnn_status run_inside(const request *r)
{
    const bool flushes = r->context != NULL && r->context->flushes;
    srnn_linear_runner runner;
    SRNN_TRY(srnn_linear_runner__choose(&runner, r->linear, r->context));
    const uint64_t mode = srnn_float_mode__begin(flushes);
    const srnn_status status =
        r->output != NULL
            ? srnn_linear__forward(&runner, r->call.input, r->output)
            : srnn_linear__backward(&runner, &r->call);
    srnn_float_mode__end(flushes, mode);
    return status;
}

static srnn_status enter_gradients(const request *r)
{
    srnn_gradients *const gradients = r->call.gradients;
    if (gradients == NULL)
        return run_inside(r);
    SRNN_TRY(srnn_gradients__enter(gradients));
    const srnn_status status = run_inside(r);
    srnn_gradients__leave(gradients);
    return status;
}

static srnn_status enter_linear(const request *r)
{
    SRNN_TRY(srnn_linear__enter(r->linear));
    const srnn_status status = enter_gradients(r);
    srnn_linear__leave(r->linear);
    return status;
}

/* A thread that were cancelled inside would keep writers out for ever. */
static srnn_status enter(const request *r)
{
    if (r->context != NULL) {
        SRNN_TRY(srnn_context__enter(r->context));
        const srnn_status status = enter_linear(r);
        srnn_context__leave(r->context);
        return status;
    }
    const int before = srnn_cancellation__hold();
    const srnn_status status = enter_linear(r);
    srnn_cancellation__allow(before);
    return status;
}

static srnn_status check_objects(const srnn_linear *linear,
                                 const srnn_context *context,
                                 const srnn_tensor *input)
{
    SRNN_TRY(srnn_check__handle(linear, SRNN_HANDLE_LINEAR, "linear"));
    if (context != NULL)
        SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    return srnn_check__handle(input, SRNN_HANDLE_TENSOR, "input");
}

srnn_status srnn_linear_forward(const srnn_linear *linear,
                                srnn_context *context, const srnn_tensor *input,
                                srnn_tensor *output)
{
    const request r = {linear, context, output, {.input = input}};
    SRNN_TRY(check_objects(linear, context, input));
    SRNN_TRY(srnn_check__result(output, "output"));
    SRNN_TRY(check_input(linear, input));
    SRNN_TRY(check_like_input(linear, input, output, "output",
                              srnn_linear__out_features(linear)));
    SRNN_TRY(srnn_check__apart(output, "output", input, "input"));
    return enter(&r);
}

static srnn_status check_gradients(const srnn_linear *linear,
                                   const srnn_gradients *gradients)
{
    if (gradients == NULL)
        return SRNN_OK;
    SRNN_TRY(srnn_check__handle(gradients, SRNN_HANDLE_GRADIENTS, "gradients"));
    if (gradients->owner.object == linear)
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_INVALID,
                            "gradients are not those of this linear layer; "
                            "create them with srnn_gradients_create_linear");
}

static srnn_status check_apart(const srnn_linear_backward_call *call)
{
    const srnn_tensor *const flat =
        call->gradients == NULL ? NULL : call->gradients->flat;
    SRNN_TRY(srnn_check__apart(call->d_input, "d_input", call->input, "input"));
    SRNN_TRY(srnn_check__apart(call->d_input, "d_input", call->d_output,
                               "d_output"));
    SRNN_TRY(srnn_check__apart(call->d_input, "d_input", flat, "gradients"));
    SRNN_TRY(srnn_check__apart(flat, "gradients", call->input, "input"));
    return srnn_check__apart(flat, "gradients", call->d_output, "d_output");
}

srnn_status
srnn_linear_backward(const srnn_linear *linear, srnn_context *context,
                     const srnn_tensor *input, const srnn_tensor *d_output,
                     srnn_accumulation accumulation, srnn_gradients *gradients,
                     srnn_tensor *d_input)
{
    const request r = {.linear = linear,
                       .context = context,
                       .call = {.input = input,
                                .d_output = d_output,
                                .adds = accumulation == SRNN_ACCUMULATION_ADD,
                                .gradients = gradients,
                                .d_input = d_input}};
    SRNN_TRY(check_objects(linear, context, input));
    SRNN_TRY(srnn_check__handle(d_output, SRNN_HANDLE_TENSOR, "d_output"));
    SRNN_TRY(srnn_check__accumulation(accumulation));
    SRNN_TRY(check_gradients(linear, gradients));
    if (d_input != NULL)
        SRNN_TRY(srnn_check__result(d_input, "d_input"));
    SRNN_TRY(check_input(linear, input));
    SRNN_TRY(check_like_input(linear, input, d_output, "d_output",
                              srnn_linear__out_features(linear)));
    SRNN_TRY(check_like_input(linear, input, d_input, "d_input",
                              srnn_linear__in_features(linear)));
    SRNN_TRY(check_apart(&r.call));
    return enter(&r);
}
