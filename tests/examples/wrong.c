/* SPDX-License-Identifier: MIT */
/* Loaded in front of the library, it makes one number of one result wrong: an
 * example that claims something about it must see that. $WRONG_CALL is the
 * number of the call of srnn_context_forward, or of srnn_cell_forward where
 * $WRONG_RESULT is "cell"; $WRONG_RESULT is also "output", "h_n", or "status"
 * for a failure that is none; $WRONG_INDEX is the number of the element. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "simplernn.h"

typedef srnn_status forward_function(srnn_context *, const srnn_tensor *,
                                     const srnn_tensor *, srnn_tensor *,
                                     srnn_tensor *);
typedef srnn_status cell_function(const srnn_cell *, const srnn_tensor *,
                                  const srnn_tensor *, srnn_tensor *);

static int number_of(const char *variable)
{
    const char *const text = getenv(variable);
    return text == NULL ? -1 : atoi(text); // NOLINT(cert-err34-c)
}

static int is_wrong(const char *result)
{
    const char *const text = getenv("WRONG_RESULT");
    return text != NULL && strcmp(text, result) == 0;
}

static void spoil(srnn_tensor *tensor)
{
    ((float *)srnn_tensor_data(tensor))[number_of("WRONG_INDEX")] += 0.25F;
}

srnn_status srnn_context_forward(srnn_context *context,
                                 const srnn_tensor *input,
                                 const srnn_tensor *h0, srnn_tensor *output,
                                 srnn_tensor *h_n)
{
    static int calls;
    forward_function *forward = NULL;
    *(void **)&forward = dlsym(RTLD_NEXT, "srnn_context_forward");
    const srnn_status status = forward(context, input, h0, output, h_n);
    if (++calls != number_of("WRONG_CALL"))
        return status;
    if (is_wrong("output"))
        spoil(output);
    if (is_wrong("h_n"))
        spoil(h_n);
    return is_wrong("status") ? SRNN_OK : status;
}

srnn_status srnn_cell_forward(const srnn_cell *cell, const srnn_tensor *input,
                              const srnn_tensor *hidden, srnn_tensor *output)
{
    static int calls;
    cell_function *forward = NULL;
    *(void **)&forward = dlsym(RTLD_NEXT, "srnn_cell_forward");
    const srnn_status status = forward(cell, input, hidden, output);
    if (is_wrong("cell") && ++calls == number_of("WRONG_CALL"))
        spoil(output);
    return status;
}
