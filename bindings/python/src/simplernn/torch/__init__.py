# SPDX-License-Identifier: MIT
"""torch.nn.RNN and torch.nn.RNNCell, computed and trained by simplernn:

    model = simplernn.torch.convert(model)

or build a model of simplernn.torch.RNN and simplernn.torch.RNNCell. They have
the attributes, parameters, initial values, results and errors of torch's."""

import torch

if torch.__version__ < "2.13":
    raise ImportError(f"simplernn.torch needs torch 2.13 or newer, and this is "
                      f"torch {torch.__version__}")

from torch.nn.utils.rnn import (PackedSequence, pack_padded_sequence,
                                pad_packed_sequence)

from simplernn.torch._network import (Network, as_steps, can_compute,
                                      can_infer, compute_by_torch)

__all__ = ["RNN", "RNNCell", "convert"]


class RNN(Network):
    """A torch.nn.RNN that simplernn computes. The arguments are the same:

        RNN(input_size, hidden_size, num_layers=1, nonlinearity="tanh",
            bias=True, batch_first=False, dropout=0.0, bidirectional=False,
            device=None, dtype=None)
    """

    # Parts of torch.nn.RNN. Its forward(), which computes what simplernn
    # cannot, needs most of them.
    all_weights = torch.nn.RNN.all_weights
    check_forward_args = torch.nn.RNN.check_forward_args
    check_hidden_size = torch.nn.RNN.check_hidden_size
    check_input = torch.nn.RNN.check_input
    extra_repr = torch.nn.RNN.extra_repr
    get_expected_hidden_size = torch.nn.RNN.get_expected_hidden_size
    permute_hidden = torch.nn.RNN.permute_hidden
    reset_parameters = torch.nn.RNN.reset_parameters

    def __init__(self, *args, **kwargs):
        super().__init__(convert(torch.nn.RNN(*args, **kwargs)))

    @property
    def _flat_weights(self):
        return self._read(self._flat_weights_names)

    def flatten_parameters(self):
        """Does nothing, as that of torch.nn.RNN on a CPU."""

    _update_flat_weights = flatten_parameters

    def forward(self, input, hx=None):
        """Returns output and h_n.

        input: [T,B,I], [B,T,I] with batch_first, [T,I], or a PackedSequence
        hx: [L*D,B,H], [L*D,H] for an input without a batch, or None for zeros
        output: [T,B,D*H], [B,T,D*H], [T,D*H], or a PackedSequence
        h_n: in the shape of hx
        """
        weights = self._flat_weights
        if (can_infer(input, hx, weights)
                and not (self.training and self.dropout)):
            result = self._infer(weights, input, hx)
            if result is not None:
                return result
        if not self._is_ours(weights, input, hx):
            return compute_by_torch(torch.nn.RNN, self, input, hx)
        if isinstance(input, PackedSequence):
            return self._forward_packed(weights, *input, hx)
        return self._compute(self._options(weights), weights, input, hx)

    def _is_ours(self, weights, input, hx):
        """If not, torch computes the result, or says what is wrong."""
        if not isinstance(input, PackedSequence):
            return can_compute(input, hx, weights) and self._fits(input, hx)
        data, batch_sizes, sorted_indices, _ = input
        if not (can_compute(data, hx, weights) and data.dim() == 2
                and data.shape[-1] == self.input_size and data.numel() > 0
                and is_packing(batch_sizes, len(data))):
            return False
        batch = int(batch_sizes[0])
        return self._is_state(hx, batch) and (
            hx is None or sorted_indices is None
            or sorted_indices.shape == (batch,))

    def _fits(self, input, hx):
        shape = input.shape
        if len(shape) == 3:
            batch = shape[0 if self.batch_first else 1],
        elif len(shape) == 2:
            batch = ()
        else:
            return False
        return (shape[-1] == self.input_size and input.numel() > 0
                and self._is_state(hx, *batch))

    def _is_state(self, hx, *batch):
        if hx is None:
            return True
        states = self.num_layers * (2 if self.bidirectional else 1)
        return hx.shape == (states, *batch, self.hidden_size)

    def _options(self, weights):
        """What Options() takes: making those would take longer than to see that
        they are still those of the engine."""
        return (self.input_size, self.hidden_size, weights[0].dtype,
                self.num_layers, "relu" if self.mode == "RNN_RELU" else "tanh",
                self.bias, self.batch_first, self.dropout, self.bidirectional)

    def _forward_packed(self, weights, data, batch_sizes, sorted_indices,
                        unsorted_indices, hx):
        if hx is not None:
            hx = self.permute_hidden(hx, sorted_indices)
        padded, lengths = pad_packed_sequence(
            PackedSequence(data, batch_sizes), self.batch_first)
        output, h_n = self._compute(self._options(weights), weights, padded, hx,
                                    lengths)
        output = pack_padded_sequence(output, lengths, self.batch_first)
        return (PackedSequence(output.data, batch_sizes, sorted_indices,
                               unsorted_indices),
                self.permute_hidden(h_n, unsorted_indices))


class RNNCell(Network):
    """A torch.nn.RNNCell that simplernn computes. The arguments are the same:

        RNNCell(input_size, hidden_size, bias=True, nonlinearity="tanh",
                device=None, dtype=None)
    """

    extra_repr = torch.nn.RNNCell.extra_repr
    reset_parameters = torch.nn.RNNCell.reset_parameters

    def __init__(self, *args, **kwargs):
        super().__init__(convert(torch.nn.RNNCell(*args, **kwargs)))

    def forward(self, input, hx=None):
        """Returns the next state.

        input: [B,I] or [I]
        hx: [B,H] or [H], or None for zeros
        """
        weights = self._read(["weight_ih", "weight_hh", "bias_ih", "bias_hh"])
        if weights[2] is weights[3] is None:
            del weights[2:]
        if can_infer(input, hx, weights):
            result = self._infer(weights, input, hx, is_step=True)
            if result is not None:
                return result[1].squeeze(0)
        if not (can_compute(input, hx, weights) and self._fits(input, hx)):
            return compute_by_torch(torch.nn.RNNCell, self, input, hx)
        h_n = self._compute(self._options(weights), weights,
                            *as_steps(input, hx))[1]
        return h_n.squeeze(0)

    def _options(self, weights):
        """As those of RNN. torch does not read the attribute bias."""
        return (self.input_size, self.hidden_size, weights[0].dtype, 1,
                self.nonlinearity, len(weights) > 2, False, 0.0, False)

    def _fits(self, input, hx):
        shape = input.shape
        return (len(shape) in (1, 2) and shape[-1] == self.input_size
                and input.numel() > 0 and self.nonlinearity in ("tanh", "relu")
                and (hx is None
                     or hx.shape == (*shape[:-1], self.hidden_size)))


def is_packing(batch_sizes, rows):
    """Are these the sizes of sequences that have so many rows together, and
    that are sorted by length? pad_packed_sequence() does not check that: it
    would write to memory of others."""
    return (batch_sizes.dtype is torch.int64 and batch_sizes.is_cpu
            and batch_sizes.dim() == 1 and len(batch_sizes) > 0
            and rows >= int(batch_sizes[0]) and int(batch_sizes[-1]) > 0
            and bool((batch_sizes.diff() <= 0).all())
            and int(batch_sizes.sum()) == rows)


def convert(module):
    """Makes a simplernn.torch.RNN of every torch.nn.RNN in a module, a
    simplernn.torch.RNNCell of every torch.nn.RNNCell, and returns the module.

    They stay the same objects, with the same Parameters and hooks: only their
    class changes. Modules of other classes are left alone, also if those derive
    from torch.nn.RNN."""
    classes = {torch.nn.RNN: RNN, torch.nn.RNNCell: RNNCell}
    for part in module.modules():
        if type(part) in classes:
            part.__class__ = classes[type(part)]
            # RNN reads its weights when it needs them.
            vars(part).pop("_flat_weights", None)
            vars(part).pop("_flat_weight_refs", None)
    return module


# A program that saves a whole model names the classes that torch.load() may
# make. It knows torch.nn.RNN, but not what convert() made of it.
torch.serialization.add_safe_globals([RNN, RNNCell])
