/* SPDX-License-Identifier: MIT */
/* Files are read, never mapped: one that is cut short while open gives an
 * error instead of a signal. */
#include "io/source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/path.h"
#include "util/error.h"

/* One read call gets at most this much: Linux stops just below 2 GiB. */
enum { MAX_READ = 1 << 30 };

/* O_NONBLOCK: opening a FIFO must fail, not wait. */
static int open_file(int folder, const char *name, int flags)
{
    int file = -1;
    do {
        file = openat(folder, name,
                      O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags);
    } while (file < 0 && errno == EINTR);
    return file;
}

static srnn_status take_file(srnn_source *out, int file, const char *path)
{
    struct stat info = {0};
    srnn_status status = SRNN_OK;
    if (file < 0)
        return srnn_path__fail_errno(path, "cannot open", errno);
    if (fstat(file, &info) != 0)
        status = srnn_path__fail_errno(path, "cannot stat", errno);
    else if (S_ISDIR(info.st_mode))
        status = srnn_path__fail(path,
                                 "is a directory, expected a safetensors file");
    else if (!S_ISREG(info.st_mode))
        status = srnn_path__fail(path, "is not a regular file");
    if (status != SRNN_OK) {
        (void)close(file);
        return status;
    }
    *out = (srnn_source){.file = file, .size = (int64_t)info.st_size};
    return SRNN_OK;
}

srnn_status srnn_source__open(srnn_source *out, const char *path)
{
    return take_file(out, open_file(AT_FDCWD, path, 0), path);
}

srnn_status srnn_source__open_at(srnn_source *out, int folder, const char *name,
                                 const char *path)
{
    return take_file(out, open_file(folder, name, O_NOFOLLOW), path);
}

srnn_source srnn_source__from_memory(const void *bytes, int64_t size)
{
    return (srnn_source){.file = -1, .bytes = bytes, .size = size};
}

srnn_source srnn_source__from_callback(srnn_read_function read, void *user,
                                       int64_t size)
{
    return (srnn_source){.file = -1, .read = read, .user = user, .size = size};
}

static srnn_status read_file(int file, unsigned char *target, int64_t offset,
                             int64_t count)
{
    for (int64_t done = 0; done < count;) {
        const int64_t left = count - done;
        const size_t ask = (size_t)(left < MAX_READ ? left : (int64_t)MAX_READ);
        const ssize_t got =
            pread(file, target + done, ask, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return srnn_error__fail(SRNN_ERROR_IO, "cannot read: %s",
                                    srnn_path__reason(errno));
        if (got == 0)
            return srnn_error__fail(SRNN_ERROR_IO,
                                    "the file ended at byte %" PRId64
                                    ", expected %" PRId64
                                    ": it was truncated after it was opened",
                                    offset + done, offset + count);
        done += got;
    }
    return SRNN_OK;
}

static srnn_status read_callback(const srnn_source *source, void *target,
                                 int64_t offset, int64_t count)
{
    const int64_t got =
        source->read(source->user, offset, target, (size_t)count);
    if (got == count)
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_IO,
                            "the read callback returned %" PRId64
                            " for %" PRId64 " bytes at byte %" PRId64 ": it %s",
                            got, count, offset,
                            got < 0 ? "failed" : "must read all of them");
}

srnn_status srnn_source__read(const srnn_source *source, void *target,
                              int64_t offset, int64_t count)
{
    if (count == 0)
        return SRNN_OK;
    if (source->file >= 0)
        return read_file(source->file, target, offset, count);
    if (source->read != NULL)
        return read_callback(source, target, offset, count);
    memcpy(target, source->bytes + offset, (size_t)count);
    return SRNN_OK;
}

void srnn_source__close(srnn_source *source)
{
    if (source->file >= 0)
        (void)close(source->file);
}
