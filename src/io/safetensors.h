/* SPDX-License-Identifier: MIT */
/* From a safetensors file to the table of its tensors: the header is checked in
 * full.
 *
 *     | N: 8 bytes, little-endian | N bytes of JSON | data |
 *     {"name": {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 32]},
 *      "__metadata__": {"key": "text"}} */
#ifndef SRNN_IO_SAFETENSORS_H
#define SRNN_IO_SAFETENSORS_H

#include "io/weights.h"

/* Takes the source over: it is closed by srnn_weights__destroy, or here after a
 * failure. */
srnn_status srnn_safetensors__open(srnn_weights **out, srnn_source source);

#endif
