/* SPDX-License-Identifier: MIT */
/* Flags, readers and users: two never hold what one may hold, and who comes
 * later sees what was done before. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "model.h"
#include "util/busy.h"
#include "util/readers.h"
#include "util/users.h"

static srnn_busy *busy;
static srnn_readers *readers;
static srnn_users *users;
static int *data;

static void create(void)
{
    busy = model_allocate(2 * sizeof *busy);
    readers = model_allocate(sizeof *readers);
    users = model_allocate(sizeof *users);
    data = model_allocate(2 * sizeof *data);
}

/* With this one as the last of them. */
static void run(int count, void *(*const functions[])(void *))
{
    pthread_t threads[3];
    for (int i = 0; i < count - 1; i++)
        model_check(pthread_create(&threads[i], NULL, functions[i], NULL) == 0,
                    "create");
    (void)functions[count - 1](NULL);
    for (int i = 0; i < count - 1; i++)
        (void)pthread_join(threads[i], NULL);
}

#define RUN(...)                                                               \
    run(sizeof((void *(*const[])(void *)){__VA_ARGS__}) / sizeof(void *),      \
        (void *(*const[])(void *)){__VA_ARGS__})

/* Two at once would race on the data. */
static void *count_if_free(void *unused)
{
    if (srnn_busy__take(busy)) {
        ++*data;
        srnn_busy__release(busy);
    }
    return unused;
}

static void *count_twice_if_free(void *unused)
{
    (void)count_if_free(NULL);
    (void)count_if_free(NULL);
    return unused;
}

static void two_take(void)
{
    create();
    RUN(count_twice_if_free, count_twice_if_free);
    model_check(*data >= 2 && *data <= 4, "a turn is lost");
}

static void three_take(void)
{
    create();
    RUN(count_if_free, count_if_free, count_if_free);
    model_check(*data >= 1 && *data <= 3, "a turn is lost");
}

/* As a stream gets another rnn: once the flag has been awaited, nobody is at
 * work on what it had before. */
static _Atomic(int *) current;

static void *work_if_free(void *unused)
{
    if (srnn_busy__take(busy)) {
        ++*atomic_load(&current);
        srnn_busy__release(busy);
    }
    return unused;
}

static void *replace(void *unused)
{
    int *const before = atomic_exchange(&current, data + 1);
    srnn_busy__await(busy);
    *before = -1;
    return unused;
}

static void replaced(void)
{
    create();
    atomic_init(&current, data);
    RUN(work_if_free, replace);
}

static void *work_twice(void *unused)
{
    (void)work_if_free(NULL);
    (void)work_if_free(NULL);
    return unused;
}

static void replaced_twice(void)
{
    create();
    atomic_init(&current, data);
    RUN(work_twice, replace);
}

static void replaced_under_two(void)
{
    create();
    atomic_init(&current, data);
    RUN(work_if_free, work_if_free, replace);
}

static void *read_if_unwritten(void *unused)
{
    if (srnn_readers__enter(readers)) {
        model_check(data[0] == data[1], "a half of a write is seen");
        srnn_readers__leave(readers);
    }
    return unused;
}

static void *write_if_unread(void *unused)
{
    if (srnn_readers__begin_write(readers)) {
        data[0]++;
        data[1]++;
        srnn_readers__end_write(readers);
    }
    return unused;
}

static void *write_and_read(void *unused)
{
    (void)write_if_unread(NULL);
    (void)read_if_unwritten(NULL);
    return unused;
}

static void read_and_written(void)
{
    create();
    RUN(read_if_unwritten, write_and_read);
}

static void two_read_one_writes(void)
{
    create();
    RUN(read_if_unwritten, read_if_unwritten, write_if_unread);
}

static void one_reads_two_write(void)
{
    create();
    RUN(read_if_unwritten, write_if_unread, write_if_unread);
}

/* Who has a flag in the list reads while it holds that. */
static void use(int number)
{
    if (srnn_busy__take(&busy[number])) {
        model_check(data[0] == data[1], "a half of a write is seen");
        srnn_busy__release(&busy[number]);
    }
}

static void *come_and_go(void *unused)
{
    static srnn_user user;
    memset(&user, 0, sizeof user);
    srnn_users__add(users, &user, &busy[0]);
    use(0);
    srnn_users__remove(users, &user);
    return unused;
}

static void *view_and_go(void *unused)
{
    srnn_users__add_view(users);
    model_check(data[0] == data[1], "a half of a write is seen");
    srnn_users__remove_view(users);
    return unused;
}

static void *write_if_unused(void *unused)
{
    if (srnn_users__begin_write(users) == SRNN_OK) {
        data[0]++;
        data[1]++;
        srnn_users__end_write(users);
    }
    return unused;
}

static void *use_second(void *unused)
{
    use(1);
    return unused;
}

static void used_and_written(void)
{
    create();
    RUN(come_and_go, write_if_unused);
}

static void viewed_and_written(void)
{
    create();
    RUN(view_and_go, write_if_unused);
}

static void two_use_one_writes(void)
{
    static srnn_user user;
    create();
    memset(&user, 0, sizeof user);
    srnn_users__add(users, &user, &busy[1]);
    RUN(come_and_go, use_second, write_if_unused);
    model_check(users->first == &user && user.next == NULL,
                "the list has another user");
}

static void two_write(void)
{
    create();
    RUN(come_and_go, write_if_unused, write_if_unused);
    model_check(users->writer == 0, "a writer is left");
}

#define ALL(name)                                                              \
    {                                                                          \
#name, name, 0, MODEL_UNBOUNDED                                        \
    }

const model_scenario model_users[] = {
    ALL(two_take),
    ALL(three_take),
    ALL(replaced),
    ALL(replaced_twice),
    ALL(replaced_under_two),
    ALL(read_and_written),
    ALL(two_read_one_writes),
    ALL(one_reads_two_write),
    ALL(used_and_written),
    ALL(viewed_and_written),
    ALL(two_use_one_writes),
    ALL(two_write),
    {NULL, NULL, 0, 0},
};
