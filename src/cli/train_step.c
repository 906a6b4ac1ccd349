/* SPDX-License-Identifier: MIT */
/* Forward, loss, backward and update of one batch. */
#include "head.h"
#include "train_batch.h"

double command_score_loss(const command_score *score)
{
    return score->count == 0 ? 0 : score->loss / (double)score->count;
}

double command_score_accuracy(const command_score *score)
{
    return score->count == 0 ? 0
                             : (double)score->correct / (double)score->count;
}

static bool has_classes(const command_batch *batch)
{
    return srnn_tensor_dtype(batch->targets) == SRNN_DTYPE_INT64;
}

/* A target that is ignored is equal to no class. */
static void count_correct(command_score *score, const command_batch *batch)
{
    const int64_t *const targets = srnn_tensor_const_data(batch->targets);
    const int64_t rows = srnn_tensor_size(batch->targets);
    for (int64_t i = 0; i < rows; i++)
        if (targets[i] == command_head_class(batch->logits, i))
            score->correct++;
}

/* From the states to the loss. With gradient, the logits become that of the
 * mean. */
static command_result compare(command_score *score, command_batch *batch,
                              const command_network *network, bool gradient)
{
    srnn_tensor *const d_logits = gradient ? batch->logits : NULL;
    double sum = 0;
    int64_t count = 0;
    srnn_status status = SRNN_OK;
    if (batch->h_n != NULL)
        COMMAND_TRY(
            command_head_gather(batch->features, batch->h_n, &network->model));
    COMMAND_TRY(
        command_check(srnn_linear_forward(network->linear, network->context,
                                          batch->features, batch->logits),
                      NULL));
    if (has_classes(batch)) {
        count_correct(score, batch);
        status = srnn_loss_cross_entropy(&sum, &count, d_logits, batch->logits,
                                         batch->targets, 0);
    } else {
        status = srnn_loss_squared_error(&sum, &count, d_logits, batch->logits,
                                         batch->targets, batch->counted, 0);
    }
    score->loss += sum;
    score->count += count;
    return command_check(status, NULL);
}

static command_result record(command_batch *batch,
                             const command_network *network,
                             int64_t dropout_seed)
{
    const bool last = batch->h_n != NULL;
    COMMAND_TRY(command_check(
        srnn_tape_set_int(network->tape, SRNN_TAPE_DROPOUT_SEED, dropout_seed),
        NULL));
    return command_check(
        srnn_context_record(network->context, network->tape, batch->input,
                            batch->lengths, NULL, NULL, NULL,
                            last ? NULL : batch->features, batch->h_n),
        NULL);
}

static command_result differentiate(command_batch *batch,
                                    const command_network *network)
{
    const bool last = batch->h_n != NULL;
    COMMAND_TRY(command_check(
        srnn_linear_backward(network->linear, network->context, batch->features,
                             batch->logits, SRNN_ACCUMULATION_SET,
                             network->gradients[1], batch->d_features),
        NULL));
    if (last)
        COMMAND_TRY(command_head_scatter(batch->d_h_n, batch->d_features,
                                         &network->model));
    return command_check(
        srnn_context_backward(network->context, network->tape, batch->input,
                              last ? NULL : batch->d_features, batch->d_h_n,
                              SRNN_ACCUMULATION_SET, network->gradients[0],
                              NULL, NULL, NULL),
        NULL);
}

static command_result limit_gradients(const command_network *network,
                                      double clip)
{
    double norm = 0;
    const command_result result =
        command_check(srnn_gradients_clip_norm(&norm, network->gradients,
                                               COMMAND_OBJECTS, clip),
                      NULL);
    if (result == COMMAND_OK ||
        command_failure_status() != SRNN_ERROR_NOT_FINITE)
        return result;
    /* The optimizer refuses the same values, and names the parameter as files
     * do. Only a norm that does not fit in a double is nothing to it. */
    COMMAND_TRY(command_check(srnn_optimizer_step(network->optimizer), NULL));
    return result;
}

command_result command_batch_learn(command_score *score, command_batch *batch,
                                   const command_network *network, double clip,
                                   int64_t dropout_seed)
{
    COMMAND_TRY(record(batch, network, dropout_seed));
    COMMAND_TRY(compare(score, batch, network, true));
    COMMAND_TRY(differentiate(batch, network));
    if (clip > 0)
        COMMAND_TRY(limit_gradients(network, clip));
    return command_check(srnn_optimizer_step(network->optimizer), NULL);
}

command_result command_batch_evaluate(command_score *score,
                                      command_batch *batch,
                                      const command_network *network)
{
    const bool last = batch->h_n != NULL;
    COMMAND_TRY(command_check(srnn_context_forward_sequences(
                                  network->context, batch->input,
                                  batch->lengths, NULL, NULL, NULL,
                                  last ? NULL : batch->features, batch->h_n),
                              NULL));
    return compare(score, batch, network, false);
}
