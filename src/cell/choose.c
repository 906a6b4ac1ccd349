/* SPDX-License-Identifier: MIT */
/* Which kernels compute a step. */
#include "cell/cell.h"
#include "tensor/dtype.h"
#include "util/error.h"

typedef struct {
    srnn_recur_function *const *forward;
    srnn_recur_backward_function *const *backward;
} functions;

#define OF_DTYPE(id, type, name, bytes, real, isa)                             \
    [SRNN_DTYPE_AT_##id] = {srnn_recur__all_##real##_##isa,                    \
                            srnn_recur_backward__all_##real##_##isa},
#define OF_ISA(id, isa, ...) [SRNN_ISA_AT_##id] = {SRNN_REALS(OF_DTYPE, isa)},
static const functions table[SRNN_ISA_COUNT][SRNN_DTYPE_COUNT] = {
    SRNN_BUILT_ISAS(OF_ISA, )};

static const functions *functions_of(srnn_isa isa, srnn_dtype dtype)
{
    return &table[srnn_isa__at(isa)][srnn_dtype__real_at(dtype)];
}

/* The same for both dtypes. */
#define TILED_BYTES(id, isa, ...)                                              \
    [SRNN_ISA_AT_##id] = &srnn_recur__tiled_bytes_f32_##isa,
static const int64_t *const tiled_bytes[SRNN_ISA_COUNT] = {
    SRNN_BUILT_ISAS(TILED_BYTES, )};

bool srnn_cell__tiles(const srnn_cell_kernels *kernels, int64_t B,
                      int64_t row_bytes)
{
    return kernels->recur != NULL && B >= SRNN_RECUR_TILED &&
           row_bytes <= *tiled_bytes[srnn_isa__at(kernels->isa)];
}

srnn_cell_kernels srnn_cell__choose(srnn_gemm gemm, srnn_isa isa,
                                    srnn_dtype dtype,
                                    srnn_nonlinearity nonlinearity)
{
    const functions *const f = functions_of(isa, dtype);
    return (srnn_cell_kernels){
        gemm, isa, srnn_gemm__find(gemm, isa, dtype),
        srnn_activation__find(nonlinearity, isa, dtype),
        gemm == SRNN_GEMM_NATIVE ? f->forward[srnn_activation__at(nonlinearity)]
                                 : NULL};
}

srnn_recur_backward_function *
srnn_cell__choose_recur_backward(const srnn_cell_kernels *kernels,
                                 srnn_dtype dtype,
                                 srnn_nonlinearity nonlinearity)
{
    const functions *const f = functions_of(kernels->isa, dtype);
    return kernels->recur == NULL
               ? NULL
               : f->backward[srnn_activation__at(nonlinearity)];
}

srnn_status srnn_cell__choose_default(srnn_cell_kernels *out, srnn_dtype dtype,
                                      srnn_nonlinearity nonlinearity,
                                      int64_t hidden_size)
{
    srnn_gemm gemm = 0;
    srnn_isa isa = 0;
    SRNN_TRY(srnn_gemm__default(&gemm));
    SRNN_TRY(srnn_isa__default(&isa, hidden_size * srnn_dtype__size(dtype)));
    SRNN_TRY(srnn_gemm__warm_up(gemm));
    *out = srnn_cell__choose(gemm, isa, dtype, nonlinearity);
    return SRNN_OK;
}
