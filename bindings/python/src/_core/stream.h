/* SPDX-License-Identifier: MIT */
#ifndef CORE_STREAM_H
#define CORE_STREAM_H

#include "core.h"

/* The type Model, whose objects a stream is made of. */
extern PyTypeObject *stream_model_type;

/* Makes the type Stream. */
PyObject *stream_type(PyTypeObject *model_type);

#endif
