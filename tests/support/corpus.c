/* SPDX-License-Identifier: MIT */
#include "support/corpus.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST = 4096 };

uint8_t *corpus_read(size_t *size, const char *folder, const char *name)
{
    uint8_t bytes[LONGEST];
    char path[1024];
    (void)snprintf(path, sizeof path, CORPUS_FOLDER "/%s/%s", folder, name);
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("cannot open %s", path);
    *size = fread(bytes, 1, LONGEST, file);
    assert_int_equal(ferror(file), 0);
    assert_int_equal(fclose(file), 0);
    assert_true(*size < LONGEST);
    uint8_t *const copy = malloc(*size == 0 ? 1 : *size);
    assert_non_null(copy);
    memcpy(copy, bytes, *size);
    return copy;
}

static void replay_file(const char *folder, const char *name,
                        corpus_check *check)
{
    size_t size = 0;
    uint8_t *const bytes = corpus_read(&size, folder, name);
    const bool is_valid = strncmp(name, "valid-", 6) == 0;
    if (!is_valid && strncmp(name, "refused-", 8) != 0 &&
        strncmp(name, "input-", 6) != 0)
        fail_msg("%s: valid or refused?", name);
    check(name, bytes, size, is_valid);
    free(bytes);
}

void corpus_replay(const char *folder, int at_least, corpus_check *check)
{
    char path[1024];
    int files = 0;
    (void)snprintf(path, sizeof path, CORPUS_FOLDER "/%s", folder);
    DIR *const entries = opendir(path);
    assert_non_null(entries);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        replay_file(folder, entry->d_name, check);
        files++;
    }
    assert_int_equal(closedir(entries), 0);
    assert_true(files >= at_least);
}
