/* SPDX-License-Identifier: MIT */
/* The values of the best epoch are kept as flat vectors. */
#include "train_state.h"

#include <math.h>

command_result command_state_open(command_state *out,
                                  const command_network *network,
                                  bool validates)
{
    const int64_t sizes[COMMAND_OBJECTS] = {
        srnn_rnn_flat_size(network->model.rnn),
        srnn_linear_flat_size(network->linear)};
    *out = (command_state){.plateau_loss = INFINITY};
    for (int i = 0; i < COMMAND_OBJECTS && validates; i++)
        COMMAND_TRY(command_check(
            srnn_tensor_create(&out->best_values[i],
                               command_network_dtype(network), 1, &sizes[i]),
            NULL));
    return COMMAND_OK;
}

void command_state_close(command_state *state)
{
    for (int i = 0; i < COMMAND_OBJECTS; i++)
        srnn_tensor_destroy(state->best_values[i]);
}

command_result command_state_keep(command_state *state,
                                  const command_network *network)
{
    COMMAND_TRY(command_check(
        srnn_rnn_get_flat(network->model.rnn, state->best_values[0]), NULL));
    return command_check(
        srnn_linear_get_flat(network->linear, state->best_values[1]), NULL);
}

command_result command_state_restore(const command_state *state,
                                     const command_network *network)
{
    COMMAND_TRY(command_check(
        srnn_rnn_set_flat(network->model.rnn, state->best_values[0]), NULL));
    return command_check(
        srnn_linear_set_flat(network->linear, state->best_values[1]), NULL);
}
