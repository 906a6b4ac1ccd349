/* SPDX-License-Identifier: MIT */
/* Arrays are read and checked as a whole, before anything is computed: a
 * mistake in the data shows at once, and with its place. */
#include "train_data.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "element.h"
#include "forward.h"
#include "npy.h"

const char *command_shape_text(char buffer[COMMAND_SHAPE],
                               const srnn_tensor *tensor)
{
    const int32_t rank = srnn_tensor_rank(tensor);
    int length = snprintf(buffer, COMMAND_SHAPE, "[");
    for (int32_t i = 0; i < rank; i++)
        length += snprintf(buffer + length, (size_t)(COMMAND_SHAPE - length),
                           "%s%" PRId64, i == 0 ? "" : ", ",
                           srnn_tensor_shape(tensor)[i]);
    (void)snprintf(buffer + length, (size_t)(COMMAND_SHAPE - length), "]");
    return buffer;
}

static command_result read_arrays(command_data *d, const command_options *o,
                                  srnn_dtype dtype)
{
    const struct {
        srnn_tensor **out;
        const char *path;
        srnn_dtype dtype;
    } arrays[] = {{&d->input, o->input, dtype},
                  {&d->targets, o->targets, COMMAND_NPY_NUMBER},
                  {&d->lengths, o->lengths, SRNN_DTYPE_INT64}};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        command_source source;
        if (arrays[i].path == NULL)
            continue;
        COMMAND_TRY(command_source_open(&source, arrays[i].path));
        const command_result result =
            arrays[i].dtype == COMMAND_NPY_NUMBER
                ? command_npy_read_number(arrays[i].out, &source, dtype)
                : command_npy_read(arrays[i].out, &source, arrays[i].dtype);
        command_source_close(&source);
        COMMAND_TRY(result);
    }
    return COMMAND_OK;
}

static const char *axes_of(const command_data *d)
{
    return d->is_batch_first ? "[B, T, input_size]" : "[T, B, input_size]";
}

static command_result check_input(command_data *d)
{
    const int64_t *const shape = srnn_tensor_shape(d->input);
    if (srnn_tensor_rank(d->input) != 3 || srnn_tensor_size(d->input) == 0) {
        char text[COMMAND_SHAPE];
        return command_fail(COMMAND_WRONG,
                            "input is %s; training needs %s, each at least 1",
                            command_shape_text(text, d->input), axes_of(d));
    }
    d->sequences = shape[d->is_batch_first ? 0 : 1];
    d->steps = shape[d->is_batch_first ? 1 : 0];
    return COMMAND_OK;
}

/* The targets, or any array, may tell that the input's axes are not what they
 * are taken for. */
static command_result fail_shape(const command_data *d, const char *name,
                                 const srnn_tensor *tensor, const char *needed)
{
    char own[COMMAND_SHAPE], input[COMMAND_SHAPE];
    return command_fail(
        COMMAND_WRONG,
        "%s is %s; the input %s is taken as %s, with B = %" PRId64
        " and T = %" PRId64
        ", and needs %s; see --batch-first and --time-first",
        name, command_shape_text(own, tensor),
        command_shape_text(input, d->input), axes_of(d), d->sequences, d->steps,
        needed);
}

static command_result check_targets_shape(command_data *d)
{
    char needed[COMMAND_QUOTED];
    const int64_t *const shape = srnn_tensor_shape(d->targets);
    const int64_t *const input = srnn_tensor_shape(d->input);
    const int32_t rank = srnn_tensor_rank(d->targets);
    d->has_classes = srnn_tensor_dtype(d->targets) == SRNN_DTYPE_INT64;
    const int32_t leading = rank - (d->has_classes ? 0 : 1);
    const char *const last = d->has_classes ? "" : ", C";
    d->has_every_step = leading == 2;
    if (leading == 1 && shape[0] == d->sequences)
        return COMMAND_OK;
    if (leading == 2 && shape[0] == input[0] && shape[1] == input[1])
        return COMMAND_OK;
    (void)snprintf(needed, sizeof needed,
                   "%s [%" PRId64 "%s] for the last step of each sequence, or "
                   "[%" PRId64 ", %" PRId64 "%s] for every step",
                   d->has_classes ? "classes" : "values", d->sequences, last,
                   input[0], input[1], last);
    return fail_shape(d, "targets", d->targets, needed);
}

static command_result check_lengths(const command_data *d)
{
    char needed[32];
    if (d->lengths == NULL)
        return COMMAND_OK;
    (void)snprintf(needed, sizeof needed, "[%" PRId64 "]", d->sequences);
    if (srnn_tensor_rank(d->lengths) != 1 ||
        srnn_tensor_size(d->lengths) != d->sequences)
        return fail_shape(d, "lengths", d->lengths, needed);
    const int64_t *const lengths = srnn_tensor_const_data(d->lengths);
    for (int64_t i = 0; i < d->sequences; i++)
        if (lengths[i] < 1 || lengths[i] > d->steps)
            return command_fail(COMMAND_WRONG,
                                "lengths[%" PRId64 "] is %" PRId64
                                "; a sequence has 1 to %" PRId64 " steps",
                                i, lengths[i], d->steps);
    return COMMAND_OK;
}

static bool is_padding(const command_data *d, int64_t row)
{
    return d->lengths != NULL &&
           command_forward_is_padding(d->lengths, d->is_batch_first,
                                      srnn_tensor_shape(d->input)[1], row);
}

/* rows of values, of which those in the padding do not matter. */
static command_result check_finite(const command_data *d, const char *name,
                                   const srnn_tensor *tensor, int64_t rows,
                                   bool has_padding)
{
    const int64_t width = srnn_tensor_size(tensor) / rows;
    const int64_t inner = srnn_tensor_shape(d->input)[1];
    const void *const values = srnn_tensor_const_data(tensor);
    for (int64_t row = 0; row < rows; row++) {
        if (has_padding && is_padding(d, row))
            continue;
        for (int64_t i = row * width; i < (row + 1) * width; i++) {
            const double value =
                command_element_get(values, srnn_tensor_dtype(tensor), i);
            if (isfinite(value))
                continue;
            if (!has_padding)
                return command_fail(COMMAND_WRONG,
                                    "%s[%" PRId64 ", %" PRId64
                                    "] is %f; training needs finite numbers",
                                    name, row, i % width, value);
            return command_fail(COMMAND_WRONG,
                                "%s[%" PRId64 ", %" PRId64 ", %" PRId64
                                "] is %f; training needs finite numbers",
                                name, row / inner, row % inner, i % width,
                                value);
        }
    }
    return COMMAND_OK;
}

/* Classes in the padding become ones that are ignored. */
static command_result check_classes(command_data *d)
{
    int64_t *const classes = srnn_tensor_data(d->targets);
    const int64_t count = srnn_tensor_size(d->targets);
    int64_t largest = -1;
    for (int64_t i = 0; i < count; i++) {
        if (d->has_every_step && is_padding(d, i))
            classes[i] = SRNN_IGNORE_INDEX;
        if ((classes[i] < 0 || classes[i] >= SRNN_MAX_SIZE) &&
            classes[i] != SRNN_IGNORE_INDEX)
            return command_fail(COMMAND_WRONG,
                                "class %" PRId64 " of the targets is %" PRId64
                                "; a class is 0 to %d, or %d to be ignored",
                                i, classes[i], SRNN_MAX_SIZE - 1,
                                SRNN_IGNORE_INDEX);
        if (classes[i] > largest)
            largest = classes[i];
    }
    d->outputs = largest + 1;
    return largest >= 0
               ? COMMAND_OK
               : command_fail(COMMAND_WRONG, "no class of the targets counts");
}

static command_result count_steps(command_data *d)
{
    COMMAND_TRY(
        command_check(srnn_tensor_create(&d->counted, SRNN_DTYPE_UINT8, 2,
                                         srnn_tensor_shape(d->input)),
                      NULL));
    uint8_t *const counted = srnn_tensor_data(d->counted);
    for (int64_t row = 0; row < srnn_tensor_size(d->counted); row++)
        counted[row] = is_padding(d, row) ? 0 : 1;
    return COMMAND_OK;
}

static command_result check_values(command_data *d)
{
    d->outputs =
        srnn_tensor_shape(d->targets)[srnn_tensor_rank(d->targets) - 1];
    if (d->outputs == 0)
        return command_fail(COMMAND_WRONG, "the targets have no values");
    COMMAND_TRY(check_finite(d, "targets", d->targets,
                             srnn_tensor_size(d->targets) / d->outputs,
                             d->has_every_step));
    return d->has_every_step && d->lengths != NULL ? count_steps(d)
                                                   : COMMAND_OK;
}

/* FNV-1a of all bytes. */
static uint64_t sum_arrays(const command_data *d)
{
    enum { ARRAYS = 3 };
    const srnn_tensor *const arrays[ARRAYS] = {d->input, d->targets,
                                               d->lengths};
    uint64_t sum = 0xcbf29ce484222325;
    for (int i = 0; i < ARRAYS; i++) {
        if (arrays[i] == NULL)
            continue;
        const uint8_t *const bytes = srnn_tensor_const_data(arrays[i]);
        const int64_t size = srnn_tensor_size(arrays[i]) *
                             command_element_size(srnn_tensor_dtype(arrays[i]));
        for (int64_t k = 0; k < size; k++)
            sum = (sum ^ bytes[k]) * 0x100000001b3;
    }
    return sum;
}

command_result command_data_open(command_data *out,
                                 const command_options *options,
                                 bool is_batch_first, srnn_dtype dtype)
{
    *out = (command_data){.is_batch_first = is_batch_first};
    COMMAND_TRY(read_arrays(out, options, dtype));
    COMMAND_TRY(check_input(out));
    COMMAND_TRY(check_targets_shape(out));
    COMMAND_TRY(check_lengths(out));
    COMMAND_TRY(check_finite(out, "input", out->input,
                             out->sequences * out->steps, true));
    COMMAND_TRY(out->has_classes ? check_classes(out) : check_values(out));
    out->checksum = sum_arrays(out);
    return COMMAND_OK;
}

void command_data_close(command_data *data)
{
    srnn_tensor_destroy(data->input);
    srnn_tensor_destroy(data->targets);
    srnn_tensor_destroy(data->lengths);
    srnn_tensor_destroy(data->counted);
}

/* A sequence has at least one step, so that some of its values count. */
bool command_data_counts(const command_data *data, const int64_t *sequences,
                         int64_t count)
{
    const int64_t steps = data->has_every_step ? data->steps : 1;
    const bool is_inner = data->has_every_step && !data->is_batch_first;
    const int64_t *const classes = srnn_tensor_const_data(data->targets);
    if (!data->has_classes)
        return true;
    for (int64_t i = 0; i < count; i++)
        for (int64_t t = 0; t < steps; t++) {
            const int64_t at = is_inner ? t * data->sequences + sequences[i]
                                        : sequences[i] * steps + t;
            if (classes[at] != SRNN_IGNORE_INDEX)
                return true;
        }
    return false;
}
