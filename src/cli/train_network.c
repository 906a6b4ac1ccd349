/* SPDX-License-Identifier: MIT */
/* The network is a new one, or the one of a file. */
#include "train_network.h"

#include <inttypes.h>
#include <string.h>

#include "train_layer.h"

enum { HIDDEN_SIZE = 64 }; /* unless given */

static const char default_prefix[] = "rnn.";

static command_result refuse(const char *option)
{
    return command_fail(COMMAND_MISUSE,
                        "%s cannot be changed in the network of --start-from",
                        option);
}

static command_result open_model(command_model *out,
                                 const command_options *options)
{
    const command_training_options *const t = &options->training;
    if (t->hidden_size != 0)
        return refuse("--hidden-size");
    if (t->num_layers != 0)
        return refuse("--num-layers");
    if (t->is_bidirectional)
        return refuse("--bidirectional");
    if (t->dropout >= 0)
        return refuse("--dropout");
    COMMAND_TRY(command_model_open(out, options, true));
    return command_model_check_values(out, options->model);
}

/* --prefix chooses the network of a file, and cannot give it another name. */
static command_result fail_reserved(const command_options *options,
                                    const char *own, const char *reserved)
{
    char prefix[COMMAND_QUOTED], file[COMMAND_QUOTED];
    (void)command_quote(prefix, own);
    if (options->model == NULL)
        return command_fail(COMMAND_MISUSE,
                            "the prefix %s of the rnn and \"%s\" overlap, and "
                            "a checkpoint has names of its own there; choose "
                            "another one, for example rnn.",
                            prefix, reserved);
    return command_fail(COMMAND_WRONG,
                        "%s: the network is under the prefix %s, which "
                        "overlaps with \"%s\", and a checkpoint has names of "
                        "its own there; save the network under another "
                        "prefix, for example rnn.",
                        command_quote(file, options->model), prefix, reserved);
}

/* Every tensor under the prefix of an rnn must be a parameter of it. */
static command_result check_prefixes(const command_network *network,
                                     const command_options *options)
{
    static const char *const reserved[] = {"train.", "optimizer."};
    const char *const own = network->prefix;
    const size_t length = strlen(own);
    if (strncmp(network->head, own, length) == 0) {
        char head[COMMAND_QUOTED], prefix[COMMAND_QUOTED];
        return command_fail(COMMAND_MISUSE,
                            "the linear layer under %s would be taken for a "
                            "part of the rnn under %s; %s",
                            command_quote(head, network->head),
                            command_quote(prefix, own),
                            options->model != NULL
                                ? "choose another --head"
                                : "give each a prefix of its own, for example "
                                  "--prefix rnn. --head fc.");
    }
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        const size_t other = strlen(reserved[i]);
        if (strncmp(own, reserved[i], length < other ? length : other) == 0)
            return fail_reserved(options, own, reserved[i]);
    }
    return COMMAND_OK;
}

command_result command_network_open(command_network *out,
                                    const command_options *options)
{
    *out = (command_network){
        .prefix = options->prefix == NULL ? default_prefix : options->prefix,
        .head = options->head == NULL ? "fc." : options->head};
    if (options->model == NULL)
        return check_prefixes(out, options);
    COMMAND_TRY(open_model(&out->model, options));
    /* The names of a bare torch.nn.RNN have no prefix. */
    out->prefix =
        *out->model.prefix == '\0' ? default_prefix : out->model.prefix;
    return check_prefixes(out, options);
}

void command_network_close(command_network *network)
{
    srnn_optimizer_destroy(network->optimizer);
    for (int i = 0; i < COMMAND_OBJECTS; i++)
        srnn_gradients_destroy(network->gradients[i]);
    srnn_tape_destroy(network->tape);
    srnn_context_destroy(network->context);
    srnn_linear_destroy(network->linear);
    command_model_close(&network->model);
}

bool command_network_is_batch_first(const command_network *network,
                                    const command_options *options)
{
    return network->model.rnn == NULL
               ? options->layout == COMMAND_BATCH_FIRST
               : command_model_get(&network->model, SRNN_OPTION_BATCH_FIRST) !=
                     0;
}

srnn_dtype command_network_dtype(const command_network *network)
{
    return network->model.rnn == NULL ? SRNN_DTYPE_FLOAT32
                                      : (srnn_dtype)command_model_get(
                                            &network->model, SRNN_OPTION_DTYPE);
}

static int32_t direction_of(const command_options *o)
{
    if (o->training.is_bidirectional)
        return SRNN_DIRECTION_BIDIRECTIONAL;
    return o->direction == 0 ? SRNN_DIRECTION_FORWARD : o->direction;
}

/* All options are set, so that the file states them. */
static command_result create_rnn(command_model *out, const command_options *o,
                                 int64_t inputs)
{
    const command_training_options *const t = &o->training;
    const int64_t hidden = t->hidden_size == 0 ? HIDDEN_SIZE : t->hidden_size;
    const int64_t layers = t->num_layers == 0 ? 1 : t->num_layers;
    const struct {
        srnn_option option;
        int64_t value;
    } rows[] = {
        {SRNN_OPTION_NUM_LAYERS, layers},
        {SRNN_OPTION_DIRECTION, direction_of(o)},
        {SRNN_OPTION_NONLINEARITY,
         o->nonlinearity == 0 ? SRNN_NONLINEARITY_TANH : o->nonlinearity},
        {SRNN_OPTION_BATCH_FIRST, o->layout == COMMAND_BATCH_FIRST},
    };
    COMMAND_TRY(command_check(srnn_config_create(&out->config), NULL));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        COMMAND_TRY(command_check(
            srnn_config_set_int(out->config, rows[i].option, rows[i].value),
            NULL));
    COMMAND_TRY(
        command_check(srnn_config_set_real(out->config, SRNN_OPTION_DROPOUT,
                                           t->dropout < 0 ? 0 : t->dropout),
                      NULL));
    const command_result result =
        command_check(srnn_rnn_create(&out->rnn, inputs, hidden, out->config,
                                      (uint64_t)t->seed),
                      NULL);
    if (result == COMMAND_OK)
        return result;
    return command_fail_before(
        result == COMMAND_NO_MEMORY ? result : COMMAND_MISUSE,
        "--hidden-size %" PRId64 " and --num-layers %" PRId64 ": ", hidden,
        layers);
}

/* Options that are not given have the defaults of the library. */
static command_result set_options(command_network *network,
                                  const command_training_options *t)
{
    srnn_optimizer *const optimizer = network->optimizer;
    const struct {
        srnn_optimizer_option option;
        double given;
        double *out;
    } rows[] = {
        {SRNN_OPTIMIZER_LEARNING_RATE, t->learning_rate,
         &network->learning_rate},
        {SRNN_OPTIMIZER_WEIGHT_DECAY, t->weight_decay, &network->weight_decay}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        srnn_status status = SRNN_OK;
        if (rows[i].given >= 0)
            status = srnn_optimizer_set_real(optimizer, NULL, rows[i].option,
                                             rows[i].given);
        if (status == SRNN_OK)
            status = srnn_optimizer_get_real(rows[i].out, optimizer, NULL,
                                             rows[i].option);
        COMMAND_TRY(command_check(status, NULL));
    }
    return COMMAND_OK;
}

static command_result create_optimizer(command_network *network,
                                       const command_training_options *t)
{
    const char *const prefixes[COMMAND_OBJECTS] = {network->prefix,
                                                   network->head};
    COMMAND_TRY(command_check(
        srnn_optimizer_create(&network->optimizer, t->optimizer), NULL));
    COMMAND_TRY(set_options(network, t));
    for (int i = 0; i < COMMAND_OBJECTS; i++)
        COMMAND_TRY(command_check(srnn_optimizer_add(network->optimizer,
                                                     network->gradients[i],
                                                     prefixes[i]),
                                  NULL));
    return COMMAND_OK;
}

command_result command_network_complete(command_network *network,
                                        const command_options *options,
                                        int64_t inputs, int64_t outputs,
                                        bool has_classes)
{
    command_model *const model = &network->model;
    if (model->rnn == NULL)
        COMMAND_TRY(create_rnn(model, options, inputs));
    const int64_t taken = command_model_get(model, SRNN_OPTION_INPUT_SIZE);
    if (taken != inputs)
        return command_fail(COMMAND_WRONG,
                            "the input has %" PRId64
                            " features; the network of --start-from needs "
                            "input_size=%" PRId64,
                            inputs, taken);
    COMMAND_TRY(command_layer_open(network, options, outputs, has_classes));
    COMMAND_TRY(command_model_context(&network->context, model, options));
    COMMAND_TRY(
        command_check(srnn_tape_create(&network->tape, model->rnn), NULL));
    COMMAND_TRY(command_check(
        srnn_gradients_create(&network->gradients[0], model->rnn), NULL));
    COMMAND_TRY(command_check(
        srnn_gradients_create_linear(&network->gradients[1], network->linear),
        NULL));
    return create_optimizer(network, &options->training);
}

/* Signals wait, because they could not remove the library's temporary files. */
command_result command_network_write(const command_network *network,
                                     const command_target *target)
{
    const sigset_t before = command_target_block_signals();
    srnn_status status = srnn_rnn_save_alone(
        network->model.rnn, target->temporary, network->prefix, NULL);
    if (status == SRNN_OK)
        status =
            srnn_linear_save(network->linear, target->temporary, network->head);
    command_target_restore_signals(&before);
    return command_target_check(status, target);
}

/* Both go to a temporary file first, so that the file is never there without
 * the linear layer. */
command_result command_network_save(const command_network *network,
                                    const char *path)
{
    command_target target;
    command_result result = command_target_open_regular(&target, path);
    if (result == COMMAND_OK)
        result = command_network_write(network, &target);
    if (result == COMMAND_OK)
        result = command_target_finish(&target);
    if (result == COMMAND_OK)
        result = command_target_publish(&target);
    command_target_close(&target);
    return result;
}
