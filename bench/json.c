/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <stdio.h>
#include <string.h>

#include <simplernn.h>

void bench_json_read_cpu(char *name, size_t capacity)
{
    char line[256];
    FILE *const file = fopen("/proc/cpuinfo", "r");
    (void)snprintf(name, capacity, "unknown");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *const value = strstr(line, ": ");
        if (strncmp(line, "model name", 10) == 0 && value != NULL) {
            (void)snprintf(name, capacity, "%.*s",
                           (int)strcspn(value + 2, "\n"), value + 2);
            break;
        }
    }
    if (file != NULL)
        (void)fclose(file);
}

bool bench_json_print(json_t *object)
{
    const bool done = object != NULL &&
                      json_dumpf(object, stdout, JSON_REAL_PRECISION(5)) == 0;
    json_decref(object);
    return done && puts("") >= 0 && fflush(stdout) == 0;
}

json_t *bench_json_build(void)
{
    json_t *const object = json_object();
    const char *line = srnn_build_info();
    while (*line != '\0') {
        const size_t length = strcspn(line, "\n");
        const size_t name = strcspn(line, ":");
        if (name + 2 < length)
            (void)json_object_setn_new(
                object, line, name,
                json_stringn(line + name + 2, length - name - 2));
        line += length + (line[length] == '\n');
    }
    return object;
}
