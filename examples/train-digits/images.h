/* SPDX-License-Identifier: MIT */
/* The images of handwritten digits. */
#ifndef TRAIN_DIGITS_IMAGES_H
#define TRAIN_DIGITS_IMAGES_H

#include <stdint.h>

#include <simplernn.h>

enum { SIDE = 8 /* of an image, in pixels */, CLASSES = 10 };

/* One part of the images: those for training, validation or test. */
typedef struct {
    int64_t count;
    srnn_tensor *pixels; /* [count,8,8], uint8, from 0 to 16 */
    srnn_tensor *labels; /* [count], uint8, from 0 to 9 */
} images;

/* Reads the part of that name from a file. */
images images_read(const srnn_weights *file, const char *part);

void images_free(images *part);

/* Copies images to the tensors of a batch: input [8,B,8], in which the rows of
 * an image are the time steps, with values from 0 to 1, and targets [B].
 *
 * order   which images, B of them */
void images_gather(const images *part, const int64_t *order, srnn_tensor *input,
                   srnn_tensor *targets);

#endif
