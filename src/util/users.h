/* SPDX-License-Identifier: MIT */
/* Who uses a shared object: each user has a flag that it holds during a call
 * (util/busy.h). A writer takes the flags of all, so that running costs nothing
 * that is shared. Views have no flag, and keep writers out while they live. */
#ifndef SRNN_UTIL_USERS_H
#define SRNN_UTIL_USERS_H

#include <stdint.h>

#include "simplernn/status.h"
#include "util/busy.h"

typedef struct srnn_user srnn_user;

struct srnn_user {
    srnn_user *previous;
    srnn_user *next;
    srnn_busy *busy; /* NULL: not in a list */
};

/* All zero: no user. */
typedef struct {
    srnn_user *first;
    int64_t views;
    unsigned int writer; /* the generation of the process it is in, or 0 */
} srnn_users;

/* Each waits while a writer is at work. */
void srnn_users__add(srnn_users *users, srnn_user *user, srnn_busy *busy);
void srnn_users__remove(srnn_users *users, srnn_user *user);
void srnn_users__add_view(srnn_users *users);
void srnn_users__remove_view(srnn_users *users);

/* Until the end no user is in a call, nor begins one. SRNN_ERROR_BUSY if one
 * is, or another writer; SRNN_ERROR_IN_USE if there is a view. Nothing is held
 * then. */
srnn_status srnn_users__begin_write(srnn_users *users);
void srnn_users__end_write(srnn_users *users);

#endif
