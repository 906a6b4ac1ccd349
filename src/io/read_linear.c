/* SPDX-License-Identifier: MIT */
/* Finds a weight and perhaps a bias, and reads them. */
#include "io/read_linear.h"

#include <inttypes.h>
#include <string.h>

#include "util/error.h"
#include "util/text.h"

/* The first matrix whose name ends in "weight", which may be that of a layer
 * under another prefix; NULL if there is none. */
static const char *find_other(const srnn_weights *weights)
{
    static const char suffix[] = "weight";
    for (int64_t i = 0; i < weights->count; i++) {
        const char *const name = srnn_weights__name(weights, i);
        const size_t length = strlen(name);
        if (srnn_weights__entry(weights, i)->rank == 2 &&
            length >= strlen(suffix) &&
            strcmp(name + length - strlen(suffix), suffix) == 0)
            return name;
    }
    return NULL;
}

static srnn_status fail_nothing(const srnn_weights *weights, const char *prefix)
{
    const char *const other = find_other(weights);
    char quoted[SRNN_QUOTED_SIZE];
    char what[SRNN_QUOTED_SIZE + 80];
    srnn_text text = {what, sizeof what, 0};
    srnn_text__quote(quoted, prefix);
    if (weights->count == 0) {
        srnn_text__append(&text, "the file has no tensors");
    } else if (other != NULL) {
        srnn_text__append(&text, "there is a matrix ");
        srnn_text__append_name(&text, other);
    } else {
        srnn_text__append(&text, "the first of %" PRId64 " names is ",
                          weights->count);
        srnn_text__append_name(&text, srnn_weights__name(weights, 0));
    }
    return srnn_error__fail(SRNN_ERROR_NOT_FOUND,
                            "no tensor is named weight under the prefix %s; %s",
                            quoted, what);
}

static srnn_status check_shape(const srnn_weights_entry *entry,
                               const char *owner, int32_t rank,
                               const srnn_dimension *wanted)
{
    char name[SRNN_QUOTED_SIZE];
    if (srnn_shape__matches(entry->rank, entry->shape, rank, wanted))
        return SRNN_OK;
    srnn_text__quote(name, srnn_weights__name_of(entry));
    return srnn_shape__fail(name, entry->rank, entry->shape, owner, rank,
                            wanted);
}

/* Both are what a layer can have; bias may be NULL. */
static srnn_status check(const srnn_weights_entry *weight,
                         const srnn_weights_entry *bias)
{
    static const srnn_dimension any[] = {{"out_features", SRNN_ANY_SIZE},
                                         {"in_features", SRNN_ANY_SIZE}};
    SRNN_TRY(srnn_weights__check_real(weight));
    SRNN_TRY(check_shape(weight, "a linear layer", 2, any));
    for (int i = 0; i < 2; i++)
        if (weight->shape[i] < 1 || weight->shape[i] > SRNN_MAX_SIZE)
            return srnn_error__fail(SRNN_ERROR_RANGE,
                                    "%s is %" PRId64 " in the file, expected 1 "
                                    "to %d",
                                    any[i].label, weight->shape[i],
                                    SRNN_MAX_SIZE);
    if (bias == NULL)
        return SRNN_OK;
    const srnn_dimension wanted[] = {{"out_features", weight->shape[0]}};
    SRNN_TRY(srnn_weights__check_real(bias));
    return check_shape(bias, "a linear layer with this weight", 1, wanted);
}

static srnn_status read_parameters(srnn_linear *linear,
                                   const srnn_weights *weights,
                                   const srnn_weights_entry *weight,
                                   const srnn_weights_entry *bias)
{
    SRNN_TRY(srnn_weights__read(linear->parameters[0].data, linear->dtype,
                                weights, weight));
    return bias == NULL ? SRNN_OK
                        : srnn_weights__read(linear->parameters[1].data,
                                             linear->dtype, weights, bias);
}

srnn_status srnn_linear__read(srnn_linear **out, const srnn_weights *weights,
                              const char *prefix)
{
    const srnn_weights_entry *const weight = srnn_weights__entry(
        weights, srnn_weights__find(weights, prefix, "weight"));
    const srnn_weights_entry *const bias = srnn_weights__entry(
        weights, srnn_weights__find(weights, prefix, "bias"));
    srnn_linear *linear = NULL;
    if (weight == NULL)
        return fail_nothing(weights, prefix);
    SRNN_TRY(check(weight, bias));
    SRNN_TRY(srnn_linear__create(&linear, weight->type->dtype, weight->shape[1],
                                 weight->shape[0], bias != NULL));
    const srnn_status status = read_parameters(linear, weights, weight, bias);
    if (status != SRNN_OK) {
        srnn_linear__release(linear);
        return status;
    }
    srnn_linear__update(linear);
    *out = linear;
    return SRNN_OK;
}
