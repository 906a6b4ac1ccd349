/* SPDX-License-Identifier: MIT */
/* srnn_loss_*: checks, then src/pointwise. */
#include "simplernn/loss.h"

#include <inttypes.h>
#include <math.h>

#include "api/check.h"
#include "pointwise/loss.h"
#include "tensor/cursor.h"
#include "util/text.h"

enum { SHAPE_ROOM = 200 };

/* A tensor with a row, or an element, for each row of the result. */
static srnn_status check_shape(const srnn_tensor *tensor, const char *name,
                               const srnn_tensor *result,
                               const char *result_name, int32_t rank)
{
    srnn_tensor wanted = *result;
    char shapes[3][SHAPE_ROOM] = {{0}};
    const srnn_tensor *const all[] = {tensor, result, &wanted};
    wanted.rank = rank;
    if (srnn_tensor__same_shape(tensor, &wanted))
        return SRNN_OK;
    for (int i = 0; i < 3; i++) {
        srnn_text text = {shapes[i], SHAPE_ROOM, 0};
        srnn_text__append_shape(&text, all[i]->rank, all[i]->shape);
    }
    return srnn_error__fail(SRNN_ERROR_SHAPE,
                            "%s is %s; with %s of %s it must be %s", name,
                            shapes[0], result_name, shapes[1], shapes[2]);
}

static srnn_status check_divisor(double divisor)
{
    if (divisor >= 0 && isfinite(divisor)) /* NaN is not >= 0 */
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_RANGE,
                            "divisor is %.17g, expected 0 or above, and finite",
                            divisor);
}

/* [...,C] with C at least `least`, of reals. */
static srnn_status check_result(const srnn_tensor *result, const char *name,
                                const char *columns, int64_t least)
{
    char shape[SHAPE_ROOM];
    srnn_text text = {shape, sizeof shape, 0};
    SRNN_TRY(srnn_check__dtype_is_real(result->dtype, name));
    if (result->rank > 0 && result->shape[result->rank - 1] >= least)
        return SRNN_OK;
    srnn_text__append_shape(&text, result->rank, result->shape);
    return srnn_error__fail(SRNN_ERROR_SHAPE, "%s is %s, expected [..., %s",
                            name, shape, columns);
}

/* d: the gradient of a result. */
static srnn_status check_gradient(const srnn_tensor *d, const char *d_name,
                                  const srnn_tensor *of, const char *of_name)
{
    if (d == NULL)
        return SRNN_OK;
    SRNN_TRY(srnn_check__dtype(d, d_name, of->dtype, of_name));
    SRNN_TRY(check_shape(d, d_name, of, of_name, of->rank));
    return srnn_tensor__same_memory(d, of)
               ? SRNN_OK
               : srnn_check__apart(d, d_name, of, of_name);
}

/* "targets[2, 0] is 7" */
static srnn_status fail_target(const srnn_cursor *at, int64_t target,
                               int64_t classes)
{
    char index[SHAPE_ROOM];
    srnn_text text = {index, sizeof index, 0};
    srnn_text__append_shape(&text, at->rank, at->index);
    return srnn_error__fail(SRNN_ERROR_RANGE,
                            "targets%s is %" PRId64 ", expected 0 to %" PRId64
                            " or SRNN_IGNORE_INDEX",
                            at->rank == 0 ? "" : index, target, classes - 1);
}

/* All of them, before anything is written; how many count. */
static srnn_status check_targets(int64_t *count, const srnn_tensor *targets,
                                 int64_t classes)
{
    srnn_cursor at = srnn_cursor__begin(targets, targets->rank, 0);
    *count = 0;
    if (targets->size == 0)
        return SRNN_OK;
    do {
        const int64_t target = *(const int64_t *)(void *)at.at;
        if (target == SRNN_IGNORE_INDEX)
            continue;
        if (target < 0 || target >= classes)
            return fail_target(&at, target, classes);
        ++*count;
    } while (srnn_cursor__next(&at));
    return SRNN_OK;
}

/* If nothing counts, all gradients are 0 whatever it is. */
static double divisor_of(double divisor, int64_t count)
{
    return divisor > 0 ? divisor : count > 0 ? (double)count : 1;
}

srnn_status srnn_loss_cross_entropy(double *sum, int64_t *count,
                                    srnn_tensor *d_logits,
                                    const srnn_tensor *logits,
                                    const srnn_tensor *targets, double divisor)
{
    int64_t counted = 0;
    SRNN_TRY(srnn_check__pointer(sum, "sum"));
    SRNN_TRY(srnn_check__pointer(count, "count"));
    if (d_logits != NULL)
        SRNN_TRY(srnn_check__result(d_logits, "d_logits"));
    SRNN_TRY(srnn_check__handle(logits, SRNN_HANDLE_TENSOR, "logits"));
    SRNN_TRY(srnn_check__handle(targets, SRNN_HANDLE_TENSOR, "targets"));
    SRNN_TRY(check_divisor(divisor));
    SRNN_TRY(
        check_result(logits, "logits", "classes] with at least 1 class", 1));
    SRNN_TRY(srnn_check__dtype(targets, "targets", SRNN_DTYPE_INT64,
                               "the class of a row"));
    SRNN_TRY(
        check_shape(targets, "targets", logits, "logits", logits->rank - 1));
    SRNN_TRY(check_gradient(d_logits, "d_logits", logits, "logits"));
    SRNN_TRY(srnn_check__apart(d_logits, "d_logits", targets, "targets"));
    SRNN_TRY(check_targets(&counted, targets, logits->shape[logits->rank - 1]));
    const srnn_loss_call call = {
        .result = logits,
        .target = targets,
        .gradient = d_logits,
        .divisor = divisor_of(divisor, counted),
        .softmax = srnn_softmax__find(srnn_isa__best(), logits->dtype)};
    *sum = SRNN_FOR_DTYPE(logits->dtype, srnn_loss__cross_entropy)(&call);
    *count = counted;
    return SRNN_OK;
}

/* The elements of rows that count. */
static int64_t count_elements(const srnn_tensor *output,
                              const srnn_tensor *counted)
{
    int64_t rows = 0;
    if (counted == NULL || output->size == 0)
        return output->size;
    srnn_cursor at = srnn_cursor__begin(counted, counted->rank, 0);
    do {
        rows += *at.at != 0;
    } while (srnn_cursor__next(&at));
    return rows * output->shape[output->rank - 1];
}

static srnn_status check_squared_error(const srnn_tensor *d_output,
                                       const srnn_tensor *output,
                                       const srnn_tensor *target,
                                       const srnn_tensor *counted)
{
    SRNN_TRY(check_result(output, "output", "features]", 0));
    SRNN_TRY(srnn_check__dtype(target, "target", output->dtype, "output"));
    SRNN_TRY(check_shape(target, "target", output, "output", output->rank));
    if (counted != NULL) {
        SRNN_TRY(srnn_check__dtype(counted, "counted", SRNN_DTYPE_UINT8,
                                   "whether a row counts"));
        SRNN_TRY(check_shape(counted, "counted", output, "output",
                             output->rank - 1));
    }
    SRNN_TRY(check_gradient(d_output, "d_output", output, "output"));
    SRNN_TRY(srnn_check__apart(d_output, "d_output", target, "target"));
    return srnn_check__apart(d_output, "d_output", counted, "counted");
}

srnn_status srnn_loss_squared_error(double *sum, int64_t *count,
                                    srnn_tensor *d_output,
                                    const srnn_tensor *output,
                                    const srnn_tensor *target,
                                    const srnn_tensor *counted, double divisor)
{
    SRNN_TRY(srnn_check__pointer(sum, "sum"));
    SRNN_TRY(srnn_check__pointer(count, "count"));
    if (d_output != NULL)
        SRNN_TRY(srnn_check__result(d_output, "d_output"));
    SRNN_TRY(srnn_check__handle(output, SRNN_HANDLE_TENSOR, "output"));
    SRNN_TRY(srnn_check__handle(target, SRNN_HANDLE_TENSOR, "target"));
    if (counted != NULL)
        SRNN_TRY(srnn_check__handle(counted, SRNN_HANDLE_TENSOR, "counted"));
    SRNN_TRY(check_divisor(divisor));
    SRNN_TRY(check_squared_error(d_output, output, target, counted));
    const int64_t elements = count_elements(output, counted);
    const srnn_loss_call call = {.result = output,
                                 .target = target,
                                 .counted = counted,
                                 .gradient = d_output,
                                 .divisor = divisor_of(divisor, elements)};
    *sum = SRNN_FOR_DTYPE(output->dtype, srnn_loss__squared_error)(&call);
    *count = elements;
    return SRNN_OK;
}
