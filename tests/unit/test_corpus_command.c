/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads */
/* Every file of tests/corpus/command through the fuzz target, which is part of
 * this program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/fuzz_command.c"
#include "support/corpus.h"

enum { FILES_AT_LEAST = 40 };

static void check_file(const char *name, const uint8_t *bytes, size_t size,
                       bool is_valid)
{
    (void)name;
    (void)is_valid;
    (void)LLVMFuzzerTestOneInput(bytes, size);
}

static void test_corpus_command__replays(void **state)
{
    (void)state;
    corpus_replay("command", FILES_AT_LEAST, check_file);
}

/* Each verb succeeds, except doctor, which wants more memory than there is, and
 * is misused. */
static void test_corpus_command__ends_in_every_way(void **state)
{
    (void)state;
    for (int status = 0; status < STATUSES; status++) {
        int verbs = 0;
        for (int verb = 0; verb < VERBS; verb++)
            verbs += met[verb][status];
        assert_in_range(verbs, 1, VERBS);
    }
    for (int verb = 0; verb < VERBS; verb++) {
        const int wanted = verb == DOCTOR ? 4 : 0;
        if (!met[verb][wanted] || met[verb][2] == (verb == HELP))
            fail_msg("verb %d never ended with %d or 2", verb, wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus_command__replays),
        cmocka_unit_test(test_corpus_command__ends_in_every_way),
    };
    (void)LLVMFuzzerInitialize(NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
