/* SPDX-License-Identifier: MIT */
/* What has parameters, as gradients and optimizers see it: an rnn, a linear
 * layer, a tensor of the caller. */
#ifndef SRNN_RNN_OWNER_H
#define SRNN_RNN_OWNER_H

#include <stdbool.h>
#include <string.h>

#include "rnn/rnn.h"

typedef struct {
    void (*retain)(void *object);
    void (*release)(void *object);
    /* Between these two nobody else runs or writes the object. begin may fail
     * with SRNN_ERROR_BUSY or SRNN_ERROR_IN_USE; then nothing is held. */
    srnn_status (*begin_write)(void *object);
    void (*end_write)(void *object);
    /* Inside of them: what is made of the parameters, packed weights for
     * example, must follow them. */
    void (*update)(void *object);
    /* The index of a name, -1 if there is none. */
    int64_t (*find)(const void *object, const char *name);
    const char *(*name)(const void *object, int64_t index);
    /* Could an object like this one have a parameter of that name? If so, a
     * reader would take a tensor with the name for one. */
    bool (*could_have)(const void *object, const char *name);
    srnn_tensor (*parameter)(const void *object, int64_t index);
} srnn_owner_functions;

/* The parameters lie one after another in values, without gaps, as contiguous
 * tensors of one dtype. */
typedef struct {
    const srnn_owner_functions *functions;
    void *object;
    srnn_dtype dtype;
    int64_t count;       /* of parameters */
    int64_t value_count; /* P, the elements of all of them */
    void *values;        /* [P] */
} srnn_owner;

srnn_owner srnn_owner__of_rnn(srnn_rnn *rnn);

/* The rnn of an owner; NULL if it is something else. */
srnn_rnn *srnn_owner__rnn(const srnn_owner *owner);

/* A tensor of the caller, contiguous, with a name. Whoever owns this struct
 * keeps it, so nothing is counted. */
typedef struct {
    char name[SRNN_PARAMETER_NAME_SIZE];
    srnn_tensor tensor;
} srnn_named_tensor;

srnn_owner srnn_owner__of_tensor(srnn_named_tensor *named);

/* All parameters as one tensor [P], borrowed. */
static inline srnn_tensor srnn_owner__flat(const srnn_owner *owner)
{
    return srnn_tensor__contiguous(owner->values, owner->dtype, 1,
                                   &owner->value_count);
}

/* Does a name in a file belong to the object, if that is under the prefix? */
static inline bool srnn_owner__owns_name(const srnn_owner *owner,
                                         const char *prefix, const char *name)
{
    const size_t length = strlen(prefix);
    return strncmp(name, prefix, length) == 0 &&
           owner->functions->could_have(owner->object, name + length);
}

#endif
