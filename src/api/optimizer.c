/* SPDX-License-Identifier: MIT */
/* srnn_optimizer_*: checks, then src/optimizer. */
#include "optimizer/optimizer.h"

#include <inttypes.h>
#include <stdio.h>

#include "api/check.h"
#include "api/texts.h"
#include "io/weights.h"

srnn_status srnn_optimizer_create(srnn_optimizer **out,
                                  srnn_optimizer_kind kind)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    if (!srnn_optimizer__is_kind(kind))
        return srnn_check__fail_value("kind", kind,
                                      "an SRNN_OPTIMIZER_KIND_...");
    return srnn_optimizer__create(out, kind);
}

void srnn_optimizer_destroy(srnn_optimizer *optimizer)
{
    if (srnn_check__is(optimizer, SRNN_HANDLE_OPTIMIZER))
        srnn_optimizer__destroy(optimizer);
}

srnn_optimizer_kind srnn_optimizer_get_kind(const srnn_optimizer *optimizer)
{
    return srnn_check__is(optimizer, SRNN_HANDLE_OPTIMIZER) ? optimizer->kind
                                                            : 0;
}

/* Skips beginning, if prefix and name one after the other begin with it. */
static bool skip(const char **prefix, const char **name, const char *beginning)
{
    for (; *beginning != '\0'; beginning++) {
        const char **const from = **prefix != '\0' ? prefix : name;
        if (**from != *beginning)
            return false;
        ++*from;
    }
    return true;
}

/* Gradients, and what the names of their parameters begin with in files. */
typedef struct {
    const char *prefix;
    const srnn_gradients *gradients;
} addition;

/* Would a reader take that name for one of a parameter of the addition? */
static bool could_have(const addition *a, const char *prefix, const char *name)
{
    const srnn_owner *const owner = &a->gradients->owner;
    char own[SRNN_PARAMETER_NAME_SIZE];
    if (!skip(&prefix, &name, a->prefix))
        return false;
    const int length = snprintf(own, sizeof own, "%s%s", prefix, name);
    return length >= 0 && length < (int)sizeof own &&
           owner->functions->could_have(owner->object, own);
}

/* Names that nothing but a checkpoint itself may have. */
static srnn_status check_name(const char *prefix, const char *name)
{
    const char *after_prefix = prefix;
    const char *after_name = name;
    char quoted[SRNN_QUOTED_SIZE];
    srnn_text__quote_joined(quoted, (srnn_joined){prefix, name});
    if (skip(&after_prefix, &after_name, SRNN_WEIGHTS_STATE))
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "%s begins with \"" SRNN_WEIGHTS_STATE
                                "\", as only the state of an optimizer may",
                                quoted);
    after_prefix = prefix;
    after_name = name;
    if (skip(&after_prefix, &after_name, SRNN_WEIGHTS_METADATA) &&
        *after_prefix == '\0' && *after_name == '\0')
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "%s is reserved for metadata", quoted);
    return SRNN_OK;
}

/* No name of one could be of the other. */
static srnn_status check_names_apart(const addition *one, const addition *other)
{
    for (int64_t i = 0; i < one->gradients->owner.count; i++) {
        const char *const name = srnn_gradients__name(one->gradients, i);
        char quoted[SRNN_QUOTED_SIZE];
        if (!could_have(other, one->prefix, name))
            continue;
        srnn_text__quote_joined(quoted, (srnn_joined){one->prefix, name});
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "the name %s is one that other gradients of "
                                "the optimizer have, or could have; give each "
                                "gradients a prefix of their own",
                                quoted);
    }
    return SRNN_OK;
}

static srnn_status check_apart(const addition *added,
                               const srnn_optimizer_group *group)
{
    const addition old = {group->prefix, group->gradients};
    const srnn_tensor own = srnn_owner__flat(&added->gradients->owner);
    const srnn_tensor other = srnn_owner__flat(&group->gradients->owner);
    if (srnn_tensor__overlap(&own, &other))
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "the optimizer has the parameters of the "
                                "gradients already");
    SRNN_TRY(check_names_apart(added, &old));
    return check_names_apart(&old, added);
}

static srnn_status check_addition(const srnn_optimizer *optimizer,
                                  const addition *added)
{
    if (optimizer->steps > 0)
        return srnn_error__fail(SRNN_ERROR_STATE,
                                "the optimizer has made %" PRId64
                                " steps; add all gradients before the first",
                                optimizer->steps);
    for (int64_t i = 0; i < added->gradients->owner.count; i++)
        SRNN_TRY(check_name(added->prefix,
                            srnn_gradients__name(added->gradients, i)));
    for (const srnn_optimizer_group *group = optimizer->first; group != NULL;
         group = group->next)
        SRNN_TRY(check_apart(added, group));
    return SRNN_OK;
}

srnn_status srnn_optimizer_add(srnn_optimizer *optimizer,
                               srnn_gradients *gradients, const char *prefix)
{
    SRNN_TRY(srnn_check__handle(optimizer, SRNN_HANDLE_OPTIMIZER, "optimizer"));
    SRNN_TRY(srnn_check__handle(gradients, SRNN_HANDLE_GRADIENTS, "gradients"));
    if (prefix == NULL)
        prefix = "";
    SRNN_TRY(srnn_texts__check_utf8("the prefix", prefix));
    SRNN_TRY(srnn_optimizer__enter(optimizer));
    srnn_status status =
        check_addition(optimizer, &(addition){prefix, gradients});
    if (status == SRNN_OK)
        status = srnn_optimizer__add(optimizer, gradients, prefix);
    srnn_optimizer__leave(optimizer);
    return status;
}

srnn_status srnn_optimizer_step(srnn_optimizer *optimizer)
{
    SRNN_TRY(srnn_check__handle(optimizer, SRNN_HANDLE_OPTIMIZER, "optimizer"));
    SRNN_TRY(srnn_optimizer__enter(optimizer));
    srnn_status status = srnn_optimizer__check_groups(optimizer);
    if (status == SRNN_OK)
        status = srnn_optimizer__step(optimizer);
    srnn_optimizer__leave(optimizer);
    return status;
}
