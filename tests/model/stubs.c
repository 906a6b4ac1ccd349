/* SPDX-License-Identifier: MIT */
/* What the code under test wants of the rest of the library. */
#include "model.h"
#include "os/os.h"
#include "util/error.h"
#include "util/memory.h"
#include "util/team.h"

srnn_status srnn_error__fail(srnn_status status, const char *format, ...)
{
    (void)format;
    return status;
}

srnn_status srnn_memory__create(void **out, int64_t bytes)
{
    *out = model_allocate((size_t)bytes);
    return SRNN_OK;
}

void srnn_memory__destroy(void *memory)
{
    (void)memory;
}

/* So that waiters sleep at once. */
int64_t srnn_team__available(void)
{
    return 1;
}

size_t srnn_os__thread_local_bytes(void)
{
    return 0;
}

bool srnn_os__keep_off_this_core(pthread_t thread, srnn_os_core_set *before)
{
    (void)thread;
    *before = (srnn_os_core_set){{1}};
    return true;
}

void srnn_os__set_cores(pthread_t thread, const srnn_os_core_set *cores)
{
    (void)thread;
    model_check(cores->bits[0] == 1, "cores that were not kept");
}
