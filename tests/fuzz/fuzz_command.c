/* SPDX-License-Identifier: MIT */
/* Any command line of simplernn, in a folder in memory. The input is one
 * argument a line, then an empty line, then the bytes of the file "f"; other
 * files are there already. The command must end with a documented status, say
 * in one line what is wrong, write no control bytes to a terminal, and leave no
 * file that was not asked for. Its clock runs fast, so that nothing takes long:
 * link with --wrap=clock_gettime. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/folder.h"
#include "fuzz/memory.h"
#include "fuzz/require.h"
#include "simplernn.h"

enum {
    LIMIT = 1 << 20,
    MOST_ARGUMENTS = 32,
    LONGEST = 64,
    LARGEST_OUTPUT = 1 << 16,
    STATUSES = 5
};

/* Words that a line can begin with; what is not one is the last. */
enum { INFO, CHECK, RUN, TRAIN, BENCH, DOCTOR, HELP, OTHER, VERBS };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int fast_clock(clockid_t clock,
               struct timespec *time) __asm__("__wrap_clock_gettime");

/* Of sanitizers: where they write; NULL without them. */
void set_report_file(void *file) __asm__("__sanitizer_set_report_fd")
    __attribute__((weak));

/* main() of the command, as it is compiled for this. */
int simplernn_command_main(int argc, char **argv);

/* Which verb ended how, which libFuzzer counts as coverage. */
static uint8_t met[VERBS][STATUSES]
    __attribute__((section("__libfuzzer_extra_counters")));

static int folder; /* its descriptor, and those of what it stands in for */
static int home, input_file, output_file, error_file, real[3];

static char words[MOST_ARGUMENTS][LONGEST];
static char *arguments[MOST_ARGUMENTS + 1];
static int count;

int fast_clock(clockid_t clock, struct timespec *time)
{
    static time_t now;
    (void)clock;
    *time = (struct timespec){.tv_sec = ++now};
    return 0;
}

typedef struct {
    const char *name;
    ino_t node;
    off_t size;
} fixed_file;

/* Written when one of them has changed. */
static fixed_file fixed[] = {{"m", 0, 0}, {"b", 0, 0}, {"x", 0, 0},
                             {"c", 0, 0}, {"v", 0, 0}, {"l", 0, 0},
                             {"r", 0, 0}, {"h", 0, 0}};

enum { FIXED = sizeof fixed / sizeof *fixed };

static void write_array(const char *name, const char *type, const char *shape,
                        const void *values, size_t size)
{
    unsigned char bytes[512] = "\x93NUMPY\x01";
    const int length =
        snprintf((char *)bytes + 10, sizeof bytes - 10,
                 "{'descr': '%s', 'fortran_order': False, 'shape': %s, }\n",
                 type, shape);
    bytes[8] = (unsigned char)length;
    require((size_t)length + size < sizeof bytes - 10);
    memcpy(bytes + 10 + length, values, size);
    folder_write(name, bytes, 10 + (size_t)length + size);
}

static void set(srnn_config *config, srnn_option option, int64_t value)
{
    require(srnn_config_set_int(config, option, value) == SRNN_OK);
}

/* m has an rnn and a linear layer, b other options and no prefix. */
static void write_models(void)
{
    srnn_config *config = NULL;
    srnn_rnn *small = NULL;
    srnn_rnn *both = NULL;
    srnn_linear *head = NULL;
    require(srnn_config_create(&config) == SRNN_OK);
    set(config, SRNN_OPTION_DIRECTION, SRNN_DIRECTION_BIDIRECTIONAL);
    set(config, SRNN_OPTION_NUM_LAYERS, 2);
    set(config, SRNN_OPTION_BATCH_FIRST, 1);
    set(config, SRNN_OPTION_DTYPE, SRNN_DTYPE_FLOAT64);
    require(srnn_rnn_create(&small, 2, 3, NULL, 1) == SRNN_OK);
    require(srnn_rnn_create(&both, 2, 3, config, 1) == SRNN_OK);
    require(srnn_linear_create(&head, SRNN_DTYPE_FLOAT32, 3, 2, 1, 1) ==
            SRNN_OK);
    require(srnn_rnn_save_alone(small, folder_path("m"), "rnn.", NULL) ==
            SRNN_OK);
    require(srnn_linear_save(head, folder_path("m"), "fc.") == SRNN_OK);
    require(srnn_rnn_save_alone(both, folder_path("b"), "", NULL) == SRNN_OK);
    srnn_linear_destroy(head);
    srnn_rnn_destroy(both);
    srnn_rnn_destroy(small);
    srnn_config_destroy(config);
}

/* Two sequences of four steps; classes, values, lengths, resets and h0. */
static void write_fixed(void)
{
    static const float input[16] = {0.5F, -1, 2, 0.25F, 3};
    static const int64_t numbers[2] = {1, 0};
    static const int64_t lengths[2] = {4, 2};
    static const unsigned char resets[8] = {0, 1, 1};
    static const float states[6] = {1, -1, 0.5F};
    write_models();
    write_array("x", "<f4", "(4, 2, 2)", input, sizeof input);
    write_array("c", "<i8", "(2,)", numbers, sizeof numbers);
    write_array("v", "<f4", "(2, 3)", states, sizeof states);
    write_array("l", "<i8", "(2,)", lengths, sizeof lengths);
    write_array("r", "|u1", "(4, 2)", resets, sizeof resets);
    write_array("h", "<f4", "(1, 2, 3)", states, sizeof states);
    for (int i = 0; i < FIXED; i++) {
        struct stat info = {0};
        require(stat(folder_path(fixed[i].name), &info) == 0);
        fixed[i].node = info.st_ino;
        fixed[i].size = info.st_size;
    }
}

static bool is_as_written(const fixed_file *file)
{
    struct stat info = {0};
    return lstat(folder_path(file->name), &info) == 0 &&
           info.st_ino == file->node && info.st_size == file->size;
}

static bool is_fixed(const char *name)
{
    for (int i = 0; i < FIXED; i++)
        if (strcmp(fixed[i].name, name) == 0)
            return true;
    return strcmp(name, "f") == 0;
}

/* A new file is one that an argument named. */
static bool was_named(const char *name)
{
    for (int i = 1; i < count; i++) {
        const size_t all = strlen(arguments[i]);
        const size_t end = strlen(name);
        if (all >= end && strcmp(arguments[i] + all - end, name) == 0)
            return true;
    }
    return false;
}

static void remove_new_files(void)
{
    DIR *const entries = opendir(folder_path("."));
    require(entries != NULL);
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        const char *const name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || is_fixed(name))
            continue;
        require(was_named(name));
        require(unlinkat(folder, name, 0) == 0);
    }
    require(closedir(entries) == 0);
}

/* No path leads out of the folder, and no number makes the command take long: a
 * number has two digits, or so many that it is beyond every limit. */
static void tame(char *word)
{
    enum { FEW = 2, MANY = 17 };
    char *to = word;
    for (const char *from = word; *from != '\0';) {
        const size_t digits = strspn(from, "0123456789");
        size_t kept = digits;
        if (digits > FEW && (digits != MANY || *from == '0'))
            kept = FEW;
        memmove(to, from, kept);
        to += kept;
        from += digits;
        if (*from == '\0')
            break;
        *to++ = *from;
        if (*from++ == '/')
            to[-1] = '_';
    }
    *to = '\0';
}

static void add(const char *text, size_t length)
{
    if (count == MOST_ARGUMENTS || length >= LONGEST)
        return;
    char *const word = words[count];
    memcpy(word, text, length);
    word[length] = '\0';
    tame(word);
    arguments[count++] = word;
    arguments[count] = NULL;
}

/* The rest is the file. */
static void take_arguments(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data;
    const char *const end = at + size;
    count = 0;
    add("simplernn", 9);
    while (at < end && *at != '\n') {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        add(at, (size_t)(stop - at));
        if (count == 2 && strcmp(arguments[1], "train") == 0) {
            add("--epochs", 8);
            add("2", 1);
        }
        at = stop == end ? end : stop + 1;
    }
    at += at < end;
    folder_write("f", at, (size_t)(end - at));
}

static void redirect(int file, int number)
{
    require(lseek(file, 0, SEEK_SET) == 0);
    require(number == STDIN_FILENO || ftruncate(file, 0) == 0);
    require(dup2(file, number) == number);
}

static int run(void)
{
    redirect(input_file, STDIN_FILENO);
    redirect(output_file, STDOUT_FILENO);
    redirect(error_file, STDERR_FILENO);
    require(fchdir(folder) == 0);
    optind = 0; /* getopt() begins anew */
    const int status = simplernn_command_main(count, arguments);
    (void)fflush(stdout);
    (void)fflush(stderr);
    clearerr(stdout);
    for (int i = 0; i < 3; i++)
        require(dup2(real[i], i) == i);
    require(fchdir(home) == 0);
    return status;
}

static const char *read_output(int file)
{
    static char text[LARGEST_OUTPUT];
    const ssize_t size = pread(file, text, sizeof text - 1, 0);
    require(size >= 0);
    text[size] = '\0';
    return strlen(text) == (size_t)size ? text : "\1";
}

/* Only JSON may have bytes beyond ASCII. */
static void require_printable(const char *text, bool is_ascii)
{
    enum { DELETE = 0x7f };
    for (; *text != '\0'; text++) {
        const unsigned char byte = (unsigned char)*text;
        require(byte == '\n' || (byte >= ' ' && byte < DELETE) ||
                (byte > DELETE && !is_ascii));
    }
}

static bool has_argument(const char *beginning)
{
    for (int i = 1; i < count; i++)
        if (strncmp(arguments[i], beginning, strlen(beginning)) == 0)
            return true;
    return false;
}

/* The line of a failure is the last one, and names what is wrong. */
static void require_reason(const char *text, int status)
{
    const char *const line = strstr(text, "simplernn: ");
    require(line != NULL && text[strlen(text) - 1] == '\n');
    if (status == 2)
        require(strchr(line, '"') != NULL || strstr(line, "--") != NULL ||
                strstr(line, "standard ") != NULL);
}

static int number_of_verb(void)
{
    static const char *const verbs[OTHER] = {
        "info", "check", "run", "train", "bench", "doctor", "--help"};
    for (int i = 0; i < OTHER && count > 1; i++)
        if (strcmp(arguments[1], verbs[i]) == 0)
            return i;
    return OTHER;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    union {
        intptr_t number;
        void *pointer;
    } report;
    (void)argc;
    (void)argv;
    require(setenv("SIMPLERNN_GEMM", "native", 1) == 0);
    require(setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0);
    memory_install(LIMIT);
    folder_create();
    write_fixed();
    folder = open(folder_path("."), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    input_file = open(folder_path("x"), O_RDONLY | O_CLOEXEC);
    output_file = memfd_create("output", MFD_CLOEXEC);
    error_file = memfd_create("errors", MFD_CLOEXEC);
    require(folder >= 0 && home >= 0 && input_file >= 0 && output_file >= 0 &&
            error_file >= 0);
    for (int i = 0; i < 3; i++)
        require((real[i] = fcntl(i, F_DUPFD_CLOEXEC, 10)) >= 10);
    report.number = real[STDERR_FILENO];
    if (set_report_file != NULL)
        set_report_file(report.pointer);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    take_arguments(data, size);
    const int verb = number_of_verb();
    const int status = run();
    require(status >= 0 && status < STATUSES);
    met[verb][status] = 1;
    const char *const errors = read_output(error_file);
    require_printable(errors, true);
    if (status != 0)
        require_reason(errors, status);
    if (verb != RUN) /* which may write an array */
        require_printable(read_output(output_file), !has_argument("--j"));
    remove_new_files();
    for (int i = 0; i < FIXED; i++)
        if (!is_as_written(&fixed[i])) {
            write_fixed();
            break;
        }
    require(memory_living() == 0);
    return 0;
}
