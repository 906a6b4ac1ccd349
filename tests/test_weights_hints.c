/* SPDX-License-Identifier: MIT */
/* What is said of files and names that are none of ours: for what they are, and
 * where the rnn is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/weights_file.h"

/* The rnns and cells of a file, by the name of a weight. */
static void add_weights(weights_builder *builder, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++)
        weights_builder_add(builder, names[i], "F32", 2,
                            (const int64_t[]){2, 2});
}

static void test_weights_hints__name_the_nearest_prefix(void **state)
{
    static const struct {
        const char *prefix;
        const char *names[5];
        const char *nearest; /* NULL: none is named */
        srnn_status status;
    } cases[] = {
        {"decoder.",
         {"alpha.weight_ih_l0", "decoders.weight_ih_l0", "zeta.weight_ih_l0"},
         "\"decoders.\"",
         SRNN_ERROR_NOT_FOUND},
        {"decoder",
         {"a.weight_ih_l0", "decoder.weight_ih_l0", "encoder.weight_ih_l0"},
         "\"decoder.\"",
         SRNN_ERROR_FORMAT},
        {"encdoer.rnn.",
         {"decoder.rnn.weight_ih_l0", "encoder.rnn.weight_ih_l0"},
         "\"encoder.rnn.\"",
         SRNN_ERROR_NOT_FOUND},
        {"b.",
         {"a.weight_ih_l0", "c.weight_ih_l0", "d.weight_ih_l0"},
         "\"a.\"", /* of those equally near, the first */
         SRNN_ERROR_NOT_FOUND},
        {"",
         {"model.deep.rnn.weight_ih_l0", "rnn.weight_ih_l0"},
         "\"rnn.\"",
         SRNN_ERROR_FORMAT},
        {"cells.",
         {"cell.weight_ih", "rnn.weight_ih_l0"},
         "\"cell.\"",
         SRNN_ERROR_NOT_FOUND},
        {"rnn.",
         {"rn.weight_ih_l0_reverse", "a.weight_ih_l0"},
         "\"rn.\"",
         SRNN_ERROR_NOT_FOUND},
        {"rnn.", {"weight_ih_l0"}, "\"\"", SRNN_ERROR_NOT_FOUND},
        {"rnn.", {"fc.weight"}, NULL, SRNN_ERROR_NOT_FOUND},
        {"rnn.", {"rnn.fc"}, NULL, SRNN_ERROR_FORMAT},
        {"b.", /* the state of an optimizer is no network */
         {"a.weight_ih_l0", "optimizer.exp_avg.b.weight_ih_l0"},
         "\"a.\"",
         SRNN_ERROR_NOT_FOUND},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64] = "";
        weights_builder builder = {0};
        add_weights(&builder, cases[i].names);
        if (cases[i].nearest != NULL)
            (void)snprintf(text, sizeof text, "; an rnn is under the prefix %s",
                           cases[i].nearest);
        expect_no_rnn(cases[i].prefix, &builder, cases[i].prefix,
                      cases[i].status, (const char *[EXPECT_TEXTS]){text});
        const bool has_several =
            cases[i].nearest != NULL && cases[i].names[1] != NULL &&
            strncmp(cases[i].names[1], "optimizer.", 10) != 0;
        assert_int_equal(strstr(srnn_last_error(), "nearest of several") !=
                             NULL,
                         has_several);
        if (cases[i].nearest == NULL)
            assert_null(strstr(srnn_last_error(), "; an rnn is under"));
        assert_null(strstr(srnn_last_error(), "these are the names"));
    }
}

/* However long and many the names are, it takes no time to speak of. */
static void test_weights_hints__compare_long_prefixes(void **state)
{
    char prefix[1001];
    weights_builder builder = {0};
    (void)state;
    memset(prefix, 'p', sizeof prefix);
    prefix[1000] = '\0';
    for (int i = 0; i < 2000; i++) {
        char name[1100];
        (void)snprintf(name, sizeof name, "%.800s%d.weight_ih_l0", prefix, i);
        weights_builder_add(&builder, name, "F32", 0, NULL);
    }
    expect_no_rnn("long", &builder, prefix, SRNN_ERROR_NOT_FOUND,
                  (const char *[EXPECT_TEXTS]){"ppp...ppp",
                                               "an rnn is under the prefix"});
}

/* As safetensors files of them have their names. */
static const struct {
    const char *names[4];
    const char *prefix;
    const char *text;
} foreign[] = {
    {{"simple_rnn/simple_rnn_cell/kernel:0",
      "simple_rnn/simple_rnn_cell/recurrent_kernel:0",
      "simple_rnn/simple_rnn_cell/bias:0"},
     "simple_rnn/simple_rnn_cell/",
     "names of Keras; convert the file with python -m simplernn.convert"},
    {{"rnn.kernel", "rnn.recurrent_kernel", "rnn.bias"},
     "rnn.",
     "names of Keras"},
    {{"kernel", "recurrent_kernel"}, "", "names of Keras"},
    {{"params/cell/h/kernel", "params/cell/i/kernel", "params/cell/i/bias"},
     "params/cell/",
     "names of Flax; convert the file with python -m simplernn.convert"},
    {{"h.kernel", "i.kernel", "i.bias"}, "", "names of Flax"},
    {{"cell/dense_h/kernel", "cell/dense_i/kernel"}, "cell/", "names of Flax"},
    {{"dense_h.kernel", "dense_i.kernel"}, "", "names of Flax"},
    {{"encoder.Wxh", "encoder.Whh", "encoder.bias"},
     "encoder.",
     "names of MLX; convert the file with python -m simplernn.convert"},
    {{"Wxh", "Whh"}, "", "names of MLX"},
    {{"rnn.parametrizations.weight_hh_l0.original0",
      "rnn.parametrizations.weight_hh_l0.original1"},
     "rnn.",
     "names of torch.nn.utils.parametrize: remove_parametrizations()"},
    {{"parametrizations.weight_ih_l0.original"}, "", "remove_parametrizations"},
    {{"rnn.weight_hh_l0_g", "rnn.weight_hh_l0_v"},
     "rnn.",
     "names of torch.nn.utils.weight_norm: remove_weight_norm()"},
};

static void test_weights_hints__explain_names_of_other_libraries(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        const char *const prefixes[] = {foreign[i].prefix, "", "wrong."};
        for (int j = 0; j < 3; j++) {
            weights_builder builder = {0};
            add_weights(&builder, foreign[i].names);
            expect_no_rnn(foreign[i].names[0], &builder, prefixes[j],
                          j == 2 ? SRNN_ERROR_NOT_FOUND : SRNN_ERROR_FORMAT,
                          (const char *[EXPECT_TEXTS]){foreign[i].text});
        }
    }
    weights_builder others = {0};
    add_weights(&others, (const char *const[]){"x.xWhh", "myrecurrent_kernel",
                                               "arch.kernels", NULL});
    expect_no_rnn("none of them", &others, "", SRNN_ERROR_FORMAT,
                  (const char *[EXPECT_TEXTS]){"\"arch.kernels\""});
    assert_null(strstr(srnn_last_error(), "these are the names"));
}

/* What is under the prefix counts before what is elsewhere. */
static void test_weights_hints__begin_with_what_the_prefix_holds(void **state)
{
    static const char *const names[] = {"k.recurrent_kernel",
                                        "rnn.weight_ih_l0", NULL};
    static const struct {
        const char *prefix, *text;
        srnn_status status;
    } cases[] = {
        {"k.", "names of Keras", SRNN_ERROR_FORMAT},
        {"ran.", "an rnn is under the prefix \"rnn.\"", SRNN_ERROR_NOT_FOUND},
    };
    (void)state;
    for (int i = 0; i < 2; i++) {
        weights_builder builder = {0};
        add_weights(&builder, names);
        expect_no_rnn(cases[i].prefix, &builder, cases[i].prefix,
                      cases[i].status,
                      (const char *[EXPECT_TEXTS]){cases[i].text});
    }
}

#define ZIP(name)                                                              \
    "PK\3\4\0\0\10\10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\17\0\0\0" name

static void test_weights_hints__name_other_kinds_of_files(void **state)
{
    static const struct {
        const char bytes[120];
        const char *text;
    } files[] = {
        {"\x93NUMPY\1\0v\0{'descr'", "a NumPy array"},
        {"\x89HDF\r\n\x1a\n\0\0\0\0",
         "an HDF5 file, as Keras writes it; convert it with python"},
        {ZIP("archive/data.pkl"),
         "written by torch.save; convert it with python -m simplernn.convert"},
        {ZIP("model/.format_version"), "written by torch.save"},
        {ZIP("metadata.json"), "written by Keras; convert it with python -m"},
        {ZIP("arr_0.npy"), "an .npz archive of NumPy arrays; convert it with"},
        {ZIP("readme.txt"), "a zip archive, as torch.save, torch.jit.save and"},
        {"\x80\2\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.", "written by torch.save"},
        {"\x80\2}q\1X\5\0\0\0", "a pickle of Python"},
        {"\x80\4\x95\x10\0\0\0\0\0\0\0", "a pickle of Python"},
        {"\x80\5\x95\x10\0\0\0\0\0\0\0", "a pickle of Python"},
        {"\x81\xa6params\x83\xa4", "written by Flax; convert it with"},
        {"GGUF\3\0\0\0\1\0\0\0", "a GGUF file"},
        {"\x08\x08\x12\x07pytorch\x1a\x05", "an ONNX model; convert it"},
        {"\x08\x1f\x3a\x07graph\x1a\x05", "an ONNX model; convert it"},
        {"\x08\x01\x42\x04\x0a\x00\x10\x0d", "an ONNX model; convert it"},
        {"\x08\x20\x12\x07version\x1a", "not a safetensors file, or is trunc"},
        {"\x08\x08\x13\x07another\x1a", "not a safetensors file, or is trunc"},
        {"\x09\x08\x12\x07another\x1a", "not a safetensors file, or is trunc"},
        {"{\"metadata\": {\"total_size\": 1}, \"weight_map\": {}}",
         "a JSON index of several safetensors files; convert it with python"},
        {"{\n  \"weight_map\": {\"a\": \"b.safetensors\"}}",
         "a JSON index of several safetensors files"},
        {"{\"class_name\": \"Sequential\"}",
         "a JSON text, not a safetensors file"},
        {"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"},
        {"any other bytes in a file",
         "not a safetensors file, or is truncated"},
        /* lengths that a header can have: cut short, whatever their bytes */
        {"{\0\0\0\0\0\0\0{", "not a safetensors file, or is truncated"},
        {"\x08\x08\x12\0\0\0\0\0{", "not a safetensors file, or is truncated"},
        {"\x80\2\0\0\0\0\0\0{", "not a safetensors file, or is truncated"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        srnn_weights *weights = NULL;
        expect_failure(files[i].text,
                       srnn_weights_open_memory(&weights, files[i].bytes,
                                                sizeof files[i].bytes),
                       SRNN_ERROR_FORMAT,
                       (const char *[EXPECT_TEXTS]){files[i].text});
        assert_null(weights);
        for (size_t size = 8; size < sizeof files[i].bytes; size++) {
            /* A block of its own, so that a sanitizer sees a read behind it. */
            void *const copy = memcpy(malloc(size), files[i].bytes, size);
            assert_int_equal(srnn_weights_open_memory(&weights, copy, size),
                             SRNN_ERROR_FORMAT);
            free(copy);
        }
    }
}

/* Calls that asked for more than a beginning. */
static int far_reads;

static int64_t read_beginning(void *user, int64_t offset, void *target,
                              size_t size)
{
    far_reads += offset + (int64_t)size > 512;
    memset(target, 0, size);
    if (offset == 0)
        memcpy(target, user, size < 8 ? size : 8);
    return (int64_t)size;
}

/* So large that the first bytes could be the length of a header. */
static void test_weights_hints__name_a_large_file_of_another_kind(void **state)
{
    srnn_weights *weights = NULL;
    (void)state;
    expect_failure(
        "GGUF",
        srnn_weights_open_callback(&weights, read_beginning,
                                   (char[]){"GGUF\3\0\0"}, INT64_C(1) << 40),
        SRNN_ERROR_FORMAT, (const char *[EXPECT_TEXTS]){"a GGUF file"});
    expect_failure(
        "no kind",
        srnn_weights_open_callback(&weights, read_beginning,
                                   (char[]){"ABCD\3\0\0"}, INT64_C(1) << 40),
        SRNN_ERROR_RANGE, (const char *[EXPECT_TEXTS]){"SRNN_MAX_HEADER_SIZE"});
    assert_int_equal(far_reads, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_hints__name_the_nearest_prefix),
        cmocka_unit_test(test_weights_hints__compare_long_prefixes),
        cmocka_unit_test(test_weights_hints__explain_names_of_other_libraries),
        cmocka_unit_test(test_weights_hints__begin_with_what_the_prefix_holds),
        cmocka_unit_test(test_weights_hints__name_other_kinds_of_files),
        cmocka_unit_test(test_weights_hints__name_a_large_file_of_another_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
