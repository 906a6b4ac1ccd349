/* SPDX-License-Identifier: MIT */
/* Checkpoints of training: see srnn_optimizer_save. Beside values of parameters
 * under prefix + name, the options of rnns, and what the caller adds, a file
 * has these, where PARAMETER is prefix + name:
 *
 *     tensor optimizer.steps               I64 []: the number of steps
 *     tensor optimizer.step.PARAMETER      I64 []: an element of counts
 *     tensor optimizer.MOMENT.PARAMETER    as the parameter, for each moment
 *     text   optimizer.kind                "adam"
 *     text   optimizer.check_finite        "0" or "1"
 *     text   optimizer.OPTION              what a new group gets
 *     text   optimizer.OPTION.PARAMETER    what the group has whose first
 *                                          parameter it is
 */
#ifndef SRNN_IO_CHECKPOINT_H
#define SRNN_IO_CHECKPOINT_H

#include "io/weights.h"
#include "optimizer/optimizer.h"

/* What is saved. All is valid, no name or key occurs twice, and there is a
 * group. */
typedef struct {
    const srnn_optimizer *optimizer;
    const char *const *names;
    const srnn_tensor *const *tensors; /* any strides */
    int64_t count;
    const char *const *metadata; /* key, text, key, text, NULL; or NULL */
} srnn_checkpoint;

srnn_status srnn_checkpoint__write(const char *path,
                                   const srnn_checkpoint *checkpoint);

/* See srnn_optimizer_load. The optimizer is entered and has a group. */
srnn_status srnn_checkpoint__read(srnn_optimizer *optimizer,
                                  const srnn_weights *weights);

/* Writes a name as above into SRNN_CHECKPOINT_NAME bytes and those of the
 * prefix: what is "steps", "step", "exp_avg" and so on. Without a group it ends
 * there; without what, it is that of the parameter itself. Returns its end. */
enum { SRNN_CHECKPOINT_NAME = 96 };
char *srnn_checkpoint__format(char *name, const char *what,
                              const srnn_optimizer_group *group, int64_t index);

/* The place of a parameter among the values of its owner, in bytes. */
static inline int64_t srnn_checkpoint__offset(const srnn_owner *owner,
                                              const srnn_tensor *parameter)
{
    return (const char *)parameter->data - (const char *)owner->values;
}

#endif
