/* SPDX-License-Identifier: MIT */
/* Both belong to the thread, and both come back. */
#include "util/plain.h"

void srnn_plain__enter(srnn_plain *before)
{
    const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    before->locale = plain == (locale_t)0 ? plain : uselocale(plain);
    (void)fegetenv(&before->mode);
    (void)fesetenv(FE_DFL_ENV);
}

void srnn_plain__leave(const srnn_plain *before)
{
    (void)fesetenv(&before->mode);
    if (before->locale != (locale_t)0)
        freelocale(uselocale(before->locale));
}
