/* SPDX-License-Identifier: MIT */
/* Trains one network on several processes that MPI connects, with the same bits
 * for 1, 2, 4 and 8 of them. */
#include <inttypes.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "checkpoint.h"
#include "learner.h"
#include "options.h"
#include "progress.h"

enum { LEVELS = 4 }; /* of the tree over 8 shards */

typedef struct {
    int64_t steps, seed, save_every, measure;
    const char *checkpoint, *resume;
} settings;

typedef struct {
    int rank, ranks;
    learner learner;
    part *parts[LEVELS + 1]; /* one for each level, and one to receive */
    double communicating;    /* seconds */
} trainer;

/* The sum of count shards from `first` on, a balanced tree, becomes part 0. Two
 * sums of as many shards become one as soon as both are there, so parts hold
 * fewer and fewer shards: 4, 2 and 1 after seven of them. */
static void sum_shards(trainer *t, int64_t step, int64_t first, int64_t count)
{
    const int64_t P = learner_size(&t->learner);
    part **next = t->parts;
    for (int64_t done = 1; done <= count; done++) {
        learner_compute(&t->learner, step, first + done - 1, *next++);
        for (int64_t pairs = done; pairs % 2 == 0; pairs /= 2) {
            next--;
            part_add(next[-1], next[0], P);
        }
    }
}

/* Returns the mean loss of the whole batch. */
static double train_step(trainer *t, int64_t step)
{
    part *const sum = t->parts[0];
    const int64_t own = SHARDS / t->ranks;
    sum_shards(t, step, t->rank * own, own);
    const double start = MPI_Wtime();
    part_add_all_ranks(sum, t->parts[LEVELS], learner_size(&t->learner));
    t->communicating += MPI_Wtime() - start;
    learner_update(&t->learner, sum);
    return sum->loss / sum->count;
}

/* All ranks must have the same weights. The largest checksum and the largest
 * complement of one are those of the same rank only if all are equal. */
static void compare_weights(const trainer *t)
{
    const int64_t sum = learner_checksum(&t->learner);
    int64_t both[] = {sum, ~sum};
    MPI_Allreduce(MPI_IN_PLACE, both, 2, MPI_INT64_T, MPI_MAX, MPI_COMM_WORLD);
    if (both[0] != ~both[1])
        fail("rank %d: the weights differ between ranks", t->rank);
}

/* Rank 0 saves for all, as all have the same state. */
static void save(const trainer *t, const settings *s)
{
    const checkpoint_number seed = {"seed", (int64_t)t->learner.seed};
    compare_weights(t);
    if (t->rank == 0 && s->checkpoint != NULL)
        checkpoint_save(t->learner.model.optimizer, s->checkpoint, NULL, NULL,
                        0, &seed, 1);
}

/* Makes the learner, and returns the number of steps that it has behind it. */
static int64_t begin(trainer *t, const settings *s)
{
    if (s->resume == NULL) {
        learner_create(&t->learner, (uint64_t)s->seed, NULL);
        return 0;
    }
    srnn_weights *checkpoint = NULL;
    check(srnn_weights_open(&checkpoint, s->resume));
    learner_create(&t->learner,
                   (uint64_t)checkpoint_integer(checkpoint, "seed"),
                   checkpoint);
    srnn_weights_destroy(checkpoint);
    return model_steps(&t->learner.model);
}

static void train(trainer *t, const settings *s, int64_t first)
{
    progress p = progress_begin(first, s->steps, (int64_t)SHARDS * ROWS, 100);
    p.is_terminal = false; /* mpirun pretends to be one, wherever it writes */
    const double start = MPI_Wtime();
    for (int64_t step = first; step < s->steps; step++) {
        const double loss = train_step(t, step);
        const int64_t done = step + 1;
        if (t->rank == 0)
            progress_show(&p, done, "loss %.4f", loss);
        if (done % s->save_every == 0 || done == s->steps)
            save(t, s);
    }
    const double seconds = MPI_Wtime() - start;
    if (t->rank == 0) {
        printf("step %" PRId64 " on %d ranks in %.3f s, of which %.1f %% are "
               "messages\n",
               s->steps > first ? s->steps : first, t->ranks, seconds,
               100 * t->communicating / seconds);
    }
}

static void run(const settings *s)
{
    trainer t = {0};
    MPI_Comm_rank(MPI_COMM_WORLD, &t.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &t.ranks);
    if (SHARDS % t.ranks != 0)
        fail("%d ranks cannot share %d shards; start 1, 2, 4 or 8", t.ranks,
             (int)SHARDS);
    const int64_t first = begin(&t, s);
    for (int i = 0; i <= LEVELS; i++)
        t.parts[i] = part_create(learner_size(&t.learner));
    train(&t, s, first);
    for (int i = 0; i <= LEVELS; i++)
        free(t.parts[i]);
    learner_destroy(&t.learner);
}

static settings read_settings(int argc, char **argv)
{
    settings s = {.steps = 2000, .seed = 1, .save_every = 100};
    const option list[] = {
        {"steps", "N", "training steps", &s.steps, .least = 1, .most = 1e9},
        {"seed", "N", "of a new network and its data", &s.seed,
         .most = 4294967295, .is_new = true},
        {"checkpoint", "FILE", "where to save", .text = &s.checkpoint,
         .file = OPTION_CHECKPOINT},
        {"save-every", "N", "steps between two saves", &s.save_every,
         .least = 1, .most = 1e9},
        {"resume", "FILE", "a checkpoint to go on from", .text = &s.resume,
         .file = OPTION_RESUME},
        {"measure", "0 or 1", "only measure messages between two ranks",
         &s.measure, .most = 1},
    };
    const int count = sizeof list / sizeof *list;
    int rank;
    options_read(argc, argv, "Trains a network on several processes.",
                 (operand){0}, list, count);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0) /* which saves for all */
        options_check_outputs(list, count);
    return s;
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    const settings s = read_settings(argc, argv);
    if (s.measure)
        part_measure_messages();
    else
        run(&s);
    MPI_Finalize();
    return 0;
}
