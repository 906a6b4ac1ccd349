/* SPDX-License-Identifier: MIT */
/* What gradients are made of: a model, a linear layer or an array. */
#include "gradients.h"
#include "linear.h"
#include "model.h"

/* A tuple of the names that a function gives to count parameters. */
static PyObject *names_of(const void *object, int64_t count,
                          const char *(*name_of)(const void *, int64_t))
{
    PyObject *names = PyTuple_New((Py_ssize_t)count);
    for (int64_t i = 0; names != NULL && i < count; i++) {
        PyObject *name = PyUnicode_FromString(name_of(object, i));
        if (name == NULL)
            Py_CLEAR(names);
        else
            (void)PyTuple_SetItem(names, (Py_ssize_t)i, name);
    }
    return names;
}

static const char *name_in_rnn(const void *rnn, int64_t index)
{
    return srnn_rnn_parameter_name(rnn, index);
}

static const char *name_in_linear(const void *linear, int64_t index)
{
    (void)linear;
    return index == 0 ? "weight" : "bias";
}

static srnn_status create_of_model(core_gradients *self)
{
    core_model *const model = (core_model *)self->owner;
    self->pool = &model->pool;
    self->names =
        names_of(model->rnn, srnn_rnn_parameter_count(model->rnn), name_in_rnn);
    return srnn_gradients_create(&self->gradients, model->rnn);
}

static srnn_status create_of_linear(core_gradients *self)
{
    core_linear *const layer = (core_linear *)self->owner;
    self->pool = &layer->pool;
    self->names =
        names_of(layer->linear, srnn_linear_has_bias(layer->linear) ? 2 : 1,
                 name_in_linear);
    return srnn_gradients_create_linear(&self->gradients, layer->linear);
}

/* A tensor of PyTorch could give up its memory, which resize_() does even if
 * others share it. It cannot any more when NumPy has a view of it. */
static int open_value(core_array *value, PyObject *object)
{
    if (array_open_result(value, object, "the array",
                          array_real_dtype(object)) < 0)
        return -1;
    if (value->exchange == NULL)
        return 0;
    PyObject *const view = core_numpy("asarray");
    value->held =
        view == NULL ? NULL : PyObject_CallFunction(view, "(O)", object);
    return value->held == NULL ? -1 : 0;
}

static int create_of_array(core_gradients *self, PyObject *name)
{
    const char *text;
    srnn_tensor *tensor;
    if (!PyArg_Parse(name, "s", &text) ||
        open_value(&self->value, self->owner) < 0 ||
        array_wrap(&tensor, &self->value) < 0)
        return -1;
    self->names = PyTuple_Pack(1, name);
    const srnn_status status =
        srnn_gradients_create_tensor(&self->gradients, tensor, text);
    srnn_tensor_destroy(tensor);
    return status == SRNN_OK ? 0 : core_raise(status);
}

int gradients_create(core_gradients *self, PyObject *name)
{
    const bool is_model = PyObject_TypeCheck(self->owner, model_type);
    const bool is_linear = PyObject_TypeCheck(self->owner, linear_type);
    if ((is_model || is_linear) == (name != NULL)) {
        PyErr_SetString(PyExc_TypeError,
                        name == NULL
                            ? "Gradients of an array need a name for it, as "
                              "in Gradients(h0, name=\"h0\")"
                            : "name is for an array, because the parameters of "
                              "an RNN and a Linear have names");
        return -1;
    }
    if (name != NULL)
        return create_of_array(self, name);
    if (is_model ? !model_is_ready((core_model *)self->owner)
                 : !linear_is_ready((core_linear *)self->owner))
        return -1;
    const srnn_status status =
        is_model ? create_of_model(self) : create_of_linear(self);
    return status == SRNN_OK ? 0 : core_raise(status);
}
