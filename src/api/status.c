/* SPDX-License-Identifier: MIT */
/* Status names, the error text, and every constant by name. */
#include <string.h>

#include "api/check.h"
#include "simplernn.h"
#include "util/text.h"

/* A constant of the public headers; a check compares this list with them. */
#define ROW(constant)                                                          \
    {                                                                          \
#constant, constant                                                    \
    }

static const struct {
    const char *name;
    int64_t value;
} constants[] = {
    ROW(SRNN_OK),
    ROW(SRNN_ERROR_INVALID),
    ROW(SRNN_ERROR_SHAPE),
    ROW(SRNN_ERROR_DTYPE),
    ROW(SRNN_ERROR_OVERFLOW),
    ROW(SRNN_ERROR_ALIAS),
    ROW(SRNN_ERROR_NOT_FOUND),
    ROW(SRNN_ERROR_RANGE),
    ROW(SRNN_ERROR_BUFFER),
    ROW(SRNN_ERROR_BUSY),
    ROW(SRNN_ERROR_UNSUPPORTED),
    ROW(SRNN_ERROR_IN_USE),
    ROW(SRNN_ERROR_STATE),
    ROW(SRNN_ERROR_NO_MEMORY),
    ROW(SRNN_ERROR_IO),
    ROW(SRNN_ERROR_FORMAT),
    ROW(SRNN_VERSION_MAJOR),
    ROW(SRNN_VERSION_MINOR),
    ROW(SRNN_VERSION_PATCH),
    ROW(SRNN_VERSION_SO),
    ROW(SRNN_DTYPE_FLOAT32),
    ROW(SRNN_DTYPE_FLOAT64),
    ROW(SRNN_DTYPE_INT64),
    ROW(SRNN_DTYPE_UINT8),
    ROW(SRNN_MAX_RANK),
    ROW(SRNN_NONLINEARITY_TANH),
    ROW(SRNN_NONLINEARITY_RELU),
    ROW(SRNN_OPTION_INPUT_SIZE),
    ROW(SRNN_OPTION_HIDDEN_SIZE),
    ROW(SRNN_OPTION_NUM_LAYERS),
    ROW(SRNN_OPTION_BIDIRECTIONAL),
    ROW(SRNN_OPTION_NONLINEARITY),
    ROW(SRNN_OPTION_BIAS),
    ROW(SRNN_OPTION_BATCH_FIRST),
    ROW(SRNN_OPTION_DTYPE),
    ROW(SRNN_OPTION_DROPOUT),
    ROW(SRNN_MAX_SIZE),
    ROW(SRNN_MAX_LAYERS),
    ROW(SRNN_ROLE_INPUT),
    ROW(SRNN_ROLE_OUTPUT),
    ROW(SRNN_ROLE_HIDDEN),
    ROW(SRNN_GEMM_NATIVE),
    ROW(SRNN_GEMM_OPENBLAS),
    ROW(SRNN_ISA_BASELINE),
    ROW(SRNN_ISA_AVX2),
    ROW(SRNN_ISA_AVX512),
    ROW(SRNN_ISA_NEON),
    ROW(SRNN_SCHEDULE_AUTO),
    ROW(SRNN_SCHEDULE_SERIAL),
    ROW(SRNN_SCHEDULE_BATCH),
    ROW(SRNN_SCHEDULE_DIRECTIONS),
    ROW(SRNN_SCHEDULE_LAYERS),
    ROW(SRNN_SCHEDULE_COLUMNS),
    ROW(SRNN_CONTEXT_GEMM),
    ROW(SRNN_CONTEXT_ISA),
    ROW(SRNN_CONTEXT_NUM_THREADS),
    ROW(SRNN_CONTEXT_SCHEDULE),
    ROW(SRNN_CONTEXT_LAST_SCHEDULE),
    ROW(SRNN_CONTEXT_LAST_THREADS),
    ROW(SRNN_MAX_THREADS),
    ROW(SRNN_MAX_HEADER_SIZE),
};

enum { CONSTANTS = sizeof constants / sizeof *constants };

static int is_status(const char *name)
{
    return strcmp(name, "SRNN_OK") == 0 ||
           strncmp(name, "SRNN_ERROR_", strlen("SRNN_ERROR_")) == 0;
}

const char *srnn_status_string(srnn_status status)
{
    for (int i = 0; i < CONSTANTS; i++)
        if (constants[i].value == status && is_status(constants[i].name))
            return constants[i].name;
    return "SRNN_UNKNOWN";
}

const char *srnn_last_error(void)
{
    return srnn_error__text();
}

srnn_status srnn_constant(int64_t *out, const char *name)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(srnn_check__pointer(name, "name"));
    for (int i = 0; i < CONSTANTS; i++) {
        if (strcmp(constants[i].name, name) == 0) {
            *out = constants[i].value;
            return SRNN_OK;
        }
    }
    char quoted[512];
    srnn_text text = {quoted, sizeof quoted, 0};
    srnn_text__append_name(&text, name);
    return srnn_error__fail(SRNN_ERROR_NOT_FOUND, "no constant is named %s",
                            quoted);
}
