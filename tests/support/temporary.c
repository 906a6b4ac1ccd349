/* SPDX-License-Identifier: MIT */
/* A flat folder: tests make no folders in it. */
#include "support/temporary.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/simplernn-test-XXXXXX";

int temporary_create(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

int temporary_remove(void **state)
{
    (void)state;
    DIR *const entries = opendir(folder);
    if (entries == NULL)
        return -1;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        if (entry->d_name[0] != '.')
            (void)unlink(temporary_path(entry->d_name));
    (void)closedir(entries);
    return rmdir(folder);
}

const char *temporary_path(const char *name)
{
    static char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

const char *temporary_write(const char *name, const void *bytes, size_t size)
{
    const char *const path = temporary_path(name);
    FILE *const file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes, 1, size, file) != size ||
        fclose(file) != 0)
        abort();
    return path;
}

const char *temporary_write_rnn(const char *name,
                                const weights_topology *topology)
{
    weights_file file = weights_file_of_rnn(topology);
    const char *const path = temporary_write(name, file.bytes, file.size);
    weights_file_free(&file);
    return path;
}

bool temporary_holds(const char *name, const void *bytes, size_t size)
{
    char found[1 << 14];
    FILE *const file = fopen(temporary_path(name), "rb");
    if (file == NULL || size >= sizeof found)
        abort();
    const size_t count = fread(found, 1, sizeof found, file);
    (void)fclose(file);
    return count == size && memcmp(found, bytes, size) == 0;
}

int temporary_clear(const char *beginning)
{
    int count = 0;
    DIR *const entries = opendir(folder);
    if (entries == NULL)
        abort();
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (strncmp(entry->d_name, beginning, strlen(beginning)) != 0)
            continue;
        (void)unlink(temporary_path(entry->d_name));
        count++;
    }
    (void)closedir(entries);
    return count;
}
