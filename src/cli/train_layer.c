/* SPDX-License-Identifier: MIT */
/* The layer is a new one, or the one of the file of the rnn. */
#include "train_layer.h"

#include <inttypes.h>
#include <string.h>

#include "element.h"
#include "head.h"

static bool file_has_head(const command_network *network)
{
    static const char name[] = "weight";
    return command_model_find_name(network->model.weights, network->head,
                                   strlen(network->head), name,
                                   strlen(name)) >= 0;
}

/* A layer of the file may have more classes than the targets do. */
static command_result check_outputs(const command_network *network,
                                    int64_t outputs, bool has_classes)
{
    const int64_t own = srnn_linear_out_features(network->linear);
    if (own == outputs || (has_classes && own > outputs))
        return COMMAND_OK;
    return command_fail(COMMAND_WRONG,
                        "the targets have %" PRId64
                        " %s; the linear layer of --start-from gives %" PRId64
                        "; choose another name with --head for a new one",
                        outputs, has_classes ? "classes" : "values", own);
}

/* Training would end at the first gradient, and blame the learning rate. */
static command_result check_linear(const command_network *network,
                                   const char *path)
{
    static const char *const names[] = {"weight", "bias"};
    const srnn_weights *const file = network->model.weights;
    const size_t prefix = strlen(network->head);
    command_result result = COMMAND_OK;
    for (size_t i = 0; i < 2 && result == COMMAND_OK; i++) {
        srnn_tensor *values = NULL;
        const int64_t found = command_model_find_name(
            file, network->head, prefix, names[i], strlen(names[i]));
        if (found < 0)
            continue;
        result = command_check(
            srnn_linear_copy_parameter(&values, network->linear, names[i]),
            NULL);
        if (result == COMMAND_OK)
            result = command_element_check(
                srnn_tensor_const_data(values), srnn_tensor_dtype(values),
                srnn_tensor_size(values), false, path,
                srnn_weights_name(file, found));
        srnn_tensor_destroy(values);
    }
    return result;
}

/* The next seed: the values of the same one are in the rnn already. */
static command_result create_linear(command_network *network, int64_t outputs,
                                    bool has_classes, int64_t seed)
{
    const int64_t features = command_model_features(&network->model);
    const command_result result = command_check(
        srnn_linear_create(&network->linear, command_network_dtype(network),
                           features, outputs, 1, (uint64_t)seed + 1),
        NULL);
    if (result == COMMAND_OK || !has_classes)
        return result;
    /* A class that nobody meant, for example a mistyped one, takes memory that
     * nobody has. */
    return command_fail_before(
        result,
        "the largest class of the targets is %" PRId64
        ", for which the linear layer needs a weight of [%" PRId64 ", %" PRId64
        "]: ",
        outputs - 1, outputs, features);
}

command_result command_layer_open(command_network *network,
                                  const command_options *options,
                                  int64_t outputs, bool has_classes)
{
    if (!file_has_head(network))
        return create_linear(network, outputs, has_classes,
                             options->training.seed);
    COMMAND_TRY(command_head_open(&network->linear, &network->model,
                                  options->model, network->head));
    COMMAND_TRY(check_outputs(network, outputs, has_classes));
    return check_linear(network, options->model);
}
