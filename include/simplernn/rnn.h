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
 * A network. Any number of threads share it, each running it through a context
 * or streams of its own, which keep it alive.
 *
 * Parameters have PyTorch's state_dict names and order: weight_ih_l0 [H,I]
 * ([H,D*H] in the layers above), weight_hh_l0 [H,H], bias_ih_l0 [H], bias_hh_l0
 * [H], the same with `_reverse`, then `_l1` and so on. A network whose
 * direction is reverse has those with `_reverse` alone.
 *
 * A function that writes parameters excludes running calls: it takes every
 * context and stream of the rnn for the time of the write, or fails with
 * SRNN_ERROR_BUSY and changes nothing; a call that begins meanwhile fails with
 * SRNN_ERROR_BUSY. Functions that read parameters (save, clone, copy, data) do
 * not exclude it: the caller must not run them while another thread writes.
 */
typedef struct srnn_rnn srnn_rnn;

/**
 * Creates an rnn with random weights, U(-1/sqrt(H), 1/sqrt(H)): the very values
 * that `torch.manual_seed(seed); torch.nn.RNN(...)` gives on a CPU. Any thread.
 *
 * @param[out] out     receives the rnn, to be destroyed by the caller
 * @param input_size   I, 1 to SRNN_MAX_SIZE
 * @param hidden_size  H, 1 to SRNN_MAX_SIZE
 * @param config       the other options, read during the call only; NULL for
 *                     defaults
 * @param seed         of the weights
 * @retval SRNN_ERROR_INVALID    out is NULL, config is another kind of handle,
 *                               or it insists on another size
 * @retval SRNN_ERROR_RANGE      a size is out of range
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the parameters, and of what is
 *                               packed of them, do not fit 63 bits
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_create(srnn_rnn **out,
                                                    int64_t input_size,
                                                    int64_t hidden_size,
                                                    const srnn_config *config,
                                                    uint64_t seed);

/**
 * Creates an rnn with copies of the given parameters. Sizes and dtype are those
 * of the tensors. Any thread.
 *
 * @param[out] out  receives the rnn, to be destroyed by the caller
 * @param values    all parameters in state_dict order, any strides; not written
 * @param count     of values: L*D*4, or L*D*2 without bias
 * @param config    the other options; NULL for defaults. A size or a dtype that
 *                  is set must be that of the tensors
 * @retval SRNN_ERROR_INVALID    a NULL, or a wrong kind of handle
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape, or not the size
 *                               that config insists on
 * @retval SRNN_ERROR_DTYPE      the dtypes are not one of float32 and float64
 * @retval SRNN_ERROR_RANGE      count is not that of the options, or I or H is
 *                               out of range
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the parameters, and of what is
 *                               packed of them, do not fit 63 bits
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_rnn_create_from_tensors(srnn_rnn **out, const srnn_tensor *const *values,
                             int64_t count, const srnn_config *config);

/**
 * Creates an rnn with the weights of a file. Any thread.
 *
 * I, H, L, direction, bias and dtype follow from the names and shapes of the
 * tensors under the prefix. F16 and BF16 become float32; if any parameter is
 * F64, the rnn is float64. Of the two biases of a cell, one may be absent; it
 * is zero then. A layer without `_l0` in its names, as torch.nn.RNNCell has it,
 * is an rnn of one layer. Names with `_reverse` alone are an rnn whose
 * direction is reverse.
 *
 * The file's metadata may state nonlinearity ("tanh", "relu"), batch_first,
 * dropout and direction. A direction must be what the names say, except that
 * names without `_reverse` may be those of a reverse rnn. For each option the
 * key with the prefix, for example "decoder.nonlinearity", wins over the key
 * without. What is not stated is assumed to be as in a new config:
 * srnn_rnn_origin() tells, and SRNN_OPTION_REQUIRE_STATED forbids it.
 *
 * @param[out] out  receives the rnn, to be destroyed by the caller
 * @param weights   the file, read during the call only
 * @param prefix    of the names of the parameters, for example "encoder.rnn.";
 *                  NULL or "" for none. Tensors with other names are ignored
 * @param config    options to insist on; NULL for none. A size or a bias that
 *                  is set must be that of the file, and so must a direction,
 *                  except that names without `_reverse` may be taken as those
 *                  of a reverse rnn. A nonlinearity, batch_first or dropout
 *                  that is set wins over the metadata, whatever they say. A
 *                  dtype that is set converts the values
 * @retval SRNN_ERROR_INVALID    out or weights is NULL
 * @retval SRNN_ERROR_NOT_FOUND  a parameter is missing, or an option is not
 *                               stated that must be
 * @retval SRNN_ERROR_FORMAT     a tensor under the prefix is not a parameter,
 *                               or the metadata is not valid
 * @retval SRNN_ERROR_SHAPE      shapes are not those of one rnn, or a size, the
 *                               direction or the bias is not that of config
 * @retval SRNN_ERROR_DTYPE      a parameter has an element type that cannot be
 *                               one
 * @retval SRNN_ERROR_RANGE      a size is out of range
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the parameters, and of what is
 *                               packed of them, do not fit 63 bits
 * @retval SRNN_ERROR_IO         reading failed
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_rnn_create_from_weights(srnn_rnn **out, const srnn_weights *weights,
                             const char *prefix, const srnn_config *config);

/**
 * Creates a copy of an rnn, with its options, its parameters and what the
 * options came from, without contexts or streams. Any thread, but none may
 * write parameters of the rnn meanwhile.
 *
 * @param[out] out  receives the copy, to be destroyed by the caller
 * @param rnn       the rnn to copy
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_clone(srnn_rnn **out,
                                                   const srnn_rnn *rnn);

/**
 * Lets go of an rnn. It is freed with the last of its contexts, streams and
 * cell views. The caller must not use the handle afterwards, and must not call
 * this twice, although contexts may still run the rnn.
 *
 * @param rnn  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_rnn_destroy(srnn_rnn *rnn);

/**
 * Reads an integer option. Any thread.
 *
 * @param[out] out  receives the value; untouched after a failure
 * @param rnn       the rnn to read
 * @param option    any except SRNN_OPTION_DROPOUT and those that only tell how
 *                  to read weights
 * @retval SRNN_ERROR_INVALID  a NULL, or option is unknown or not an integer
 *                             option of an rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_get_int(int64_t *out,
                                                     const srnn_rnn *rnn,
                                                     srnn_option option);

/**
 * Reads a real option. Any thread.
 *
 * @param[out] out  receives the value; untouched after a failure
 * @param rnn       the rnn to read
 * @param option    SRNN_OPTION_DROPOUT
 * @retval SRNN_ERROR_INVALID  a NULL, or option is unknown or not real
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_get_real(double *out,
                                                      const srnn_rnn *rnn,
                                                      srnn_option option);

/** Where the value of an option came from. */
typedef int32_t srnn_origin;

/** Values of srnn_origin. */
enum srnn_origin_values {
    SRNN_ORIGIN_DEFAULT = 1701, /**< nobody stated it: it was assumed */
    SRNN_ORIGIN_FILE = 1702,  /**< the weight file: names, shapes or metadata */
    SRNN_ORIGIN_CALLER = 1703 /**< the config, an argument or the tensors */
};

/**
 * Tells where the value of an option came from. Any thread.
 *
 * @param rnn     the rnn to ask
 * @param option  an option of the rnn
 * @return        a srnn_origin; 0 for NULL or for what is not an option of an
 *                rnn
 * @since 0.2
 */
SRNN_API srnn_origin srnn_rnn_origin(const srnn_rnn *rnn, srnn_option option);

/**
 * The number of parameters. Any thread.
 *
 * @param rnn  the rnn to ask
 * @return     2 and up; 0 for NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_rnn_parameter_count(const srnn_rnn *rnn);

/**
 * The name of a parameter, as torch.nn.RNN has it: with `_l0` also in an rnn
 * that was read from the names of a torch.nn.RNNCell. Any thread.
 *
 * @param rnn    the rnn to ask
 * @param index  0 and up, in state_dict order
 * @return       the name, borrowed: it lasts as long as the rnn; NULL if no
 *               parameter has that index
 * @since 0.2
 */
SRNN_API const char *srnn_rnn_parameter_name(const srnn_rnn *rnn,
                                             int64_t index);

/**
 * The index of a parameter. Any thread.
 *
 * @param rnn   the rnn to ask
 * @param name  for example "weight_hh_l0"
 * @return      the index, 0 and up; -1 if no parameter has that name, or for
 *              NULL
 * @since 0.2
 */
SRNN_API int64_t srnn_rnn_find_parameter(const srnn_rnn *rnn, const char *name);

/**
 * The rank of a parameter. Any thread.
 *
 * @param rnn    the rnn to ask
 * @param index  as for srnn_rnn_parameter_name()
 * @return       2 for weights, 1 for biases; 0 if no parameter has that index
 * @since 0.2
 */
SRNN_API int32_t srnn_rnn_parameter_rank(const srnn_rnn *rnn, int64_t index);

/**
 * The shape of a parameter. Any thread.
 *
 * @param rnn    the rnn to ask
 * @param index  as for srnn_rnn_parameter_name()
 * @return       srnn_rnn_parameter_rank() sizes, borrowed: they last as long as
 *               the rnn; NULL if no parameter has that index
 * @since 0.2
 */
SRNN_API const int64_t *srnn_rnn_parameter_shape(const srnn_rnn *rnn,
                                                 int64_t index);

/**
 * The values of a parameter. Any thread.
 *
 * @param rnn    the rnn to ask
 * @param index  as for srnn_rnn_parameter_name()
 * @return       its values in C order, contiguous, of the dtype of the rnn,
 *               borrowed: the memory lasts as long as the rnn, and changes when
 *               parameters are written; NULL if no parameter has that index
 * @since 0.2
 */
SRNN_API const void *srnn_rnn_parameter_data(const srnn_rnn *rnn,
                                             int64_t index);

/**
 * Copies a parameter. Any thread, but none may write parameters meanwhile.
 *
 * @param[out] out  receives a new tensor, to be destroyed by the caller
 * @param rnn       the rnn to read
 * @param name      as srnn_rnn_parameter_name() gives it
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_NOT_FOUND  no parameter has that name
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_copy_parameter(srnn_tensor **out,
                                                            const srnn_rnn *rnn,
                                                            const char *name);

/**
 * Writes a parameter. Any thread; contexts and streams go on with the new
 * values.
 *
 * @param rnn    the rnn to change
 * @param name   as srnn_rnn_parameter_name() gives it
 * @param value  of the shape of the parameter and the dtype of the rnn, any
 *               strides; not written; it shares no memory with parameters of
 *               the rnn, except exactly that of this one
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_NOT_FOUND  no parameter has that name
 * @retval SRNN_ERROR_SHAPE      value has another shape
 * @retval SRNN_ERROR_DTYPE      value has another dtype
 * @retval SRNN_ERROR_ALIAS      value shares memory with parameters of the rnn
 * @retval SRNN_ERROR_BUSY       a context or stream of the rnn is in a call, or
 *                               another thread is writing parameters
 * @retval SRNN_ERROR_IN_USE     the rnn has a cell view
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_set_parameter(
    srnn_rnn *rnn, const char *name, const srnn_tensor *value);

/**
 * Writes all parameters, or none. Any thread; contexts and streams go on with
 * the new values.
 *
 * @param rnn     the rnn to change
 * @param values  all parameters in state_dict order, as for
 *                srnn_rnn_set_parameter()
 * @param count   of values: srnn_rnn_parameter_count()
 * @retval SRNN_ERROR_INVALID  a NULL
 * @retval SRNN_ERROR_RANGE    count is not srnn_rnn_parameter_count()
 * @retval SRNN_ERROR_SHAPE    a value has another shape than its parameter
 * @retval SRNN_ERROR_DTYPE    a value has another dtype than the rnn
 * @retval SRNN_ERROR_ALIAS    a value shares memory with parameters of the rnn
 * @retval SRNN_ERROR_BUSY     a context or stream of the rnn is in a call, or
 *                             another thread is writing parameters
 * @retval SRNN_ERROR_IN_USE   the rnn has a cell view
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_set_parameters(
    srnn_rnn *rnn, const srnn_tensor *const *values, int64_t count);

/**
 * Saves the rnn into a safetensors file, beside what is in it.
 *
 * If there is a file at path, every tensor and all metadata in it stay, byte
 * for byte, except those that belong to an rnn under this prefix: all names
 * that parameters of an rnn or of a torch.nn.RNNCell can have there, and the
 * metadata of its options. So several networks can be saved into one file, each
 * under its own prefix. A prefix that the file does not have yet adds a network
 * and replaces none. Memory for the header of the file and a buffer is taken,
 * not for its values.
 *
 * srnn_rnn_create_from_weights() with the same prefix gives the same rnn, bit
 * for bit (with SRNN_OPTION_ALLOW_EXTRA if other tensors lie under the prefix,
 * as all do under ""), and torch's load_state_dict takes the tensors. Names are
 * those of srnn_rnn_parameter_name() behind the prefix; an rnn that was read
 * from the names of a torch.nn.RNNCell is saved under those. Metadata state
 * nonlinearity, batch_first and dropout, for example under
 * "decoder.nonlinearity", and direction where there is a prefix or where the
 * names do not tell it. What srnn_rnn_create_from_weights() had to assume is
 * not stated, so that it remains an assumption for whoever reads the file; the
 * exception is an option for which a key without a prefix would count.
 *
 * A key without a prefix, for example "nonlinearity", counts for every network
 * of the file that has none of its own. If saving adds, changes or removes such
 * a key, every other network that would be read in another way gets a key of
 * its own, with what counted before.
 *
 * The bytes go to a temporary file in the same folder, `.simplernn-*.tmp`,
 * which then takes the place of the file at path. So at any time, and after any
 * failure or loss of power, there is the old file or the new one. An old file
 * that is open or has another hard link stays as it was. A new file gets the
 * mode 0666 & ~umask; a replaced file keeps its mode & 0777 but not its owner.
 * A call that fails removes the temporary file; a process that dies leaves it.
 * If the calling thread is cancelled, it finishes the call first. Two programs
 * that save into one file at the same time can lose what one of them saved.
 *
 * Any thread, but none may write parameters meanwhile.
 *
 * @param rnn       the rnn to save
 * @param path      of a regular file that may be written, or of none, in a
 *                  folder that may be read and written; symbolic links are
 *                  followed, and stay
 * @param prefix    of the names, for example "encoder.rnn.", in UTF-8; NULL or
 *                  "" for none
 * @param metadata  more metadata to add: a key, its text, a key, its text and
 *                  so on, and a final NULL, in UTF-8; NULL for none. A key that
 *                  is in the file already gets the new text
 * @retval SRNN_ERROR_INVALID    rnn or path is NULL, path is empty, the prefix
 *                               or a text is not valid UTF-8, or a key has no
 *                               text, occurs twice or belongs to the rnn
 * @retval SRNN_ERROR_FORMAT     the file at path is not a valid safetensors
 *                               file; it is untouched
 * @retval SRNN_ERROR_RANGE      a header is above SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the file do not fit 63 bits
 * @retval SRNN_ERROR_IO         reading or writing failed: the old file is
 *                               still there, unless the text says that the new
 *                               one is in place
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed: the old file is still
 *                               there
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_save(const srnn_rnn *rnn,
                                                  const char *path,
                                                  const char *prefix,
                                                  const char *const *metadata);

/**
 * Saves the rnn as a safetensors file that holds nothing else. A file at path
 * is replaced, whatever is in it. The same rnn, prefix and metadata give the
 * same bytes, always: those that the safetensors package writes, with the
 * metadata in order of its keys. Everything else is as for srnn_rnn_save().
 *
 * @param rnn       the rnn to save
 * @param path      as for srnn_rnn_save()
 * @param prefix    as for srnn_rnn_save()
 * @param metadata  as for srnn_rnn_save()
 * @retval SRNN_ERROR_INVALID    as for srnn_rnn_save()
 * @retval SRNN_ERROR_RANGE      the header is above SRNN_MAX_HEADER_SIZE
 * @retval SRNN_ERROR_IO         writing failed, as for srnn_rnn_save()
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed: the old file is still
 *                               there
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_rnn_save_alone(const srnn_rnn *rnn, const char *path, const char *prefix,
                    const char *const *metadata);

/**
 * Takes the next bytes of a file.
 *
 * It runs on the thread of the call that gives them. It may call the library,
 * but must not write parameters of the rnn, destroy it, throw or unwind. To
 * bring an exception of its own across, it stores the exception behind user and
 * returns a negative number; any from -1 down is free for its use.
 *
 * @param user   what srnn_rnn_save_callback() got
 * @param bytes  memory of the library, which lasts until the callback returns
 * @param size   in bytes, above 0
 * @return       size. Less, more, or a negative number, which the error text
 *               shows, ends the call that gave the bytes
 * @since 0.2
 */
typedef int64_t (*srnn_write_function)(void *user, const void *bytes,
                                       size_t size);

/**
 * Gives the bytes that srnn_rnn_save_alone() writes to a callback, piece by
 * piece. Any thread, but none may write parameters meanwhile.
 *
 * @param rnn       the rnn to save
 * @param write     gets the bytes from first to last
 * @param user      passed to it; may be NULL; never freed
 * @param prefix    as for srnn_rnn_save()
 * @param metadata  as for srnn_rnn_save()
 * @retval SRNN_ERROR_INVALID    rnn or write is NULL, or prefix or metadata is
 *                               not as for srnn_rnn_save(). No byte was given
 * @retval SRNN_ERROR_RANGE      the header is above SRNN_MAX_HEADER_SIZE. No
 *                               byte was given
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed. No byte was given
 * @retval SRNN_ERROR_IO         the callback failed: what it got is not a whole
 *                               file
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_save_callback(
    const srnn_rnn *rnn, srnn_write_function write, void *user,
    const char *prefix, const char *const *metadata);

/** A tensor of a forward. */
typedef int32_t srnn_role;

/** Values of srnn_role. */
enum srnn_role_values {
    SRNN_ROLE_INPUT = 1301,  /**< input: [T,B,I], or [B,T,I] with batch_first */
    SRNN_ROLE_OUTPUT = 1302, /**< output: [T,B,D*H], or [B,T,D*H] with
                                  batch_first */
    SRNN_ROLE_HIDDEN = 1303  /**< h0 and h_n: [L*D,B,H] */
};

/**
 * The shape of a tensor of a forward. Any thread.
 *
 * @param[out] out  receives 3 sizes; untouched after a failure
 * @param rnn       the rnn that runs
 * @param role      of the tensor
 * @param steps     T, 0 and up
 * @param batch     B, 0 and up
 * @retval SRNN_ERROR_INVALID  a NULL or an unknown role
 * @retval SRNN_ERROR_RANGE    steps or batch is below 0
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_rnn_shape(int64_t *out,
                                                   const srnn_rnn *rnn,
                                                   srnn_role role,
                                                   int64_t steps,
                                                   int64_t batch);

/**
 * Writes the rnn as a table: every layer and direction, the shapes and counts
 * of its parameters, and the shapes of input, h0, output and h_n. Any thread.
 *
 * @param[out] text    receives the table and a final NUL; may be NULL if
 *                     capacity is 0
 * @param capacity     of text, in bytes
 * @param[out] length  receives the length without the NUL, also when text is
 *                     too small; may be NULL
 * @param rnn          the rnn to describe
 * @param steps        T, 0 and up
 * @param batch        B, 0 and up
 * @retval SRNN_ERROR_INVALID  a NULL
 * @retval SRNN_ERROR_RANGE    steps or batch is below 0
 * @retval SRNN_ERROR_BUFFER   text is too small; it is untouched
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_rnn_describe(char *text, size_t capacity, size_t *length,
                  const srnn_rnn *rnn, int64_t steps, int64_t batch);

#ifdef __cplusplus
}
#endif

#endif
