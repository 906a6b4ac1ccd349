/* SPDX-License-Identifier: MIT */
/* The tables of kinds and options, and groups of gradients. */
#include "optimizer/optimizer.h"

#include <assert.h>
#include <float.h>
#include <string.h>

#include "tensor/dtype.h"
#include "util/error.h"

/* In the order of srnn_optimizer_option_values. */
static const srnn_optimizer_option_row option_rows[SRNN_OPTIMIZER_OPTIONS] = {
    {"learning_rate", false, 0, DBL_MAX, "0 or above, and finite"},
    {"weight_decay", false, 0, DBL_MAX, "0 or above, and finite"},
    {"momentum", false, 0, DBL_MAX, "0 or above, and finite"},
    {"dampening", false, -DBL_MAX, DBL_MAX, "a finite number"},
    {"nesterov", true, 0, 1, "0 or 1"},
    {"beta1", false, 0, 1 - DBL_EPSILON / 2, "0 to below 1"},
    {"beta2", false, 0, 1 - DBL_EPSILON / 2, "0 to below 1"},
    {"epsilon", false, 0, DBL_MAX, "0 or above, and finite"},
    {"alpha", false, 0, 1, "0 to 1"},
    {"centered", true, 0, 1, "0 or 1"},
};

#define BIT(option)                                                            \
    (1u << (SRNN_OPTIMIZER_##option - SRNN_OPTIMIZER_LEARNING_RATE))
#define DEFAULT(option, value)                                                 \
    [SRNN_OPTIMIZER_##option - SRNN_OPTIMIZER_LEARNING_RATE] = (value)
#define ADAM_OPTIONS                                                           \
    (BIT(LEARNING_RATE) | BIT(WEIGHT_DECAY) | BIT(BETA1) | BIT(BETA2) |        \
     BIT(EPSILON))
#define ADAM_DEFAULTS                                                          \
    DEFAULT(LEARNING_RATE, 1e-3), DEFAULT(BETA1, 0.9), DEFAULT(BETA2, 0.999),  \
        DEFAULT(EPSILON, 1e-8)

/* In the order of srnn_optimizer_kind_values. */
static const srnn_optimizer_kind_row kind_rows[] = {
    {"sgd",
     BIT(LEARNING_RATE) | BIT(WEIGHT_DECAY) | BIT(MOMENTUM) | BIT(DAMPENING) |
         BIT(NESTEROV),
     1,
     {"momentum_buffer"},
     {{DEFAULT(LEARNING_RATE, 1e-3)}}},
    {"adam", ADAM_OPTIONS, 2, {"exp_avg", "exp_avg_sq"}, {{ADAM_DEFAULTS}}},
    {"adamw",
     ADAM_OPTIONS,
     2,
     {"exp_avg", "exp_avg_sq"},
     {{ADAM_DEFAULTS, DEFAULT(WEIGHT_DECAY, 1e-2)}}},
    {"rmsprop",
     BIT(LEARNING_RATE) | BIT(WEIGHT_DECAY) | BIT(MOMENTUM) | BIT(EPSILON) |
         BIT(ALPHA) | BIT(CENTERED),
     3,
     {"square_avg", "momentum_buffer", "grad_avg"},
     {{DEFAULT(LEARNING_RATE, 1e-2), DEFAULT(EPSILON, 1e-8),
       DEFAULT(ALPHA, 0.99)}}},
};

enum { KINDS = sizeof kind_rows / sizeof *kind_rows };

bool srnn_optimizer__is_kind(srnn_optimizer_kind kind)
{
    return kind >= SRNN_OPTIMIZER_KIND_SGD &&
           kind < SRNN_OPTIMIZER_KIND_SGD + KINDS;
}

const srnn_optimizer_kind_row *
srnn_optimizer__kind_row(srnn_optimizer_kind kind)
{
    assert(srnn_optimizer__is_kind(kind));
    return &kind_rows[kind - SRNN_OPTIMIZER_KIND_SGD];
}

const srnn_optimizer_option_row *
srnn_optimizer__option_row(srnn_optimizer_option option)
{
    return option < SRNN_OPTIMIZER_LEARNING_RATE ||
                   option > SRNN_OPTIMIZER_CENTERED
               ? NULL
               : &option_rows[srnn_optimizer__at(option)];
}

bool srnn_optimizer__has(srnn_optimizer_kind kind, srnn_optimizer_option option)
{
    return (srnn_optimizer__kind_row(kind)->options >>
                srnn_optimizer__at(option) &
            1u) != 0;
}

srnn_status srnn_optimizer__create(srnn_optimizer **out,
                                   srnn_optimizer_kind kind)
{
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, (int64_t)sizeof(srnn_optimizer)));
    *out = memory;
    (*out)->handle.kind = SRNN_HANDLE_OPTIMIZER;
    (*out)->kind = kind;
    (*out)->check_finite = 1;
    (*out)->options = srnn_optimizer__kind_row(kind)->defaults;
    return SRNN_OK;
}

void srnn_optimizer__destroy(srnn_optimizer *optimizer)
{
    optimizer->handle.kind = 0;
    while (optimizer->first != NULL) {
        srnn_optimizer_group *const group = optimizer->first;
        optimizer->first = group->next;
        srnn_gradients__release(group->gradients);
        srnn_memory__destroy(group);
    }
    srnn_memory__destroy(optimizer);
}

srnn_status srnn_optimizer__enter(const srnn_optimizer *optimizer)
{
    if (srnn_busy__take(&((srnn_optimizer *)optimizer)->busy)) /* alone */
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_BUSY,
                            "another thread is using the optimizer");
}

void srnn_optimizer__leave(const srnn_optimizer *optimizer)
{
    srnn_busy__release(&((srnn_optimizer *)optimizer)->busy);
}

/* See srnn_arena: while measuring, out receives NULL. */
static void lay_out(srnn_optimizer_group **out, srnn_arena *arena,
                    const srnn_owner *owner, int64_t moments,
                    const char *prefix)
{
    const int64_t length = (int64_t)strlen(prefix) + 1;
    *out = srnn_arena__take(arena, 1, sizeof(srnn_optimizer_group));
    int64_t *const counts =
        srnn_arena__take(arena, owner->count, sizeof(int64_t));
    char *const copy = srnn_arena__take(arena, length, 1);
    for (int64_t i = 0; i < moments; i++) {
        void *const moment = srnn_arena__take(arena, owner->value_count,
                                              srnn_dtype__size(owner->dtype));
        if (*out != NULL)
            (*out)->moments[i] = moment;
    }
    if (*out == NULL)
        return;
    (*out)->counts = counts;
    memcpy(copy, prefix, (size_t)length);
    (*out)->prefix = copy;
}

srnn_status srnn_optimizer__add(srnn_optimizer *optimizer,
                                srnn_gradients *gradients, const char *prefix)
{
    const srnn_owner *const owner = &gradients->owner;
    const int64_t moments = srnn_optimizer__kind_row(optimizer->kind)->moments;
    srnn_optimizer_group **place = &optimizer->first;
    srnn_optimizer_group *group = NULL;
    srnn_arena arena = {NULL, 0, 0, false};
    void *memory = NULL;
    lay_out(&group, &arena, owner, moments, prefix);
    SRNN_TRY(srnn_arena__check(&arena, "the state of the optimizer"));
    SRNN_TRY(srnn_memory__create(&memory, arena.used));
    arena = (srnn_arena){memory, arena.used, 0, false};
    lay_out(&group, &arena, owner, moments, prefix);
    srnn_gradients__retain(gradients);
    group->gradients = gradients;
    group->options = optimizer->options;
    while (*place != NULL)
        place = &(*place)->next;
    *place = group;
    return SRNN_OK;
}

srnn_status srnn_optimizer__check_groups(const srnn_optimizer *optimizer)
{
    return optimizer->first != NULL
               ? SRNN_OK
               : srnn_error__fail(
                     SRNN_ERROR_STATE,
                     "the optimizer has no gradients; add some first");
}

srnn_optimizer_group *srnn_optimizer__find(const srnn_optimizer *optimizer,
                                           const srnn_gradients *gradients)
{
    srnn_optimizer_group *group = optimizer->first;
    while (group != NULL && group->gradients != gradients)
        group = group->next;
    return group;
}
