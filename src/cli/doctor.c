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
    "\n";

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
    (void)puts("all bits are the same");
    return COMMAND_OK;
}

const command_verb command_doctor = {"doctor", "", 0, 0, help, run};
