/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The whole API: includes every header of simplernn/.
 */
/**
 * @mainpage libsimplernn
 *
 * Runs simple (Elman) recurrent networks on CPUs, with the results of
 * torch.nn.RNN, and computes their gradients.
 *
 * @code{.c}
 * #include <simplernn.h>
 * #include <stdio.h>
 *
 * // Runs the network of a file over T steps of one sequence, from states of 0.
 * int run(const char *path, int64_t T, const float *input, float *output)
 * {
 *     srnn_weights *weights = NULL;
 *     srnn_rnn *rnn = NULL;
 *     srnn_context *context = NULL;
 *     srnn_status status = srnn_weights_open(&weights, path);
 *     if (status == SRNN_OK)
 *         status = srnn_rnn_create_from_weights(&rnn, weights, "rnn.", NULL);
 *     if (status == SRNN_OK)
 *         status = srnn_context_create(&context, rnn);
 *     if (status == SRNN_OK)
 *         status = srnn_context_forward_contiguous(context, T, 1, input, NULL,
 *                                                  output, NULL);
 *     if (status != SRNN_OK)
 *         fprintf(stderr, "%s\n", srnn_last_error());
 *     srnn_context_destroy(context); // NULL does nothing
 *     srnn_rnn_destroy(rnn);
 *     srnn_weights_destroy(weights);
 *     return status == SRNN_OK ? 0 : 1;
 * }
 * @endcode
 *
 * ### Objects
 *
 * | object         | what it is                       | keeps alive | threads |
 * | -------------- | -------------------------------- | ----------- | ------- |
 * | srnn_tensor    | memory with a shape and strides  | -           | any (1) |
 * | srnn_weights   | an open safetensors file         | -           | any     |
 * | srnn_config    | the options of a network         | -           | one     |
 * | srnn_rnn       | a network: options, parameters   | -           | any (2) |
 * | srnn_context   | memory and threads to run an rnn | its rnn     | one (3) |
 * | srnn_stream    | the states of endless sequences  | its rnn     | one (3) |
 * | srnn_cell      | one cell, to run single steps    | its rnn     | any     |
 * | srnn_tape      | what backward needs of a forward | its rnn     | one (3) |
 * | srnn_gradients | the gradients of all parameters  | their owner | one (3) |
 * | srnn_linear    | a linear layer                   | -           | any (2) |
 * | srnn_optimizer | what updates parameters          | gradients   | one (3) |
 *
 * "any" means that any number of threads may use one object at once; "one",
 * that only one thread at a time may use it. (1) The caller must make sure that
 * no thread writes values while another one uses them. (2) Writing parameters
 * and running the object exclude each other. (3) A second thread gets
 * SRNN_ERROR_BUSY.
 *
 * The caller frees each object with its `srnn_<noun>_destroy`, in any order. An
 * rnn lasts until its handle and all that keep it alive are destroyed. If a
 * tensor, weights, a tape or gradients are in memory of the caller, or
 * gradients are those of a tensor, that memory must last as long as they do.
 *
 * Seven headers have no object: status.h is about errors, allocator.h about
 * where memory comes from, initialisation.h about first values, loss.h about
 * losses, tuning.h is for measurements, version.h is for bug reports, and
 * export.h marks what the library exports.
 *
 * ### Letters and shapes
 *
 * T time steps, B batch, I input_size, H hidden_size, L num_layers, D
 * directions (1, or 2 if the rnn is bidirectional). Shapes are in C order:
 * input [T,B,I], output [T,B,D*H], h0 and h_n [L*D,B,H].
 *
 * ### Rules
 *
 *  - Functions are named `srnn_<noun>_<verb>`, or `srnn_<noun>_<property>` if
 *    they only ask. The exceptions are srnn_last_error(), srnn_version(),
 *    srnn_version_number(), srnn_build_info() and srnn_supports().
 *  - A function that can fail returns a srnn_status. After a failure,
 *    srnn_last_error() says what was wrong, and nothing has changed.
 *  - A function that returns a value cannot fail. For NULL and for another kind
 *    of handle it returns 0 or NULL, or -1 if it returns an index.
 *  - A first parameter `srnn_x **out` receives a new object, which the caller
 *    frees, or NULL after a failure.
 *  - A pointer that is returned is a static string, or it is borrowed: it is
 *    valid as long as the object that it is borrowed from.
 *  - "Thread-safe" means that any number of threads may call the function at
 *    once, even for the same objects.
 *  - A result must not overlap another argument, unless the comment allows it.
 *  - Sizes, indices and counts are int64_t. Ranks and axes are int32_t. The
 *    size of memory in bytes is size_t.
 *  - Enumerators of different sets never have the same value.
 *
 * [docs/conventions.md](@ref conventions) has the rules in full, for authors of
 * bindings.
 */
#ifndef SIMPLERNN_H
#define SIMPLERNN_H

#include "simplernn/allocator.h"
#include "simplernn/cell.h"
#include "simplernn/config.h"
#include "simplernn/context.h"
#include "simplernn/export.h"
#include "simplernn/gradients.h"
#include "simplernn/initialisation.h"
#include "simplernn/linear.h"
#include "simplernn/loss.h"
#include "simplernn/optimizer.h"
#include "simplernn/rnn.h"
#include "simplernn/status.h"
#include "simplernn/stream.h"
#include "simplernn/tape.h"
#include "simplernn/tensor.h"
#include "simplernn/tuning.h"
#include "simplernn/version.h"
#include "simplernn/weights.h"

#endif
