/* SPDX-License-Identifier: MIT */
/* What went wrong with a path. */
#ifndef SRNN_IO_PATH_H
#define SRNN_IO_PATH_H

#include "simplernn/status.h"

/* SRNN_ERROR_IO: "path": what */
srnn_status srnn_path__fail(const char *path, const char *what);

/* SRNN_ERROR_IO: "path": what: the text of error, an errno */
srnn_status srnn_path__fail_errno(const char *path, const char *what,
                                  int error);

/* The text of an errno, in English. */
const char *srnn_path__reason(int error);

/* Puts "path": what: in front of the text of a failure, except that of an
 * allocation; gives status back. */
srnn_status srnn_path__explain(const char *path, const char *what,
                               srnn_status status);

#endif
