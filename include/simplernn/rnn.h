/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The topology and the weights of a network, as torch.nn.RNN: srnn_rnn.
 */
#ifndef SIMPLERNN_RNN_H
#define SIMPLERNN_RNN_H

#include "config.h"
#include "weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A network. Shared by any number of threads, each running it through a context
 * of its own. Contexts and cell views keep it alive and freeze its parameters.
 *
 * Parameters have PyTorch's state_dict names and order: weight_ih_l0 [H,I]
 * (layers above: [H,D*H]), weight_hh_l0 [H,H], bias_ih_l0 [H], bias_hh_l0 [H],
 * the same with `_reverse`, then `_l1` and so on.
 */
typedef struct srnn_rnn srnn_rnn;

/**
 * An rnn with fresh weights, U(-1/sqrt(H), 1/sqrt(H)): the very values that
 * `torch.manual_seed(seed); torch.nn.RNN(...)` gives on a CPU. Any thread.
 *
 * @param[out] out  receives the rnn, to be destroyed by the caller
 * @param config    read during the call only; input and hidden size must be set
 * @param seed      of the weights
 * @retval SRNN_ERROR_INVALID    a NULL, or a size not set
 * @retval SRNN_ERROR_OVERFLOW   the parameters' bytes do not fit int64_t
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 */
SRNN_API srnn_status srnn_rnn_create(srnn_rnn **out, const srnn_config *config,
                                     uint64_t seed);

/**
 * An rnn with the weights of a file. I, H, L, D, bias and dtype come from the
 * tensors; nonlinearity ("tanh", "relu") and batch_first ("true", "false")
 * from the file's metadata of those names, else tanh and false. F16 and BF16
 * become float32; if any parameter is F64, the rnn is float64.
 * Strict: under the prefix there must be exactly the parameters of one rnn.
 *
 * @param[out] out  receives the rnn, to be destroyed by the caller
 * @param weights   read during the call only
 * @param prefix    of the parameters' names, "encoder.rnn." say; NULL or "" for
 *                  none. Tensors outside it are ignored
 * @param config    NULL, or options to insist on: a size that is set must equal
 *                  the file's, a nonlinearity or batch_first that is set wins
 *                  over the metadata, a dtype that is set converts the values
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_NOT_FOUND  a parameter is missing
 * @retval SRNN_ERROR_FORMAT     a tensor is no parameter, or bad metadata
 * @retval SRNN_ERROR_SHAPE      shapes are not those of one rnn, or sizes not
 *                               those of config
 * @retval SRNN_ERROR_DTYPE      a parameter has another element type
 * @retval SRNN_ERROR_OVERFLOW   a size is above SRNN_MAX_SIZE, or the
 *                               parameters' bytes do not fit int64_t
 * @retval SRNN_ERROR_IO         reading failed
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 */
SRNN_API srnn_status srnn_rnn_create_from_weights(srnn_rnn **out,
                                                  const srnn_weights *weights,
                                                  const char *prefix,
                                                  const srnn_config *config);

/**
 * Lets go of an rnn, which is freed with its last context or view.
 *
 * @param rnn  NULL does nothing
 */
SRNN_API void srnn_rnn_destroy(srnn_rnn *rnn);

/**
 * The value of an integer option. Any thread.
 *
 * @param[out] out  receives the value; untouched after a failure
 * @param rnn       whose
 * @param option    any but SRNN_OPTION_DROPOUT
 * @retval SRNN_ERROR_INVALID  a NULL, or an option that is unknown or real
 */
SRNN_API srnn_status srnn_rnn_get_int(int64_t *out, const srnn_rnn *rnn,
                                      srnn_option option);

/**
 * The value of a real option. Any thread.
 *
 * @param[out] out  receives the value; untouched after a failure
 * @param rnn       whose
 * @param option    SRNN_OPTION_DROPOUT
 * @retval SRNN_ERROR_INVALID  a NULL, or an option that is unknown or an
 *                             integer
 */
SRNN_API srnn_status srnn_rnn_get_real(double *out, const srnn_rnn *rnn,
                                       srnn_option option);

/**
 * The number of parameters. Any thread.
 *
 * @param rnn  whose
 * @return     at least 2; 0 for NULL
 */
SRNN_API int64_t srnn_rnn_parameter_count(const srnn_rnn *rnn);

/**
 * The name of a parameter. Any thread.
 *
 * @param rnn    whose
 * @param index  0 and up, in PyTorch's order
 * @return       the name, borrowed from the rnn; NULL if there is none
 */
SRNN_API const char *srnn_rnn_parameter_name(const srnn_rnn *rnn,
                                             int64_t index);

/**
 * A copy of a parameter, by name.
 *
 * @param[out] out  receives a new tensor, to be destroyed by the caller
 * @param rnn       whose
 * @param name      as srnn_rnn_parameter_name() gives it
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_NOT_FOUND  no parameter has that name
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 */
SRNN_API srnn_status srnn_rnn_get_parameter(srnn_tensor **out,
                                            const srnn_rnn *rnn,
                                            const char *name);

/**
 * A copy of a parameter, by index.
 *
 * @param[out] out  receives a new tensor, to be destroyed by the caller
 * @param rnn       whose
 * @param index     as of srnn_rnn_parameter_name()
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_NOT_FOUND  no parameter has that index
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 */
SRNN_API srnn_status srnn_rnn_get_parameter_at(srnn_tensor **out,
                                               const srnn_rnn *rnn,
                                               int64_t index);

/**
 * Sets a parameter, by name, to a copy of value. One thread, and none other
 * using the rnn.
 *
 * @param rnn    whose
 * @param name   as srnn_rnn_parameter_name() gives it
 * @param value  of the parameter's shape and the rnn's dtype
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_NOT_FOUND  no parameter has that name
 * @retval SRNN_ERROR_SHAPE      value has another shape
 * @retval SRNN_ERROR_DTYPE      value has another dtype
 * @retval SRNN_ERROR_BUSY       the rnn has a context or a cell view
 */
SRNN_API srnn_status srnn_rnn_set_parameter(srnn_rnn *rnn, const char *name,
                                            const srnn_tensor *value);

/**
 * Sets a parameter, by index, to a copy of value. One thread, and none other
 * using the rnn.
 *
 * @param rnn    whose
 * @param index  as of srnn_rnn_parameter_name()
 * @param value  of the parameter's shape and the rnn's dtype
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_NOT_FOUND  no parameter has that index
 * @retval SRNN_ERROR_SHAPE      value has another shape
 * @retval SRNN_ERROR_DTYPE      value has another dtype
 * @retval SRNN_ERROR_BUSY       the rnn has a context or a cell view
 */
SRNN_API srnn_status srnn_rnn_set_parameter_at(srnn_rnn *rnn, int64_t index,
                                               const srnn_tensor *value);

/**
 * Saves the rnn as a safetensors file. What srnn_rnn_create_from_weights()
 * makes of it, under the same prefix, is the same rnn bit for bit, but for
 * dropout, which acts in training only and is left out.
 * torch.nn.RNN.load_state_dict takes it too: names are those of
 * srnn_rnn_parameter_name() behind the prefix, the dtype is the rnn's;
 * nonlinearity and batch_first are in the metadata. The same model gives the
 * same bytes, always: those that the safetensors package writes, with the
 * metadata in order of its keys.
 *
 * The bytes go to a temporary file in the same folder, `.simplernn-*.tmp`,
 * which then takes the place of the file at path. So at any time, and after any
 * failure or loss of power, there is the old file or the new one; one that was
 * open or has another hard link stays as it was. A new file's mode is what the
 * umask leaves of 0666, a replaced one's permissions are kept, its owner is
 * not. A call that fails removes the temporary file; a process that dies leaves
 * it. A thread that is cancelled inside goes on to the end of the call.
 *
 * Any thread, but none may set parameters meanwhile.
 *
 * @param rnn     to save
 * @param path    of a regular file that may be written, or of none, in a folder
 *                that may be read and written; symbolic links are followed, and
 *                stay
 * @param prefix  of the names, "encoder.rnn." say, UTF-8; NULL or "" for none
 * @retval SRNN_ERROR_INVALID    a NULL rnn or path, an empty path, or a prefix
 *                               that is no UTF-8
 * @retval SRNN_ERROR_OVERFLOW   the header is above SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_IO         writing failed: the old file is still there,
 *                               unless the text says that the new one is in
 *                               place
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed: the old file is still
 *                               there
 */
SRNN_API srnn_status srnn_rnn_save(const srnn_rnn *rnn, const char *path,
                                   const char *prefix);

/**
 * Takes the next bytes of a file.
 *
 * It runs on the thread of the call that gives them. It may call the library,
 * but must not set parameters of the rnn, destroy it, throw or unwind.
 *
 * @param user   what srnn_rnn_save_callback() got
 * @param bytes  the library's; they last until it returns
 * @param size   in bytes, above 0
 * @return       size. Less, more, or a negative number, which the error text
 *               shows, ends the call that gave them
 */
typedef int64_t (*srnn_write_function)(void *user, const void *bytes,
                                       size_t size);

/**
 * Gives the bytes of that file to a callback, piece by piece. Threads as
 * srnn_rnn_save().
 *
 * @param rnn     to save
 * @param write   gets the bytes from first to last
 * @param user    passed to it; may be NULL; never freed
 * @param prefix  of the names, as srnn_rnn_save()
 * @retval SRNN_ERROR_INVALID    a NULL rnn or write, or a prefix that is no
 *                               UTF-8: nothing has been given then
 * @retval SRNN_ERROR_OVERFLOW   the header is above SRNN_MAX_HEADER_SIZE:
 *                               nothing has been given then
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed: nothing has been given
 *                               then
 * @retval SRNN_ERROR_IO         the callback failed: what it got is no whole
 *                               file
 */
SRNN_API srnn_status srnn_rnn_save_callback(const srnn_rnn *rnn,
                                            srnn_write_function write,
                                            void *user, const char *prefix);

/** What srnn_rnn_shape() can tell. */
typedef int32_t srnn_role;

/** Values of srnn_role. */
enum {
    SRNN_ROLE_INPUT = 1,  /**< [T,B,I]; batch_first [B,T,I] */
    SRNN_ROLE_OUTPUT = 2, /**< [T,B,D*H]; batch_first [B,T,D*H] */
    SRNN_ROLE_HIDDEN = 3  /**< h0 and h_n: [L*D,B,H] */
};

/**
 * The shape that a tensor of forward has. Any thread.
 *
 * @param[out] out  receives 3 sizes; untouched after a failure
 * @param rnn       that runs
 * @param role      of the tensor
 * @param T         steps, 0 and up
 * @param B         batch, 0 and up
 * @retval SRNN_ERROR_INVALID  a NULL, an unknown role, or T or B below 0
 */
SRNN_API srnn_status srnn_rnn_shape(int64_t *out, const srnn_rnn *rnn,
                                    srnn_role role, int64_t T, int64_t B);

/**
 * Writes the rnn as a table: every layer and direction, the shapes and counts
 * of its parameters, and the shapes of input, h0, output and h_n. Any thread.
 *
 * @param[out] text    receives the table and a final NUL; may be NULL if
 *                     capacity is 0
 * @param capacity     of text, in bytes
 * @param[out] length  receives the length without the NUL, also when text is
 *                     too small; may be NULL
 * @param rnn          to describe
 * @param T            steps, 0 and up
 * @param B            batch, 0 and up
 * @retval SRNN_ERROR_INVALID   a NULL, or T or B below 0
 * @retval SRNN_ERROR_OVERFLOW  text is given but too small; it is untouched
 */
SRNN_API srnn_status srnn_rnn_describe(char *text, size_t capacity,
                                       size_t *length, const srnn_rnn *rnn,
                                       int64_t T, int64_t B);

#ifdef __cplusplus
}
#endif

#endif
