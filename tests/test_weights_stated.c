/* SPDX-License-Identifier: MIT */
/* What saving states of options: neither what had to be assumed, nor anything
 * that other rnns of the file would be read by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/config.h"
#include "support/expect.h"
#include "support/saved_file.h"
#include "support/small_rnn.h"
#include "support/temporary.h"

static const weights_topology plain = {3, 2, 1, 1, true, "F32", "rnn."};

static char path[512];

/* Metadata: key, text, ..., NULL; NULL for none. */
static void write_model(const weights_topology *topology,
                        const char *const *metadata)
{
    weights_builder builder = {0};
    weights_builder_add_rnn(&builder, topology, NULL);
    for (int i = 0; metadata != NULL && metadata[i] != NULL; i += 2)
        weights_builder_add_metadata(&builder, metadata[i], metadata[i + 1]);
    weights_file file = weights_builder_finish(&builder);
    (void)strcpy(path, temporary_write("model", file.bytes, file.size));
    weights_file_free(&file);
}

static srnn_status try_load(srnn_rnn **out, const char *prefix,
                            const srnn_config *config)
{
    srnn_weights *weights = NULL;
    expect_success("open", srnn_weights_open(&weights, path));
    const srnn_status status =
        srnn_rnn_create_from_weights(out, weights, prefix, config);
    srnn_weights_destroy(weights);
    return status;
}

static srnn_rnn *load(const char *prefix, const srnn_config *config)
{
    srnn_rnn *rnn = NULL;
    expect_success(prefix, try_load(&rnn, prefix, config));
    return rnn;
}

/* NULL for a text: there is no such key. */
static void check_text_of(const char *label, const char *key, const char *text)
{
    weights_file file = saved_file_read(path);
    if (!saved_file_states(&file, key, text))
        fail_msg("%s: \"%s\" is not %s", label, key,
                 text == NULL ? "absent" : text);
    weights_file_free(&file);
}

static void check_text(const char *key, const char *text)
{
    check_text_of("saved", key, text);
}

static void check_count(int count)
{
    weights_file file = saved_file_read(path);
    assert_int_equal(saved_file_count_metadata(&file), count);
    weights_file_free(&file);
}

static const srnn_option assumable[] = {
    SRNN_OPTION_NONLINEARITY, SRNN_OPTION_BATCH_FIRST, SRNN_OPTION_DROPOUT};

static void check_all_assumed(const srnn_rnn *rnn)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(srnn_rnn_origin(rnn, assumable[i]),
                         SRNN_ORIGIN_DEFAULT);
}

/* A relu model of which nobody says so is loaded as tanh. Saved a hundred times
 * it is still refused where options must be stated. */
static void test_weights_stated__does_not_state_what_was_assumed(void **state)
{
    static const char *const prefixes[] = {"rnn.", ""};
    (void)state;
    srnn_config *const strict = CONFIG({SRNN_OPTION_REQUIRE_STATED, 1});
    for (int i = 0; i < 4; i++) {
        const char *const prefix = prefixes[i % 2];
        weights_topology topology = plain;
        topology.prefix = prefix;
        write_model(&topology, NULL);
        srnn_rnn *const rnn = load(prefix, NULL);
        srnn_rnn *copy = NULL;
        srnn_rnn *refused = NULL;
        check_all_assumed(rnn);
        expect_success("clone", srnn_rnn_clone(&copy, rnn));
        expect_success("save",
                       i < 2 ? srnn_rnn_save(copy, path, prefix, NULL)
                             : srnn_rnn_save_alone(copy, path, prefix, NULL));
        expect_failure("strict", try_load(&refused, prefix, strict),
                       SRNN_ERROR_NOT_FOUND,
                       (const char *[EXPECT_TEXTS]){"states nonlinearity"});
        srnn_rnn *const again = load(prefix, NULL);
        check_all_assumed(again);
        small_rnn_check_equal(rnn, again);
        check_count(*prefix == '\0' ? 0 : 1); /* its direction */
        srnn_rnn_destroy(again);
        srnn_rnn_destroy(copy);
        srnn_rnn_destroy(rnn);
    }
    srnn_config_destroy(strict);
}

static void test_weights_stated__states_what_the_caller_stated(void **state)
{
    (void)state;
    write_model(&plain, NULL);
    srnn_config *const config =
        CONFIG({SRNN_OPTION_NONLINEARITY, SRNN_NONLINEARITY_RELU});
    srnn_rnn *rnn = load("rnn.", config);
    expect_success("save", srnn_rnn_save(rnn, path, "rnn.", NULL));
    check_text("rnn.nonlinearity", "relu");
    check_text("rnn.batch_first", NULL);
    check_text("rnn.dropout", NULL);
    srnn_rnn_destroy(rnn);
    /* Now the file states it, and goes on doing so. */
    rnn = load("rnn.", NULL);
    assert_int_equal(srnn_rnn_origin(rnn, SRNN_OPTION_NONLINEARITY),
                     SRNN_ORIGIN_FILE);
    expect_success("save", srnn_rnn_save(rnn, path, "rnn.", NULL));
    check_text("rnn.nonlinearity", "relu");
    check_text("rnn.batch_first", NULL);
    srnn_rnn_destroy(rnn);
    srnn_config_destroy(config);
}

static void test_weights_stated__states_dropout_of_the_caller(void **state)
{
    static const double values[] = {0, 0.25};
    static const char *const texts[] = {"0.0", "0.25"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        write_model(&plain, NULL);
        srnn_config *config = NULL;
        expect_success("config", srnn_config_create(&config));
        expect_success("dropout", srnn_config_set_real(
                                      config, SRNN_OPTION_DROPOUT, values[i]));
        srnn_rnn *const rnn = load("rnn.", config);
        expect_success("save", srnn_rnn_save(rnn, path, "rnn.", NULL));
        check_text("rnn.dropout", texts[i]);
        check_text("rnn.nonlinearity", NULL);
        check_count(2);
        srnn_rnn *const again = load("rnn.", NULL);
        small_rnn_check_equal(rnn, again);
        srnn_rnn_destroy(again);
        srnn_rnn_destroy(rnn);
        srnn_config_destroy(config);
    }
}

static void test_weights_stated__states_all_of_a_created_rnn(void **state)
{
    (void)state;
    srnn_rnn *rnn = NULL;
    expect_success("create", srnn_rnn_create(&rnn, 3, 2, NULL, 1));
    (void)strcpy(path, temporary_path("model"));
    expect_success("alone", srnn_rnn_save_alone(rnn, path, NULL, NULL));
    check_text("nonlinearity", "tanh");
    check_text("batch_first", "false");
    check_text("dropout", "0.0");
    check_count(3); /* names tell that it is forward */
    expect_success("alone", srnn_rnn_save_alone(rnn, path, "m.", NULL));
    check_text("m.nonlinearity", "tanh");
    check_text("m.batch_first", "false");
    check_text("m.dropout", "0.0");
    check_text("m.direction", "forward");
    check_count(4);
    srnn_rnn_destroy(rnn);
}

/* A text for all rnns of the file, there or new, would count for it. */
static void test_weights_stated__states_what_common_texts_change(void **state)
{
    static const char *const common[] = {"nonlinearity", "relu", NULL};
    (void)state;
    for (int i = 0; i < 2; i++) {
        write_model(&plain, NULL);
        srnn_rnn *const rnn = load("rnn.", NULL);
        write_model(&plain, i == 0 ? common : NULL);
        expect_success("save",
                       srnn_rnn_save(rnn, path, "m.", i == 0 ? NULL : common));
        check_text("nonlinearity", "relu");
        check_text("m.nonlinearity", "tanh");
        check_text("m.batch_first", NULL);
        srnn_rnn *const again = load("m.", NULL);
        small_rnn_check_equal(rnn, again);
        srnn_rnn_destroy(again);
        srnn_rnn_destroy(rnn);
    }
}

/* One rnn in a file, another saved beside it. */
typedef struct {
    const char *label;
    const char *before[3]; /* the metadata of the file */
    const char *prefix;    /* of what is saved */
    small_rnn saved;
    const char *metadata[3]; /* of the caller */
    const char *key;         /* that the rnn in the file has then, */
    const char *text;        /* or, for NULL, has not */
    srnn_direction names;    /* 0 for forward */
} neighbour;

static const neighbour neighbours[] = {
    {.label = "none before, another",
     .prefix = "",
     .saved = {.nonlinearity = SRNN_NONLINEARITY_RELU},
     .key = "rnn.nonlinearity",
     .text = "tanh"},
    {.label = "none before, as assumed",
     .prefix = "",
     .saved = {.dropout = 0.5},
     .key = "rnn.nonlinearity"},
    {.label = "none before, another dropout",
     .prefix = "",
     .saved = {.dropout = 0.5},
     .key = "rnn.dropout",
     .text = "0.0"},
    {.label = "none before, another batch_first",
     .prefix = "",
     .saved = {.batch_first = true},
     .key = "rnn.batch_first",
     .text = "false"},
    {.label = "replaced by another",
     .before = {"nonlinearity", "relu"},
     .prefix = "",
     .key = "rnn.nonlinearity",
     .text = "relu"},
    {.label = "replaced by the same",
     .before = {"batch_first", "True"},
     .prefix = "",
     .saved = {.batch_first = true},
     .key = "rnn.batch_first"},
    {.label = "replaced by the same number",
     .before = {"dropout", "5e-1"},
     .prefix = "",
     .saved = {.dropout = 0.5},
     .key = "rnn.dropout"},
    {.label = "kept as it is written",
     .before = {"dropout", "5e-1"},
     .prefix = "",
     .saved = {.dropout = 0.25},
     .key = "rnn.dropout",
     .text = "5e-1"},
    {.label = "never over its own",
     .before = {"rnn.nonlinearity", "tanh"},
     .prefix = "",
     .saved = {.nonlinearity = SRNN_NONLINEARITY_RELU},
     .key = "rnn.nonlinearity",
     .text = "tanh"},
    {.label = "under another prefix",
     .before = {"nonlinearity", "relu"},
     .prefix = "m.",
     .key = "rnn.nonlinearity"},
    {.label = "the caller's, none before",
     .prefix = "m.",
     .metadata = {"nonlinearity", "relu"},
     .key = "rnn.nonlinearity",
     .text = "tanh"},
    {.label = "the caller's, none before, as assumed",
     .prefix = "m.",
     .metadata = {"nonlinearity", "tanh"},
     .key = "rnn.nonlinearity"},
    {.label = "the caller's, another before",
     .before = {"batch_first", "true"},
     .prefix = "m.",
     .metadata = {"batch_first", "false"},
     .key = "rnn.batch_first",
     .text = "true"},
    {.label = "the caller's, which is nonsense",
     .before = {"dropout", "0.5"},
     .prefix = "m.",
     .metadata = {"dropout", "half"},
     .key = "rnn.dropout",
     .text = "0.5"},
    {.label = "a direction before, and none",
     .before = {"direction", "reverse"},
     .prefix = "",
     .key = "rnn.direction",
     .text = "reverse"},
    {.label = "a direction that names tell, and none",
     .before = {"direction", "forward"},
     .prefix = "",
     .key = "rnn.direction"},
    {.label = "a direction of the caller",
     .prefix = "m.",
     .metadata = {"direction", "reverse"},
     .key = "rnn.direction",
     .text = "forward"},
    {.label = "a direction that contradicts names",
     .prefix = "m.",
     .metadata = {"direction", "reverse"},
     .key = "rnn.direction",
     .text = "bidirectional",
     .names = SRNN_DIRECTION_BIDIRECTIONAL},
    {.label = "another that contradicts names",
     .prefix = "m.",
     .metadata = {"direction", "forward"},
     .key = "rnn.direction",
     .text = "reverse",
     .names = SRNN_DIRECTION_REVERSE},
    {.label = "a direction that does not",
     .prefix = "m.",
     .metadata = {"direction", "reverse"},
     .key = "rnn.direction",
     .names = SRNN_DIRECTION_REVERSE},
};

static void write_neighbour(const neighbour *n)
{
    static const char *const forward[] = {"weight_ih_l0", "weight_hh_l0",
                                          "bias_ih_l0", "bias_hh_l0", NULL};
    weights_topology topology = plain;
    weights_builder builder = {0};
    topology.D = n->names == 0 ? 1 : 2;
    weights_builder_add_rnn(&builder, &topology,
                            n->names == SRNN_DIRECTION_REVERSE ? forward
                                                               : NULL);
    for (int i = 0; n->before[i] != NULL; i += 2)
        weights_builder_add_metadata(&builder, n->before[i], n->before[i + 1]);
    weights_file file = weights_builder_finish(&builder);
    (void)strcpy(path, temporary_write("model", file.bytes, file.size));
    weights_file_free(&file);
}

static void check_neighbour(const neighbour *n)
{
    small_rnn of = n->saved;
    of.I = 4;
    of.H = 3;
    write_neighbour(n);
    srnn_rnn *const before = load("rnn.", NULL);
    srnn_rnn *const rnn = small_rnn_create(&of);
    expect_success(n->label, srnn_rnn_save(rnn, path, n->prefix, n->metadata));
    srnn_rnn *const after = load("rnn.", NULL);
    check_text_of(n->label, n->key, n->text);
    small_rnn_check_equal(before, after);
    for (int i = 0; i < 3; i++)
        if (srnn_rnn_origin(before, assumable[i]) != SRNN_ORIGIN_DEFAULT)
            assert_int_equal(srnn_rnn_origin(after, assumable[i]),
                             SRNN_ORIGIN_FILE);
    srnn_rnn_destroy(after);
    srnn_rnn_destroy(rnn);
    srnn_rnn_destroy(before);
}

static void test_weights_stated__keeps_the_options_of_other_rnns(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof neighbours / sizeof *neighbours; i++)
        check_neighbour(&neighbours[i]);
}

/* An rnn that assumes takes the common text with it, which stated others. */
static void test_weights_stated__keeps_texts_of_other_rnns(void **state)
{
    static const char *const common[] = {"nonlinearity", "tanh", NULL};
    weights_topology topology = plain;
    (void)state;
    topology.prefix = "";
    write_model(&topology, NULL);
    srnn_rnn *const rnn = load("", NULL);
    write_model(&plain, common);
    expect_success("save", srnn_rnn_save(rnn, path, "", NULL));
    check_text("nonlinearity", NULL);
    check_text("rnn.nonlinearity", "tanh");
    check_text("rnn.batch_first", NULL);
    check_count(1);
    srnn_rnn_destroy(rnn);
}

/* Every kind of name by which an rnn or a cell is known, each once. */
static void test_weights_stated__recognises_other_rnns_by_name(void **state)
{
    static const char *const names[] = {"a.weight_ih_l0",
                                        "a.weight_ih_l0_reverse",
                                        "a.weight_ih",
                                        "b.weight_ih_l0_reverse",
                                        "b.weight_ih",
                                        "c.weight_ih",
                                        "weight_ih_l0.weight_ih_l0",
                                        "d.weight_hh",
                                        "e.weight_ih_l1",
                                        "weight_ih",
                                        "long.",
                                        "long.er.weight_ih_l0"};
    static const char *const keys[] = {
        "a.nonlinearity", "b.nonlinearity", "c.nonlinearity",
        "weight_ih_l0.nonlinearity", "long.er.nonlinearity"};
    weights_builder builder = {0};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        weights_builder_add(&builder, names[i], "I8", 1, (const int64_t[]){1});
    weights_builder_add_metadata(&builder, "nonlinearity", "relu");
    weights_file file = weights_builder_finish(&builder);
    (void)strcpy(path, temporary_write("model", file.bytes, file.size));
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 3, .H = 2});
    for (int i = 0; i < 2; i++) { /* the second time changes nothing */
        expect_success("save", srnn_rnn_save(rnn, path, "", NULL));
        for (size_t j = 0; j < sizeof keys / sizeof *keys; j++)
            check_text(keys[j], "relu");
        check_count(3 + sizeof keys / sizeof *keys);
    }
    srnn_rnn_destroy(rnn);
    weights_file_free(&file);
}

/* A long key is shortened in the middle. */
static void test_weights_stated__says_where_under_a_long_prefix(void **state)
{
    static char prefix[601];
    weights_topology topology = plain;
    srnn_rnn *refused = NULL;
    (void)state;
    srnn_config *const strict = CONFIG({SRNN_OPTION_REQUIRE_STATED, 1});
    memset(prefix, 'a', sizeof prefix - 1);
    (void)strcpy(prefix + sizeof prefix - 5, "end.");
    topology.prefix = prefix;
    write_model(&topology, NULL);
    expect_failure("long", try_load(&refused, prefix, strict),
                   SRNN_ERROR_NOT_FOUND,
                   (const char *[EXPECT_TEXTS]){"...aaaaend.nonlinearity\"",
                                                "...aaaaaend.batch_first\""});
    srnn_config_destroy(strict);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_stated__does_not_state_what_was_assumed),
        cmocka_unit_test(test_weights_stated__states_what_the_caller_stated),
        cmocka_unit_test(test_weights_stated__states_dropout_of_the_caller),
        cmocka_unit_test(test_weights_stated__states_all_of_a_created_rnn),
        cmocka_unit_test(test_weights_stated__states_what_common_texts_change),
        cmocka_unit_test(test_weights_stated__keeps_the_options_of_other_rnns),
        cmocka_unit_test(test_weights_stated__keeps_texts_of_other_rnns),
        cmocka_unit_test(test_weights_stated__recognises_other_rnns_by_name),
        cmocka_unit_test(test_weights_stated__says_where_under_a_long_prefix),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
