/* SPDX-License-Identifier: MIT */
/* Every file of tests/corpus/weights through the fuzz target, which is part of
 * this program; and an rnn saved into it. See tests/corpus/make_corpus.py for
 * the names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/fuzz_weights.c"
#include "support/corpus.h"
#include "support/temporary.h"

enum { FILES_AT_LEAST = 110 };

/* An rnn is saved into a file that opens, beside what is there; any other stays
 * as it is. */
static void merge(const char *name, const uint8_t *bytes, size_t size,
                  bool valid)
{
    const char *const path = temporary_write("merged", bytes, size);
    srnn_rnn *rnn = NULL;
    srnn_rnn *loaded = NULL;
    srnn_weights *weights = NULL;
    require(srnn_rnn_create(&rnn, 3, 2, NULL, 1) == SRNN_OK);
    const srnn_status status = srnn_rnn_save(rnn, path, "new.", NULL);
    if (valid != (status == SRNN_OK))
        fail_msg("%s: %s", name, srnn_last_error());
    if (valid) {
        require(srnn_weights_open(&weights, path) == SRNN_OK);
        require(srnn_rnn_create_from_weights(&loaded, weights, "new.", NULL) ==
                SRNN_OK);
        require_same(rnn, loaded);
    } else {
        assert_true(temporary_holds("merged", bytes, size));
    }
    srnn_rnn_destroy(loaded);
    srnn_weights_destroy(weights);
    srnn_rnn_destroy(rnn);
}

static void check_file(const char *name, const uint8_t *bytes, size_t size,
                       bool is_valid)
{
    srnn_weights *weights = NULL;
    (void)LLVMFuzzerTestOneInput(bytes, size);
    const srnn_status status = srnn_weights_open_memory(&weights, bytes, size);
    srnn_weights_destroy(weights);
    if (is_valid != (status == SRNN_OK))
        fail_msg("%s: %s", name,
                 is_valid ? srnn_last_error() : "opens but should not");
    merge(name, bytes, size, is_valid);
}

static void test_corpus__replays(void **state)
{
    (void)state;
    corpus_replay("weights", FILES_AT_LEAST, check_file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus__replays),
    };
    (void)LLVMFuzzerInitialize(NULL, NULL);
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
