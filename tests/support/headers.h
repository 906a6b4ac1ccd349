/* SPDX-License-Identifier: MIT */
/* What the public headers promise of each function, read from their text. */
#ifndef TESTS_SUPPORT_HEADERS_H
#define TESTS_SUPPORT_HEADERS_H

#include <stdbool.h>
#include <stdint.h>

#include "simplernn.h"

typedef struct {
    char name[64];
    char header[32]; /* "tensor.h" */
    char parameters[512];
    uint64_t promised; /* every @retval, as headers_bit gives them */
    uint64_t seen;     /* those that a row met */
    bool has_row;      /* that refuses or answers */
} headers_function;

enum { HEADERS_FUNCTIONS = 160 }; /* at most */

/* All of them; the result is their number. */
int headers_functions(headers_function **out);

/* The function that a call begins with, or NULL. */
headers_function *headers_find(const char *call);

/* A status as a set of one. */
uint64_t headers_bit(srnn_status status);

#endif
