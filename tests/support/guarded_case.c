/* SPDX-License-Identifier: MIT */
#include "support/guarded_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/draws.h"
#include "support/element.h"
#include "support/enumerators.h"
#include "support/expect.h"
#include "support/small_rnn.h"
#include "support/tools.h"

enum {
    MOST = GUARDED_MOST,
    SMALL = 3,
    ROOMS = 48,
    ROOM = 1 << 21, /* bytes */
    BYTE = 0x3e     /* many of it are a small number of any dtype */
};

static guarded rooms[ROOMS];

/* Whether it is new. */
static bool find_room(guarded **out, const char *name)
{
    int i = 0;
    while (i < ROOMS && rooms[i].first != NULL &&
           strcmp(rooms[i].name, name) != 0)
        i++;
    assert_in_range(i, 0, ROOMS - 1);
    *out = &rooms[i];
    if (rooms[i].first != NULL)
        return false;
    rooms[i] = guarded_create(name, ROOM);
    return true;
}

void *guarded_result(const guarded_case *c, const char *name, int64_t bytes)
{
    guarded *room;
    (void)find_room(&room, name);
    return guarded_place(room, (size_t)bytes, c->side);
}

/* The values of most operands never change, so their pages need not either. */
const void *guarded_operand(const guarded_case *c, const char *name,
                            int64_t bytes)
{
    guarded *room;
    if (find_room(&room, name)) {
        memset(guarded_place(room, ROOM, c->side), BYTE, ROOM);
        guarded_allow_writes(room, false);
    }
    return guarded_place(room, (size_t)bytes, c->side);
}

const void *guarded_values(const guarded_case *c, const char *name,
                           int64_t bytes, const void *values)
{
    guarded *room;
    (void)find_room(&room, name);
    guarded_allow_writes(room, true);
    memcpy(guarded_place(room, (size_t)bytes, c->side), values, (size_t)bytes);
    guarded_allow_writes(room, false);
    return room->data;
}

static int64_t bytes_of(const guarded_case *c, int32_t rank,
                        const int64_t *shape)
{
    int64_t bytes = element_bytes(c->dtype);
    for (int32_t i = 0; i < rank; i++)
        bytes *= shape[i];
    return bytes;
}

srnn_tensor *guarded_result_tensor(const guarded_case *c, const char *name,
                                   int32_t rank, const int64_t *shape)
{
    srnn_tensor *tensor = NULL;
    void *const data = guarded_result(c, name, bytes_of(c, rank, shape));
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&tensor, data, c->dtype, rank, shape, NULL));
    return tensor;
}

srnn_tensor *guarded_operand_tensor(const guarded_case *c, const char *name,
                                    int32_t rank, const int64_t *shape)
{
    srnn_tensor *tensor = NULL;
    const void *const data = guarded_operand(c, name, bytes_of(c, rank, shape));
    EXPECT_SUCCESS(
        srnn_tensor_wrap_const(&tensor, data, c->dtype, rank, shape, NULL));
    return tensor;
}

bool guarded_next_isa(const guarded_case *c, int *position, const char *call)
{
    const enumerators isas = enumerators_from(SRNN_ISA_BASELINE);
    char text[32];
    while (*position < isas.count && !srnn_supports(isas.values[*position]))
        (*position)++;
    if (*position == isas.count)
        return false;
    const int32_t isa = isas.values[(*position)++];
    EXPECT_SUCCESS(srnn_context_set_int(c->context, SRNN_CONTEXT_ISA, isa));
    guarded_say("case %d: %s with T=%d B=%d I=%d H=%d L=%d D=%d, float%d, %s",
                c->number, call, (int)c->T, (int)c->B, (int)c->I, (int)c->H,
                (int)c->L, (int)c->D, c->dtype == SRNN_DTYPE_FLOAT32 ? 32 : 64,
                enumerator_word(text, isa));
    return true;
}

/* A stream is forward. */
static small_rnn pick(guarded_case *c, draws *random, bool is_stream)
{
    small_rnn of = {.I = c->I, .H = c->H, .dtype = c->dtype};
    of.L = 1 + draws_below(random, 2);
    of.direction = SRNN_DIRECTION_FORWARD;
    if (!is_stream)
        of.direction += (int32_t)draws_below(random, 3);
    of.nonlinearity = draws_nonlinearity(random);
    of.no_bias = draws_below(random, 7) == 0;
    c->L = of.L;
    c->D = of.direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    return of;
}

static void check_sizes(guarded_check *check, guarded_case c, draws *random,
                        bool is_stream)
{
    const small_rnn of = pick(&c, random, is_stream);
    const int64_t size = element_bytes(c.dtype);
    c.rnn = small_rnn_create(&of);
    c.context = small_rnn_context(c.rnn, 1, SRNN_SCHEDULE_SERIAL);
    EXPECT_SUCCESS(
        srnn_context_set_int(c.context, SRNN_CONTEXT_GEMM, SRNN_GEMM_NATIVE));
    c.inputs = c.T * c.B * c.I * size;
    c.states = c.L * c.D * c.B * c.H * size;
    c.outputs = c.T * c.B * c.D * c.H * size;
    for (c.side = 0; c.side < GUARDED_SIDES; c.side++)
        check(&c);
    srnn_context_destroy(c.context);
    srnn_rnn_destroy(c.rnn);
}

/* From size to size. An odd one still meets every rest of a vector. */
static int64_t find_distance(void)
{
    if (IS_EMULATED || IS_SANITIZED)
        return 9;
    const char *const wanted = getenv("SRNN_TEST_VALUES");
    return wanted != NULL && strcmp(wanted, "all") == 0 ? 1 : 3;
}

/* Many or all values of two sizes. Returns the number of the next case. */
static int check_pair(guarded_check *check, int number, int a, int b,
                      bool is_stream)
{
    const int64_t distance = find_distance();
    int64_t sizes[4];
    for (sizes[a] = a < 2 ? 0 : 1; sizes[a] <= MOST; sizes[a] += distance)
        for (sizes[b] = b < 2 ? 0 : 1; sizes[b] <= MOST; sizes[b] += distance) {
            draws random = draws_of(number, 91);
            for (int k = 0; k < 4; k++)
                if (k != a && k != b)
                    sizes[k] = 1 + draws_below(&random, SMALL);
            guarded_case c = {.number = number++,
                              .T = sizes[0],
                              .B = sizes[1],
                              .I = sizes[2],
                              .H = sizes[3],
                              .dtype = SRNN_DTYPE_FLOAT32};
            check_sizes(check, c, &random, is_stream);
            c.dtype = SRNN_DTYPE_FLOAT64;
            check_sizes(check, c, &random, is_stream);
        }
    return number;
}

void guarded_cases(guarded_check *check, bool is_stream)
{
    int number = 0;
    guarded_watch(NULL);
    for (int a = is_stream ? 1 : 0; a < 4; a++)
        for (int b = a + 1; b < 4; b++)
            number = check_pair(check, number, a, b, is_stream);
}
