/* SPDX-License-Identifier: MIT */
/* clang-format off */
/* What every forward does, when there is a plan for it:
 *
 *     api/forward.c               checks, and asks: does the plan still serve?
 *       srnn_context__prepare     if not, once per kind of call:
 *         srnn_plan__begin        notes tensors and sizes
 *         srnn_context__partition who does what (schedule.c), with a team
 *         srnn_plan__lay_out      where buffers lie
 *       srnn_forward__run         every call:
 *         srnn_forward__read      copies what is not contiguous
 *         run_all                 each member its tasks (task.c)
 *           srnn_layer__forward   one direction over the steps of a task
 *         srnn_forward__write     copies back
 */
/* clang-format on */
#ifndef SRNN_STACK_FORWARD_H
#define SRNN_STACK_FORWARD_H

#include "stack/context.h"

/* Runs the plan of the context. */
void srnn_forward__run(srnn_context *context);

/* Copies what the stand-ins of a plan stand for in, and out again. */
void srnn_forward__read(const srnn_plan *plan);
void srnn_forward__write(const srnn_plan *plan);

/* Where there is no step, states stay as they are: h_n is h0, or zeros. Both
 * may be NULL. */
void srnn_forward__keep_states(const srnn_tensor *h_n, const srnn_tensor *h0);

#endif
