/* SPDX-License-Identifier: MIT */
#include "fuzz/calls/call.h"

static void call_srnn_optimizer_create(void)
{
    const srnn_optimizer_kind kind =
        input_enumerator(SRNN_OPTIMIZER_KIND_SGD, 4);
    srnn_optimizer **const out = object_out();
    CREATE(OBJECT_OPTIMIZER, srnn_optimizer_create(out, kind));
}

DESTROY(OBJECT_OPTIMIZER, srnn_optimizer_destroy)
QUERY(OBJECT_OPTIMIZER, srnn_optimizer_get_kind)

static void call_srnn_optimizer_add(void)
{
    srnn_optimizer *const optimizer = object_take(OBJECT_OPTIMIZER);
    srnn_gradients *const gradients = object_take(OBJECT_GRADIENTS);
    const char *const prefix = input_prefix();
    (void)CALL(srnn_optimizer_add(optimizer, gradients, prefix));
}

static srnn_optimizer_option take_option(void)
{
    return input_enumerator(SRNN_OPTIMIZER_LEARNING_RATE, 12);
}

/* NULL half of the time. */
static const srnn_gradients *take_gradients(void)
{
    return input_take(2) == 0 ? NULL : object_take(OBJECT_GRADIENTS);
}

static void call_srnn_optimizer_set_real(void)
{
    srnn_optimizer *const optimizer = object_take(OBJECT_OPTIMIZER);
    const srnn_gradients *const gradients = take_gradients();
    const srnn_optimizer_option option = take_option();
    const double value = input_real();
    (void)CALL(srnn_optimizer_set_real(optimizer, gradients, option, value));
}

static void call_srnn_optimizer_get_real(void)
{
    const srnn_optimizer *const optimizer = object_take(OBJECT_OPTIMIZER);
    const srnn_gradients *const gradients = take_gradients();
    const srnn_optimizer_option option = take_option();
    double *const out = input_rarely() ? NULL : &results.real;
    (void)CALL(srnn_optimizer_get_real(out, optimizer, gradients, option));
}

static void call_srnn_optimizer_set_int(void)
{
    srnn_optimizer *const optimizer = object_take(OBJECT_OPTIMIZER);
    const srnn_gradients *const gradients = take_gradients();
    const srnn_optimizer_option option = take_option();
    const int64_t value = input_index();
    (void)CALL(srnn_optimizer_set_int(optimizer, gradients, option, value));
}

static void call_srnn_optimizer_get_int(void)
{
    const srnn_optimizer *const optimizer = object_take(OBJECT_OPTIMIZER);
    const srnn_gradients *const gradients = take_gradients();
    const srnn_optimizer_option option = take_option();
    int64_t *const out = input_rarely() ? NULL : &results.integer;
    (void)CALL(srnn_optimizer_get_int(out, optimizer, gradients, option));
}

static void call_srnn_optimizer_step(void)
{
    srnn_optimizer *const optimizer = object_take(OBJECT_OPTIMIZER);
    (void)CALL(srnn_optimizer_step(optimizer));
}

static void call_srnn_optimizer_load(void)
{
    srnn_optimizer *const optimizer = object_take(OBJECT_OPTIMIZER);
    const srnn_weights *const weights = object_take(OBJECT_WEIGHTS);
    (void)CALL(srnn_optimizer_load(optimizer, weights));
}

call_row calls_of_optimizers[] = {CALL_ROW(srnn_optimizer_create),
                                  CALL_ROW(srnn_optimizer_destroy),
                                  CALL_ROW(srnn_optimizer_get_kind),
                                  CALL_ROW(srnn_optimizer_add),
                                  CALL_ROW(srnn_optimizer_set_real),
                                  CALL_ROW(srnn_optimizer_get_real),
                                  CALL_ROW(srnn_optimizer_set_int),
                                  CALL_ROW(srnn_optimizer_get_int),
                                  CALL_ROW(srnn_optimizer_step),
                                  CALL_ROW(srnn_optimizer_load),
                                  {.name = NULL}};
