/* SPDX-License-Identifier: MIT */
/* Lists of names and how to look them up. */
#include "names.h"

#include <stddef.h>
#include <string.h>

#include <simplernn.h>

const bench_name bench_dtypes[] = {
    {"f32", SRNN_DTYPE_FLOAT32}, {"f64", SRNN_DTYPE_FLOAT64}, {NULL, 0}};

const bench_name bench_nonlinearities[] = {{"tanh", SRNN_NONLINEARITY_TANH},
                                           {"relu", SRNN_NONLINEARITY_RELU},
                                           {NULL, 0}};

const bench_name bench_gemms[] = {
    {"native", SRNN_GEMM_NATIVE}, {"openblas", SRNN_GEMM_OPENBLAS}, {NULL, 0}};

#define SRNN_ISA(id, suffix, test) {#suffix, SRNN_ISA_##id},
const bench_name bench_isas[] = {
#include "simd/isa.def"
    {NULL, 0}};
#undef SRNN_ISA

const bench_name bench_schedules[] = {{"auto", SRNN_SCHEDULE_AUTO},
                                      {"serial", SRNN_SCHEDULE_SERIAL},
                                      {"batch", SRNN_SCHEDULE_BATCH},
                                      {"directions", SRNN_SCHEDULE_DIRECTIONS},
                                      {"layers", SRNN_SCHEDULE_LAYERS},
                                      {"columns", SRNN_SCHEDULE_COLUMNS},
                                      {NULL, 0}};

bool bench_names_find(int32_t *out, const bench_name *list, const char *name)
{
    for (; list->name != NULL; list++) {
        if (strcmp(list->name, name) == 0) {
            *out = list->value;
            return true;
        }
    }
    return false;
}

const char *bench_names_of(const bench_name *list, int32_t value)
{
    for (; list->name != NULL; list++)
        if (list->value == value)
            return list->name;
    return "?";
}
