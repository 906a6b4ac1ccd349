/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A network with its options and weights, as torch.nn.RNN: srnn_rnn.
 */
#ifndef SIMPLERNN_RNN_H
#define SIMPLERNN_RNN_H

#include "config.h"
#include "initialisation.h"
#include "weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A network. Any number of threads may share it. Each thread runs it with its
 * own context or with its own streams, which keep it alive.
 *
 * The parameters have the names and the order of PyTorch's state_dict:
 * weight_ih_l0 [H,I], weight_hh_l0 [H,H], bias_ih_l0 [H], bias_hh_l0 [H], then
 * the same with `_reverse` if the rnn is bidirectional, then those of `_l1`,
 * and so on. Above layer 0, weight_ih is [H,D*H]. If the direction is reverse,
 * all names have `_reverse`.
 *
 * Writing parameters and running the rnn exclude each other. If a call of a
 * context or stream of the rnn is running, a writer fails with SRNN_ERROR_BUSY
 * and changes nothing. If such a call begins during a write, the call fails
 * with SRNN_ERROR_BUSY. Reading parameters (save, clone, copy, data) does not
 * exclude a writer: the caller must not do it while another thread writes.
 */
typedef struct srnn_rnn srnn_rnn;

/**
 * Creates an rnn with random weights from U(-1/sqrt(H), 1/sqrt(H)). They are
 * exactly the weights of `torch.manual_seed(seed); torch.nn.RNN(...)` on a CPU.
 * Thread-safe.
 *
 * @param[out] out     receives the rnn; free it with srnn_rnn_destroy()
 * @param input_size   I, 1 to SRNN_MAX_SIZE
 * @param hidden_size  H, 1 to SRNN_MAX_SIZE
 * @param config       the other options, read only during the call; NULL for
 *                     defaults
 * @param seed         of the weights
 * @retval SRNN_ERROR_INVALID    out is NULL, config is another kind of handle,
 *                               or a size in config differs from the argument
 * @retval SRNN_ERROR_RANGE      a size is out of range
 * @retval SRNN_ERROR_OVERFLOW   the size of the rnn does not fit in 63 bits
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_create(srnn_rnn **out,
                                                    int64_t input_size,
                                                    int64_t hidden_size,
                                                    const srnn_config *config,
                                                    uint64_t seed);

/**
 * Creates an rnn with copies of the given parameters, and with their sizes and
 * dtype. Thread-safe.
 *
 * @param[out] out  receives the rnn; free it with srnn_rnn_destroy()
 * @param values    all parameters in state_dict order, any strides; not written
 * @param count     the number of values: L*D*4, or L*D*2 without bias
 * @param config    the other options; NULL for defaults. A size or a dtype that
 *                  is set in it must be that of the tensors
 * @retval SRNN_ERROR_INVALID    out, values or a value is NULL, or a handle is
 *                               of another kind
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape, or a size differs
 *                               from that in config
 * @retval SRNN_ERROR_DTYPE      the tensors are neither all float32 nor all
 *                               float64, or config has another dtype
 * @retval SRNN_ERROR_RANGE      count does not follow from the options, or I or
 *                               H is out of range
 * @retval SRNN_ERROR_OVERFLOW   the size of the rnn does not fit in 63 bits
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_rnn_create_from_tensors(srnn_rnn **out, const srnn_tensor *const *values,
                             int64_t count, const srnn_config *config);

/**
 * Creates an rnn with the weights of a file. Thread-safe.
 *
 * I, H, L, direction, bias and dtype follow from the tensors under the prefix:
 *  - F16 and BF16 become float32. If a parameter is F64, the rnn is float64;
 *  - if a cell has only one of its two biases, the other one is zero;
 *  - names without `_l0`, as in torch.nn.RNNCell, give an rnn of one layer;
 *  - if all names have `_reverse`, the direction is reverse. If no name has it,
 *    the direction is forward, unless the metadata or config states reverse.
 *
 * The metadata of the file may state nonlinearity (for example "relu"),
 * batch_first, dropout and direction. A key with the prefix, for example
 * "decoder.nonlinearity", has priority over the key without it. An option that
 * is not stated gets its default; srnn_rnn_origin() tells which ones did. With
 * SRNN_OPTION_REQUIRE_STATED, nonlinearity and batch_first must be stated.
 *
 * @param[out] out  receives the rnn; free it with srnn_rnn_destroy()
 * @param weights   the file, read only during the call
 * @param prefix    of the parameter names, for example "encoder.rnn."; NULL or
 *                  "" for none. Tensors with another prefix are ignored
 * @param config    options that the caller states; NULL for none. A size,
 *                  num_layers, bias or direction must agree with the file. A
 *                  nonlinearity, batch_first or dropout has priority over the
 *                  metadata, even over a text that is not valid. A dtype
 *                  converts the values
 * @retval SRNN_ERROR_INVALID    out or weights is NULL
 * @retval SRNN_ERROR_NOT_FOUND  a parameter is missing, or an option that must
 *                               be stated is not
 * @retval SRNN_ERROR_FORMAT     a tensor under the prefix is not a parameter,
 *                               or the metadata is not valid, or contradicts
 *                               the names
 * @retval SRNN_ERROR_SHAPE      the shapes are not those of one rnn, or differ
 *                               from what config states
 * @retval SRNN_ERROR_DTYPE      the element type of a parameter is not F64,
 *                               F32, F16 or BF16
 * @retval SRNN_ERROR_RANGE      a size is out of range
 * @retval SRNN_ERROR_OVERFLOW   the size of the rnn does not fit in 63 bits
 * @retval SRNN_ERROR_IO         reading failed
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_rnn_create_from_weights(srnn_rnn **out, const srnn_weights *weights,
                             const char *prefix, const srnn_config *config);

/**
 * Creates a copy of an rnn: its parameters, its options and their origins, but
 * no contexts or streams. Thread-safe, but not while another thread writes
 * parameters.
 *
 * @param[out] out  receives the copy; free it with srnn_rnn_destroy()
 * @param rnn       the rnn to copy
 * @retval SRNN_ERROR_INVALID    an argument is NULL
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_clone(srnn_rnn **out,
                                                   const srnn_rnn *rnn);

/**
 * Gives up the handle of an rnn. The rnn itself is freed together with the last
 * of its contexts, streams, cell views, tapes and gradients. After this call,
 * the caller must not use the handle, even if contexts still run the rnn.
 *
 * @param rnn  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_rnn_destroy(srnn_rnn *rnn);

/**
 * Reads an integer option. Thread-safe.
 *
 * @param[out] out  receives the value; unchanged after a failure
 * @param rnn       the rnn to read
 * @param option    any except SRNN_OPTION_DROPOUT, SRNN_OPTION_REQUIRE_STATED
 *                  and SRNN_OPTION_ALLOW_EXTRA
 * @retval SRNN_ERROR_INVALID  an argument is NULL, or option is not an integer
 *                             option of an rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_get_int(int64_t *out,
                                                     const srnn_rnn *rnn,
                                                     srnn_option option);

/**
 * Reads a real option. Thread-safe.
 *
 * @param[out] out  receives the value; unchanged after a failure
 * @param rnn       the rnn to read
 * @param option    SRNN_OPTION_DROPOUT
 * @retval SRNN_ERROR_INVALID  an argument is NULL, or option is not real
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_get_real(double *out,
                                                      const srnn_rnn *rnn,
                                                      srnn_option option);

/** The origin of the value of an option. */
typedef int32_t srnn_origin;

/** Values of srnn_origin. */
enum srnn_origin_values {
    SRNN_ORIGIN_DEFAULT = 1701, /**< the default, because nobody stated it */
    SRNN_ORIGIN_FILE = 1702,    /**< the names, shapes or metadata of the weight
                                     file */
    SRNN_ORIGIN_CALLER = 1703   /**< the config, an argument or the tensors */
};

/**
 * Tells who stated the value of an option. Thread-safe.
 *
 * @param rnn     the rnn to query
 * @param option  an option of the rnn
 * @return        a srnn_origin; 0 for NULL or if an rnn has no such option
 * @since 0.2
 */
SRNN_API srnn_origin srnn_rnn_origin(const srnn_rnn *rnn, srnn_option option);

/**
 * The number of parameters. Thread-safe.
 *
 * @param rnn  the rnn to query
 * @return     2 and up; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_rnn_parameter_count(const srnn_rnn *rnn);

/**
 * The name of a parameter in torch.nn.RNN. It has `_l0` even if the rnn was
 * read from the names of a torch.nn.RNNCell. Thread-safe.
 *
 * @param rnn    the rnn to query
 * @param index  0 and up, in state_dict order
 * @return       the name, borrowed from the rnn; NULL if there is no such index
 * @since 0.2
 */
SRNN_API const char *srnn_rnn_parameter_name(const srnn_rnn *rnn,
                                             int64_t index);

/**
 * The index of a parameter. Thread-safe.
 *
 * @param rnn   the rnn to query
 * @param name  for example "weight_hh_l0"
 * @return      the index, 0 and up; -1 for NULL or if there is no such name
 * @since 0.2
 */
SRNN_API int64_t srnn_rnn_find_parameter(const srnn_rnn *rnn, const char *name);

/**
 * The rank of a parameter. Thread-safe.
 *
 * @param rnn    the rnn to query
 * @param index  as for srnn_rnn_parameter_name()
 * @return       2 for weights, 1 for biases; 0 if there is no such index
 * @since 0.2
 */
SRNN_API int32_t srnn_rnn_parameter_rank(const srnn_rnn *rnn, int64_t index);

/**
 * The shape of a parameter. Thread-safe.
 *
 * @param rnn    the rnn to query
 * @param index  as for srnn_rnn_parameter_name()
 * @return       srnn_rnn_parameter_rank() sizes, borrowed from the rnn; NULL if
 *               there is no such index
 * @since 0.2
 */
SRNN_API const int64_t *srnn_rnn_parameter_shape(const srnn_rnn *rnn,
                                                 int64_t index);

/**
 * The values of a parameter. Thread-safe.
 *
 * @param rnn    the rnn to query
 * @param index  as for srnn_rnn_parameter_name()
 * @return       the values in the dtype of the rnn, contiguous, borrowed from
 *               the rnn; NULL if there is no such index. Writing parameters
 *               changes them. Each parameter begins where the one before it
 *               ends, in the order of srnn_rnn_get_flat()
 * @since 0.2
 */
SRNN_API const void *srnn_rnn_parameter_data(const srnn_rnn *rnn,
                                             int64_t index);

/**
 * Copies a parameter into a new tensor. Thread-safe, but not while another
 * thread writes parameters.
 *
 * @param[out] out  receives the tensor; free it with srnn_tensor_destroy()
 * @param rnn       the rnn to read
 * @param name      as srnn_rnn_parameter_name() gives it
 * @retval SRNN_ERROR_INVALID    an argument is NULL
 * @retval SRNN_ERROR_NOT_FOUND  no parameter has that name
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_copy_parameter(srnn_tensor **out,
                                                            const srnn_rnn *rnn,
                                                            const char *name);

/**
 * Writes a parameter. Contexts and streams use the new values from their next
 * call on. Thread-safe.
 *
 * @param rnn    the rnn to change
 * @param name   as srnn_rnn_parameter_name() gives it
 * @param value  a tensor with the shape of the parameter and the dtype of the
 *               rnn, any strides; not written. It must not overlap parameters
 *               of the rnn, but it may be exactly the memory of this one
 * @retval SRNN_ERROR_INVALID    an argument is NULL
 * @retval SRNN_ERROR_NOT_FOUND  no parameter has that name
 * @retval SRNN_ERROR_SHAPE      value has another shape
 * @retval SRNN_ERROR_DTYPE      value has another dtype
 * @retval SRNN_ERROR_ALIAS      value overlaps parameters of the rnn
 * @retval SRNN_ERROR_BUSY       another thread runs or writes the rnn
 * @retval SRNN_ERROR_IN_USE     the rnn has a cell view
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_set_parameter(
    srnn_rnn *rnn, const char *name, const srnn_tensor *value);

/**
 * Writes all parameters as srnn_rnn_set_parameter() does, or none after a
 * failure. Thread-safe.
 *
 * @param rnn     the rnn to change
 * @param values  all parameters in state_dict order
 * @param count   the number of values: srnn_rnn_parameter_count()
 * @retval SRNN_ERROR_INVALID  an argument or a value is NULL
 * @retval SRNN_ERROR_RANGE    count is not srnn_rnn_parameter_count()
 * @retval SRNN_ERROR_SHAPE    a value does not have the shape of its parameter
 * @retval SRNN_ERROR_DTYPE    a value does not have the dtype of the rnn
 * @retval SRNN_ERROR_ALIAS    a value overlaps parameters of the rnn
 * @retval SRNN_ERROR_BUSY     another thread runs or writes the rnn
 * @retval SRNN_ERROR_IN_USE   the rnn has a cell view
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_set_parameters(
    srnn_rnn *rnn, const srnn_tensor *const *values, int64_t count);

/**
 * The number P of elements of all parameters together. Thread-safe.
 *
 * @param rnn  the rnn to query
 * @return     2 and up; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_rnn_flat_size(const srnn_rnn *rnn);

/**
 * Copies the values of all parameters to one tensor: the elements of each
 * parameter in C order, parameter after parameter in state_dict order, without
 * gaps. This is torch.nn.utils.parameters_to_vector. Thread-safe, but not while
 * another thread writes parameters.
 *
 * @param rnn          the rnn to read
 * @param[out] values  [P] with P of srnn_rnn_flat_size(). Any strides are
 *                     allowed, as long as no two elements share memory
 * @retval SRNN_ERROR_INVALID  an argument is NULL
 * @retval SRNN_ERROR_SHAPE    values has another shape
 * @retval SRNN_ERROR_DTYPE    values does not have the dtype of the rnn
 * @retval SRNN_ERROR_ALIAS    values overlaps parameters of the rnn
 * @retval SRNN_ERROR_STATE    values is a read-only tensor
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_get_flat(const srnn_rnn *rnn,
                                                      srnn_tensor *values);

/**
 * Writes all parameters as srnn_rnn_set_parameters() does, from one tensor in
 * the order of srnn_rnn_get_flat(). Thread-safe.
 *
 * @param rnn     the rnn to change
 * @param values  [P] with P of srnn_rnn_flat_size(), any strides; not written.
 *                It must not overlap parameters of the rnn, but it may be
 *                exactly their memory
 * @retval SRNN_ERROR_INVALID  an argument is NULL
 * @retval SRNN_ERROR_SHAPE    values has another shape
 * @retval SRNN_ERROR_DTYPE    values does not have the dtype of the rnn
 * @retval SRNN_ERROR_ALIAS    values overlaps parameters of the rnn
 * @retval SRNN_ERROR_BUSY     another thread runs or writes the rnn
 * @retval SRNN_ERROR_IN_USE   the rnn has a cell view
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_rnn_set_flat(srnn_rnn *rnn, const srnn_tensor *values);

/**
 * Fills a parameter with first values. Thread-safe.
 *
 * @param rnn   the rnn to change
 * @param name  as srnn_rnn_parameter_name() gives it
 * @param kind  how to fill it
 * @param gain  0 to half of the largest number of the dtype; see
 *              srnn_initialisation_values
 * @param seed  of the random numbers. Only the low 32 bits count. The same
 *              seed gives every parameter of the same shape the same values
 * @retval SRNN_ERROR_INVALID    rnn or name is NULL, or kind is unknown
 * @retval SRNN_ERROR_NOT_FOUND  no parameter has that name
 * @retval SRNN_ERROR_SHAPE      the parameter is a bias, and kind is orthogonal
 *                               or identity, which need a matrix
 * @retval SRNN_ERROR_RANGE      gain is out of range
 * @retval SRNN_ERROR_BUSY       another thread runs or writes the rnn
 * @retval SRNN_ERROR_IN_USE     the rnn has a cell view
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_rnn_initialise(srnn_rnn *rnn, const char *name, srnn_initialisation kind,
                    double gain, uint64_t seed);

/**
 * Saves an rnn into a safetensors file, and keeps what else is in the file.
 *
 * If the file exists, saving replaces what belongs to an rnn under this prefix:
 * all tensors with names that parameters of an rnn or of a torch.nn.RNNCell can
 * have there, and the metadata of its options. All other tensors and metadata
 * stay, byte for byte. So a file can hold several networks, each under its own
 * prefix. The function needs memory for the header of the file and for a
 * buffer, but not for the values.
 *
 * The tensors are named prefix + srnn_rnn_parameter_name(), or as in a
 * torch.nn.RNNCell if the rnn was read from such names. load_state_dict of
 * PyTorch takes them. srnn_rnn_create_from_weights() with the same prefix gives
 * the same rnn, bit for bit. If the file has other tensors with this prefix, it
 * needs SRNN_OPTION_ALLOW_EXTRA. All tensors have the prefix "".
 *
 * The metadata states nonlinearity, batch_first and dropout under keys with the
 * prefix, for example "decoder.nonlinearity". It states the direction if there
 * is a prefix, or if the names do not show it. An option that was not stated
 * when the rnn was read stays unstated, unless a key without a prefix would
 * then count for it.
 *
 * A key without a prefix, for example "nonlinearity", counts for every network
 * of the file that does not have its own key. If saving adds, changes or
 * removes such a key, and another network would then be read differently, that
 * network gets its own key with the value that counted before.
 *
 * The function writes a temporary file `.simplernn-*.tmp` in the same folder,
 * which then takes the place of the file at path. So at any time, and after any
 * failure or loss of power, there is either the old file or the new one. An old
 * file that is still open or has another hard link keeps its content. A new
 * file gets the mode 0666 & ~umask. A replaced file keeps its mode & 0777, but
 * not its owner. A call that fails removes the temporary file; a process that
 * dies leaves it. If the calling thread is cancelled, it finishes the call
 * first. If two programs save into one file at the same time, what one of them
 * saved can be lost.
 *
 * Thread-safe, but not while another thread writes parameters.
 *
 * @param rnn       the rnn to save
 * @param path      of a regular file, or of a file that does not exist yet. The
 *                  file must be writable, its folder readable and writable.
 *                  Symbolic links are followed and stay links. A link of
 *                  /proc to a file that was deleted or lies in another mount
 *                  namespace is refused
 * @param prefix    of the names, for example "encoder.rnn.", in UTF-8; NULL or
 *                  "" for none
 * @param metadata  more metadata, in UTF-8: a key, its text, a key, its text
 *                  and so on, and a final NULL; NULL for none. The new text
 *                  replaces the text that a key has in the file
 * @retval SRNN_ERROR_INVALID    rnn or path is NULL, path is empty, the prefix
 *                               or a text is not valid UTF-8, or a key has no
 *                               text, occurs twice or belongs to the rnn
 * @retval SRNN_ERROR_FORMAT     the file at path is not valid
 * @retval SRNN_ERROR_RANGE      a header is larger than SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_OVERFLOW   the size of the file does not fit in 63 bits
 * @retval SRNN_ERROR_IO         reading or writing failed. The old file is
 *                               still there, unless the message says that the
 *                               new one is in place
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_save(const srnn_rnn *rnn,
                                                  const char *path,
                                                  const char *prefix,
                                                  const char *const *metadata);

/**
 * Saves an rnn as a safetensors file that holds nothing else. If a file exists
 * at path, it is replaced, whatever it contains. The same rnn, prefix and
 * metadata always give the same bytes. They are those that the safetensors
 * package writes, with the metadata sorted by key. Everything else is as for
 * srnn_rnn_save().
 *
 * @param rnn       the rnn to save
 * @param path      as for srnn_rnn_save()
 * @param prefix    as for srnn_rnn_save()
 * @param metadata  as for srnn_rnn_save()
 * @retval SRNN_ERROR_INVALID    as for srnn_rnn_save()
 * @retval SRNN_ERROR_RANGE      the header is larger than SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_IO         as for srnn_rnn_save()
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_rnn_save_alone(const srnn_rnn *rnn, const char *path, const char *prefix,
                    const char *const *metadata);

/**
 * A callback that takes the next bytes of a file.
 *
 * It runs on the thread that called srnn_rnn_save_callback(). It may call the
 * library, but it must not write parameters of the rnn, destroy the rnn, throw
 * or unwind. To pass an exception on, a binding stores it behind user and
 * returns a negative number. All negative numbers are free for this.
 *
 * @param user   the pointer that was passed to srnn_rnn_save_callback()
 * @param bytes  memory of the library, valid until the callback returns
 * @param size   in bytes, above 0
 * @return       size, if all bytes were taken. Any other number makes the call
 *               of the library fail, and is shown in its message
 * @since 0.2
 */
typedef int64_t (*srnn_write_function)(void *user, const void *bytes,
                                       size_t size);

/**
 * Saves an rnn through a callback, which gets the bytes that
 * srnn_rnn_save_alone() would write. Thread-safe, but not while another thread
 * writes parameters.
 *
 * @param rnn       the rnn to save
 * @param write     takes the bytes piece by piece, from first to last
 * @param user      is passed to write; may be NULL; never freed
 * @param prefix    as for srnn_rnn_save()
 * @param metadata  as for srnn_rnn_save()
 * @retval SRNN_ERROR_INVALID    rnn or write is NULL, or prefix or metadata is
 *                               not valid
 * @retval SRNN_ERROR_RANGE      the header is larger than SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @retval SRNN_ERROR_IO         the callback failed, and what it got is not a
 *                               whole file. After any other error it has not
 *                               been called
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_save_callback(
    const srnn_rnn *rnn, srnn_write_function write, void *user,
    const char *prefix, const char *const *metadata);

/** A tensor that a forward reads or writes. */
typedef int32_t srnn_role;

/** Values of srnn_role. */
enum srnn_role_values {
    SRNN_ROLE_INPUT = 1301,  /**< input: [T,B,I], or [B,T,I] with batch_first */
    SRNN_ROLE_OUTPUT = 1302, /**< output: [T,B,D*H], or [B,T,D*H] with
                                  batch_first */
    SRNN_ROLE_HIDDEN = 1303  /**< h0 and h_n: [L*D,B,H] */
};

/**
 * The shape that a tensor of a forward must have. Thread-safe.
 *
 * @param[out] out  receives 3 sizes; unchanged after a failure
 * @param rnn       the rnn to run
 * @param role      of the tensor
 * @param steps     T, 0 and up
 * @param batch     B, 0 and up
 * @retval SRNN_ERROR_INVALID  an argument is NULL, or role is unknown
 * @retval SRNN_ERROR_RANGE    steps or batch is below 0
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_shape(int64_t *out,
                                                   const srnn_rnn *rnn,
                                                   srnn_role role,
                                                   int64_t steps,
                                                   int64_t batch);

/**
 * Describes an rnn in a table: every layer and direction, the shapes and counts
 * of its parameters, and the shapes of input, h0, output and h_n. Thread-safe.
 *
 * @param[out] text    receives the table and a final NUL; may be NULL if
 *                     capacity is 0
 * @param capacity     of text, in bytes
 * @param[out] length  receives the length without the NUL, even if text is too
 *                     small; may be NULL
 * @param rnn          the rnn to describe
 * @param steps        T, 0 and up
 * @param batch        B, 0 and up
 * @retval SRNN_ERROR_INVALID  rnn is NULL, or text is NULL and capacity is not
 *                             0
 * @retval SRNN_ERROR_RANGE    steps or batch is below 0
 * @retval SRNN_ERROR_BUFFER   text is too small; it is unchanged
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_rnn_describe(char *text, size_t capacity, size_t *length,
                  const srnn_rnn *rnn, int64_t steps, int64_t batch);

#ifdef __cplusplus
}
#endif

#endif
