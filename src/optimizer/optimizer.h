/* SPDX-License-Identifier: MIT */
/* The optimizer behind srnn_optimizer: what its kinds are, and its state. */
#ifndef SRNN_OPTIMIZER_OPTIMIZER_H
#define SRNN_OPTIMIZER_OPTIMIZER_H

#include <stdbool.h>

#include "rnn/gradients.h"
#include "simplernn/optimizer.h"
#include "util/busy.h"
#include "util/text.h"

enum {
    SRNN_OPTIMIZER_OPTIONS = /* those that gradients have */
    SRNN_OPTIMIZER_CENTERED - SRNN_OPTIMIZER_LEARNING_RATE + 1,
    SRNN_OPTIMIZER_MOMENTS = 3 /* the most that a kind has */
};

/* The values of options by srnn_optimizer__at. Those that a kind does not have
 * are 0. Integers are doubles too, so that one table can reach them. */
typedef struct {
    double of[SRNN_OPTIMIZER_OPTIONS];
} srnn_optimizer_options;

/* What an option is. A value that is not finite is never in its range. */
typedef struct {
    const char *name; /* "learning_rate" */
    bool is_integer;
    double minimum;
    double maximum;    /* the largest value that is allowed */
    const char *range; /* the same in words: "0 to 1" */
} srnn_optimizer_option_row;

/* What a kind is. */
typedef struct {
    const char *name; /* "adam" */
    uint32_t options; /* those that it has: bits 1 << srnn_optimizer__at */
    int64_t moments;  /* how many it has */
    const char *moment_names[SRNN_OPTIMIZER_MOMENTS]; /* as in torch's state */
    srnn_optimizer_options defaults;
} srnn_optimizer_kind_row;

/* Gradients with the options and the state of their parameters: one block of
 * memory. */
typedef struct srnn_optimizer_group srnn_optimizer_group;

struct srnn_optimizer_group {
    srnn_optimizer_group *next;
    srnn_gradients *gradients; /* retained */
    const char *prefix;        /* of the names of parameters in files */
    srnn_optimizer_options options;
    /* As many as the kind has; each is [P], in the dtype and the order of the
     * values of all parameters. */
    void *moments[SRNN_OPTIMIZER_MOMENTS];
    /* By parameter: how often a step has updated its moments. It is torch's
     * "step"; in SGD, only steps with a momentum count. */
    int64_t *counts;
};

struct srnn_optimizer {
    srnn_handle handle;
    srnn_busy busy; /* held by each call */
    srnn_optimizer_kind kind;
    int64_t check_finite;
    int64_t steps;
    srnn_optimizer_options options; /* those that a new group gets */
    srnn_optimizer_group *first;    /* in the order of their addition */
};

/* The place of an option that gradients have, LEARNING_RATE to CENTERED. */
static inline int64_t srnn_optimizer__at(srnn_optimizer_option option)
{
    return option - SRNN_OPTIMIZER_LEARNING_RATE;
}

/* Is there such a kind? The others below need one. */
bool srnn_optimizer__is_kind(srnn_optimizer_kind kind);

const srnn_optimizer_kind_row *
srnn_optimizer__kind_row(srnn_optimizer_kind kind);

/* Of an option that gradients have; NULL for any other number. */
const srnn_optimizer_option_row *
srnn_optimizer__option_row(srnn_optimizer_option option);

/* Does a kind have that option of gradients? */
bool srnn_optimizer__has(srnn_optimizer_kind kind,
                         srnn_optimizer_option option);

/* Without groups. SRNN_ERROR_NO_MEMORY. */
srnn_status srnn_optimizer__create(srnn_optimizer **out,
                                   srnn_optimizer_kind kind);

void srnn_optimizer__destroy(srnn_optimizer *optimizer);

/* SRNN_ERROR_BUSY if another thread is inside. */
srnn_status srnn_optimizer__enter(const srnn_optimizer *optimizer);
void srnn_optimizer__leave(const srnn_optimizer *optimizer);

/* A group with zeros as moments and counts behind those that there are. It
 * copies the prefix and retains the gradients. SRNN_ERROR_OVERFLOW,
 * SRNN_ERROR_NO_MEMORY. */
srnn_status srnn_optimizer__add(srnn_optimizer *optimizer,
                                srnn_gradients *gradients, const char *prefix);

/* SRNN_ERROR_STATE if there is no group. */
srnn_status srnn_optimizer__check_groups(const srnn_optimizer *optimizer);

/* The group of gradients, or NULL. */
srnn_optimizer_group *srnn_optimizer__find(const srnn_optimizer *optimizer,
                                           const srnn_gradients *gradients);

/* From the first to the second, nobody else uses gradients of the optimizer or
 * the owners of their parameters. Whoever writes parameters calls the update of
 * their owner. After a failure nothing is held: SRNN_ERROR_BUSY,
 * SRNN_ERROR_IN_USE. */
srnn_status srnn_optimizer__begin_write(srnn_optimizer *optimizer);
void srnn_optimizer__end_write(srnn_optimizer *optimizer);

/* Of an optimizer with groups, which is entered. */
srnn_status srnn_optimizer__step(srnn_optimizer *optimizer);

#endif
