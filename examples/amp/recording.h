/* SPDX-License-Identifier: MIT */
/* What a model learns from: the sound that went into a device, and the sound
 * that came out of it, sample for sample.
 *
 * The first four fifths are cut into BATCH strips, which are read side by side:
 *
 *     | WARM_UP | CHUNK | CHUNK | CHUNK | ... |
 *
 * The last fifth is held out: training never uses it. */
#ifndef AMP_RECORDING_H
#define AMP_RECORDING_H

#include <simplernn.h>

#include "audio.h"

enum { BATCH = 32, WARM_UP = 200, CHUNK = 1000 };

typedef struct {
    const char *dry_path, *wet_path;
    audio dry, wet;
    int64_t dry_checksum, wet_checksum;
    int64_t held_out; /* the first sample of the last fifth */
    int64_t strip;    /* the length of a strip */
    int64_t chunks;   /* in a strip; one pass over them is an epoch */
} recording;

/* Reads two files. It ends the program if they do not belong together, or are
 * too short. */
recording recording_read(const char *dry_path, const char *wet_path);

void recording_free(recording *r);

/* A view of T samples of all strips of a sound of the recording, without a
 * copy: [T,BATCH,1]. Free it with srnn_tensor_destroy(). */
srnn_tensor *recording_view(const recording *r, const audio *sound,
                            int64_t first, int64_t steps);

#endif
