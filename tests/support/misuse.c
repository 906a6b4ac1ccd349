/* SPDX-License-Identifier: MIT */
/* What happens around a row, and what rows need to be short. */
#include "support/misuse.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/cancelled.h"
#include "support/expect.h"
#include "support/failing.h"
#include "support/headers.h"
#include "support/process.h"
#include "support/temporary.h"
#include "support/weights_file.h"

any_handle made;
_Alignas(64) unsigned char misuse_memory[MISUSE_MEMORY];

static unsigned char memory_before[MISUSE_MEMORY];
static int descriptor_before;

/* An address that no call gives. */
static char not_made;

enum { VIEWS = 512 };

static srnn_tensor *views[VIEWS];
static int view_count;

static srnn_tensor *keep(srnn_tensor *tensor)
{
    assert_non_null(tensor);
    assert_in_range(view_count, 0, VIEWS - 1);
    views[view_count++] = tensor;
    return tensor;
}

srnn_tensor *view_strided(size_t byte, srnn_dtype dtype, int32_t rank,
                          const int64_t *shape, const int64_t *strides)
{
    srnn_tensor *tensor = NULL;
    expect_success("view", srnn_tensor_wrap(&tensor, misuse_memory + byte,
                                            dtype, rank, shape, strides));
    return keep(tensor);
}

srnn_tensor *view(size_t byte, srnn_dtype dtype, int32_t rank,
                  const int64_t *shape)
{
    return view_strided(byte, dtype, rank, shape, NULL);
}

srnn_tensor *view_const(size_t byte, srnn_dtype dtype, int32_t rank,
                        const int64_t *shape)
{
    srnn_tensor *tensor = NULL;
    expect_success("view", srnn_tensor_wrap_const(&tensor, misuse_memory + byte,
                                                  dtype, rank, shape, NULL));
    return keep(tensor);
}

srnn_tensor *view_nowhere(srnn_dtype dtype, int32_t rank, const int64_t *shape)
{
    static void *page;
    if (!MISUSE_HAS_64_BITS)
        skip();
    if (page == NULL)
        page = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(page, MAP_FAILED);
    srnn_tensor *tensor = NULL;
    expect_success("view_nowhere",
                   srnn_tensor_wrap(&tensor, page, dtype, rank, shape, NULL));
    return keep(tensor);
}

/* One object of each kind, to be taken for another. */
static struct {
    srnn_tensor *tensor;
    srnn_config *config;
    srnn_cell *cell;
    srnn_rnn *rnn;
    srnn_context *context;
    srnn_weights *weights;
    srnn_stream *stream;
    srnn_gradients *gradients;
    srnn_tape *tape;
    srnn_linear *linear;
    srnn_optimizer *optimizer;
    weights_file file;
} all;

static void create_all(void)
{
    all.file = weights_file_of_text("{}", 0);
    expect_success("tensor", srnn_tensor_create(&all.tensor, F32, SHAPE(1)));
    expect_success("config", srnn_config_create(&all.config));
    expect_success("rnn", srnn_rnn_create(&all.rnn, 1, 1, all.config, 1));
    expect_success("cell", srnn_cell_create_view(&all.cell, all.rnn, 0,
                                                 SRNN_DIRECTION_FORWARD));
    expect_success("context", srnn_context_create(&all.context, all.rnn));
    expect_success("stream", srnn_stream_create(&all.stream, all.context, 1));
    expect_success("gradients", srnn_gradients_create(&all.gradients, all.rnn));
    expect_success("tape", srnn_tape_create(&all.tape, all.rnn));
    expect_success("linear", srnn_linear_create(&all.linear, F32, 1, 1, 1, 1));
    expect_success("optimizer", srnn_optimizer_create(&all.optimizer,
                                                      SRNN_OPTIMIZER_KIND_SGD));
    expect_success("weights", srnn_weights_open_memory(
                                  &all.weights, all.file.bytes, all.file.size));
}

static void destroy_all(void)
{
    srnn_tensor_destroy(all.tensor);
    srnn_config_destroy(all.config);
    srnn_cell_destroy(all.cell);
    srnn_rnn_destroy(all.rnn);
    srnn_context_destroy(all.context);
    srnn_weights_destroy(all.weights);
    srnn_stream_destroy(all.stream);
    srnn_gradients_destroy(all.gradients);
    srnn_tape_destroy(all.tape);
    srnn_linear_destroy(all.linear);
    srnn_optimizer_destroy(all.optimizer);
    weights_file_free(&all.file);
}

void *misuse_handle(int index)
{
    if (index >= 0 && all.tensor == NULL)
        create_all();
    void *const handles[] = {all.tensor, all.config,    all.cell,
                             all.rnn,    all.context,   all.weights,
                             all.stream, all.gradients, all.tape,
                             all.linear, all.optimizer};
    return index < 0 ? NULL : handles[index];
}

bool misuse_is_kind(int index, const char *kind)
{
    static const char *const kinds[] = {
        "tensor", "config",    "cell", "rnn",    "context",  "weights",
        "stream", "gradients", "tape", "linear", "optimizer"};
    return index >= 0 && strcmp(kinds[index], kind) == 0;
}

void misuse_fill(void)
{
    for (size_t i = 0; i < sizeof misuse_memory / sizeof(float); i++) {
        const float value = (float)(i % 61) / 64;
        memcpy(misuse_memory + i * sizeof value, &value, sizeof value);
    }
}

int misuse_setup(void **state)
{
    (void)state;
    misuse_fill();
    failing_install();
    cancelled_begin();
    return 0;
}

int misuse_teardown(void **state)
{
    (void)state;
    destroy_all();
    for (int i = 0; i < view_count; i++)
        srnn_tensor_destroy(views[i]);
    return 0;
}

int misuse_setup_with_files(void **state)
{
    return temporary_create(state) | misuse_setup(state);
}

int misuse_teardown_with_files(void **state)
{
    return misuse_teardown(state) | temporary_remove(state);
}

int misuse_verdict(int failures)
{
    const long blocks = failing_living();
    const long promises = failing_broken_promises();
    if (blocks == 0 && promises == 0)
        return failures;
    print_error("%ld blocks leaked, %ld promises broken\n", blocks, promises);
    return failures + 1;
}

static headers_function *find_function(const char *call)
{
    headers_function *const function = headers_find(call);
    if (function == NULL)
        fail_msg("%s: a row must show the call of a function", call);
    return function;
}

void misuse_note(const char *call)
{
    find_function(call)->has_row = true;
}

/* Its comment knows what it can return. */
static void note_status(const char *call, srnn_status status)
{
    headers_function *const function = find_function(call);
    const uint64_t bit = headers_bit(status);
    if ((function->promised & bit) == 0)
        fail_msg("%s: %s has no @retval %s", call, function->header,
                 srnn_status_name(status));
    function->has_row = true;
    function->seen |= bit;
}

#define MARK "set before the call"

void misuse_before(void)
{
    int64_t ignored = 0;
    assert_int_not_equal(srnn_constant_value(&ignored, MARK), SRNN_OK);
    made.any = &not_made;
    descriptor_before = process_free_descriptor();
    memcpy(memory_before, misuse_memory, sizeof memory_before);
    cancelled_enter();
}

/* The parts of says, between its "...", are in text in this order. */
static bool is_said(const char *text, const char *says)
{
    for (const char *part = says; part != NULL;) {
        const char *const gap = strstr(part, "...");
        const size_t length = gap == NULL ? strlen(part) : (size_t)(gap - part);
        const char *const found = memmem(text, strlen(text), part, length);
        if (length == 0 || found == NULL)
            return false;
        text = found + length;
        part = gap == NULL ? NULL : gap + strlen("...");
    }
    return true;
}

static void check_memory(const char *call)
{
    for (size_t i = 0; i < sizeof misuse_memory; i++)
        if (misuse_memory[i] != memory_before[i])
            fail_msg("%s: wrote byte %zu", call, i);
}

void misuse_refused(const char *call, srnn_status status, srnn_status wanted,
                    const char *says)
{
    static const char *const nothing[EXPECT_TEXTS] = {NULL};
    const bool creates = strstr(call, "&made.") != NULL;
    cancelled_leave(call);
    expect_failure(call, status, wanted, nothing);
    note_status(call, wanted);
    if (!is_said(srnn_last_error(), says))
        fail_msg("%s: no %s in: %s", call, says, srnn_last_error());
    if (made.any != (creates ? NULL : &not_made))
        fail_msg("%s: out is %p", call, made.any);
    if (process_free_descriptor() != descriptor_before)
        fail_msg("%s: left a file open", call);
    check_memory(call);
}

static void check_error_text(const char *call)
{
    if (strstr(srnn_last_error(), MARK) == NULL)
        fail_msg("%s: set the error text: %s", call, srnn_last_error());
}

void misuse_accepted(const char *call, srnn_status status)
{
    const bool creates = strstr(call, "&made.") != NULL;
    cancelled_leave(call);
    expect_success(call, status);
    check_error_text(call);
    if (creates ? made.any == NULL || made.any == &not_made
                : made.any != &not_made)
        fail_msg("%s: out is %p", call, made.any);
}

void misuse_answered(const char *call, bool as_wanted)
{
    cancelled_leave(call);
    misuse_note(call);
    if (!as_wanted)
        fail_msg("%s: another answer", call);
    check_error_text(call);
    check_memory(call);
}

void misuse_covers_function(const char *name)
{
    if (!find_function(name)->has_row)
        fail_msg("no row for %s", name);
}

static bool begins_with(const char *name, const char *beginning)
{
    return strncmp(name, beginning, strlen(beginning)) == 0;
}

static bool is_elsewhere(const char *name, const char *const *elsewhere)
{
    for (; elsewhere != NULL && *elsewhere != NULL; elsewhere++)
        if (begins_with(name, *elsewhere))
            return true;
    return false;
}

void misuse_covers(const char *header, const char *const *elsewhere)
{
    headers_function *list = NULL;
    int functions = 0;
    const int count = headers_functions(&list);
    for (int i = 0; i < count; i++) {
        if (strcmp(list[i].header, header) != 0)
            continue;
        functions++;
        if (!is_elsewhere(list[i].name, elsewhere))
            misuse_covers_function(list[i].name);
    }
    assert_in_range(functions, 1, count);
}

/* Names the promises of a function that no row met. */
static int show_missing(const headers_function *function, uint64_t wanted)
{
    int missing = 0;
    for (srnn_status status = -1; status > -64; status--) {
        if ((wanted & ~function->seen & headers_bit(status)) == 0)
            continue;
        print_error("no row with %s for %s\n", srnn_status_name(status),
                    function->name);
        missing++;
    }
    return missing;
}

void misuse_covers_statuses(const char *beginning, const char *const *elsewhere)
{
    headers_function *list = NULL;
    int missing = 0;
    int found = 0;
    const int count = headers_functions(&list);
    const uint64_t others =
        headers_bit(SRNN_ERROR_BUSY) | headers_bit(SRNN_ERROR_NO_MEMORY) |
        (MISUSE_HAS_64_BITS ? 0 : headers_bit(SRNN_ERROR_OVERFLOW));
    for (int i = 0; i < count; i++) {
        if (!begins_with(list[i].name, beginning) ||
            is_elsewhere(list[i].name, elsewhere))
            continue;
        missing += show_missing(&list[i], list[i].promised & ~others);
        found++;
    }
    assert_int_equal(missing, 0);
    assert_true(found > 0);
}

void misuse_covers_status(srnn_status status, const char *const *elsewhere)
{
    headers_function *list = NULL;
    int missing = 0;
    const int count = headers_functions(&list);
    for (int i = 0; i < count; i++) {
        const char *const *name = elsewhere;
        while (*name != NULL && strcmp(*name, list[i].name) != 0)
            name++;
        if (*name == NULL)
            missing +=
                show_missing(&list[i], list[i].promised & headers_bit(status));
    }
    assert_int_equal(missing, 0);
}
