// SPDX-License-Identifier: MIT
/**
 * @file
 * libsimplernn in C++17: objects that free themselves, views of containers, and
 * errors as exceptions or as results.
 *
 *     auto file = simplernn::weights::open("model.safetensors");
 *     auto rnn = simplernn::rnn::create_from_weights(file, "rnn.");
 *     auto context = simplernn::context::create(rnn);
 *     std::vector<float> x(T * B * I), y(T * B * H);
 *     context.forward_contiguous(T, B, x, nullptr, y, nullptr);
 *
 * Classes and functions have the names of C: srnn_context_forward() is
 * simplernn::context::forward(). The headers of C describe the shapes, the
 * meaning of every argument and the errors. The comments here say only what
 * C++ adds.
 *
 *  - Every function that can fail has two forms. `forward` throws
 *    simplernn::error. `try_forward` is noexcept and returns a
 *    simplernn::result. Without exceptions (-fno-exceptions) only the second
 *    form compiles.
 *  - An object is as large as a pointer, except a context and a stream. It can
 *    be moved, not copied. An object that was moved from is like NULL in C, so
 *    its calls fail with SRNN_ERROR_INVALID.
 *  - Enumerators are those of C. A parameter has the type of their set, so the
 *    compiler refuses SRNN_DIRECTION_FORWARD where a nonlinearity belongs.
 *  - get() gives the handle of C, to call a function that is not here:
 *    result<void>(srnn_...(object.get())).value() throws as the others do.
 *
 * Not here are functions that are as good in C++ as they are, because they have
 * no object and take and return numbers or static strings: srnn_version(),
 * srnn_version_number(), srnn_build_info(), srnn_supports(), srnn_gemm_info(),
 * srnn_status_string(), srnn_constant_name(), srnn_constant_value() and
 * srnn_allocator_set(). Nor are srnn_config_get_int() and
 * srnn_config_get_real(), because a program can read its own options, and
 * srnn_context_backward_contiguous(), because a tape does not tell the T and B
 * that the lengths of its arrays would be checked against.
 */
#ifndef SIMPLERNN_HPP
#define SIMPLERNN_HPP

#include "simplernn/array.hpp"
#include "simplernn/cell.hpp"
#include "simplernn/context.hpp"
#include "simplernn/gradients.hpp"
#include "simplernn/linear.hpp"
#include "simplernn/loss.hpp"
#include "simplernn/optimizer.hpp"
#include "simplernn/options.hpp"
#include "simplernn/result.hpp"
#include "simplernn/rnn.hpp"
#include "simplernn/stream.hpp"
#include "simplernn/tape.hpp"
#include "simplernn/tensor.hpp"
#include "simplernn/weights.hpp"

#endif
