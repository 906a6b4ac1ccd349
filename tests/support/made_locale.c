/* SPDX-License-Identifier: MIT */
#include "support/made_locale.h"

#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/temporary.h"

/* Runs a program without its output. Returns its status, -1 if there is none.
 */
static int run(char *const *arguments)
{
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    int status = -1;
    assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
    for (int file = STDOUT_FILENO; file <= STDERR_FILENO; file++)
        assert_int_equal(posix_spawn_file_actions_addopen(
                             &actions, file, "/dev/null", O_WRONLY, 0),
                         0);
    if (posix_spawnp(&child, arguments[0], &actions, NULL, arguments,
                     environ) == 0)
        assert_int_equal(waitpid(child, &status, 0), child);
    (void)posix_spawn_file_actions_destroy(&actions);
    return status;
}

/* musl takes any name, and its numbers have a point in every locale. */
static bool set(const char *name)
{
    return setlocale(LC_ALL, name) != NULL &&
           *localeconv()->decimal_point == ',';
}

bool made_locale_enter(const char *language, const char *charset)
{
    char name[64], from[32], to[32], folder[512], path[600];
    char *const make[] = {"localedef", "-c", "-i", from, "-f", to, path, NULL};
    char *const remove[] = {"rm", "-r", path, NULL};
    (void)snprintf(from, sizeof from, "%s", language);
    (void)snprintf(to, sizeof to, "%s", charset);
    (void)snprintf(name, sizeof name, "%s.%s", language, charset);
    if (set(name))
        return true;
    (void)snprintf(folder, sizeof folder, "%s", temporary_path("."));
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    const int status = run(make);
    assert_int_equal(setenv("LOCPATH", folder, 1), 0);
    const bool is_entered = set(name);
    if (status != -1)
        (void)run(remove);
    if (!is_entered)
        made_locale_leave();
    return is_entered;
}

void made_locale_leave(void)
{
    (void)setlocale(LC_ALL, "C");
    (void)unsetenv("LOCPATH");
}
