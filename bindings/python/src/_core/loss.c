/* SPDX-License-Identifier: MIT */
#include "loss.h"

#include "array.h"

/* The arrays of a loss, in this order: logits or output, the target, which rows
 * count, and the gradient. */
enum { OUTPUT, TARGET, COUNTED, GRADIENT, ARRAYS };

typedef struct {
    core_array arrays[ARRAYS];
    PyObject *gradient;
    double divisor;
    bool is_cross_entropy;
    double sum;
    int64_t count;
} core_loss;

static void begin(core_loss *loss, bool is_cross_entropy)
{
    for (int i = 0; i < ARRAYS; i++)
        array_clear(&loss->arrays[i]);
    loss->gradient = NULL;
    loss->is_cross_entropy = is_cross_entropy;
    loss->sum = 0;
    loss->count = 0;
}

/* Ends a loss that was computed, or that failed. */
static PyObject *end(core_loss *loss, int result)
{
    PyObject *const found =
        result < 0 ? NULL
                   : Py_BuildValue("dLO", loss->sum, (long long)loss->count,
                                   loss->gradient);
    for (int i = 0; i < ARRAYS; i++)
        array_close(&loss->arrays[i]);
    Py_XDECREF(loss->gradient);
    return found;
}

static srnn_status compute(core_loss *loss, srnn_tensor *const *tensors)
{
    return loss->is_cross_entropy
               ? srnn_loss_cross_entropy(&loss->sum, &loss->count,
                                         tensors[GRADIENT], tensors[OUTPUT],
                                         tensors[TARGET], loss->divisor)
               : srnn_loss_squared_error(&loss->sum, &loss->count,
                                         tensors[GRADIENT], tensors[OUTPUT],
                                         tensors[TARGET], tensors[COUNTED],
                                         loss->divisor);
}

static int run(core_loss *loss)
{
    srnn_tensor *tensors[ARRAYS] = {NULL};
    int result = 0;
    for (int i = 0; i < ARRAYS && result == 0; i++)
        result = (i < GRADIENT ? array_wrap_const
                               : array_wrap)(&tensors[i], &loss->arrays[i]);
    if (result == 0) {
        srnn_status status;
        Py_BEGIN_ALLOW_THREADS
        status = compute(loss, tensors);
        Py_END_ALLOW_THREADS
        result = status == SRNN_OK ? 0 : core_raise(status);
    }
    for (int i = 0; i < ARRAYS; i++)
        srnn_tensor_destroy(tensors[i]);
    return result;
}

/* Opens the first array, the divisor and the gradient. */
static int open_output(core_loss *loss, PyObject *output, const char *name,
                       PyObject *divisor, PyObject *wanted,
                       const char *wanted_name)
{
    core_array *const array = &loss->arrays[OUTPUT];
    const srnn_dtype dtype = array_real_dtype(output);
    loss->divisor = divisor == NULL ? 0 : PyFloat_AsDouble(divisor);
    if (PyErr_Occurred() || array_open(array, output, name, dtype) < 0)
        return -1;
    return array_open_wanted(&loss->arrays[GRADIENT], &loss->gradient,
                             wanted == NULL ? Py_True : wanted, wanted_name,
                             array->exchange, dtype, array->rank, array->shape);
}

/* cross_entropy(logits, targets, *, divisor=None, d_logits=True) */
PyObject *loss_cross_entropy(PyObject *module, PyObject *args,
                             PyObject *keywords)
{
    static const char *const names[] = {"logits", "targets", "divisor",
                                        "d_logits"};
    PyObject *values[4];
    core_loss loss;
    (void)module;
    if (core_arguments("cross_entropy", names, 4, 2, 2, args, keywords,
                       values) < 0)
        return NULL;
    begin(&loss, true);
    int result = open_output(&loss, values[0], "logits", values[2], values[3],
                             "d_logits");
    if (result == 0)
        result =
            array_open_integers(&loss.arrays[TARGET], values[1], "targets");
    return end(&loss, result == 0 ? run(&loss) : -1);
}

/* squared_error(output, target, *, counted=None, divisor=None, d_output=True)
 */
PyObject *loss_squared_error(PyObject *module, PyObject *args,
                             PyObject *keywords)
{
    static const char *const names[] = {"output", "target", "counted",
                                        "divisor", "d_output"};
    PyObject *values[5];
    core_loss loss;
    (void)module;
    if (core_arguments("squared_error", names, 5, 2, 2, args, keywords,
                       values) < 0)
        return NULL;
    begin(&loss, false);
    int result = open_output(&loss, values[0], "output", values[3], values[4],
                             "d_output");
    if (result == 0)
        result = array_open(&loss.arrays[TARGET], values[1], "target",
                            loss.arrays[OUTPUT].dtype);
    if (result == 0 && values[2] != NULL)
        result = array_open_flags(&loss.arrays[COUNTED], values[2], "counted");
    return end(&loss, result == 0 ? run(&loss) : -1);
}
