# SPDX-License-Identifier: MIT
"""The peer PyTorch: torch.nn.RNN in inference mode, or with autograd."""

import peer
import torch

NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def make_rnn(problem):
    _, _, I, H, L, D = problem.shape
    rnn = torch.nn.RNN(I, H, L, bidirectional=D == 2)
    rnn.load_state_dict({
        f"{name}_l{layer}{'_reverse' if d else ''}": torch.from_numpy(values)
        for layer, directions in enumerate(problem.cells)
        for d, parameters in enumerate(directions)
        for name, values in zip(NAMES, parameters)})
    return rnn


def prepare_forward(problem):
    rnn = make_rnn(problem).eval()
    x = torch.from_numpy(problem.x)
    latest = None

    def forward():
        nonlocal latest
        with torch.inference_mode():
            latest = rnn(x)

    return forward, lambda: peer.Result(latest[0].numpy())


def prepare_train(problem):
    rnn = make_rnn(problem)
    x, h0 = (torch.from_numpy(values).requires_grad_()
             for values in (problem.x, problem.h0))
    of_output = problem.d_output is not None
    d_loss = torch.from_numpy(
        problem.d_output if of_output else problem.d_h_n)
    wanted = [x, h0, *rnn.parameters()]
    latest = None

    def train():
        nonlocal latest
        output, h_n = rnn(x, h0)
        latest = output, torch.autograd.grad(
            output if of_output else h_n, wanted, d_loss)

    def result():
        output, (d_x, d_h0, *flat) = latest
        flat = [values.numpy() for values in flat]  # in state_dict order
        cells = [tuple(flat[i:i + 4]) for i in range(0, len(flat), 4)]
        D = problem.shape[5]
        return peer.Result(
            output.detach().numpy(), d_x.numpy(), d_h0.numpy(),
            [cells[i:i + D] for i in range(0, len(cells), D)])

    return train, result


def prepare(problem, threads):
    torch.set_num_threads(threads)
    return (prepare_train if problem.trains else prepare_forward)(problem)


def blas():
    """MKL and the instruction set that torch's own loops have, or OpenBLAS."""
    if not torch.backends.mkl.is_available():
        return "OpenBLAS"
    return f"MKL, {torch.backends.cpu.get_cpu_capability()}"


peer.main("torch", torch.__version__, blas(), prepare)
