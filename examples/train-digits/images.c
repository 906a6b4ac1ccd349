/* SPDX-License-Identifier: MIT */
#include "images.h"

#include <stdio.h>

#include "check.h"

enum { BLACK = 16 }; /* the largest value of a pixel */

static srnn_tensor *read_part(const srnn_weights *file, const char *part,
                              const char *what, int32_t rank)
{
    char name[64];
    srnn_tensor *tensor = NULL;
    (void)snprintf(name, sizeof name, "%s.%s", part, what);
    check(srnn_weights_read_tensor(&tensor, file, name));
    if (srnn_tensor_dtype(tensor) != SRNN_DTYPE_UINT8 ||
        srnn_tensor_rank(tensor) != rank)
        fail("the tensor %s is not uint8 with %d axes", name, (int)rank);
    return tensor;
}

images images_read(const srnn_weights *file, const char *part)
{
    images all = {.pixels = read_part(file, part, "images", 3),
                  .labels = read_part(file, part, "labels", 1)};
    all.count = srnn_tensor_size(all.labels);
    if (srnn_tensor_size(all.pixels) != all.count * SIDE * SIDE)
        fail("the %s part has %lld labels, but not as many images of %dx%d",
             part, (long long)all.count, SIDE, SIDE);
    return all;
}

void images_free(images *part)
{
    srnn_tensor_destroy(part->pixels);
    srnn_tensor_destroy(part->labels);
}

void images_gather(const images *part, const int64_t *order, srnn_tensor *input,
                   srnn_tensor *targets)
{
    const uint8_t *const pixels = srnn_tensor_const_data(part->pixels);
    const uint8_t *const labels = srnn_tensor_const_data(part->labels);
    float *const values = srnn_tensor_data(input);
    int64_t *const classes = srnn_tensor_data(targets);
    const int64_t batch = srnn_tensor_size(targets);
    for (int64_t b = 0; b < batch; b++) {
        const uint8_t *const image = pixels + order[b] * SIDE * SIDE;
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++)
                values[(y * batch + b) * SIDE + x] =
                    (float)image[y * SIDE + x] / BLACK;
        classes[b] = labels[order[b]];
    }
}
