/* SPDX-License-Identifier: MIT */
/* States that are carried from call to call, and the step that needs nothing
 * else. */
#ifndef SRNN_STACK_STREAM_H
#define SRNN_STACK_STREAM_H

#include "simplernn/stream.h"
#include "stack/context.h"

/* One block of memory: this struct, the states [L*D,B,H], and as many again for
 * a step to write. It is small, as there may be thousands. What follows from
 * the rnn is here where a step would otherwise wait for it. */
struct srnn_stream {
    srnn_handle handle;
    srnn_busy busy;
    _Atomic(srnn_rnn *) rnn; /* retained */
    srnn_cell_kernels kernels;
    int64_t batch;
    int64_t layer_bytes;     /* of the states of one layer and direction */
    int64_t set_bytes;       /* of all of them, in whole cache lines */
    bool is_second;          /* the present ones are those of the second set */
    bool is_forward;         /* the rnn, as those that follow it */
    bool flushes;            /* SRNN_STREAM_FLUSH_SUBNORMALS */
    unsigned char alignment; /* of values */
    unsigned char user;      /* the number of the present one */
    atomic_flag changes_rnn;
    srnn_user users[2]; /* of the rnn, and of the next while it is changed */
};

/* All states 0. SRNN_ERROR_OVERFLOW, SRNN_ERROR_NO_MEMORY. */
srnn_status srnn_stream__create(srnn_stream **out, const srnn_context *context,
                                int64_t batch);

void srnn_stream__destroy(srnn_stream *stream);

/* The states. */
srnn_tensor srnn_stream__states(const srnn_stream *stream);

/* One step. input [B,I]; output [B,H], or NULL. */
void srnn_stream__step(srnn_stream *stream, const void *input, void *output);

/* Sets the states of the rows whose byte is not 0, or of all if rows is NULL,
 * to fresh [L*D,fresh_batch,H], or to zero if that is NULL. */
void srnn_stream__reset(srnn_stream *stream, const uint8_t *rows,
                        const void *fresh, int64_t fresh_batch);

/* Between the two no other thread changes the rnn; false if one is doing so. */
bool srnn_stream__begin_change(srnn_stream *stream);
void srnn_stream__end_change(srnn_stream *stream);

/* In between: see srnn_stream_set_rnn; the rnn fits. */
void srnn_stream__set_rnn(srnn_stream *stream, srnn_rnn *rnn);

#endif
