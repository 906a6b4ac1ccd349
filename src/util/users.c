/* SPDX-License-Identifier: MIT */
/* The lists are guarded by one lock for all objects, held for as long as it
 * takes to walk through a list; a writer at work holds the flags instead. */
#include "util/users.h"

#include <inttypes.h>
#include <stddef.h>

#include "util/error.h"
#include "util/fork.h"

/* A writer that a fork left in the parent does not count. */
static bool is_written(const srnn_users *users)
{
    return users->writer == srnn_fork__generation();
}

static void lock_when_unwritten(const srnn_users *users)
{
    srnn_fork__lock();
    while (is_written(users))
        srnn_fork__sleep();
}

void srnn_users__add(srnn_users *users, srnn_user *user, srnn_busy *busy)
{
    lock_when_unwritten(users);
    *user = (srnn_user){NULL, users->first, busy};
    if (users->first != NULL)
        users->first->previous = user;
    users->first = user;
    srnn_fork__unlock();
}

void srnn_users__remove(srnn_users *users, srnn_user *user)
{
    lock_when_unwritten(users);
    if (user->previous != NULL)
        user->previous->next = user->next;
    else
        users->first = user->next;
    if (user->next != NULL)
        user->next->previous = user->previous;
    user->busy = NULL;
    srnn_fork__unlock();
}

void srnn_users__add_view(srnn_users *users)
{
    lock_when_unwritten(users);
    users->views++;
    srnn_fork__unlock();
}

void srnn_users__remove_view(srnn_users *users)
{
    srnn_fork__lock();
    users->views--;
    srnn_fork__unlock();
}

/* Of the users before end; NULL is all. */
static void release_all(const srnn_users *users, const srnn_user *end)
{
    for (srnn_user *user = users->first; user != end; user = user->next)
        srnn_busy__release(user->busy);
}

static srnn_status take_all(const srnn_users *users)
{
    for (srnn_user *user = users->first; user != NULL; user = user->next) {
        if (srnn_busy__take(user->busy))
            continue;
        release_all(users, user);
        return srnn_error__fail(SRNN_ERROR_BUSY,
                                "parameters cannot be written while another "
                                "thread is using a context or a stream of the "
                                "rnn");
    }
    return SRNN_OK;
}

static srnn_status begin_write(srnn_users *users)
{
    if (is_written(users))
        return srnn_error__fail(SRNN_ERROR_BUSY,
                                "another thread is writing parameters of the "
                                "rnn");
    if (users->views > 0)
        return srnn_error__fail(SRNN_ERROR_IN_USE,
                                "parameters cannot be written while the rnn "
                                "has %" PRId64 " cell view%s",
                                users->views, users->views == 1 ? "" : "s");
    SRNN_TRY(take_all(users));
    users->writer = srnn_fork__generation();
    return SRNN_OK;
}

srnn_status srnn_users__begin_write(srnn_users *users)
{
    srnn_fork__lock();
    const srnn_status status = begin_write(users);
    srnn_fork__unlock();
    return status;
}

void srnn_users__end_write(srnn_users *users)
{
    srnn_fork__lock();
    release_all(users, NULL);
    users->writer = 0;
    srnn_fork__wake();
    srnn_fork__unlock();
}
