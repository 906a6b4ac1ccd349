/* SPDX-License-Identifier: MIT */
/* What a checkpoint has in its metadata under "train.". 17 digits are enough
 * for every double. */
#ifndef SRNN_CLI_TRAIN_SETTINGS_H
#define SRNN_CLI_TRAIN_SETTINGS_H

#include "train_data.h"
#include "train_network.h"

/* The longest text is that of "data", with two sizes of 19 digits. */
enum { COMMAND_KEY = 32, COMMAND_TEXT = 160, COMMAND_MOST_ENTRIES = 40 };

/* A key of the metadata and its text. */
typedef struct {
    char key[COMMAND_KEY];
    char text[COMMAND_TEXT];
} command_entry;

typedef struct {
    int count;
    command_entry list[COMMAND_MOST_ENTRIES];
} command_entries;

/* name is the key without "train.". */
void command_entries_put(command_entries *e, const char *name,
                         const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void command_entries_put_real(command_entries *e, const char *name,
                              double value);
void command_entries_put_integer(command_entries *e, const char *name,
                                 int64_t value);

/* What decides about the bits of the result. */
void command_settings_put(command_entries *e, const command_network *n,
                          const command_options *o, const command_data *d);

#endif
