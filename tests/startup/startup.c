/* SPDX-License-Identifier: MIT */
/* usage: startup version|forward|refused
 *
 * Asks for the version, or runs a forward by the native kernels, and ends with
 * 1 if that loads a BLAS; or chooses OpenBLAS, which must be refused as in a
 * fully static program. */
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "simplernn.h"

static int find_blas(struct dl_phdr_info *object, size_t size, void *unused)
{
    const char *const slash = strrchr(object->dlpi_name, '/');
    (void)size;
    (void)unused;
    return strstr(slash == NULL ? object->dlpi_name : slash, "blas") != NULL;
}

/* The library's own words for what went wrong. */
static bool is_ok(srnn_status status)
{
    if (status != SRNN_OK)
        printf("%s\n", srnn_last_error());
    return status == SRNN_OK;
}

static srnn_status make_context(srnn_context **context)
{
    srnn_rnn *rnn = NULL;
    srnn_status status = srnn_rnn_create(&rnn, 16, 32, NULL, 1);
    if (status == SRNN_OK)
        status = srnn_context_create(context, rnn);
    srnn_rnn_destroy(rnn);
    return status;
}

static bool forward(srnn_context *context)
{
    static float x[100 * 16];
    static float y[100 * 32];
    const int64_t in[] = {100, 16};
    const int64_t out[] = {100, 32};
    srnn_tensor *input = NULL;
    srnn_tensor *output = NULL;
    const bool done =
        is_ok(srnn_tensor_wrap(&input, x, SRNN_DTYPE_FLOAT32, 2, in, NULL)) &&
        is_ok(srnn_tensor_wrap(&output, y, SRNN_DTYPE_FLOAT32, 2, out, NULL)) &&
        is_ok(srnn_context_forward(context, input, NULL, output, NULL));
    srnn_tensor_destroy(input);
    srnn_tensor_destroy(output);
    return done && y[0] != 0;
}

static bool is_refused(srnn_context *context)
{
    const srnn_status status =
        srnn_context_set_int(context, SRNN_CONTEXT_GEMM, SRNN_GEMM_OPENBLAS);
    printf("%s: %s\n", srnn_status_name(status), srnn_last_error());
    return status == SRNN_ERROR_UNSUPPORTED &&
           strstr(srnn_last_error(), "fully static") != NULL;
}

int main(int count, char **arguments)
{
    const char *const way = count == 2 ? arguments[1] : "";
    static const char *const ways[] = {"version", "forward", "refused"};
    srnn_context *context = NULL;
    bool is_known = false;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        is_known = is_known || strcmp(way, ways[i]) == 0;
    if (!is_known) {
        puts("which way?");
        return 2;
    }
    bool done = strcmp(srnn_version(), "") != 0;
    if (strcmp(way, "version") != 0)
        done = is_ok(make_context(&context));
    if (done && strcmp(way, "forward") == 0)
        done = forward(context);
    if (done && strcmp(way, "refused") == 0)
        done = is_refused(context);
    srnn_context_destroy(context);
    if (dl_iterate_phdr(find_blas, NULL) != 0) {
        puts("a BLAS is loaded");
        done = false;
    }
    return done ? 0 : 1;
}
