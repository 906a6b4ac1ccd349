/* SPDX-License-Identifier: MIT */
/* Checks of names and metadata that the caller saves. */
#ifndef SRNN_API_TEXTS_H
#define SRNN_API_TEXTS_H

#include <stdint.h>

#include "simplernn/status.h"

/* SRNN_ERROR_INVALID: "what "text" reason", where what is "the prefix". */
srnn_status srnn_texts__fail(const char *what, const char *text,
                             const char *reason);

/* SRNN_ERROR_INVALID unless it is valid UTF-8. */
srnn_status srnn_texts__check_utf8(const char *what, const char *text);

/* SRNN_ERROR_INVALID if one of count texts occurs twice, of which every step-th
 * counts: the keys of metadata are every second text. */
srnn_status srnn_texts__check_unique(const char *what, const char *const *texts,
                                     int64_t count, int64_t step);

/* Why the caller cannot have a key, "is reserved for ..."; NULL if it can. */
typedef const char *srnn_texts_objection(const void *user, const char *key);

/* SRNN_ERROR_INVALID unless metadata is NULL or pairs of valid keys and texts,
 * where no key occurs twice or meets an objection. */
srnn_status srnn_texts__check_metadata(const char *const *metadata,
                                       srnn_texts_objection *object,
                                       const void *user);

#endif
