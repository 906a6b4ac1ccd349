/* SPDX-License-Identifier: MIT */
/* The header of a safetensors file, as the safetensors package writes it: no
 * blanks, its escapes, metadata first, padded to whole 8 bytes. */
#ifndef SRNN_IO_HEADER_H
#define SRNN_IO_HEADER_H

#include "io/contents.h"

typedef struct {
    unsigned char *bytes; /* its length, and itself */
    int64_t size;
} srnn_header;

/* SRNN_ERROR_RANGE if it is above SRNN_MAX_HEADER_SIZE. */
srnn_status srnn_header__create(srnn_header *out,
                                const srnn_contents *contents);

void srnn_header__destroy(srnn_header *header);

#endif
