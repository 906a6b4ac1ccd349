/* SPDX-License-Identifier: MIT */
/* simplernn run: a network over a NumPy array. */
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "head.h"
#include "npy.h"
#include "verbs.h"

static const char help[] =
    "Runs a network over an array and writes the states of its last layer.\n"
    "The input is [T, B, input_size], or [B, T, input_size] if the model is\n"
    "batch first, or [T, input_size] for one sequence.\n"
    "\n"
    "Arrays are .npy files of float16, float32 or float64. They are converted\n"
    "to the model's type. Results have the model's type and are in C order.\n"
    "The file name - stands for standard input or standard output.\n"
    "\n"
    "  --h0 FILE              Read the initial states,\n"
    "                         [layers*directions, B, hidden_size]. A size of\n"
    "                         1 in place of B gives all sequences the same\n"
    "                         states. Default: zeros.\n"
    "  --lengths FILE         Read the number of steps of each sequence, [B]\n"
    "                         signed integers of 4 or 8 bytes. Beyond them\n"
    "                         the output is 0. Default: every sequence has\n"
    "                         all steps.\n"
    "  --resets FILE          Read where new episodes begin: uint8 or bool,\n"
    "                         shaped like the input without its last axis. A\n"
    "                         value other than 0 begins an episode before\n"
    "                         its step.\n"
    "  --fresh FILE           Read the states that a new episode begins with,\n"
    "                         shaped like h0. Default: zeros.\n"
    "  --output FILE          Write the output to FILE. Default: standard\n"
    "                         output.\n"
    "  --head P               Write what the linear layer under P, for\n"
    "                         example \"fc.\", makes of the states of each\n"
    "                         step: logits or values, [T, B, out_features].\n"
    "                         Beyond the lengths they are 0.\n"
    "  --last-step            Give that layer the final states of each\n"
    "                         sequence instead: [B, out_features].\n"
    "  --classes              Write the class with the largest logit, as\n"
    "                         int64, without the last axis. Beyond the\n"
    "                         lengths it is -100.\n"
    "  --hidden FILE          Write the final states to FILE, shaped like h0.\n"
    "  --quiet                Do not show progress, and do not report what\n"
    "                         was assumed about the model.\n";

typedef struct {
    const command_options *options;
    command_model model;
    command_target output, hidden;
    command_forward forward;
    srnn_linear *head;   /* NULL: none */
    srnn_tensor *result; /* of the head */
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
                            "standard output is a terminal and cannot show an "
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
                            "only one array can come from standard input; name "
                            "files for the others");
    if (o->fresh != NULL && o->resets == NULL)
        return command_fail(COMMAND_MISUSE,
                            "--fresh needs --resets, which says where new "
                            "episodes begin");
    if (o->head == NULL && (o->last_step || o->classes))
        return command_fail(COMMAND_MISUSE,
                            "%s needs --head, which names the linear layer",
                            o->last_step ? "--last-step" : "--classes");
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
    command_forward *const f = &j->forward;
    const srnn_dtype dtype =
        (srnn_dtype)command_model_get(&j->model, SRNN_OPTION_DTYPE);
    COMMAND_TRY(read_array(&f->input, o->input, dtype));
    COMMAND_TRY(read_array(&f->h0, o->h0, dtype));
    COMMAND_TRY(read_array(&f->lengths, o->lengths, SRNN_DTYPE_INT64));
    COMMAND_TRY(read_array(&f->resets, o->resets, SRNN_DTYPE_UINT8));
    return read_array(&f->fresh, o->fresh, dtype);
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
    f->model = &j->model;
    const char *const head = j->options->head;
    COMMAND_TRY(command_model_context(&f->context, &j->model, j->options));
    if (head != NULL)
        COMMAND_TRY(
            command_head_open(&j->head, &j->model, j->options->model, head));
    COMMAND_TRY(read_arrays(j));
    COMMAND_TRY(command_forward_check(f));
    COMMAND_TRY(command_forward_prepare(f));
    COMMAND_TRY(open_targets(j));
    COMMAND_TRY(
        command_forward_run(f, !j->options->quiet && isatty(STDERR_FILENO)));
    return head == NULL ? COMMAND_OK
                        : command_head_run(&j->result, j->head, f, j->options);
}

/* Both or none, as far as two files can be. */
static command_result write_results(job *j)
{
    const bool hidden = j->options->hidden != NULL;
    COMMAND_TRY(command_npy_write(
        &j->output, j->head == NULL ? j->forward.output : j->result));
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
    srnn_tensor_destroy(j->result);
    srnn_linear_destroy(j->head);
    command_forward_close(&j->forward);
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
