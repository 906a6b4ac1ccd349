/* SPDX-License-Identifier: MIT */
/* The network: layers times directions of cells, and their parameters. Knows
 * how depth and direction are wired, not how a step is computed. */
#ifndef SRNN_RNN_RNN_H
#define SRNN_RNN_RNN_H

#include <stdatomic.h>

#include "cell/cell.h"
#include "rnn/options.h"
#include "rnn/parameter.h"
#include "simplernn/rnn.h"
#include "tensor/arena.h"
#include "tensor/tensor.h"
#include "util/handle.h"
#include "util/memory.h"
#include "util/text.h"
#include "util/users.h"

typedef struct {
    char name[SRNN_PARAMETER_NAME_SIZE]; /* as in a state_dict */
    int32_t rank;
    int64_t shape[2];
    void *data; /* contiguous, of the rnn's dtype; aligned to an element */
} srnn_parameter;

struct srnn_rnn {
    srnn_handle handle;
    srnn_options options;
    bool has_cell_names; /* to be saved under those of torch.nn.RNNCell */
    int64_t parameter_count;
    srnn_parameter *parameters; /* in state_dict order */
    int64_t value_count;        /* P, the elements of all parameters */
    void *values;               /* [P]: the parameters in their order, without
                                   gaps */
    srnn_cell_weights *cells;   /* [L*D]: views of the parameters, and what
                                    is made of them */
    uint64_t version;           /* of the values; see srnn_rnn__update. Calls
                                   read it while they hold their context, which
                                   keeps writers out, so it is no atomic */
    /* These change when contexts come and go, so they lie apart from what steps
     * read. References are those of the caller and of users and views. */
    _Alignas(SRNN_MEMORY_ALIGNMENT) atomic_int_fast64_t references;
    srnn_users users;
};

/* An rnn of zeros, with one reference. Names what overflows. */
srnn_status srnn_rnn__create(srnn_rnn **out, const srnn_options *options);

/* Fills the parameters as torch.manual_seed(seed) and torch.nn.RNN would. */
void srnn_rnn__initialise(srnn_rnn *rnn, uint64_t seed);

void srnn_rnn__retain(srnn_rnn *rnn);
void srnn_rnn__release(srnn_rnn *rnn);

/* What the steps read, packed weights and summed biases, must follow the
 * parameters: to be called after one parameter, or any, were written. The rnn
 * gets a new version, which no rnn of this process ever had; it is never 0. */
void srnn_rnn__update_parameter(srnn_rnn *rnn, int64_t index);
void srnn_rnn__update(srnn_rnn *rnn);

/* A copy with one reference and no user. */
srnn_status srnn_rnn__clone(srnn_rnn **out, const srnn_rnn *rnn);

/* The index of a name, -1 if there is none. */
int64_t srnn_rnn__find_parameter(const srnn_rnn *rnn, const char *name);

/* A parameter, or all of them as [P], as a tensor, borrowed. */
srnn_tensor srnn_rnn__parameter(const srnn_rnn *rnn, int64_t index);
srnn_tensor srnn_rnn__flat(const srnn_rnn *rnn);

/* The table of srnn_rnn_describe. */
void srnn_rnn__describe(srnn_text *text, const srnn_rnn *rnn, int64_t T,
                        int64_t B);

/* The shape [3] of a role. */
void srnn_rnn__shape(int64_t *shape, const srnn_rnn *rnn, srnn_role role,
                     int64_t T, int64_t B);

#endif
