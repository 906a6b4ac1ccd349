/* SPDX-License-Identifier: MIT */
/* The states of the last layer are the last D blocks of h_n, one for each
 * direction. A linear layer reads them side by side. */
#include "head.h"

#include <inttypes.h>
#include <string.h>

#include "element.h"
#include "names.h"

/* Does the layer take what the rnn gives? */
static command_result check_layer(const srnn_linear *layer,
                                  const command_model *model,
                                  const char *prefix)
{
    char quoted[COMMAND_QUOTED];
    const int64_t features = command_model_features(model);
    const int64_t taken = srnn_linear_in_features(layer);
    const srnn_dtype dtype = srnn_linear_dtype(layer);
    const int64_t given = command_model_get(model, SRNN_OPTION_DTYPE);
    (void)command_quote(quoted, prefix);
    if (taken != features)
        return command_fail(
            COMMAND_WRONG,
            "the linear layer under %s is [%" PRId64 ", %" PRId64
            "]; a network that gives %" PRId64
            " features needs [out_features, in_features=%" PRId64 "]",
            quoted, srnn_linear_out_features(layer), taken, features, features);
    if (dtype != given) {
        char own[COMMAND_QUOTED];
        return command_fail(
            COMMAND_WRONG,
            "the linear layer under %s is %s, the rnn under %s %s; both need "
            "the same dtype",
            quoted, command_word_of(dtype).text,
            command_quote(own, model->prefix), command_word_of(given).text);
    }
    return COMMAND_OK;
}

command_result command_head_open(srnn_linear **out, const command_model *model,
                                 const char *path, const char *prefix)
{
    char quoted[COMMAND_QUOTED];
    COMMAND_TRY(command_check(
        srnn_linear_create_from_weights(out, model->weights, prefix),
        command_quote(quoted, path)));
    return check_layer(*out, model, prefix);
}

/* Both as [D,B,H]. */
static srnn_status view_states(srnn_tensor **states, srnn_tensor **features,
                               const srnn_tensor *h_n, const srnn_tensor *rows,
                               const command_model *model)
{
    const int64_t H = command_model_get(model, SRNN_OPTION_HIDDEN_SIZE);
    const int64_t D = command_model_features(model) / H;
    const int64_t B = srnn_tensor_size(rows) / (D * H);
    const int64_t shape[] = {D, B, H};
    const int64_t strides[] = {H, D * H, 1};
    const srnn_dtype dtype = srnn_tensor_dtype(h_n);
    const int64_t below = command_element_size(dtype) *
                          (srnn_tensor_size(h_n) - srnn_tensor_size(rows));
    srnn_status status = srnn_tensor_wrap(
        states, (char *)srnn_tensor_data(h_n) + below, dtype, 3, shape, NULL);
    if (status == SRNN_OK)
        status = srnn_tensor_wrap(features, srnn_tensor_data(rows), dtype, 3,
                                  shape, strides);
    return status;
}

static command_result copy_states(const srnn_tensor *h_n,
                                  const srnn_tensor *features,
                                  const command_model *model, bool gathers)
{
    srnn_tensor *states = NULL;
    srnn_tensor *rows = NULL;
    srnn_status status = view_states(&states, &rows, h_n, features, model);
    if (status == SRNN_OK)
        status =
            srnn_tensor_copy(gathers ? rows : states, gathers ? states : rows);
    srnn_tensor_destroy(states);
    srnn_tensor_destroy(rows);
    return command_check(status, NULL);
}

command_result command_head_gather(srnn_tensor *features,
                                   const srnn_tensor *h_n,
                                   const command_model *model)
{
    return copy_states(h_n, features, model, true);
}

command_result command_head_scatter(srnn_tensor *h_n,
                                    const srnn_tensor *features,
                                    const command_model *model)
{
    return copy_states(h_n, features, model, false);
}

/* tensor's shape with another last size. */
static command_result create_like(srnn_tensor **out, const srnn_tensor *tensor,
                                  int64_t last)
{
    int64_t shape[SRNN_MAX_RANK];
    const int32_t rank = srnn_tensor_rank(tensor);
    memcpy(shape, srnn_tensor_shape(tensor), (size_t)rank * sizeof *shape);
    shape[rank - 1] = last;
    return command_check(
        srnn_tensor_create(out, srnn_tensor_dtype(tensor), rank, shape), NULL);
}

int64_t command_head_class(const srnn_tensor *logits, int64_t row)
{
    const srnn_dtype dtype = srnn_tensor_dtype(logits);
    const void *const values = srnn_tensor_const_data(logits);
    const int64_t count =
        srnn_tensor_shape(logits)[srnn_tensor_rank(logits) - 1];
    int64_t best = 0;
    double largest = command_element_get(values, dtype, row * count);
    for (int64_t i = 1; i < count; i++) {
        const double value =
            command_element_get(values, dtype, row * count + i);
        if (value > largest) {
            largest = value;
            best = i;
        }
    }
    return best;
}

static command_result find_classes(srnn_tensor **out, const srnn_tensor *logits)
{
    COMMAND_TRY(command_check(srnn_tensor_create(out, SRNN_DTYPE_INT64,
                                                 srnn_tensor_rank(logits) - 1,
                                                 srnn_tensor_shape(logits)),
                              NULL));
    int64_t *const classes = srnn_tensor_data(*out);
    for (int64_t i = 0; i < srnn_tensor_size(*out); i++)
        classes[i] = command_head_class(logits, i);
    return COMMAND_OK;
}

static void clear_row(srnn_tensor *result, int64_t row, int64_t rows)
{
    const srnn_dtype dtype = srnn_tensor_dtype(result);
    const int64_t size = srnn_tensor_size(result) / rows;
    const int64_t bytes = size * command_element_size(dtype);
    if (dtype == SRNN_DTYPE_INT64)
        ((int64_t *)srnn_tensor_data(result))[row] = SRNN_IGNORE_INDEX;
    else
        memset((char *)srnn_tensor_data(result) + row * bytes, 0,
               (size_t)bytes);
}

/* result has one row for each step of the input. */
static void clear_padding(srnn_tensor *result, const command_forward *f)
{
    const bool has_batch = command_forward_has_batch(f);
    const bool is_batch_first =
        has_batch && command_model_get(f->model, SRNN_OPTION_BATCH_FIRST) != 0;
    const int64_t rows = srnn_tensor_size(f->input) /
                         command_model_get(f->model, SRNN_OPTION_INPUT_SIZE);
    const int64_t inner = has_batch ? srnn_tensor_shape(f->input)[1] : 1;
    for (int64_t row = 0; row < rows; row++)
        if (command_forward_is_padding(f->lengths, is_batch_first, inner, row))
            clear_row(result, row, rows);
}

static command_result gather_last(srnn_tensor **out, const command_forward *f)
{
    const bool has_batch = command_forward_has_batch(f);
    const int64_t features = command_model_features(f->model);
    const int64_t shape[] = {
        has_batch ? srnn_tensor_shape(f->h_n)[1] : features, features};
    COMMAND_TRY(command_check(srnn_tensor_create(out, srnn_tensor_dtype(f->h_n),
                                                 has_batch ? 2 : 1, shape),
                              NULL));
    return command_head_gather(*out, f->h_n, f->model);
}

static command_result apply(srnn_tensor **out, const srnn_linear *head,
                            const command_forward *f, bool only_last)
{
    srnn_tensor *last = NULL;
    command_result result = only_last ? gather_last(&last, f) : COMMAND_OK;
    const srnn_tensor *const features = only_last ? last : f->output;
    if (result == COMMAND_OK)
        result = create_like(out, features, srnn_linear_out_features(head));
    if (result == COMMAND_OK)
        result = command_check(
            srnn_linear_forward(head, f->context, features, *out), NULL);
    srnn_tensor_destroy(last);
    return result;
}

command_result command_head_run(srnn_tensor **out, const srnn_linear *head,
                                const command_forward *f,
                                const command_options *options)
{
    srnn_tensor *logits = NULL;
    command_result result = apply(&logits, head, f, options->last_step);
    if (result == COMMAND_OK && options->classes)
        result = find_classes(out, logits);
    if (result == COMMAND_OK && !options->classes) {
        *out = logits;
        logits = NULL;
    }
    srnn_tensor_destroy(logits);
    if (result == COMMAND_OK && f->lengths != NULL && !options->last_step)
        clear_padding(*out, f);
    return result;
}
