/* SPDX-License-Identifier: MIT */
/* srnn_*_initialise: checks, then src/rnn. */
#include "rnn/initialise.h"

#include <float.h>
#include <inttypes.h>

#include "api/check.h"
#include "api/parameter.h"
#include "linear/linear.h"
#include "tensor/dtype.h"
#include "util/cancellation.h"
#include "util/memory.h"

static srnn_status check_kind(const srnn_tensor *parameter, const char *name,
                              srnn_initialisation kind)
{
    const bool needs_matrix = kind == SRNN_INITIALISATION_ORTHOGONAL ||
                              kind == SRNN_INITIALISATION_IDENTITY;
    if (kind < SRNN_INITIALISATION_UNIFORM || kind > SRNN_INITIALISATION_ZEROS)
        return srnn_check__fail_value("kind", kind,
                                      "an SRNN_INITIALISATION_...");
    if (!needs_matrix || parameter->rank == 2)
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_SHAPE,
                            "%s is [%" PRId64 "]; %s needs a matrix", name,
                            parameter->size, srnn_constant_name(kind));
}

static double most_f32(void)
{
    return (double)FLT_MAX / 2;
}

static double most_f64(void)
{
    return DBL_MAX / 2;
}

/* The distance between the ends of a uniform distribution must be a number. */
static srnn_status check_gain(double gain, srnn_dtype dtype)
{
    const double most = SRNN_FOR_DTYPE(dtype, most)();
    return gain >= 0 && gain <= most /* NaN is not */
               ? SRNN_OK
               : srnn_error__fail(SRNN_ERROR_RANGE,
                                  "gain is %.17g, expected 0 to %.17g", gain,
                                  most);
}

static srnn_status write(const srnn_owner *owner, const srnn_tensor *parameter,
                         srnn_initialisation kind, double gain, uint64_t seed)
{
    double *vectors = NULL;
    if (kind == SRNN_INITIALISATION_ORTHOGONAL)
        SRNN_TRY(srnn_initialise__make_orthogonal(&vectors, parameter->shape[0],
                                                  parameter->shape[1], seed));
    const srnn_status status = owner->functions->begin_write(owner->object);
    if (status == SRNN_OK) {
        srnn_initialise__fill(parameter, kind, gain, seed, vectors);
        owner->functions->update(owner->object);
        owner->functions->end_write(owner->object);
    }
    srnn_memory__destroy(vectors);
    return status;
}

static srnn_status initialise(const srnn_owner *owner, const char *name,
                              srnn_initialisation kind, double gain,
                              uint64_t seed)
{
    int64_t index = 0;
    SRNN_TRY(srnn_parameter__check_name(&index, owner, name));
    const srnn_tensor parameter =
        owner->functions->parameter(owner->object, index);
    SRNN_TRY(check_kind(&parameter, name, kind));
    SRNN_TRY(check_gain(gain, owner->dtype));
    const int before = srnn_cancellation__hold();
    const srnn_status status = write(owner, &parameter, kind, gain, seed);
    srnn_cancellation__allow(before);
    return status;
}

srnn_status srnn_rnn_initialise(srnn_rnn *rnn, const char *name,
                                srnn_initialisation kind, double gain,
                                uint64_t seed)
{
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    const srnn_owner owner = srnn_owner__of_rnn(rnn);
    return initialise(&owner, name, kind, gain, seed);
}

srnn_status srnn_linear_initialise(srnn_linear *linear, const char *name,
                                   srnn_initialisation kind, double gain,
                                   uint64_t seed)
{
    SRNN_TRY(srnn_check__handle(linear, SRNN_HANDLE_LINEAR, "linear"));
    const srnn_owner owner = srnn_linear__owner(linear);
    return initialise(&owner, name, kind, gain, seed);
}
