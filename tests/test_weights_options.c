/* SPDX-License-Identifier: MIT */
/* The options of an rnn in a file that neither names nor shapes tell: who wins
 * where the metadata and the config state them, and who is named for it. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/config.h"
#include "support/expect.h"
#include "support/made_locale.h"
#include "support/small_rnn.h"
#include "support/temporary.h"
#include "support/weights_file.h"

enum {
    TANH = SRNN_NONLINEARITY_TANH,
    RELU = SRNN_NONLINEARITY_RELU,
    FORWARD = SRNN_DIRECTION_FORWARD,
    REVERSE = SRNN_DIRECTION_REVERSE,
    BOTH = SRNN_DIRECTION_BIDIRECTIONAL,
    NONLINEARITY = SRNN_OPTION_NONLINEARITY,
    BATCH_FIRST = SRNN_OPTION_BATCH_FIRST,
    DIRECTION = SRNN_OPTION_DIRECTION,
    DEFAULT = SRNN_ORIGIN_DEFAULT,
    IN_FILE = SRNN_ORIGIN_FILE,
    CALLER = SRNN_ORIGIN_CALLER
};

/* A file with an rnn under "decoder." and this metadata: up to three keys and
 * texts. The directions of its names: 1 forward, 2 reverse, 3 both. */
typedef struct {
    const char *label;
    int directions;
    const char *metadata[6];
    config_setting config[2]; /* option 0: none */
} request;

static srnn_weights *open_request(const request *r, weights_file *file)
{
    static const char *const forward[] = {"weight_ih_l0", "weight_hh_l0",
                                          "bias_ih_l0", "bias_hh_l0", NULL};
    const weights_topology of = {
        4, 2, 1, r->directions == 1 ? 1 : 2, true, "F32", "decoder."};
    weights_builder builder = {0};
    srnn_weights *weights = NULL;
    weights_builder_add_rnn(&builder, &of, r->directions == 2 ? forward : NULL);
    for (int i = 0; i < 6 && r->metadata[i] != NULL; i += 2)
        weights_builder_add_metadata(&builder, r->metadata[i],
                                     r->metadata[i + 1]);
    *file = weights_builder_finish(&builder);
    expect_success(r->label,
                   srnn_weights_open_memory(&weights, file->bytes, file->size));
    return weights;
}

static srnn_status load(srnn_rnn **out, const request *r)
{
    weights_file file;
    srnn_weights *const weights = open_request(r, &file);
    srnn_config *const config = CONFIG(r->config[0], r->config[1]);
    *out = (srnn_rnn *)(void *)&file;
    const srnn_status status =
        srnn_rnn_create_from_weights(out, weights, "decoder.", config);
    srnn_config_destroy(config);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
    assert_int_equal(*out == NULL, status != SRNN_OK);
    return status;
}

typedef struct {
    srnn_option option;
    int64_t value;
    srnn_origin origin;
} outcome;

static void expect_outcome(const char *label, const srnn_rnn *rnn,
                           outcome wanted)
{
    int64_t value = -1;
    expect_success(label, srnn_rnn_get_int(&value, rnn, wanted.option));
    const srnn_origin origin = srnn_rnn_origin(rnn, wanted.option);
    if (value != wanted.value || origin != wanted.origin)
        fail_msg("%s: %s is %d by %d, expected %d by %d", label,
                 srnn_constant_name(wanted.option), (int)value, (int)origin,
                 (int)wanted.value, (int)wanted.origin);
}

static const struct {
    request r;
    outcome wanted;
} statements[] = {
    {{"nobody", 1, {NULL}, {{0, 0}}}, {NONLINEARITY, TANH, DEFAULT}},
    {{"nobody", 1, {NULL}, {{0, 0}}}, {BATCH_FIRST, 0, DEFAULT}},
    {{"plain", 1, {"nonlinearity", "relu"}, {{0, 0}}},
     {NONLINEARITY, RELU, IN_FILE}},
    {{"plain tanh", 1, {"nonlinearity", "tanh"}, {{0, 0}}},
     {NONLINEARITY, TANH, IN_FILE}},
    {{"prefix over plain",
      1,
      {"nonlinearity", "tanh", "decoder.nonlinearity", "relu"},
      {{0, 0}}},
     {NONLINEARITY, RELU, IN_FILE}},
    {{"prefix over unreadable plain",
      1,
      {"decoder.nonlinearity", "relu", "nonlinearity", "gelu"},
      {{0, 0}}},
     {NONLINEARITY, RELU, IN_FILE}},
    {{"prefix alone", 1, {"decoder.batch_first", "true"}, {{0, 0}}},
     {BATCH_FIRST, 1, IN_FILE}},
    {{"of another rnn",
      1,
      {"encoder.batch_first", "true", "decoder.nonlinearity", "relu"},
      {{0, 0}}},
     {BATCH_FIRST, 0, DEFAULT}},
    {{"prefix without the point", 1, {"decoderbatch_first", "true"}, {{0, 0}}},
     {BATCH_FIRST, 0, DEFAULT}},
    {{"str(True)", 1, {"batch_first", "True"}, {{0, 0}}},
     {BATCH_FIRST, 1, IN_FILE}},
    {{"str(False)",
      1,
      {"decoder.batch_first", "False", "batch_first", "true"},
      {{0, 0}}},
     {BATCH_FIRST, 0, IN_FILE}},
    {{"config", 1, {NULL}, {{NONLINEARITY, TANH}}},
     {NONLINEARITY, TANH, CALLER}},
    {{"config over prefix",
      1,
      {"decoder.nonlinearity", "relu"},
      {{NONLINEARITY, TANH}}},
     {NONLINEARITY, TANH, CALLER}},
    {{"config over plain", 1, {"batch_first", "true"}, {{BATCH_FIRST, 0}}},
     {BATCH_FIRST, 0, CALLER}},
    {{"config over an unreadable text",
      1,
      {"nonlinearity", "gelu"},
      {{NONLINEARITY, RELU}}},
     {NONLINEARITY, RELU, CALLER}},
    {{"config over an unreadable text under the prefix",
      1,
      {"decoder.batch_first", "1"},
      {{BATCH_FIRST, 1}}},
     {BATCH_FIRST, 1, CALLER}},
};

/* One option each; the config says, then the key with the prefix, then the one
 * without, then nobody. */
static void test_weights_options__come_from_who_states_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        srnn_rnn *rnn = NULL;
        expect_success(statements[i].r.label, load(&rnn, &statements[i].r));
        expect_outcome(statements[i].r.label, rnn, statements[i].wanted);
        srnn_rnn_destroy(rnn);
    }
}

/* Names, shapes and types state the others, unless the config does. */
static void test_weights_options__takes_sizes_from_the_file(void **state)
{
    static const srnn_option options[] = {
        SRNN_OPTION_INPUT_SIZE, SRNN_OPTION_HIDDEN_SIZE, SRNN_OPTION_NUM_LAYERS,
        SRNN_OPTION_BIAS,       SRNN_OPTION_DIRECTION,   SRNN_OPTION_DTYPE};
    static const int64_t values[] = {4, 2, 1, 1, FORWARD, SRNN_DTYPE_FLOAT32};
    (void)state;
    for (int i = -1; i < 6; i++) {
        request r = {"sizes", 1, {NULL}, {{0, 0}}};
        srnn_rnn *rnn = NULL;
        if (i >= 0) {
            r.config[0].option = options[i];
            r.config[0].value = values[i];
        }
        expect_success("sizes", load(&rnn, &r));
        for (int j = 0; j < 6; j++)
            expect_outcome(
                "sizes", rnn,
                (outcome){options[j], values[j], i == j ? CALLER : IN_FILE});
        assert_int_equal(srnn_rnn_origin(rnn, SRNN_OPTION_DROPOUT), DEFAULT);
        assert_int_equal(srnn_rnn_origin(rnn, SRNN_OPTION_REQUIRE_STATED), 0);
        assert_int_equal(srnn_rnn_origin(rnn, SRNN_OPTION_ALLOW_EXTRA), 0);
        srnn_rnn *copy = NULL;
        expect_success("clone", srnn_rnn_clone(&copy, rnn));
        for (srnn_option o = 1; o <= SRNN_OPTION_DROPOUT; o++)
            assert_int_equal(srnn_rnn_origin(rnn, o), srnn_rnn_origin(copy, o));
        srnn_rnn_destroy(copy);
        srnn_rnn_destroy(rnn);
    }
}

static void test_weights_options__tells_what_ignores_a_bad_text(void **state)
{
    static const struct {
        request r;
        const char *texts[EXPECT_TEXTS];
    } cases[] = {
        {{"nonlinearity", 1, {"nonlinearity", "gelu"}, {{0, 0}}},
         {"\"nonlinearity\"", "\"gelu\", expected \"tanh\" or \"relu\"",
          "set SRNN_OPTION_NONLINEARITY"}},
        {{"prefix",
          1,
          {"decoder.nonlinearity", "TANH", "nonlinearity", "tanh"},
          {{0, 0}}},
         {"\"decoder.nonlinearity\"", "\"TANH\"",
          "set SRNN_OPTION_NONLINEARITY"}},
        {{"batch_first", 1, {"batch_first", "1"}, {{0, 0}}},
         {"\"batch_first\"", "\"1\", expected \"false\" or \"true\"",
          "set SRNN_OPTION_BATCH_FIRST"}},
        {{"another is set", 1, {"batch_first", ""}, {{NONLINEARITY, TANH}}},
         {"\"batch_first\"", "\"\", expected", "set SRNN_OPTION_BATCH_FIRST"}},
        {{"dropout", 1, {"dropout", "0,5"}, {{0, 0}}},
         {"\"dropout\"", "\"0,5\", expected a number from 0 to 1",
          "set SRNN_OPTION_DROPOUT"}},
        {{"direction", 1, {"direction", "north"}, {{0, 0}}},
         {"\"direction\"", "\"north\"", "\"forward\" or \"reverse\"",
          "set SRNN_OPTION_DIRECTION"}},
        {{"direction against names", 1, {"direction", "bidirectional"}, {{0}}},
         {"\"direction\"", "\"bidirectional\", but the names",
          "those of a forward rnn", "set SRNN_OPTION_DIRECTION"}},
        {{"forward against _reverse", 2, {"direction", "forward"}, {{0, 0}}},
         {"\"forward\", but the names", "those of a reverse rnn",
          "set SRNN_OPTION_DIRECTION"}},
        {{"reverse against both",
          3,
          {"decoder.direction", "reverse"},
          {{0, 0}}},
         {"\"decoder.direction\"", "\"reverse\", but the names",
          "those of a bidirectional rnn", "set SRNN_OPTION_DIRECTION"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        srnn_rnn *rnn = NULL;
        expect_failure(cases[i].r.label, load(&rnn, &cases[i].r),
                       SRNN_ERROR_FORMAT, cases[i].texts);
    }
}

static void test_weights_options__finds_the_direction(void **state)
{
    static const struct {
        request r;
        outcome wanted;
    } cases[] = {
        {{"plain names", 1, {NULL}, {{0, 0}}}, {DIRECTION, FORWARD, IN_FILE}},
        {{"_reverse", 2, {NULL}, {{0, 0}}}, {DIRECTION, REVERSE, IN_FILE}},
        {{"both", 3, {NULL}, {{0, 0}}}, {DIRECTION, BOTH, IN_FILE}},
        {{"stated", 1, {"direction", "reverse"}, {{0, 0}}},
         {DIRECTION, REVERSE, IN_FILE}},
        {{"stated for this one",
          1,
          {"decoder.direction", "reverse", "direction", "forward"},
          {{0, 0}}},
         {DIRECTION, REVERSE, IN_FILE}},
        {{"stated for another one",
          1,
          {"direction", "reverse", "decoder.direction", "forward"},
          {{0, 0}}},
         {DIRECTION, FORWARD, IN_FILE}},
        {{"agrees", 2, {"direction", "reverse"}, {{0, 0}}},
         {DIRECTION, REVERSE, IN_FILE}},
        {{"agrees", 3, {"direction", "bidirectional"}, {{0}}},
         {DIRECTION, BOTH, IN_FILE}},
        {{"config", 1, {NULL}, {{DIRECTION, REVERSE}}},
         {DIRECTION, REVERSE, CALLER}},
        {{"config wins", 1, {"direction", "reverse"}, {{DIRECTION, FORWARD}}},
         {DIRECTION, FORWARD, CALLER}},
        {{"config wins", 1, {"direction", "forward"}, {{DIRECTION, REVERSE}}},
         {DIRECTION, REVERSE, CALLER}},
        {{"config wins", 2, {"direction", "north"}, {{DIRECTION, REVERSE}}},
         {DIRECTION, REVERSE, CALLER}},
        {{"config wins", 3, {"direction", "forward"}, {{DIRECTION, BOTH}}},
         {DIRECTION, BOTH, CALLER}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        srnn_rnn *rnn = NULL;
        expect_success(cases[i].r.label, load(&rnn, &cases[i].r));
        expect_outcome(cases[i].r.label, rnn, cases[i].wanted);
        assert_string_equal(srnn_rnn_parameter_name(rnn, 0),
                            cases[i].wanted.value == REVERSE
                                ? "weight_ih_l0_reverse"
                                : "weight_ih_l0");
        const float *const first = srnn_rnn_parameter_data(rnn, 0);
        assert_true((double)*first ==
                    weights_value(cases[i].r.directions == 2
                                      ? "decoder.weight_ih_l0_reverse"
                                      : "decoder.weight_ih_l0",
                                  0));
        srnn_rnn_destroy(rnn);
    }
}

static void test_weights_options__refuses_another_direction(void **state)
{
    static const char *const words[] = {"\"forward\"", "\"reverse\"",
                                        "\"bidirectional\""};
    (void)state;
    for (int i = 0; i < 9; i++) {
        const int file = i / 3, config = i % 3;
        const request r = {
            "direction", file + 1, {NULL}, {{DIRECTION, FORWARD + config}}};
        srnn_rnn *rnn = NULL;
        if (file == config || (file == 0 && config == 1))
            continue;
        expect_failure("direction", load(&rnn, &r), SRNN_ERROR_SHAPE,
                       (const char *[EXPECT_TEXTS]){"direction is", words[file],
                                                    "config says",
                                                    words[config]});
    }
}

static void test_weights_options__assumes_nothing_if_so_required(void **state)
{
    static const struct {
        request r;
        const char *texts[EXPECT_TEXTS];
    } cases[] = {
        {{"none", 1, {NULL}, {{SRNN_OPTION_REQUIRE_STATED, 1}}},
         {"neither the config nor the file states nonlinearity or "
          "batch_first: ",
          "set SRNN_OPTION_NONLINEARITY and SRNN_OPTION_BATCH_FIRST, or write "
          "into the metadata \"tanh\" or \"relu\"",
          " under \"nonlinearity\" or \"decoder.nonlinearity\"",
          " and \"false\" or \"true\" under \"batch_first\" or "
          "\"decoder.batch_first\""}},
        {{"batch_first",
          1,
          {"batch_first", "true", "dropout", "0.5"},
          {{SRNN_OPTION_REQUIRE_STATED, 1}}},
         {"states nonlinearity"}},
        {{"nonlinearity by the file",
          1,
          {"decoder.nonlinearity", "relu"},
          {{SRNN_OPTION_REQUIRE_STATED, 1}}},
         {"neither the config nor the file states batch_first",
          "set SRNN_OPTION_BATCH_FIRST", "\"false\" or \"true\""}},
        {{"nonlinearity by the config",
          1,
          {"encoder.batch_first", "true"},
          {{SRNN_OPTION_REQUIRE_STATED, 1}, {NONLINEARITY, RELU}}},
         {"states batch_first"}},
    };
    static const request stated[] = {
        {"by the file",
         1,
         {"nonlinearity", "relu", "decoder.batch_first", "False"},
         {{SRNN_OPTION_REQUIRE_STATED, 1}}},
        {"by both",
         1,
         {"nonlinearity", "relu"},
         {{SRNN_OPTION_REQUIRE_STATED, 1}, {BATCH_FIRST, 0}}},
        {"not required", 1, {NULL}, {{SRNN_OPTION_REQUIRE_STATED, 0}}},
    };
    srnn_rnn *rnn = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_failure(cases[i].r.label, load(&rnn, &cases[i].r),
                       SRNN_ERROR_NOT_FOUND, cases[i].texts);
    for (size_t i = 0; i < sizeof stated / sizeof *stated; i++) {
        expect_success(stated[i].label, load(&rnn, &stated[i]));
        srnn_rnn_destroy(rnn);
    }
}

static double dropout_of(const srnn_rnn *rnn)
{
    double value = -1;
    expect_success("get", srnn_rnn_get_real(&value, rnn, SRNN_OPTION_DROPOUT));
    return value;
}

static void test_weights_options__reads_dropout(void **state)
{
    static const struct {
        const char *text;
        double wanted; /* below 0: refused */
    } cases[] = {
        {"0.2", 0.2},
        {"0.0", 0},
        {"0", 0},
        {"1", 1},
        {"1.0", 1},
        {"1e-05", 1e-05},
        {"5E-1", 0.5},
        {".5", 0.5},
        {"0.30000000000000004", 0.1 + 0.2},
        {"0.1000000000000000055511151231257827021181583404541015625", 0.1},
        {"1e-400", 0},
        {"4.9e-324", 0x1p-1074},
        {"", -1},
        {"-0.0", -1},
        {"+0.5", -1},
        {"1.0000000000000003", -1},
        {"1e400", -1},
        {"nan", -1},
        {"inf", -1},
        {"0x1p-1", -1},
        {"0,5", -1},
        {"e5", -1},
        {".e5", -1},
        {" 0.5", -1},
        {"0.5 ", -1},
        {"0.5f", -1},
        {"1e", -1},
        {".", -1},
        {"0.5.5", -1},
        {"None", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const request r = {
            cases[i].text, 1, {"dropout", cases[i].text}, {{0, 0}}};
        srnn_rnn *rnn = NULL;
        const srnn_status status = load(&rnn, &r);
        if (cases[i].wanted < 0) {
            expect_failure(r.label, status, SRNN_ERROR_FORMAT,
                           (const char *[EXPECT_TEXTS]){"\"dropout\""});
            continue;
        }
        expect_success(r.label, status);
        assert_true(dropout_of(rnn) == cases[i].wanted);
        assert_int_equal(srnn_rnn_origin(rnn, SRNN_OPTION_DROPOUT), IN_FILE);
        srnn_rnn_destroy(rnn);
    }
}

static void test_weights_options__reads_dropout_in_every_locale(void **state)
{
    static const double values[] = {0.2, 1e-05, 0, 1, 0x1.fffffffffffffp-1};
    static const char *const texts[] = {"\"0.2\"", "\"1e-05\"", "\"0.0\"",
                                        "\"1.0\"", "\"0.9999999999999999\""};
    (void)state;
    if (!made_locale_enter("de_DE", "UTF-8"))
        skip();
    for (int i = 0; i < 5; i++) {
        srnn_rnn *const rnn = small_rnn_create(
            &(small_rnn){.I = 3, .H = 2, .dropout = values[i]});
        weights_file file = small_rnn_save(rnn, NULL);
        srnn_rnn *const loaded = small_rnn_load(&file, NULL);
        small_rnn_check_equal(rnn, loaded);
        if (strstr((const char *)file.bytes + 8, texts[i]) == NULL)
            fail_msg("no %s", texts[i]);
        srnn_rnn_destroy(loaded);
        srnn_rnn_destroy(rnn);
        weights_file_free(&file);
    }
    assert_true(*localeconv()->decimal_point == ',');
    made_locale_leave();
}

/* The text of a file has no sign, so that what is set has none either. */
static void test_weights_options__reads_no_dropout_of_minus_zero(void **state)
{
    srnn_config *config = NULL;
    double value = 1;
    (void)state;
    expect_success("create", srnn_config_create(&config));
    expect_success("set",
                   srnn_config_set_real(config, SRNN_OPTION_DROPOUT, -0.0));
    expect_success("get",
                   srnn_config_get_real(&value, config, SRNN_OPTION_DROPOUT));
    assert_true(value == 0 && !signbit(value));
    srnn_config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_options__come_from_who_states_them),
        cmocka_unit_test(test_weights_options__takes_sizes_from_the_file),
        cmocka_unit_test(test_weights_options__tells_what_ignores_a_bad_text),
        cmocka_unit_test(test_weights_options__finds_the_direction),
        cmocka_unit_test(test_weights_options__refuses_another_direction),
        cmocka_unit_test(test_weights_options__assumes_nothing_if_so_required),
        cmocka_unit_test(test_weights_options__reads_dropout),
        cmocka_unit_test(test_weights_options__reads_dropout_in_every_locale),
        cmocka_unit_test(test_weights_options__reads_no_dropout_of_minus_zero),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
