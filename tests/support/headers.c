/* SPDX-License-Identifier: MIT */
/* Each "SRNN_API ... name(" has its comment right before it. */
#include "support/headers.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static headers_function functions[HEADERS_FUNCTIONS];
static int count;

uint64_t headers_bit(srnn_status status)
{
    assert_in_range(-status, 0, 63);
    return UINT64_C(1) << -status;
}

/* The statuses behind the @retval from comment to its end. */
static uint64_t read_statuses(const char *comment, const char *end)
{
    static const char mark[] = "@retval ";
    uint64_t all = 0;
    while ((comment = strstr(comment, mark)) != NULL && comment < end) {
        char name[64];
        int64_t status = 0;
        comment += strlen(mark);
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(comment, " \n"),
                       comment);
        assert_int_equal(srnn_constant_value(&status, name), SRNN_OK);
        all |= headers_bit((srnn_status)status);
    }
    return all;
}

static void read_header(const char *header, const char *text)
{
    const char *comment = text;
    for (const char *at = text; (at = strstr(at, "SRNN_API ")) != NULL;) {
        const char *const end = strchr(at, '(');
        const char *start = end;
        while (strchr(" *\n", start[-1]) == NULL)
            start--;
        for (const char *next = comment; next != NULL && next < at;
             next = strstr(next + 1, "/**"))
            comment = next;
        assert_in_range(count, 0, HEADERS_FUNCTIONS - 1);
        headers_function *const f = &functions[count++];
        (void)snprintf(f->name, sizeof f->name, "%.*s", (int)(end - start),
                       start);
        (void)snprintf(f->header, sizeof f->header, "%s", header);
        (void)snprintf(f->parameters, sizeof f->parameters, "%.*s",
                       (int)strcspn(end, ";"), end);
        f->promised = read_statuses(comment, at);
        at = end;
    }
}

static void read_file(const char *header)
{
    static char text[1 << 16];
    char path[512];
    (void)snprintf(path, sizeof path, SOURCE_FOLDER "/include/simplernn/%s",
                   header);
    FILE *const file = fopen(path, "rb");
    assert_non_null(file);
    const size_t size = fread(text, 1, sizeof text - 1, file);
    assert_int_equal(fclose(file), 0);
    assert_in_range(size, 1, sizeof text - 2);
    text[size] = '\0';
    read_header(header, text);
}

static void read_all(void)
{
    int headers = 0;
    DIR *const folder = opendir(SOURCE_FOLDER "/include/simplernn");
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        const size_t length = strlen(entry->d_name);
        if (length < 2 || strcmp(entry->d_name + length - 2, ".h") != 0)
            continue;
        headers++;
        if (strcmp(entry->d_name, "export.h") != 0) /* declares nothing */
            read_file(entry->d_name);
    }
    (void)closedir(folder);
    assert_in_range(headers, 12, 99);
    assert_in_range(count, 80, HEADERS_FUNCTIONS);
}

int headers_functions(headers_function **out)
{
    if (count == 0)
        read_all();
    *out = functions;
    return count;
}

headers_function *headers_find(const char *call)
{
    headers_function *all = NULL;
    const int n = headers_functions(&all);
    const char *const name = strstr(call, "srnn_");
    if (name == NULL)
        return NULL;
    const size_t length = strcspn(name, "(");
    for (int i = 0; i < n; i++)
        if (strlen(all[i].name) == length &&
            memcmp(all[i].name, name, length) == 0)
            return &all[i];
    return NULL;
}
