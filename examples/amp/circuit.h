/* SPDX-License-Identifier: MIT */
/* A simple overdrive pedal, which the network is to learn. It has the parts of
 * a real one:
 *
 *     dry --> more gain above 720 Hz --> diodes --> low pass at 3 kHz --> wet
 *
 * The two filters remember the past, and the diodes are not linear. They clip
 * one half of the wave earlier than the other one. */
#ifndef AMP_CIRCUIT_H
#define AMP_CIRCUIT_H

#include "audio.h"

audio circuit_play(const audio *dry);

#endif
