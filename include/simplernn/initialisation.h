/* SPDX-License-Identifier: MIT */
/**
 * @file
 * How parameters get their first values: srnn_initialisation.
 */
#ifndef SIMPLERNN_INITIALISATION_H
#define SIMPLERNN_INITIALISATION_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A way to fill a parameter. Values never change; later versions may add some.
 */
typedef int32_t srnn_initialisation;

/**
 * Values of srnn_initialisation.
 *
 * An orthogonal matrix has orthonormal rows, or orthonormal columns if it has
 * fewer of them, times the gain. It is distributed as by
 * torch.nn.init.orthogonal_, but its values are not those of PyTorch: it is the
 * factor Q of the QR decomposition of a matrix of normal numbers, with the
 * diagonal of R above 0.
 */
enum srnn_initialisation_values {
    SRNN_INITIALISATION_UNIFORM = 2001,    /**< U(-gain, gain), in the values of
                                                torch.manual_seed(seed) and
                                                parameter.uniform_(-gain, gain)
                                                on a CPU */
    SRNN_INITIALISATION_ORTHOGONAL = 2002, /**< a random orthogonal matrix */
    SRNN_INITIALISATION_IDENTITY = 2003,   /**< gain on the diagonal and 0
                                                elsewhere, also if the matrix is
                                                not square. The seed has no
                                                effect */
    SRNN_INITIALISATION_ZEROS = 2004       /**< 0, for any gain in its range and
                                                any seed */
};

#ifdef __cplusplus
}
#endif

#endif
