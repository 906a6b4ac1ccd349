# SPDX-License-Identifier: MIT
"""Reads the pickles of torch.save as data.

A pickle is a program. pickle.load() runs it, and it may import and call
anything. Here nothing is imported and nothing is called: pickletools splits the
program into its instructions, and Machine carries out those that build
containers, numbers, texts and tensors. All others are refused by name."""

import pickletools
from typing import NamedTuple

from .network import (MAX_DIMENSIONS, ConvertError, is_count, is_shape, quote,
                      reason, show)

SAVE_STATE = ("save model.state_dict() alone, in PyTorch: "
              "torch.save(model.state_dict(), path)")

# Types of storages that a state_dict can have. Only those of FLOATS can be
# weights of a network, but the others may stand beside them.
STORAGES = {
    "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "FloatStorage": "float32", "DoubleStorage": "float64",
    "CharStorage": "int8", "ByteStorage": "uint8", "ShortStorage": "int16",
    "IntStorage": "int32", "LongStorage": "int64", "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64", "ComplexDoubleStorage": "complex128",
}


class Global(NamedTuple):
    """A name that a pickle would import."""

    module: str
    name: str


class Storage(NamedTuple):
    key: str
    dtype: str
    count: int  # of elements


class TorchTensor(NamedTuple):
    """A view of a storage, as torch describes it."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def counts_of(values):
    if not is_shape(values):
        raise ConvertError("the shape or the strides of a tensor are no tuple "
                           f"of up to {MAX_DIMENSIONS} integers of 0 and up; "
                           "the file is damaged")
    return values


def rebuild_ordered_dict(*arguments):
    if not arguments:
        return {}
    pairs, = arguments
    if type(pairs) is not list or not all(
            type(pair) in (list, tuple) and len(pair) == 2 for pair in pairs):
        raise ConvertError("an OrderedDict is not made of pairs")
    made = {}
    for key, value in pairs:
        put(made, key, value)
    return made


def rebuild_tensor(storage, offset, shape, strides, _grad=False, _hooks=None,
                   metadata=None):
    if type(storage) is not Storage or not is_count(offset):
        raise ConvertError("a tensor has no storage, or no offset of 0 and up; "
                           "the file is damaged")
    if metadata:
        raise ConvertError("a tensor is a lazy negative or conjugate; call "
                           "resolve_neg() or resolve_conj() before saving")
    shape, strides = counts_of(shape), counts_of(strides)
    if len(shape) != len(strides):
        raise ConvertError(f"a tensor has {len(shape)} sizes and "
                           f"{len(strides)} strides; the file is damaged")
    if 0 not in shape:
        last = offset + sum((size - 1) * stride
                            for size, stride in zip(shape, strides))
        if last >= storage.count:
            raise ConvertError(f"a tensor {show(shape)} reaches element {last} "
                               f"of a storage of {storage.count}; the file is "
                               "damaged")
    return TorchTensor(storage, offset, shape, strides)


def rebuild_parameter(tensor, _grad=False, _hooks=None):
    if type(tensor) is not TorchTensor:
        raise ConvertError("a parameter is no tensor; the file is damaged")
    return tensor


REBUILD = {
    Global("collections", "OrderedDict"): rebuild_ordered_dict,
    Global("torch._utils", "_rebuild_tensor_v2"): rebuild_tensor,
    Global("torch._utils", "_rebuild_parameter"): rebuild_parameter,
}


def put(made, key, value):
    """Puts a value into a dict. Keys become texts, of which a file does not
    know the hashes: many numbers can be made that have one hash, and a dict of
    these would take for ever."""
    if type(key) not in (str, int, bool, float, type(None)):
        raise ConvertError(f"the key of a dict is a {type(key).__name__}; "
                           f"{SAVE_STATE}")
    if type(key) is int and not -1 << 63 <= key < 1 << 63:
        raise ConvertError("the key of a dict is an integer of more than 64 "
                           "bits")
    if str(key) in made:
        raise ConvertError(f"a dict has the key {quote(key)} twice")
    made[str(key)] = value


CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
EMPTY = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple,
         "EMPTY_SET": set}
VALUES = {"BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT",
          "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "SHORT_BINSTRING",
          "BINSTRING", "SHORT_BINBYTES", "BINBYTES"}
MAX_KEY = 100  # characters of the key of a storage, which is a number
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
IGNORED = {"PROTO", "FRAME"}


class Machine:
    """Carries out one pickle. load_storage makes a Storage of the tuple that
    stands for it. The budget limits the instructions: each makes an object
    that takes more memory than the instruction."""

    def __init__(self, load_storage, budget):
        self.load_storage, self.budget = load_storage, budget
        self.stack, self.outer, self.memo = [], [], []

    def run(self, stream):
        try:
            for opcode, argument, _ in pickletools.genops(stream):
                if opcode.name == "STOP":
                    return self.stack.pop()
                self.budget.take_parts(1)
                self.step(opcode.name, argument)
        except (IndexError, KeyError):
            raise ConvertError("the pickle uses a value that it has not made; "
                               "the file is damaged") from None
        except (TypeError, ValueError, OverflowError) as error:
            if isinstance(error, ConvertError):
                raise
            raise ConvertError("the pickle is damaged: "
                               f"{reason(error)}") from None

    def step(self, name, argument):
        if name in VALUES:
            self.stack.append(argument)
        elif name in CONSTANTS:
            self.stack.append(CONSTANTS[name])
        elif name in EMPTY:
            self.stack.append(EMPTY[name]())
        elif name in TUPLES:
            items = self.stack[-TUPLES[name]:]
            del self.stack[-TUPLES[name]:]
            if len(items) < TUPLES[name]:
                raise IndexError
            self.stack.append(tuple(items))
        elif name not in IGNORED:
            action = getattr(self, f"do_{name.lower()}", None)
            if action is None:
                raise ConvertError(f"the pickle has the instruction {name}, "
                                   f"which torch.save does not write")
            action(argument)

    def do_mark(self, _):
        self.outer.append(self.stack)
        self.stack = []

    def items(self):
        """What is above the mark."""
        items, self.stack = self.stack, self.outer.pop()
        return items

    def top(self, kind):
        if type(self.stack[-1]) is not kind:
            raise ConvertError(f"the pickle fills a {kind.__name__} that is "
                               "none; the file is damaged")
        return self.stack[-1]

    def do_tuple(self, _):
        items = self.items()
        self.stack.append(tuple(items))

    def do_append(self, _):
        item = self.stack.pop()
        self.top(list).append(item)

    def do_appends(self, _):
        items = self.items()
        self.top(list).extend(items)

    def do_setitem(self, _):
        value, key = self.stack.pop(), self.stack.pop()
        put(self.top(dict), key, value)

    def do_setitems(self, _):
        items = self.items()
        target = self.top(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            put(target, key, value)

    def do_binput(self, index):
        """torch.save numbers values in their order."""
        if index > len(self.memo):
            raise IndexError
        self.memo[index:index + 1] = [self.stack[-1]]

    do_long_binput = do_binput

    def do_memoize(self, _):
        self.memo.append(self.stack[-1])

    def do_binget(self, index):
        self.stack.append(self.memo[index])

    do_long_binget = do_binget

    def do_global(self, text):
        self.find(*text.split(" ", 1))

    def do_stack_global(self, _):
        name, module = self.stack.pop(), self.stack.pop()
        self.find(module, name)

    def find(self, module, name):
        """Only names are kept. They are never imported."""
        found = Global(module, name)
        is_storage = module in ("torch", "torch.cuda") and name in STORAGES
        if not is_storage and found not in REBUILD:
            raise ConvertError(f"the file wants to run {quote(module)}."
                               f"{quote(name)}. Only tensors are read, and "
                               f"nothing is run; {SAVE_STATE}")
        self.stack.append(found)

    def do_binpersid(self, _):
        self.stack.append(self.load_storage(self.stack.pop()))

    def do_reduce(self, _):
        arguments, found = self.stack.pop(), self.stack.pop()
        if type(found) is not Global or found not in REBUILD or \
                type(arguments) is not tuple:
            raise ConvertError("the pickle calls something that is no "
                               "function; the file is damaged")
        self.budget.take_parts(sum(len(each) for each in arguments
                                   if type(each) in (list, tuple)))
        self.stack.append(REBUILD[found](*arguments))

    def do_build(self, _):
        """A state_dict has attributes, which tell the versions of modules."""
        self.stack.pop()
        self.top(dict)


def check_storage(identity, most):
    """The Storage of ("storage", type, key, location, count, ...)."""
    if type(identity) is not tuple or not 5 <= len(identity) <= most or \
            identity[0] != "storage":
        raise ConvertError("the pickle refers to something that is no storage "
                           f"of numbers; {SAVE_STATE}")
    _, kind, key, _, count, *view = identity
    if type(kind) is not Global or kind.name not in STORAGES or \
            type(key) is not str or len(key) > MAX_KEY or not is_count(count):
        raise ConvertError("the pickle describes a storage in an unknown way; "
                           "the file is damaged")
    if view not in ([], [None]):
        raise ConvertError("the file has views of storages, as PyTorch wrote "
                           "them before 0.4; load it with PyTorch and save it "
                           "again")
    return Storage(key, STORAGES[kind.name], count)
