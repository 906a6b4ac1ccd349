/* SPDX-License-Identifier: MIT */
/* srnn_allocator_set. */
#include "api/check.h"
#include "util/memory.h"

srnn_status srnn_allocator_set(srnn_allocate_function allocate,
                               srnn_free_function release, void *user)
{
    if ((allocate == NULL) != (release == NULL))
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "%s is NULL; give both callbacks or neither",
                                allocate == NULL ? "allocate" : "release");
    return srnn_memory__set_allocator(allocate, release, user);
}
