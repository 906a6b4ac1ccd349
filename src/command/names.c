/* SPDX-License-Identifier: MIT */
/* Enumerators as the words that the library's environment and documents use. */
#include "model.h"

static const char *name_at(const char *const *names, int64_t count, int64_t at)
{
    return at >= 0 && at < count && names[at] != NULL ? names[at] : "unknown";
}

#define NAME_OF(names, at) name_at(names, sizeof(names) / sizeof *(names), at)

const char *command_dtype_name(int64_t dtype)
{
    return dtype == SRNN_DTYPE_FLOAT32   ? "float32"
           : dtype == SRNN_DTYPE_FLOAT64 ? "float64"
                                         : "unknown";
}

const char *command_nonlinearity_name(int64_t nonlinearity)
{
    static const char *const names[] = {
        [SRNN_NONLINEARITY_TANH] = "tanh", [SRNN_NONLINEARITY_RELU] = "relu"};
    return NAME_OF(names, nonlinearity);
}

const char *command_gemm_name(int64_t gemm)
{
    static const char *const names[] = {
        [SRNN_GEMM_NATIVE] = "native", [SRNN_GEMM_OPENBLAS] = "openblas"};
    return NAME_OF(names, gemm);
}

const char *command_isa_name(int64_t isa)
{
    static const char *const names[] = {[SRNN_ISA_BASELINE] = "baseline",
                                        [SRNN_ISA_AVX2] = "avx2",
                                        [SRNN_ISA_AVX512] = "avx512",
                                        [SRNN_ISA_NEON] = "neon"};
    return NAME_OF(names, isa);
}

const char *command_schedule_name(int64_t schedule)
{
    static const char *const names[] = {
        [SRNN_SCHEDULE_AUTO] = "auto",
        [SRNN_SCHEDULE_SERIAL] = "serial",
        [SRNN_SCHEDULE_BATCH] = "batch",
        [SRNN_SCHEDULE_LAYERS] = "layers",
        [SRNN_SCHEDULE_COLUMNS] = "columns",
        [SRNN_SCHEDULE_DIRECTIONS] = "directions"};
    return NAME_OF(names, schedule);
}
