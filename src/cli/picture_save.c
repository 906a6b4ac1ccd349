/* SPDX-License-Identifier: MIT */
/* The file is written when the picture is whole, and takes its name at once. */
#include <stdlib.h>

#include "picture.h"
#include "target.h"

/* The picture as bytes, for the caller to free. */
static command_result make_svg(char **out, size_t *size,
                               const command_picture *picture)
{
    FILE *const file = open_memstream(out, size);
    if (file == NULL)
        return command_fail_memory();
    command_picture_write_svg(file, picture);
    const bool written = ferror(file) == 0;
    /* glibc has no memory for the bytes at the end, but no error either. */
    return fclose(file) == 0 && written && *out != NULL ? COMMAND_OK
                                                        : command_fail_memory();
}

static command_result write_target(command_target *target, const char *bytes,
                                   size_t size)
{
    COMMAND_TRY(command_target_write(target, bytes, (int64_t)size));
    COMMAND_TRY(command_target_finish(target));
    return command_target_publish(target);
}

command_result command_picture_save(const command_picture *picture,
                                    const char *path)
{
    char *bytes = NULL;
    size_t size = 0;
    command_target target;
    command_target_watch_signals();
    command_result result = make_svg(&bytes, &size, picture);
    if (result == COMMAND_OK) {
        result = command_target_open(&target, path);
        if (result == COMMAND_OK)
            result = write_target(&target, bytes, size);
        command_target_close(&target);
    }
    free(bytes);
    return result;
}
