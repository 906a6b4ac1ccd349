/* SPDX-License-Identifier: MIT */
#include "audio.h"

#include <math.h>
#include <sndfile.h>
#include <stdlib.h>

#include "check.h"

audio audio_create(int64_t count, int rate)
{
    return (audio){.count = count,
                   .rate = rate,
                   .samples = allocate((size_t)count, sizeof(float))};
}

audio audio_from(const audio *a, int64_t first)
{
    return (audio){.count = a->count - first,
                   .rate = a->rate,
                   .samples = a->samples + first};
}

audio audio_read(const char *path)
{
    SF_INFO info = {0};
    SNDFILE *const file = sf_open(path, SFM_READ, &info);
    if (file == NULL)
        fail("%s: %s", path, sf_strerror(NULL));
    if (info.channels != 1)
        fail("%s: the sound has %d channels, expected 1", path, info.channels);
    audio a = audio_create(info.frames, info.samplerate);
    if (sf_read_float(file, a.samples, a.count) != a.count)
        fail("%s: %s", path, sf_strerror(file));
    (void)sf_close(file);
    for (int64_t i = 0; i < a.count; i++)
        if (!isfinite(a.samples[i]))
            fail("%s: sample %lld is NaN or infinite", path, (long long)i);
    return a;
}

void audio_check_alike(const audio *a, const char *a_path, const audio *b,
                       const char *b_path)
{
    if (a->count != b->count || a->rate != b->rate)
        fail("%s has %lld samples at %d Hz, but %s has %lld at %d Hz", a_path,
             (long long)a->count, a->rate, b_path, (long long)b->count,
             b->rate);
}

void audio_write(const audio *a, const char *path)
{
    SF_INFO info = {.samplerate = a->rate,
                    .channels = 1,
                    .format = SF_FORMAT_WAV | SF_FORMAT_PCM_24};
    SNDFILE *const file = sf_open(path, SFM_WRITE, &info);
    if (file == NULL)
        fail("%s: %s", path, sf_strerror(NULL));
    (void)sf_command(file, SFC_SET_CLIPPING, NULL, SF_TRUE);
    if (sf_write_float(file, a->samples, a->count) != a->count)
        fail("%s: %s", path, sf_strerror(file));
    if (sf_close(file) != 0)
        fail("%s: the file cannot be written", path);
}

double audio_error_to_signal(const audio *sound, const audio *target)
{
    double error = 0;
    double signal = 0;
    for (int64_t i = 0; i < target->count; i++) {
        const double wanted = (double)target->samples[i];
        const double difference = (double)sound->samples[i] - wanted;
        error += difference * difference;
        signal += wanted * wanted;
    }
    return error / signal;
}

void audio_free(audio *a)
{
    free(a->samples);
}
