/* SPDX-License-Identifier: MIT */
/* The metadata hold settings, which must be the same when training goes on, and
 * the state. */
#include "train_checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "element.h"
#include "names.h"
#include "number.h"
#include "train_settings.h"

static const char *const best_names[COMMAND_OBJECTS] = {"train.best.rnn",
                                                        "train.best.linear"};

/* Of the state, one pointer each. An integer is 0 to largest, so that training
 * can add to it and multiply it. */
typedef struct {
    const char *name;
    int64_t *integer;
    int64_t largest;
    double *real;
} field;

enum { FIELDS = 14 };

static void list_fields(field list[FIELDS], command_state *s)
{
    static const int64_t epochs = INT32_MAX;
    static const int64_t batches = INT32_MAX;
    static const int64_t targets = INT64_MAX / 2;
    const field all[FIELDS] = {
        {"epoch", &s->epoch, epochs, NULL},
        {"batch", &s->batch, batches, NULL},
        {"loss", NULL, 0, &s->score.loss},
        {"count", &s->score.count, targets, NULL},
        {"correct", &s->score.correct, targets, NULL},
        {"validation-loss", NULL, 0, &s->checked.loss},
        {"validation-count", &s->checked.count, targets, NULL},
        {"validation-correct", &s->checked.correct, targets, NULL},
        {"best-epoch", &s->best_epoch, epochs, NULL},
        {"best-loss", NULL, 0, &s->best.loss},
        {"best-count", &s->best.count, targets, NULL},
        {"best-correct", &s->best.correct, targets, NULL},
        {"plateau-loss", NULL, 0, &s->plateau_loss},
        {"plateau-epochs", &s->plateau_epochs, epochs, NULL},
    };
    memcpy(list, all, sizeof all);
}

static void put_progress(command_entries *e, const command_state *state)
{
    command_state copy = *state;
    field fields[FIELDS];
    list_fields(fields, &copy);
    for (int i = 0; i < FIELDS; i++) {
        if (fields[i].integer != NULL)
            command_entries_put_integer(e, fields[i].name, *fields[i].integer);
        else
            command_entries_put_real(e, fields[i].name, *fields[i].real);
    }
}

/* A trial takes as much room as any later checkpoint: the values of the best
 * epoch are in it, and numbers become longer, those of the state and the
 * learning rates of the optimizer. */
static srnn_status write_file(const command_state *state,
                              const command_network *network,
                              const command_options *options,
                              const command_data *data, const char *path,
                              bool is_trial)
{
    static const char room[] = "train.room";
    const srnn_tensor *const best[COMMAND_OBJECTS] = {state->best_values[0],
                                                      state->best_values[1]};
    const bool has_best =
        state->best_epoch > 0 || (is_trial && best[0] != NULL);
    const char *metadata[2 * COMMAND_MOST_ENTRIES + 1] = {NULL};
    char longest[COMMAND_QUOTED];
    command_entries e = {.count = 0};
    command_settings_put(&e, network, options, data);
    put_progress(&e, state);
    const char **next = metadata;
    for (int i = 0; i < e.count; i++) {
        *next++ = e.list[i].key;
        *next++ = e.list[i].text;
    }
    (void)snprintf(longest, sizeof longest, "%0*d", COMMAND_QUOTED - 1, 0);
    if (is_trial) {
        *next++ = room;
        *next++ = longest;
    }
    /* The library could not remove its temporary file. */
    const sigset_t before = command_target_block_signals();
    const srnn_status status =
        srnn_optimizer_save(network->optimizer, path, best_names, best,
                            has_best ? COMMAND_OBJECTS : 0, metadata);
    command_target_restore_signals(&before);
    return status;
}

command_result command_checkpoint_save(const command_state *state,
                                       const command_network *network,
                                       const command_options *options,
                                       const command_data *data,
                                       const char *path)
{
    char quoted[COMMAND_QUOTED];
    const srnn_status status =
        write_file(state, network, options, data, path, false);
    /* The library names the file itself where that cannot be written. */
    return command_check(
        status, status == SRNN_ERROR_IO ? NULL : command_quote(quoted, path));
}

command_result command_checkpoint_try(const command_state *state,
                                      const command_network *network,
                                      const command_options *options,
                                      const command_data *data,
                                      const command_target *target)
{
    return command_target_check(
        write_file(state, network, options, data, target->temporary, true),
        target);
}

static command_result fail_foreign(const char *quoted)
{
    return command_fail(COMMAND_WRONG,
                        "%s is not a checkpoint of simplernn train", quoted);
}

static command_result check_settings(const srnn_weights *file,
                                     const command_entries *wanted,
                                     const char *quoted)
{
    char made[COMMAND_QUOTED], own[COMMAND_QUOTED];
    for (int i = 0; i < wanted->count; i++) {
        const command_entry *const e = &wanted->list[i];
        const char *const text = srnn_weights_metadata(file, e->key);
        if (text == NULL)
            return fail_foreign(quoted);
        if (strcmp(text, e->text) != 0)
            return command_fail(
                COMMAND_WRONG,
                "%s was made with %s %s, this command has %s; training can "
                "only go on as it began",
                quoted, e->key + strlen("train."), command_quote(made, text),
                command_quote(own, e->text));
    }
    return COMMAND_OK;
}

/* Is the text the whole of a number that a state can have? */
static bool set_field(const field *f, const char *text)
{
    if (f->integer == NULL)
        return command_real_of(f->real, text);
    return command_integer_of(f->integer, text) && *f->integer >= 0 &&
           *f->integer <= f->largest;
}

static command_result fail_field(const field *f, const char *text,
                                 const char *quoted)
{
    char own[COMMAND_QUOTED], wanted[COMMAND_KEY] = "a number";
    if (f->integer != NULL)
        (void)snprintf(wanted, sizeof wanted, "0 to %" PRId64, f->largest);
    return command_fail(COMMAND_WRONG, "%s: train.%s is %s, expected %s",
                        quoted, f->name, command_quote(own, text), wanted);
}

static command_result read_progress(command_state *state,
                                    const srnn_weights *file,
                                    const char *quoted)
{
    field fields[FIELDS];
    char key[COMMAND_KEY];
    list_fields(fields, state);
    for (int i = 0; i < FIELDS; i++) {
        (void)snprintf(key, sizeof key, "train.%s", fields[i].name);
        const char *const text = srnn_weights_metadata(file, key);
        if (text == NULL)
            return fail_foreign(quoted);
        if (!set_field(&fields[i], text))
            return fail_field(&fields[i], text, quoted);
    }
    return COMMAND_OK;
}

/* Values that are not finite would be blamed on the learning rate. A moment may
 * have become infinite: it can be the sum of squares. */
static command_result check_tensor(const srnn_weights *file, const char *name,
                                   srnn_dtype dtype, const char *path)
{
    static const char optimizer[] = "optimizer.";
    const bool is_moment = strncmp(name, optimizer, strlen(optimizer)) == 0;
    char quoted[COMMAND_QUOTED];
    srnn_tensor *values = NULL;
    command_result result =
        command_check(srnn_weights_read_tensor(&values, file, name),
                      command_quote(quoted, path));
    if (result == COMMAND_OK && srnn_tensor_dtype(values) == dtype)
        result = command_element_check(srnn_tensor_const_data(values), dtype,
                                       srnn_tensor_size(values), is_moment,
                                       path, name);
    srnn_tensor_destroy(values);
    return result;
}

static command_result check_tensors(const srnn_weights *file, srnn_dtype dtype,
                                    const char *path)
{
    for (int64_t i = 0; i < srnn_weights_count(file); i++)
        COMMAND_TRY(
            check_tensor(file, srnn_weights_name(file, i), dtype, path));
    return COMMAND_OK;
}

static command_result fail_best(const srnn_tensor *found,
                                const srnn_tensor *needed, const char *name,
                                const char *quoted)
{
    char own[COMMAND_SHAPE], wanted[COMMAND_SHAPE];
    return command_fail(COMMAND_WRONG,
                        "%s: the tensor \"%s\" is %s %s; this network needs "
                        "%s %s",
                        quoted, name,
                        command_word_of(srnn_tensor_dtype(found)).text,
                        command_shape_text(own, found),
                        command_word_of(srnn_tensor_dtype(needed)).text,
                        command_shape_text(wanted, needed));
}

static command_result read_best(srnn_tensor *values, const srnn_weights *file,
                                const char *name, const char *quoted)
{
    srnn_tensor *found = NULL;
    command_result result =
        command_check(srnn_weights_read_tensor(&found, file, name), quoted);
    if (result != COMMAND_OK)
        return result;
    const srnn_status status = srnn_tensor_copy(values, found);
    result = status == SRNN_ERROR_SHAPE || status == SRNN_ERROR_DTYPE
                 ? fail_best(found, values, name, quoted)
                 : command_check(status, quoted);
    srnn_tensor_destroy(found);
    return result;
}

static command_result load(command_state *state, const srnn_weights *file,
                           const command_network *network,
                           const command_entries *settings, const char *quoted)
{
    COMMAND_TRY(check_settings(file, settings, quoted));
    COMMAND_TRY(read_progress(state, file, quoted));
    COMMAND_TRY(
        command_check(srnn_optimizer_load(network->optimizer, file), quoted));
    for (int i = 0; i < COMMAND_OBJECTS && state->best_epoch > 0; i++)
        COMMAND_TRY(
            read_best(state->best_values[i], file, best_names[i], quoted));
    return COMMAND_OK;
}

command_result command_checkpoint_load(command_state *state,
                                       const command_network *network,
                                       const command_options *options,
                                       const command_data *data)
{
    char quoted[COMMAND_QUOTED];
    command_entries settings = {.count = 0};
    srnn_weights *file = NULL;
    (void)command_quote(quoted, options->training.resume);
    command_settings_put(&settings, network, options, data);
    const srnn_status status =
        srnn_weights_open(&file, options->training.resume);
    /* The library names the file itself where that cannot be opened. */
    command_result result =
        command_check(status, status == SRNN_ERROR_IO ? NULL : quoted);
    if (result == COMMAND_OK)
        result = load(state, file, network, &settings, quoted);
    if (result == COMMAND_OK)
        result = check_tensors(file, command_network_dtype(network),
                               options->training.resume);
    srnn_weights_destroy(file);
    return result;
}
