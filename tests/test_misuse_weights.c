/* SPDX-License-Identifier: MIT */
/* The rules of weights.h and of srnn_rnn_create_from_weights, but for what is
 * a valid file (test_weights_format.c). The rnn in the files has I=4, H=2, L=1,
 * D=1 and bias. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/config.h"
#include "support/expect.h"
#include "support/misuse.h"
#include "support/temporary.h"
#include "support/weights_file.h"

/* How a file differs from the plain one. */
typedef struct {
    const char *skip;        /* this parameter is not there */
    const char *name, *type; /* this tensor is */
    int64_t rows, columns;
    const char *key, *text; /* and this metadata */
} variant;

static weights_file build(const variant *v)
{
    static const weights_topology topology = {4, 2, 1, 1, true, "F32", "rnn."};
    const char *const skip[] = {v->skip, NULL};
    weights_builder builder = {0};
    weights_builder_add_rnn(&builder, &topology, skip);
    if (v->name != NULL)
        weights_builder_add(&builder, v->name, v->type, 2,
                            LIST(v->rows, v->columns));
    if (v->key != NULL)
        weights_builder_add_metadata(&builder, v->key, v->text);
    return weights_builder_finish(&builder);
}

static srnn_weights *open_file(const weights_file *file)
{
    srnn_weights *weights = NULL;
    expect_success("open",
                   srnn_weights_open_memory(&weights, file->bytes, file->size));
    return weights;
}

static void test_misuse_weights__open(void **state)
{
    (void)state;
    weights_file file = build(&(variant){0});
    const char *path = NULL;
    const char *const fifo = temporary_path("fifo");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    REFUSE(SRNN_ERROR_IO, "fifo\"...not a regular file",
           srnn_weights_open(&made.weights, fifo));
    REFUSE(SRNN_ERROR_IO, "missing\"...No such file",
           srnn_weights_open(&made.weights, temporary_path("missing")));
    REFUSE(SRNN_ERROR_IO, "\"/dev\"...directory",
           srnn_weights_open(&made.weights, "/dev"));
    REFUSE(SRNN_ERROR_IO, "\"/dev/null\"...not a regular file",
           srnn_weights_open(&made.weights, "/dev/null"));
    REFUSE(SRNN_ERROR_INVALID, "path is empty",
           srnn_weights_open(&made.weights, ""));
    REFUSE(SRNN_ERROR_INVALID, "path is NULL",
           srnn_weights_open(&made.weights, NULL));
    path = temporary_write("short", file.bytes, 7);
    REFUSE(SRNN_ERROR_FORMAT, "7 bytes...at least 8",
           srnn_weights_open(&made.weights, path));
    path = temporary_write("right", file.bytes, file.size);
    REFUSE(SRNN_ERROR_INVALID, "out is NULL", srnn_weights_open(NULL, path));
    ACCEPT(srnn_weights_open(&made.weights, path));
    srnn_weights *const weights = made.weights;
    NOTHING(srnn_weights_destroy(weights)); /* but it closes the file */
    weights_file_free(&file);
}

static void test_misuse_weights__open_memory(void **state)
{
    (void)state;
    weights_file file = build(&(variant){0});
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_weights_open_memory(NULL, file.bytes, file.size));
    REFUSE(SRNN_ERROR_INVALID, "bytes is NULL",
           srnn_weights_open_memory(&made.weights, NULL, file.size));
    REFUSE(SRNN_ERROR_INVALID, "bytes is NULL",
           srnn_weights_open_memory(&made.weights, NULL, 0));
    REFUSE(SRNN_ERROR_FORMAT, "0 bytes...at least 8",
           srnn_weights_open_memory(&made.weights, file.bytes, 0));
    REFUSE(SRNN_ERROR_FORMAT, "bytes",
           srnn_weights_open_memory(&made.weights, file.bytes, file.size - 1));
    REFUSE(SRNN_ERROR_FORMAT, "bytes after the last tensor",
           srnn_weights_open_memory(&made.weights, file.bytes, SIZE_MAX / 2));
    if (MISUSE_HAS_64_BITS)
        REFUSE(SRNN_ERROR_OVERFLOW, "size is 9223372036854775808",
               srnn_weights_open_memory(&made.weights, file.bytes,
                                        SIZE_MAX / 2 + 1));
    ACCEPT(srnn_weights_open_memory(&made.weights, file.bytes, file.size));
    srnn_weights_destroy(made.weights);
    weights_file_free(&file);
}

/* What a callback of the rows reads, and what it returns instead of a size
 * from a byte on. */
typedef struct {
    const weights_file *file;
    int64_t from, answer;
} callback;

static int64_t read_at(void *user, int64_t offset, void *target, size_t size)
{
    const callback *const at = user;
    memcpy(target, at->file->bytes + offset, size);
    return offset >= at->from ? at->answer : (int64_t)size;
}

static void test_misuse_weights__open_callback(void **state)
{
    (void)state;
    weights_file file = build(&(variant){0});
    const int64_t size = (int64_t)file.size;
    callback at = {&file, 0, -5};
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_weights_open_callback(NULL, read_at, &at, size));
    REFUSE(SRNN_ERROR_INVALID, "read is NULL",
           srnn_weights_open_callback(&made.weights, NULL, &at, size));
    REFUSE(SRNN_ERROR_RANGE, "size is -1, expected",
           srnn_weights_open_callback(&made.weights, read_at, &at, -1));
    REFUSE(SRNN_ERROR_FORMAT, "0 bytes...at least 8",
           srnn_weights_open_callback(&made.weights, read_at, &at, 0));
    REFUSE(SRNN_ERROR_IO, "callback returned -5...8 bytes at byte 0...failed",
           srnn_weights_open_callback(&made.weights, read_at, &at, size));
    at.answer = -1;
    REFUSE(SRNN_ERROR_IO, "callback returned -1...failed",
           srnn_weights_open_callback(&made.weights, read_at, &at, size));
    at.answer = 7;
    REFUSE(SRNN_ERROR_IO, "callback returned 7...8 bytes at byte 0...all",
           srnn_weights_open_callback(&made.weights, read_at, &at, size));
    at = (callback){&file, 8, INT64_MAX};
    REFUSE(SRNN_ERROR_IO, "returned 9223372036854775807...at byte 8",
           srnn_weights_open_callback(&made.weights, read_at, &at, size));
    at = (callback){&file, 9, 0};
    ACCEPT(srnn_weights_open_callback(&made.weights, read_at, &at, size));
    srnn_weights *const weights = made.weights;
    REFUSE(SRNN_ERROR_IO, "callback returned 0",
           srnn_weights_read_tensor(&made.tensor, weights, "rnn.bias_hh_l0"));
    REFUSE(SRNN_ERROR_IO, "callback returned 0",
           srnn_rnn_create_from_weights(&made.rnn, weights, "rnn.", NULL));
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

/* "{}" and blanks. */
static weights_file header_of(size_t size)
{
    weights_file header = {NULL, 0, 0};
    weights_file_append_text(&header, "{}");
    weights_file_append_repeated(&header, " ", size - 2);
    const weights_file file = weights_file_of_header(header.bytes, size, 0);
    weights_file_free(&header);
    return file;
}

static void test_misuse_weights__open_large_header(void **state)
{
    (void)state;
    weights_file most = header_of(SRNN_MAX_HEADER_SIZE);
    weights_file more = header_of(SRNN_MAX_HEADER_SIZE + 1);
    REFUSE(SRNN_ERROR_RANGE, "4194305...4194304",
           srnn_weights_open_memory(&made.weights, more.bytes, more.size));
    const char *const path = temporary_write("more", more.bytes, more.size);
    REFUSE(SRNN_ERROR_RANGE, "4194305...4194304",
           srnn_weights_open(&made.weights, path));
    ACCEPT(srnn_weights_open_memory(&made.weights, most.bytes, most.size));
    srnn_weights_destroy(made.weights);
    weights_file_free(&most);
    weights_file_free(&more);
}

static void test_misuse_weights__accessors(void **state)
{
    (void)state;
    weights_file file = build(&(variant){.key = "key", .text = "text"});
    srnn_weights *const weights = open_file(&file);
    NOTHING(srnn_weights_destroy(NULL));
    ANSWER_OTHERS(other, "weights", 0, srnn_weights_count(other));
    ANSWER_OTHERS(other, "weights", NULL, srnn_weights_name(other, 0));
    ANSWER_OTHERS(other, "weights", NULL, srnn_weights_metadata(other, "key"));
    ANSWER(NULL, srnn_weights_name(weights, -1));
    ANSWER(NULL, srnn_weights_name(weights, 4));
    ANSWER(NULL, srnn_weights_name(weights, INT64_MAX));
    ANSWER(NULL, srnn_weights_name(weights, INT64_MIN));
    ANSWER(true, srnn_weights_name(weights, 0) != NULL);
    ANSWER(true, srnn_weights_name(weights, 3) != NULL);
    ANSWER(NULL, srnn_weights_metadata(weights, NULL));
    ANSWER(NULL, srnn_weights_metadata(weights, ""));
    ANSWER(NULL, srnn_weights_metadata(weights, "ke"));
    ANSWER(true, srnn_weights_metadata(weights, "key") != NULL);
    ANSWER_OTHERS(other, "weights", NULL, srnn_weights_metadata_key(other, 0));
    ANSWER(NULL, srnn_weights_metadata_key(weights, -1));
    ANSWER(NULL, srnn_weights_metadata_key(weights, 1));
    ANSWER(true, srnn_weights_metadata_key(weights, 0) != NULL);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static void test_misuse_weights__shapes(void **state)
{
    (void)state;
    static const int64_t absent[] = {-1, 4, INT64_MAX, INT64_MIN};
    weights_file file = build(&(variant){0});
    srnn_weights *const weights = open_file(&file);
    ANSWER_OTHERS(other, "weights", NULL, srnn_weights_type(other, 0));
    ANSWER_OTHERS(other, "weights", 0, srnn_weights_rank(other, 0));
    ANSWER_OTHERS(other, "weights", NULL, srnn_weights_shape(other, 0));
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        ANSWER(NULL, srnn_weights_type(weights, absent[i]));
        ANSWER(0, srnn_weights_rank(weights, absent[i]));
        ANSWER(NULL, srnn_weights_shape(weights, absent[i]));
    }
    ANSWER(0, strcmp(srnn_weights_type(weights, 3), "F32"));
    ANSWER(2, srnn_weights_rank(weights, 3)); /* rnn.weight_ih_l0 [2, 4] */
    ANSWER(4, srnn_weights_shape(weights, 3)[1]);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static void test_misuse_weights__tensor(void **state)
{
    (void)state;
    weights_file file = build(&(variant){.name = "i", .type = "I32"});
    srnn_weights *const weights = open_file(&file);
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_weights_read_tensor(NULL, weights, "rnn.bias_ih_l0"));
    REFUSE_HANDLES(
        other, "weights", "weights",
        srnn_weights_read_tensor(&made.tensor, other, "rnn.bias_ih_l0"));
    REFUSE(SRNN_ERROR_INVALID, "name is NULL",
           srnn_weights_read_tensor(&made.tensor, weights, NULL));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"\"...5",
           srnn_weights_read_tensor(&made.tensor, weights, ""));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"rnn.bias_ih_l\"...5",
           srnn_weights_read_tensor(&made.tensor, weights, "rnn.bias_ih_l"));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"\\x0a\"...5",
           srnn_weights_read_tensor(&made.tensor, weights, "\n"));
    REFUSE(SRNN_ERROR_DTYPE, "\"i\" is I32",
           srnn_weights_read_tensor(&made.tensor, weights, "i"));
    ACCEPT(srnn_weights_read_tensor(&made.tensor, weights, "rnn.bias_ih_l0"));
    srnn_tensor_destroy(made.tensor);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static void test_misuse_weights__of_a_file_that_shrank(void **state)
{
    (void)state;
    weights_file file = build(&(variant){0});
    const char *const path = temporary_write("shrinks", file.bytes, file.size);
    srnn_weights *weights = NULL;
    expect_success("open", srnn_weights_open(&weights, path));
    assert_int_equal(truncate(path, (off_t)file.size - 1), 0);
    REFUSE(SRNN_ERROR_IO, "byte",
           srnn_weights_read_tensor(&made.tensor, weights, "rnn.bias_hh_l0"));
    REFUSE(SRNN_ERROR_IO, "byte",
           srnn_rnn_create_from_weights(&made.rnn, weights, "rnn.", NULL));
    ACCEPT(srnn_weights_read_tensor(&made.tensor, weights, "rnn.bias_ih_l0"));
    srnn_tensor_destroy(made.tensor);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static void test_misuse_weights__rnn_create_from_weights_arguments(void **state)
{
    (void)state;
    weights_file file = build(&(variant){0});
    srnn_weights *const weights = open_file(&file);
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_rnn_create_from_weights(NULL, weights, "rnn.", NULL));
    REFUSE_HANDLES(
        other, "weights", "weights",
        srnn_rnn_create_from_weights(&made.rnn, other, "rnn.", NULL));
    REFUSE_OTHERS(
        other, "config", "config",
        srnn_rnn_create_from_weights(&made.rnn, weights, "rnn.", other));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"gru.\"...4...\"rnn.bias_hh_l0\"",
           srnn_rnn_create_from_weights(&made.rnn, weights, "gru.", NULL));
    REFUSE(SRNN_ERROR_FORMAT, "\"rnn.bias_hh_l0\"",
           srnn_rnn_create_from_weights(&made.rnn, weights, NULL, NULL));
    REFUSE(SRNN_ERROR_FORMAT, "\"rnn.bias_hh_l0\"",
           srnn_rnn_create_from_weights(&made.rnn, weights, "", NULL));
    ACCEPT(srnn_rnn_create_from_weights(&made.rnn, weights, "rnn.", NULL));
    srnn_rnn_destroy(made.rnn);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static void test_misuse_weights__rnn_create_from_weights_files(void **state)
{
    (void)state;
    static const struct {
        variant v;
        srnn_status status;
        const char *says;
    } rows[] = {
        {{.skip = "weight_ih_l0"}, SRNN_ERROR_NOT_FOUND, "weight_ih_l0...4"},
        {{.skip = "weight_hh_l0"}, SRNN_ERROR_NOT_FOUND, "weight_hh_l0...4"},
        {{NULL, "rnn.weight_hh_l1", "F32", 2, 2, NULL, NULL},
         SRNN_ERROR_NOT_FOUND,
         "weight_ih_l1...8...5"},
        {{NULL, "rnn.weight_hr_l0", "F32", 2, 2, NULL, NULL},
         SRNN_ERROR_FORMAT,
         "\"rnn.weight_hr_l0\""},
        {{"weight_ih_l0", "rnn.weight_ih_l0", "F32", 3, 4, NULL, NULL},
         SRNN_ERROR_SHAPE,
         "rnn.weight_ih_l0...[3, 4]...hidden_size=2"},
        {{"weight_hh_l0", "rnn.weight_hh_l0", "F32", 8, 2, NULL, NULL},
         SRNN_ERROR_SHAPE,
         "rnn.weight_hh_l0...[8, 2]...hidden_size"},
        {{"bias_ih_l0", "rnn.bias_ih_l0", "F32", 1, 2, NULL, NULL},
         SRNN_ERROR_SHAPE,
         "rnn.bias_ih_l0...[1, 2]...hidden_size=2"},
        {{"weight_ih_l0", "rnn.weight_ih_l0", "F32", 2, 0, NULL, NULL},
         SRNN_ERROR_RANGE,
         "input_size...0...1"},
        {{"weight_ih_l0", "rnn.weight_ih_l0", "I64", 2, 4, NULL, NULL},
         SRNN_ERROR_DTYPE,
         "rnn.weight_ih_l0...I64"},
        {{.key = "nonlinearity", .text = "gelu"},
         SRNN_ERROR_FORMAT,
         "nonlinearity...\"gelu\"...\"tanh\"...\"relu\""},
        {{"weight_ih_l0", "rnn.weight_ih_l0", "U8", 2, 4, NULL, NULL},
         SRNN_ERROR_DTYPE,
         "rnn.weight_ih_l0...U8"},
        {{.key = "batch_first", .text = "TRUE"},
         SRNN_ERROR_FORMAT,
         "batch_first...\"TRUE\"...\"false\"...\"true\"...SRNN_OPTION_BATCH_"
         "FIRST"},
        {{.key = "rnn.dropout", .text = "1.5"},
         SRNN_ERROR_FORMAT,
         "rnn.dropout...\"1.5\"...0 to 1...SRNN_OPTION_DROPOUT"},
        {{.key = "direction", .text = "bidirectional"},
         SRNN_ERROR_FORMAT,
         "direction...forward...SRNN_OPTION_DIRECTION"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        weights_file file = build(&rows[i].v);
        srnn_weights *const weights = open_file(&file);
        REFUSE(rows[i].status, rows[i].says,
               srnn_rnn_create_from_weights(&made.rnn, weights, "rnn.", NULL));
        srnn_weights_destroy(weights);
        weights_file_free(&file);
    }
}

static void test_misuse_weights__rnn_create_from_weights_config(void **state)
{
    (void)state;
    static const struct {
        srnn_option option;
        int64_t wrong, right;
        const char *says;
    } rows[] = {
        {SRNN_OPTION_INPUT_SIZE, 5, 4, "input_size is 4...5"},
        {SRNN_OPTION_HIDDEN_SIZE, 1, 2, "hidden_size is 2...1"},
        {SRNN_OPTION_NUM_LAYERS, 2, 1, "num_layers is 1...2"},
        {SRNN_OPTION_DIRECTION, SRNN_DIRECTION_BIDIRECTIONAL,
         SRNN_DIRECTION_FORWARD, "direction is...forward...bidirectional"},
        {SRNN_OPTION_BIAS, 0, 1, "bias is 1...0"},
    };
    weights_file file = build(&(variant){0});
    srnn_weights *const weights = open_file(&file);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        srnn_config *const config = CONFIG({rows[i].option, rows[i].wrong});
        REFUSE(
            SRNN_ERROR_SHAPE, rows[i].says,
            srnn_rnn_create_from_weights(&made.rnn, weights, "rnn.", config));
        ACCEPT(srnn_config_set_int(config, rows[i].option, rows[i].right));
        ACCEPT(
            srnn_rnn_create_from_weights(&made.rnn, weights, "rnn.", config));
        srnn_rnn_destroy(made.rnn);
        srnn_config_destroy(config);
    }
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

/* I = 2^30 in 2 GiB of which nobody touches more than the header. */
static void test_misuse_weights__rnn_create_from_weights_size(void **state)
{
    (void)state;
    static const char header[] =
        "{\"weight_ih_l0\":{\"dtype\":\"BF16\",\"shape\":[1,1073741824],"
        "\"data_offsets\":[0,2147483648]},\"weight_hh_l0\":{\"dtype\":\"BF16\","
        "\"shape\":[1,1],\"data_offsets\":[2147483648,2147483650]}}";
    weights_file file = weights_file_of_text(header, 0);
    const size_t size = file.size + (UINT64_C(1) << 31) + 2;
    void *const bytes =
        mmap(NULL, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(bytes, MAP_FAILED);
    memcpy(bytes, file.bytes, file.size);
    srnn_weights *weights = NULL;
    expect_success("open", srnn_weights_open_memory(&weights, bytes, size));
    REFUSE(SRNN_ERROR_RANGE, "input_size...1073741824...1073741823",
           srnn_rnn_create_from_weights(&made.rnn, weights, NULL, NULL));
    srnn_weights_destroy(weights);
    assert_int_equal(munmap(bytes, size), 0);
    weights_file_free(&file);
}

/* Reads the header of a file whose values nobody can have. */
static int64_t read_header(void *user, int64_t offset, void *target,
                           size_t size)
{
    const weights_file *const file = user;
    if (offset < 0 || (size_t)offset + size > file->size)
        return -1;
    memcpy(target, file->bytes + offset, size);
    return (int64_t)size;
}

/* H = 2^29 - 1: as float64, three weights take 3 * 2^61 bytes, and as many
 * packed. */
static void test_misuse_weights__rnn_create_from_weights_bytes(void **state)
{
    (void)state;
    static const char header[] =
        "{\"weight_ih_l0\":{\"dtype\":\"F16\",\"shape\":[536870911,1],"
        "\"data_offsets\":[0,1073741822]},"
        "\"weight_hh_l0\":{\"dtype\":\"F16\",\"shape\":[536870911,536870911],"
        "\"data_offsets\":[1073741822,576460751229681664]},"
        "\"weight_ih_l1\":{\"dtype\":\"F16\",\"shape\":[536870911,536870911],"
        "\"data_offsets\":[576460751229681664,1152921501385621506]},"
        "\"weight_hh_l1\":{\"dtype\":\"F16\",\"shape\":[536870911,536870911],"
        "\"data_offsets\":[1152921501385621506,1729382251541561348]}}";
    weights_file file = weights_file_of_text(header, 0);
    srnn_weights *weights = NULL;
    srnn_config *const config = CONFIG({SRNN_OPTION_DTYPE, F64});
    expect_success("open",
                   srnn_weights_open_callback(
                       &weights, read_header, &file,
                       (int64_t)file.size + INT64_C(1729382251541561348)));
    REFUSE(SRNN_ERROR_OVERFLOW,
           "the rnn's parameters would need more than 2^63 - 1",
           srnn_rnn_create_from_weights(&made.rnn, weights, NULL, config));
    srnn_config_destroy(config);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static void test_misuse_weights__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("weights.h", NULL);
    misuse_covers_function("srnn_rnn_create_from_weights");
    misuse_covers_statuses("srnn_weights_", NULL);
    misuse_covers_statuses("srnn_rnn_create_from_weights", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_weights__open),
        cmocka_unit_test(test_misuse_weights__open_memory),
        cmocka_unit_test(test_misuse_weights__open_callback),
        cmocka_unit_test(test_misuse_weights__open_large_header),
        cmocka_unit_test(test_misuse_weights__accessors),
        cmocka_unit_test(test_misuse_weights__shapes),
        cmocka_unit_test(test_misuse_weights__tensor),
        cmocka_unit_test(test_misuse_weights__of_a_file_that_shrank),
        cmocka_unit_test(
            test_misuse_weights__rnn_create_from_weights_arguments),
        cmocka_unit_test(test_misuse_weights__rnn_create_from_weights_files),
        cmocka_unit_test(test_misuse_weights__rnn_create_from_weights_config),
        cmocka_unit_test(test_misuse_weights__rnn_create_from_weights_size),
        cmocka_unit_test(test_misuse_weights__rnn_create_from_weights_bytes),
        cmocka_unit_test(test_misuse_weights__rules_are_all_here),
    };
    return misuse_verdict(cmocka_run_group_tests(tests, misuse_setup_with_files,
                                                 misuse_teardown_with_files));
}
