/* SPDX-License-Identifier: MIT */
/* simplernn doctor: what the library is, and whether it works here. */
#include <inttypes.h>
#include <stdio.h>

#include "core_type.h"
#include "model.h"
#include "names.h"
#include "self_test.h"
#include "verbs.h"

static const char help[] =
    "Shows the version of the library, what it was built with, what this\n"
    "machine offers, and what the library uses of that.\n"
    "\n"
    "Then it runs small networks in every way there is and compares the bits.\n"
    "If OpenBLAS is installed, it compares the values of OpenBLAS within\n"
    "rounding. The exit status is 0 if all results agree, otherwise 1.\n"
    "\n"
    "It also shows the rates of one core by which the library shares out work\n"
    "among threads.\n"
    "\n";

/* For the rates: 9 MB of weights in float32. */
enum { RATE_HIDDEN = 1536, RATE_STEPS = 4, RATE_BATCH = 4 };

static int64_t value_of(srnn_context *context, srnn_context_option option)
{
    int64_t value = 0;
    return srnn_context_get_int(&value, context, option) == SRNN_OK ? value : 0;
}

/* It need not be there. Fails if it is and still cannot be chosen. */
static command_result print_openblas(srnn_context *context)
{
    char advice[COMMAND_ADVICE];
    const srnn_status status =
        srnn_context_set_int(context, SRNN_CONTEXT_GEMM, SRNN_GEMM_OPENBLAS);
    if (status == SRNN_ERROR_UNSUPPORTED) {
        (void)printf("openblas: cannot be used: %s\n", srnn_last_error());
        return COMMAND_OK;
    }
    COMMAND_TRY(command_check(status, NULL));
    (void)printf("openblas: %s\n", srnn_gemm_info(SRNN_GEMM_OPENBLAS));
    if (*command_core_type_advice(advice) != '\0')
        (void)printf("warning: %s\n", advice);
    return COMMAND_OK;
}

static srnn_status set_rates(srnn_context *context, int64_t gflops,
                             int64_t bandwidth)
{
    srnn_status status =
        srnn_context_set_int(context, SRNN_CONTEXT_GFLOPS, gflops);
    if (status == SRNN_OK)
        status = srnn_context_set_int(context, SRNN_CONTEXT_L2_GBPS, bandwidth);
    if (status == SRNN_OK)
        status = srnn_context_set_int(context, SRNN_CONTEXT_L3_GBPS, bandwidth);
    return status;
}

/* Makes the library measure in a short call what it would in a long one: where
 * one rate is 1, it expects the call to take long, and measures the others. It
 * gives up on a rate while the machine is busy. */
static srnn_status measure_rates(srnn_context *context)
{
    enum { CALLS = 6 };
    static const float input[RATE_STEPS * RATE_BATCH];
    srnn_status status =
        srnn_context_set_int(context, SRNN_CONTEXT_GEMM, SRNN_GEMM_NATIVE);
    if (status == SRNN_OK)
        status = srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS, 2);
    for (int i = 0; i < CALLS && status == SRNN_OK; i++) {
        status = set_rates(context, (i + 1) % 2, i % 2);
        if (status == SRNN_OK)
            status = srnn_context_forward_contiguous(
                context, RATE_STEPS, RATE_BATCH, input, NULL, NULL, NULL);
    }
    return status == SRNN_OK ? set_rates(context, 0, 0) : status;
}

/* Those of a network with more weights than most L2 caches hold. */
static command_result print_rates(void)
{
    srnn_rnn *rnn = NULL;
    srnn_context *context = NULL;
    srnn_status status = srnn_rnn_create(&rnn, 1, RATE_HIDDEN, NULL, 1);
    if (status == SRNN_OK)
        status = srnn_context_create(&context, rnn);
    if (status == SRNN_OK)
        status = measure_rates(context);
    if (status == SRNN_OK)
        (void)printf("rates of a core: %" PRId64 " GFLOP/s, %" PRId64
                     " GB/s from L2, %" PRId64 " GB/s beyond; %" PRId64
                     " of 3 measured, others assumed\n",
                     value_of(context, SRNN_CONTEXT_GFLOPS),
                     value_of(context, SRNN_CONTEXT_L2_GBPS),
                     value_of(context, SRNN_CONTEXT_L3_GBPS),
                     value_of(context, SRNN_CONTEXT_MEASURED_RATES));
    const command_result result = command_check(status, NULL);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    return result;
}

/* What a context has that nothing was said to; then OpenBLAS. */
static command_result print_choices(void)
{
    srnn_rnn *rnn = NULL;
    srnn_context *context = NULL;
    COMMAND_TRY(command_self_test_network(&rnn, SRNN_DTYPE_FLOAT32, false));
    command_result result =
        command_check(srnn_context_create(&context, rnn), NULL);
    srnn_rnn_destroy(rnn);
    COMMAND_TRY(result);
    (void)printf("isa in use: %s\ngemm in use: %s\nthreads: %" PRId64 "\n",
                 command_word_of(value_of(context, SRNN_CONTEXT_ISA)).text,
                 command_word_of(value_of(context, SRNN_CONTEXT_GEMM)).text,
                 value_of(context, SRNN_CONTEXT_NUM_THREADS));
    result = print_openblas(context);
    srnn_context_destroy(context);
    return result;
}

static command_result run(const command_options *options)
{
    (void)options;
    (void)fputs(srnn_build_info(), stdout);
    COMMAND_TRY(print_choices());
    COMMAND_TRY(command_self_test());
    COMMAND_TRY(print_rates());
    (void)puts("all bits are the same");
    return COMMAND_OK;
}

const command_verb command_doctor = {"doctor", "", 0, 0, help, run};
