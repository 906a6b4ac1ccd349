# SPDX-License-Identifier: MIT
"""The peer PyTorch: torch.nn.RNN in inference mode."""

import peer
import torch


def prepare(shape, x, cells, threads):
    _, _, I, H, L, D = shape
    torch.set_num_threads(threads)
    rnn = torch.nn.RNN(I, H, L, bidirectional=D == 2).eval()
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    rnn.load_state_dict({
        f"{name}_l{layer}{'_reverse' if d else ''}": torch.from_numpy(values)
        for layer, directions in enumerate(cells)
        for d, parameters in enumerate(directions)
        for name, values in zip(names, parameters)})
    tensor = torch.from_numpy(x)
    latest = None

    def forward():
        nonlocal latest
        latest = rnn(tensor)

    return forward, lambda: latest[0].numpy()


with torch.inference_mode():
    peer.main("torch", torch.__version__, prepare)
