/* SPDX-License-Identifier: MIT */
/* What every fuzz target begins with: each is one file and this. */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "fuzz/require.h"
#include "support/counting.h"

enum { MEMORY_LIMIT = 64 << 20 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed);

/* libFuzzer's; weak, because the tests that replay a corpus have none. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
    __attribute__((weak));

static counting_allocator memory = {MEMORY_LIMIT, 0, 0};

#endif
