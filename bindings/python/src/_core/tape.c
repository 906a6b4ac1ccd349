/* SPDX-License-Identifier: MIT */
#include "tape.h"

#include "call.h"

static int set_option(srnn_tape *tape, srnn_tape_option option, int64_t value)
{
    const srnn_status status = srnn_tape_set_int(tape, option, value);
    return status == SRNN_OK ? 0 : core_raise(status);
}

/* Sets an option to an integer; NULL is its default, which is 0. */
static int read_option(srnn_tape *tape, srnn_tape_option option,
                       PyObject *value)
{
    const long long number = value == NULL ? 0 : PyLong_AsLongLong(value);
    if (number == -1 && PyErr_Occurred())
        return -1;
    return set_option(tape, option, number);
}

static int read_dropout(srnn_tape *tape, PyObject *value)
{
    const int is_on = value == NULL ? 1 : PyObject_IsTrue(value);
    return is_on < 0 ? -1 : set_option(tape, SRNN_TAPE_DROPOUT, is_on);
}

static int read_seed(srnn_tape *tape, PyObject *value)
{
    uint64_t seed = 0;
    if (value != NULL && model_read_seed(&seed, value) < 0)
        return -1;
    return set_option(tape, SRNN_TAPE_DROPOUT_SEED, (int64_t)seed);
}

/* Tape(rnn, *, checkpoint_steps=0, dropout=True) */
static PyObject *tape_new(PyTypeObject *type, PyObject *args,
                          PyObject *keywords)
{
    static const char *const names[] = {"rnn", "checkpoint_steps", "dropout"};
    PyObject *values[3];
    if (core_arguments("Tape", names, 3, 1, 1, args, keywords, values) < 0 ||
        !model_check(values[0], "rnn"))
        return NULL;
    core_tape *const self = (core_tape *)PyType_GenericNew(type, NULL, NULL);
    if (self == NULL)
        return NULL;
    self->model = (core_model *)Py_NewRef(values[0]);
    const srnn_status status = srnn_tape_create(&self->tape, self->model->rnn);
    if ((status != SRNN_OK && core_raise(status) < 0) ||
        read_option(self->tape, SRNN_TAPE_CHECKPOINT_STEPS, values[1]) < 0 ||
        read_dropout(self->tape, values[2]) < 0) {
        Py_DECREF((PyObject *)self);
        return NULL;
    }
    return (PyObject *)self;
}

/* A model may keep its tape, as an attribute of a derived class. */
static int tape_traverse(PyObject *object, visitproc visit, void *arg)
{
    const core_tape *const self = (core_tape *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT((PyObject *)self->model);
    Py_VISIT(self->input);
    return 0;
}

static void tape_dealloc(PyObject *object)
{
    core_tape *const self = (core_tape *)object;
    PyTypeObject *const type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    srnn_tape_destroy(self->tape);
    Py_XDECREF(self->input);
    Py_XDECREF((PyObject *)self->model);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

/* A thread of a parent process, before a fork, does not count. */
int tape_begin(core_tape *self)
{
    const int64_t process = pool_forks() + 1;
    bool is_busy;
    Py_BEGIN_CRITICAL_SECTION(self);
    is_busy = self->process == process;
    self->process = process;
    Py_END_CRITICAL_SECTION();
    return is_busy ? core_raise_text(SRNN_ERROR_BUSY,
                                     "another thread is using the tape; give "
                                     "each thread its own tape")
                   : 0;
}

void tape_end(core_tape *self)
{
    Py_BEGIN_CRITICAL_SECTION(self);
    self->process = 0;
    Py_END_CRITICAL_SECTION();
}

static int run_record(const core_tape *self, const core_call *call)
{
    core_model *const model = self->model;
    srnn_tensor *tensors[CALL_ARRAYS];
    int result = call_wrap(tensors, call);
    if (result == 0) {
        pool_place *place;
        srnn_status status;
        Py_BEGIN_ALLOW_THREADS
        status =
            pool_take(&place, &model->pool, model->rnn, model->num_threads);
        if (status == SRNN_OK) {
            status = srnn_context_record(
                place->context, self->tape, tensors[CALL_INPUT],
                tensors[CALL_LENGTHS], tensors[CALL_RESETS], tensors[CALL_H0],
                tensors[CALL_FRESH], tensors[CALL_OUTPUT], tensors[CALL_H_N]);
            pool_give(&model->pool, place);
        }
        Py_END_ALLOW_THREADS
        result = status == SRNN_OK ? 0 : core_raise(status);
    }
    call_unwrap(tensors);
    return result;
}

enum { SEED = CALL_ARGUMENTS, FIRST_ROW, FIRST_STEP, ARGUMENTS };

static void keep_input(core_tape *self, PyObject *input)
{
    PyObject *const old = self->input;
    self->input = Py_NewRef(input);
    Py_XDECREF(old);
}

static int read_options(srnn_tape *tape, PyObject *const *values)
{
    if (read_seed(tape, values[SEED]) < 0 ||
        read_option(tape, SRNN_TAPE_FIRST_ROW, values[FIRST_ROW]) < 0)
        return -1;
    return read_option(tape, SRNN_TAPE_FIRST_STEP, values[FIRST_STEP]);
}

static PyObject *record(PyObject *object, PyObject *args, PyObject *keywords)
{
    static const char *const names[ARGUMENTS] = {CALL_NAMES, "seed",
                                                 "first_row", "first_step"};
    core_tape *const self = (core_tape *)object;
    PyObject *values[ARGUMENTS];
    PyObject *results = NULL;
    core_call call;
    if (core_arguments("record", names, ARGUMENTS, 2, 1, args, keywords,
                       values) < 0 ||
        tape_begin(self) < 0)
        return NULL;
    call_begin(&call, self->model);
    if (read_options(self->tape, values) == 0 &&
        call_open(&call, values) >= 0 && run_record(self, &call) == 0) {
        keep_input(self, values[CALL_INPUT]);
        results = call_results(&call);
    }
    call_end(&call);
    tape_end(self);
    return results;
}

static PyMethodDef methods[] = {
    {"record", (PyCFunction)(void (*)(void))record,
     METH_VARARGS | METH_KEYWORDS,
     "record($self, input, h0=None, *, lengths=None, resets=None, fresh=None, "
     "out=None, seed=0, first_row=0, first_step=0)\n--\n\n"
     "Runs the network as rnn(input, h0, ...) does, with dropout, and keeps "
     "its states. Returns (output, h_n). input must stay unchanged until the "
     "last backward.\n\n"
     "seed        of the masks of dropout; other masks need another seed\n"
     "first_row   the number of row 0 in the whole batch, so that a part of a "
     "batch gets the masks of the whole\n"
     "first_step  the same for step 0 in the whole sequence\n\n"
     "Other arguments and errors are those of RNN."},
    {"backward", (PyCFunction)(void (*)(void))tape_backward,
     METH_VARARGS | METH_KEYWORDS,
     "backward($self, d_output=None, d_h_n=None, *, gradients=None, "
     "accumulate=False, d_input=False, d_h0=False, d_fresh=False)\n--\n\n"
     "Computes the gradients of the recorded call. Returns (d_input, d_h0, "
     "d_fresh), with None for what is not wanted.\n\n"
     "d_output    the gradient of the output, in its shape; zeros by "
     "default\n"
     "d_h_n       the gradient of h_n, in its shape; zeros by default\n"
     "gradients   Gradients of the network, which receive those of the "
     "parameters\n"
     "accumulate  whether they are added to what gradients holds\n"
     "d_input     True for a new array, an array to write to, or False\n"
     "d_h0        the same; [L*D,B,H], or an array [L*D,1,H] for the sum over "
     "the batch\n"
     "d_fresh     as d_h0\n\n"
     "Raises StateError without a recording, StaleError if the parameters were "
     "written after it, ShapeError or DtypeError for a wrong array."},
    {NULL, NULL, 0, NULL}};

PyObject *tape_make_type(void)
{
    static PyType_Slot slots[] = {
        {Py_tp_new, tape_new},
        {Py_tp_dealloc, tape_dealloc},
        {Py_tp_traverse, tape_traverse},
        {Py_tp_methods, methods},
        {Py_tp_doc,
         "Tape(rnn, *, checkpoint_steps=0, dropout=True)\n--\n\n"
         "Records a call of an RNN, and goes back through it.\n\n"
         "checkpoint_steps  0: keep the states of all steps. k: keep those of "
         "one step in k, and compute the others again in backward, with the "
         "same bits in less memory\n"
         "dropout           whether a recording applies the dropout of the "
         "rnn\n\n"
         "A tape keeps one recording, and can be used again. One thread at a "
         "time may use it; another one gets BusyError."},
        {0, NULL}};
    static PyType_Spec spec = {"simplernn.train.Tape", sizeof(core_tape), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
    return PyType_FromSpec(&spec);
}
