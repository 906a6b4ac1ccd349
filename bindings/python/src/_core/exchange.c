/* SPDX-License-Identifier: MIT */
#include "exchange.h"

enum { KNOWN_TYPES = 16 };

/* A type that was asked for its table and its method is_neg before. Looking for
 * an attribute that a type does not have takes longer than a small network. */
typedef struct {
    PyTypeObject *type; /* owned, so that no other type gets its address */
    const dlpack_exchange *exchange;
    PyObject *is_neg; /* owned, or NULL */
} known_type;

static known_type *_Atomic known[KNOWN_TYPES];

static const dlpack_exchange *ask(PyTypeObject *type)
{
    PyObject *capsule =
        PyObject_GetAttrString((PyObject *)type, "__dlpack_c_exchange_api__");
    const dlpack_exchange *exchange =
        capsule == NULL ? NULL
                        : PyCapsule_GetPointer(capsule, "dlpack_exchange_api");
    PyErr_Clear();
    Py_XDECREF(capsule);
    while (exchange != NULL && exchange->version.major != DLPACK_MAJOR)
        exchange = exchange->previous;
    const bool is_complete =
        exchange != NULL && exchange->tensor_from_object != NULL &&
        exchange->allocate != NULL && exchange->object_from_managed != NULL;
    return is_complete ? exchange : NULL;
}

/* The method of a tensor of PyTorch; NULL for another type. */
static PyObject *ask_for_sign(PyTypeObject *type)
{
    PyObject *method = PyObject_GetAttrString((PyObject *)type, "is_neg");
    PyErr_Clear();
    return method;
}

/* Puts a type into a free place, unless another thread is faster. Returns what
 * is there then, or NULL without memory. */
static const known_type *remember(known_type *_Atomic *place,
                                  PyTypeObject *type)
{
    known_type *found = NULL;
    known_type *const made = PyMem_Malloc(sizeof *made);
    if (made == NULL)
        return NULL;
    made->type = (PyTypeObject *)Py_NewRef((PyObject *)type);
    made->exchange = ask(type);
    made->is_neg = ask_for_sign(type);
    if (atomic_compare_exchange_strong(place, &found, made))
        return made;
    Py_XDECREF(made->is_neg);
    Py_DECREF((PyObject *)type);
    PyMem_Free(made);
    return found;
}

/* NULL if there is no place for the type. */
static const known_type *find(PyTypeObject *type)
{
    for (int i = 0; i < KNOWN_TYPES; i++) {
        const known_type *found = known[i];
        if (found == NULL)
            found = remember(&known[i], type);
        if (found != NULL && found->type == type)
            return found;
    }
    return NULL;
}

const dlpack_exchange *exchange_of(PyObject *object)
{
    const known_type *const found = find(Py_TYPE(object));
    return found == NULL ? ask(Py_TYPE(object)) : found->exchange;
}

static bool requires_gradient(PyObject *object)
{
    static PyObject *_Atomic kept;
    PyObject *attribute = kept;
    if (attribute == NULL)
        attribute =
            core_keep(&kept, PyUnicode_InternFromString("requires_grad"));
    PyObject *value =
        attribute == NULL ? NULL : PyObject_GetAttr(object, attribute);
    PyErr_Clear();
    Py_XDECREF(value);
    return value == Py_True;
}

PyObject *exchange_detach(PyObject *object)
{
    return requires_gradient(object)
               ? PyObject_CallMethod(object, "detach", NULL)
               : Py_NewRef(object);
}

int exchange_refuse_gradient(PyObject *object, const char *name)
{
    if (!requires_gradient(object))
        return 0;
    PyErr_Format(PyExc_TypeError,
                 "%s requires a gradient, which cannot pass through here; use "
                 "simplernn.torch.RNN to train, or %s.detach() to run",
                 name, name);
    return -1;
}

int exchange_refuse_lazy_sign(PyObject *object, const char *name)
{
    const known_type *const found = find(Py_TYPE(object));
    PyObject *method = found == NULL ? ask_for_sign(Py_TYPE(object))
                                     : Py_XNewRef(found->is_neg);
    if (method == NULL)
        return 0;
    PyObject *answer = PyObject_CallFunctionObjArgs(method, object, NULL);
    PyErr_Clear();
    Py_DECREF(method);
    Py_XDECREF(answer);
    if (answer != Py_True)
        return 0;
    return core_raise_text(SRNN_ERROR_UNSUPPORTED,
                           "%s is a view that is not negated yet; use "
                           "%s.resolve_neg()",
                           name, name);
}

/* Producers of an older standard do not know max_version. */
PyObject *exchange_capsule(PyObject *object)
{
    PyObject *method = PyObject_GetAttrString(object, "__dlpack__");
    PyObject *args = PyTuple_New(0);
    PyObject *keywords = Py_BuildValue("{s(ii)}", "max_version", 1, 0);
    PyObject *capsule = NULL;
    if (method != NULL && args != NULL && keywords != NULL) {
        capsule = PyObject_Call(method, args, keywords);
        if (capsule == NULL && PyErr_ExceptionMatches(PyExc_TypeError)) {
            PyErr_Clear();
            capsule = PyObject_CallObject(method, NULL);
        }
    }
    Py_XDECREF(keywords);
    Py_XDECREF(args);
    Py_XDECREF(method);
    return capsule;
}

static void set_error(void *context, const char *kind, const char *message)
{
    (void)context;
    (void)kind;
    PyErr_SetString(PyExc_MemoryError, message);
}

PyObject *exchange_create(const dlpack_exchange *exchange, size_t bits,
                          int32_t rank, int64_t *shape, void **data)
{
    dlpack_tensor prototype = {.device = {DLPACK_CPU, 0},
                               .ndim = rank,
                               .dtype = {DLPACK_FLOAT, (uint8_t)bits, 1},
                               .shape = shape};
    dlpack_versioned *managed = NULL;
    void *made = NULL;
    if (exchange->allocate(&prototype, &managed, NULL, set_error) != 0) {
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        return NULL;
    }
    *data = (char *)managed->tensor.data + managed->tensor.byte_offset;
    if (exchange->object_from_managed(managed, &made) != 0)
        return NULL;
    return made;
}
