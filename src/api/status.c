/* SPDX-License-Identifier: MIT */
/* Statuses, the error text, and every constant by name and by value. */
#include <string.h>

#include "api/check.h"
#include "pointwise/activation.h"
#include "simd/isa.h"
#include "simplernn.h"
#include "tensor/dtype.h"
#include "util/text.h"

static const struct {
    srnn_status status;
    const char *name;
    const char *sentence;
} statuses[] = {
#define ROW(name, sentence)                                                    \
    {                                                                          \
        name, #name, sentence                                                  \
    }
    ROW(SRNN_OK, "success"),
    ROW(SRNN_ERROR_INVALID, "an argument is not valid"),
    ROW(SRNN_ERROR_SHAPE, "a tensor has the wrong shape"),
    ROW(SRNN_ERROR_DTYPE, "a tensor has the wrong dtype"),
    ROW(SRNN_ERROR_OVERFLOW, "a computed size does not fit in 63 bits"),
    ROW(SRNN_ERROR_ALIAS, "a result overlaps memory that it must not overlap"),
    ROW(SRNN_ERROR_NOT_FOUND, "nothing has that name"),
    ROW(SRNN_ERROR_RANGE, "a number is out of range"),
    ROW(SRNN_ERROR_BUFFER, "the buffer is too small"),
    ROW(SRNN_ERROR_NOT_FINITE, "a value is NaN or infinite"),
    ROW(SRNN_ERROR_BUSY, "another thread is using the object at this moment"),
    ROW(SRNN_ERROR_UNSUPPORTED,
        "this build, this machine or this rnn cannot do it"),
    ROW(SRNN_ERROR_IN_USE, "other objects depend on this one"),
    ROW(SRNN_ERROR_STATE, "the object does not allow it"),
    ROW(SRNN_ERROR_STALE, "parameters have changed since the object was made"),
    ROW(SRNN_ERROR_NO_MEMORY, "an allocation failed"),
    ROW(SRNN_ERROR_IO, "opening, reading or writing failed"),
    ROW(SRNN_ERROR_FORMAT, "the bytes are not a valid file"),
    ROW(SRNN_ERROR_ENVIRONMENT,
        "an environment variable SIMPLERNN_... is not valid"),
#undef ROW
};

enum { STATUSES = sizeof statuses / sizeof *statuses };

/* The other constants of the public headers; a check compares this list with
 * them. Limits and versions are numbers like any, which have no name. */
typedef struct {
    const char *name;
    int64_t value;
} constant;

#define ROW(constant)                                                          \
    {                                                                          \
#constant, constant                                                    \
    }

#define ACTIVATION(id, ...) ROW(SRNN_NONLINEARITY_##id),
#define DTYPE(id, ...) ROW(SRNN_DTYPE_##id),
#define ISA(id, ...) ROW(SRNN_ISA_##id),
static const constant enumerators[] = {
    SRNN_ACTIVATION_ROWS(ACTIVATION, ) ROW(SRNN_DIRECTION_FORWARD),
    ROW(SRNN_DIRECTION_REVERSE),
    ROW(SRNN_DIRECTION_BIDIRECTIONAL),
    ROW(SRNN_OPTION_INPUT_SIZE),
    ROW(SRNN_OPTION_HIDDEN_SIZE),
    ROW(SRNN_OPTION_NUM_LAYERS),
    ROW(SRNN_OPTION_DIRECTION),
    ROW(SRNN_OPTION_NONLINEARITY),
    ROW(SRNN_OPTION_BIAS),
    ROW(SRNN_OPTION_BATCH_FIRST),
    ROW(SRNN_OPTION_DTYPE),
    ROW(SRNN_OPTION_DROPOUT),
    ROW(SRNN_OPTION_REQUIRE_STATED),
    ROW(SRNN_OPTION_ALLOW_EXTRA),
    ROW(SRNN_CONTEXT_GEMM),
    ROW(SRNN_CONTEXT_ISA),
    ROW(SRNN_CONTEXT_NUM_THREADS),
    ROW(SRNN_CONTEXT_SCHEDULE),
    ROW(SRNN_CONTEXT_FLUSH_SUBNORMALS),
    ROW(SRNN_CONTEXT_KEEP_TINY_GRADIENTS),
    ROW(SRNN_CONTEXT_LAST_SCHEDULE),
    ROW(SRNN_CONTEXT_LAST_THREADS),
    ROW(SRNN_CONTEXT_GFLOPS),
    ROW(SRNN_CONTEXT_L2_GBPS),
    ROW(SRNN_CONTEXT_L3_GBPS),
    ROW(SRNN_CONTEXT_MEASURED_RATES),
    ROW(SRNN_TAPE_CHECKPOINT_STEPS),
    ROW(SRNN_TAPE_DROPOUT),
    ROW(SRNN_TAPE_DROPOUT_SEED),
    ROW(SRNN_TAPE_FIRST_ROW),
    ROW(SRNN_TAPE_FIRST_STEP),
    ROW(SRNN_ACCUMULATION_SET),
    ROW(SRNN_ACCUMULATION_ADD),
    ROW(SRNN_STREAM_BATCH),
    ROW(SRNN_STREAM_FLUSH_SUBNORMALS),
    ROW(SRNN_OPTIMIZER_KIND_SGD),
    ROW(SRNN_OPTIMIZER_KIND_ADAM),
    ROW(SRNN_OPTIMIZER_KIND_ADAMW),
    ROW(SRNN_OPTIMIZER_KIND_RMSPROP),
    ROW(SRNN_OPTIMIZER_LEARNING_RATE),
    ROW(SRNN_OPTIMIZER_WEIGHT_DECAY),
    ROW(SRNN_OPTIMIZER_MOMENTUM),
    ROW(SRNN_OPTIMIZER_DAMPENING),
    ROW(SRNN_OPTIMIZER_NESTEROV),
    ROW(SRNN_OPTIMIZER_BETA1),
    ROW(SRNN_OPTIMIZER_BETA2),
    ROW(SRNN_OPTIMIZER_EPSILON),
    ROW(SRNN_OPTIMIZER_ALPHA),
    ROW(SRNN_OPTIMIZER_CENTERED),
    ROW(SRNN_OPTIMIZER_CHECK_FINITE),
    ROW(SRNN_OPTIMIZER_STEPS),
    ROW(SRNN_INITIALISATION_UNIFORM),
    ROW(SRNN_INITIALISATION_ORTHOGONAL),
    ROW(SRNN_INITIALISATION_IDENTITY),
    ROW(SRNN_INITIALISATION_ZEROS),
    SRNN_DTYPES(DTYPE) ROW(SRNN_ORIGIN_DEFAULT),
    ROW(SRNN_ORIGIN_FILE),
    ROW(SRNN_ORIGIN_CALLER),
    ROW(SRNN_ROLE_INPUT),
    ROW(SRNN_ROLE_OUTPUT),
    ROW(SRNN_ROLE_HIDDEN),
    ROW(SRNN_GEMM_NATIVE),
    ROW(SRNN_GEMM_OPENBLAS),
    SRNN_ISAS(ISA, ) ROW(SRNN_SCHEDULE_AUTO),
    ROW(SRNN_SCHEDULE_SERIAL),
    ROW(SRNN_SCHEDULE_BATCH),
    ROW(SRNN_SCHEDULE_DIRECTIONS),
    ROW(SRNN_SCHEDULE_LAYERS),
    ROW(SRNN_SCHEDULE_COLUMNS),
};

static const constant limits[] = {
    ROW(SRNN_VERSION_MAJOR),  ROW(SRNN_VERSION_MINOR),
    ROW(SRNN_VERSION_PATCH),  ROW(SRNN_VERSION_SO),
    ROW(SRNN_VERSION_NUMBER), ROW(SRNN_MAX_RANK),
    ROW(SRNN_MAX_SIZE),       ROW(SRNN_MAX_LAYERS),
    ROW(SRNN_MAX_THREADS),    ROW(SRNN_MAX_HEADER_SIZE),
    ROW(SRNN_IGNORE_INDEX),
};

#undef ROW

enum {
    ENUMERATORS = sizeof enumerators / sizeof *enumerators,
    LIMITS = sizeof limits / sizeof *limits
};

static int find_status(int64_t status)
{
    int i = 0;
    while (i < STATUSES && statuses[i].status != status)
        i++;
    return i;
}

const char *srnn_status_string(srnn_status status)
{
    const int i = find_status(status);
    return i < STATUSES ? statuses[i].sentence : "unknown status";
}

const char *srnn_status_name(srnn_status status)
{
    const int i = find_status(status);
    return i < STATUSES ? statuses[i].name : "SRNN_UNKNOWN";
}

const char *srnn_last_error(void)
{
    return srnn_error__text();
}

static bool find(int64_t *out, const constant *all, int count, const char *name)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(all[i].name, name) == 0) {
            *out = all[i].value;
            return true;
        }
    }
    return false;
}

srnn_status srnn_constant_value(int64_t *out, const char *name)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(srnn_check__pointer(name, "name"));
    if (find(out, enumerators, ENUMERATORS, name) ||
        find(out, limits, LIMITS, name))
        return SRNN_OK;
    for (int i = 0; i < STATUSES; i++) {
        if (strcmp(statuses[i].name, name) == 0) {
            *out = statuses[i].status;
            return SRNN_OK;
        }
    }
    char quoted[SRNN_QUOTED_SIZE];
    srnn_text__quote(quoted, name);
    return srnn_error__fail(SRNN_ERROR_NOT_FOUND, "no constant is named %s",
                            quoted);
}

const char *srnn_constant_name(int64_t value)
{
    for (int i = 0; i < ENUMERATORS; i++)
        if (enumerators[i].value == value)
            return enumerators[i].name;
    const int i = find_status(value);
    return i < STATUSES ? statuses[i].name : NULL;
}
