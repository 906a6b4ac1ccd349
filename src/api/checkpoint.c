/* SPDX-License-Identifier: MIT */
/* srnn_optimizer_save and srnn_optimizer_load: checks, then src/io. */
#include "io/checkpoint.h"

#include <string.h>

#include "api/check.h"
#include "api/texts.h"
#include "io/metadata.h"
#include "util/cancellation.h"

#define NAME "the name"

/* See srnn_texts_objection. */
static const char *object(const void *user, const char *key)
{
    const srnn_optimizer *const optimizer = user;
    if (srnn_weights__is_state(key))
        return "is reserved for the state of the optimizer";
    for (const srnn_optimizer_group *group = optimizer->first; group != NULL;
         group = group->next)
        if (srnn_owner__rnn(&group->gradients->owner) != NULL &&
            srnn_metadata__is_own(group->prefix, key))
            return "is reserved for an option of the rnn";
    return NULL;
}

static srnn_status check_name(const srnn_optimizer *optimizer, const char *name)
{
    SRNN_TRY(srnn_check__pointer(name, "an element of names"));
    SRNN_TRY(srnn_texts__check_utf8(NAME, name));
    if (srnn_weights__is_state(name))
        return srnn_texts__fail(NAME, name,
                                "is reserved for the state of the optimizer");
    if (strcmp(name, SRNN_WEIGHTS_METADATA) == 0)
        return srnn_texts__fail(NAME, name, "is reserved for metadata");
    for (const srnn_optimizer_group *group = optimizer->first; group != NULL;
         group = group->next)
        if (srnn_owner__owns_name(&group->gradients->owner, group->prefix,
                                  name))
            return srnn_texts__fail(NAME, name, "is that of a parameter");
    return SRNN_OK;
}

static srnn_status check_tensors(const srnn_checkpoint *checkpoint)
{
    SRNN_TRY(srnn_check__range(checkpoint->count, "count", 0, INT64_MAX));
    if (checkpoint->count == 0)
        return SRNN_OK;
    SRNN_TRY(srnn_check__pointer(checkpoint->names, "names"));
    SRNN_TRY(srnn_check__pointer(checkpoint->tensors, "tensors"));
    for (int64_t i = 0; i < checkpoint->count; i++) {
        SRNN_TRY(check_name(checkpoint->optimizer, checkpoint->names[i]));
        SRNN_TRY(srnn_check__handle(checkpoint->tensors[i], SRNN_HANDLE_TENSOR,
                                    "an element of tensors"));
    }
    return srnn_texts__check_unique(NAME, checkpoint->names, checkpoint->count,
                                    1);
}

static srnn_status save(const char *path, const srnn_checkpoint *checkpoint)
{
    SRNN_TRY(srnn_optimizer__check_groups(checkpoint->optimizer));
    SRNN_TRY(check_tensors(checkpoint));
    SRNN_TRY(srnn_texts__check_metadata(checkpoint->metadata, object,
                                        checkpoint->optimizer));
    return srnn_checkpoint__write(path, checkpoint);
}

srnn_status srnn_optimizer_save(const srnn_optimizer *optimizer,
                                const char *path, const char *const *names,
                                const srnn_tensor *const *tensors,
                                int64_t count, const char *const *metadata)
{
    const srnn_checkpoint checkpoint = {optimizer, names, tensors, count,
                                        metadata};
    SRNN_TRY(srnn_check__handle(optimizer, SRNN_HANDLE_OPTIMIZER, "optimizer"));
    SRNN_TRY(srnn_check__path(path));
    SRNN_TRY(srnn_optimizer__enter(optimizer));
    const srnn_status status = save(path, &checkpoint);
    srnn_optimizer__leave(optimizer);
    return status;
}

static srnn_status load(srnn_optimizer *optimizer, const srnn_weights *weights)
{
    SRNN_TRY(srnn_optimizer__check_groups(optimizer));
    const int before = srnn_cancellation__hold();
    const srnn_status status = srnn_checkpoint__read(optimizer, weights);
    srnn_cancellation__allow(before);
    return status;
}

srnn_status srnn_optimizer_load(srnn_optimizer *optimizer,
                                const srnn_weights *weights)
{
    SRNN_TRY(srnn_check__handle(optimizer, SRNN_HANDLE_OPTIMIZER, "optimizer"));
    SRNN_TRY(srnn_check__handle(weights, SRNN_HANDLE_WEIGHTS, "weights"));
    SRNN_TRY(srnn_optimizer__enter(optimizer));
    const srnn_status status = load(optimizer, weights);
    srnn_optimizer__leave(optimizer);
    return status;
}
