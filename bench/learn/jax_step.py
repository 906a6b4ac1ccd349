# SPDX-License-Identifier: MIT
"""The training step by JAX: all of it, the optimizer included, compiled by jit
as one function."""

import os
import sys

# XLA makes its threads for the processors that it may use, when it is loaded.
THREADS = int(sys.argv[sys.argv.index("--threads") + 1]
              if "--threads" in sys.argv else 1)
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import problem
from jax import lax
from jax import numpy as jnp

jax.config.update("jax_cpu_enable_async_dispatch", False)


def loss_of(parameters, x, targets, is_last, has_values):
    w_ih, w_hh, b_ih, b_hh, fc_w, fc_b = parameters

    def move(state, z):
        state = jnp.tanh(z + state @ w_hh.T)
        return state, state

    start = jnp.zeros((x.shape[1], w_hh.shape[0]), x.dtype)
    last, states = lax.scan(move, start, x @ w_ih.T + (b_ih + b_hh))
    z = (last if is_last else states).reshape(-1, w_hh.shape[0])
    logits = z @ fc_w.T + fc_b
    if has_values:
        return jnp.mean((logits - targets) ** 2)
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits),
                                 targets[:, None], axis=1)
    return -jnp.mean(chosen)


def update(parameters, gradients, first, second, count):
    """Clipping and Adam."""
    norm = jnp.sqrt(sum(jnp.sum(g * g) for g in gradients))
    scale = jnp.minimum(1, 1 / (norm + 1e-6))
    gradients = [g * scale for g in gradients]
    first = [0.9 * m + 0.1 * g for m, g in zip(first, gradients)]
    second = [0.999 * v + 0.001 * g * g for v, g in zip(second, gradients)]
    rate = 1e-3 / (1 - 0.9 ** count)
    root = jnp.sqrt(1 - 0.999 ** count)
    parameters = [p - rate * m / (jnp.sqrt(v) / root + 1e-8)
                  for p, m, v in zip(parameters, first, second)]
    return parameters, first, second


def prepare(p, threads):
    del threads  # it is set above
    x, targets = jnp.asarray(p.x), jnp.asarray(p.targets)
    parameters = [jnp.asarray(value) for value in p.parameters]
    state = [parameters, [jnp.zeros_like(v) for v in parameters],
             [jnp.zeros_like(v) for v in parameters], jnp.float32(0)]

    @jax.jit
    def train(parameters, first, second, count):
        loss, gradients = jax.value_and_grad(loss_of)(
            parameters, x, targets, p.is_last, p.has_values)
        count += 1
        return loss, [*update(parameters, gradients, first, second, count),
                      count]

    def step():
        loss, state[:] = jax.block_until_ready(train(*state))
        return loss

    return step


problem.main("jax", jax.__version__, prepare)
