/* SPDX-License-Identifier: MIT */
/* The random numbers are those of SplitMix64. */
#include "train_order.h"

#include <stdlib.h>
#include <string.h>

static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* Each stream of a seed gives other numbers. */
static void shuffle(int64_t *list, int64_t count, int64_t seed, int64_t stream)
{
    uint64_t state = (uint64_t)seed << 32 ^ (uint64_t)stream;
    for (int64_t i = count - 1; i > 0; i--) {
        const int64_t other = (int64_t)(draw(&state) % (uint64_t)(i + 1));
        const int64_t kept = list[i];
        list[i] = list[other];
        list[other] = kept;
    }
}

/* The memory has all sequences, parted, and those for training once more. */
command_result command_order_open(command_order *out, int64_t count,
                                  double fraction, int64_t seed)
{
    int64_t held = (int64_t)(fraction * (double)count);
    if (held == 0 && fraction > 0)
        held = 1;
    *out = (command_order){
        .seed = seed, .validation_count = held, .training_count = count - held};
    if (held == count)
        return command_fail(COMMAND_WRONG,
                            "--validation needs at least 2 sequences, the "
                            "input has 1");
    out->validation = calloc((size_t)(2 * count - held), sizeof(int64_t));
    if (out->validation == NULL)
        return command_fail_memory();
    out->unordered = out->validation + held;
    out->training = out->validation + count;
    for (int64_t i = 0; i < count; i++)
        out->validation[i] = i;
    if (held > 0)
        shuffle(out->validation, count, seed, 0);
    return COMMAND_OK;
}

void command_order_close(command_order *order)
{
    free(order->validation);
}

void command_order_shuffle(command_order *order, int64_t epoch)
{
    memcpy(order->training, order->unordered,
           (size_t)order->training_count * sizeof *order->training);
    shuffle(order->training, order->training_count, order->seed, epoch + 1);
}
