/* SPDX-License-Identifier: MIT */
/* Mono sound in WAV files. libsndfile reads what recorders write, which is
 * seldom plain 16-bit PCM: 24 bits, floating point, and headers with extras. */
#ifndef AMP_AUDIO_H
#define AMP_AUDIO_H

#include <stdint.h>

typedef struct {
    int64_t count;  /* of the samples */
    int rate;       /* samples a second */
    float *samples; /* from -1 to 1 */
} audio;

/* Silence. */
audio audio_create(int64_t count, int rate);

/* The samples from first on, without a copy: not for audio_free(). */
audio audio_from(const audio *a, int64_t first);

/* Reads a file. It ends the program if that is not sound with one channel, or
 * has samples that are no numbers. */
audio audio_read(const char *path);

/* Ends the program if two sounds differ in length or rate. */
void audio_check_alike(const audio *a, const char *a_path, const audio *b,
                       const char *b_path);

/* Writes a file of 24 bits a sample. Samples outside of -1 to 1 are clipped. */
void audio_write(const audio *a, const char *path);

/* The energy of the error divided by that of the target: 0 if all samples are
 * equal, 1 if sound is silence. The two have the same count. */
double audio_error_to_signal(const audio *sound, const audio *target);

void audio_free(audio *a);

#endif
