/* SPDX-License-Identifier: MIT */
/* Weight files: opened, read and saved. */
#include "fuzz/calls/files.h"

#include <string.h>

#include "fuzz/calls/make.h"
#include "fuzz/folder.h"

static bool has_saved;

/* Of a file that a call may write, or a wrong one. */
static const char *take_path(void)
{
    switch (input_take(16)) {
    case 15:
        return NULL;
    case 14:
        return "";
    case 13:
        return folder_path("");
    case 12:
        return folder_path("none/a");
    default:
        return folder_path(input_take(2) == 0 ? "a" : "b");
    }
}

void files_remove(void)
{
    static const char *const names[] = {"a", "b", NULL};
    if (has_saved) {
        folder_remove(names);
        folder_require_empty();
    }
    has_saved = false;
}

static void call_srnn_weights_open(void)
{
    const char *const path = take_path();
    srnn_weights **const out = object_out();
    CREATE(OBJECT_WEIGHTS, srnn_weights_open(out, path));
}

/* A saved rnn, of which some bytes may be others. */
static unsigned char *take_file(size_t *size)
{
    const srnn_rnn *const rnn = object_own(OBJECT_RNN);
    const char *const prefix = input_prefix();
    const char *const *const metadata = input_metadata();
    const void *const bytes = make_file(size, rnn, prefix, metadata);
    unsigned char *const copy = bytes == NULL ? NULL : region_keep(*size);
    if (copy == NULL)
        return NULL;
    memcpy(copy, bytes, *size);
    for (unsigned i = input_take(4); *size > 256 && i >= 2; i--) {
        const unsigned place = 8 + input_take(248);
        copy[place] = (unsigned char)input_take(256);
    }
    if (input_rarely())
        *size -= input_take(256) % (*size + 1);
    return copy;
}

static void call_srnn_weights_open_memory(void)
{
    size_t size = 0;
    const unsigned char *const bytes = take_file(&size);
    srnn_weights **const out = object_out();
    CREATE(OBJECT_WEIGHTS, srnn_weights_open_memory(out, bytes, size));
}

/* What a callback reads from, and the call in which it fails; 0: none. */
typedef struct {
    const unsigned char *bytes;
    unsigned failing, calls;
} readable;

static int64_t read_bytes(void *user, int64_t offset, void *target, size_t size)
{
    readable *const from = user;
    memcpy(target, from->bytes + offset, size);
    return ++from->calls == from->failing ? (int64_t)size - 1 : (int64_t)size;
}

static void call_srnn_weights_open_callback(void)
{
    size_t size = 0;
    const unsigned char *const bytes = take_file(&size);
    readable *const user = region_keep(sizeof *user);
    if (bytes == NULL || user == NULL)
        return;
    *user = (readable){bytes, input_take(8), 0};
    const bool has_callback = !input_rarely();
    const int64_t given = input_rarely() ? -1 : (int64_t)size;
    srnn_weights **const out = object_out();
    CREATE(OBJECT_WEIGHTS,
           srnn_weights_open_callback(out, has_callback ? read_bytes : NULL,
                                      user, given));
}

DESTROY(OBJECT_WEIGHTS, srnn_weights_destroy)
QUERY(OBJECT_WEIGHTS, srnn_weights_count)
QUERY_INDEX(OBJECT_WEIGHTS, srnn_weights_name)
QUERY_INDEX(OBJECT_WEIGHTS, srnn_weights_type)
QUERY_INDEX(OBJECT_WEIGHTS, srnn_weights_rank)
QUERY_INDEX(OBJECT_WEIGHTS, srnn_weights_shape)
QUERY_INDEX(OBJECT_WEIGHTS, srnn_weights_metadata_key)

static void call_srnn_weights_metadata(void)
{
    const srnn_weights *const weights = object_take(OBJECT_WEIGHTS);
    const char *const key = input_name();
    call_begin();
    const char *const text = srnn_weights_metadata(weights, key);
    call_answered();
    require(text == NULL || object_is(weights, OBJECT_WEIGHTS));
}

static void call_srnn_weights_read_tensor(void)
{
    const srnn_weights *const weights = object_take(OBJECT_WEIGHTS);
    const unsigned number = input_take(16);
    const char *const name = number < srnn_weights_count(weights)
                                 ? srnn_weights_name(weights, number)
                                 : input_name();
    srnn_tensor **const out = object_out();
    CREATE(OBJECT_TENSOR, srnn_weights_read_tensor(out, weights, name));
}

static void call_srnn_rnn_save(void)
{
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    const char *const path = take_path();
    const char *const prefix = input_prefix();
    const char *const *const metadata = input_metadata();
    has_saved = true;
    (void)CALL(srnn_rnn_save(rnn, path, prefix, metadata));
}

static void call_srnn_rnn_save_alone(void)
{
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    const char *const path = take_path();
    const char *const prefix = input_prefix();
    const char *const *const metadata = input_metadata();
    has_saved = true;
    (void)CALL(srnn_rnn_save_alone(rnn, path, prefix, metadata));
}

static int64_t take_bytes(void *user, const void *bytes, size_t size)
{
    unsigned *const left = user;
    (void)bytes;
    return (*left)-- == 0 ? -1 : (int64_t)size;
}

static void call_srnn_rnn_save_callback(void)
{
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    unsigned left = input_take(8) == 7 ? input_take(8) : 1000;
    const bool has_callback = !input_rarely();
    const char *const prefix = input_prefix();
    const char *const *const metadata = input_metadata();
    (void)CALL(srnn_rnn_save_callback(rnn, has_callback ? take_bytes : NULL,
                                      &left, prefix, metadata));
}

static void call_srnn_linear_save(void)
{
    const srnn_linear *const linear = object_take(OBJECT_LINEAR);
    const char *const path = take_path();
    const char *const prefix = input_prefix();
    has_saved = true;
    (void)CALL(srnn_linear_save(linear, path, prefix));
}

static void call_srnn_optimizer_save(void)
{
    enum { MOST = 2 };
    const char *names[MOST];
    const srnn_tensor *tensors[MOST];
    const srnn_optimizer *const optimizer = object_take(OBJECT_OPTIMIZER);
    const char *const path = take_path();
    int64_t count = input_take(MOST + 1);
    for (int i = 0; i < MOST; i++) {
        names[i] = input_name();
        tensors[i] = object_take(OBJECT_TENSOR);
    }
    if (input_rarely())
        count = -1;
    const char *const *const metadata = input_metadata();
    has_saved = true;
    (void)CALL(
        srnn_optimizer_save(optimizer, path, names, tensors, count, metadata));
}

call_row calls_of_files[] = {CALL_ROW(srnn_weights_open),
                             CALL_ROW(srnn_weights_open_memory),
                             CALL_ROW(srnn_weights_open_callback),
                             CALL_ROW(srnn_weights_destroy),
                             CALL_ROW(srnn_weights_count),
                             CALL_ROW(srnn_weights_name),
                             CALL_ROW(srnn_weights_type),
                             CALL_ROW(srnn_weights_rank),
                             CALL_ROW(srnn_weights_shape),
                             CALL_ROW(srnn_weights_metadata_key),
                             CALL_ROW(srnn_weights_metadata),
                             CALL_ROW(srnn_weights_read_tensor),
                             CALL_ROW(srnn_rnn_save),
                             CALL_ROW(srnn_rnn_save_alone),
                             CALL_ROW(srnn_rnn_save_callback),
                             CALL_ROW(srnn_linear_save),
                             CALL_ROW(srnn_optimizer_save),
                             {.name = NULL}};
