/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { TEXT = 256, LONGEST_BAR = 30, USUAL_COLUMNS = 80 };

static const double seconds_between_drawings = 0.1;
static const char erase_line[] = "\r\x1b[K";

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

progress progress_begin(int64_t first, int64_t total, int64_t batch,
                        int64_t every)
{
    return (progress){.first = first,
                      .total = total,
                      .batch = batch,
                      .every = every,
                      .is_terminal = isatty(STDOUT_FILENO) != 0,
                      .start = seconds()};
}

static int terminal_columns(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return USUAL_COLUMNS;
    return size.ws_col;
}

/* A bar in the columns that the text leaves. The last column stays free,
 * because some terminals go to the next line there. */
static void draw_bar(double part, const char *text)
{
    const int used = (int)strlen("[]  100 %  ") + (int)strlen(text);
    const int room = terminal_columns() - 1 - used;
    const int length = room < 0 ? 0 : room > LONGEST_BAR ? LONGEST_BAR : room;
    const int full = (int)(part * length);
    (void)fputs(erase_line, stdout);
    printf("[");
    for (int i = 0; i < length; i++)
        printf("%c", i < full ? '=' : i == full ? '>' : ' ');
    printf("]  %3d %%  %s", (int)(100 * part), text);
}

/* "0:07", "12:34" or "1:23:45" */
static void write_duration(char *text, size_t capacity, double duration)
{
    enum { MINUTE = 60, HOUR = 60 * MINUTE };
    const long long s = (long long)(duration + 0.5);
    if (s < HOUR)
        (void)snprintf(text, capacity, "%lld:%02lld", s / MINUTE, s % MINUTE);
    else
        (void)snprintf(text, capacity, "%lld:%02lld:%02lld", s / HOUR,
                       s % HOUR / MINUTE, s % MINUTE);
}

void progress_show(progress *p, int64_t done, const char *format, ...)
{
    char reached[TEXT], left[TEXT], text[3 * TEXT];
    const double now = seconds();
    const double steps = (double)(done - p->first);
    const double pace = steps / (now - p->start + 1e-9); /* steps a second */
    const bool is_last = done == p->total;
    const bool is_due = p->is_terminal
                            ? now - p->drawn >= seconds_between_drawings
                            : p->every > 0 && done % p->every == 0;
    if (!is_due && !is_last)
        return;
    p->drawn = now;

    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reached, sizeof reached, format, arguments);
    va_end(arguments);
    write_duration(left, sizeof left, (double)(p->total - done) / pace);
    (void)snprintf(text, sizeof text, "%s  %.0f sequences/s  %s left", reached,
                   pace * (double)p->batch, left);
    if (p->is_terminal) {
        draw_bar((double)done / (double)p->total, text);
        printf("%s", is_last ? "\n" : "");
    } else {
        printf("step %lld of %lld  %s\n", (long long)done, (long long)p->total,
               text);
    }
    (void)fflush(stdout);
}

void progress_clear(progress *p)
{
    if (p->is_terminal)
        (void)fputs(erase_line, stdout);
    p->drawn = 0;
}
