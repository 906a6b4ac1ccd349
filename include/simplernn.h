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
 *     srnn_weights *weights;
 *     srnn_rnn *rnn;
 *     srnn_context *context;
 *     if (srnn_weights_open(&weights, "model.safetensors") ||
 *         srnn_rnn_create_from_weights(&rnn, weights, "rnn.", NULL) ||
 *         srnn_context_create(&context, rnn) ||
 *         srnn_context_forward_contiguous(context, T, B, x, NULL, y, NULL))
 *         fprintf(stderr, "%s\n", srnn_last_error());
 *
 * The objects, and which threads may use one of them:
 *  - srnn_weights, an open file: any number at once;
 *  - srnn_config, the options of a network: one at a time;
 *  - srnn_rnn, a network: any number at once; writing its parameters excludes
 *    running calls;
 *  - srnn_context, what a thread needs to run a network: one at a time, or
 *    SRNN_ERROR_BUSY;
 *  - srnn_stream, endless sequences: as srnn_context;
 *  - srnn_cell, one step of one cell: any number at once;
 *  - srnn_tensor, a view of memory: any number may read it.
 *
 * A context, a stream and a cell view keep their rnn alive; apart from that,
 * objects may be destroyed in any order. status.h tells what went wrong,
 * allocator.h takes memory from elsewhere, tuning.h is for measuring, version.h
 * for bug reports.
 *
 * Letters used in every comment: T time steps, B batch, I input_size,
 * H hidden_size, L num_layers, D directions (1, or 2 when bidirectional).
 * Shapes are in C order: input [T,B,I], output [T,B,D*H], h0 and h_n [L*D,B,H].
 *
 * The grammar of the API:
 *  - `srnn_<noun>_<verb>`. Results that a call creates come first and are NULL
 *    after a failure. The exceptions are srnn_last_error(), srnn_version(),
 *    srnn_version_number(), srnn_build_info() and srnn_supports();
 *  - a function that can fail returns srnn_status, and srnn_last_error() then
 *    says in one line what was wrong, with names and numbers;
 *  - a failed call changes nothing;
 *  - `srnn_x **out` gives the caller an object to free with srnn_x_destroy(). A
 *    returned plain pointer is borrowed. What is copied has `copy` or `read` in
 *    its name;
 *  - srnn_x_destroy(NULL) does nothing. A function that returns a value instead
 *    of a status returns 0 or NULL for NULL or another kind of handle;
 *  - sizes, indices and counts are int64_t, ranks and axes int32_t, bytes in
 *    memory size_t. Enumerators of different sets never have the same value.
 */
#ifndef SIMPLERNN_H
#define SIMPLERNN_H

#include "simplernn/allocator.h"
#include "simplernn/cell.h"
#include "simplernn/config.h"
#include "simplernn/context.h"
#include "simplernn/export.h"
#include "simplernn/rnn.h"
#include "simplernn/status.h"
#include "simplernn/stream.h"
#include "simplernn/tensor.h"
#include "simplernn/tuning.h"
#include "simplernn/version.h"
#include "simplernn/weights.h"

#endif
