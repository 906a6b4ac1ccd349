/* SPDX-License-Identifier: MIT */
/* The shapes of an rnn, as numbers and as a table for people. */
#include <inttypes.h>

#include "rnn/rnn.h"
#include "tensor/dtype.h"

void srnn_rnn__shape(int64_t *shape, const srnn_rnn *rnn, srnn_role role,
                     int64_t T, int64_t B)
{
    const srnn_options *const options = &rnn->options;
    const int64_t directions = srnn_options__directions(options);
    if (role == SRNN_ROLE_HIDDEN) {
        shape[0] = options->num_layers * directions;
        shape[1] = B;
        shape[2] = options->hidden_size;
        return;
    }
    shape[0] = options->batch_first ? B : T;
    shape[1] = options->batch_first ? T : B;
    shape[2] = role == SRNN_ROLE_INPUT ? options->input_size
                                       : directions * options->hidden_size;
}

static void append_heading(srnn_text *text, const srnn_options *options)
{
    srnn_text__append(
        text, "rnn: %" PRId64 " layer%s, %s, %s, %s, %s, %s\n",
        options->num_layers, options->num_layers == 1 ? "" : "s",
        srnn_option__word(SRNN_OPTION_DIRECTION, options->direction),
        srnn_option__word(SRNN_OPTION_NONLINEARITY, options->nonlinearity),
        options->bias ? "bias" : "no bias",
        options->batch_first ? "batch first" : "time first",
        srnn_dtype__name((srnn_dtype)options->dtype));
}

static void append_parameters(srnn_text *text, const srnn_rnn *rnn)
{
    int64_t total = 0;
    srnn_text__append(text, "\n%-5s  %-9s  %-24s  %-14s %12s\n", "layer",
                      "direction", "parameter", "shape", "count");
    for (int64_t i = 0; i < rnn->parameter_count; i++) {
        const srnn_parameter_id id = srnn_parameter_id__at(&rnn->options, i);
        const srnn_tensor values = srnn_rnn__parameter(rnn, i);
        char buffer[64];
        srnn_text shape = {buffer, sizeof buffer, 0};
        srnn_text__append_shape(&shape, values.rank, values.shape);
        srnn_text__append(text,
                          "%-5" PRId64 "  %-9s  %-24s  %-14s %12" PRId64 "\n",
                          id.layer, id.direction == 1 ? "reverse" : "forward",
                          rnn->parameters[i].name, buffer, values.size);
        total += values.size;
    }
    srnn_text__append(text, "%-58s %12" PRId64 "\n", "total", total);
}

static void append_tensor(srnn_text *text, const srnn_rnn *rnn,
                          const char *name, srnn_role role, const char *meaning,
                          const int64_t *sizes)
{
    int64_t shape[3];
    char buffer[80];
    srnn_text numbers = {buffer, sizeof buffer, 0};
    srnn_rnn__shape(shape, rnn, role, sizes[0], sizes[1]);
    srnn_text__append_shape(&numbers, 3, shape);
    srnn_text__append(text, "%-6s  %-20s  %s\n", name, buffer, meaning);
}

void srnn_rnn__describe(srnn_text *text, const srnn_rnn *rnn, int64_t T,
                        int64_t B)
{
    const bool batch_first = rnn->options.batch_first != 0;
    const int64_t sizes[2] = {T, B};
    append_heading(text, &rnn->options);
    append_parameters(text, rnn);
    srnn_text__append(text,
                      "\n%-6s  %-20s  for T=%" PRId64 " steps, a batch of "
                      "B=%" PRId64 "\n",
                      "tensor", "shape", T, B);
    append_tensor(text, rnn, "input", SRNN_ROLE_INPUT,
                  batch_first ? "[B, T, input_size]" : "[T, B, input_size]",
                  sizes);
    append_tensor(text, rnn, "h0", SRNN_ROLE_HIDDEN,
                  "[num_layers*num_directions, B, hidden_size]", sizes);
    append_tensor(text, rnn, "output", SRNN_ROLE_OUTPUT,
                  batch_first ? "[B, T, num_directions*hidden_size]"
                              : "[T, B, num_directions*hidden_size]",
                  sizes);
    append_tensor(text, rnn, "h_n", SRNN_ROLE_HIDDEN,
                  "[num_layers*num_directions, B, hidden_size]", sizes);
}
