/* SPDX-License-Identifier: MIT */
/* A vector, for *_kernel.c, which are compiled once per dtype and instruction
 * set. cmake/Variants.cmake sets SRNN_REAL_BITS and, from the row of isa.def,
 * SRNN_TARGET_SUFFIX, for example avx2, and SRNN_TARGET_HEADER, for example
 * "simd/vector_avx2.h": the one file that knows the instruction set. A port is
 * such a file. It defines
 *
 *     VECTOR_BYTES              how wide a vector is
 *     VECTOR_REGISTERS          how many registers hold one
 *     VECTOR_HAS_FMA            1, or 0 if vector_fma rounds twice
 *     TILE_ROWS, TILE_VECTORS   the tile of a product whose accumulators the
 *                               registers hold, beside TILE_VECTORS vectors of
 *                               W and one of A (gemm/native_kernel.c); 1, 2 or
 *                               4 vectors, which are whole cache lines
 *
 * and, after including simd/vector_types.h,
 *
 *     vector_fma(a, b, c)               a * b + c
 *     vector_select(where, a, b)        a where the mask is set, else b
 *     vector_select_from(a, least, chosen, other)
 *                                       chosen where a >= least
 *     vector_min(a, b), vector_max      b where one is a NaN or both are 0
 *     vector_load_first(from, count)    the first `count` lanes, 0 to
 *     vector_store_first(to, v, count)  VECTOR_SIZE; others are loaded as 0,
 *                                       and nothing else is read or written
 *     PIECES, pieces, pieces_...        for moving; see vector_plain.h
 *
 * for which simd/vector_plain.h has definitions in the compiler's own vectors.
 *
 * Kernels are compiled with -ffp-contract=off: an operation is what is written.
 * vector_fma rounds once wherever the hardware can; only a baseline without
 * FMA rounds twice and so gives other bits. */
#ifndef SRNN_SIMD_VECTOR_H
#define SRNN_SIMD_VECTOR_H

#define ALWAYS_INLINE static inline __attribute__((always_inline))
/* To clang the pragma of gcc asks for less: it leaves loops rolled whose bounds
 * become constant by inlining, and what they fill in memory. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#define UNROLL_PART _Pragma("clang loop unroll_count(4)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#if SRNN_REAL_BITS == 64 /* of float32 there is more to gain */
#define UNROLL_PART _Pragma("GCC unroll 2")
#else
#define UNROLL_PART _Pragma("GCC unroll 4")
#endif
#endif

/* The compiler does not know the value any more. If it knew where the rows of a
 * tile are, it would compute all their addresses before the loop over segments,
 * and keep them on the stack. For an integer or a pointer. */
#define FORGET(variable) __asm__ volatile("" : "+r"(variable))

#include SRNN_TARGET_HEADER

/* name_f32_avx2 and so on */
#define SRNN_KERNEL_JOIN(name, isa) name##_##isa
#define SRNN_KERNEL_EXPAND(name, isa) SRNN_KERNEL_JOIN(name, isa)
#define SRNN_KERNEL_NAME(name)                                                 \
    SRNN_KERNEL_EXPAND(SRNN_REAL_NAME(name), SRNN_TARGET_SUFFIX)

#endif
