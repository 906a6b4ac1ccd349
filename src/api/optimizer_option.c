/* SPDX-License-Identifier: MIT */
/* srnn_optimizer_set_* and _get_*. */
#include "api/check.h"
#include "optimizer/optimizer.h"
#include "util/plain.h"

/* Is it one that all gradients share? */
static bool is_shared(srnn_optimizer_option option)
{
    return option == SRNN_OPTIMIZER_CHECK_FINITE ||
           option == SRNN_OPTIMIZER_STEPS;
}

static srnn_status check_option(const srnn_optimizer *optimizer,
                                srnn_optimizer_option option, bool is_real)
{
    const srnn_optimizer_option_row *const row =
        srnn_optimizer__option_row(option);
    SRNN_TRY(srnn_check__handle(optimizer, SRNN_HANDLE_OPTIMIZER, "optimizer"));
    if (row == NULL && !is_shared(option))
        return srnn_check__fail_option(option, "an optimizer",
                                       "SRNN_OPTIMIZER_");
    if (is_real != (row != NULL && !row->is_integer))
        return srnn_check__fail_type(option, !is_real);
    if (row != NULL && !srnn_optimizer__has(optimizer->kind, option))
        return srnn_check__fail_option(
            option, srnn_constant_name(optimizer->kind), "SRNN_OPTIMIZER_");
    return SRNN_OK;
}

/* NaN is in no range. */
static srnn_status check_value(srnn_optimizer_option option, double value)
{
    const srnn_optimizer_option_row *const row =
        srnn_optimizer__option_row(option);
    return value >= row->minimum && value <= row->maximum
               ? SRNN_OK
               : srnn_error__fail(SRNN_ERROR_RANGE, "%s is %.17g, expected %s",
                                  srnn_constant_name(option), value,
                                  row->range);
}

/* The options of gradients, or for NULL those of gradients to come. */
static srnn_status find(srnn_optimizer_options **out,
                        const srnn_optimizer *optimizer,
                        const srnn_gradients *gradients)
{
    *out = (srnn_optimizer_options *)&optimizer->options;
    if (gradients == NULL)
        return SRNN_OK;
    srnn_optimizer_group *const group =
        srnn_optimizer__find(optimizer, gradients);
    if (group == NULL)
        return srnn_error__fail(SRNN_ERROR_NOT_FOUND,
                                "the gradients are not in the optimizer");
    *out = &group->options;
    return SRNN_OK;
}

/* Of an optimizer that is entered. */
static srnn_status write(srnn_optimizer *optimizer,
                         const srnn_gradients *gradients,
                         srnn_optimizer_option option, double value)
{
    const int64_t at = srnn_optimizer__at(option);
    srnn_optimizer_options *options = NULL;
    SRNN_TRY(find(&options, optimizer, gradients));
    options->of[at] = srnn_plain__number(value);
    for (srnn_optimizer_group *group = optimizer->first;
         group != NULL && gradients == NULL; group = group->next)
        group->options.of[at] = srnn_plain__number(value);
    return SRNN_OK;
}

static srnn_status set(srnn_optimizer *optimizer,
                       const srnn_gradients *gradients,
                       srnn_optimizer_option option, double value)
{
    if (gradients != NULL)
        SRNN_TRY(
            srnn_check__handle(gradients, SRNN_HANDLE_GRADIENTS, "gradients"));
    SRNN_TRY(srnn_optimizer__enter(optimizer));
    const srnn_status status = write(optimizer, gradients, option, value);
    srnn_optimizer__leave(optimizer);
    return status;
}

static srnn_status get(double *out, const srnn_optimizer *optimizer,
                       const srnn_gradients *gradients,
                       srnn_optimizer_option option)
{
    srnn_optimizer_options *options = NULL;
    if (gradients != NULL)
        SRNN_TRY(
            srnn_check__handle(gradients, SRNN_HANDLE_GRADIENTS, "gradients"));
    SRNN_TRY(srnn_optimizer__enter(optimizer));
    const srnn_status status = find(&options, optimizer, gradients);
    if (status == SRNN_OK)
        *out = options->of[srnn_optimizer__at(option)];
    srnn_optimizer__leave(optimizer);
    return status;
}

srnn_status srnn_optimizer_set_real(srnn_optimizer *optimizer,
                                    const srnn_gradients *gradients,
                                    srnn_optimizer_option option, double value)
{
    SRNN_TRY(check_option(optimizer, option, true));
    SRNN_TRY(check_value(option, value));
    return set(optimizer, gradients, option, value);
}

srnn_status srnn_optimizer_get_real(double *out,
                                    const srnn_optimizer *optimizer,
                                    const srnn_gradients *gradients,
                                    srnn_optimizer_option option)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(check_option(optimizer, option, true));
    return get(out, optimizer, gradients, option);
}

static srnn_status check_shared(srnn_optimizer_option option,
                                const srnn_gradients *gradients)
{
    return gradients == NULL
               ? SRNN_OK
               : srnn_error__fail(SRNN_ERROR_INVALID,
                                  "gradients is not NULL; all share %s",
                                  srnn_constant_name(option));
}

srnn_status srnn_optimizer_set_int(srnn_optimizer *optimizer,
                                   const srnn_gradients *gradients,
                                   srnn_optimizer_option option, int64_t value)
{
    SRNN_TRY(check_option(optimizer, option, false));
    if (option == SRNN_OPTIMIZER_STEPS)
        return srnn_error__fail(SRNN_ERROR_STATE,
                                "SRNN_OPTIMIZER_STEPS is read only");
    if (!is_shared(option)) {
        SRNN_TRY(check_value(option, (double)value));
        return set(optimizer, gradients, option, (double)value);
    }
    SRNN_TRY(check_shared(option, gradients));
    SRNN_TRY(srnn_check__range(value, srnn_constant_name(option), 0, 1));
    SRNN_TRY(srnn_optimizer__enter(optimizer));
    optimizer->check_finite = value;
    srnn_optimizer__leave(optimizer);
    return SRNN_OK;
}

srnn_status srnn_optimizer_get_int(int64_t *out,
                                   const srnn_optimizer *optimizer,
                                   const srnn_gradients *gradients,
                                   srnn_optimizer_option option)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(check_option(optimizer, option, false));
    if (!is_shared(option)) {
        double value = 0;
        SRNN_TRY(get(&value, optimizer, gradients, option));
        *out = (int64_t)value;
        return SRNN_OK;
    }
    SRNN_TRY(check_shared(option, gradients));
    SRNN_TRY(srnn_optimizer__enter(optimizer));
    *out = option == SRNN_OPTIMIZER_STEPS ? optimizer->steps
                                          : optimizer->check_finite;
    srnn_optimizer__leave(optimizer);
    return SRNN_OK;
}
