/* SPDX-License-Identifier: MIT */
/* A name in two parts, which are never put together: a prefix may be as long as
 * a header. */
#ifndef SRNN_UTIL_JOINED_H
#define SRNN_UTIL_JOINED_H

#include <string.h>

typedef struct {
    const char *prefix;
    const char *name;
} srnn_joined;

/* As strcmp of the whole names, where a's prefix is not the longer one. */
static inline int srnn_joined__compare_shorter(srnn_joined a, srnn_joined b)
{
    const size_t length = strlen(a.prefix);
    const int order = strncmp(a.prefix, b.prefix, length);
    if (order != 0)
        return order;
    /* What is left of b's prefix stands against the beginning of a's name. */
    const char *const rest = b.prefix + length;
    const size_t left = strlen(rest);
    const int behind = strncmp(a.name, rest, left);
    return behind != 0 ? behind : strcmp(a.name + left, b.name);
}

/* As strcmp of the whole names. */
static inline int srnn_joined__compare(srnn_joined a, srnn_joined b)
{
    if (strlen(a.prefix) <= strlen(b.prefix))
        return srnn_joined__compare_shorter(a, b);
    const int other = srnn_joined__compare_shorter(b, a);
    return (other < 0) - (other > 0);
}

#endif
