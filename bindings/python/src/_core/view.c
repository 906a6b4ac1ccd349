/* SPDX-License-Identifier: MIT */
#include "view.h"

#include <string.h>

#include "exchange.h"
#include "ndarray.h"

int64_t view_multiply(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

size_t view_size_of(srnn_dtype dtype)
{
    switch (dtype) {
    case SRNN_DTYPE_FLOAT32:
        return sizeof(float);
    case SRNN_DTYPE_UINT8:
        return 1;
    default:
        return sizeof(int64_t);
    }
}

const char *view_name_of(srnn_dtype dtype)
{
    switch (dtype) {
    case SRNN_DTYPE_FLOAT32:
        return "float32";
    case SRNN_DTYPE_FLOAT64:
        return "float64";
    case SRNN_DTYPE_INT64:
        return "int64";
    default:
        return "uint8";
    }
}

/* Completes an array whose data, dtype, rank, shape and strides are set. */
static int finish(core_array *array)
{
    int64_t stride = 1;
    bool is_empty = false;
    array->is_contiguous = true;
    for (int32_t axis = array->rank - 1; axis >= 0; axis--) {
        if (array->shape[axis] != 1 && array->strides[axis] != stride)
            array->is_contiguous = false;
        is_empty = is_empty || array->shape[axis] == 0;
        stride = view_multiply(stride, array->shape[axis]);
    }
    array->is_contiguous = array->is_contiguous || is_empty;
    return (uintptr_t)array->data % view_size_of(array->dtype) == 0
               ? 0
               : NOT_VIEWABLE;
}

static int refuse_rank(const char *name, int rank)
{
    return core_raise_text(SRNN_ERROR_RANGE,
                           "%s has %d dimensions; arrays have at most %d", name,
                           rank, SRNN_MAX_RANK);
}

static int refuse_to_write(const char *name)
{
    return core_raise_text(SRNN_ERROR_STATE,
                           "%s is read-only; a result needs an array that can "
                           "be written to",
                           name);
}

static int refuse_dtype(const char *name, const char *dtype, srnn_dtype wanted)
{
    const char *const word = view_name_of(wanted);
    return core_raise_text(
        SRNN_ERROR_DTYPE,
        "%s has dtype %s, but %s is needed here; convert it first, for "
        "example with %s.astype(\"%s\") in NumPy or %s.to(torch.%s) in PyTorch",
        name, dtype, word, name, word, name, word);
}

/* The dtype of a format of the struct module; 0 if the library has none. */
static srnn_dtype dtype_of_format(char kind, Py_ssize_t size)
{
    if (kind == 'f' && size == 4)
        return SRNN_DTYPE_FLOAT32;
    if (kind == 'd' && size == 8)
        return SRNN_DTYPE_FLOAT64;
    if (kind != '\0' && strchr("ilq", kind) != NULL && size == 8)
        return SRNN_DTYPE_INT64;
    if (kind == 'B' || kind == '?')
        return SRNN_DTYPE_UINT8;
    return 0;
}

static const char *word_of_format(const char *format)
{
    static const struct {
        const char *format;
        const char *word;
    } words[] = {{"e", "float16"}, {"g", "longdouble"}, {"b", "int8"},
                 {"h", "int16"},   {"i", "int32"},      {"H", "uint16"},
                 {"I", "uint32"},  {"L", "uint64"},     {"Q", "uint64"},
                 {"?", "bool"},    {"Zf", "complex64"}, {"Zd", "complex128"},
                 {"l", "int64"},   {"q", "int64"},      {"f", "float32"},
                 {"d", "float64"}, {"B", "uint8"},      {"O", "object"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(format, words[i].format) == 0)
            return words[i].word;
    return format;
}

/* Arrays of ctypes have no strides, although they were asked for: they are
 * contiguous. */
static int read_shape(core_array *array, const Py_buffer *buffer)
{
    Py_ssize_t contiguous = buffer->itemsize;
    int result = 0;
    array->rank = buffer->ndim;
    for (int axis = buffer->ndim - 1; axis >= 0; axis--) {
        const Py_ssize_t stride =
            buffer->strides == NULL ? contiguous : buffer->strides[axis];
        array->shape[axis] = buffer->shape[axis];
        array->strides[axis] = stride / buffer->itemsize;
        if (stride % buffer->itemsize != 0 && buffer->shape[axis] > 1)
            result = NOT_VIEWABLE;
        contiguous = view_multiply(contiguous, buffer->shape[axis]);
    }
    return result;
}

static int read_buffer(core_array *array, const char *name, srnn_dtype wanted)
{
    const Py_buffer *const buffer = &array->buffer;
    const char *format = buffer->format == NULL ? "B" : buffer->format;
    bool is_foreign = false; /* big-endian */
    if (strchr("@=<>!", *format) != NULL && *format != '\0') {
        is_foreign = (*format == '>' || *format == '!') && buffer->itemsize > 1;
        format++;
    }
    array->dtype =
        strlen(format) == 1 ? dtype_of_format(*format, buffer->itemsize) : 0;
    if (array->dtype != wanted)
        return refuse_dtype(name, word_of_format(format), wanted);
    if (buffer->ndim > SRNN_MAX_RANK)
        return refuse_rank(name, buffer->ndim);
    array->data = buffer->buf;
    const int result = read_shape(array, buffer);
    const int finished = finish(array);
    return is_foreign ? NOT_VIEWABLE : result != 0 ? result : finished;
}

static srnn_dtype dtype_of_dlpack(dlpack_dtype dtype)
{
    if (dtype.lanes != 1)
        return 0;
    if (dtype.code == DLPACK_FLOAT)
        return dtype.bits == 32   ? SRNN_DTYPE_FLOAT32
               : dtype.bits == 64 ? SRNN_DTYPE_FLOAT64
                                  : 0;
    if (dtype.code == DLPACK_INT && dtype.bits == 64)
        return SRNN_DTYPE_INT64;
    if ((dtype.code == DLPACK_UINT || dtype.code == DLPACK_BOOL) &&
        dtype.bits == 8)
        return SRNN_DTYPE_UINT8;
    return 0;
}

static int refuse_dlpack(const char *name, dlpack_dtype dtype,
                         srnn_dtype wanted)
{
    static const char *const words[] = {"int",    "uint",    "float", "",
                                        "bfloat", "complex", "bool"};
    char text[32] = "of another library";
    if (dtype.code < sizeof words / sizeof *words && *words[dtype.code] &&
        dtype.lanes == 1)
        PyOS_snprintf(text, sizeof text, "%s%d", words[dtype.code],
                      (int)dtype.bits);
    return refuse_dtype(name, text, wanted);
}

static int read_dlpack(core_array *array, const dlpack_tensor *tensor,
                       const char *name, srnn_dtype wanted)
{
    if (tensor->device.type != DLPACK_CPU)
        return core_raise_text(SRNN_ERROR_UNSUPPORTED,
                               "%s is not in the memory of the CPU; copy it "
                               "there first, for example with %s.cpu()",
                               name, name);
    array->dtype = dtype_of_dlpack(tensor->dtype);
    if (array->dtype != wanted)
        return refuse_dlpack(name, tensor->dtype, wanted);
    if (tensor->ndim > SRNN_MAX_RANK)
        return refuse_rank(name, tensor->ndim);
    array->rank = tensor->ndim;
    int64_t stride = 1;
    for (int32_t axis = tensor->ndim - 1; axis >= 0; axis--) {
        array->shape[axis] = tensor->shape[axis];
        array->strides[axis] =
            tensor->strides == NULL ? stride : tensor->strides[axis];
        stride = view_multiply(stride, tensor->shape[axis]);
    }
    array->data = (char *)tensor->data + tensor->byte_offset;
    return finish(array);
}

static bool has_elements(const core_array *array)
{
    for (int32_t axis = 0; axis < array->rank; axis++)
        if (array->shape[axis] == 0)
            return false;
    return true;
}

static int read_tensor(core_array *array, PyObject *object,
                       const dlpack_tensor *tensor, const char *name,
                       srnn_dtype wanted)
{
    const int result = read_dlpack(array, tensor, name, wanted);
    if (result < 0)
        return -1;
    if (array->data == NULL && has_elements(array))
        return core_raise_text(SRNN_ERROR_UNSUPPORTED,
                               "%s has no memory with its elements", name);
    return exchange_refuse_lazy_sign(object, name) < 0 ? -1 : result;
}

static int open_exchange(core_array *array, PyObject *object, const char *name,
                         srnn_dtype wanted, view_purpose purpose)
{
    dlpack_tensor tensor;
    if ((purpose != TO_COPY && exchange_refuse_gradient(object, name) < 0) ||
        array->exchange->tensor_from_object(object, &tensor) != 0)
        return -1;
    return read_tensor(array, object, &tensor, name, wanted);
}

/* The capsule stays alive until the array is closed, and its destructor then
 * frees what is in it, since nobody has taken it out. */
static int open_capsule(core_array *array, PyObject *object, const char *name,
                        srnn_dtype wanted, view_purpose purpose)
{
    if (purpose != TO_COPY && exchange_refuse_gradient(object, name) < 0)
        return -1;
    PyObject *detached = exchange_detach(object);
    array->held = detached == NULL ? NULL : exchange_capsule(detached);
    Py_XDECREF(detached);
    if (array->held == NULL)
        return -1;
    dlpack_versioned *const versioned =
        PyCapsule_IsValid(array->held, "dltensor_versioned")
            ? PyCapsule_GetPointer(array->held, "dltensor_versioned")
            : NULL;
    if (versioned == NULL) {
        dlpack_managed *managed = PyCapsule_GetPointer(array->held, "dltensor");
        return managed == NULL
                   ? -1
                   : read_tensor(array, object, &managed->tensor, name, wanted);
    }
    if (versioned->version.major != DLPACK_MAJOR)
        return core_raise_text(SRNN_ERROR_UNSUPPORTED,
                               "%s comes with version %d of DLPack, but this "
                               "extension knows version %d",
                               name, (int)versioned->version.major,
                               DLPACK_MAJOR);
    if (purpose == TO_WRITE &&
        (versioned->flags & (DLPACK_READ_ONLY | DLPACK_IS_COPIED)) != 0)
        return refuse_to_write(name);
    return read_tensor(array, object, &versioned->tensor, name, wanted);
}

/* NumPy gives no buffer if the struct module does not have the dtype, for
 * example a date, or the bfloat16 of another package. */
static int refuse_unformatted(PyObject *object, const char *name,
                              srnn_dtype wanted)
{
    PyObject *error[3];
    PyErr_Fetch(&error[0], &error[1], &error[2]);
    PyObject *dtype = PyObject_GetAttrString(object, "dtype");
    PyObject *word = dtype == NULL ? NULL : PyObject_Str(dtype);
    const char *const text =
        word == NULL ? NULL : PyUnicode_AsUTF8AndSize(word, NULL);
    if (text != NULL)
        refuse_dtype(name, text, wanted);
    Py_XDECREF(word);
    Py_XDECREF(dtype);
    if (text == NULL) {
        PyErr_Restore(error[0], error[1], error[2]);
        return -1;
    }
    for (int i = 0; i < 3; i++)
        Py_XDECREF(error[i]);
    return -1;
}

static int open_buffer(core_array *array, PyObject *object, const char *name,
                       srnn_dtype wanted, view_purpose purpose)
{
    if (PyObject_GetBuffer(object, &array->buffer,
                           PyBUF_STRIDES | PyBUF_FORMAT) < 0)
        return PyErr_ExceptionMatches(PyExc_ValueError)
                   ? refuse_unformatted(object, name, wanted)
                   : -1;
    if (purpose == TO_WRITE && array->buffer.readonly)
        return refuse_to_write(name);
    return read_buffer(array, name, wanted);
}

int view_open(core_array *array, PyObject *object, const char *name,
              srnn_dtype wanted, view_purpose purpose)
{
    array_clear(array);
    array->exchange = exchange_of(object);
    if (array->exchange != NULL)
        return open_exchange(array, object, name, wanted, purpose);
    if (ndarray_read(array, object, wanted, purpose == TO_WRITE))
        return finish(array);
    if (PyObject_CheckBuffer(object))
        return open_buffer(array, object, name, wanted, purpose);
    if (PyObject_HasAttrString(object, "__dlpack__"))
        return open_capsule(array, object, name, wanted, purpose);
    PyErr_Format(PyExc_TypeError,
                 "%s must be an array, for example of NumPy, not %R", name,
                 Py_TYPE(object));
    return -1;
}
