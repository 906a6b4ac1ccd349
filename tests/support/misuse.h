/* SPDX-License-Identifier: MIT */
/* Rows of the misuse tables. A row is a call as a program might write it, the
 * status it must return and what srnn_last_error() must then say:
 *
 *     REFUSE(SRNN_ERROR_INVALID, "rank is 9...0 to 8",
 *            srnn_tensor_create(&made.tensor, F32, 9, shape));
 *
 * where "..." stands for any text. Around every row it is checked that a failed
 * call changed nothing: an out pointer is NULL, and every byte of
 * misuse_memory, where all tensors and results of the rows lie, is as before.
 * No file is left open. The status is one that the comment of the function
 * promises. The thread has been cancelled, and must outlive the call all the
 * same (support/cancelled.h).
 */
#ifndef TESTS_SUPPORT_MISUSE_H
#define TESTS_SUPPORT_MISUSE_H

#include <stdbool.h>
#include <string.h>

#include "simplernn.h"
#include "support/any_handle.h"

enum {
    F32 = SRNN_DTYPE_FLOAT32,
    F64 = SRNN_DTYPE_FLOAT64,
    I64 = SRNN_DTYPE_INT64,
    U8 = SRNN_DTYPE_UINT8
};

/* Setup and teardown of a cmocka group. */
int misuse_setup(void **state);
int misuse_teardown(void **state);

/* The same for rows that use the folder of support/temporary.h. */
int misuse_setup_with_files(void **state);
int misuse_teardown_with_files(void **state);

/* What main returns: failures, and one more if after teardown something of the
 * library is left. (cmocka does not count a teardown that fails.) */
int misuse_verdict(int failures);

/* What a row creates, by the call it is passed to. A row that mentions &made
 * must find NULL there after a failure. */
extern any_handle made;

/* Kernels that this build has everywhere, named first, and others that it has
 * nowhere. */
#if defined(__aarch64__)
#define OWN_ISA SRNN_ISA_NEON
#define OWN_ISA_NAME "neon"
#define OTHER_ISA SRNN_ISA_AVX2
#define OTHER_ISA_NAME "avx2"
#else
#define OWN_ISA SRNN_ISA_BASELINE
#define OWN_ISA_NAME "baseline"
#define OTHER_ISA SRNN_ISA_NEON
#define OTHER_ISA_NAME "neon"
#endif

enum {
    MISUSE_MEMORY = 1 << 15,
    MISUSE_HAS_64_BITS = sizeof(void *) == sizeof(int64_t)
};

extern unsigned char misuse_memory[MISUSE_MEMORY];

/* Fills it with small float32 numbers, as misuse_setup does. */
void misuse_fill(void);

#define LIST(...) ((const int64_t[]){__VA_ARGS__})
/* Two arguments: rank and shape. */
#define SHAPE(...)                                                             \
    (int32_t)(sizeof LIST(__VA_ARGS__) / sizeof(int64_t)), LIST(__VA_ARGS__)

/* A tensor over misuse_memory from a byte on, alive until teardown. */
srnn_tensor *view(size_t byte, srnn_dtype dtype, int32_t rank,
                  const int64_t *shape);
srnn_tensor *view_strided(size_t byte, srnn_dtype dtype, int32_t rank,
                          const int64_t *shape, const int64_t *strides);

/* The same, read only. */
srnn_tensor *view_const(size_t byte, srnn_dtype dtype, int32_t rank,
                        const int64_t *shape);

/* The same over memory that traps whoever reads or writes it: for sizes that
 * must be refused unseen. */
srnn_tensor *view_nowhere(srnn_dtype dtype, int32_t rank, const int64_t *shape);

/* One living handle of each kind: "tensor", "config" and so on; NULL for -1. */
enum { MISUSE_KINDS = 11 };

void *misuse_handle(int index);
bool misuse_is_kind(int index, const char *kind);

void misuse_before(void);
void misuse_refused(const char *call, srnn_status status, srnn_status wanted,
                    const char *says);
void misuse_accepted(const char *call, srnn_status status);
void misuse_answered(const char *call, bool as_wanted);

/* A row of a table: one argument of a call is another tensor. */
typedef struct {
    int argument;
    srnn_tensor *tensor;
    srnn_status status;
    const char *says;
} misuse_row;

#define MISUSE_COUNT(rows) (sizeof(rows) / sizeof *(rows))

#define REFUSE(status, says, ...)                                              \
    do {                                                                       \
        misuse_before();                                                       \
        misuse_refused(#__VA_ARGS__, (__VA_ARGS__), status, says);             \
    } while (0)

/* A row for each handle of another kind. The call has them under the name that
 * is the first argument of the macro, which declares it:
 *
 *     REFUSE_OTHERS(other, "config", "config",
 *                   srnn_rnn_create(&made.rnn, 1, 1, other, 1));
 */
#define REFUSE_OTHERS(handle, kind, name, ...)                                 \
    for (int other_ = 0; other_ < MISUSE_KINDS; other_++) {                    \
        void *const handle = misuse_handle(other_);                            \
        if (!misuse_is_kind(other_, kind))                                     \
            REFUSE(SRNN_ERROR_INVALID,                                         \
                   name " is an srnn_...expected an srnn_" kind, __VA_ARGS__); \
    }

/* The same, and a row in which the handle is NULL. */
#define REFUSE_HANDLES(handle, kind, name, ...)                                \
    do {                                                                       \
        {                                                                      \
            void *const handle = NULL;                                         \
            REFUSE(SRNN_ERROR_INVALID, name " is NULL", __VA_ARGS__);          \
        }                                                                      \
        REFUSE_OTHERS(handle, kind, name, __VA_ARGS__)                         \
    } while (0)

/* The call succeeds and leaves the error text alone. */
#define ACCEPT(...)                                                            \
    do {                                                                       \
        misuse_before();                                                       \
        misuse_accepted(#__VA_ARGS__, (__VA_ARGS__));                          \
    } while (0)

/* The same for a call that cannot fail. */
#define ANSWER(wanted, ...)                                                    \
    do {                                                                       \
        misuse_before();                                                       \
        misuse_answered(#__VA_ARGS__, (__VA_ARGS__) == (wanted));              \
    } while (0)

/* The answer to a question about NULL (that is number -1) and about each handle
 * of another kind, under a name that it declares as REFUSE_OTHERS does. */
#define ANSWER_OTHERS(handle, kind, wanted, ...)                               \
    for (int other_ = -1; other_ < MISUSE_KINDS; other_++) {                   \
        void *const handle = misuse_handle(other_);                            \
        if (!misuse_is_kind(other_, kind))                                     \
            ANSWER(wanted, __VA_ARGS__);                                       \
    }

/* The call does nothing at all. */
#define NOTHING(...)                                                           \
    do {                                                                       \
        misuse_before();                                                       \
        __VA_ARGS__;                                                           \
        misuse_answered(#__VA_ARGS__, true);                                   \
    } while (0)

/* Notes that the function in a row is covered, as rows that refuse or answer do
 * by themselves. */
void misuse_note(const char *call);

/* Beginnings of the functions that other programs cover, NULL for none. */
#define ELSEWHERE(...) ((const char *const[]){__VA_ARGS__, NULL})

/* Every function that a public header declares was in a row that refuses or
 * answers, except those that begin like one of elsewhere. */
void misuse_covers(const char *header, const char *const *elsewhere);
void misuse_covers_function(const char *name);

/* Every @retval of the functions that begin so was the status of a row, except
 * those that begin like one of elsewhere. BUSY (unit/test_busy_flags.c) and
 * NO_MEMORY (test_allocation.c) have tests of their own. */
void misuse_covers_statuses(const char *beginning,
                            const char *const *elsewhere);

/* Every function with this @retval had a row with it, except those named (up
 * to a NULL). */
void misuse_covers_status(srnn_status status, const char *const *elsewhere);

#endif
