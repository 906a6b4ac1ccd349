/* SPDX-License-Identifier: MIT */
/* Its parameters and metadata, and all of the old file that is not the rnn's.
 */
#include "io/write_rnn.h"

#include "io/notes.h"
#include "rnn/owner.h"
#include "util/error.h"

static void add_parameter(srnn_contents *contents, const srnn_notes_rnn *saved,
                          int64_t index)
{
    const srnn_rnn *const rnn = saved->rnn;
    const srnn_parameter_id id = srnn_parameter_id__at(&rnn->options, index);
    const srnn_tensor values = srnn_rnn__parameter(rnn, index);
    const char *const name = rnn->has_cell_names
                                 ? srnn_parameter_id__cell_name(id.kind)
                                 : rnn->parameters[index].name;
    srnn_contents__add(contents, (srnn_joined){saved->prefix, name}, &values);
}

/* See srnn_write_gather. */
static srnn_status gather(srnn_contents **out, const void *from,
                          const srnn_weights *old)
{
    const srnn_notes_rnn *const saved = from;
    const srnn_owner owner = srnn_owner__of_rnn((srnn_rnn *)saved->rnn);
    srnn_contents_room room = {saved->rnn->parameter_count, 0, 0};
    srnn_notes__measure(&room, saved, old);
    SRNN_TRY(srnn_contents__create(out, old, room));
    srnn_notes__add(*out, saved);
    for (int64_t i = 0; i < saved->rnn->parameter_count; i++)
        add_parameter(*out, saved, i);
    for (int64_t i = 0; old != NULL && i < old->count; i++)
        if (!srnn_owner__owns_name(&owner, saved->prefix,
                                   srnn_weights__name(old, i)))
            srnn_contents__keep(*out, srnn_weights__entry(old, i));
    return SRNN_OK;
}

srnn_status srnn_rnn__write(const srnn_sink *sink, const srnn_rnn *rnn,
                            const char *prefix, const char *const *metadata)
{
    const srnn_notes_rnn saved = {rnn, prefix, metadata};
    return srnn_write__to_sink(sink, gather, &saved);
}

srnn_status srnn_rnn__write_file(const char *path, bool is_merged,
                                 const srnn_rnn *rnn, const char *prefix,
                                 const char *const *metadata)
{
    const srnn_notes_rnn saved = {rnn, prefix, metadata};
    return srnn_write__to_path(path, is_merged, gather, &saved);
}
