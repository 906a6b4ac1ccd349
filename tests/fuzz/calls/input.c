/* SPDX-License-Identifier: MIT */
#include "fuzz/calls/input.h"

#include <math.h>

#include "simplernn.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const uint8_t *next;
static size_t left;

void input_begin(const uint8_t *bytes, size_t size)
{
    next = bytes;
    left = size;
}

bool input_has_more(void)
{
    return left > 0;
}

unsigned input_take(unsigned count)
{
    if (left == 0)
        return 0;
    left--;
    return *next++ % count;
}

bool input_rarely(void)
{
    return input_take(32) == 31;
}

static int64_t input_number(int64_t first)
{
    static const int64_t odd[] = {-1,
                                  5,
                                  7,
                                  16,
                                  33,
                                  65535,
                                  65536,
                                  1 << 20,
                                  SRNN_MAX_SIZE,
                                  SRNN_MAX_SIZE + 1,
                                  INT64_C(1) << 32,
                                  (INT64_C(1) << 53) + 1,
                                  INT64_MAX / 8,
                                  INT64_MAX,
                                  INT64_MIN,
                                  0};
    enum { ORDINARY = 240 };
    const unsigned byte = input_take(256);
    return byte < ORDINARY ? first + byte % 4 : odd[byte - ORDINARY];
}

int64_t input_index(void)
{
    return input_number(0);
}

int64_t input_size(void)
{
    return input_number(1);
}

int32_t input_enumerator(int32_t first, int count)
{
    const int byte = (int)input_take(256);
    if (byte >= 248)
        return byte == 255 ? 0 : first + byte - 251;
    return first + byte % count;
}

double input_real(void)
{
    static const double values[] = {
        0.5,    1,       0,        0.125,   0.9, 2,    1e-3, 1 - 0x1p-53,
        0x1p-3, 0x1p127, 0x1p1023, 0x1p-70, -1,  -0.0, NAN,  INFINITY};
    return values[input_take(COUNT(values))];
}

const char *input_name(void)
{
    static const char *const names[] = {"weight_ih_l0",
                                        "weight_hh_l0",
                                        "bias_ih_l0",
                                        "bias_hh_l0",
                                        "weight",
                                        "bias",
                                        "weight_ih_l0_reverse",
                                        "bias_hh_l1",
                                        "rnn.weight_ih_l0",
                                        "h0",
                                        "nonlinearity",
                                        "optimizer.steps",
                                        "",
                                        "\xff",
                                        "SRNN_ERROR_SHAPE",
                                        "a name of more than thirty-one bytes"};
    return input_rarely() ? NULL : names[input_take(COUNT(names))];
}

const char *input_prefix(void)
{
    static const char *const prefixes[] = {"",       "rnn.", "fc.", "a\n",
                                           "bias_h", NULL,   "é",   "\xff"};
    return prefixes[input_take(COUNT(prefixes))];
}

const char *const *input_metadata(void)
{
    static const char *const plain[] = {"epoch", "3", NULL};
    static const char *const odd[] = {"\t\"", "\x7f\n", "", "", NULL};
    static const char *const owned[] = {"nonlinearity", "relu", NULL};
    static const char *const half[] = {"epoch", NULL};
    static const char *const wrong[] = {"a", "\xc0\x80", NULL};
    static const char *const *const lists[] = {NULL,  NULL, NULL, plain,
                                               owned, half, odd,  wrong};
    return lists[input_take(COUNT(lists))];
}
