/* SPDX-License-Identifier: MIT */
/* simplernn._core: libsimplernn for Python. The package around it adds what
 * need not be fast. */

#include "core.h"
#include "gradients.h"
#include "linear.h"
#include "loss.h"
#include "model.h"
#include "optimizer.h"
#include "stream.h"
#include "tape.h"

/* The command, whose main() is compiled under this name. */
int simplernn_command_main(int count, char **texts);

/* constant(name): a constant of the headers. */
static PyObject *constant(PyObject *module, PyObject *name)
{
    int64_t value;
    (void)module;
    const char *const text = PyUnicode_AsUTF8AndSize(name, NULL);
    if (text == NULL)
        return NULL;
    const srnn_status status = srnn_constant_value(&value, text);
    return status == SRNN_OK ? PyLong_FromLongLong(value)
                             : (core_raise(status), NULL);
}

/* constant_name(value), None for no enumerator. */
static PyObject *constant_name(PyObject *module, PyObject *argument)
{
    (void)module;
    const long long value = PyLong_AsLongLong(argument);
    if (value == -1 && PyErr_Occurred())
        return NULL;
    const char *const name = srnn_constant_name(value);
    return name == NULL ? Py_NewRef(Py_None) : PyUnicode_FromString(name);
}

static PyObject *build_info(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    return PyUnicode_FromString(srnn_build_info());
}

/* command(arguments as bytes, the first one the name of the program): the exit
 * status. */
static PyObject *command(PyObject *module, PyObject *tuple)
{
    (void)module;
    const Py_ssize_t count = PyTuple_Check(tuple) ? PyTuple_Size(tuple) : -1;
    char **texts =
        count < 0 ? NULL : PyMem_Calloc((size_t)count + 1, sizeof *texts);
    if (texts == NULL) {
        PyErr_SetString(PyExc_TypeError, "arguments must be a tuple");
        return NULL;
    }
    int result = 0;
    for (Py_ssize_t i = 0; i < count && result == 0; i++) {
        texts[i] = PyBytes_AsString(PyTuple_GetItem(tuple, i));
        result = texts[i] == NULL ? -1 : 0;
    }
    if (result == 0) {
        Py_BEGIN_ALLOW_THREADS
        result = simplernn_command_main((int)count, texts);
        Py_END_ALLOW_THREADS
    }
    PyMem_Free(texts);
    return PyErr_Occurred() ? NULL : PyLong_FromLong(result);
}

static PyMethodDef functions[] = {
    {"constant", constant, METH_O, NULL},
    {"constant_name", constant_name, METH_O, NULL},
    {"build_info", build_info, METH_NOARGS,
     "build_info($module)\n--\n\nHow the library was built, and what it can "
     "use on this machine. Put it into bug reports."},
    {"command", command, METH_O, NULL},
    {"norm", gradients_norm, METH_O,
     "norm($module, gradients, /)\n--\n\n"
     "The norm of all values of some Gradients: a sequence of them, or one.\n\n"
     "Raises NotFiniteError, with the name of the parameter, if a value is NaN "
     "or infinite."},
    {"scale", gradients_scale, METH_VARARGS,
     "scale($module, gradients, factor, /)\n--\n\n"
     "Multiplies Gradients by a factor, for example by 1 / N."},
    {"clip_norm", gradients_clip_norm, METH_VARARGS,
     "clip_norm($module, gradients, maximum, /)\n--\n\n"
     "Limits the norm of all Gradients together, as "
     "torch.nn.utils.clip_grad_norm_. Returns the norm before. Errors are "
     "those of norm(), and change nothing."},
    {"clip_value", gradients_clip_value, METH_VARARGS,
     "clip_value($module, gradients, maximum, /)\n--\n\n"
     "Limits each value of Gradients to -maximum to maximum."},
    {"cross_entropy", (PyCFunction)(void (*)(void))loss_cross_entropy,
     METH_VARARGS | METH_KEYWORDS,
     "cross_entropy($module, logits, targets, *, divisor=None, d_logits=True)\n"
     "--\n\n"
     "Softmax cross-entropy. Returns (sum, count, d_logits): the sum of the "
     "losses of all rows that count, how many they are, and the gradient of "
     "sum / divisor.\n\n"
     "logits    [...,C], float32 or float64\n"
     "targets   [...] integers: the class of each row, or -100 for a row that "
     "does not count\n"
     "divisor   None or 0 for the count: then d_logits is the gradient of the "
     "mean\n"
     "d_logits  True for a new array, an array to write to, which may be "
     "logits, or False for none\n\n"
     "Raises RangeError for a target that is no class, ShapeError or "
     "DtypeError for a wrong array."},
    {"squared_error", (PyCFunction)(void (*)(void))loss_squared_error,
     METH_VARARGS | METH_KEYWORDS,
     "squared_error($module, output, target, *, counted=None, divisor=None, "
     "d_output=True)\n--\n\n"
     "The sum of (output - target)^2. Returns (sum, count, d_output), where "
     "count is the number of elements in rows that count.\n\n"
     "output    [...,C], float32 or float64\n"
     "target    as output\n"
     "counted   [...] flags: whether a row counts; by default all do\n"
     "divisor   as for cross_entropy()\n"
     "d_output  True for a new array, an array to write to, which may be "
     "output, or False for none"},
    {NULL, NULL, 0, NULL}};

static int add_types(PyObject *module)
{
    static const struct {
        const char *name;
        PyObject *(*make)(void);
    } types[] = {
        {"Model", model_make_type},   {"Stream", stream_make_type},
        {"Linear", linear_make_type}, {"Gradients", gradients_make_type},
        {"Tape", tape_make_type},     {"Optimizer", optimizer_make_type}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        PyObject *const made = types[i].make();
        if (made == NULL ||
            PyModule_AddObjectRef(module, types[i].name, made) < 0)
            return -1;
    }
    return 0;
}

static PyObject *before_fork(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    Py_BEGIN_ALLOW_THREADS
    pool_before_fork();
    Py_END_ALLOW_THREADS
    return Py_NewRef(Py_None);
}

static PyObject *after_fork(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    pool_after_fork();
    return Py_NewRef(Py_None);
}

static PyObject *after_fork_in_child(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    pool_after_fork_in_child();
    return Py_NewRef(Py_None);
}

/* Calls os.register_at_fork(). */
static int handle_forks(void)
{
    static PyMethodDef handlers[] = {
        {"before", before_fork, METH_NOARGS, NULL},
        {"after_in_parent", after_fork, METH_NOARGS, NULL},
        {"after_in_child", after_fork_in_child, METH_NOARGS, NULL}};
    PyObject *os = PyImport_ImportModule("os");
    PyObject *method =
        os == NULL ? NULL : PyObject_GetAttrString(os, "register_at_fork");
    PyObject *args = PyTuple_New(0);
    PyObject *keywords = PyDict_New();
    for (int i = 0; i < 3 && keywords != NULL; i++) {
        PyObject *handler = PyCFunction_New(&handlers[i], NULL);
        if (handler == NULL ||
            PyDict_SetItemString(keywords, handlers[i].ml_name, handler) < 0)
            Py_CLEAR(keywords);
        Py_XDECREF(handler);
    }
    PyObject *done = method == NULL || args == NULL || keywords == NULL
                         ? NULL
                         : PyObject_Call(method, args, keywords);
    Py_XDECREF(done);
    Py_XDECREF(keywords);
    Py_XDECREF(args);
    Py_XDECREF(method);
    Py_XDECREF(os);
    return done == NULL ? -1 : 0;
}

/* Types and exceptions are static, so there can be only one module. */
static int execute(PyObject *module)
{
    static atomic_flag is_done = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&is_done)) {
        PyErr_SetString(
            PyExc_ImportError,
            "simplernn was imported in this process before, which works once: "
            "another interpreter has it or had it, or it was taken out of "
            "sys.modules; start a new process");
        return -1;
    }
    if (handle_forks() < 0 || core_add_errors(module) < 0 ||
        add_types(module) < 0)
        return -1;
    return PyModule_AddStringConstant(module, "__version__", srnn_version());
}

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void)
{
    static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute},
#ifdef Py_GIL_DISABLED
                                       {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
                                       {0, NULL}};
    static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                                            "_core",
                                            NULL,
                                            0,
                                            functions,
                                            slots,
                                            NULL,
                                            NULL,
                                            NULL};
    return PyModuleDef_Init(&definition);
}
