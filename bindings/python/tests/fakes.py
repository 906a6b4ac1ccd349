# SPDX-License-Identifier: MIT
"""Objects that show their memory by __dlpack__ alone, made with ctypes."""

import ctypes

CPU, CUDA = 1, 2
READ_ONLY, IS_COPIED = 1, 2
CODES = {"i": 0, "u": 1, "f": 2, "bfloat": 4, "c": 5, "b": 6}


class Tensor(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("device_type", ctypes.c_int32),
                ("device_id", ctypes.c_int32), ("ndim", ctypes.c_int32),
                ("code", ctypes.c_uint8), ("bits", ctypes.c_uint8),
                ("lanes", ctypes.c_uint16),
                ("shape", ctypes.POINTER(ctypes.c_int64)),
                ("strides", ctypes.POINTER(ctypes.c_int64)),
                ("byte_offset", ctypes.c_uint64)]


class Legacy(ctypes.Structure):
    _fields_ = [("tensor", Tensor), ("context", ctypes.c_void_p),
                ("deleter", ctypes.c_void_p)]


class Versioned(ctypes.Structure):
    _fields_ = [("major", ctypes.c_uint32), ("minor", ctypes.c_uint32),
                ("context", ctypes.c_void_p), ("deleter", ctypes.c_void_p),
                ("flags", ctypes.c_uint64), ("tensor", Tensor)]


DESTRUCTOR = ctypes.PYFUNCTYPE(None, ctypes.c_void_p)
new_capsule = ctypes.pythonapi.PyCapsule_New
new_capsule.restype = ctypes.py_object
new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, DESTRUCTOR]


# A capsule needs its Fake, which may be a temporary object, and does not hold
# it. So it is held here, by the address of the capsule.
givers = {}


@DESTRUCTOR
def free(capsule):
    givers.pop(capsule).alive -= 1


class Fake:
    """An array of NumPy behind __dlpack__. Other fields than those of the
    array can be given; alive counts the capsules that nobody has freed."""

    def __init__(self, array, versioned=True, strides=True, offset=0, **fields):
        self.array = array
        self.alive = 0
        rank = array.ndim
        self.sizes = (ctypes.c_int64 * rank)(*array.shape)
        self.steps = (ctypes.c_int64 * rank)(
            *(stride // array.itemsize for stride in array.strides))
        self.managed = Versioned() if versioned else Legacy()
        tensor = self.managed.tensor
        tensor.data = array.ctypes.data - offset
        tensor.byte_offset = offset
        tensor.device_type = CPU
        tensor.ndim = rank
        tensor.code = CODES[array.dtype.kind]
        tensor.bits, tensor.lanes = 8 * array.itemsize, 1
        tensor.shape = self.sizes
        if strides:
            tensor.strides = self.steps
        if versioned:
            self.managed.major = 1
        for name, value in fields.items():
            setattr(tensor if hasattr(Tensor, name) else self.managed, name,
                    value)

    def __dlpack__(self, *, max_version=None):
        name = (b"dltensor_versioned" if isinstance(self.managed, Versioned)
                else b"dltensor")
        capsule = new_capsule(ctypes.addressof(self.managed), name, free)
        self.alive += 1
        givers[id(capsule)] = self
        return capsule


class Old(Fake):
    """One of before max_version."""

    def __init__(self, array, **fields):
        super().__init__(array, versioned=False, **fields)

    def __dlpack__(self, stream=None):
        return super().__dlpack__()
