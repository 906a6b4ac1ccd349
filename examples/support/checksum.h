/* SPDX-License-Identifier: MIT */
/* A number that differs for data that differ, in all likelihood. A checkpoint
 * keeps it, so that training does not go on with other data. */
#ifndef SUPPORT_CHECKSUM_H
#define SUPPORT_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

int64_t checksum(const void *bytes, size_t size);

#endif
