/* SPDX-License-Identifier: MIT */
/* A step: nobody else may use what it reads and writes, all is checked, and
 * then all is written. */
#include <stddef.h>

#include "optimizer/formula.h"
#include "tensor/dtype.h"
#include "util/cancellation.h"
#include "util/error.h"

/* Gives back what the groups before end hold; NULL for all. */
static void let_go(srnn_optimizer *optimizer, const srnn_optimizer_group *end)
{
    for (srnn_optimizer_group *group = optimizer->first; group != end;
         group = group->next) {
        const srnn_owner *const owner = &group->gradients->owner;
        owner->functions->end_write(owner->object);
        srnn_gradients__leave(group->gradients);
    }
}

static srnn_status hold(srnn_optimizer_group *group)
{
    const srnn_owner *const owner = &group->gradients->owner;
    SRNN_TRY(srnn_gradients__enter(group->gradients));
    const srnn_status status = owner->functions->begin_write(owner->object);
    if (status != SRNN_OK)
        srnn_gradients__leave(group->gradients);
    return status;
}

srnn_status srnn_optimizer__begin_write(srnn_optimizer *optimizer)
{
    for (srnn_optimizer_group *group = optimizer->first; group != NULL;
         group = group->next) {
        const srnn_status status = hold(group);
        if (status != SRNN_OK) {
            let_go(optimizer, group);
            return status;
        }
    }
    return SRNN_OK;
}

void srnn_optimizer__end_write(srnn_optimizer *optimizer)
{
    let_go(optimizer, NULL);
}

static double get(const srnn_optimizer_group *group,
                  srnn_optimizer_option option)
{
    return group->options.of[srnn_optimizer__at(option)];
}

static srnn_status check_nesterov(const srnn_optimizer_group *group)
{
    const double momentum = get(group, SRNN_OPTIMIZER_MOMENTUM);
    const double dampening = get(group, SRNN_OPTIMIZER_DAMPENING);
    if (get(group, SRNN_OPTIMIZER_NESTEROV) == 0 ||
        (momentum > 0 && dampening == 0))
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_STATE,
                            "nesterov needs a momentum above 0 and a dampening "
                            "of 0; they are %.17g and %.17g",
                            momentum, dampening);
}

static srnn_status check_finite(const srnn_optimizer_group *group)
{
    const int64_t index = srnn_gradients__find_not_finite(group->gradients);
    if (index < 0)
        return SRNN_OK;
    char quoted[SRNN_QUOTED_SIZE];
    srnn_text__quote_joined(
        quoted, (srnn_joined){group->prefix,
                              srnn_gradients__name(group->gradients, index)});
    return srnn_error__fail(
        SRNN_ERROR_NOT_FINITE,
        "the gradient of %s has a value that is NaN or infinite", quoted);
}

static srnn_status check(const srnn_optimizer *optimizer)
{
    for (const srnn_optimizer_group *group = optimizer->first; group != NULL;
         group = group->next) {
        SRNN_TRY(check_nesterov(group));
        if (optimizer->check_finite != 0)
            SRNN_TRY(check_finite(group));
    }
    return SRNN_OK;
}

static srnn_formula *find_formula(srnn_optimizer_kind kind, srnn_dtype dtype)
{
    switch (kind) {
    case SRNN_OPTIMIZER_KIND_SGD:
        return SRNN_FOR_DTYPE(dtype, srnn_formula__sgd);
    case SRNN_OPTIMIZER_KIND_ADAM:
        return SRNN_FOR_DTYPE(dtype, srnn_formula__adam);
    case SRNN_OPTIMIZER_KIND_ADAMW:
        return SRNN_FOR_DTYPE(dtype, srnn_formula__adamw);
    default:
        return SRNN_FOR_DTYPE(dtype, srnn_formula__rmsprop);
    }
}

/* A parameter and its part of each moment, which lie at the same distances. */
static srnn_formula_arrays arrays_of(const srnn_optimizer_group *group,
                                     int64_t index)
{
    const srnn_gradients *const gradients = group->gradients;
    const srnn_tensor *const tensor = &gradients->tensors[index];
    const ptrdiff_t distance = (char *)tensor->data - (char *)gradients->data;
    srnn_formula_arrays arrays = {.size = tensor->size,
                                  .values = (char *)gradients->owner.values +
                                            distance,
                                  .gradient = tensor->data};
    for (int i = 0; i < SRNN_OPTIMIZER_MOMENTS && group->moments[i] != NULL;
         i++)
        arrays.moments[i] = (char *)group->moments[i] + distance;
    return arrays;
}

/* Objects of which nothing is trained stay as they are. */
static void update(srnn_optimizer_group *group, srnn_optimizer_kind kind)
{
    const srnn_owner *const owner = &group->gradients->owner;
    srnn_formula *const formula = find_formula(kind, owner->dtype);
    const bool has_moments = kind != SRNN_OPTIMIZER_KIND_SGD ||
                             get(group, SRNN_OPTIMIZER_MOMENTUM) != 0;
    bool is_changed = false;
    for (int64_t i = 0; i < owner->count; i++) {
        if (!group->gradients->is_trained[i])
            continue;
        const srnn_formula_arrays arrays = arrays_of(group, i);
        const int64_t count = group->counts[i] + 1;
        formula(&arrays, &group->options, count);
        group->counts[i] = has_moments ? count : group->counts[i];
        is_changed = true;
    }
    if (is_changed)
        owner->functions->update(owner->object);
}

srnn_status srnn_optimizer__step(srnn_optimizer *optimizer)
{
    const int before = srnn_cancellation__hold();
    srnn_status status = srnn_optimizer__begin_write(optimizer);
    if (status == SRNN_OK) {
        status = check(optimizer);
        for (srnn_optimizer_group *group = optimizer->first;
             group != NULL && status == SRNN_OK; group = group->next)
            update(group, optimizer->kind);
        optimizer->steps += status == SRNN_OK;
        srnn_optimizer__end_write(optimizer);
    }
    srnn_cancellation__allow(before);
    return status;
}
