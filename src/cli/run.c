/* SPDX-License-Identifier: MIT */
/* simplernn run: a network over a NumPy array. */
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "forward.h"
#include "npy.h"
#include "verbs.h"

static const char help[] =
    "Runs a network over an array: [T, B, input_size], or [B, T, input_size]\n"
    "if the model is batch first, or [T, input_size] for one sequence. Arrays\n"
    "are .npy files of float16, float32 or float64, which become the model's\n"
    "type. Results are of that type, in C order. The file name - is standard\n"
    "input or output.\n"
    "\n"
    "  --h0 FILE              These are the initial states,\n"
    "                         [layers*directions, B, hidden_size], or with 1\n"
    "                         for B if all sequences share them. They are\n"
    "                         zeros if not given.\n"
    "  --lengths FILE         These are the steps of each sequence: [B]\n"
    "                         signed integers of 4 or 8 bytes. Behind them\n"
    "                         the output is 0. If not given, each has all\n"
    "                         steps.\n"
    "  --resets FILE          A value other than 0 begins a new episode\n"
    "                         before its step: uint8 or bool, shaped as the\n"
    "                         input without its last axis.\n"
    "  --fresh FILE           These are the states of a new episode, shaped\n"
    "                         as h0. They are zeros if not given.\n"
    "  --output FILE          The states of the last layer go there. They go\n"
    "                         to standard output if it is not given.\n"
    "  --hidden FILE          The final states go there, shaped as h0.\n"
    "  --quiet                Neither progress nor what was assumed of the\n"
    "                         model goes to standard error.\n";

typedef struct {
    const command_options *options;
    command_model model;
    command_target output, hidden;
    srnn_tensor *input, *h0, *lengths, *resets, *fresh;
    command_forward forward;
} job;

static bool is_dash(const char *path)
{
    return path != NULL && strcmp(path, "-") == 0;
}

/* As files.h wants it. */
static const char *path_of_result(const char *path)
{
    return is_dash(path) ? NULL : path;
}

/* Inputs have been read when the results replace them, but the model is what
 * nobody wants to lose. */
static command_result check_result(const char *option, const char *path,
                                   const command_options *o)
{
    if (command_files_clash(path, o->model))
        return command_fail(COMMAND_MISUSE, "%s and MODEL are the same file",
                            path == NULL ? "standard output" : option);
    if (command_files_is_terminal(path))
        return command_fail(COMMAND_MISUSE,
                            "standard output is a terminal, which shows no "
                            "array; name a file with %s, or use a pipe",
                            option);
    return COMMAND_OK;
}

static command_result check_results(const command_options *o)
{
    const char *const output = path_of_result(o->output);
    const char *const hidden = path_of_result(o->hidden);
    COMMAND_TRY(check_result("--output", output, o));
    if (o->hidden == NULL)
        return COMMAND_OK;
    if (output == NULL && (hidden == NULL || command_files_clash(NULL, hidden)))
        return command_fail(COMMAND_MISUSE,
                            "the output and --hidden cannot both go to "
                            "standard output; name a file with --output");
    if (command_files_clash(output, hidden))
        return command_fail(COMMAND_MISUSE,
                            "--output and --hidden are the same file");
    return check_result("--hidden", hidden, o);
}

static command_result check_options(const command_options *o)
{
    if (is_dash(o->input) + is_dash(o->h0) + is_dash(o->lengths) +
            is_dash(o->resets) + is_dash(o->fresh) >
        1)
        return command_fail(COMMAND_MISUSE,
                            "only one array can be standard input; name files "
                            "for the others");
    if (o->fresh != NULL && o->resets == NULL)
        return command_fail(COMMAND_MISUSE,
                            "--fresh is for the new episodes that --resets "
                            "begins; give both");
    return check_results(o);
}

static command_result read_array(srnn_tensor **out, const char *path,
                                 srnn_dtype dtype)
{
    command_source source;
    if (path == NULL)
        return COMMAND_OK;
    COMMAND_TRY(command_source_open(&source, path));
    const command_result result = command_npy_read(out, &source, dtype);
    command_source_close(&source);
    return result;
}

static command_result read_arrays(job *j)
{
    const command_options *const o = j->options;
    const srnn_dtype dtype =
        (srnn_dtype)command_model_get(&j->model, SRNN_OPTION_DTYPE);
    COMMAND_TRY(read_array(&j->input, o->input, dtype));
    COMMAND_TRY(read_array(&j->h0, o->h0, dtype));
    COMMAND_TRY(read_array(&j->lengths, o->lengths, SRNN_DTYPE_INT64));
    COMMAND_TRY(read_array(&j->resets, o->resets, SRNN_DTYPE_UINT8));
    COMMAND_TRY(read_array(&j->fresh, o->fresh, dtype));
    j->forward.model = &j->model;
    j->forward.input = j->input;
    j->forward.h0 = j->h0;
    j->forward.lengths = j->lengths;
    j->forward.resets = j->resets;
    j->forward.fresh = j->fresh;
    return COMMAND_OK;
}

/* Files are opened before the work: a typo shows at once. */
static command_result open_targets(job *j)
{
    const command_options *const o = j->options;
    COMMAND_TRY(
        command_target_open(&j->output, o->output == NULL ? "-" : o->output));
    return o->hidden == NULL ? COMMAND_OK
                             : command_target_open(&j->hidden, o->hidden);
}

static command_result compute(job *j)
{
    command_forward *const f = &j->forward;
    COMMAND_TRY(command_model_context(&f->context, &j->model, j->options));
    COMMAND_TRY(read_arrays(j));
    COMMAND_TRY(command_forward_check(f));
    COMMAND_TRY(command_forward_prepare(f));
    COMMAND_TRY(open_targets(j));
    return command_forward_run(f, !j->options->quiet && isatty(STDERR_FILENO));
}

/* Both or none, as far as two files can be. */
static command_result write_results(job *j)
{
    const bool hidden = j->options->hidden != NULL;
    COMMAND_TRY(command_npy_write(&j->output, j->forward.output));
    COMMAND_TRY(command_target_finish(&j->output));
    if (hidden) {
        COMMAND_TRY(command_npy_write(&j->hidden, j->forward.h_n));
        COMMAND_TRY(command_target_finish(&j->hidden));
    }
    COMMAND_TRY(command_target_publish(&j->output));
    return hidden ? command_target_publish(&j->hidden) : COMMAND_OK;
}

static void close_job(job *j)
{
    command_target_close(&j->output);
    command_target_close(&j->hidden);
    srnn_tensor_destroy(j->forward.output);
    srnn_tensor_destroy(j->forward.h_n);
    srnn_tensor_destroy(j->fresh);
    srnn_tensor_destroy(j->resets);
    srnn_tensor_destroy(j->lengths);
    srnn_tensor_destroy(j->h0);
    srnn_tensor_destroy(j->input);
    srnn_context_destroy(j->forward.context);
    command_model_close(&j->model);
}

static command_result run(const command_options *options)
{
    job j = {.options = options};
    COMMAND_TRY(check_options(options));
    command_target_watch_signals();
    command_result result = command_model_open(&j.model, options, false);
    if (result == COMMAND_OK)
        result = compute(&j);
    if (result == COMMAND_OK)
        result = write_results(&j);
    if (result == COMMAND_OK && !options->quiet)
        command_model_tell_assumptions(&j.model,
                                       command_forward_has_batch(&j.forward));
    close_job(&j);
    return result;
}

const command_verb command_run = {
    "run", "MODEL INPUT.npy",
    2,     COMMAND_TAKES_MODEL | COMMAND_TAKES_CONTEXT | COMMAND_TAKES_FILES,
    help,  run};
