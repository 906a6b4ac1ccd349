/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind, no-qemu */
/* The memory of jansson comes from malloc and not from our allocator. Under any
 * limit, opening a file gives SRNN_ERROR_NO_MEMORY or what it gives without
 * one. Valgrind and qemu need more address space than the limits leave. */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/process.h"
#include "support/tools.h"
#include "support/weights_file.h"

enum { STEP = 1 << 14, PROMISED = 1 << 20 };

typedef struct {
    srnn_status status;
    char text[256];
} outcome;

static outcome open_within(const weights_file *file, size_t room)
{
    srnn_weights *weights = NULL;
    outcome result = {SRNN_OK, ""};
#if defined(__GLIBC__)    /* musl keeps little */
    (void)malloc_trim(0); /* no more than room is left */
#endif
    const struct rlimit limit = {(rlim_t)process_address_space() + room,
                                 RLIM_INFINITY};
    if (setrlimit(RLIMIT_AS, &limit) != 0)
        _exit(1);
    result.status = srnn_weights_open_memory(&weights, file->bytes, file->size);
    (void)snprintf(result.text, sizeof result.text, "%s", srnn_last_error());
    return result;
}

/* In a process of its own, whose heap has nothing left over from before. */
static outcome open_in_child(const weights_file *file, size_t room)
{
    outcome *const shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    assert_ptr_not_equal(shared, MAP_FAILED);
    const pid_t child = fork();
    if (child == 0) {
        *shared = open_within(file, room);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    const outcome result = *shared;
    assert_int_equal(munmap(shared, sizeof *shared), 0);
    return result;
}

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                              "abcdefghijklmnopqrstuvwxyz0123456789+-";

/* A header of many entries of few bytes: names have two letters, then three. */
static weights_file build(const char *before, const char *value, int count,
                          const char *after)
{
    weights_file header = {NULL, 0, 0};
    weights_file_append_text(&header, before);
    for (int i = 0; i < count; i++) {
        char entry[64];
        (void)snprintf(entry, sizeof entry, "%s\"%c%c%.*s\":%s",
                       i == 0 ? "" : ",", letters[i % 64], letters[i / 64 % 64],
                       i >= 4096, letters + i / 4096, value);
        weights_file_append_text(&header, entry);
    }
    weights_file_append_text(&header, after);
    const weights_file file =
        weights_file_of_header(header.bytes, header.size, 0);
    weights_file_free(&header);
    return file;
}

/* Ever more room until there was enough, which is no more than is promised;
 * returns how often it was too little. */
static int check_limits(weights_file file)
{
    int refusals = 0;
    const outcome wanted = open_in_child(&file, (size_t)1 << 30);
    outcome got = {SRNN_ERROR_NO_MEMORY, ""};
    assert_int_not_equal(wanted.status, SRNN_ERROR_NO_MEMORY);
    for (size_t room = 0; got.status == SRNN_ERROR_NO_MEMORY; room += STEP) {
        assert_in_range(room, 0, file.size + PROMISED);
        got = open_in_child(&file, room);
        refusals += got.status == SRNN_ERROR_NO_MEMORY;
    }
    assert_int_equal(got.status, wanted.status);
    assert_string_equal(got.text, wanted.text);
    weights_file_free(&file);
    return refusals;
}

/* What costs most is an object of its own for each name, just after the table
 * of the names has doubled. jansson sees no more of a header than one value of
 * 4096 bytes at a time, so a header of one large value needs as much as any. */
static void test_weights_malloc__fails_before_jansson_can(void **state)
{
    (void)state;
    static const struct {
        const char *before, *value, *after;
        int least, most; /* members */
    } headers[] = {
        {"{", "{}", "}", 1040, 10000},
        {"{", "{\"\":[]}", "}", 1040, 10000},
        {"{", "{\"\":[1]}", "}", 1040, 10000},
        {"{\"__metadata__\":{", "\"\"", "}}", 1040, 10000},
        {"{\"w\":{", "[]", "}}", 510, 511},
        {"{\"w\":{", "[1]", "}}", 260, 450},
        {"{\"w\":{", "1", "}}", 580, 581},
    };
    if (IS_SANITIZED) /* it does not live within a limit of address space */
        skip();
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        for (int count = headers[i].least; count < headers[i].most;
             count = 2 * count - 10) {
            const int refusals = check_limits(build(
                headers[i].before, headers[i].value, count, headers[i].after));
            assert_in_range(refusals, 5, 1000);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_malloc__fails_before_jansson_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
