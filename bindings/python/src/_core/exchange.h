/* SPDX-License-Identifier: MIT */
/* DLPack: the table of C functions of a type, and capsules. */
#ifndef CORE_EXCHANGE_H
#define CORE_EXCHANGE_H

#include "core.h"
#include "dlpack.h"

/* The table of the type of an object, or NULL if it has none, which is no
 * error. */
const dlpack_exchange *exchange_of(PyObject *object);

/* Raises TypeError for a tensor that requires a gradient, which it would not
 * get. */
int exchange_refuse_gradient(PyObject *object, const char *name);

/* Raises UnsupportedError for a tensor of PyTorch whose numbers in memory have
 * the wrong sign, because it is a view that is not negated yet. DLPack does
 * not say so, nor does PyTorch 2.13 when it makes a DLPack tensor. */
int exchange_refuse_lazy_sign(PyObject *object, const char *name);

/* The object, or a view of it that requires no gradient. A new reference. */
PyObject *exchange_detach(PyObject *object);

/* What object.__dlpack__() returns: a capsule. */
PyObject *exchange_capsule(PyObject *object);

/* Makes a tensor of real numbers. *data receives its address. */
PyObject *exchange_create(const dlpack_exchange *exchange, size_t bits,
                          int32_t rank, int64_t *shape, void **data);

#endif
