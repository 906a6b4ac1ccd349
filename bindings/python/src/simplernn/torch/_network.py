# SPDX-License-Identifier: MIT
"""What simplernn.torch.RNN and RNNCell have in common."""

import torch
from torch.autograd import forward_ad

from simplernn.torch import _operators
from simplernn.torch._engine import Engine, Options

TYPES = {torch.Tensor, torch.nn.Parameter}
DTYPES = {torch.float32, torch.float64}


class Network(torch.nn.Module):
    """Takes the place of a module of torch, with all that it holds."""

    _engine = None

    def __init__(self, module):
        super().__init__()
        self.__dict__.update(module.__dict__)

    def __getstate__(self):
        state = self.__dict__.copy()
        state.pop("_engine", None)
        return state

    def refresh(self):
        """Call this after a write to large weights that torch does not notice:
        through .data, through NumPy, or by another process.

        It matters only if the weights have more than 1 MiB, and the next call
        has fewer than 16 rows (steps times batch) and needs no gradients. All
        other calls compare the contents of the weights anyway. Writes by
        optimizers and load_state_dict(), writes in place and new Parameters
        count in any call."""
        if self._engine is not None:
            self._engine.forget()

    def _read(self, names):
        try:  # several times as fast as getattr()
            return list(map(self._parameters.__getitem__, names))
        except KeyError:  # for example with torch.nn.utils.parametrize
            return [getattr(self, name) for name in names]

    def _infer(self, weights, input, hx, is_step=False):
        """What _compute() returns, or None if it fails. Only if can_infer() is
        true, and without dropout. The engine finds what is wrong with the
        arguments, and torch then says it."""
        try:
            if is_step:
                input, hx = as_steps(input, hx)
            output, h_n = self._engine_for(self._options(weights)).run(
                weights, input, hx, None)
        except Exception:
            return None
        # The engine also takes one state for all rows of a batch.
        return (output, h_n) if hx is None or hx.shape == h_n.shape else None

    def _compute(self, options, weights, input, hx, lengths=None):
        """Returns output and h_n. The input is [T,B,I], [B,T,I] with
        batch_first, or [T,I], and can_compute() is true."""
        options = Options(*options)
        seed = None
        if self.training and options.dropout > 0 and options.num_layers > 1:
            seed = torch.randint(2**63 - 1, (), device="cpu")
        trains = torch.is_grad_enabled() and (
            input.requires_grad or (hx is not None and hx.requires_grad)
            or any([weight.requires_grad for weight in weights]))
        is_eager = not is_traced()
        if is_eager and not trains and seed is None:
            return self._engine_for(options).run(weights, input, hx, lengths)

        batch_dim = 0 if options.batch_first else 1
        has_batch = input.dim() == 3
        if not has_batch:
            input = input.unsqueeze(batch_dim)
            hx = None if hx is None else hx.unsqueeze(1)
        if is_eager:
            output, h_n = _operators.Recording.apply(
                self._engine_for(options), lengths, seed, input, hx, *weights)
        else:
            operator = _operators.rnn
            if trains and not torch.compiler.is_exporting():
                operator = _operators.rnn_record
            output, h_n = operator(input, hx, lengths, seed, weights,
                                   *options[3:])[:2]
        if has_batch:
            return output, h_n
        return output.squeeze(batch_dim), h_n.squeeze(1)

    def _engine_for(self, options):
        if self._engine is None or self._engine.options != options:
            self._engine = Engine(Options(*options))
        return self._engine


def is_traced():
    """Must torch see operators, because it compiles or has a dispatch mode?"""
    return (torch.compiler.is_compiling()
            or torch._C._len_torch_dispatch_stack() > 0)


def as_steps(input, hx):
    """One step of RNN for that of RNNCell."""
    return input.unsqueeze(0), None if hx is None else hx.unsqueeze(0)


def can_compute(input, hx, weights):
    """Can simplernn compute with these, and does torch do nothing with an
    operation but compute it? hx may be None."""
    dtype = getattr(input, "dtype", None)
    if dtype not in DTYPES or torch.is_autocast_enabled("cpu"):
        return False
    if is_transformed():
        return False
    is_eager = not is_traced()
    for tensor in (input, *weights) if hx is None else (input, hx, *weights):
        if not (isinstance(tensor, torch.Tensor) and tensor.dtype is dtype
                and tensor.is_cpu and tensor.layout is torch.strided
                and not tensor.is_nested
                and (not is_eager or has_plain_memory(tensor))):
            return False
    return True


def has_plain_memory(tensor):
    """Do the numbers of the tensor stand in its memory as they are? A tensor of
    functionalization, one whose elements are known to be zero, and one whose
    storage is gone have no address."""
    return (type(tensor) in TYPES and not tensor.is_neg()
            and (tensor.data_ptr() != 0 or tensor.numel() == 0))


def can_infer(input, hx, weights):
    """Is a call without gradients worth a try? As can_compute(), but in about
    half the time, because what else the tensors must be is left to the engine,
    which refuses all others. Only an empty input is not one for torch."""
    return (type(input) in TYPES and (hx is None or type(hx) in TYPES)
            and TYPES.issuperset(map(type, weights))
            and not (torch.is_grad_enabled()
                     or torch._C._is_any_autocast_enabled()
                     or is_traced() or is_transformed())
            and input.numel() > 0)


def is_transformed():
    """Does torch do more with an eager operation than compute it?"""
    return (torch._C._are_functorch_transforms_active()
            or forward_ad._current_level >= 0
            or torch._C._get_tracing_state())


def compute_by_torch(kind, module, input, hx):
    """The result of torch's module. While torch.fx traces a model that has the
    module, it is the node of a call: torch.fx looks into all modules but those
    of torch.nn, and these should be like them."""
    for value in (input, hx):
        if isinstance(value, torch.fx.Proxy):
            path = value.tracer.path_of_module(module)
            if path:  # it is not the whole model
                return value.tracer.create_proxy(
                    "call_module", path,
                    (input,) if hx is None else (input, hx), {})
    return kind.forward(module, input, hx)
