/* SPDX-License-Identifier: MIT */
/* An rnn and a tensor as owners of parameters. */
#include "rnn/owner.h"

#include <string.h>

static void retain_rnn(void *object)
{
    srnn_rnn__retain(object);
}

static void release_rnn(void *object)
{
    srnn_rnn__release(object);
}

static srnn_status begin_rnn(void *object)
{
    return srnn_users__begin_write(&((srnn_rnn *)object)->users);
}

static void end_rnn(void *object)
{
    srnn_users__end_write(&((srnn_rnn *)object)->users);
}

static void update_rnn(void *object)
{
    srnn_rnn__update(object);
}

static int64_t find_in_rnn(const void *object, const char *name)
{
    return srnn_rnn__find_parameter(object, name);
}

static const char *name_in_rnn(const void *object, int64_t index)
{
    return ((const srnn_rnn *)object)->parameters[index].name;
}

static bool rnn_could_have(const void *object, const char *name)
{
    srnn_parameter_id id;
    (void)object;
    return srnn_parameter_id__parse(&id, name) ||
           srnn_parameter_id__parse_cell(&id, name);
}

static srnn_tensor parameter_of_rnn(const void *object, int64_t index)
{
    return srnn_rnn__parameter(object, index);
}

static const srnn_owner_functions rnn_functions = {
    .retain = retain_rnn,
    .release = release_rnn,
    .begin_write = begin_rnn,
    .end_write = end_rnn,
    .update = update_rnn,
    .find = find_in_rnn,
    .name = name_in_rnn,
    .could_have = rnn_could_have,
    .parameter = parameter_of_rnn,
};

srnn_owner srnn_owner__of_rnn(srnn_rnn *rnn)
{
    return (srnn_owner){.functions = &rnn_functions,
                        .object = rnn,
                        .dtype = (srnn_dtype)rnn->options.dtype,
                        .count = rnn->parameter_count,
                        .value_count = rnn->value_count,
                        .values = rnn->values};
}

srnn_rnn *srnn_owner__rnn(const srnn_owner *owner)
{
    return owner->functions == &rnn_functions ? owner->object : NULL;
}

static void do_nothing(void *object)
{
    (void)object;
}

static srnn_status begin_nothing(void *object)
{
    (void)object;
    return SRNN_OK;
}

static int64_t find_named(const void *object, const char *name)
{
    return strcmp(((const srnn_named_tensor *)object)->name, name) == 0 ? 0
                                                                        : -1;
}

static bool could_be(const void *object, const char *name)
{
    return find_named(object, name) == 0;
}

static const char *name_of(const void *object, int64_t index)
{
    (void)index;
    return ((const srnn_named_tensor *)object)->name;
}

static srnn_tensor tensor_of(const void *object, int64_t index)
{
    (void)index;
    return ((const srnn_named_tensor *)object)->tensor;
}

static const srnn_owner_functions tensor_functions = {
    .retain = do_nothing,
    .release = do_nothing,
    .begin_write = begin_nothing,
    .end_write = do_nothing,
    .update = do_nothing,
    .find = find_named,
    .name = name_of,
    .could_have = could_be,
    .parameter = tensor_of,
};

srnn_owner srnn_owner__of_tensor(srnn_named_tensor *named)
{
    return (srnn_owner){.functions = &tensor_functions,
                        .object = named,
                        .dtype = named->tensor.dtype,
                        .count = 1,
                        .value_count = named->tensor.size,
                        .values = named->tensor.data};
}
