/* SPDX-License-Identifier: MIT */
#include "gradients.h"

#include "view.h"

PyTypeObject *gradients_type;

srnn_gradients *gradients_of(PyObject *object)
{
    if (PyObject_TypeCheck(object, gradients_type))
        return ((core_gradients *)object)->gradients;
    PyErr_Format(PyExc_TypeError, "gradients must be Gradients, not %R",
                 Py_TYPE(object));
    return NULL;
}

int gradients_read(srnn_gradients **gradients, srnn_accumulation *accumulation,
                   PyObject *given, PyObject *accumulates)
{
    const int adds = accumulates == NULL ? 0 : PyObject_IsTrue(accumulates);
    if (adds < 0)
        return -1;
    *accumulation = adds ? SRNN_ACCUMULATION_ADD : SRNN_ACCUMULATION_SET;
    *gradients = given == NULL ? NULL : gradients_of(given);
    return given != NULL && *gradients == NULL ? -1 : 0;
}

/* Gradients(owner, *, name=None) */
static PyObject *gradients_new(PyTypeObject *type, PyObject *args,
                               PyObject *keywords)
{
    static const char *const names[] = {"owner", "name"};
    PyObject *values[2];
    if (core_arguments("Gradients", names, 2, 1, 1, args, keywords, values) < 0)
        return NULL;
    core_gradients *const self =
        (core_gradients *)PyType_GenericNew(type, NULL, NULL);
    if (self == NULL)
        return NULL;
    array_clear(&self->value);
    self->owner = Py_NewRef(values[0]);
    if (gradients_create(self, values[1]) < 0 || self->names == NULL) {
        Py_DECREF((PyObject *)self);
        return NULL;
    }
    const srnn_tensor *const flat = srnn_gradients_flat(self->gradients);
    self->size = (Py_ssize_t)srnn_tensor_size(flat);
    self->stride = (Py_ssize_t)view_size_of(srnn_tensor_dtype(flat));
    return (PyObject *)self;
}

/* An owner may keep its gradients, as an attribute of a derived class. */
static int gradients_traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(((core_gradients *)object)->owner);
    return 0;
}

static void gradients_dealloc(PyObject *object)
{
    core_gradients *const self = (core_gradients *)object;
    PyTypeObject *const type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    srnn_gradients_destroy(self->gradients);
    array_close(&self->value);
    Py_XDECREF(self->names);
    Py_XDECREF(self->owner);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

/* All of them, [P]. What is made of the buffer keeps this object. */
static int get_buffer(PyObject *object, Py_buffer *view, int flags)
{
    core_gradients *const self = (core_gradients *)object;
    const bool is_double = self->stride == (Py_ssize_t)sizeof(double);
    if (PyBuffer_FillInfo(
            view, object,
            srnn_tensor_data(srnn_gradients_flat(self->gradients)),
            self->size * self->stride, 0, flags) < 0)
        return -1;
    view->itemsize = self->stride;
    if ((flags & PyBUF_FORMAT) == PyBUF_FORMAT)
        view->format = is_double ? "d" : "f";
    if ((flags & PyBUF_ND) == PyBUF_ND)
        view->shape = &self->size;
    if ((flags & PyBUF_STRIDES) == PyBUF_STRIDES)
        view->strides = &self->stride;
    return 0;
}

/* A view of a tensor of the gradients as an array of NumPy. */
static PyObject *view_of(core_gradients *self, const srnn_tensor *tensor)
{
    const char *const begin =
        srnn_tensor_const_data(srnn_gradients_flat(self->gradients));
    const char *const data = srnn_tensor_const_data(tensor);
    const int32_t rank = srnn_tensor_rank(tensor);
    PyObject *const make = core_numpy("ndarray");
    PyObject *shape = PyTuple_New(rank);
    PyObject *made = NULL;
    for (int32_t axis = 0; shape != NULL && axis < rank; axis++) {
        PyObject *size = PyLong_FromLongLong(srnn_tensor_shape(tensor)[axis]);
        if (size == NULL)
            Py_CLEAR(shape);
        else
            (void)PyTuple_SetItem(shape, axis, size);
    }
    if (make != NULL && shape != NULL)
        made = PyObject_CallFunction(make, "OsOn", shape,
                                     view_name_of(srnn_tensor_dtype(tensor)),
                                     (PyObject *)self, data - begin);
    Py_XDECREF(shape);
    return made;
}

/* The name of a parameter in UTF-8. */
static const char *find(const core_gradients *self, PyObject *name)
{
    const int is_known = PySequence_Contains(self->names, name);
    if (is_known == 0)
        core_raise_text(SRNN_ERROR_NOT_FOUND,
                        "no parameter is named %R; there are %R", name,
                        self->names);
    return is_known == 1 ? PyUnicode_AsUTF8AndSize(name, NULL) : NULL;
}

static PyObject *get_item(PyObject *object, PyObject *name)
{
    core_gradients *const self = (core_gradients *)object;
    const char *const text = find(self, name);
    return text == NULL
               ? NULL
               : view_of(self, srnn_gradients_tensor(self->gradients, text));
}

static PyObject *get_flat(PyObject *object, void *closure)
{
    core_gradients *const self = (core_gradients *)object;
    (void)closure;
    return view_of(self, srnn_gradients_flat(self->gradients));
}

static PyObject *get_names(PyObject *self, void *closure)
{
    (void)closure;
    return Py_NewRef(((core_gradients *)self)->names);
}

static PyObject *get_owner(PyObject *self, void *closure)
{
    (void)closure;
    return Py_NewRef(((core_gradients *)self)->owner);
}

static PyObject *set_trained(PyObject *object, PyObject *name, int32_t trained)
{
    core_gradients *const self = (core_gradients *)object;
    const char *const text = find(self, name);
    if (text == NULL)
        return NULL;
    const srnn_status status =
        srnn_gradients_set_trained(self->gradients, text, trained);
    return status == SRNN_OK ? Py_NewRef(Py_None) : (core_raise(status), NULL);
}

static PyObject *freeze(PyObject *self, PyObject *name)
{
    return set_trained(self, name, 0);
}

static PyObject *unfreeze(PyObject *self, PyObject *name)
{
    return set_trained(self, name, 1);
}

static PyObject *is_trained(PyObject *object, PyObject *name)
{
    const core_gradients *const self = (core_gradients *)object;
    const char *const text = find(self, name);
    return text == NULL ? NULL
                        : PyBool_FromLong(
                              srnn_gradients_is_trained(self->gradients, text));
}

static PyMethodDef methods[] = {
    {"freeze", freeze, METH_O,
     "freeze($self, name, /)\n--\n\n"
     "Freezes a parameter: its gradient is not computed, and an optimizer does "
     "not change its values. Raises NotFoundError for an unknown name."},
    {"unfreeze", unfreeze, METH_O,
     "unfreeze($self, name, /)\n--\n\n"
     "Trains a parameter again, as all are at first."},
    {"is_trained", is_trained, METH_O,
     "is_trained($self, name, /)\n--\n\nWhether a parameter is not frozen."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef properties[] = {
    {"flat", get_flat, NULL,
     "All gradients, [P]: an array of NumPy over their memory.", NULL},
    {"names", get_names, NULL, "The names of the parameters, a tuple.", NULL},
    {"owner", get_owner, NULL,
     "The RNN, the Linear or the array with the parameters.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

PyObject *gradients_make_type(void)
{
    static PyType_Slot slots[] = {
        {Py_tp_new, gradients_new},
        {Py_tp_dealloc, gradients_dealloc},
        {Py_tp_traverse, gradients_traverse},
        {Py_bf_getbuffer, get_buffer},
        {Py_mp_subscript, get_item},
        {Py_tp_methods, methods},
        {Py_tp_getset, properties},
        {Py_tp_doc,
         "Gradients(owner, *, name=None)\n--\n\n"
         "The gradients of all parameters of an RNN or a Linear, zeros at "
         "first. gradients[\"bias\"] is the gradient of a parameter, in its "
         "shape, and flat has all of them, [P]: arrays of NumPy over the same "
         "memory.\n\n"
         "The owner can also be an array of float32 or float64, for example a "
         "learned initial state [L*D,1,H]. It needs a name, must be contiguous "
         "and can be written to, because an optimizer does so.\n\n"
         "One thread at a time may use them; another one gets BusyError."},
        {0, NULL}};
    static PyType_Spec spec = {"simplernn.train.Gradients",
                               sizeof(core_gradients), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
    gradients_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return (PyObject *)gradients_type;
}
