/* SPDX-License-Identifier: MIT */
/* The weights of a cell, under the names that the file has for them. */
#include <inttypes.h>
#include <string.h>

#include "picture.h"

static const char *const kinds[COMMAND_PICTURE_WEIGHTS] = {
    "weight_ih", "weight_hh", "bias_ih", "bias_hh"};

command_label command_picture_shape(int32_t rank, const int64_t *shape)
{
    command_label label = {"["};
    size_t length = 1;
    for (int32_t i = 0; i < rank && length < sizeof label.text; i++)
        length +=
            (size_t)snprintf(label.text + length, sizeof label.text - length,
                             "%s%" PRId64, i == 0 ? "" : ", ", shape[i]);
    if (length < sizeof label.text)
        (void)snprintf(label.text + length, sizeof label.text - length, "]");
    return label;
}

/* Without the prefix; NULL for a bias that the file lacks. */
static const char *name_in_file(const command_model *model, int64_t index)
{
    const int64_t found = command_model_find(model, index);
    return found < 0 ? NULL
                     : srnn_weights_name(model->weights, found) +
                           strlen(model->prefix);
}

bool command_picture_find_weight(command_picture_weight *out,
                                 const command_model *model, int64_t layer,
                                 bool is_reverse, int kind)
{
    const srnn_rnn *const rnn = model->rnn;
    command_label *const name = &out->name;
    (void)snprintf(name->text, sizeof name->text, "%s_l%" PRId64 "%s",
                   kinds[kind], layer, is_reverse ? "_reverse" : "");
    const int64_t index = srnn_rnn_find_parameter(rnn, name->text);
    if (index < 0)
        return false;
    const char *const found = name_in_file(model, index);
    out->shape = command_picture_shape(srnn_rnn_parameter_rank(rnn, index),
                                       srnn_rnn_parameter_shape(rnn, index));
    if (found != NULL)
        (void)snprintf(name->text, sizeof name->text, "%s", found);
    else
        (void)strncat(out->shape.text, " absent: 0",
                      sizeof out->shape.text - strlen(out->shape.text) - 1);
    return true;
}

bool command_picture_is_cell(const command_model *model)
{
    const char *const name = name_in_file(model, 0);
    return name != NULL && strcmp(name, kinds[0]) == 0 &&
           command_model_get(model, SRNN_OPTION_DIRECTION) ==
               SRNN_DIRECTION_FORWARD;
}
