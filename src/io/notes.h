/* SPDX-License-Identifier: MIT */
/* The metadata of a listing. */
#ifndef SRNN_IO_NOTES_H
#define SRNN_IO_NOTES_H

#include "io/listing.h"
#include "tensor/arena.h"

/* Takes room for them; while measuring, listing is NULL. */
void srnn_notes__lay_out(srnn_listing *listing, srnn_arena *arena,
                         const srnn_listing__sources *sources);

/* Adds them all, by key. */
void srnn_notes__add(srnn_listing *listing,
                     const srnn_listing__sources *sources);

#endif
