/* SPDX-License-Identifier: MIT */
/* What every failed call owes its caller: the status, and a reason. */
#ifndef TESTS_SUPPORT_EXPECT_H
#define TESTS_SUPPORT_EXPECT_H

#include "simplernn.h"
#include "support/weights_file.h"

enum { EXPECT_TEXTS = 4 };

/* The call failed with wanted, and srnn_last_error() is one line of printable
 * ASCII that contains each of texts (up to a NULL). label names the case. */
void expect_failure(const char *label, srnn_status status, srnn_status wanted,
                    const char *const texts[EXPECT_TEXTS]);

/* The call succeeded; shows its reason if not. */
void expect_success(const char *label, srnn_status status);

/* The same of a call that is its own label. */
#define EXPECT_SUCCESS(...) expect_success(#__VA_ARGS__, (__VA_ARGS__))

/* The same in a case whose number names it. */
void expect_success_of_case(int number, srnn_status status);

/* The builder's file opens, but holds no rnn under the prefix: expect_failure
 * of srnn_rnn_create_from_weights. Empties the builder. */
void expect_no_rnn(const char *label, weights_builder *builder,
                   const char *prefix, srnn_status wanted,
                   const char *const texts[EXPECT_TEXTS]);

#endif
