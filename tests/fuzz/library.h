/* SPDX-License-Identifier: MIT */
/* What targets of the library share: how a file is opened, what a failure owes,
 * and how two rnns compare. All memory counts, that of jansson too. */
#ifndef TESTS_FUZZ_LIBRARY_H
#define TESTS_FUZZ_LIBRARY_H

#include <string.h>

#include "fuzz/same.h"
#include "fuzz/target.h"
#include "simplernn.h"
#include "support/counting_jansson.h"

/* OpenBLAS would be warmed up for each rnn, and is not what targets test. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    require(setenv("SIMPLERNN_GEMM", "native", 1) == 0);
    counting_jansson_install(&memory);
    require(srnn_allocator_set(counting_allocate, counting_free, &memory) ==
            SRNN_OK);
    return 0;
}

static inline void require_reason(srnn_status status)
{
    require(status < 0 && *srnn_last_error() != '\0');
    require(strchr(srnn_last_error(), '\n') == NULL);
}

/* The weights, for which the header is kept once, with as much again for shapes
 * and a little for jansson; or NULL, with a reason and nothing left behind. */
static inline srnn_weights *open_within(const uint8_t *data, size_t size)
{
    enum { LITTLE = 1 << 18 };
    srnn_weights *weights = NULL;
    require(memory.living == 0);
    memory.peak = 0;
    const srnn_status status = srnn_weights_open_memory(&weights, data, size);
    require(memory.peak <= 2 * size + LITTLE);
    require((weights == NULL) == (status != SRNN_OK));
    if (weights == NULL) {
        require_reason(status);
        require(memory.living == 0);
    }
    return weights;
}

/* Bytes that grow. */
typedef struct {
    unsigned char *bytes;
    size_t size;
} grown_bytes;

static inline int64_t append_bytes(void *user, const void *bytes, size_t size)
{
    grown_bytes *const grown = user;
    grown->bytes = realloc(grown->bytes, grown->size + size);
    require(grown->bytes != NULL);
    memcpy(grown->bytes + grown->size, bytes, size);
    grown->size += size;
    return (int64_t)size;
}

/* It comes back from the bytes that it is saved as. */
static inline void require_saved(const srnn_rnn *rnn, const char *prefix)
{
    grown_bytes saved = {NULL, 0};
    srnn_weights *weights = NULL;
    srnn_rnn *loaded = NULL;
    require(srnn_rnn_save_callback(rnn, append_bytes, &saved, prefix, NULL) ==
            SRNN_OK);
    require(srnn_weights_open_memory(&weights, saved.bytes, saved.size) ==
            SRNN_OK);
    require(srnn_rnn_create_from_weights(&loaded, weights, prefix, NULL) ==
            SRNN_OK);
    require_same(rnn, loaded);
    srnn_rnn_destroy(loaded);
    srnn_weights_destroy(weights);
    free(saved.bytes);
}

#endif
