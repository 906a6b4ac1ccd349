/* SPDX-License-Identifier: MIT */
/* First values of a parameter; see srnn_initialisation_values. */
#ifndef SRNN_RNN_INITIALISE_H
#define SRNN_RNN_INITIALISE_H

#include "simplernn/initialisation.h"
#include "tensor/tensor.h"

/* A matrix with orthonormal rows, or columns if it has fewer of them: its
 * vectors, one after the other. To be freed with srnn_memory__destroy.
 * SRNN_ERROR_NO_MEMORY. */
srnn_status srnn_initialise__make_orthogonal(double **out, int64_t rows,
                                             int64_t columns, uint64_t seed);

/* Writes a contiguous parameter, a matrix where the kind needs one. vectors are
 * those of an orthogonal one, and else NULL. */
void srnn_initialise__fill(const srnn_tensor *parameter,
                           srnn_initialisation kind, double gain, uint64_t seed,
                           const double *vectors);

#endif
