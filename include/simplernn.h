/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The whole API: includes every header of simplernn/.
 */
/**
 * @mainpage libsimplernn
 *
 * Simple (Elman) recurrent networks on CPUs, as torch.nn.RNN.
 *
 * weights.h reads a file, rnn.h makes a network of it, context.h runs it on
 * what tensor.h describes; status.h says what went wrong. config.h is for
 * networks without a file, cell.h for a single step, allocator.h for memory of
 * one's own, version.h for bug reports.
 *
 * Letters used in every comment: T time steps, B batch, I input_size,
 * H hidden_size, L num_layers, D num_directions (1, or 2 when bidirectional).
 * Shapes are in C order: input [T,B,I], output [T,B,D*H], h0 and h_n [L*D,B,H].
 *
 * The grammar of the API:
 *  - `srnn_<noun>_<verb>`; results that a call creates come first and are
 *    NULL after a failure;
 *  - a function that can fail returns srnn_status, and srnn_last_error() then
 *    says in one line what was wrong, with the numbers;
 *  - a failed call changes nothing;
 *  - `srnn_x **out` gives the caller an object to destroy; a returned plain
 *    pointer is borrowed from its handle;
 *  - srnn_x_destroy(NULL) does nothing, and functions that return a value
 *    instead of a status return 0 or NULL for NULL or another kind of handle.
 */
#ifndef SIMPLERNN_H
#define SIMPLERNN_H

#include "simplernn/allocator.h"
#include "simplernn/cell.h"
#include "simplernn/config.h"
#include "simplernn/context.h"
#include "simplernn/rnn.h"
#include "simplernn/status.h"
#include "simplernn/tensor.h"
#include "simplernn/version.h"
#include "simplernn/weights.h"

#endif
