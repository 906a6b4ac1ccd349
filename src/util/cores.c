/* SPDX-License-Identifier: MIT */
/* How many cores this process may keep busy, asked once. */
#include <stdatomic.h>

#include "os/os.h"
#include "util/fork.h"
#include "util/team.h"

/* A child may be in another control group. The number is in the upper half, so
 * that both change together. */
int64_t srnn_team__available(void)
{
    static atomic_uint_least64_t known; /* cores << 32 | generation */
    const uint64_t generation = srnn_fork__generation();
    const uint64_t now = atomic_load_explicit(&known, memory_order_relaxed);
    if ((now & UINT32_MAX) == generation)
        return (int64_t)(now >> 32);
    const int64_t cores = srnn_os__cores();
    atomic_store_explicit(&known, (uint64_t)cores << 32 | generation,
                          memory_order_relaxed);
    return cores;
}
