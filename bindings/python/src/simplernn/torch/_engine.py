# SPDX-License-Identifier: MIT
"""A network of simplernn that computes with weights which torch owns."""

import collections
import functools
import threading
import typing

import simplernn
import torch


class Options(typing.NamedTuple):
    input_size: int
    hidden_size: int
    dtype: torch.dtype
    num_layers: int
    nonlinearity: str
    bias: bool
    batch_first: bool
    dropout: float
    bidirectional: bool


MAX_SMALL = 2**20  # bytes of weights that are always compared
MIN_ROWS = 16  # steps times batch from which larger ones are compared too


class Engine:
    """The input is [T,B,I], or [B,T,I] with batch_first, and may be [T,I] for
    run(). All tensors but the weights are contiguous, except for run()."""

    def __init__(self, options):
        words = options._asdict()
        words["dtype"] = str(options.dtype).removeprefix("torch.")
        self.options = options
        self.model = simplernn.RNN(**words)
        self.is_small = sum(value.nbytes for value in
                            self.model.state_dict().values()) <= MAX_SMALL
        self.marks = None  # of weights that are not small
        self.lock = threading.Lock()

    def forget(self):
        """Makes the next call compare the weights."""
        with self.lock:
            self.marks = None

    def synchronize(self, weights, input=None):
        """Writes the weights into the model if they differ. Only reading them
        shows that: torch does not see what is written through .data or NumPy.
        That is cheap, except where a call with this input reads large weights
        few times."""
        threads = torch.get_num_threads()
        if self.model.num_threads != threads:
            self.model.num_threads = threads
        if self.is_small:
            self.model._sync(weights)
            return
        has_few_rows = (input is not None and input.numel() <
                        MIN_ROWS * self.options.input_size)
        with self.lock:
            marks = [(id(weight), weight.data_ptr(), None
                      if weight.is_inference() else weight._version)
                     for weight in weights]
            if has_few_rows and marks == self.marks:
                return
            self.marks = None  # while the model is written, and if that fails
            self.model._sync(weights)
            # Nothing counts the writes of an inference tensor.
            if all(version is not None for _, _, version in marks):
                self.marks = marks
            # As long as these live, no others can have their marks.
            self.kept = [(weight, weight.detach()) for weight in weights]

    def run(self, weights, input, h0, lengths):
        """Returns output and h_n, which have no gradients."""
        self.synchronize(weights, input)
        if input.requires_grad:
            input = input.detach()
        if h0 is not None and h0.requires_grad:
            h0 = h0.detach()
        return self.model(input, h0, lengths=lengths)

    def record(self, weights, input, h0, lengths, seed):
        """Returns output, h_n and a tape. Without a seed there is no
        dropout."""
        output, h_n, tape = new_recording(self.options, input)
        self.synchronize(weights)
        self.model._record(input, lengths, h0, output, h_n, tape,
                           None if seed is None else seed.item())
        return output, h_n, tape

    def go_back(self, weights, input, h0, lengths, seed, tape, d_output, d_h_n,
                needs):
        """Returns the gradients of input, h0 and each weight, or None where it
        is not needed. Records again if the weights of the tape are gone from
        the model, because it has computed with others since."""
        d_input, d_h0, *d_weights = [
            torch.empty_like(tensor, memory_format=torch.contiguous_format)
            if need else None
            for tensor, need in zip((input, h0, *weights), needs)]
        while True:
            try:
                self.model._backward(input, tape, d_output, d_h_n, d_weights,
                                     d_input, d_h0)
                return d_input, d_h0, *d_weights
            except simplernn.StaleError:
                tape = self.record(weights, input, h0, lengths, seed)[-1]


class Engines:
    """Engines for the weights that were in use last, for those who have no
    other place to keep an engine in."""

    def __init__(self, limit):
        self.limit = limit
        self.engines = collections.OrderedDict()
        self.lock = threading.Lock()

    def find(self, options, weights):
        key = options, weights[0].data_ptr()
        with self.lock:
            if key not in self.engines:
                self.engines[key] = Engine(options)
            self.engines.move_to_end(key)
            if len(self.engines) > self.limit:
                self.engines.popitem(last=False)
            return self.engines[key]


def new_recording(options, input):
    """Returns output and h_n with any values, and a tape of zeros, so that
    equal calls leave equal bytes in it. The sizes of the input may be
    symbols."""
    T, B, _ = input.shape
    directions = 2 if options.bidirectional else 1
    output = input.new_empty(T, B, directions * options.hidden_size)
    if options.batch_first:
        T, B = B, T
    h_n = input.new_empty(options.num_layers * directions, B,
                          options.hidden_size)
    area, step, row, rest = tape_size(options)
    return output, h_n, input.new_zeros(
        area * T * B + step * T + row * B + rest, dtype=torch.uint8)


# Bytes for the beginning of a tape and the alignment of its parts: more than
# they take, because torch.compile keeps sizes on disk, for later versions too.
OVERHEAD = 4096


@functools.lru_cache
def tape_size(options):
    """Returns a, b, c and d, so that a*T*B + b*T + c*B + d bytes are enough for
    any tape. Where T and B are multiples of 64, its size is such a function
    without any alignment."""
    model = Engine(options).model
    corner, beside, below, opposite = (
        model._tape_size(T, B) for T in (64, 128) for B in (64, 128))
    area = (opposite - beside - below + corner) // 64**2
    step = (below - corner) // 64 - 64 * area
    row = (beside - corner) // 64 - 64 * area
    return area, step, row, OVERHEAD
