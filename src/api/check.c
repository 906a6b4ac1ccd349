/* SPDX-License-Identifier: MIT */
/* Shared argument checks. */
#include "api/check.h"

#include <inttypes.h>
#include <string.h>

#include "pointwise/activation.h"
#include "tensor/dtype.h"
#include "tensor/tensor.h"

srnn_status srnn_check__pointer(const void *pointer, const char *name)
{
    if (pointer == NULL)
        return srnn_error__fail(SRNN_ERROR_INVALID, "%s is NULL", name);
    return SRNN_OK;
}

srnn_status srnn_check__path(const char *path)
{
    SRNN_TRY(srnn_check__pointer(path, "path"));
    if (*path == '\0')
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "path is empty, expected the path of a file");
    return SRNN_OK;
}

bool srnn_check__is(const void *handle, srnn_handle_kind kind)
{
    return handle != NULL && ((const srnn_handle *)handle)->kind == kind;
}

static const char *kind_name(uint32_t kind)
{
    switch (kind) {
    case SRNN_HANDLE_TENSOR:
        return "srnn_tensor";
    case SRNN_HANDLE_CONFIG:
        return "srnn_config";
    case SRNN_HANDLE_CELL:
        return "srnn_cell";
    case SRNN_HANDLE_RNN:
        return "srnn_rnn";
    case SRNN_HANDLE_CONTEXT:
        return "srnn_context";
    case SRNN_HANDLE_WEIGHTS:
        return "srnn_weights";
    case SRNN_HANDLE_STREAM:
        return "srnn_stream";
    case SRNN_HANDLE_GRADIENTS:
        return "srnn_gradients";
    case SRNN_HANDLE_TAPE:
        return "srnn_tape";
    case SRNN_HANDLE_OPTIMIZER:
        return "srnn_optimizer";
    case SRNN_HANDLE_LINEAR:
        return "srnn_linear";
    default:
        return NULL;
    }
}

srnn_status srnn_check__handle(const void *handle, srnn_handle_kind kind,
                               const char *name)
{
    SRNN_TRY(srnn_check__pointer(handle, name));
    if (srnn_check__is(handle, kind))
        return SRNN_OK;
    const char *const found = kind_name(((const srnn_handle *)handle)->kind);
    return srnn_error__fail(SRNN_ERROR_INVALID, "%s is %s%s, expected an %s",
                            name, found == NULL ? "not a valid handle" : "an ",
                            found == NULL ? "" : found, kind_name(kind));
}

srnn_status srnn_check__result(const srnn_tensor *tensor, const char *name)
{
    SRNN_TRY(srnn_check__handle(tensor, SRNN_HANDLE_TENSOR, name));
    if (tensor->is_read_only)
        return srnn_error__fail(
            SRNN_ERROR_STATE,
            "%s is a read-only tensor, but the call writes to it", name);
    return SRNN_OK;
}

srnn_status srnn_check__range(int64_t value, const char *name, int64_t minimum,
                              int64_t maximum)
{
    if (value >= minimum && value <= maximum)
        return SRNN_OK;
    if (maximum == INT64_MAX)
        return srnn_error__fail(SRNN_ERROR_RANGE,
                                "%s is %" PRId64 ", expected at least %" PRId64,
                                name, value, minimum);
    return srnn_error__fail(
        SRNN_ERROR_RANGE, "%s is %" PRId64 ", expected %" PRId64 " to %" PRId64,
        name, value, minimum, maximum);
}

srnn_status srnn_check__fail_option(int32_t option, const char *owner,
                                    const char *names)
{
    const char *const name = option > 0 ? srnn_constant_name(option) : NULL;
    if (name == NULL)
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "option is %d, expected an %s... of %s",
                                (int)option, names, owner);
    return srnn_error__fail(SRNN_ERROR_INVALID, "%s is not an option of %s",
                            name, owner);
}

srnn_status srnn_check__fail_type(int32_t option, bool is_real)
{
    return srnn_error__fail(
        SRNN_ERROR_INVALID, "%s is %s: call the function that ends in %s",
        srnn_constant_name(option), is_real ? "real" : "an integer",
        is_real ? "_real" : "_int");
}

srnn_status srnn_check__fail_value(const char *name, int64_t value,
                                   const char *expected)
{
    /* Below them are statuses and options: a number there means a number. */
    enum { FIRST_ENUMERATOR = 1001 };
    const char *const meaning =
        value < FIRST_ENUMERATOR ? NULL : srnn_constant_name(value);
    if (meaning == NULL)
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "%s is %" PRId64 ", expected %s", name, value,
                                expected);
    return srnn_error__fail(SRNN_ERROR_INVALID, "%s is %s, expected %s", name,
                            meaning, expected);
}

srnn_status srnn_check__nonlinearity(const char *name, int64_t value)
{
#define OR(id, ...) " or SRNN_NONLINEARITY_" #id
    static const char names[] = SRNN_ACTIVATION_ROWS(OR, );
    if (srnn_activation__is_known(value))
        return SRNN_OK;
    return srnn_check__fail_value(name, value, names + strlen(" or "));
}

srnn_status srnn_check__direction(const char *name, int64_t value)
{
    if (value >= SRNN_DIRECTION_FORWARD &&
        value <= SRNN_DIRECTION_BIDIRECTIONAL)
        return SRNN_OK;
    return srnn_check__fail_value(name, value,
                                  "SRNN_DIRECTION_FORWARD, "
                                  "SRNN_DIRECTION_REVERSE or "
                                  "SRNN_DIRECTION_BIDIRECTIONAL");
}

srnn_status srnn_check__accumulation(srnn_accumulation accumulation)
{
    if (accumulation == SRNN_ACCUMULATION_SET ||
        accumulation == SRNN_ACCUMULATION_ADD)
        return SRNN_OK;
    return srnn_check__fail_value(
        "accumulation", accumulation,
        "SRNN_ACCUMULATION_SET or SRNN_ACCUMULATION_ADD");
}

srnn_status srnn_check__aligned(const void *address, const char *name,
                                srnn_dtype dtype)
{
    const int64_t size = srnn_dtype__alignment(dtype);
    if (((uintptr_t)address & ((uintptr_t)size - 1)) == 0)
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_INVALID,
                            "%s is at %p, which is not a multiple of "
                            "%" PRId64 " bytes, the alignment of %s",
                            name, address, size, srnn_dtype__name(dtype));
}

srnn_status srnn_check__dtype_is_known(int64_t dtype)
{
#define APPEND(id, ...) ", SRNN_DTYPE_" #id
    static const char names[] = SRNN_DTYPES(APPEND);
    if (srnn_dtype__is_known(dtype))
        return SRNN_OK;
    return srnn_check__fail_value("dtype", dtype, names + strlen(", "));
}

srnn_status srnn_check__dtype_is_real(int64_t dtype, const char *name)
{
    if (srnn_dtype__is_real(dtype))
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_DTYPE,
                            "%s is %s; the library computes in float32 or "
                            "float64",
                            name, srnn_dtype__name(dtype));
}

srnn_status srnn_check__dtype(const srnn_tensor *tensor, const char *name,
                              srnn_dtype wanted, const char *owner)
{
    if (tensor->dtype != wanted)
        return srnn_error__fail(SRNN_ERROR_DTYPE, "%s is %s; %s is %s", name,
                                srnn_dtype__name(tensor->dtype), owner,
                                srnn_dtype__name(wanted));
    return SRNN_OK;
}

bool srnn_check__fits_states(srnn_dimension wanted[3],
                             const srnn_tensor *states, int32_t rank,
                             const int64_t *shape, bool is_result)
{
    wanted[0] = (srnn_dimension){"num_layers*num_directions", shape[0]};
    wanted[1] = (srnn_dimension){"batch", shape[1]};
    wanted[rank - 1] = (srnn_dimension){"hidden_size", shape[rank - 1]};
    if (srnn_shape__matches(states->rank, states->shape, rank, wanted))
        return true;
    if (is_result || rank != 3)
        return false;
    const srnn_dimension shared[] = {wanted[0], {"batch", 1}, wanted[2]};
    return srnn_shape__matches(states->rank, states->shape, rank, shared);
}

srnn_status srnn_check__apart(const srnn_tensor *result,
                              const char *result_name, const srnn_tensor *other,
                              const char *other_name)
{
    if (result != NULL && other != NULL && srnn_tensor__overlap(result, other))
        return srnn_error__fail(SRNN_ERROR_ALIAS,
                                "the memory of %s at %p overlaps the memory of "
                                "%s at %p",
                                result_name, result->data, other_name,
                                other->data);
    return SRNN_OK;
}
