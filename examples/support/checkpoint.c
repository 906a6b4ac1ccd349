/* SPDX-License-Identifier: MIT */
#include "checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

enum { TEXT = 24 }; /* bytes for any int64 */

void checkpoint_save(const srnn_optimizer *optimizer, const char *path,
                     const char *const *names,
                     const srnn_tensor *const *tensors, int64_t tensor_count,
                     const checkpoint_number *numbers, int64_t number_count)
{
    const size_t count = (size_t)number_count;
    char *const texts = allocate(count + 1, TEXT);
    const char **const metadata = allocate(2 * count + 1, sizeof *metadata);
    for (size_t i = 0; i < count; i++) {
        char *const text = texts + i * TEXT;
        (void)snprintf(text, TEXT, "%lld", (long long)numbers[i].value);
        metadata[2 * i] = numbers[i].key;
        metadata[2 * i + 1] = text;
    }
    check(srnn_optimizer_save(optimizer, path, names, tensors, tensor_count,
                              metadata)); /* NULL is its last element */
    free(metadata);
    free(texts);
}

int64_t checkpoint_integer(const srnn_weights *checkpoint, const char *key)
{
    const char *const text = srnn_weights_metadata(checkpoint, key);
    char *end = NULL;
    if (text == NULL)
        fail("the checkpoint does not say its %s", key);
    errno = 0;
    const long long value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0')
        fail("the %s of the checkpoint is \"%s\", expected a whole number", key,
             text);
    return value;
}

void checkpoint_copy_tensor(srnn_tensor *to, const srnn_weights *checkpoint,
                            const char *name)
{
    srnn_tensor *from;
    check(srnn_weights_read_tensor(&from, checkpoint, name));
    check(srnn_tensor_copy(to, from));
    srnn_tensor_destroy(from);
}
