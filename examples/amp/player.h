/* SPDX-License-Identifier: MIT */
/* Plays sound with a model, sample by sample, as the callback of an audio
 * driver does. */
#ifndef AMP_PLAYER_H
#define AMP_PLAYER_H

#include "audio.h"
#include "model.h"

audio player_play(const model *m, const audio *dry);

#endif
