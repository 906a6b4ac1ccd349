/* SPDX-License-Identifier: MIT */
/* Its parameters, and all of the old file that is not the layer's. */
#include "io/write_linear.h"

#include "io/write.h"
#include "util/error.h"

typedef struct {
    srnn_owner owner;
    const char *prefix;
} saved_linear;

/* See srnn_write_gather. */
static srnn_status gather(srnn_contents **out, const void *from,
                          const srnn_weights *old)
{
    const saved_linear *const saved = from;
    const srnn_owner *const owner = &saved->owner;
    SRNN_TRY(srnn_contents__create(out, old,
                                   (srnn_contents_room){owner->count, 0, 0}));
    for (int64_t i = 0; i < owner->count; i++) {
        const char *const name = owner->functions->name(owner->object, i);
        const srnn_tensor values =
            owner->functions->parameter(owner->object, i);
        srnn_contents__add(*out, (srnn_joined){saved->prefix, name}, &values);
    }
    for (int64_t i = 0; old != NULL && i < old->count; i++)
        if (!srnn_owner__owns_name(owner, saved->prefix,
                                   srnn_weights__name(old, i)))
            srnn_contents__keep(*out, srnn_weights__entry(old, i));
    for (int64_t i = 0; old != NULL && i < old->note_count; i++)
        srnn_contents__add_note(*out,
                                (srnn_joined){"", srnn_weights__key(old, i)},
                                srnn_weights__text(srnn_weights__key(old, i)));
    return SRNN_OK;
}

srnn_status srnn_linear__write_file(const char *path, const srnn_linear *linear,
                                    const char *prefix)
{
    const saved_linear saved = {srnn_linear__owner((srnn_linear *)linear),
                                prefix};
    return srnn_write__to_path(path, true, gather, &saved);
}
