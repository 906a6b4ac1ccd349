/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind, no-qemu */
/* Random models: tensors of all types and metadata, several rnns saved into one
 * file in random order, some of them twice. What is nobody's stays byte for
 * byte, and each rnn comes back bit for bit. */
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
#include "support/draws.h"
#include "support/expect.h"
#include "support/saved_file.h"
#include "support/small_rnn.h"
#include "support/temporary.h"
#include "support/tools.h"

enum {
    CASES = TOOL_CASES(400),
    TEST = 9,
    NAMES = 24,
    KEYS = 12,
    RNNS = 4,
    MAX_LAYERS = 3
};

static const char *const prefixes[RNNS] = {"", "a.", "a.b.", "q\"\xc3\xa9\n."};

/* Of these, those that an rnn or a cell under one of the prefixes could have
 * are in owned. */
static const char *const names[NAMES] = {
    "w",
    "fc.weight",
    "",
    "a",
    "a.",
    "a.fc",
    "a.b.fc",
    "weight_ih_l00",
    "a.weight_ih_l65535",
    "a.b.bias_hh_l0_",
    "q\"\xc3\xa9\n.h0",
    "\x7f\x01\\/",
    "zeta.weight_ih_l0",
    "A.bias_ih",
    "a.b.c.weight_hh_l1",
    "b.weight_ih_l0_reverse",
    /* owned from here on */
    "weight_ih_l7",
    "a.weight_ih_l3",
    "a.b.bias_hh_l65534_reverse",
    "q\"\xc3\xa9\n.weight_hh",
    "bias_ih",
    "a.bias_hh_l2_reverse",
    "a.b.weight_ih",
    "q\"\xc3\xa9\n.weight_ih_l9",
};

/* The owner of a name or a key, an index of prefixes; -1 for nobody. */
static const int owners[NAMES] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                  -1, -1, -1, -1, -1, -1, -1, -1,
                                  0,  1,  2,  3,  0,  1,  2,  3};

static const char *const keys[KEYS] = {
    "format", "", "a.bias", "\xe2\x82\xac\t", "b.dropout", "note",
    /* owned from here on */
    "nonlinearity", "a.direction", "a.b.dropout", "q\"\xc3\xa9\n.batch_first",
    "direction", "a.nonlinearity"};

static const int key_owners[KEYS] = {-1, -1, -1, -1, -1, -1, 0, 1, 2, 3, 0, 1};

/* JSON's form of a text. */
static void escape(char *out, const char *text)
{
    for (; *text != '\0'; text++)
        out += strchr("\"\\", *text) != NULL ? sprintf(out, "\\%c", *text)
               : (unsigned char)*text < 0x20
                   ? sprintf(out, "\\u%04x", (unsigned)*text)
                   : sprintf(out, "%c", *text);
    *out = '\0';
}

/* Options that may be assumed, and their keys for all rnns of a file. */
enum { OPTIONS = 3 };

static const srnn_option options[OPTIONS] = {
    SRNN_OPTION_NONLINEARITY, SRNN_OPTION_BATCH_FIRST, SRNN_OPTION_DROPOUT};

static const char *const common[OPTIONS] = {"nonlinearity", "batch_first",
                                            "dropout"};

typedef struct {
    bool has_name[NAMES], has_key[KEYS];
    bool had_common[OPTIONS]; /* now or before: then more may be stated */
    bool was_odd;             /* the first text under "nonlinearity" */
    srnn_rnn *rnns[RNNS];     /* the latest that was saved, else NULL */
} model;

static void add_tensor(weights_builder *builder, draws *d, const char *name)
{
    unsigned char bytes[512];
    char escaped[128];
    const int64_t size = 24 * draws_below(d, 21); /* whole for 4 and 6 bits */
    int types = 0;
    while (weights_type(types) != NULL)
        types++;
    for (int64_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)draws_below(d, 256);
    escape(escaped, name);
    weights_builder_add_bytes(builder, escaped,
                              weights_type((int)draws_below(d, types)), bytes,
                              (size_t)size);
}

/* A file in which tensors and keys lie in random order. */
static weights_file make_file(model *m, draws *d)
{
    weights_builder builder = {0};
    for (int64_t i = 0, at = draws_below(d, NAMES); i < NAMES; i++) {
        at = (at + 7) % NAMES;
        m->has_name[at] = draws_below(d, 3) > 0;
        if (m->has_name[at])
            add_tensor(&builder, d, names[at]);
    }
    for (int64_t i = 0, at = draws_below(d, KEYS); i < KEYS; i++) {
        char escaped[128];
        at = (at + 5) % KEYS;
        m->has_key[at] = draws_below(d, 3) > 0;
        escape(escaped, keys[at]);
        if (m->has_key[at])
            weights_builder_add_metadata(&builder, escaped, "kept \\u20ac");
    }
    m->was_odd = m->has_key[6];
    m->had_common[0] = m->was_odd;
    return weights_builder_finish(&builder);
}

static srnn_rnn *make_rnn(draws *d)
{
    small_rnn of = {0};
    of.I = 1 + draws_below(d, 5);
    of.H = 1 + draws_below(d, 5);
    of.L = 1 + draws_below(d, MAX_LAYERS);
    of.direction = (srnn_direction)(SRNN_DIRECTION_FORWARD + draws_below(d, 3));
    of.dtype = draws_dtype(d);
    of.nonlinearity = draws_nonlinearity(d);
    of.no_bias = draws_below(d, 2) == 0;
    of.batch_first = draws_below(d, 2) == 0;
    of.dropout = (double)draws_below(d, 100) / 99;
    of.seed = (uint64_t)draws_below(d, 1000);
    return small_rnn_create(&of);
}

/* An rnn that was read from the names of a cell, forward or reverse. */
static srnn_rnn *make_cell(draws *d)
{
    const int64_t I = 1 + draws_below(d, 4), H = 1 + draws_below(d, 4);
    weights_builder builder = {0};
    weights_builder_add(&builder, "weight_ih", "F32", 2,
                        (const int64_t[]){H, I});
    weights_builder_add(&builder, "weight_hh", "F64", 2,
                        (const int64_t[]){H, H});
    if (draws_below(d, 2) == 0)
        weights_builder_add(&builder, "bias_hh", "F16", 1,
                            (const int64_t[]){H});
    if (draws_below(d, 2) == 0)
        weights_builder_add_metadata(&builder, "direction", "reverse");
    weights_file file = weights_builder_finish(&builder);
    srnn_rnn *const rnn = small_rnn_load(&file, NULL);
    weights_file_free(&file);
    return rnn;
}

static bool is_stated(const srnn_rnn *rnn, int option)
{
    return srnn_rnn_origin(rnn, options[option]) != SRNN_ORIGIN_DEFAULT;
}

static void save(model *m, draws *d, const char *path, int number)
{
    static const char *const metadata[][3] = {
        {NULL}, {"note", "new", NULL}, {"nonlinearity", "relu", NULL}};
    const int64_t added = draws_below(d, 6);
    const bool is_noted = added == 1;
    /* It would be an option of the rnn under "". */
    const bool is_common = added == 2 && number != 0 && m->rnns[0] == NULL;
    srnn_rnn_destroy(m->rnns[number]);
    m->rnns[number] = draws_below(d, 4) == 0 ? make_cell(d) : make_rnn(d);
    expect_success("save",
                   srnn_rnn_save(m->rnns[number], path, prefixes[number],
                                 metadata[is_common ? 2 : is_noted]));
    for (int i = 0; i < NAMES; i++)
        m->has_name[i] &= owners[i] != number;
    for (int i = 0; i < KEYS; i++)
        m->has_key[i] &= key_owners[i] != number;
    m->has_key[5] |= is_noted;
    m->has_key[6] &= !is_common;
    m->had_common[0] |= is_common;
    for (int i = 0; number == 0 && i < OPTIONS; i++)
        m->had_common[i] |= is_stated(m->rnns[0], i);
}

/* What was stated is, what was assumed is not, unless a text for all rnns of
 * the file came or was there. */
static void check_origins(const model *m, const srnn_rnn *wanted,
                          const srnn_rnn *got)
{
    for (int i = 0; i < OPTIONS; i++) {
        if (is_stated(wanted, i))
            assert_int_equal(srnn_rnn_origin(got, options[i]),
                             SRNN_ORIGIN_FILE);
        else if (!m->had_common[i])
            assert_int_equal(srnn_rnn_origin(got, options[i]),
                             SRNN_ORIGIN_DEFAULT);
    }
}

static void check_loads(const model *m, const char *path, int number)
{
    srnn_weights *weights = NULL;
    srnn_rnn *rnn = NULL;
    const srnn_rnn *const wanted = m->rnns[number];
    srnn_config *const config =
        CONFIG({SRNN_OPTION_ALLOW_EXTRA, 1},
               {SRNN_OPTION_REQUIRE_STATED,
                is_stated(wanted, 0) && is_stated(wanted, 1)});
    expect_success("open", srnn_weights_open(&weights, path));
    expect_success(
        prefixes[number],
        srnn_rnn_create_from_weights(&rnn, weights, prefixes[number], config));
    small_rnn_check_equal(wanted, rnn);
    check_origins(m, wanted, rnn);
    srnn_rnn_destroy(rnn);
    srnn_config_destroy(config);
    srnn_weights_destroy(weights);
}

/* An rnn that was in the file, and is never saved, has the text that counted
 * for it, or what was assumed. */
static void check_stranger(const model *m, const weights_file *file, int name,
                           const char *key)
{
    const char *const text = m->was_odd ? "kept \xe2\x82\xac" : "tanh";
    if (m->has_name[name] && !saved_file_states(file, key, text)) {
        assert_true(saved_file_states(file, key, NULL));
        assert_true(saved_file_states(file, common[0], text) ||
                    (!m->was_odd && saved_file_states(file, common[0], NULL)));
    }
}

static void check_file(const model *m, const weights_file *before,
                       const char *path)
{
    weights_file after = saved_file_read(path);
    int64_t tensors = 0;
    for (int i = 0; i < NAMES; i++) {
        tensors += m->has_name[i];
        if (m->has_name[i])
            saved_file_check_same(before, &after, names[i]);
    }
    for (int i = 0; i < KEYS; i++)
        if (m->has_key[i] && i != 5)
            assert_true(
                saved_file_states(&after, keys[i], "kept \xe2\x82\xac"));
    for (int i = 0; i < RNNS; i++)
        if (m->rnns[i] != NULL) {
            check_loads(m, path, i);
            tensors += srnn_rnn_parameter_count(m->rnns[i]);
        }
    check_stranger(m, &after, 12, "zeta.nonlinearity");
    check_stranger(m, &after, 15, "b.nonlinearity");
    assert_int_equal(saved_file_count(&after), tensors);
    weights_file_free(&after);
}

/* Saving what is there already changes no byte; what was assumed may be stated
 * once more or once less, as a text for all rnns has come or gone. */
static void check_again(const model *m, const char *path)
{
    for (int i = 0; i < 2 * RNNS; i++) {
        srnn_rnn *const rnn = m->rnns[i % RNNS];
        weights_file one = saved_file_read(path);
        if (rnn != NULL)
            expect_success("again",
                           srnn_rnn_save(rnn, path, prefixes[i % RNNS], NULL));
        weights_file other = saved_file_read(path);
        if (i >= RNNS || rnn == NULL ||
            (is_stated(rnn, 0) && is_stated(rnn, 1) && is_stated(rnn, 2))) {
            assert_int_equal(one.size, other.size);
            assert_memory_equal(one.bytes, other.bytes, one.size);
        }
        weights_file_free(&one);
        weights_file_free(&other);
    }
}

static void test_weights_merge_random__keeps_random_models(void **state)
{
    (void)state;
    for (int i = 0; i < CASES; i++) {
        draws d = draws_of(i, TEST);
        model m = {0};
        char path[512];
        weights_file before = make_file(&m, &d);
        (void)strcpy(path, temporary_write("model", before.bytes, before.size));
        for (int64_t left = 1 + draws_below(&d, 6); left > 0; left--) {
            save(&m, &d, path, (int)draws_below(&d, RNNS));
            check_file(&m, &before, path);
        }
        check_again(&m, path);
        for (int j = 0; j < RNNS; j++)
            srnn_rnn_destroy(m.rnns[j]);
        weights_file_free(&before);
    }
    assert_int_equal(temporary_clear(".simplernn-"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_merge_random__keeps_random_models),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
