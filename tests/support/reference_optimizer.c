/* SPDX-License-Identifier: MIT */
#include "support/reference_optimizer.h"

#include <math.h>

double *reference_optimizer_option(reference_optimizer *optimizer,
                                   srnn_optimizer_option option)
{
    return &optimizer->of[option - SRNN_OPTIMIZER_LEARNING_RATE];
}

#define OPTION(name) (*reference_optimizer_option(o, SRNN_OPTIMIZER_##name))

static double step_sgd(reference_optimizer *o, reference_moments *m, double x,
                       double g)
{
    if (OPTION(MOMENTUM) == 0)
        return x - OPTION(LEARNING_RATE) * g;
    m->buffer = m->count == 0 ? g
                              : OPTION(MOMENTUM) * m->buffer +
                                    (1 - OPTION(DAMPENING)) * g;
    m->count++;
    return x - OPTION(LEARNING_RATE) * (OPTION(NESTEROV) != 0
                                            ? g + OPTION(MOMENTUM) * m->buffer
                                            : m->buffer);
}

static double step_adam(reference_optimizer *o, reference_moments *m, double x,
                        double g)
{
    const double beta1 = OPTION(BETA1);
    const double beta2 = OPTION(BETA2);
    const double count = (double)++m->count;
    m->mean = beta1 * m->mean + (1 - beta1) * g;
    m->squares = beta2 * m->squares + (1 - beta2) * g * g;
    const double mean = m->mean / (1 - pow(beta1, count));
    const double squares = m->squares / (1 - pow(beta2, count));
    return x - OPTION(LEARNING_RATE) * mean / (sqrt(squares) + OPTION(EPSILON));
}

static double step_rmsprop(reference_optimizer *o, reference_moments *m,
                           double x, double g)
{
    const double alpha = OPTION(ALPHA);
    m->squares = alpha * m->squares + (1 - alpha) * g * g;
    double variance = m->squares;
    if (OPTION(CENTERED) != 0) {
        m->mean = alpha * m->mean + (1 - alpha) * g;
        variance = fmax(0, variance - m->mean * m->mean);
    }
    const double quotient = g / (sqrt(variance) + OPTION(EPSILON));
    if (OPTION(MOMENTUM) == 0)
        return x - OPTION(LEARNING_RATE) * quotient;
    m->buffer = OPTION(MOMENTUM) * m->buffer + quotient;
    return x - OPTION(LEARNING_RATE) * m->buffer;
}

double reference_optimizer_step(reference_optimizer *o, reference_moments *m,
                                double x, double g)
{
    const double decay = OPTION(WEIGHT_DECAY);
    switch (o->kind) {
    case SRNN_OPTIMIZER_KIND_SGD:
        return step_sgd(o, m, x, g + decay * x);
    case SRNN_OPTIMIZER_KIND_ADAM:
        return step_adam(o, m, x, g + decay * x);
    case SRNN_OPTIMIZER_KIND_ADAMW:
        return step_adam(o, m, x - OPTION(LEARNING_RATE) * decay * x, g);
    default:
        return step_rmsprop(o, m, x, g + decay * x);
    }
}
