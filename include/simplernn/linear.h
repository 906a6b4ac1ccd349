/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A linear layer, as torch.nn.Linear: srnn_linear.
 */
#ifndef SIMPLERNN_LINEAR_H
#define SIMPLERNN_LINEAR_H

#include "gradients.h"
#include "tape.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A linear layer: output = input weight^T + bias. It turns what an rnn gives
 * into classes or values. Its parameters have the names and the order of
 * PyTorch: weight [out_features,in_features] and bias [out_features].
 *
 * Any number of threads may share it. Writing parameters and running the layer
 * exclude each other: if a call of the layer is running, a writer fails with
 * SRNN_ERROR_BUSY and changes nothing; if such a call begins during a write, it
 * fails with SRNN_ERROR_BUSY. Reading parameters (save, copy) does not exclude
 * a writer: the caller must not do it while another thread writes.
 */
typedef struct srnn_linear srnn_linear;

/**
 * Creates a linear layer with random values from
 * U(-1/sqrt(in_features), 1/sqrt(in_features)). They are exactly the values of
 * `torch.manual_seed(seed); torch.nn.Linear(...)` on a CPU. Thread-safe.
 *
 * @param[out] out      receives the layer; free it with srnn_linear_destroy()
 * @param dtype         SRNN_DTYPE_FLOAT32 or SRNN_DTYPE_FLOAT64
 * @param in_features   1 to SRNN_MAX_SIZE
 * @param out_features  1 to SRNN_MAX_SIZE
 * @param bias          1 for a bias, 0 for none
 * @param seed          of the random numbers. Only the low 32 bits count
 * @retval SRNN_ERROR_INVALID    out is NULL, or dtype is unknown
 * @retval SRNN_ERROR_DTYPE      dtype is neither of the two
 * @retval SRNN_ERROR_RANGE      a number is out of range
 * @retval SRNN_ERROR_OVERFLOW   the size of the parameters does not fit in 63
 *                               bits
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_linear_create(srnn_linear **out, srnn_dtype dtype, int64_t in_features,
                   int64_t out_features, int32_t bias, uint64_t seed);

/**
 * Creates a linear layer from the tensors prefix + "weight" and prefix +
 * "bias" of a file. Without the second one, the layer has no bias. The dtype is
 * float64 if the weight is F64, and else float32. Other tensors of the file do
 * not matter. Thread-safe.
 *
 * @param[out] out  receives the layer; free it with srnn_linear_destroy()
 * @param weights   the file
 * @param prefix    of the names, for example "fc."; NULL or "" for none
 * @retval SRNN_ERROR_INVALID    out or weights is NULL
 * @retval SRNN_ERROR_NOT_FOUND  there is no weight; the message names what the
 *                               file has
 * @retval SRNN_ERROR_SHAPE      the weight is not [out_features,in_features],
 *                               or the bias not [out_features]
 * @retval SRNN_ERROR_DTYPE      a tensor does not hold real numbers
 * @retval SRNN_ERROR_RANGE      a number of features is 0 or too large
 * @retval SRNN_ERROR_OVERFLOW   the size of the parameters does not fit in 63
 *                               bits
 * @retval SRNN_ERROR_IO         the file cannot be read
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_linear_create_from_weights(
    srnn_linear **out, const srnn_weights *weights, const char *prefix);

/**
 * Frees a linear layer once nothing keeps it alive any more.
 *
 * @param linear  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_linear_destroy(srnn_linear *linear);

/**
 * The dtype of a linear layer. Thread-safe.
 *
 * @param linear  the layer to query
 * @return        a srnn_dtype; 0 for NULL
 * @since 0.2
 */
SRNN_API srnn_dtype srnn_linear_dtype(const srnn_linear *linear);

/**
 * The number of features that a linear layer reads. Thread-safe.
 *
 * @param linear  the layer to query
 * @return        1 and up; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_linear_in_features(const srnn_linear *linear);

/**
 * The number of features that a linear layer gives. Thread-safe.
 *
 * @param linear  the layer to query
 * @return        1 and up; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_linear_out_features(const srnn_linear *linear);

/**
 * Tells whether a linear layer has a bias. Thread-safe.
 *
 * @param linear  the layer to query
 * @return        1 or 0; 0 for NULL
 * @since 0.2
 */
SRNN_API int32_t srnn_linear_has_bias(const srnn_linear *linear);

/**
 * Copies a parameter to a new tensor. Thread-safe, but not while another thread
 * writes parameters.
 *
 * @param[out] out  receives a contiguous tensor of the dtype of the layer; free
 *                  it with srnn_tensor_destroy()
 * @param linear    the layer to read
 * @param name      "weight" or "bias"
 * @retval SRNN_ERROR_INVALID    an argument is NULL
 * @retval SRNN_ERROR_NOT_FOUND  the layer has no parameter of that name
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_linear_copy_parameter(
    srnn_tensor **out, const srnn_linear *linear, const char *name);

/**
 * Writes a parameter. Thread-safe.
 *
 * @param linear  the layer to change
 * @param name    "weight" or "bias"
 * @param value   in the shape of the parameter, any strides
 * @retval SRNN_ERROR_INVALID    an argument is NULL
 * @retval SRNN_ERROR_NOT_FOUND  the layer has no parameter of that name
 * @retval SRNN_ERROR_SHAPE      value has another shape
 * @retval SRNN_ERROR_DTYPE      value has another dtype
 * @retval SRNN_ERROR_BUSY       another thread runs or writes the layer
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_linear_set_parameter(
    srnn_linear *linear, const char *name, const srnn_tensor *value);

/**
 * Fills a parameter with first values. Thread-safe.
 *
 * @param linear  the layer to change
 * @param name    "weight" or "bias"
 * @param kind    how to fill it
 * @param gain    as for srnn_rnn_initialise()
 * @param seed    as for srnn_rnn_initialise()
 * @retval SRNN_ERROR_INVALID    linear or name is NULL, or kind is unknown
 * @retval SRNN_ERROR_NOT_FOUND  the layer has no parameter of that name
 * @retval SRNN_ERROR_SHAPE      the bias is no matrix, as orthogonal and
 *                               identity need
 * @retval SRNN_ERROR_RANGE      gain is out of range
 * @retval SRNN_ERROR_BUSY       another thread runs or writes the layer
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_linear_initialise(srnn_linear *linear, const char *name,
                       srnn_initialisation kind, double gain, uint64_t seed);

/**
 * The number P of elements of all parameters together. Thread-safe.
 *
 * @param linear  the layer to query
 * @return        1 and up; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_linear_flat_size(const srnn_linear *linear);

/**
 * Copies weight and then bias to one tensor, each in C order, without gaps.
 * Thread-safe, but not while another thread writes parameters.
 *
 * @param linear       the layer to read
 * @param[out] values  [P] with P of srnn_linear_flat_size(). Any strides are
 *                     allowed, as long as no two elements share memory
 * @retval SRNN_ERROR_INVALID  an argument is NULL
 * @retval SRNN_ERROR_SHAPE    values has another shape
 * @retval SRNN_ERROR_DTYPE    values does not have the dtype of the layer
 * @retval SRNN_ERROR_STATE    values is a read-only tensor
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_linear_get_flat(const srnn_linear *linear, srnn_tensor *values);

/**
 * Writes all parameters from one tensor in the order of srnn_linear_get_flat().
 * Thread-safe.
 *
 * @param linear  the layer to change
 * @param values  [P] with P of srnn_linear_flat_size(), any strides
 * @retval SRNN_ERROR_INVALID  an argument is NULL
 * @retval SRNN_ERROR_SHAPE    values has another shape
 * @retval SRNN_ERROR_DTYPE    values does not have the dtype of the layer
 * @retval SRNN_ERROR_BUSY     another thread runs or writes the layer
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_linear_set_flat(srnn_linear *linear, const srnn_tensor *values);

/**
 * Saves a linear layer into a safetensors file, beside what else is in it: the
 * tensors prefix + "weight" and prefix + "bias" are replaced or added, a bias
 * that the layer does not have is removed, and all other tensors and the
 * metadata stay, byte for byte. If there is no file, it is created. Everything
 * else is as for srnn_rnn_save(). Thread-safe, but not while another thread
 * writes parameters.
 *
 * @param linear  the layer to save
 * @param path    as for srnn_rnn_save()
 * @param prefix  of the names, for example "fc.", in UTF-8; NULL or "" for none
 * @retval SRNN_ERROR_INVALID    linear or path is NULL, path is empty, or the
 *                               prefix is not valid UTF-8
 * @retval SRNN_ERROR_FORMAT     the file at path is not valid
 * @retval SRNN_ERROR_RANGE      a header is larger than SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_OVERFLOW   the size of the file does not fit in 63 bits
 * @retval SRNN_ERROR_IO         as for srnn_rnn_save()
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_linear_save(const srnn_linear *linear,
                                                     const char *path,
                                                     const char *prefix);

/**
 * Creates gradients of 0 for the parameters of a linear layer, which are named
 * weight and bias, and keeps the layer alive. Thread-safe.
 *
 * @param[out] out  receives the gradients; free them with
 *                  srnn_gradients_destroy()
 * @param linear    the linear layer with the parameters
 * @retval SRNN_ERROR_INVALID    an argument is NULL
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_gradients_create_linear(srnn_gradients **out, srnn_linear *linear);

/**
 * Runs a linear layer: each row of in_features becomes a row of out_features.
 * With native kernels, a row has the same bits in any tensor, with any number
 * of threads and on every instruction set with FMA.
 *
 * @param linear       the layer to run
 * @param context      of any rnn, whose threads, schedule, instruction set,
 * gemm provider and treatment of subnormal numbers are used; NULL for this
 * thread alone and the defaults
 * @param input        [...,in_features] with any number of leading axes, and
 *                     any strides
 * @param[out] output  [...,out_features] with the same leading axes
 * @retval SRNN_ERROR_INVALID    linear, input or output is NULL
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape
 * @retval SRNN_ERROR_DTYPE      a tensor does not have the dtype of the layer
 * @retval SRNN_ERROR_STATE      output is a read-only tensor
 * @retval SRNN_ERROR_ALIAS      output overlaps input
 * @retval SRNN_ERROR_BUSY       another thread is using the context, or is
 *                               writing parameters of its rnn or of the layer
 * @retval SRNN_ERROR_NO_MEMORY  there is no memory for buffers or helper
 *                               threads
 * @retval SRNN_ERROR_ENVIRONMENT  context is NULL, and SIMPLERNN_GEMM or
 *                                 SIMPLERNN_ISA is an unknown name
 * @retval SRNN_ERROR_UNSUPPORTED  context is NULL, and the environment names a
 *                                 provider or an instruction set that is not
 *                                 there
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_linear_forward(const srnn_linear *linear, srnn_context *context,
                    const srnn_tensor *input, srnn_tensor *output);

/**
 * Computes the gradients of a forward of a linear layer. There is no tape: the
 * parameters and the input must be those of the forward.
 *
 * Gradients of parameters have the same bits for any number of threads and on
 * every instruction set with FMA. They are sums of blocks of 512 rows in C
 * order. So a tensor that is cut between blocks, with SRNN_ACCUMULATION_ADD for
 * all parts but the first, gives the bits of the whole. With native kernels,
 * rows of d_input have the same bits in any tensor.
 *
 * @param linear        the layer
 * @param context       as for srnn_linear_forward()
 * @param input         the input of the forward, [...,in_features]
 * @param d_output      the gradient of the output, [...,out_features]
 * @param accumulation  whether gradients of parameters are set or added;
 *                      d_input is always set
 * @param gradients     of this layer; receives the gradients of the parameters
 *                      that are trained; NULL if not wanted
 * @param[out] d_input  the gradient of the input, in its shape; NULL if not
 *                      wanted
 * @retval SRNN_ERROR_INVALID    linear, input or d_output is NULL,
 *                               accumulation is unknown, or gradients are not
 *                               those of the layer
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape
 * @retval SRNN_ERROR_DTYPE      a tensor does not have the dtype of the layer
 * @retval SRNN_ERROR_STATE      d_input is a read-only tensor
 * @retval SRNN_ERROR_ALIAS      d_input or the gradients overlap another tensor
 *                               of the call
 * @retval SRNN_ERROR_BUSY       another thread is using the context or the
 *                               gradients, or is writing parameters of the rnn
 *                               of the context or of the layer
 * @retval SRNN_ERROR_NO_MEMORY  there is no memory for buffers or helper
 *                               threads
 * @retval SRNN_ERROR_ENVIRONMENT  as for srnn_linear_forward()
 * @retval SRNN_ERROR_UNSUPPORTED  as for srnn_linear_forward()
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_linear_backward(
    const srnn_linear *linear, srnn_context *context, const srnn_tensor *input,
    const srnn_tensor *d_output, srnn_accumulation accumulation,
    srnn_gradients *gradients, srnn_tensor *d_input);

#ifdef __cplusplus
}
#endif

#endif
