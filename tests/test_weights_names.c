/* SPDX-License-Identifier: MIT */
/* srnn_rnn_create_from_weights on files whose names or metadata are not those
 * of an rnn: each is refused with the name and what was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/weights_file.h"

static void test_weights_names__refuses_names_of_no_parameter(void **state)
{
    /* as written in the file, as shown in the message */
    static const char *const names[][2] = {
        {"", "\"\""},
        {"weight", "\"weight\""},
        {"weight_ih_l", "\"weight_ih_l\""},
        {"weight_ih_l-1", "\"weight_ih_l-1\""},
        {"weight_ih_l+1", "\"weight_ih_l+1\""},
        {"weight_ih_l 1", "\"weight_ih_l 1\""},
        {"weight_ih_l01", "\"weight_ih_l01\""},
        {"weight_ih_l00", "\"weight_ih_l00\""},
        {"weight_ih_l1x", "\"weight_ih_l1x\""},
        {"weight_ih_l1_", "\"weight_ih_l1_\""},
        {"weight_ih_l0x1", "\"weight_ih_l0x1\""},
        {"weight_ih_l0_rev", "\"weight_ih_l0_rev\""},
        {"weight_ih_l0_Reverse", "\"weight_ih_l0_Reverse\""},
        {"weight_ih_l0_reverse_reverse", "\"weight_ih_l0_reverse_reverse\""},
        {"weight_ih_l0_reverse0", "\"weight_ih_l0_reverse0\""},
        {"weight_ih_l65535", "\"weight_ih_l65535\""},
        {"weight_ih_l65536", "\"weight_ih_l65536\""},
        {"weight_ih_l2147483648", "\"weight_ih_l2147483648\""},
        {"weight_ih_l4294967295", "\"weight_ih_l4294967295\""},
        {"weight_ih_l4294967296", "\"weight_ih_l4294967296\""},
        {"weight_ih_l18446744073709551616",
         "\"weight_ih_l18446744073709551616\""},
        {"Weight_ih_l0", "\"Weight_ih_l0\""},
        {"rnn.weight_ih_l0", "\"rnn.weight_ih_l0\""},
        {"weight_ih_l0\\n", "\"weight_ih_l0\\x0a\""},
        {"weight_\\u0456h_l0", "\"weight_\\xd1\\x96h_l0\""},
        {"weight_ih_l\\u0661", "\"weight_ih_l\\xd9\\xa1\""},
        {"bias_l0", "\"bias_l0\""},
        {"fc.weight", "\"fc.weight\""},
        {"../weight_ih_l0", "\"../weight_ih_l0\""},
    };
    static const weights_topology topology = {4, 2, 1, 1, true, "F32", ""};
    static const int64_t shape[] = {2, 4};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *const texts[EXPECT_TEXTS] = {names[i][1], "parameter"};
        weights_builder builder = {0};
        weights_builder_add_rnn(&builder, &topology, NULL);
        weights_builder_add(&builder, names[i][0], "F32", 2, shape);
        expect_no_rnn(names[i][0], &builder, NULL, SRNN_ERROR_FORMAT, texts);
    }
}

static void test_weights_names__shortens_a_name_of_10_kb(void **state)
{
    static const char *const texts[EXPECT_TEXTS] = {"\"weight_ih_l0aaaa",
                                                    "aaa...aaa", "aaa\""};
    char name[10001];
    (void)state;
    memset(name, 'a', sizeof name);
    memcpy(name, "weight_ih_l0", 12);
    name[10000] = '\0';
    weights_builder builder = {0};
    weights_builder_add(&builder, name, "F32", 0, NULL);
    expect_no_rnn("10 kB", &builder, NULL, SRNN_ERROR_FORMAT, texts);
}

/* Each weight of a file, taken away alone; and each pair of biases. */
static void test_weights_names__names_the_one_that_is_missing(void **state)
{
    static const char *const kinds[] = {"weight_ih", "weight_hh", "bias_ih"};
    static const weights_topology topology = {4, 2, 3, 2, true, "F32", ""};
    (void)state;
    for (int i = 0; i < 3 * 2 * 3; i++) {
        char name[64], other[64];
        const char *const end = i / 3 % 2 == 1 ? "_reverse" : "";
        (void)snprintf(name, sizeof name, "%s_l%d%s", kinds[i % 3], i / 6, end);
        (void)snprintf(other, sizeof other, "bias_hh_l%d%s", i / 6, end);
        const char *const skip[] = {name, i % 3 == 2 ? other : NULL, NULL};
        const char *const texts[EXPECT_TEXTS] = {name, "missing", "24",
                                                 i % 3 == 2 ? "22" : "23"};
        weights_builder builder = {0};
        weights_builder_add_rnn(&builder, &topology, skip);
        expect_no_rnn(name, &builder, NULL, SRNN_ERROR_NOT_FOUND, texts);
    }
}

static void test_weights_names__refuses_a_prefix_without_tensors(void **state)
{
    static const struct {
        const char *prefix;
        srnn_status status;
        const char *texts[EXPECT_TEXTS];
    } cases[] = {
        {"enc.",
         SRNN_ERROR_NOT_FOUND,
         {"\"enc.\"", "\"rnn.bias_hh_l0\"", " 4 ",
          "an rnn is under the prefix \"rnn.\""}},
        {"rnn.w\x1b", SRNN_ERROR_NOT_FOUND, {"\"rnn.w\\x1b\""}},
        {"rnn.weight_ih_l0.", SRNN_ERROR_NOT_FOUND, {"\"rnn.weight_ih_l0.\""}},
        {"rnn",
         SRNN_ERROR_FORMAT,
         {"\"rnn.bias_hh_l0\"", "an rnn is under the prefix \"rnn.\""}},
        {"",
         SRNN_ERROR_FORMAT,
         {"\"rnn.bias_hh_l0\"", "an rnn is under the prefix \"rnn.\""}},
        {"rnn.weight", SRNN_ERROR_FORMAT, {"\"rnn.weight_hh_l0\""}},
    };
    static const weights_topology topology = {4, 2, 1, 1, true, "F32", "rnn."};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weights_builder builder = {0};
        weights_builder_add_rnn(&builder, &topology, NULL);
        expect_no_rnn(cases[i].prefix, &builder, cases[i].prefix,
                      cases[i].status, cases[i].texts);
    }
    weights_builder empty = {0};
    expect_no_rnn(
        "no tensors", &empty, NULL, SRNN_ERROR_NOT_FOUND,
        (const char *[EXPECT_TEXTS]){"\"\"", "the file has no tensors"});
}

static void test_weights_names__refuses_metadata_it_cannot_read(void **state)
{
    static const struct {
        const char *key, *text;
        const char *texts[EXPECT_TEXTS];
    } cases[] = {
        {"nonlinearity", "gelu", {"nonlinearity", "\"gelu\"", "\"relu\""}},
        {"nonlinearity", "TANH", {"nonlinearity", "\"TANH\"", "\"tanh\""}},
        {"nonlinearity", "", {"nonlinearity", "\"\""}},
        {"nonlinearity", "relu\\u0007", {"nonlinearity", "\"relu\\x07\""}},
        {"batch_first", "TRUE", {"batch_first", "\"TRUE\"", "\"true\""}},
        {"batch_first", "1", {"batch_first", "\"1\"", "\"false\""}},
    };
    static const weights_topology topology = {4, 2, 1, 1, true, "F32", ""};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weights_builder builder = {0};
        weights_builder_add_rnn(&builder, &topology, NULL);
        weights_builder_add_metadata(&builder, cases[i].key, cases[i].text);
        expect_no_rnn(cases[i].text, &builder, NULL, SRNN_ERROR_FORMAT,
                      cases[i].texts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_names__refuses_names_of_no_parameter),
        cmocka_unit_test(test_weights_names__shortens_a_name_of_10_kb),
        cmocka_unit_test(test_weights_names__names_the_one_that_is_missing),
        cmocka_unit_test(test_weights_names__refuses_a_prefix_without_tensors),
        cmocka_unit_test(test_weights_names__refuses_metadata_it_cannot_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
