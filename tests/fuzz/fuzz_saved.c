/* SPDX-License-Identifier: MIT */
/* Any rnn, linear layer or optimizer, with any values, prefix and metadata:
 * what is saved can be read, is the same, and saved again it has the same
 * bytes. Also from parameters of float16 and bfloat16, which become float32. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/calls/input.h"
#include "fuzz/folder.h"
#include "fuzz/memory.h"
#include "fuzz/require.h"
#include "fuzz/same.h"
#include "simplernn.h"

enum {
    LIMIT = 1 << 20,
    LARGEST_FILE = 1 << 16,
    LONGEST = 24,
    MOST_VALUES = 512
};

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    size_t size;
    unsigned char bytes[LARGEST_FILE];
} file_bytes;

/* What is saved beside the parameters. */
typedef struct {
    char prefix[LONGEST];
    char key[LONGEST];
    char text[LONGEST];
    const char *list[3]; /* of key and text, or of nothing */
} labels;

static void take_text(char text[LONGEST])
{
    const unsigned length = input_take(LONGEST);
    for (unsigned i = 0; i < length; i++)
        text[i] = (char)input_take(256);
    text[length] = '\0';
}

static void take_labels(labels *out)
{
    memset(out, 0, sizeof *out);
    take_text(out->prefix);
    if (input_take(2) == 0)
        return;
    take_text(out->key);
    take_text(out->text);
    out->list[0] = out->key;
    out->list[1] = out->text;
}

/* Any bits, of which some are those of numbers that are not finite. */
static void fill(unsigned char *values, size_t size)
{
    uint64_t state = 1 + input_take(256);
    for (size_t i = 0; i < size; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        values[i] = (unsigned char)(state >> 56);
    }
    for (unsigned i = input_take(16); i > 0; i--) {
        size_t place = 8 * (size_t)input_take(256);
        place += input_take(8);
        values[place % size] = (unsigned char)input_take(256);
    }
}

static srnn_tensor *take_values(srnn_dtype dtype, int64_t count)
{
    static double values[MOST_VALUES];
    srnn_tensor *tensor = NULL;
    require(count <= MOST_VALUES);
    fill((unsigned char *)values, sizeof values);
    require(srnn_tensor_wrap(&tensor, values, dtype, 1, &count, NULL) ==
            SRNN_OK);
    return tensor;
}

static void read_file(file_bytes *out, const char *name)
{
    const int file = open(folder_path(name), O_RDONLY | O_CLOEXEC);
    require(file >= 0);
    const ssize_t size = read(file, out->bytes, sizeof out->bytes);
    require(size > 0 && size < LARGEST_FILE);
    out->size = (size_t)size;
    require(close(file) == 0);
}

static void require_same_files(const file_bytes *a, const file_bytes *b)
{
    require(a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0);
}

static srnn_weights *open_file(const file_bytes *file)
{
    srnn_weights *weights = NULL;
    require(srnn_weights_open_memory(&weights, file->bytes, file->size) ==
            SRNN_OK);
    return weights;
}

/* A text that cannot be saved is a reason to fail, and the only one. */
static bool is_saved(srnn_status status)
{
    require(status == SRNN_OK || status == SRNN_ERROR_INVALID);
    return status == SRNN_OK;
}

static int64_t append(void *user, const void *bytes, size_t size)
{
    file_bytes *const file = user;
    require(size < LARGEST_FILE - file->size);
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
    return (int64_t)size;
}

static bool save_rnn(file_bytes *out, const srnn_rnn *rnn, const labels *l)
{
    out->size = 0;
    return is_saved(srnn_rnn_save_callback(
        rnn, append, out, l->prefix, l->list[0] == NULL ? NULL : l->list));
}

static srnn_rnn *read_rnn(const file_bytes *file, const labels *l)
{
    srnn_rnn *rnn = NULL;
    srnn_weights *const weights = open_file(file);
    require(srnn_rnn_create_from_weights(&rnn, weights, l->prefix, NULL) ==
            SRNN_OK);
    if (l->list[0] != NULL) {
        const char *const text = srnn_weights_metadata(weights, l->key);
        require(text != NULL && strcmp(text, l->text) == 0);
    }
    srnn_weights_destroy(weights);
    return rnn;
}

static void check_rnn(const srnn_rnn *rnn, const labels *l)
{
    static file_bytes first;
    static file_bytes second;
    if (!save_rnn(&first, rnn, l))
        return;
    srnn_rnn *const again = read_rnn(&first, l);
    require_same(rnn, again);
    require(save_rnn(&second, again, l));
    require_same_files(&first, &second);
    srnn_rnn_destroy(again);
}

static void set_option(srnn_config *config, srnn_option option, int64_t value)
{
    require(srnn_config_set_int(config, option, value) == SRNN_OK);
}

static srnn_config *take_config(void)
{
    static const double dropouts[] = {1.0 / 3, 0, 0.5, 1, 0.1, 5e-324};
    srnn_config *config = NULL;
    require(srnn_config_create(&config) == SRNN_OK);
    set_option(config, SRNN_OPTION_NUM_LAYERS, 1 + input_take(2));
    set_option(config, SRNN_OPTION_DIRECTION,
               SRNN_DIRECTION_FORWARD + input_take(3));
    set_option(config, SRNN_OPTION_NONLINEARITY,
               SRNN_NONLINEARITY_TANH + input_take(4));
    set_option(config, SRNN_OPTION_BIAS, input_take(2));
    set_option(config, SRNN_OPTION_BATCH_FIRST, input_take(2));
    set_option(config, SRNN_OPTION_DTYPE, SRNN_DTYPE_FLOAT32 + input_take(2));
    require(srnn_config_set_real(config, SRNN_OPTION_DROPOUT,
                                 dropouts[input_take(6)]) == SRNN_OK);
    return config;
}

static srnn_rnn *take_rnn(void)
{
    int64_t dtype = 0;
    srnn_rnn *rnn = NULL;
    srnn_config *const config = take_config();
    const int64_t in = 1 + input_take(4);
    const int64_t hidden = 1 + input_take(4);
    require(srnn_rnn_create(&rnn, in, hidden, config, 1) == SRNN_OK);
    require(srnn_rnn_get_int(&dtype, rnn, SRNN_OPTION_DTYPE) == SRNN_OK);
    srnn_tensor *const values =
        take_values((srnn_dtype)dtype, srnn_rnn_flat_size(rnn));
    require(srnn_rnn_set_flat(rnn, values) == SRNN_OK);
    srnn_tensor_destroy(values);
    srnn_config_destroy(config);
    return rnn;
}

static void try_rnn(void)
{
    labels l;
    srnn_rnn *const rnn = take_rnn();
    take_labels(&l);
    check_rnn(rnn, &l);
    srnn_rnn_destroy(rnn);
}

/* An rnn of one cell, in two bytes for each value; what it says of itself is
 * only in its names. */
static void try_half(void)
{
    enum { VALUES = 6 };
    const char *const type = input_take(2) == 0 ? "F16" : "BF16";
    file_bytes file = {8, {0}};
    srnn_rnn *rnn = NULL;
    labels l = {.prefix = ""};
    const char *const end = input_take(2) == 0 ? "" : "_l0";
    file.size += (size_t)snprintf(
        (char *)file.bytes + 8, LARGEST_FILE - 8,
        "{\"weight_hh%s\":{\"dtype\":\"%s\",\"shape\":[2,2],"
        "\"data_offsets\":[0,8]},\"weight_ih%s\":{\"dtype\":\"%s\","
        "\"shape\":[2,1],\"data_offsets\":[8,12]}}",
        end, type, end, type);
    file.bytes[0] = (unsigned char)(file.size - 8);
    require(file.size - 8 < 256);
    for (int i = 0; i < 2 * VALUES; i++)
        file.bytes[file.size++] = (unsigned char)input_take(256);
    srnn_weights *const weights = open_file(&file);
    require(srnn_rnn_create_from_weights(&rnn, weights, "", NULL) == SRNN_OK);
    check_rnn(rnn, &l);
    srnn_rnn_destroy(rnn);
    srnn_weights_destroy(weights);
}

static srnn_linear *take_linear(void)
{
    srnn_linear *linear = NULL;
    const srnn_dtype dtype = SRNN_DTYPE_FLOAT32 + (int32_t)input_take(2);
    const int64_t in = 1 + input_take(4);
    const int64_t out = 1 + input_take(4);
    require(srnn_linear_create(&linear, dtype, in, out, (int32_t)input_take(2),
                               1) == SRNN_OK);
    srnn_tensor *const values =
        take_values(dtype, srnn_linear_flat_size(linear));
    require(srnn_linear_set_flat(linear, values) == SRNN_OK);
    srnn_tensor_destroy(values);
    return linear;
}

static const char *const names[] = {"first", "second", NULL};

static void try_linear(void)
{
    static file_bytes first;
    static file_bytes second;
    labels l;
    srnn_linear *again = NULL;
    srnn_linear *const linear = take_linear();
    take_labels(&l);
    if (is_saved(srnn_linear_save(linear, folder_path("first"), l.prefix))) {
        read_file(&first, "first");
        srnn_weights *const weights = open_file(&first);
        require(srnn_linear_create_from_weights(&again, weights, l.prefix) ==
                SRNN_OK);
        srnn_weights_destroy(weights);
        require(srnn_linear_save(again, folder_path("second"), l.prefix) ==
                SRNN_OK);
        read_file(&second, "second");
        require_same_files(&first, &second);
    }
    srnn_linear_destroy(again);
    srnn_linear_destroy(linear);
}

/* What is trained, and its optimizer. */
typedef struct {
    srnn_rnn *rnn;
    srnn_linear *linear;
    srnn_gradients *of_rnn, *of_linear;
    srnn_optimizer *optimizer;
} trained;

static bool add_all(trained *t, srnn_optimizer_kind kind, const char *prefix)
{
    require(srnn_gradients_create(&t->of_rnn, t->rnn) == SRNN_OK);
    require(srnn_gradients_create_linear(&t->of_linear, t->linear) == SRNN_OK);
    require(srnn_optimizer_create(&t->optimizer, kind) == SRNN_OK);
    require(srnn_optimizer_add(t->optimizer, t->of_linear, "fc.") == SRNN_OK);
    return is_saved(srnn_optimizer_add(t->optimizer, t->of_rnn, prefix));
}

static void destroy(trained *t)
{
    srnn_optimizer_destroy(t->optimizer);
    srnn_gradients_destroy(t->of_linear);
    srnn_gradients_destroy(t->of_rnn);
    srnn_linear_destroy(t->linear);
    srnn_rnn_destroy(t->rnn);
}

/* Some options, and steps with any gradients. */
static void train(trained *t)
{
    (void)!srnn_optimizer_set_real(t->optimizer, NULL,
                                   SRNN_OPTIMIZER_LEARNING_RATE, input_real());
    for (unsigned i = input_take(3); i > 0; i--) {
        const srnn_optimizer_option option =
            SRNN_OPTIMIZER_LEARNING_RATE + (int32_t)input_take(11);
        (void)!srnn_optimizer_set_real(t->optimizer, t->of_rnn, option,
                                       input_real());
        (void)!srnn_optimizer_set_int(t->optimizer, NULL, option,
                                      (int64_t)input_take(2));
    }
    for (unsigned i = input_take(4); i > 0; i--) {
        srnn_tensor *const flat = srnn_gradients_flat(t->of_linear);
        srnn_tensor *const values =
            take_values(srnn_tensor_dtype(flat), srnn_tensor_size(flat));
        require(srnn_tensor_copy(flat, values) == SRNN_OK);
        srnn_tensor_destroy(values);
        const srnn_status status = srnn_optimizer_step(t->optimizer);
        require(status == SRNN_OK || status == SRNN_ERROR_NOT_FINITE ||
                status == SRNN_ERROR_STATE);
    }
}

/* Into another optimizer, of objects with other values. */
static void load(const trained *t, const labels *l, srnn_optimizer_kind kind)
{
    static file_bytes first;
    static file_bytes second;
    trained twin = {.rnn = NULL};
    read_file(&first, "first");
    require(srnn_rnn_clone(&twin.rnn, t->rnn) == SRNN_OK);
    require(srnn_linear_create(&twin.linear, srnn_linear_dtype(t->linear),
                               srnn_linear_in_features(t->linear),
                               srnn_linear_out_features(t->linear),
                               srnn_linear_has_bias(t->linear), 7) == SRNN_OK);
    require(add_all(&twin, kind, l->prefix));
    srnn_weights *const weights = open_file(&first);
    require(srnn_optimizer_load(twin.optimizer, weights) == SRNN_OK);
    srnn_weights_destroy(weights);
    require(srnn_optimizer_save(twin.optimizer, folder_path("second"), NULL,
                                NULL, 0, l->list[0] == NULL ? NULL : l->list) ==
            SRNN_OK);
    read_file(&second, "second");
    require_same_files(&first, &second);
    require_same(t->rnn, twin.rnn);
    destroy(&twin);
}

static void try_optimizer(void)
{
    labels l;
    trained t = {.rnn = take_rnn()};
    t.linear = take_linear();
    const srnn_optimizer_kind kind =
        SRNN_OPTIMIZER_KIND_SGD + (int32_t)input_take(4);
    take_labels(&l);
    if (add_all(&t, kind, l.prefix)) {
        train(&t);
        if (is_saved(srnn_optimizer_save(t.optimizer, folder_path("first"),
                                         NULL, NULL, 0,
                                         l.list[0] == NULL ? NULL : l.list)))
            load(&t, &l, kind);
    }
    destroy(&t);
}

/* OpenBLAS would be warmed up for each rnn, and is not what this tests. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    require(setenv("SIMPLERNN_GEMM", "native", 1) == 0);
    memory_install(LIMIT);
    folder_create();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(void) = {try_rnn, try_half, try_linear,
                                          try_optimizer};
    input_begin(data, size);
    tries[input_take(4)]();
    folder_remove(names);
    folder_require_empty();
    require(memory_living() == 0);
    return 0;
}
