/* SPDX-License-Identifier: MIT */
/* Settings and state are texts, so that a message can show them. */
#include "train_settings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "names.h"

void command_entries_put(command_entries *e, const char *name,
                         const char *format, ...)
{
    va_list arguments;
    command_entry *const next = &e->list[e->count++];
    (void)snprintf(next->key, sizeof next->key, "train.%s", name);
    va_start(arguments, format);
    (void)vsnprintf(next->text, sizeof next->text, format, arguments);
    va_end(arguments);
}

void command_entries_put_real(command_entries *e, const char *name,
                              double value)
{
    command_entries_put(e, name, "%.17g", value);
}

void command_entries_put_integer(command_entries *e, const char *name,
                                 int64_t value)
{
    command_entries_put(e, name, "%" PRId64, value);
}

static double dropout_of(const command_model *model)
{
    double value = 0;
    return srnn_rnn_get_real(&value, model->rnn, SRNN_OPTION_DROPOUT) == SRNN_OK
               ? value
               : 0;
}

static void put_network(command_entries *e, const command_network *n)
{
    const command_model *const m = &n->model;
    command_entries_put_integer(e, "hidden-size",
                                command_model_get(m, SRNN_OPTION_HIDDEN_SIZE));
    command_entries_put_integer(e, "num-layers",
                                command_model_get(m, SRNN_OPTION_NUM_LAYERS));
    command_entries_put(
        e, "direction", "%s",
        command_word_of(command_model_get(m, SRNN_OPTION_DIRECTION)).text);
    command_entries_put(
        e, "nonlinearity", "%s",
        command_word_of(command_model_get(m, SRNN_OPTION_NONLINEARITY)).text);
    command_entries_put_real(e, "dropout", dropout_of(m));
}

static void put_data(command_entries *e, const command_data *d)
{
    command_entries_put(e, "data",
                        "%s first, B = %" PRId64 ", T = %" PRId64
                        ", %s for each %s, %s lengths, checksum %016" PRIx64,
                        d->is_batch_first ? "batch" : "time", d->sequences,
                        d->steps, d->has_classes ? "a class" : "values",
                        d->has_every_step ? "step" : "sequence",
                        d->lengths != NULL ? "with" : "without", d->checksum);
}

void command_settings_put(command_entries *e, const command_network *n,
                          const command_options *o, const command_data *d)
{
    const command_training_options *const t = &o->training;
    put_data(e, d);
    put_network(e, n);
    command_entries_put(e, "optimizer", "%s",
                        command_word_of(t->optimizer).text);
    command_entries_put_real(e, "learning-rate", n->learning_rate);
    command_entries_put_real(e, "weight-decay", n->weight_decay);
    command_entries_put_real(e, "clip", t->clip);
    command_entries_put(e, "schedule", "%s",
                        command_schedule_word(t->schedule));
    command_entries_put_integer(e, "seed", t->seed);
    command_entries_put_integer(e, "batch-size", t->batch_size);
    command_entries_put_real(e, "validation", t->validation);
    command_entries_put_integer(e, "flush-subnormals", o->flushes_subnormals);
    if (t->schedule == COMMAND_SCHEDULE_COSINE)
        command_entries_put_integer(e, "epochs", t->epochs);
}
