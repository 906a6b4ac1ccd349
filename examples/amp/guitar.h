/* SPDX-License-Identifier: MIT */
/* A guitar, so that there is something to play before you record your own. */
#ifndef AMP_GUITAR_H
#define AMP_GUITAR_H

#include "audio.h"

/* Strums of random chords, from soft to loud. They follow from the seed. */
audio guitar_play(int seconds, uint64_t seed);

#endif
