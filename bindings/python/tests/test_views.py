# SPDX-License-Identifier: MIT
"""Arrays in every layout, and of every kind of object: the results have the
bits of those of contiguous copies."""

import array
import ctypes
import struct

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import as_strided, sliding_window_view

import fakes
import networks
import simplernn

IMPLEMENTED = "strided reversed fortran read_only unaligned swapped permuted"


def in_layout(draw, values):
    """The same values in another layout."""
    layout = draw(st.sampled_from(IMPLEMENTED.split()))
    if layout == "strided":
        wide = numpy.zeros([2 * size + 1 for size in values.shape],
                           values.dtype)
        view = wide[tuple(slice(1, 2 * size + 1, 2) for size in values.shape)]
    elif layout == "reversed":
        view = numpy.empty_like(values)[
            tuple(slice(None, None, -1) for _ in values.shape)]
    elif layout == "fortran":
        view = numpy.empty(values.shape, values.dtype, "F")
    elif layout == "unaligned":
        view = numpy.zeros(values.nbytes + 1, "uint8")[1:].view(
            values.dtype).reshape(values.shape)
    elif layout == "swapped":
        view = numpy.empty(values.shape, values.dtype.newbyteorder())
    elif layout == "permuted":
        order = draw(st.permutations(range(values.ndim)))
        view = numpy.empty([values.shape[axis] for axis in order],
                           values.dtype).transpose(numpy.argsort(order))
    else:
        view = numpy.empty_like(values)
    view[...] = values
    view.flags.writeable = layout != "read_only"
    return view


@settings(max_examples=500)
@given(st.data())
def test_arguments_may_have_any_layout(data):
    network = data.draw(networks.networks())
    arguments = data.draw(networks.arguments(network))
    views = {name: None if value is None else in_layout(data.draw, value)
             for name, value in arguments.items()}
    before = {name: None if value is None else value.tobytes()
              for name, value in views.items()}
    assert networks.same(network(**views), network(**arguments))
    for name, value in views.items():
        assert value is None or value.tobytes() == before[name]


@settings(max_examples=300)
@given(st.data())
def test_results_may_have_any_layout(data):
    network = data.draw(networks.networks())
    arguments = data.draw(networks.arguments(network))
    wanted = network(**arguments)
    out, around = [], []
    for result in wanted:
        padded = numpy.full([2 * size + 1 for size in result.shape], 7.0,
                            result.dtype)
        step = data.draw(st.sampled_from([1, -1]))
        inner = tuple(slice(1, 2 * size + 1, 2) for size in result.shape)
        view = padded[inner][..., ::step]
        around.append((padded, inner))
        out.append(data.draw(st.sampled_from([view, None])))
    got = network(**arguments, out=tuple(out))
    assert networks.same(got, wanted)
    for result, given_out, (padded, inner) in zip(got, out, around):
        if given_out is not None:
            assert result is given_out
            padded[inner] = 7
            assert (padded == 7).all()  # nothing between the elements changed


@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 1), (0, 1, 2)])
def test_broadcast_inputs(axes):
    network = simplernn.RNN(3, 4, num_layers=2, seed=0)
    shape = [1 if axis in axes else size for axis, size in enumerate((5, 2, 3))]
    small = numpy.random.default_rng(0).random(shape).astype("float32")
    view = numpy.broadcast_to(small, (5, 2, 3))
    assert networks.same(network(view), network(view.copy()))


def test_sliding_windows():
    network = simplernn.RNN(8, 4, seed=0)
    audio = numpy.sin(numpy.arange(50, dtype="float32"))
    frames = sliding_window_view(audio, 8)[::3]
    assert networks.same(network(frames), network(frames.copy()))


def test_strides_of_a_size_of_one_do_not_count():
    network = simplernn.RNN(3, 4, seed=0)
    values = numpy.ones((5, 1, 3), "float32")
    for stride in (3, -5, 2**40, 0):
        view = as_strided(values, strides=(12, stride, 4))
        assert networks.same(network(view), network(values))
    view = as_strided(numpy.ones((1, 1, 3), "float32"), strides=(7, 1, 4))
    assert networks.same(network(view), network(view.copy()))


def test_empty_arrays_may_have_any_strides():
    network = simplernn.RNN(3, 4, seed=0)
    for shape in ((0, 2, 3), (2, 0, 3)):
        view = as_strided(numpy.zeros(0, "float32"), shape, (3, 5, 7))
        output, h_n = network(view)
        assert output.shape == (*shape[:2], 4) and not h_n.any()


def test_a_half_of_a_buffer_is_not_the_other_half():
    network = simplernn.RNN(4, 4, seed=0)
    buffer = numpy.ones((5, 2, 8), "float32")
    wanted = network(buffer[..., :4].copy())
    got = network(buffer[..., :4], out=(buffer[..., 4:], None))
    assert networks.same(got, wanted)


def make_views(values):
    """The same memory as objects of other kinds."""
    flat = array.array(values.dtype.char, values.reshape(-1))
    kind = numpy.ctypeslib.as_ctypes_type(values.dtype)
    for size in reversed(values.shape):
        kind = kind * size
    return {
        "memoryview": memoryview(values),
        "array": memoryview(flat).cast("B").cast(flat.typecode, values.shape),
        "ctypes": kind.from_buffer_copy(values),
        "legacy": fakes.Old(values),
        "versioned": fakes.Fake(values),
        "no strides": fakes.Fake(values, strides=False),
        "offset": fakes.Fake(values, offset=64),
        "newer minor": fakes.Fake(values, minor=99),
        "subclass": values.view(type("Derived", (numpy.ndarray,), {})),
        "matrix": numpy.ma.masked_array(values),
    }


@pytest.mark.parametrize("kind", make_views(numpy.zeros((1, 1, 1), "float32")))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_objects_of_other_kinds(kind, dtype):
    network = simplernn.RNN(3, 4, dtype=dtype, seed=0)
    values = numpy.random.default_rng(0).random((5, 2, 3)).astype(dtype)
    h0 = numpy.ones((1, 2, 4), dtype)
    made, state = make_views(values)[kind], make_views(h0)[kind]
    got = network(made, state)
    assert networks.same(got, network(values, h0))
    assert getattr(made, "alive", 0) == getattr(state, "alive", 0) == 0


@pytest.mark.parametrize("kind", make_views(numpy.zeros((1, 1, 1), "float32")))
def test_results_of_other_kinds(kind):
    network = simplernn.RNN(3, 4, seed=0)
    x = numpy.ones((5, 2, 3), "float32")
    values = numpy.zeros((5, 2, 4), "float32")
    out = make_views(values)[kind]
    output, _ = network(x, out=(out, None))
    assert output is out
    memory = out.array if isinstance(out, fakes.Fake) else numpy.asarray(out)
    assert memory.tobytes() == network(x)[0].tobytes()


def test_old_names_of_integers_and_flags():
    network = simplernn.RNN(3, 4, seed=0)
    x = numpy.ones((5, 2, 3), "float32")
    wanted = network(x, lengths=numpy.array([5, 3]))
    for lengths in ([5, 3], (5, 3), numpy.array([5, 3], "uint8"),
                    numpy.array([5, 3], ">i4"), array.array("h", [5, 3]),
                    fakes.Old(numpy.array([5, 3]))):
        assert networks.same(network(x, lengths=lengths), wanted)
    assert network(x[:, :0], lengths=[])[0].shape == (5, 0, 4)
    flags = numpy.array([[0, 0], [1, 0], [0, 0], [0, 1], [0, 0]], bool)
    wanted = network(x, resets=flags)
    for resets in (flags.tolist(), flags.astype("uint8"), flags.astype(float),
                   flags * 300, fakes.Fake(flags), flags[::-1].copy()[::-1]):
        assert networks.same(network(x, resets=resets), wanted)


@pytest.mark.parametrize("dtype, word", [
    ("float16", "float16"), ("int32", "int32"), ("int64", "int64"),
    ("uint8", "uint8"), ("bool", "bool"), ("complex64", "complex64"),
    ("float64", "float64"), ("longdouble", "longdouble"), (">f8", "float64"),
    ("object", "object"), ("M8[s]", "datetime64"), ("S3", "3s")])
def test_another_dtype_is_refused_with_advice(dtype, word):
    network = simplernn.RNN(3, 4, seed=0)
    x = numpy.zeros((5, 2, 3), dtype)
    with pytest.raises(simplernn.DtypeError) as caught:
        network(x)
    assert isinstance(caught.value, TypeError)
    text = str(caught.value)
    assert text.startswith(f"input has dtype {word}"), text
    assert 'input.astype("float32")' in text and "torch.float32" in text


@pytest.mark.parametrize("fields, word", [
    ({"bits": 16}, "float16"), ({"code": 4, "bits": 16}, "bfloat16"),
    ({"code": 0}, "int32"), ({"lanes": 2}, "of another library"),
    ({"code": 77}, "of another library")])
def test_another_dtype_of_dlpack_is_refused_with_advice(fields, word):
    x = fakes.Fake(numpy.zeros((5, 2, 3), "float32"), **fields)
    with pytest.raises(simplernn.DtypeError, match=f"input has dtype {word}"):
        simplernn.RNN(3, 4, seed=0)(x)
    assert x.alive == 0


def test_capsules_that_are_refused():
    network = simplernn.RNN(3, 4, seed=0)
    x = numpy.zeros((5, 2, 3), "float32")
    out = numpy.zeros((5, 2, 4), "float32")
    for fields, error, text in (
            ({"device_type": fakes.CUDA}, simplernn.UnsupportedError, "CPU"),
            ({"major": 2}, simplernn.UnsupportedError, "version 2")):
        with pytest.raises(error, match=text):
            network(fakes.Fake(x, **fields))
    for flags in (fakes.READ_ONLY, fakes.IS_COPIED):
        assert network(fakes.Fake(x, flags=flags))[0].shape == (5, 2, 4)
        with pytest.raises(simplernn.StateError, match="output is read-only"):
            network(x, out=(fakes.Fake(out, flags=flags), None))
    assert not out.any()
    many = numpy.zeros((1,) * 9, "float32")
    for each in many, fakes.Fake(many):
        with pytest.raises(simplernn.RangeError, match="9 dimensions"):
            network(each)


def test_shapes_beyond_all_memory():
    """Products of sizes that do not fit in 64 bits."""
    network = simplernn.RNN(1, 2**10, seed=0)
    x = fakes.Fake(numpy.zeros((2, 2, 1), "float32"), strides=False)
    x.sizes[:] = [2**40, 2**40, 1]
    with pytest.raises((ValueError, MemoryError)):
        network(x)
    row = as_strided(numpy.zeros(1, "float32"), (2**40, 1), (0, 0))
    with pytest.raises((ValueError, MemoryError)):
        network(row)


@pytest.mark.parametrize("out", [
    bytes(160), memoryview(bytes(160)).cast("f", (5, 2, 4)),
    numpy.broadcast_to(numpy.float32(0), (5, 2, 4))])
def test_a_read_only_result_is_refused(out):
    network = simplernn.RNN(3, 4, seed=0)
    with pytest.raises(simplernn.StateError, match="output is read-only"):
        network(numpy.ones((5, 2, 3), "float32"), out=(out, None))


def test_results_that_cannot_be_written():
    network = simplernn.RNN(3, 4, seed=0)
    x = numpy.ones((5, 2, 3), "float32")
    good = numpy.zeros((5, 2, 4), "float32")
    unaligned = numpy.zeros(161, "uint8")[1:].view("float32").reshape(5, 2, 4)
    overlapping = as_strided(numpy.zeros(30, "float32"), (5, 2, 4), (4, 4, 4))
    for out, error, text in (
            (unaligned, simplernn.InvalidError, "aligned"),
            (good.astype(">f4"), simplernn.InvalidError, "byte order"),
            (good.astype("float64"), simplernn.DtypeError, "output has dtype"),
            (overlapping, simplernn.InvalidError, "share memory"),
            (good[:4], simplernn.ShapeError, "output"),
            ([[0.0]], TypeError, "output must be an array")):
        with pytest.raises(error, match=text):
            network(x, out=(out, None))
    with pytest.raises(simplernn.ShapeError, match="h_n"):
        network(x, out=(None, good))


def test_results_that_overlap_are_refused():
    network = simplernn.RNN(4, 4, seed=0)
    buffer = numpy.zeros((6, 2, 4), "float32")
    h0 = numpy.zeros((1, 2, 4), "float32")
    aliases = [
        lambda: network(buffer[:5], out=(buffer[:5], None)),
        lambda: network(buffer[:5], out=(buffer[1:], None)),
        lambda: network(buffer[:5, ::-1], out=(buffer[:5], None)),
        lambda: network(buffer, h0, out=(None, buffer[3:4])),
        lambda: network(buffer, h0, out=(buffer.copy()[:0], None)[::-1]),
        lambda: network(buffer[:1], out=(h0, h0)),
    ]
    for alias in aliases[:4] + aliases[5:]:
        with pytest.raises(simplernn.AliasError, match="overlaps the memory"):
            alias()
    output, h_n = network(buffer, h0, out=(None, h0))  # in place is allowed
    assert h_n is h0 and (h0 == output[-1]).all()


def test_objects_that_are_not_arrays():
    network = simplernn.RNN(3, 4, seed=0)
    for x in (1.0, [[1.0, 2.0, 3.0]], "abc", object(), {}):
        with pytest.raises(TypeError, match="input must be an array"):
            network(x)
    with pytest.raises(simplernn.ShapeError):
        network(numpy.float32(1))


def test_an_object_in_the_shape_of_an_array():
    """The fields of an array are read from objects of its type alone: here an
    address of a dtype, and flags, stand where an array has them."""
    address = id(numpy.dtype("float32"))
    fake = struct.pack("=4Qi", 0, 0, 0, address, 0x501)
    with pytest.raises(simplernn.DtypeError, match="input has dtype uint8"):
        simplernn.RNN(3, 4)(fake)


def test_a_failing_dlpack_raises_its_own_error():
    class Broken:
        def __dlpack__(self, **keywords):
            raise OSError("the disk is full")

    class Wrong:
        def __dlpack__(self, **keywords):
            return 3

    network = simplernn.RNN(3, 4, seed=0)
    with pytest.raises(OSError, match="the disk is full"):
        network(Broken())
    with pytest.raises((TypeError, ValueError)):
        network(Wrong())


def test_a_tensor_that_requires_a_gradient_is_refused():
    class Tensor(fakes.Fake):
        requires_grad = True

        def detach(self):
            return fakes.Fake(self.array)

    network = simplernn.RNN(3, 4, seed=0)
    x = numpy.ones((5, 2, 3), "float32")
    out = numpy.ones((5, 2, 4), "float32")
    for arguments in ({"input": Tensor(x)},
                      {"input": x, "out": (Tensor(out), None)}):
        with pytest.raises(TypeError, match="requires a gradient.*detach"):
            network(**arguments)
    values = network.state_dict()
    doubled = {name: Tensor(2 * value) for name, value in values.items()}
    network.load_state_dict(doubled)  # values are only copied
    assert all((network.state_dict()[name] == 2 * values[name]).all()
               for name in values)
