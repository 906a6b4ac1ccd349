/* SPDX-License-Identifier: MIT */
/* The version of an rnn, by which others see that its parameters changed: each
 * way to make an rnn and to write to one gives a version that no rnn had, and
 * what is refused keeps the one that there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rnn/cell_view.h"
#include "support/expect.h"
#include "support/parameters.h"
#include "support/small_rnn.h"

enum { MOST = 64 };

/* All that were seen. */
typedef struct {
    uint64_t versions[MOST];
    int count;
} history;

static void expect_new(history *seen, const srnn_rnn *rnn)
{
    assert_in_range(seen->count, 0, MOST - 1);
    assert_true(rnn->version != 0);
    for (int i = 0; i < seen->count; i++)
        assert_true(rnn->version != seen->versions[i]);
    seen->versions[seen->count++] = rnn->version;
}

static srnn_rnn *make(uint64_t seed)
{
    return small_rnn_create(
        &(small_rnn){.I = 3, .H = 2, .L = 2, .D = 2, .seed = seed});
}

static void test_versions__of_new_rnns_differ(void **state)
{
    (void)state;
    history seen = {.count = 0};
    srnn_rnn *const one = make(1);
    srnn_rnn *const same = make(1);
    srnn_rnn *clone = NULL;
    expect_success("clone", srnn_rnn_clone(&clone, one));
    parameters p = parameters_copy(one);
    srnn_rnn *const of_tensors =
        parameters_create(&p, &(small_rnn){.I = 3, .H = 2, .L = 2, .D = 2});
    weights_file file = small_rnn_save(one, NULL);
    srnn_rnn *const of_file = small_rnn_load(&file, NULL);
    srnn_cell *cell = NULL;
    expect_success("cell",
                   srnn_cell_create(&cell, SRNN_NONLINEARITY_TANH, p.values[0],
                                    p.values[1], NULL, NULL));
    enum { RNNS = 5 };
    srnn_rnn *const all[RNNS] = {one, same, clone, of_tensors, of_file};
    for (int i = 0; i < RNNS; i++) {
        expect_new(&seen, all[i]);
        srnn_rnn_destroy(all[i]);
    }
    expect_new(&seen, cell->rnn);
    srnn_cell_destroy(cell);
    parameters_free(&p);
    weights_file_free(&file);
}

static void test_versions__follow_each_write(void **state)
{
    (void)state;
    history seen = {.count = 0};
    srnn_rnn *const rnn = make(1);
    srnn_rnn *const other = make(2);
    expect_new(&seen, rnn);
    expect_new(&seen, other);
    const uint64_t before = other->version;
    for (int64_t i = 0; i < srnn_rnn_parameter_count(rnn); i++) {
        parameter_take(rnn, i, other, i);
        expect_new(&seen, rnn);
    }
    parameters p = parameters_copy(rnn);
    expect_success("all", parameters_set(rnn, &p)); /* even to what they are */
    expect_new(&seen, rnn);
    const int64_t size = srnn_rnn_flat_size(rnn);
    srnn_tensor *flat = NULL;
    expect_success("flat",
                   srnn_tensor_create(&flat, SRNN_DTYPE_FLOAT32, 1, &size));
    expect_success("get", srnn_rnn_get_flat(rnn, flat));
    expect_success("set", srnn_rnn_set_flat(rnn, flat));
    expect_new(&seen, rnn);
    srnn_tensor_destroy(flat);
    assert_true(other->version == before);
    parameters_free(&p);
    srnn_rnn_destroy(rnn);
    srnn_rnn_destroy(other);
}

static void test_versions__stay_when_a_write_is_refused(void **state)
{
    (void)state;
    static const char *const view[EXPECT_TEXTS] = {"cell view"};
    static const char *const shape[EXPECT_TEXTS] = {"needs"};
    srnn_rnn *const rnn = make(1);
    parameters p = parameters_copy(rnn);
    const uint64_t before = rnn->version;
    srnn_cell *cell = NULL;
    expect_failure("shape",
                   srnn_rnn_set_parameter(rnn, "bias_ih_l0", p.values[0]),
                   SRNN_ERROR_SHAPE, shape);
    expect_success(
        "cell", srnn_cell_create_view(&cell, rnn, 0, SRNN_DIRECTION_FORWARD));
    expect_failure("viewed", parameters_set(rnn, &p), SRNN_ERROR_IN_USE, view);
    srnn_cell_destroy(cell);
    assert_true(rnn->version == before);
    parameters_free(&p);
    srnn_rnn_destroy(rnn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions__of_new_rnns_differ),
        cmocka_unit_test(test_versions__follow_each_write),
        cmocka_unit_test(test_versions__stay_when_a_write_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
