/* SPDX-License-Identifier: MIT */
/* srnn_linear_*: checks, then src/linear. */
#include "linear/linear.h"

#include "api/check.h"
#include "api/parameter.h"
#include "io/read_linear.h"
#include "util/cancellation.h"

srnn_status srnn_linear_create(srnn_linear **out, srnn_dtype dtype,
                               int64_t in_features, int64_t out_features,
                               int32_t bias, uint64_t seed)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__dtype_is_known(dtype));
    SRNN_TRY(srnn_check__dtype_is_real(dtype, "dtype"));
    SRNN_TRY(srnn_check__range(in_features, "in_features", 1, SRNN_MAX_SIZE));
    SRNN_TRY(srnn_check__range(out_features, "out_features", 1, SRNN_MAX_SIZE));
    SRNN_TRY(srnn_check__range(bias, "bias", 0, 1));
    SRNN_TRY(
        srnn_linear__create(out, dtype, in_features, out_features, bias != 0));
    srnn_linear__initialise(*out, seed);
    return SRNN_OK;
}

srnn_status srnn_linear_create_from_weights(srnn_linear **out,
                                            const srnn_weights *weights,
                                            const char *prefix)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(weights, SRNN_HANDLE_WEIGHTS, "weights"));
    const int before = srnn_cancellation__hold();
    const srnn_status status =
        srnn_linear__read(out, weights, prefix == NULL ? "" : prefix);
    srnn_cancellation__allow(before);
    return status;
}

void srnn_linear_destroy(srnn_linear *linear)
{
    if (srnn_check__is(linear, SRNN_HANDLE_LINEAR))
        srnn_linear__release(linear);
}

srnn_dtype srnn_linear_dtype(const srnn_linear *linear)
{
    return srnn_check__is(linear, SRNN_HANDLE_LINEAR) ? linear->dtype : 0;
}

int64_t srnn_linear_in_features(const srnn_linear *linear)
{
    return srnn_check__is(linear, SRNN_HANDLE_LINEAR)
               ? srnn_linear__in_features(linear)
               : 0;
}

int64_t srnn_linear_out_features(const srnn_linear *linear)
{
    return srnn_check__is(linear, SRNN_HANDLE_LINEAR)
               ? srnn_linear__out_features(linear)
               : 0;
}

int32_t srnn_linear_has_bias(const srnn_linear *linear)
{
    return srnn_check__is(linear, SRNN_HANDLE_LINEAR) &&
           srnn_linear__bias(linear) != NULL;
}

int64_t srnn_linear_flat_size(const srnn_linear *linear)
{
    return srnn_check__is(linear, SRNN_HANDLE_LINEAR) ? linear->value_count : 0;
}

/* For a layer that has been checked. */
static srnn_owner owner_of(const srnn_linear *linear)
{
    return srnn_linear__owner((srnn_linear *)linear);
}

srnn_status srnn_linear_copy_parameter(srnn_tensor **out,
                                       const srnn_linear *linear,
                                       const char *name)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(linear, SRNN_HANDLE_LINEAR, "linear"));
    const srnn_owner owner = owner_of(linear);
    return srnn_parameter__copy(out, &owner, name);
}

srnn_status srnn_linear_set_parameter(srnn_linear *linear, const char *name,
                                      const srnn_tensor *value)
{
    int64_t index = 0;
    SRNN_TRY(srnn_check__handle(linear, SRNN_HANDLE_LINEAR, "linear"));
    const srnn_owner owner = owner_of(linear);
    SRNN_TRY(srnn_parameter__check_name(&index, &owner, name));
    SRNN_TRY(srnn_check__handle(value, SRNN_HANDLE_TENSOR, "value"));
    const srnn_dimension wanted[] = {
        {"out_features", srnn_linear__out_features(linear)},
        {"in_features", srnn_linear__in_features(linear)}};
    const srnn_tensor own = owner.functions->parameter(linear, index);
    SRNN_TRY(
        srnn_check__dtype(value, "value", linear->dtype, "the linear layer"));
    if (!srnn_shape__matches(value->rank, value->shape, own.rank, wanted))
        return srnn_shape__fail("value", value->rank, value->shape, name,
                                own.rank, wanted);
    return srnn_parameter__write(&owner, &own, value);
}

static srnn_status check_flat(const srnn_linear *linear,
                              const srnn_owner *owner,
                              const srnn_tensor *values)
{
    srnn_linear_name name;
    return srnn_parameter__check_flat(
        owner, values, srnn_linear__name(&name, linear), "the linear layer");
}

srnn_status srnn_linear_get_flat(const srnn_linear *linear, srnn_tensor *values)
{
    SRNN_TRY(srnn_check__handle(linear, SRNN_HANDLE_LINEAR, "linear"));
    SRNN_TRY(srnn_check__result(values, "values"));
    const srnn_owner owner = owner_of(linear);
    const srnn_tensor own = srnn_owner__flat(&owner);
    SRNN_TRY(check_flat(linear, &owner, values));
    srnn_tensor__copy(values, &own);
    return SRNN_OK;
}

srnn_status srnn_linear_set_flat(srnn_linear *linear, const srnn_tensor *values)
{
    SRNN_TRY(srnn_check__handle(linear, SRNN_HANDLE_LINEAR, "linear"));
    SRNN_TRY(srnn_check__handle(values, SRNN_HANDLE_TENSOR, "values"));
    const srnn_owner owner = owner_of(linear);
    const srnn_tensor own = srnn_owner__flat(&owner);
    SRNN_TRY(check_flat(linear, &owner, values));
    return srnn_parameter__write(&owner, &own, values);
}
