# SPDX-License-Identifier: MIT
"""The peer JAX: the product of the inputs for all steps, then lax.scan over
them, compiled by jit. Gradients are those that value_and_grad would take of a
loss, but here the loss hands in its gradient, as with the other peers."""

import os
import sys

# XLA makes its threads for the processors that it may use, when it is loaded.
THREADS = int(sys.argv[sys.argv.index("--threads") + 1]
              if "--threads" in sys.argv else 1)
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])
os.environ["JAX_PLATFORMS"] = "cpu"

import jax
import numpy as np
import peer
from jax import lax
from jax import numpy as jnp

jax.config.update("jax_cpu_enable_async_dispatch", False)


def run_cell(x, h0, parameters, direction):
    w_ih, w_hh, b_ih, b_hh = parameters

    def step(state, z):
        state = jnp.tanh(z + state @ w_hh.T)
        return state, state

    last, states = lax.scan(step, h0, x @ w_ih.T + (b_ih + b_hh),
                            reverse=direction == 1)
    return states, last


def run_layers(x, h0, cells):
    """output [T,B,D*H] and h_n [L*D,B,H]"""
    finals = []
    for layer in cells:
        made = [run_cell(x, h0[len(finals) + d], parameters, d)
                for d, parameters in enumerate(layer)]
        x = jnp.concatenate([states for states, _ in made], axis=2)
        finals += [last for _, last in made]
    return x, jnp.stack(finals)


def train(x, h0, cells, d_output, d_h_n):
    """The output, and the gradients of x, h0 and the parameters. One of
    d_output and d_h_n is None."""
    def loss_reads(*arguments):
        output, h_n = run_layers(*arguments)
        return (h_n if d_output is None else output), output

    _, pull, output = jax.vjp(loss_reads, x, h0, cells, has_aux=True)
    return output, pull(d_h_n if d_output is None else d_output)


def prepare(problem, threads):
    del threads  # it is set above
    _, B, _, H, L, D = problem.shape
    h0 = np.zeros((L * D, B, H), np.float32)
    arguments = [problem.x, h0, problem.cells]
    if problem.trains:
        arguments = [problem.x, problem.h0, problem.cells, problem.d_output,
                     problem.d_h_n]
    arguments = jax.tree.map(jnp.asarray, arguments)
    compiled = jax.jit(train if problem.trains else run_layers)
    latest = None

    def run():
        nonlocal latest
        latest = jax.block_until_ready(compiled(*arguments))

    def result():
        output, others = latest
        return peer.Result(np.asarray(output), *(
            jax.tree.map(np.asarray, others) if problem.trains else ()))

    return run, result


peer.main("jax", jax.__version__, "XLA", prepare)
