/* SPDX-License-Identifier: MIT */
/* Names and metadata. */
#include "api/texts.h"

#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/memory.h"
#include "util/text.h"

#define KEY "the metadata key"

srnn_status srnn_texts__fail(const char *what, const char *text,
                             const char *reason)
{
    char quoted[SRNN_QUOTED_SIZE];
    srnn_text__quote(quoted, text);
    return srnn_error__fail(SRNN_ERROR_INVALID, "%s %s %s", what, quoted,
                            reason);
}

srnn_status srnn_texts__check_utf8(const char *what, const char *text)
{
    return srnn_text__is_utf8(text)
               ? SRNN_OK
               : srnn_texts__fail(what, text, "is not valid UTF-8");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static srnn_status find_twice(const char *what, const char **texts,
                              int64_t count)
{
    qsort(texts, (size_t)count, sizeof *texts, by_text);
    for (int64_t i = 1; i < count; i++)
        if (strcmp(texts[i - 1], texts[i]) == 0)
            return srnn_texts__fail(what, texts[i], "occurs twice");
    return SRNN_OK;
}

srnn_status srnn_texts__check_unique(const char *what, const char *const *texts,
                                     int64_t count, int64_t step)
{
    void *sorted = NULL;
    if (count < 2)
        return SRNN_OK;
    SRNN_TRY(srnn_memory__create(&sorted, count * (int64_t)sizeof *texts));
    for (int64_t i = 0; i < count; i++)
        ((const char **)sorted)[i] = texts[i * step];
    const srnn_status status = find_twice(what, sorted, count);
    srnn_memory__destroy(sorted);
    return status;
}

static srnn_status check_pair(const char *key, const char *text)
{
    SRNN_TRY(srnn_texts__check_utf8(KEY, key));
    if (text == NULL)
        return srnn_texts__fail(KEY, key, "is not followed by a text");
    return srnn_texts__check_utf8("the metadata text", text);
}

srnn_status srnn_texts__check_metadata(const char *const *metadata,
                                       srnn_texts_objection *object,
                                       const void *user)
{
    int64_t count = 0;
    if (metadata == NULL)
        return SRNN_OK;
    for (; metadata[2 * count] != NULL; count++) {
        const char *const key = metadata[2 * count];
        SRNN_TRY(check_pair(key, metadata[2 * count + 1]));
        const char *const objection = object(user, key);
        if (objection != NULL)
            return srnn_texts__fail(KEY, key, objection);
    }
    return srnn_texts__check_unique(KEY, metadata, count, 2);
}
