/* SPDX-License-Identifier: MIT */
/* Hashes of what random configurations give with the native kernels, of a few
 * and of all: the same text with every instruction set that has FMA, and
 * another one with every baseline that has not. Nothing here rounds, so only
 * the library's own arithmetic shows.
 *
 *   print_bits                            prints a line for each group of
 *                                         configurations
 *   print_bits bits.txt without_fma.txt   compares it with the file that holds;
 *                                         77 if this machine lacks the
 *                                         instruction set
 *   print_bits bits.txt without_fma.txt part
 *                                         the same for a few configurations
 *
 * SIMPLERNN_ISA chooses the instruction set. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simplernn.h"
#include "support/fma.h"
#include "support/little_endian.h"

enum {
    CONFIGURATIONS = 250,
    PART = 12,
    MAX_LAYERS = 3,
    MAX_STEPS = 6,
    MAX_ROWS = 8
};
enum { SAME = 0, OTHER = 1, NOT_HERE = 77 };

/* What the configurations of a line have in common. */
typedef struct {
    const char *name;
    srnn_dtype dtype;
    srnn_nonlinearity nonlinearity;
    srnn_direction direction;
    bool has_episodes; /* lengths, resets and fresh states */
} group;

#define TANH(bits, name, direction, has_episodes)                              \
    {                                                                          \
        "float" #bits " " name, SRNN_DTYPE_FLOAT##bits,                        \
            SRNN_NONLINEARITY_TANH, SRNN_DIRECTION_##direction, has_episodes   \
    }
#define RELU(bits, name, direction) PLAIN(bits, name, RELU, direction)
#define PLAIN(bits, name, activation, direction)                               \
    {                                                                          \
        "float" #bits " " name, SRNN_DTYPE_FLOAT##bits,                        \
            SRNN_NONLINEARITY_##activation, SRNN_DIRECTION_##direction, false  \
    }

/* The seed of a line is its number. */
static const group groups[] = {
    TANH(32, "tanh D=1", FORWARD, false),
    TANH(32, "tanh D=2", BIDIRECTIONAL, false),
    RELU(32, "relu D=1", FORWARD),
    RELU(32, "relu D=2", BIDIRECTIONAL),
    TANH(64, "tanh D=1", FORWARD, false),
    TANH(64, "tanh D=2", BIDIRECTIONAL, false),
    RELU(64, "relu D=1", FORWARD),
    RELU(64, "relu D=2", BIDIRECTIONAL),
    TANH(32, "tanh reverse", REVERSE, false),
    RELU(32, "relu reverse", REVERSE),
    TANH(64, "tanh reverse", REVERSE, false),
    RELU(64, "relu reverse", REVERSE),
    TANH(32, "episodes forward", FORWARD, true),
    TANH(32, "episodes reverse", REVERSE, true),
    TANH(32, "episodes bidirectional", BIDIRECTIONAL, true),
    TANH(64, "episodes forward", FORWARD, true),
    TANH(64, "episodes reverse", REVERSE, true),
    TANH(64, "episodes bidirectional", BIDIRECTIONAL, true),
    PLAIN(32, "sigmoid D=1", SIGMOID, FORWARD),
    PLAIN(32, "sigmoid D=2", SIGMOID, BIDIRECTIONAL),
    PLAIN(64, "sigmoid D=1", SIGMOID, FORWARD),
    PLAIN(64, "sigmoid D=2", SIGMOID, BIDIRECTIONAL),
    PLAIN(32, "identity D=1", IDENTITY, FORWARD),
    PLAIN(32, "identity D=2", IDENTITY, BIDIRECTIONAL),
    PLAIN(64, "identity D=1", IDENTITY, FORWARD),
    PLAIN(64, "identity D=2", IDENTITY, BIDIRECTIONAL)};

static void check(srnn_status status)
{
    if (status == SRNN_OK)
        return;
    (void)fprintf(stderr, "print_bits: %s\n", srnn_last_error());
    exit(status == SRNN_ERROR_UNSUPPORTED ? NOT_HERE : OTHER);
}

/* splitmix64 */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int64_t below(uint64_t *state, int64_t limit)
{
    return (int64_t)(next(state) % (uint64_t)limit);
}

static int64_t pick_size(uint64_t *state)
{
    static const int64_t sizes[] = {1,  2,  7,  8,   16,  17,  32, 33,
                                    48, 64, 65, 100, 128, 130, 200};
    return sizes[below(state, sizeof sizes / sizeof *sizes)];
}

static void hash(uint64_t *sum, const srnn_tensor *tensor)
{
    *sum = little_endian_hash(
        *sum, srnn_tensor_data(tensor),
        srnn_tensor_dtype(tensor) == SRNN_DTYPE_FLOAT32 ? 4 : 8,
        (size_t)srnn_tensor_size(tensor));
}

/* 11 bits each, of any size from deep in tanh's linear part to its ends. */
static void fill(srnn_tensor *tensor, uint64_t *state)
{
    const double unit = (double)(1 << below(state, 16)) / (1 << 22);
    void *const data = srnn_tensor_data(tensor);
    for (int64_t i = 0; i < srnn_tensor_size(tensor); i++) {
        const double value = (double)(below(state, 2048) - 1024) * unit;
        if (srnn_tensor_dtype(tensor) == SRNN_DTYPE_FLOAT32)
            ((float *)data)[i] = (float)value;
        else
            ((double *)data)[i] = value;
    }
}

static srnn_rnn *make_rnn(const group *g, uint64_t *state)
{
    const int64_t I = pick_size(state);
    const int64_t H = pick_size(state);
    const int64_t layers = 1 + below(state, MAX_LAYERS);
    const int64_t bias = below(state, 2);
    const int64_t batch_first = below(state, 2);
    const int64_t options[][2] = {{SRNN_OPTION_NUM_LAYERS, layers},
                                  {SRNN_OPTION_DIRECTION, g->direction},
                                  {SRNN_OPTION_NONLINEARITY, g->nonlinearity},
                                  {SRNN_OPTION_BIAS, bias},
                                  {SRNN_OPTION_BATCH_FIRST, batch_first},
                                  {SRNN_OPTION_DTYPE, g->dtype}};
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    check(srnn_config_create(&config));
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        check(srnn_config_set_int(config, (srnn_option)options[i][0],
                                  options[i][1]));
    check(srnn_rnn_create(&rnn, I, H, config, next(state)));
    srnn_config_destroy(config);
    return rnn;
}

static srnn_context *make_context(srnn_rnn *rnn)
{
    srnn_context *context = NULL;
    check(srnn_context_create(&context, rnn));
    check(srnn_context_set_int(context, SRNN_CONTEXT_GEMM, SRNN_GEMM_NATIVE));
    check(srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS, 1));
    return context;
}

/* For a forward of T steps and B rows, in the order of the input. */
typedef struct {
    srnn_tensor *lengths, *resets, *fresh;
} episodes;

static episodes make_episodes(const group *g, const srnn_tensor *input,
                              const srnn_tensor *h0, int64_t T, int64_t B,
                              uint64_t *state)
{
    episodes e = {NULL, NULL, NULL};
    check(srnn_tensor_create(&e.lengths, SRNN_DTYPE_INT64, 1, &B));
    check(srnn_tensor_create(&e.resets, SRNN_DTYPE_UINT8, 2,
                             srnn_tensor_shape(input)));
    check(srnn_tensor_create(&e.fresh, g->dtype, 3, srnn_tensor_shape(h0)));
    for (int64_t b = 0; b < B; b++)
        ((int64_t *)srnn_tensor_data(e.lengths))[b] = below(state, T + 1);
    for (int64_t i = 0; i < T * B; i++)
        ((uint8_t *)srnn_tensor_data(e.resets))[i] = below(state, 3) == 0;
    fill(e.fresh, state);
    return e;
}

static void free_episodes(episodes e)
{
    srnn_tensor_destroy(e.lengths);
    srnn_tensor_destroy(e.resets);
    srnn_tensor_destroy(e.fresh);
}

/* Adds output and h_n of one configuration to a hash. */
static void hash_forward(uint64_t *sum, const group *g, uint64_t *state)
{
    enum { INPUT, H0, OUTPUT, H_N, TENSORS };
    static const srnn_role roles[TENSORS] = {
        SRNN_ROLE_INPUT, SRNN_ROLE_HIDDEN, SRNN_ROLE_OUTPUT, SRNN_ROLE_HIDDEN};
    srnn_tensor *tensors[TENSORS];
    int64_t shape[3];
    srnn_rnn *const rnn = make_rnn(g, state);
    srnn_context *const context = make_context(rnn);
    const int64_t T = 1 + below(state, MAX_STEPS);
    const int64_t B = 1 + below(state, MAX_ROWS);
    for (int i = 0; i < TENSORS; i++) {
        check(srnn_rnn_shape(shape, rnn, roles[i], T, B));
        check(srnn_tensor_create(&tensors[i], g->dtype, 3, shape));
    }
    fill(tensors[INPUT], state);
    fill(tensors[H0], state);
    const srnn_tensor *const h0 = below(state, 3) > 0 ? tensors[H0] : NULL;
    if (g->has_episodes) {
        const episodes e =
            make_episodes(g, tensors[INPUT], tensors[H0], T, B, state);
        check(srnn_context_forward_sequences(context, tensors[INPUT], e.lengths,
                                             e.resets, h0, e.fresh,
                                             tensors[OUTPUT], tensors[H_N]));
        free_episodes(e);
    } else {
        check(srnn_context_forward(context, tensors[INPUT], h0, tensors[OUTPUT],
                                   tensors[H_N]));
    }
    hash(sum, tensors[OUTPUT]);
    hash(sum, tensors[H_N]);
    for (int i = 0; i < TENSORS; i++)
        srnn_tensor_destroy(tensors[i]);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}

enum { GROUPS = sizeof groups / sizeof *groups, LINE = 80 };

/* The beginning of a line, or all of it. */
static void write_line(char *line, int number, bool is_part)
{
    const group *const g = &groups[number];
    uint64_t state = (uint64_t)number;
    uint64_t sum = LITTLE_ENDIAN_HASH;
    int length = snprintf(line, LINE, "%s:", g->name);
    for (int i = 0; i < (is_part ? PART : CONFIGURATIONS); i++) {
        hash_forward(&sum, g, &state);
        if (i + 1 == PART || i + 1 == CONFIGURATIONS)
            length += snprintf(line + length, (size_t)(LINE - length),
                               " %016" PRIx64, sum);
    }
}

/* The instruction set that contexts begin with has FMA. */
static bool fuses(void)
{
    uint64_t state = 0;
    int64_t isa = 0;
    srnn_rnn *const rnn = make_rnn(&groups[0], &state);
    srnn_context *const context = make_context(rnn);
    check(srnn_context_get_int(&isa, context, SRNN_CONTEXT_ISA));
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    return has_fma((srnn_isa)isa);
}

static int compare(const char *name, bool is_part)
{
    char wanted[LINE], got[LINE];
    int verdict = SAME;
    FILE *const file = fopen(name, "r");
    if (file == NULL) {
        perror(name);
        return OTHER;
    }
    for (int i = 0; i < GROUPS; i++) {
        write_line(got, i, is_part);
        if (fgets(wanted, LINE, file) == NULL)
            *wanted = '\0';
        wanted[strcspn(wanted, "\n")] = '\0';
        if (is_part && strlen(wanted) > strlen(got))
            wanted[strlen(got)] = '\0';
        if (strcmp(got, wanted) == 0)
            continue;
        printf("got  %s\nwant %s\n", got, wanted);
        verdict = OTHER;
    }
    (void)fclose(file);
    return verdict;
}

int main(int argc, char **argv)
{
    char line[LINE];
    if (argc > 2)
        return compare(fuses() ? argv[1] : argv[2], argc > 3);
    for (int i = 0; i < GROUPS; i++) {
        write_line(line, i, false);
        puts(line);
    }
    return SAME;
}
