/* SPDX-License-Identifier: MIT */
/* Files that people take for safetensors files. */
#ifndef SRNN_IO_FOREIGN_H
#define SRNN_IO_FOREIGN_H

#include <stdint.h>

/* The command that makes safetensors files of most of them. */
#define SRNN_FOREIGN_CONVERT "python -m simplernn.convert"

/* What a file is that begins with these bytes, 8 or more, as a sentence: "the
 * file is a GGUF file, ...". NULL if that is unknown. */
const char *srnn_foreign__kind(const unsigned char *bytes, int64_t count);

#endif
