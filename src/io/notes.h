/* SPDX-License-Identifier: MIT */
/* The metadata of a contents. */
#ifndef SRNN_IO_NOTES_H
#define SRNN_IO_NOTES_H

#include "io/contents.h"
#include "tensor/arena.h"

/* Takes room for them; while measuring, contents is NULL. */
void srnn_notes__lay_out(srnn_contents *contents, srnn_arena *arena,
                         const srnn_contents_sources *sources);

/* Adds them all, by key. */
void srnn_notes__add(srnn_contents *contents,
                     const srnn_contents_sources *sources);

#endif
