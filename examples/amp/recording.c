/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include <stdbool.h>

#include "check.h"
#include "checksum.h"

static int64_t checksum_of(const audio *a)
{
    return checksum(a->samples, (size_t)a->count * sizeof *a->samples);
}

static bool is_silent(const audio *a, int64_t first)
{
    for (int64_t i = first; i < a->count; i++)
        if (a->samples[i] != 0)
            return false;
    return true;
}

recording recording_read(const char *dry_path, const char *wet_path)
{
    recording r = {.dry_path = dry_path, .wet_path = wet_path};
    r.dry = audio_read(dry_path);
    r.wet = audio_read(wet_path);
    audio_check_alike(&r.dry, dry_path, &r.wet, wet_path);
    r.held_out = r.dry.count / 5 * 4;
    r.strip = r.held_out / BATCH;
    r.chunks = (r.strip - WARM_UP) / CHUNK;
    if (r.chunks < 1)
        fail("%s has %lld samples; training needs at least %d", dry_path,
             (long long)r.dry.count, (WARM_UP + CHUNK) * BATCH / 4 * 5);
    if (is_silent(&r.wet, r.held_out))
        fail("%s is silent in its last fifth, which is held out: there is "
             "nothing to compare with",
             wet_path);
    r.dry_checksum = checksum_of(&r.dry);
    r.wet_checksum = checksum_of(&r.wet);
    return r;
}

void recording_free(recording *r)
{
    audio_free(&r->dry);
    audio_free(&r->wet);
}

srnn_tensor *recording_view(const recording *r, const audio *sound,
                            int64_t first, int64_t steps)
{
    srnn_tensor *view;
    const int64_t shape[] = {steps, BATCH, 1};
    const int64_t strides[] = {1, r->strip, 1};
    check(srnn_tensor_wrap_const(&view, sound->samples + first,
                                 SRNN_DTYPE_FLOAT32, 3, shape, strides));
    return view;
}
