/* SPDX-License-Identifier: MIT */
/* Stream: the states of endless sequences, as a Python object. stream.c has the
 * object, stream_run.c runs it, and stream_state.c changes its states. */
#ifndef CORE_STREAM_H
#define CORE_STREAM_H

#include "core.h"
#include "model.h"

typedef struct {
    PyObject_HEAD
    core_model *_Atomic model; /* owned; set_rnn() changes it with the mutex */
    int64_t batch;
    pthread_mutex_t mutex; /* of the running call, for which set_rnn() waits */
    /* In a critical section of the stream: */
    srnn_stream *stream; /* NULL after close() */
    bool is_running;     /* a thread is in a call, without the GIL */
    int setting;         /* threads in set_rnn() */
    int64_t forks;       /* pool_forks() of the process of these threads */
} core_stream;

/* The model of an open stream, as a new reference: reading an argument may run
 * Python code that gives the stream another one. NULL if the stream is closed.
 */
core_model *stream_hold_model(core_stream *self);
void stream_release_model(const core_model *model);

/* Around a call without the GIL. Reading the arguments may have closed the
 * stream. stream_end() raises the exception of a status. */
int stream_begin(core_stream *self);
int stream_end(core_stream *self, srnn_status status);

/* Enters the model that the stream has now, without the GIL. It stays that one
 * until stream_unlock(). */
void stream_lock(core_stream *self);
void stream_unlock(core_stream *self);

/* The methods and properties that other files have. */
PyObject *stream_step(PyObject *object, PyObject *args, PyObject *keywords);
PyObject *stream_advance(PyObject *object, PyObject *args, PyObject *keywords);
PyObject *stream_reset(PyObject *object, PyObject *args, PyObject *keywords);
PyObject *stream_get_state(PyObject *object, void *closure);
int stream_set_state(PyObject *object, PyObject *value, void *closure);

/* Makes the type Stream. */
PyObject *stream_make_type(void);

#endif
