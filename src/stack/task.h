/* SPDX-License-Identifier: MIT */
/* A planned call is cut into tasks: one cell, one chunk of steps, some rows of
 * the batch. Here is what a task reads and writes. */
#ifndef SRNN_STACK_TASK_H
#define SRNN_STACK_TASK_H

#include "stack/plan.h"

typedef struct {
    int64_t layer;
    int64_t direction;
    int64_t chunk; /* its number; steps [chunk * length, ...) */
    int64_t first_row;
    int64_t rows;
} srnn_task;

/* A tensor of the caller as [T,B,features], and the states of a cell in h0 or
 * h_n. */
srnn_sequence srnn_task__sequence(const srnn_plan *plan,
                                  const srnn_tensor *tensor);
srnn_matrix srnn_task__states(const srnn_plan *plan, const srnn_tensor *states,
                              int64_t cell);

/* The pass of a task, all columns, no team. */
srnn_layer_pass srnn_task__pass(const srnn_plan *plan, const srnn_task *task);

/* In place: puts steps [t, t + steps) of the task's rows, as the layer below
 * left them, into the slot of that number, and gives the pass that makes its
 * input products of them; steps at most slot_steps. */
void srnn_task__set_aside(const srnn_plan *plan, const srnn_task *task,
                          int64_t number, int64_t t, int64_t steps);
srnn_layer_pass srnn_task__projection(const srnn_plan *plan,
                                      const srnn_task *task, int64_t number,
                                      int64_t t, int64_t steps);

#endif
