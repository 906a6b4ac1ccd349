/* SPDX-License-Identifier: MIT */
/* What all JSON of simplernn-bench has. */
#ifndef BENCH_JSON_H
#define BENCH_JSON_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* /proc/cpuinfo's name of the processor, or "unknown". */
void bench_json_read_cpu(char *name, size_t capacity);

/* The lines of srnn_build_info, "name: value". */
json_t *bench_json_build(void);

/* Prints it in one line, and frees it. NULL is a failure. False after one. */
bool bench_json_print(json_t *object);

#endif
