/* SPDX-License-Identifier: MIT */
/* Parts in memory and in messages. */
#include "part.h"

#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

part *part_create(int64_t P)
{
    return allocate(1, sizeof(part) + (size_t)P * sizeof(float));
}

void part_add(part *to, const part *from, int64_t P)
{
    to->loss += from->loss;
    to->count += from->count;
    for (int64_t i = 0; i < P; i++)
        to->gradient[i] += from->gradient[i];
}

/* Two ranks swap memory of the same size. */
static void exchange(int partner, const void *own, void *received, int bytes)
{
    MPI_Sendrecv(own, bytes, MPI_BYTE, partner, 0, received, bytes, MPI_BYTE,
                 partner, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

void part_add_all_ranks(part *own, part *received, int64_t P)
{
    int rank = 0, ranks = 1;
    const size_t bytes = sizeof(part) + (size_t)P * sizeof(float);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    for (int distance = 1; distance < ranks; distance *= 2) {
        exchange(rank ^ distance, own, received, (int)bytes);
        part_add(own, received, P);
    }
}

/* The median of many exchanges, in seconds. */
enum { EXCHANGES = 1001 };

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double exchange_time(int partner, int bytes)
{
    static double times[EXCHANGES];
    char *const own = allocate((size_t)bytes, 1);
    char *const received = allocate((size_t)bytes, 1);
    for (int i = 0; i < EXCHANGES; i++) {
        const double start = MPI_Wtime();
        exchange(partner, own, received, bytes);
        times[i] = MPI_Wtime() - start;
    }
    free(own);
    free(received);
    qsort(times, EXCHANGES, sizeof times[0], compare);
    return times[EXCHANGES / 2];
}

void part_measure_messages(void)
{
    const int small = 8, large = 1 << 20;
    int rank = 0, ranks = 1;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (ranks < 2)
        fail("messages are measured between two ranks");
    if (rank > 1)
        return;
    const double alpha = exchange_time(1 - rank, small);
    const double beta = (exchange_time(1 - rank, large) - alpha) / large;
    if (rank == 0)
        printf("alpha %.2f us, beta %.3f ns a byte\n", alpha * 1e6, beta * 1e9);
}
