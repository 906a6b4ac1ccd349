/* SPDX-License-Identifier: MIT */
/* Which parameter a state_dict name means: "weight_ih_l2_reverse". */
#ifndef SRNN_RNN_PARAMETER_H
#define SRNN_RNN_PARAMETER_H

#include <stdbool.h>
#include <stdint.h>

#include "rnn/options.h"
#include "tensor/shape.h"

enum { SRNN_PARAMETER_NAME_SIZE = 32 }; /* weight_ih_l65534_reverse fits */

typedef enum {
    SRNN_PARAMETER_WEIGHT_IH, /* [H,I], above layer 0 [H,D*H] */
    SRNN_PARAMETER_WEIGHT_HH, /* [H,H] */
    SRNN_PARAMETER_BIAS_IH,   /* [H] */
    SRNN_PARAMETER_BIAS_HH    /* [H] */
} srnn_parameter_kind;

typedef struct {
    srnn_parameter_kind kind;
    int64_t layer;
    int64_t direction; /* 0 forward; 1 reverse, in names with _reverse */
} srnn_parameter_id;

/* A name's meaning; false for any other text ("weight_ih_l01", say). */
bool srnn_parameter_id__parse(srnn_parameter_id *id, const char *name);

/* The name, into SRNN_PARAMETER_NAME_SIZE bytes. */
void srnn_parameter_id__format(char *name, srnn_parameter_id id);

/* The same for torch.nn.RNNCell, whose names have no layer: "weight_ih". */
bool srnn_parameter_id__parse_cell(srnn_parameter_id *id, const char *name);
const char *srnn_parameter_id__cell_name(srnn_parameter_kind kind);

/* The length of the prefix before a name of which every rnn or cell has one:
 * the first weight_ih, forward, reverse or of a cell. -1 if it is no such name.
 */
int64_t srnn_parameter_id__prefix_length(const char *name);

/* Position in state_dict order and back; options tell how many there are. */
int64_t srnn_parameter_id__count(const srnn_options *options);
int64_t srnn_parameter_id__index(const srnn_options *options,
                                 srnn_parameter_id id);
srnn_parameter_id srnn_parameter_id__at(const srnn_options *options,
                                        int64_t index);

/* Does an rnn with these options have it? */
bool srnn_parameter_id__exists(const srnn_options *options,
                               srnn_parameter_id id);

/* Its rank, and its shape in two dimensions with their meaning. */
int32_t srnn_parameter_id__shape(srnn_dimension *shape,
                                 const srnn_options *options,
                                 srnn_parameter_id id);

#endif
