/* SPDX-License-Identifier: MIT */
/* read() until all is there: a pipe hands out what it has. */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_READ = 1 << 30 }; /* Linux stops just below 2 GiB */

static command_result fail(const command_source *source, const char *what)
{
    return command_fail(COMMAND_IO, "%s %s", source->name, what);
}

/* left is known where the size is: then nothing is taken for a header that
 * promises more than there is. */
static command_result look_at(command_source *source)
{
    struct stat info = {0};
    if (fstat(source->file, &info) != 0)
        return command_fail_errno(source->name, "cannot read", errno);
    if (S_ISDIR(info.st_mode))
        return fail(source, "is a directory, expected a .npy file");
    if (isatty(source->file))
        return fail(source, "is a terminal; pipe a .npy file into it");
    const off_t at = lseek(source->file, 0, SEEK_CUR);
    if (S_ISREG(info.st_mode) && at >= 0)
        source->left = at < info.st_size ? info.st_size - at : 0;
    return COMMAND_OK;
}

command_result command_source_open(command_source *out, const char *path)
{
    const bool standard = strcmp(path, "-") == 0;
    *out = (command_source){"standard input", STDIN_FILENO, NULL, -1};
    if (!standard)
        (void)command_quote(out->name, path);
    while (!standard) {
        out->file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (out->file >= 0)
            break;
        if (errno != EINTR)
            return command_fail_errno(out->name, "cannot open", errno);
    }
    const command_result result = look_at(out);
    if (result != COMMAND_OK)
        command_source_close(out);
    return result;
}

void command_source_close(command_source *source)
{
    if (source->file > STDIN_FILENO)
        (void)close(source->file);
}

static void read_memory(int64_t *got, command_source *source, void *target,
                        int64_t size)
{
    *got = size < source->left ? size : source->left;
    if (*got > 0)
        memcpy(target, source->bytes, (size_t)*got);
    source->bytes += *got;
    source->left -= *got;
}

command_result command_source_read(int64_t *got, command_source *source,
                                   void *target, int64_t size)
{
    *got = 0;
    if (source->file < 0) {
        read_memory(got, source, target, size);
        return COMMAND_OK;
    }
    while (*got < size) {
        const int64_t ask = size - *got;
        const ssize_t count = read(source->file, (char *)target + *got,
                                   (size_t)(ask < MAX_READ ? ask : MAX_READ));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return command_fail_errno(source->name, "cannot read", errno);
        if (count == 0)
            break;
        *got += count;
    }
    if (source->left >= 0)
        source->left -= *got;
    return COMMAND_OK;
}
