/* SPDX-License-Identifier: MIT */
/* Model: an rnn as a Python object. The class RNN of the package is made of it.
 */
#ifndef CORE_MODEL_H
#define CORE_MODEL_H

#include "array.h"
#include "core.h"
#include "pool.h"

typedef struct {
    PyObject_HEAD
    srnn_rnn *_Atomic rnn; /* NULL before one of _create, _load, _load_bytes */
    core_pool pool;
    _Atomic int64_t num_threads; /* 0: what the library chooses */
    /* These are set before rnn, and never change. */
    int64_t input_size;
    int64_t hidden_size;
    int64_t states;      /* L*D */
    int64_t output_size; /* D*H */
    srnn_dtype dtype;
    bool is_batch_first;
} core_model;

/* The sizes of a call, and the shapes of its arrays. */
typedef struct {
    int64_t steps;
    int64_t batch;
    int32_t rank; /* 3, or 2 without a batch */
    int64_t input[3];
    int64_t output[3];
    int64_t states[3];
} model_shapes;

/* The shapes that belong to an input; false if its shape is wrong. */
bool model_shapes_of(model_shapes *shapes, const core_model *model,
                     const core_array *input);

/* Whether the object has an rnn; raises otherwise. */
bool model_is_ready(const core_model *model);

/* The type, which model_make_type() makes. */
extern PyTypeObject *model_type;
PyObject *model_make_type(void);

/* Whether an object is an RNN that has a network; raises otherwise. */
bool model_check(PyObject *object, const char *name);

/* Any seed of torch.manual_seed(): a negative one counts modulo 2^64. */
int model_read_seed(uint64_t *seed, PyObject *object);

/* The methods of Model that other files have. */
PyObject *model_call(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *model_cell(PyObject *self, PyObject *args);
PyObject *model_tape_size(PyObject *self, PyObject *args);
PyObject *model_record(PyObject *self, PyObject *args);
PyObject *model_backward(PyObject *self, PyObject *args);
PyObject *model_parameter_names(PyObject *self, PyObject *ignored);
PyObject *model_parameter(PyObject *self, PyObject *index);
PyObject *model_set_parameters(PyObject *self, PyObject *values);
PyObject *model_initialise(PyObject *self, PyObject *args);
PyObject *model_sync(PyObject *self, PyObject *values);
PyObject *model_load(PyObject *self, PyObject *args);
PyObject *model_load_bytes(PyObject *self, PyObject *args);
PyObject *model_save(PyObject *self, PyObject *args);
PyObject *model_save_bytes(PyObject *self, PyObject *args);

/* Gives the object its rnn, which it then owns. */
int model_set_rnn(core_model *model, srnn_rnn *rnn);

/* A config of a dict {option: value}. */
int model_config(srnn_config **out, PyObject *options);

#endif
