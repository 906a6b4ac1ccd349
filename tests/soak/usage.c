/* SPDX-License-Identifier: MIT */
#include "soak/usage.h"

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RESIDENT_SLACK = 256, /* KiB: pages that malloc touches sooner or later */
    HEAP_SLACK = 4096     /* bytes: some of what is freed counts as in use */
};

static FILE *open_proc(const char *path)
{
    FILE *const file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(2);
    }
    return file;
}

/* The number behind a word of /proc/self/status. */
static long status_of(const char *word)
{
    char line[256];
    long value = -1;
    FILE *const file = open_proc("/proc/self/status");
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, word, strlen(word)) == 0)
            value = strtol(line + strlen(word), NULL, 10);
    (void)fclose(file);
    return value;
}

static long count_lines(const char *path)
{
    long lines = 0;
    FILE *const file = open_proc(path);
    for (int c = getc(file); c != EOF; c = getc(file))
        lines += c == '\n';
    (void)fclose(file);
    return lines;
}

static long count_entries(const char *path)
{
    long entries = 0;
    DIR *const folder = opendir(path);
    if (folder == NULL) {
        perror(path);
        exit(2);
    }
    while (readdir(folder) != NULL)
        entries++;
    (void)closedir(folder);
    return entries;
}

static long heap_bytes(void)
{
#ifdef __GLIBC__
    const struct mallinfo2 info = mallinfo2();
    return (long)(info.uordblks + info.hblkhd);
#else
    return 0;
#endif
}

usage usage_now(void)
{
    return (usage){.resident = status_of("VmRSS:"),
                   .heap = heap_bytes(),
                   .descriptors = count_entries("/proc/self/fd"),
                   .threads = status_of("Threads:"),
                   .maps = count_lines("/proc/self/maps")};
}

void usage_print(const char *label, const usage *u)
{
    (void)printf("%-8s %8ld KiB resident %9ld bytes of heap %3ld descriptors "
                 "%3ld threads %3ld maps\n",
                 label, u->resident, u->heap, u->descriptors, u->threads,
                 u->maps);
    (void)fflush(stdout);
}

bool usage_has_grown(const usage *before, const usage *now)
{
    return now->resident > before->resident + RESIDENT_SLACK ||
           now->heap > before->heap + HEAP_SLACK ||
           now->descriptors > before->descriptors ||
           now->threads > before->threads || now->maps > before->maps;
}
