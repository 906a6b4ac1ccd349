/* SPDX-License-Identifier: MIT */
/* srnn_rnn_*parameter* and *_flat: the values of an rnn, read and written. */
#include "api/parameter.h"

#include <inttypes.h>

#include "api/check.h"
#include "util/cancellation.h"
#include "util/text.h"

srnn_status srnn_parameter__check_values(const srnn_options *options,
                                         const srnn_tensor *const *values,
                                         int64_t count)
{
    const int64_t wanted = srnn_parameter_id__count(options);
    SRNN_TRY(srnn_check__pointer(values, "values"));
    if (count != wanted) {
        char owner[80];
        srnn_text text = {owner, sizeof owner, 0};
        srnn_options__append(&text, options);
        return srnn_error__fail(SRNN_ERROR_RANGE,
                                "count is %" PRId64 "; %s with%s bias has "
                                "%" PRId64 " parameters",
                                count, owner, options->bias ? "" : "out",
                                wanted);
    }
    for (int64_t i = 0; i < count; i++) {
        char name[40];
        srnn_text text = {name, sizeof name, 0};
        srnn_text__append(&text, "values[%" PRId64 "]", i);
        SRNN_TRY(srnn_check__handle(values[i], SRNN_HANDLE_TENSOR, name));
    }
    return SRNN_OK;
}

srnn_status srnn_parameter__check_value(const srnn_options *options,
                                        int64_t index, const srnn_tensor *value,
                                        const char *named)
{
    const srnn_parameter_id id = srnn_parameter_id__at(options, index);
    srnn_dimension wanted[2];
    char parameter[SRNN_PARAMETER_NAME_SIZE];
    char rnn[80];
    srnn_text text = {rnn, sizeof rnn, 0};
    const int32_t rank = srnn_parameter_id__shape(wanted, options, id);
    srnn_parameter_id__format(parameter, id);
    srnn_options__append(&text, options);
    SRNN_TRY(srnn_check__dtype(value, named == NULL ? parameter : named,
                               (srnn_dtype)options->dtype, "the rnn"));
    if (srnn_shape__matches(value->rank, value->shape, rank, wanted))
        return SRNN_OK;
    if (named == NULL)
        return srnn_shape__fail(parameter, value->rank, value->shape, rnn, rank,
                                wanted);
    return srnn_shape__fail(named, value->rank, value->shape, parameter, rank,
                            wanted);
}

int64_t srnn_rnn_parameter_count(const srnn_rnn *rnn)
{
    return srnn_check__is(rnn, SRNN_HANDLE_RNN) ? rnn->parameter_count : 0;
}

static const srnn_parameter *parameter_at(const srnn_rnn *rnn, int64_t index)
{
    return index < 0 || index >= srnn_rnn_parameter_count(rnn)
               ? NULL
               : &rnn->parameters[index];
}

const char *srnn_rnn_parameter_name(const srnn_rnn *rnn, int64_t index)
{
    const srnn_parameter *const parameter = parameter_at(rnn, index);
    return parameter == NULL ? NULL : parameter->name;
}

int64_t srnn_rnn_find_parameter(const srnn_rnn *rnn, const char *name)
{
    return name == NULL || !srnn_check__is(rnn, SRNN_HANDLE_RNN)
               ? -1
               : srnn_rnn__find_parameter(rnn, name);
}

int32_t srnn_rnn_parameter_rank(const srnn_rnn *rnn, int64_t index)
{
    const srnn_parameter *const parameter = parameter_at(rnn, index);
    return parameter == NULL ? 0 : parameter->rank;
}

const int64_t *srnn_rnn_parameter_shape(const srnn_rnn *rnn, int64_t index)
{
    const srnn_parameter *const parameter = parameter_at(rnn, index);
    return parameter == NULL ? NULL : parameter->shape;
}

const void *srnn_rnn_parameter_data(const srnn_rnn *rnn, int64_t index)
{
    const srnn_parameter *const parameter = parameter_at(rnn, index);
    return parameter == NULL ? NULL : parameter->data;
}

srnn_status srnn_parameter__check_name(int64_t *index, const srnn_owner *owner,
                                       const char *name)
{
    const srnn_owner_functions *const functions = owner->functions;
    SRNN_TRY(srnn_check__pointer(name, "name"));
    *index = functions->find(owner->object, name);
    if (*index >= 0)
        return SRNN_OK;
    char quoted[SRNN_QUOTED_SIZE];
    srnn_text__quote(quoted, name);
    if (owner->count == 1) {
        char only[SRNN_QUOTED_SIZE];
        srnn_text__quote(only, functions->name(owner->object, 0));
        return srnn_error__fail(SRNN_ERROR_NOT_FOUND,
                                "no parameter is named %s; the only one is %s",
                                quoted, only);
    }
    return srnn_error__fail(
        SRNN_ERROR_NOT_FOUND,
        "no parameter is named %s; the %" PRId64 " names go from %s to %s",
        quoted, owner->count, functions->name(owner->object, 0),
        functions->name(owner->object, owner->count - 1));
}

srnn_status srnn_parameter__copy(srnn_tensor **out, const srnn_owner *owner,
                                 const char *name)
{
    int64_t index = 0;
    SRNN_TRY(srnn_parameter__check_name(&index, owner, name));
    const srnn_tensor source =
        owner->functions->parameter(owner->object, index);
    SRNN_TRY(srnn_tensor__create(out, source.dtype, source.rank, source.shape));
    srnn_tensor__copy(*out, &source);
    return SRNN_OK;
}

srnn_status srnn_parameter__check_flat(const srnn_owner *owner,
                                       const srnn_tensor *values,
                                       const char *described, const char *noun)
{
    const srnn_dimension wanted[] = {{"flat_size", owner->value_count}};
    SRNN_TRY(srnn_check__dtype(values, "values", owner->dtype, noun));
    return srnn_shape__matches(values->rank, values->shape, 1, wanted)
               ? SRNN_OK
               : srnn_shape__fail("values", values->rank, values->shape,
                                  described, 1, wanted);
}

/* A writer goes on to its end, or the object would be held for ever. */
srnn_status srnn_parameter__write(const srnn_owner *owner,
                                  const srnn_tensor *target,
                                  const srnn_tensor *value)
{
    const int before = srnn_cancellation__hold();
    const srnn_status status = owner->functions->begin_write(owner->object);
    if (status == SRNN_OK) {
        srnn_tensor__copy(target, value);
        owner->functions->update(owner->object);
        owner->functions->end_write(owner->object);
    }
    srnn_cancellation__allow(before);
    return status;
}

/* For an rnn that has been checked. */
static srnn_owner owner_of(const srnn_rnn *rnn)
{
    return srnn_owner__of_rnn((srnn_rnn *)rnn);
}

srnn_status srnn_rnn_copy_parameter(srnn_tensor **out, const srnn_rnn *rnn,
                                    const char *name)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    const srnn_owner owner = owner_of(rnn);
    return srnn_parameter__copy(out, &owner, name);
}

/* What is written may change no value before it is read: value is apart from
 * all parameters, or it is what it is written to. */
static srnn_status check_apart(const srnn_rnn *rnn, const srnn_tensor *own,
                               const srnn_tensor *value, const char *named)
{
    const srnn_tensor all = srnn_rnn__flat(rnn);
    return srnn_tensor__same_memory(own, value)
               ? SRNN_OK
               : srnn_check__apart(&all, "the parameters of the rnn", value,
                                   named);
}

/* Packs what was written alone. A writer goes on to its end, or the users would
 * be held for ever. */
static srnn_status write_parameters(srnn_rnn *rnn, int64_t first, int64_t count,
                                    const srnn_tensor *const *values)
{
    const int before = srnn_cancellation__hold();
    const srnn_status status = srnn_users__begin_write(&rnn->users);
    if (status == SRNN_OK) {
        for (int64_t i = first; i < first + count; i++) {
            const srnn_tensor target = srnn_rnn__parameter(rnn, i);
            srnn_tensor__copy(&target, values[i - first]);
            srnn_rnn__update_parameter(rnn, i);
        }
        srnn_users__end_write(&rnn->users);
    }
    srnn_cancellation__allow(before);
    return status;
}

srnn_status srnn_rnn_set_parameter(srnn_rnn *rnn, const char *name,
                                   const srnn_tensor *value)
{
    int64_t index = 0;
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    const srnn_owner owner = owner_of(rnn);
    SRNN_TRY(srnn_parameter__check_name(&index, &owner, name));
    SRNN_TRY(srnn_check__handle(value, SRNN_HANDLE_TENSOR, "value"));
    SRNN_TRY(srnn_parameter__check_value(&rnn->options, index, value, "value"));
    const srnn_tensor own = srnn_rnn__parameter(rnn, index);
    SRNN_TRY(check_apart(rnn, &own, value, "value"));
    return write_parameters(rnn, index, 1, &value);
}

srnn_status srnn_rnn_set_parameters(srnn_rnn *rnn,
                                    const srnn_tensor *const *values,
                                    int64_t count)
{
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    SRNN_TRY(srnn_parameter__check_values(&rnn->options, values, count));
    for (int64_t i = 0; i < count; i++) {
        SRNN_TRY(
            srnn_parameter__check_value(&rnn->options, i, values[i], NULL));
        const srnn_tensor own = srnn_rnn__parameter(rnn, i);
        SRNN_TRY(check_apart(rnn, &own, values[i], rnn->parameters[i].name));
    }
    return write_parameters(rnn, 0, count, values);
}

int64_t srnn_rnn_flat_size(const srnn_rnn *rnn)
{
    return srnn_check__is(rnn, SRNN_HANDLE_RNN) ? rnn->value_count : 0;
}

static srnn_status check_flat(const srnn_rnn *rnn, const srnn_tensor *values)
{
    const srnn_owner owner = owner_of(rnn);
    char described[80];
    srnn_text text = {described, sizeof described, 0};
    srnn_options__append(&text, &rnn->options);
    return srnn_parameter__check_flat(&owner, values, described, "the rnn");
}

srnn_status srnn_rnn_get_flat(const srnn_rnn *rnn, srnn_tensor *values)
{
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    SRNN_TRY(srnn_check__result(values, "values"));
    SRNN_TRY(check_flat(rnn, values));
    const srnn_tensor source = srnn_rnn__flat(rnn);
    SRNN_TRY(srnn_check__apart(values, "values", &source,
                               "the parameters of the rnn"));
    srnn_tensor__copy(values, &source);
    return SRNN_OK;
}

srnn_status srnn_rnn_set_flat(srnn_rnn *rnn, const srnn_tensor *values)
{
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    SRNN_TRY(srnn_check__handle(values, SRNN_HANDLE_TENSOR, "values"));
    SRNN_TRY(check_flat(rnn, values));
    const srnn_tensor own = srnn_rnn__flat(rnn);
    SRNN_TRY(check_apart(rnn, &own, values, "values"));
    const srnn_owner owner = owner_of(rnn);
    return srnn_parameter__write(&owner, &own, values);
}
