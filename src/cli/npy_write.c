/* SPDX-License-Identifier: MIT */
/* A header padded as NumPy pads it, so that the values begin at a multiple of
 * 64 bytes, and the values as they lie in memory. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "element.h"
#include "npy.h"

enum { PREFACE = 10, ALIGNMENT = 64, LONGEST = 320 };

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BYTE_ORDER_MARK '>'
#else
#define BYTE_ORDER_MARK '<'
#endif

/* (3, 2, 4) or (3,); room for 8 sizes of 20 digits. */
static int append_shape(char *text, size_t capacity, const srnn_tensor *tensor)
{
    const int32_t rank = srnn_tensor_rank(tensor);
    int length = snprintf(text, capacity, "(");
    for (int32_t i = 0; i < rank; i++)
        length +=
            snprintf(text + length, capacity - (size_t)length, "%s%" PRId64,
                     i == 0 ? "" : ", ", srnn_tensor_shape(tensor)[i]);
    return length + snprintf(text + length, capacity - (size_t)length, "%s)",
                             rank == 1 ? "," : "");
}

static command_result write_header(command_target *target,
                                   const srnn_tensor *tensor, int64_t width)
{
    const char kind = srnn_tensor_dtype(tensor) == SRNN_DTYPE_INT64 ? 'i' : 'f';
    char header[LONGEST];
    int length = PREFACE;
    length += snprintf(header + length, sizeof header - (size_t)length,
                       "{'descr': '%c%c%" PRId64
                       "', 'fortran_order': False, 'shape': ",
                       BYTE_ORDER_MARK, kind, width);
    length +=
        append_shape(header + length, sizeof header - (size_t)length, tensor);
    length += snprintf(header + length, sizeof header - (size_t)length, ", }");
    const int padded = (length + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    memset(header + length, ' ', (size_t)(padded - length));
    header[padded - 1] = '\n';
    memcpy(header, "\x93NUMPY\x01", 7);
    header[7] = 0;
    header[8] = (char)((padded - PREFACE) & 0xff);
    header[9] = (char)((padded - PREFACE) >> 8);
    return command_target_write(target, header, padded);
}

command_result command_npy_write(command_target *target,
                                 const srnn_tensor *tensor)
{
    const int64_t width = command_element_size(srnn_tensor_dtype(tensor));
    COMMAND_TRY(write_header(target, tensor, width));
    return command_target_write(target, srnn_tensor_data(tensor),
                                width * srnn_tensor_size(tensor));
}
