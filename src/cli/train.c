/* SPDX-License-Identifier: MIT */
/* simplernn train: a network from NumPy arrays. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "target.h"
#include "train_checkpoint.h"
#include "train_files.h"
#include "verbs.h"

static const char help[] =
    "Trains an rnn with a linear layer behind it, and writes both to a\n"
    "safetensors file that \"simplernn run --head fc.\" and PyTorch read.\n"
    "\n"
    "INPUT.npy has B sequences of T steps, [T, B, input_size], or\n"
    "[B, T, input_size] with --batch-first. The targets are\n"
    "  integers   classes, for cross-entropy: 0 and up, or -100 for none\n"
    "  reals      values, for squared error, with C values for each target\n"
    "There is a target for each sequence, [B] or [B, C], which the network\n"
    "has to know after the last step, or for each step, shaped like the\n"
    "input: [T, B] or [T, B, C].\n"
    "\n"
    "  --output FILE          Write the model to FILE. Required.\n"
    "  --lengths FILE         Read the number of steps of each sequence, [B]\n"
    "                         signed integers of 4 or 8 bytes. What is beyond\n"
    "                         them does not count. Default: every sequence\n"
    "                         has all steps.\n"
    "  --head P               The prefix of the linear layer. Default: fc.\n"
    "                         That of a new rnn is --prefix. Default: rnn.\n"
    "  --hidden-size H, --num-layers L, --bidirectional, --dropout R\n"
    "                         The network, in the words of torch.nn.RNN.\n"
    "                         Default: 64, 1, no, 0.\n"
    "  --start-from MODEL     Go on with a network of a file instead.\n"
    "  --seed N               Of the first weights, the split, the order and\n"
    "                         dropout. Default: 0.\n"
    "  --optimizer sgd|adam|adamw|rmsprop\n"
    "                         Default: adam.\n"
    "  --learning-rate R, --weight-decay R\n"
    "                         Default: those of PyTorch.\n"
    "  --clip R               Limit the norm of the gradients. Default: 1;\n"
    "                         0 for no limit.\n"
    "  --schedule constant|cosine|plateau\n"
    "                         How the learning rate changes. Default:\n"
    "                         constant. cosine lets it fall to 0 over all\n"
    "                         epochs. plateau divides it by 10 after 11\n"
    "                         epochs without a lower loss.\n"
    "  --batch-size B         Sequences in a step. Default: 32.\n"
    "  --epochs N             Passes over the data. Default: 50.\n"
    "  --validation R         Keep a fraction of the sequences, 0 to 0.9, for\n"
    "                         validation, and write the model of the epoch\n"
    "                         with the lowest loss on them. Default: 0.\n"
    "  --patience N           Stop after N epochs without a lower loss in\n"
    "                         validation.\n"
    "  --checkpoint FILE      Save all that training needs to go on, after\n"
    "                         each epoch and at ctrl-C.\n"
    "  --resume FILE          Go on from a checkpoint, with the same options\n"
    "                         and data, to the same bits. Checkpoints go\n"
    "                         there too, unless --checkpoint names another\n"
    "                         file.\n"
    "  --log FILE             Add a line of JSON to FILE after each epoch.\n"
    "  --quiet                Do not show progress, and do not report what\n"
    "                         was assumed about a model.\n";

/* The file of --start-from can state them, too. */
static command_result check_strict(const command_options *o)
{
    const bool nonlinearity = o->nonlinearity == 0;
    const bool layout = o->layout == 0;
    if (!o->is_strict || o->model != NULL || (!nonlinearity && !layout))
        return COMMAND_OK;
    return command_fail(COMMAND_MISUSE,
                        "--strict assumes nothing; give the new network "
                        "%s%s%s",
                        nonlinearity ? "--nonlinearity" : "",
                        nonlinearity && layout ? ", and " : "",
                        layout ? "--batch-first or --time-first" : "");
}

static command_result check_words(const command_options *o)
{
    const command_training_options *const t = &o->training;
    /* With --start-from, command_network_open() refuses these options. */
    const bool is_new = o->model == NULL;
    if (o->output == NULL)
        return command_fail(COMMAND_MISUSE,
                            "train needs --output, the file of the model");
    if (t->patience > 0 && t->validation == 0)
        return command_fail(COMMAND_MISUSE,
                            "--patience needs --validation, whose loss it "
                            "watches");
    if (is_new && t->is_bidirectional && o->direction != 0)
        return command_fail(COMMAND_MISUSE,
                            "--bidirectional and --direction exclude each "
                            "other");
    if (is_new && t->dropout > 0 && t->num_layers < 2)
        return command_fail(COMMAND_MISUSE,
                            "--dropout acts between layers, so it needs "
                            "--num-layers 2 or more");
    if ((strcmp(o->input, "-") == 0) + (strcmp(o->targets, "-") == 0) +
            (o->lengths != NULL && strcmp(o->lengths, "-") == 0) >
        1)
        return command_fail(COMMAND_MISUSE,
                            "only one array can come from standard input; name "
                            "files for the others");
    return check_strict(o);
}

/* The mean over no target would be a loss of 0, the lowest there is. */
static command_result check_parts(const command_order *order,
                                  const command_data *data)
{
    const struct {
        const char *name;
        const int64_t *sequences;
        int64_t count;
    } parts[] = {
        {"kept for validation", order->validation, order->validation_count},
        {"to train on", order->unordered, order->training_count}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].count > 0 &&
            !command_data_counts(data, parts[i].sequences, parts[i].count))
            return command_fail(COMMAND_WRONG,
                                "of the %" PRId64
                                " sequences %s none has a target that counts; "
                                "try another --seed",
                                parts[i].count, parts[i].name);
    return COMMAND_OK;
}

static command_result prepare(command_training *t)
{
    const command_options *const o = t->options;
    COMMAND_TRY(command_network_open(&t->network, o));
    COMMAND_TRY(command_data_open(
        &t->data, o, command_network_is_batch_first(&t->network, o),
        command_network_dtype(&t->network)));
    COMMAND_TRY(command_network_complete(&t->network, o,
                                         srnn_tensor_shape(t->data.input)[2],
                                         t->data.outputs, t->data.has_classes));
    COMMAND_TRY(command_order_open(&t->order, t->data.sequences,
                                   o->training.validation, o->training.seed));
    COMMAND_TRY(check_parts(&t->order, &t->data));
    COMMAND_TRY(command_state_open(&t->state, &t->network,
                                   t->order.validation_count > 0));
    if (o->training.resume != NULL)
        COMMAND_TRY(
            command_checkpoint_load(&t->state, &t->network, o, &t->data));
    COMMAND_TRY(command_files_try(t));
    return command_progress_open(&t->progress, o, &t->state,
                                 t->order.training_count, t->data.has_classes);
}

static void tell_how_to_continue(const char *checkpoint)
{
    if (checkpoint == NULL) {
        (void)puts("it cannot go on without a --checkpoint");
        return;
    }
    char quoted[COMMAND_QUOTED];
    (void)printf("go on with --resume %s\n", command_quote(quoted, checkpoint));
}

static void tell(const command_training *t, bool stopped)
{
    const command_state *const s = &t->state;
    const bool has_classes = t->data.has_classes;
    char quoted[COMMAND_QUOTED], score[COMMAND_QUOTED];
    (void)printf("%s: %s%" PRId64 " epochs, %s",
                 command_quote(quoted, t->options->output),
                 stopped ? "stopped after " : "", s->epoch,
                 command_progress_text(score, &s->score, has_classes));
    if (s->best_epoch > 0)
        (void)printf("; the best was epoch %" PRId64 ", validation %s",
                     s->best_epoch,
                     command_progress_text(score, &s->best, has_classes));
    (void)putchar('\n');
    if (stopped)
        tell_how_to_continue(command_training_checkpoint(t->options));
}

static command_result finish(command_training *t, bool stopped)
{
    if (t->state.best_epoch > 0)
        COMMAND_TRY(command_state_restore(&t->state, &t->network));
    COMMAND_TRY(command_network_save(&t->network, t->options->output));
    command_progress_close(&t->progress);
    COMMAND_TRY(command_progress_check_log(&t->progress));
    tell(t, stopped);
    return COMMAND_OK;
}

static void close_all(command_training *t)
{
    command_progress_close(&t->progress);
    command_batch_close(&t->batch);
    command_batch_close(&t->check);
    command_state_close(&t->state);
    command_order_close(&t->order);
    command_network_close(&t->network);
    command_data_close(&t->data);
}

static command_result run(const command_options *options)
{
    command_training t = {.options = options};
    int signal = 0;
    COMMAND_TRY(check_words(options));
    COMMAND_TRY(command_files_check(options));
    command_target_watch_signals();
    command_result result = prepare(&t);
    if (result == COMMAND_OK && !options->quiet && options->model != NULL)
        command_model_tell_assumptions(&t.network.model, true);
    if (result == COMMAND_OK)
        result = command_training_run(&t, &signal);
    command_target_watch_signals();
    if (result == COMMAND_OK)
        result = finish(&t, signal != 0);
    close_all(&t);
    if (result == COMMAND_OK && signal != 0) {
        (void)fflush(stdout);
        (void)raise(signal);
    }
    return result;
}

const command_verb command_train = {
    "train",
    "INPUT.npy TARGETS.npy",
    2,
    COMMAND_TAKES_MODEL | COMMAND_TAKES_CONTEXT | COMMAND_TAKES_TRAINING,
    help,
    run};
