/* SPDX-License-Identifier: MIT */
/* Checkpoints with numbers of an example, such as its place in the data. They
 * stand in the metadata as texts. */
#ifndef SUPPORT_CHECKPOINT_H
#define SUPPORT_CHECKPOINT_H

#include <stdint.h>

#include <simplernn.h>

typedef struct {
    const char *key;
    int64_t value;
} checkpoint_number;

/* Does what srnn_optimizer_save() does, with numbers for the metadata. */
void checkpoint_save(const srnn_optimizer *optimizer, const char *path,
                     const char *const *names,
                     const srnn_tensor *const *tensors, int64_t tensor_count,
                     const checkpoint_number *numbers, int64_t number_count);

/* The number that a checkpoint has under a key. Ends the program if it has
 * none. */
int64_t checkpoint_integer(const srnn_weights *checkpoint, const char *key);

/* Copies the tensor that a checkpoint has under a name into one of the same
 * shape. Ends the program if it has none, or one of another shape. */
void checkpoint_copy_tensor(srnn_tensor *to, const srnn_weights *checkpoint,
                            const char *name);

#endif
