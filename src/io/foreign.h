/* SPDX-License-Identifier: MIT */
/* Files that people take for safetensors files. */
#ifndef SRNN_IO_FOREIGN_H
#define SRNN_IO_FOREIGN_H

#include <stdint.h>

#include "simplernn/status.h"

/* The command that makes safetensors files of most of them. */
#define SRNN_FOREIGN_CONVERT "python -m simplernn.convert"

/* SRNN_ERROR_FORMAT, saying what it is, if a file that begins with these bytes,
 * 8 or more, is known to be of another kind. */
srnn_status srnn_foreign__check(const unsigned char *bytes, int64_t count);

#endif
