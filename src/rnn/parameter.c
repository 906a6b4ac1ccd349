/* SPDX-License-Identifier: MIT */
/* PyTorch's parameter names, order and shapes, in one place. */
#include "rnn/parameter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* As torch.nn.RNNCell has them; torch.nn.RNN appends _l and a layer. */
static const char *const kinds[] = {"weight_ih", "weight_hh", "bias_ih",
                                    "bias_hh"};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* Without bias a cell has the two weights alone. */
static int64_t kinds_of(const srnn_options *options)
{
    return options->bias ? KINDS : 2;
}

/* A layer number: plain digits, no leading zero. NULL if there is none. */
static const char *parse_layer(int64_t *layer, const char *text)
{
    const char *at = text;
    *layer = 0;
    while (*at >= '0' && *at <= '9' && *layer < SRNN_MAX_LAYERS)
        *layer = *layer * 10 + (*at++ - '0');
    const bool leading_zero = text[0] == '0' && at != text + 1;
    return at == text || leading_zero || *layer >= SRNN_MAX_LAYERS ? NULL : at;
}

bool srnn_parameter_id__parse(srnn_parameter_id *id, const char *name)
{
    for (int kind = 0; kind < KINDS; kind++) {
        const size_t length = strlen(kinds[kind]);
        if (strncmp(name, kinds[kind], length) != 0 ||
            strncmp(name + length, "_l", 2) != 0)
            continue;
        const char *const suffix = parse_layer(&id->layer, name + length + 2);
        if (suffix == NULL)
            return false;
        id->kind = (srnn_parameter_kind)kind;
        id->direction = strcmp(suffix, "_reverse") == 0;
        return id->direction == 1 || *suffix == '\0';
    }
    return false;
}

void srnn_parameter_id__format(char *name, srnn_parameter_id id)
{
    (void)snprintf(name, SRNN_PARAMETER_NAME_SIZE, "%s_l%" PRId64 "%s",
                   kinds[id.kind], id.layer,
                   id.direction == 1 ? "_reverse" : "");
}

bool srnn_parameter_id__parse_cell(srnn_parameter_id *id, const char *name)
{
    for (int kind = 0; kind < KINDS; kind++) {
        if (strcmp(name, kinds[kind]) != 0)
            continue;
        *id = (srnn_parameter_id){(srnn_parameter_kind)kind, 0, 0};
        return true;
    }
    return false;
}

const char *srnn_parameter_id__cell_name(srnn_parameter_kind kind)
{
    return kinds[kind];
}

int64_t srnn_parameter_id__prefix_length(const char *name)
{
    static const char *const first[] = {"weight_ih_l0", "weight_ih_l0_reverse",
                                        "weight_ih"};
    const size_t length = strlen(name);
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        const size_t suffix = strlen(first[i]);
        if (length >= suffix && strcmp(name + length - suffix, first[i]) == 0)
            return (int64_t)(length - suffix);
    }
    return -1;
}

int64_t srnn_parameter_id__count(const srnn_options *options)
{
    return srnn_options__cells(options) * kinds_of(options);
}

int64_t srnn_parameter_id__index(const srnn_options *options,
                                 srnn_parameter_id id)
{
    /* A rnn that is reverse alone has no other direction before it. */
    const int64_t number =
        srnn_options__is_bidirectional(options) ? id.direction : 0;
    const int64_t cell = srnn_options__cell(options, id.layer, number);
    return cell * kinds_of(options) + id.kind;
}

srnn_parameter_id srnn_parameter_id__at(const srnn_options *options,
                                        int64_t index)
{
    const int64_t directions = srnn_options__directions(options);
    const int64_t cell = index / kinds_of(options);
    return (srnn_parameter_id){
        (srnn_parameter_kind)(index % kinds_of(options)), cell / directions,
        srnn_options__reverses(options, cell % directions) ? 1 : 0};
}

bool srnn_parameter_id__exists(const srnn_options *options,
                               srnn_parameter_id id)
{
    const bool has_direction =
        srnn_options__is_bidirectional(options) ||
        (id.direction == 1) == srnn_options__reverses(options, 0);
    return id.layer < options->num_layers && has_direction &&
           id.kind < kinds_of(options);
}

/* Layer 0 reads the input, the others all directions of the layer below. */
static srnn_dimension below(const srnn_options *options, int64_t layer)
{
    if (layer == 0)
        return (srnn_dimension){"input_size", options->input_size};
    return (srnn_dimension){"num_directions*hidden_size",
                            srnn_options__directions(options) *
                                options->hidden_size};
}

int32_t srnn_parameter_id__shape(srnn_dimension *shape,
                                 const srnn_options *options,
                                 srnn_parameter_id id)
{
    const srnn_dimension hidden = {"hidden_size", options->hidden_size};
    shape[0] = hidden;
    shape[1] = id.kind == SRNN_PARAMETER_WEIGHT_IH   ? below(options, id.layer)
               : id.kind == SRNN_PARAMETER_WEIGHT_HH ? hidden
                                                     : (srnn_dimension){"", 1};
    return id.kind <= SRNN_PARAMETER_WEIGHT_HH ? 2 : 1;
}
