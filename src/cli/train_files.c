/* SPDX-License-Identifier: MIT */
/* What is written at the end, or after each epoch, is written once before the
 * training: then a typo shows, and so do a network that no file can hold and a
 * file that could not be replaced. */
#include "train_files.h"

#include <errno.h>
#include <unistd.h>

#include "files.h"
#include "target.h"
#include "train_checkpoint.h"

/* The checkpoint to resume from; NULL if there is none, or if checkpoints go
 * there too. */
static const char *resume_only(const command_options *o)
{
    const command_training_options *const t = &o->training;
    const bool is_written = t->resume == NULL || t->checkpoint == NULL ||
                            command_files_clash(t->checkpoint, t->resume);
    return is_written ? NULL : t->resume;
}

typedef struct {
    const char *name;
    const char *path; /* NULL: there is none */
    bool is_array;
} file;

static bool clash(const file *written, const file *other)
{
    if (written->path == NULL || other->path == NULL)
        return false;
    return other->is_array
               ? command_files_clash_array(written->path, other->path)
               : command_files_clash(written->path, other->path);
}

command_result command_files_check(const command_options *o)
{
    const file files[] = {
        {"--output", o->output, false},
        {o->training.checkpoint != NULL ? "--checkpoint" : "--resume",
         command_training_checkpoint(o), false},
        {"--log", o->training.log, false},
        {"INPUT.npy", o->input, true},
        {"TARGETS.npy", o->targets, true},
        {"--lengths", o->lengths, true},
        {"--start-from", o->model, false},
        {"--resume", resume_only(o), false}};
    enum { FILES = sizeof files / sizeof *files, WRITTEN = 3 };
    for (int i = 0; i < WRITTEN; i++)
        for (int k = i + 1; k < FILES; k++)
            if (clash(&files[i], &files[k]))
                return command_fail(COMMAND_MISUSE,
                                    "%s and %s are the same file",
                                    files[i].name, files[k].name);
    return COMMAND_OK;
}

static command_result check_rights(const command_target *target)
{
    if (access(target->temporary, W_OK) == 0)
        return COMMAND_OK;
    if (errno != EACCES)
        return command_fail_errno(target->name, "cannot replace", errno);
    return command_fail(COMMAND_IO,
                        "%s: the umask makes a new file read-only, so that "
                        "later epochs could not replace it",
                        target->name);
}

/* Of a new network, the command line decides about the names. */
static command_result explain(const command_options *o, command_result result)
{
    if (o->model != NULL || result == COMMAND_OK ||
        command_failure_status() != SRNN_ERROR_RANGE)
        return result;
    return command_fail_behind(COMMAND_MISUSE,
                               "; give fewer --num-layers, or a shorter "
                               "--prefix or --head");
}

static command_result try_model(const command_training *t)
{
    command_target target;
    command_result result =
        command_target_open_regular(&target, t->options->output);
    if (result == COMMAND_OK)
        result = command_network_write(&t->network, &target);
    command_target_close(&target);
    return explain(t->options, result);
}

static command_result try_checkpoint(const command_training *t)
{
    const char *const path = command_training_checkpoint(t->options);
    command_target target;
    if (path == NULL)
        return COMMAND_OK;
    command_result result = command_target_open_regular(&target, path);
    if (result == COMMAND_OK)
        result = command_target_finish(&target);
    if (result == COMMAND_OK)
        result = check_rights(&target);
    if (result == COMMAND_OK)
        result = command_checkpoint_try(&t->state, &t->network, t->options,
                                        &t->data, &target);
    command_target_close(&target);
    return explain(t->options, result);
}

command_result command_files_try(const command_training *t)
{
    COMMAND_TRY(try_model(t));
    return try_checkpoint(t);
}
