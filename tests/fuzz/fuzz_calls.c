/* SPDX-License-Identifier: MIT */
/* Any sequence of calls of the whole public API, with valid and invalid
 * arguments, while allocations fail where the input says so. calls/ has the
 * functions; every one that the headers declare must be there. Around each call
 * calls/call.c checks what its comment promises. In the end all objects are
 * destroyed in some order, and no memory and no file is left. */
#include <stdio.h>
#include <string.h>

#include "fuzz/calls/files.h"
#include "fuzz/calls/run.h"
#include "fuzz/folder.h"
#include "fuzz/memory.h"
#include "support/headers.h"

enum { LIMIT = 1 << 20, MOST_CALLS = 100 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static call_row *rows[CALL_ROWS];
static unsigned row_count;

static void collect_rows(void)
{
    call_row *const all[] = {
        calls_of_tensors,    calls_of_rnns,        calls_of_parameters,
        calls_of_files,      calls_of_runs,        calls_of_streams,
        calls_of_tapes,      calls_of_gradients,   calls_of_linears,
        calls_of_optimizers, calls_of_the_library, NULL};
    for (int i = 0; all[i] != NULL; i++)
        for (call_row *row = all[i]; row->name != NULL; row++) {
            const headers_function *const f = headers_find(row->name);
            require(f != NULL && row_count < CALL_ROWS);
            row->promised = f->promised;
            row->number = row_count;
            rows[row_count++] = row;
        }
}

static bool has_row(const char *name)
{
    for (unsigned i = 0; i < row_count; i++)
        if (strcmp(rows[i]->name, name) == 0)
            return true;
    return false;
}

static void require_all_functions(void)
{
    headers_function *functions = NULL;
    const int count = headers_functions(&functions);
    for (int i = 0; i < count; i++) {
        if (!has_row(functions[i].name))
            (void)fprintf(stderr, "%s is not called\n", functions[i].name);
        require(has_row(functions[i].name));
    }
    require((unsigned)count == row_count);
}

/* OpenBLAS would be warmed up for each rnn, and is not what this tests. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    require(setenv("SIMPLERNN_GEMM", "native", 1) == 0);
    memory_install(LIMIT);
    folder_create();
    collect_rows();
    require_all_functions();
    return 0;
}

static void plan_failures(void)
{
    const unsigned first = input_take(16);
    memory_plan_failures(first, input_take(4) == 3 ? 1000 : 1);
}

/* A call, or something beside the calls. */
static void do_next(void)
{
    const unsigned number = input_take(256);
    if (number < row_count)
        call_make(rows[number]);
    else if (number % 2 == 0)
        region_fill();
    else if (number % 4 == 1)
        plan_failures();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_begin(data, size);
    region_begin();
    memory_plan_failures(0, 0);
    call_choose_checks();
    for (int i = 0; i < MOST_CALLS && input_has_more(); i++)
        do_next();
    memory_plan_failures(0, 0);
    region_next_call();
    object_destroy_all();
    region_end();
    files_remove();
    require(memory_living() == 0);
    return 0;
}
