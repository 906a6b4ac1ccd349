/* SPDX-License-Identifier: MIT */
/* srnn_gradients_*: checks, then src/rnn. */
#include "rnn/gradients.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "api/check.h"
#include "api/parameter.h"
#include "linear/linear.h"
#include "util/text.h"

srnn_status srnn_gradients_create(srnn_gradients **out, srnn_rnn *rnn)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    const srnn_owner owner = srnn_owner__of_rnn(rnn);
    return srnn_gradients__create(out, &owner, NULL);
}

srnn_status srnn_gradients_wrap(srnn_gradients **out, srnn_rnn *rnn, void *data)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    SRNN_TRY(srnn_check__pointer(data, "data"));
    SRNN_TRY(srnn_check__aligned(data, "data", (srnn_dtype)rnn->options.dtype));
    const srnn_tensor own = srnn_rnn__flat(rnn);
    srnn_tensor wrapped = own;
    wrapped.data = data;
    SRNN_TRY(
        srnn_check__apart(&wrapped, "data", &own, "the parameters of the rnn"));
    const srnn_owner owner = srnn_owner__of_rnn(rnn);
    return srnn_gradients__create(out, &owner, data);
}

srnn_status srnn_gradients_create_linear(srnn_gradients **out,
                                         srnn_linear *linear)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(linear, SRNN_HANDLE_LINEAR, "linear"));
    const srnn_owner owner = srnn_linear__owner(linear);
    return srnn_gradients__create(out, &owner, NULL);
}

/* A name that fits, copied. */
static srnn_status copy_name(char *to, const char *name)
{
    const size_t length = strlen(name);
    if (length == 0 || !srnn_text__is_utf8(name))
        return srnn_error__fail(SRNN_ERROR_INVALID, "name is %s",
                                length == 0 ? "empty" : "not valid UTF-8");
    SRNN_TRY(srnn_check__range((int64_t)length, "the length of name", 1,
                               SRNN_PARAMETER_NAME_SIZE - 1));
    memcpy(to, name, length + 1);
    return SRNN_OK;
}

/* What an optimizer can write as one vector. */
static srnn_status check_value(const srnn_tensor *value)
{
    SRNN_TRY(srnn_check__result(value, "value"));
    SRNN_TRY(srnn_check__dtype_is_real(value->dtype, "value"));
    if (value->size == 0)
        return srnn_error__fail(SRNN_ERROR_SHAPE, "value has no elements");
    const srnn_tensor contiguous = srnn_tensor__contiguous(
        value->data, value->dtype, value->rank, value->shape);
    if (!srnn_tensor__same_memory(value, &contiguous))
        return srnn_error__fail(SRNN_ERROR_STATE,
                                "value is not contiguous; copy it to a tensor "
                                "that is");
    return SRNN_OK;
}

srnn_status srnn_gradients_create_tensor(srnn_gradients **out,
                                         srnn_tensor *value, const char *name)
{
    srnn_named_tensor named;
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(check_value(value));
    SRNN_TRY(srnn_check__pointer(name, "name"));
    SRNN_TRY(copy_name(named.name, name));
    named.tensor = *value;
    return srnn_gradients__create_named(out, &named);
}

void srnn_gradients_destroy(srnn_gradients *gradients)
{
    if (srnn_check__is(gradients, SRNN_HANDLE_GRADIENTS))
        srnn_gradients__release(gradients);
}

const srnn_rnn *srnn_gradients_rnn(const srnn_gradients *gradients)
{
    return srnn_check__is(gradients, SRNN_HANDLE_GRADIENTS)
               ? srnn_owner__rnn(&gradients->owner)
               : NULL;
}

srnn_tensor *srnn_gradients_flat(srnn_gradients *gradients)
{
    return srnn_check__is(gradients, SRNN_HANDLE_GRADIENTS) ? gradients->flat
                                                            : NULL;
}

/* -1 for NULL and if no parameter has that name. */
static int64_t find(const srnn_gradients *gradients, const char *name)
{
    if (!srnn_check__is(gradients, SRNN_HANDLE_GRADIENTS) || name == NULL)
        return -1;
    return gradients->owner.functions->find(gradients->owner.object, name);
}

srnn_tensor *srnn_gradients_tensor(srnn_gradients *gradients, const char *name)
{
    const int64_t index = find(gradients, name);
    return index < 0 ? NULL : &gradients->tensors[index];
}

srnn_status srnn_gradients_set_trained(srnn_gradients *gradients,
                                       const char *name, int32_t trained)
{
    int64_t index = 0;
    SRNN_TRY(srnn_check__handle(gradients, SRNN_HANDLE_GRADIENTS, "gradients"));
    SRNN_TRY(srnn_parameter__check_name(&index, &gradients->owner, name));
    SRNN_TRY(srnn_check__range(trained, "trained", 0, 1));
    SRNN_TRY(srnn_gradients__enter(gradients));
    gradients->is_trained[index] = trained != 0;
    srnn_gradients__leave(gradients);
    return SRNN_OK;
}

int32_t srnn_gradients_is_trained(const srnn_gradients *gradients,
                                  const char *name)
{
    const int64_t index = find(gradients, name);
    return index >= 0 && gradients->is_trained[index];
}

/* Two of a list are neither the same nor of the same memory. */
static srnn_status check_pair(srnn_gradients *const *list, int64_t a, int64_t b)
{
    if (list[a] == list[b])
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "list[%" PRId64 "] and list[%" PRId64
                                "] are the same gradients",
                                a, b);
    if (srnn_tensor__overlap(list[a]->flat, list[b]->flat))
        return srnn_error__fail(SRNN_ERROR_ALIAS,
                                "the memory of list[%" PRId64
                                "] at %p overlaps the memory of list[%" PRId64
                                "] at %p",
                                a, list[a]->data, b, list[b]->data);
    return SRNN_OK;
}

static srnn_status check_list(srnn_gradients *const *list, int64_t count)
{
    SRNN_TRY(srnn_check__pointer(list, "list"));
    SRNN_TRY(srnn_check__range(count, "count", 1, INT64_MAX));
    for (int64_t i = 0; i < count; i++) {
        char name[40];
        srnn_text text = {name, sizeof name, 0};
        srnn_text__append(&text, "list[%" PRId64 "]", i);
        SRNN_TRY(srnn_check__handle(list[i], SRNN_HANDLE_GRADIENTS, name));
        for (int64_t before = 0; before < i; before++)
            SRNN_TRY(check_pair(list, before, i));
    }
    return SRNN_OK;
}

/* 0 and up; infinity only where it need not be finite. */
static srnn_status check_real(double value, const char *name, bool is_finite)
{
    if (value >= 0 && (isfinite(value) || !is_finite)) /* NaN is not >= 0 */
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_RANGE,
                            "%s is %.17g, expected 0 or above%s", name, value,
                            is_finite ? ", and finite" : "");
}

static void leave_all(srnn_gradients *const *list, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        srnn_gradients__leave(list[i]);
}

/* All, or none after a failure. */
static srnn_status enter_all(srnn_gradients *const *list, int64_t count)
{
    SRNN_TRY(check_list(list, count));
    for (int64_t i = 0; i < count; i++) {
        const srnn_status status = srnn_gradients__enter(list[i]);
        if (status != SRNN_OK) {
            leave_all(list, i);
            return status;
        }
    }
    return SRNN_OK;
}

srnn_status srnn_gradients_scale(srnn_gradients *const *list, int64_t count,
                                 double factor)
{
    SRNN_TRY(check_real(factor, "factor", true));
    SRNN_TRY(enter_all(list, count));
    for (int64_t i = 0; i < count; i++)
        srnn_gradients__scale(list[i], factor);
    leave_all(list, count);
    return SRNN_OK;
}

/* The first value that is not finite, or SRNN_OK. */
static srnn_status check_finite(srnn_gradients *const *list, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        const int64_t index = srnn_gradients__find_not_finite(list[i]);
        char quoted[SRNN_QUOTED_SIZE];
        if (index < 0)
            continue;
        srnn_text__quote(quoted, srnn_gradients__name(list[i], index));
        return srnn_error__fail(SRNN_ERROR_NOT_FINITE,
                                "the gradient of %s in list[%" PRId64
                                "] has a value that is NaN or infinite",
                                quoted, i);
    }
    return SRNN_OK;
}

/* Of gradients that were entered. */
static srnn_status measure(double *norm, srnn_gradients *const *list,
                           int64_t count)
{
    *norm = srnn_gradients__norm(list, count);
    if (isfinite(*norm))
        return SRNN_OK;
    SRNN_TRY(check_finite(list, count));
    return srnn_error__fail(SRNN_ERROR_NOT_FINITE,
                            "the norm of the gradients does not fit in a "
                            "double");
}

srnn_status srnn_gradients_norm(double *norm, srnn_gradients *const *list,
                                int64_t count)
{
    SRNN_TRY(srnn_check__pointer(norm, "norm"));
    SRNN_TRY(enter_all(list, count));
    const srnn_status status = measure(norm, list, count);
    leave_all(list, count);
    return status;
}

srnn_status srnn_gradients_clip_norm(double *norm, srnn_gradients *const *list,
                                     int64_t count, double maximum)
{
    SRNN_TRY(srnn_check__pointer(norm, "norm"));
    SRNN_TRY(check_real(maximum, "maximum", false));
    SRNN_TRY(enter_all(list, count));
    const srnn_status status = measure(norm, list, count);
    const double factor = maximum / (*norm + 1e-6); /* as torch has it */
    for (int64_t i = 0; i < count && status == SRNN_OK && factor < 1; i++)
        srnn_gradients__scale(list[i], factor);
    leave_all(list, count);
    return status;
}

srnn_status srnn_gradients_clip_value(srnn_gradients *const *list,
                                      int64_t count, double maximum)
{
    SRNN_TRY(check_real(maximum, "maximum", false));
    SRNN_TRY(enter_all(list, count));
    const srnn_status status = check_finite(list, count);
    for (int64_t i = 0; i < count && status == SRNN_OK; i++)
        srnn_gradients__clamp(list[i], maximum);
    leave_all(list, count);
    return status;
}
