/* SPDX-License-Identifier: MIT */
/* srnn_rnn: the topology and the weights of a network, as torch.nn.RNN. */
#ifndef SIMPLERNN_RNN_H
#define SIMPLERNN_RNN_H

#include "config.h"
#include "weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Shared by any number of threads, each running it through a context of its
 * own. Contexts and cell views keep it alive and freeze its parameters.
 */
typedef struct srnn_rnn srnn_rnn;

/*
 * An rnn with fresh weights, U(-1/sqrt(H), 1/sqrt(H)): the very values that
 * torch.manual_seed(seed); torch.nn.RNN(...) gives on a CPU.
 *
 * out     receives the rnn, to be destroyed by the caller
 * config  read during the call only; input and hidden size must be set
 * SRNN_ERROR_INVALID for a NULL or a size not set, SRNN_ERROR_OVERFLOW if the
 * parameters' bytes do not fit, SRNN_ERROR_NO_MEMORY. Any thread.
 */
SRNN_API srnn_status srnn_rnn_create(srnn_rnn **out, const srnn_config *config,
                                     uint64_t seed);

/*
 * An rnn with the weights of a file. I, H, L, D, bias and dtype come from the
 * tensors; nonlinearity ("tanh", "relu") and batch_first ("true", "false")
 * from the file's metadata of those names, else tanh and false. F16 and BF16
 * become float32; if any parameter is F64, the rnn is float64.
 * Strict: under the prefix there must be exactly the parameters of one rnn.
 *
 * out      receives the rnn, to be destroyed by the caller
 * weights  read during the call only
 * prefix   of the parameters' names, "encoder.rnn." say; NULL or "" for none.
 *          Tensors outside it are ignored
 * config   NULL, or options to insist on: a size that is set must equal the
 *          file's, a nonlinearity or batch_first that is set wins over the
 *          metadata, a dtype that is set converts the values
 * SRNN_ERROR_INVALID for a NULL, SRNN_ERROR_NOT_FOUND for a missing parameter,
 * SRNN_ERROR_FORMAT for a tensor that is no parameter or bad metadata,
 * SRNN_ERROR_SHAPE, SRNN_ERROR_DTYPE, SRNN_ERROR_OVERFLOW, SRNN_ERROR_IO,
 * SRNN_ERROR_NO_MEMORY.
 */
SRNN_API srnn_status srnn_rnn_create_from_weights(srnn_rnn **out,
                                                  const srnn_weights *weights,
                                                  const char *prefix,
                                                  const srnn_config *config);

/* Lets go of the rnn, which is freed with its last context or view. NULL does
 * nothing. */
SRNN_API void srnn_rnn_destroy(srnn_rnn *rnn);

/*
 * The value of an option.
 *
 * out  receives the value; untouched after a failure
 * SRNN_ERROR_INVALID for a NULL or an option that is unknown or not of this
 * type (only SRNN_OPTION_DROPOUT is real). Any thread.
 */
SRNN_API srnn_status srnn_rnn_get_int(int64_t *out, const srnn_rnn *rnn,
                                      srnn_option option);
SRNN_API srnn_status srnn_rnn_get_real(double *out, const srnn_rnn *rnn,
                                       srnn_option option);

/*
 * Parameters have PyTorch's state_dict names and order: weight_ih_l0 [H,I]
 * (layers above: [H,D*H]), weight_hh_l0 [H,H], bias_ih_l0 [H], bias_hh_l0 [H],
 * the same with _reverse, then _l1 and so on.
 *
 * parameter_count is their number; parameter_name the name at an index,
 * borrowed from the rnn, NULL if there is none. Any thread.
 */
SRNN_API int64_t srnn_rnn_parameter_count(const srnn_rnn *rnn);
SRNN_API const char *srnn_rnn_parameter_name(const srnn_rnn *rnn,
                                             int64_t index);

/*
 * A copy of a parameter, by name or by index.
 *
 * out  receives a new tensor, to be destroyed by the caller
 * SRNN_ERROR_INVALID for a NULL, SRNN_ERROR_NOT_FOUND, SRNN_ERROR_NO_MEMORY.
 */
SRNN_API srnn_status srnn_rnn_get_parameter(srnn_tensor **out,
                                            const srnn_rnn *rnn,
                                            const char *name);
SRNN_API srnn_status srnn_rnn_get_parameter_at(srnn_tensor **out,
                                               const srnn_rnn *rnn,
                                               int64_t index);

/*
 * Sets a parameter, by name or by index, to a copy of value.
 *
 * value  the parameter's shape and the rnn's dtype
 * SRNN_ERROR_INVALID for a NULL, SRNN_ERROR_NOT_FOUND, SRNN_ERROR_SHAPE,
 * SRNN_ERROR_DTYPE, SRNN_ERROR_BUSY while the rnn has a context or a cell view.
 * One thread, and none other using the rnn.
 */
SRNN_API srnn_status srnn_rnn_set_parameter(srnn_rnn *rnn, const char *name,
                                            const srnn_tensor *value);
SRNN_API srnn_status srnn_rnn_set_parameter_at(srnn_rnn *rnn, int64_t index,
                                               const srnn_tensor *value);

/*
 * Saves the rnn as a safetensors file. What srnn_rnn_create_from_weights makes
 * of it, under the same prefix, is the same rnn bit for bit, but for dropout,
 * which acts in training only and is left out. torch.nn.RNN.load_state_dict
 * takes it too: names are those of srnn_rnn_parameter_name behind the prefix,
 * the dtype is the rnn's; nonlinearity and batch_first are in the metadata.
 * The same model gives the same bytes, always: those that the safetensors
 * package writes, with the metadata in order of its keys.
 *
 * The bytes go to a temporary file in the same folder, ".simplernn-*.tmp",
 * which then takes the place of the file at path. So at any time, and after any
 * failure or loss of power, there is the old file or the new one; one that was
 * open or has another hard link stays as it was. A new file's mode is what the
 * umask leaves of 0666, a replaced one's permissions are kept, its owner is
 * not. A call that fails removes the temporary file; a process that dies leaves
 * it. A thread that is cancelled inside goes on to the end of the call.
 *
 * path    of a regular file that may be written, or of none, in a folder that
 *         may be read and written; symbolic links are followed, and stay
 * prefix  of the names, "encoder.rnn." say, UTF-8; NULL or "" for none
 * SRNN_ERROR_INVALID for a NULL rnn or path, an empty path, or a prefix that is
 * no UTF-8; SRNN_ERROR_OVERFLOW if the header is above SRNN_MAX_HEADER_SIZE;
 * SRNN_ERROR_IO, SRNN_ERROR_NO_MEMORY: the old file is still there, unless the
 * text says that the new one is in place. Any thread, but none may set
 * parameters meanwhile.
 */
SRNN_API srnn_status srnn_rnn_save(const srnn_rnn *rnn, const char *path,
                                   const char *prefix);

/*
 * Takes the next size bytes (size > 0) of a file; they are the library's and
 * last until it returns. Returns size. Less, more, or a negative number, which
 * the error text shows, ends the call that gave them.
 *
 * It runs on the thread of that call. It may call the library, but must not set
 * parameters of the rnn, destroy it, throw or unwind.
 */
typedef int64_t (*srnn_write_function)(void *user, const void *bytes,
                                       size_t size);

/*
 * Gives the bytes of that file to a callback, piece by piece.
 *
 * write  gets them from first to last
 * user   passed to it; may be NULL; never freed
 * SRNN_ERROR_INVALID for a NULL rnn or write, or a prefix that is no UTF-8,
 * SRNN_ERROR_OVERFLOW, SRNN_ERROR_NO_MEMORY: nothing has been given then.
 * SRNN_ERROR_IO if the callback fails: what it got is no whole file. Threads as
 * srnn_rnn_save.
 */
SRNN_API srnn_status srnn_rnn_save_callback(const srnn_rnn *rnn,
                                            srnn_write_function write,
                                            void *user, const char *prefix);

/* What srnn_rnn_shape can tell. */
typedef int32_t srnn_role;

enum {
    SRNN_ROLE_INPUT = 1,  /* [T,B,I]; batch_first [B,T,I] */
    SRNN_ROLE_OUTPUT = 2, /* [T,B,D*H]; batch_first [B,T,D*H] */
    SRNN_ROLE_HIDDEN = 3  /* h0 and h_n: [L*D,B,H] */
};

/*
 * The shape that a tensor of forward has for T steps and a batch of B.
 *
 * out  receives 3 sizes; untouched after a failure
 * SRNN_ERROR_INVALID for a NULL, an unknown role, or T or B below 0. Any
 * thread.
 */
SRNN_API srnn_status srnn_rnn_shape(int64_t *out, const srnn_rnn *rnn,
                                    srnn_role role, int64_t T, int64_t B);

/*
 * Writes the rnn as a table: every layer and direction, the shapes and counts
 * of its parameters, and the shapes of input, h0, output and h_n.
 *
 * text      receives the table and a final NUL; may be NULL if capacity is 0
 * capacity  of text, in bytes
 * length    receives the length without the NUL, also when text is too small;
 *           may be NULL
 * SRNN_ERROR_INVALID for a NULL, or T or B below 0; SRNN_ERROR_OVERFLOW if
 * text is given but too small (it is then untouched). Any thread.
 */
SRNN_API srnn_status srnn_rnn_describe(char *text, size_t capacity,
                                       size_t *length, const srnn_rnn *rnn,
                                       int64_t T, int64_t B);

#ifdef __cplusplus
}
#endif

#endif
