/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind */
/* Saving into a file that holds more than the rnn: what is not its own stays
 * byte for byte. Random files are in test_weights_merge_random.c, disks that
 * fail in test_weights_save_disk.c, what is refused in test_misuse_save.c. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/config.h"
#include "support/counting.h"
#include "support/expect.h"
#include "support/failing.h"
#include "support/saved_file.h"
#include "support/small_rnn.h"
#include "support/temporary.h"

static char path[512];

static void write_file(weights_file *file)
{
    (void)strcpy(path, temporary_write("model", file->bytes, file->size));
}

static weights_file read_golden(const char *name)
{
    char full[512];
    (void)snprintf(full, sizeof full, SOURCE_FOLDER "/tests/golden/%s", name);
    return saved_file_read(full);
}

static srnn_rnn *load_with(const char *prefix, srnn_option option)
{
    srnn_weights *weights = NULL;
    srnn_config *const config = CONFIG({option, 1});
    srnn_rnn *rnn = NULL;
    expect_success("open", srnn_weights_open(&weights, path));
    expect_success(prefix,
                   srnn_rnn_create_from_weights(&rnn, weights, prefix, config));
    srnn_weights_destroy(weights);
    srnn_config_destroy(config);
    return rnn;
}

static srnn_rnn *load(const char *prefix)
{
    return load_with(prefix, 0);
}

static void check_loads(const char *prefix, const srnn_rnn *wanted)
{
    srnn_rnn *const loaded = load_with(prefix, SRNN_OPTION_ALLOW_EXTRA);
    small_rnn_check_equal(wanted, loaded);
    srnn_rnn_destroy(loaded);
}

/* The bytes that the safetensors package writes; see make_saved.py. */
static void test_weights_merge__gives_the_bytes_of_the_package(void **state)
{
    static const char *const metadata[] = {"key", "new", NULL};
    const small_rnn of = {.I = 3,
                          .H = 2,
                          .L = 2,
                          .D = 2,
                          .nonlinearity = SRNN_NONLINEARITY_RELU,
                          .batch_first = true,
                          .dropout = 0.2,
                          .seed = 7};
    (void)state;
    weights_file before = read_golden("saved_over.safetensors");
    weights_file after = read_golden("saved_merged.safetensors");
    srnn_rnn *const rnn = small_rnn_create(&of);
    write_file(&before);
    for (int i = 0; i < 2; i++) { /* the second time changes nothing */
        expect_success("save", srnn_rnn_save(rnn, path, "rnn.", metadata));
        weights_file got = saved_file_read(path);
        assert_int_equal(got.size, after.size);
        assert_memory_equal(got.bytes, after.bytes, after.size);
        weights_file_free(&got);
    }
    check_loads("rnn.", rnn);
    srnn_rnn_destroy(rnn);
    weights_file_free(&before);
    weights_file_free(&after);
}

/* The way back of a model: open, train a little, save to the same path. */
static void test_weights_merge__keeps_a_model_around_its_rnn(void **state)
{
    static const weights_topology inside = {4, 2, 1, 1, true, "F32", "rnn."};
    float ones[] = {1, 1};
    srnn_tensor *value = NULL;
    weights_builder builder = {0};
    (void)state;
    weights_builder_add(&builder, "fc.weight", "BF16", 2,
                        (const int64_t[]){3, 2});
    weights_builder_add_rnn(&builder, &inside, NULL);
    weights_builder_add(&builder, "emb.weight", "F16", 2,
                        (const int64_t[]){5, 1});
    weights_builder_add_metadata(&builder, "format", "pt");
    weights_file before = weights_builder_finish(&builder);
    write_file(&before);
    srnn_rnn *const rnn = load("rnn.");
    expect_success("wrap", srnn_tensor_wrap(&value, ones, SRNN_DTYPE_FLOAT32, 1,
                                            (const int64_t[]){2}, NULL));
    expect_success("set", srnn_rnn_set_parameter(rnn, "bias_hh_l0", value));
    expect_success("save", srnn_rnn_save(rnn, path, "rnn.", NULL));
    weights_file after = saved_file_read(path);
    saved_file_check_same(&before, &after, "fc.weight");
    saved_file_check_same(&before, &after, "emb.weight");
    saved_file_check_same(&before, &after, "rnn.weight_ih_l0");
    assert_int_equal(saved_file_count(&after), 6);
    assert_true(saved_file_states(&after, "format", "pt"));
    check_loads("rnn.", rnn);
    srnn_tensor_destroy(value);
    srnn_rnn_destroy(rnn);
    weights_file_free(&before);
    weights_file_free(&after);
}

/* All that an rnn or a cell could have there is the rnn's, and nothing else. */
static void test_weights_merge__removes_its_own_stale_names(void **state)
{
    static const char *const own[] = {
        "m.weight_ih_l0", "m.bias_hh_l1", "m.weight_hh_l7_reverse",
        "m.weight_ih",    "m.bias_hh",    "m.weight_ih_l65534",
        "m.bias_ih_l0",   "m.bias_hh_l0"};
    static const char *const others[] = {
        "m.weight_ih_l65535", "m.weight_ih_l01", "m.weight_ih_l0x",
        "weight_ih_l0",       "m.fc.weight",     "m.weight_ih_l",
        "mm.weight_ih_l0",    "m.rnn.bias_ih",   "Mm.weight_ih_l0",
        "m.weight_ih_reverse"};
    static const char *const own_keys[] = {"m.nonlinearity", "m.batch_first",
                                           "m.dropout", "m.direction"};
    static const char *const other_keys[] = {
        "nonlinearity", "m.bias", "m.direction ", "mm.dropout", "m.", ""};
    weights_builder builder = {0};
    (void)state;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        weights_builder_add(&builder, own[i], "I64", 1, (const int64_t[]){2});
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        weights_builder_add(&builder, others[i], "F32", 1,
                            (const int64_t[]){2});
    for (size_t i = 0; i < sizeof own_keys / sizeof *own_keys; i++)
        weights_builder_add_metadata(&builder, own_keys[i], "stale");
    for (size_t i = 0; i < sizeof other_keys / sizeof *other_keys; i++)
        weights_builder_add_metadata(&builder, other_keys[i], "kept");
    weights_file before = weights_builder_finish(&builder);
    write_file(&before);
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = 3, .H = 2, .no_bias = true});
    expect_success("save", srnn_rnn_save(rnn, path, "m.", NULL));
    weights_file after = saved_file_read(path);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        saved_file_check_same(&before, &after, others[i]);
    for (size_t i = 0; i < sizeof other_keys / sizeof *other_keys; i++)
        assert_true(saved_file_states(&after, other_keys[i], "kept"));
    assert_int_equal(saved_file_count(&after),
                     2 + sizeof others / sizeof *others);
    assert_int_equal(saved_file_count_metadata(&after),
                     4 + sizeof other_keys / sizeof *other_keys);
    assert_true(saved_file_states(&after, "m.nonlinearity", "tanh"));
    check_loads("m.", rnn);
    srnn_rnn_destroy(rnn);
    weights_file_free(&before);
    weights_file_free(&after);
}

/* A cell stays a cell for torch. */
static void test_weights_merge__keeps_the_names_of_a_cell(void **state)
{
    static const char *const names[] = {"c.weight_ih", "c.weight_hh",
                                        "c.bias_ih", "c.bias_hh"};
    static const int64_t shapes[][2] = {{2, 4}, {2, 2}, {2, 0}, {2, 0}};
    (void)state;
    for (int reverse = 0; reverse < 2; reverse++) {
        weights_builder builder = {0};
        for (int i = 0; i < 4; i++)
            weights_builder_add(&builder, names[i], "F32", i < 2 ? 2 : 1,
                                shapes[i]);
        weights_builder_add_metadata(&builder, "direction",
                                     reverse == 1 ? "reverse" : "forward");
        weights_file before = weights_builder_finish(&builder);
        write_file(&before);
        srnn_rnn *const rnn = load("c.");
        srnn_rnn *copy = NULL;
        expect_success("clone", srnn_rnn_clone(&copy, rnn));
        assert_int_equal(unlink(path), 0);
        expect_success("save", srnn_rnn_save(copy, path, "c.", NULL));
        weights_file after = saved_file_read(path);
        for (int i = 0; i < 4; i++)
            saved_file_check_same(&before, &after, names[i]);
        assert_int_equal(saved_file_count(&after), 4);
        check_loads("c.", rnn);
        /* Without a prefix the metadata alone tell its direction. */
        expect_success("alone", srnn_rnn_save_alone(copy, path, NULL, NULL));
        check_loads(NULL, rnn);
        srnn_rnn_destroy(copy);
        srnn_rnn_destroy(rnn);
        weights_file_free(&before);
        weights_file_free(&after);
    }
}

/* A text for all rnns of a file is not one of an rnn with texts of its own. */
static void test_weights_merge__states_its_own_direction(void **state)
{
    static const srnn_direction directions[] = {SRNN_DIRECTION_FORWARD,
                                                SRNN_DIRECTION_REVERSE,
                                                SRNN_DIRECTION_BIDIRECTIONAL};
    static const char *const words[] = {"forward", "reverse", "bidirectional"};
    (void)state;
    for (int i = 0; i < 9; i++) {
        const char *const metadata[] = {"direction", words[i / 3], NULL};
        srnn_rnn *const rnn = small_rnn_create(
            &(small_rnn){.I = 3, .H = 2, .direction = directions[i % 3]});
        (void)strcpy(path, temporary_path("direction"));
        (void)unlink(path);
        expect_success("save", srnn_rnn_save(rnn, path, "m.", metadata));
        check_loads("m.", rnn);
        expect_success("again", srnn_rnn_save(rnn, path, "m.", NULL));
        check_loads("m.", rnn);
        srnn_rnn_destroy(rnn);
    }
}

static void test_weights_merge__holds_several_rnns(void **state)
{
    (void)state;
    srnn_rnn *const encoder = small_rnn_create(
        &(small_rnn){.I = 3, .H = 2, .D = 2, .batch_first = true});
    srnn_rnn *const decoder =
        small_rnn_create(&(small_rnn){.I = 5,
                                      .H = 3,
                                      .dtype = SRNN_DTYPE_FLOAT64,
                                      .nonlinearity = SRNN_NONLINEARITY_RELU,
                                      .dropout = 0.5});
    (void)strcpy(path, temporary_path("several"));
    expect_success("a", srnn_rnn_save(encoder, path, "encoder.", NULL));
    expect_success("b", srnn_rnn_save(decoder, path, "decoder.", NULL));
    check_loads("encoder.", encoder);
    check_loads("decoder.", decoder);
    weights_file one = saved_file_read(path);
    expect_success("alone",
                   srnn_rnn_save_alone(decoder, path, "decoder.", NULL));
    expect_success("a", srnn_rnn_save(encoder, path, "encoder.", NULL));
    weights_file other = saved_file_read(path);
    assert_int_equal(one.size, other.size); /* whatever the order */
    assert_memory_equal(one.bytes, other.bytes, one.size);
    expect_success("alone", srnn_rnn_save_alone(decoder, path, "", NULL));
    weights_file alone = saved_file_read(path);
    weights_file bytes = small_rnn_save(decoder, NULL);
    assert_int_equal(alone.size, bytes.size);
    assert_memory_equal(alone.bytes, bytes.bytes, bytes.size);
    weights_file_free(&one);
    weights_file_free(&other);
    weights_file_free(&alone);
    weights_file_free(&bytes);
    srnn_rnn_destroy(encoder);
    srnn_rnn_destroy(decoder);
}

static void test_weights_merge__adds_metadata(void **state)
{
    static const char *const first[] = {"a", "1", "b", "2", "", "", NULL};
    static const char *const second[] = {"b", "new \xe2\x82\xac\n", "c", "3",
                                         NULL};
    static const char *const none[] = {NULL};
    (void)state;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 3, .H = 2});
    (void)strcpy(path, temporary_path("metadata"));
    expect_success("first", srnn_rnn_save(rnn, path, NULL, first));
    expect_success("second", srnn_rnn_save(rnn, path, NULL, second));
    expect_success("third", srnn_rnn_save(rnn, path, NULL, none));
    weights_file file = saved_file_read(path);
    assert_true(saved_file_states(&file, "a", "1"));
    assert_true(saved_file_states(&file, "b", second[1]));
    assert_true(saved_file_states(&file, "c", "3"));
    assert_true(saved_file_states(&file, "", ""));
    assert_int_equal(saved_file_count_metadata(&file), 7);
    weights_file_free(&file);
    expect_success("alone", srnn_rnn_save_alone(rnn, path, NULL, second));
    file = saved_file_read(path);
    assert_int_equal(saved_file_count_metadata(&file), 5);
    weights_file_free(&file);
    srnn_rnn_destroy(rnn);
}

/* The file behind the links is read, and the same one is replaced. */
static void test_weights_merge__merges_with_what_links_point_to(void **state)
{
    weights_builder builder = {0};
    (void)state;
    weights_builder_add(&builder, "kept", "F32", 1, (const int64_t[]){3});
    weights_file before = weights_builder_finish(&builder);
    write_file(&before);
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 3, .H = 2});
    char target[512];
    (void)strcpy(target, path);
    (void)strcpy(path, temporary_path("link"));
    assert_int_equal(symlink("model", path), 0);
    expect_success("save", srnn_rnn_save(rnn, path, "rnn.", NULL));
    weights_file after = saved_file_read(target);
    saved_file_check_same(&before, &after, "kept");
    assert_int_equal(saved_file_count(&after), 5);
    srnn_rnn_destroy(rnn);
    weights_file_free(&before);
    weights_file_free(&after);
}

/* A model of 64 MiB beside a small rnn, written and merged with little. */
static void test_weights_merge__takes_memory_for_the_header_alone(void **state)
{
    enum { FOREIGN = 64 << 20, ALLOWED = 1 << 20 };
    static counting_allocator counts = {SIZE_MAX, 0, 0};
    char header[200];
    (void)state;
    (void)snprintf(header, sizeof header,
                   "{\"w\":{\"dtype\":\"I8\",\"shape\":[%d],"
                   "\"data_offsets\":[0,%d]}}",
                   FOREIGN, FOREIGN);
    weights_file file = weights_file_of_text(header, FOREIGN);
    for (size_t i = 0; i < FOREIGN; i++)
        file.bytes[file.size - FOREIGN + i] =
            (unsigned char)(i * UINT64_C(2654435761) >> 24);
    write_file(&file);
    expect_success("counting", srnn_allocator_set(counting_allocate,
                                                  counting_free, &counts));
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 3, .H = 2});
    counts.peak = 0;
    expect_success("save", srnn_rnn_save(rnn, path, "rnn.", NULL));
    if (counts.peak > counts.living + ALLOWED)
        fail_msg("a peak of %zu bytes", counts.peak);
    assert_true(counts.peak > 0);
    srnn_rnn_destroy(rnn);
    assert_int_equal(counts.living, 0);
    expect_success("plain", srnn_allocator_set(NULL, NULL, NULL));
    weights_file after = saved_file_read(path);
    saved_file_check_same(&file, &after, "w");
    weights_file_free(&after);
    weights_file_free(&file);
}

/* A header of 2 MiB: several times its length, but no more. */
static void test_weights_merge__takes_memory_in_step_with_headers(void **state)
{
    static counting_allocator counts = {SIZE_MAX, 0, 0};
    weights_builder builder = {0};
    (void)state;
    for (int i = 0; i < 30000; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "tensor%d", i);
        weights_builder_add(&builder, name, "I8", 1, (const int64_t[]){1});
    }
    weights_file file = weights_builder_finish(&builder);
    write_file(&file);
    expect_success("counting", srnn_allocator_set(counting_allocate,
                                                  counting_free, &counts));
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 3, .H = 2});
    counts.peak = 0;
    expect_success("save", srnn_rnn_save(rnn, path, "rnn.", NULL));
    if (counts.peak > 5 * file.size + (1 << 20))
        fail_msg("a peak of %zu bytes for %zu", counts.peak, file.size);
    srnn_rnn_destroy(rnn);
    expect_success("plain", srnn_allocator_set(NULL, NULL, NULL));
    weights_file_free(&file);
}

/* Each allocation refused, alone and with all that follow. */
static void test_weights_merge__survives_every_failed_allocation(void **state)
{
    static const char *const metadata[] = {"b", "2", "a", "1", NULL};
    weights_file before = read_golden("saved_over.safetensors");
    int failures = 0;
    (void)state;
    failing_install();
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 3, .H = 2});
    write_file(&before);
    const long living = failing_living();
    for (int i = 0; failures == i; i++) {
        failing_refuse(i / 2 + 1, i % 2 == 0 ? i / 2 + 1 : LONG_MAX);
        const srnn_status status = srnn_rnn_save(rnn, path, "rnn.", metadata);
        failing_refuse(0, 0);
        assert_int_equal(failing_living(), living);
        assert_int_equal(temporary_clear(".simplernn-"), 0);
        if (status == SRNN_OK)
            break;
        expect_failure("save", status, SRNN_ERROR_NO_MEMORY,
                       (const char *[EXPECT_TEXTS]){"cannot allocate"});
        assert_true(temporary_holds("model", before.bytes, before.size));
        failures++;
    }
    assert_int_equal(failures, 2 * 6); /* keys, the old file, listing, header,
                                          reading it, buffer */
    check_loads("rnn.", rnn);
    srnn_rnn_destroy(rnn);
    weights_file_free(&before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_merge__gives_the_bytes_of_the_package),
        cmocka_unit_test(test_weights_merge__keeps_a_model_around_its_rnn),
        cmocka_unit_test(test_weights_merge__removes_its_own_stale_names),
        cmocka_unit_test(test_weights_merge__keeps_the_names_of_a_cell),
        cmocka_unit_test(test_weights_merge__states_its_own_direction),
        cmocka_unit_test(test_weights_merge__holds_several_rnns),
        cmocka_unit_test(test_weights_merge__adds_metadata),
        cmocka_unit_test(test_weights_merge__merges_with_what_links_point_to),
        cmocka_unit_test(test_weights_merge__takes_memory_for_the_header_alone),
        cmocka_unit_test(test_weights_merge__takes_memory_in_step_with_headers),
        cmocka_unit_test(test_weights_merge__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
