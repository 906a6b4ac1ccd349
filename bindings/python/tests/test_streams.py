# SPDX-License-Identifier: MIT
"""RNNCell and Stream: the bits of whole forwards, piece by piece."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fakes
import networks
import simplernn


def rnn(**options):
    return simplernn.RNN(3, 4, **{"num_layers": 2, "seed": 0, **options})


def inputs(steps=12, batch=3, dtype="float32"):
    random = numpy.random.default_rng(0)
    return random.uniform(-1, 1, (steps, batch, 3)).astype(dtype)


@given(st.data())
def test_a_forward_cut_into_pieces(data):
    network = data.draw(networks.networks(direction="forward"))
    steps, batch = data.draw(st.integers(0, 12)), data.draw(st.integers(1, 3))
    x = networks.values(data.draw, (steps, batch, network.input_size),
                        network.dtype)
    resets = numpy.random.default_rng(steps).random((steps, batch)) < 0.2
    fresh = data.draw(networks.states(network, batch))
    h0 = data.draw(networks.states(network, batch))
    time = 1 if network.batch_first else 0

    def laid_out(values):
        return values.swapaxes(0, 1) if time else values

    wanted, h_n = network(laid_out(x), h0, resets=laid_out(resets), fresh=fresh)
    with network.stream(batch) as stream:
        stream.state = h0
        pieces, done = [], 0
        while done < steps:
            size = data.draw(st.integers(0, 4))
            here = slice(done, done + size)
            if size == 0 and not resets[done].any():
                pieces.append(numpy.expand_dims(stream.step(x[done]), time))
                done += 1
                continue
            pieces.append(stream.advance(
                laid_out(x[here]), resets=laid_out(resets[here]), fresh=fresh))
            done += len(x[here])
            if size == 0:
                pieces.append(stream.advance(
                    laid_out(x[done:done + 1]),
                    resets=laid_out(resets[done:done + 1]), fresh=fresh))
                done += 1
        if pieces:
            assert numpy.concatenate(pieces, time).tobytes() == wanted.tobytes()
        assert stream.state.tobytes() == h_n.tobytes()


@given(networks.networks(num_layers=1, direction="forward"), st.integers(1, 4))
def test_a_cell_is_a_step_of_a_network(network, batch):
    cell = simplernn.RNNCell.from_state_dict(
        {name.removesuffix("_l0"): value
         for name, value in network.state_dict().items()},
        nonlinearity=network.nonlinearity)
    x = numpy.ones((5, batch, network.input_size), network.dtype)
    x *= numpy.arange(5, dtype=network.dtype).reshape(5, 1, 1) / 5
    wanted = network(x.swapaxes(0, 1) if network.batch_first else x)[1][0]
    hx = None
    for step in x:
        hx = cell(step, hx)
    assert hx.tobytes() == wanted.tobytes()
    single = None
    for step in x[:, 0]:
        single = cell(step, single)
    assert single.shape == (network.hidden_size,)
    assert single.tobytes() == wanted[0].tobytes()


def test_results_of_a_cell():
    cell = simplernn.RNNCell(3, 4, seed=0)
    x = inputs()[0]
    hx = numpy.full((3, 4), 0.5, "float32")
    wanted = cell(x, hx)
    out = numpy.zeros((3, 8), "float32")[:, ::2]
    assert cell(x, hx, out=out) is out and (out == wanted).all()
    assert cell(x, hx, out=hx) is hx and (hx == wanted).all()
    assert (cell(fakes.Fake(x), hx=memoryview(wanted)) == cell(x, wanted)).all()
    with pytest.raises(simplernn.ShapeError):
        cell(x, wanted[:2])
    with pytest.raises(simplernn.ShapeError):
        cell(x[..., None])
    with pytest.raises(simplernn.DtypeError):
        cell(x.astype("float64"))
    with pytest.raises(simplernn.AliasError):
        cell(hx[:, :3], hx, out=hx)


def test_names_of_a_cell():
    cell = simplernn.RNNCell(3, 4, seed=0)
    state = cell.state_dict()
    assert list(state) == ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
    assert (state["weight_hh"] == simplernn.RNN(3, 4, seed=0).state_dict()[
        "weight_hh_l0"]).all()
    other = simplernn.RNNCell(3, 4)
    other.load_state_dict(state)
    assert (other(inputs()[0]) == cell(inputs()[0])).all()
    for network in (rnn(), rnn(num_layers=1, bidirectional=True)):
        with pytest.raises(simplernn.InvalidError, match="use RNN"):
            simplernn.RNNCell.load(network._save_bytes("", ()))


@pytest.mark.parametrize("direction", ["reverse", "bidirectional"])
def test_look_ahead(direction):
    """With all of the future ahead, each window has the bits of the forward of
    what it sees; the forward half is that of the whole."""
    network = rnn(direction=direction, num_layers=1)
    x = inputs()
    whole = network(x)[0]
    with network.stream(3) as stream:
        first = stream.advance(x, ahead=8)
        second = stream.advance(x[4:], ahead=2)
        last = stream.advance(x[10:])
    got = numpy.concatenate([first, second, last])
    assert got.shape == whole.shape
    if direction == "bidirectional":
        assert got[..., :4].tobytes() == whole[..., :4].tobytes()
    assert first.tobytes() == whole[:4].tobytes()  # it saw everything
    assert last.tobytes() == whole[10:].tobytes()


def test_look_ahead_that_cannot_be():
    stream = rnn(bidirectional=True).stream(3)
    x = inputs()
    for ahead in (-1, 13):
        with pytest.raises(simplernn.RangeError, match=f"ahead is {ahead}"):
            stream.advance(x, ahead=ahead)
    out = numpy.zeros((10, 3, 8), "float32")
    assert stream.advance(x, ahead=2, out=out) is out
    for ahead in (0, 1, 3):
        with pytest.raises(simplernn.ShapeError, match="steps"):
            stream.advance(x, ahead=ahead, out=out)
    with pytest.raises(simplernn.ShapeError):
        rnn().stream(3).advance(x, ahead=2)
    with pytest.raises(simplernn.UnsupportedError):
        stream.advance(x, resets=numpy.zeros((12, 3), bool))


def test_steps_in_any_layout():
    network = rnn()
    x = inputs()
    wanted = network(x)[0]
    for steps in (x, x.swapaxes(0, 1).copy().swapaxes(0, 1), x[:, ::-1].copy()[
            :, ::-1], x.astype(">f4"), [fakes.Fake(step) for step in x]):
        stream = network.stream(3)
        assert numpy.stack([stream.step(step) for step in steps]
                           ).tobytes() == wanted.tobytes()
    stream = network.stream(3)
    out = numpy.zeros((12, 3, 4), "float32")
    for step, result in zip(x, out):
        assert stream.step(step, out=result) is result
    assert out.tobytes() == wanted.tobytes()


def test_a_step_without_a_batch():
    network = rnn()
    x = inputs(batch=1)
    wanted = network(x)[0]
    stream = network.stream()
    for number, step in enumerate(x):
        got = stream.step(step[0] if number % 2 else step)
        assert got.shape == ((4,) if number % 2 else (1, 4))
        assert got.tobytes() == wanted[number].tobytes()


def test_a_row_of_a_wider_array_is_contiguous():
    stream = rnn().stream(1)
    x, out = inputs(batch=1)[0], numpy.zeros((4, 8), "float32")[::2][:1, :4]
    assert out.strides == (64, 4)
    wanted = stream.step(x)
    stream.reset()
    assert stream.step(x, out=out) is out and (out == wanted).all()


def test_arrays_of_a_step_that_do_not_fit():
    stream = simplernn.RNN(3, 3, seed=0).stream(2)
    x = numpy.zeros((2, 3), "float32")
    buffer = numpy.zeros((4, 3), "float32")
    for bad in (x[:1], x[0], x[None], numpy.zeros((2, 4), "float32")):
        with pytest.raises(simplernn.ShapeError, match=r"shape \[B=2, 3\]"):
            stream.step(bad)
    for bad in (x[:1], numpy.zeros((2, 6), "float32")[:, ::2]):
        with pytest.raises(simplernn.ShapeError, match="output"):
            stream.step(x, out=bad)
    for one, other in ((0, 0), (0, 1), (1, 0), (2, 1)):
        with pytest.raises(simplernn.AliasError, match="overlaps the memory"):
            stream.step(buffer[one:one + 2], out=buffer[other:other + 2])
    stream.step(buffer[:2], out=buffer[2:])
    stream.step(buffer[2:], out=buffer[:2])
    frozen = x.copy()
    frozen.flags.writeable = False
    with pytest.raises(simplernn.StateError, match="read-only"):
        stream.step(x, out=frozen)
    with pytest.raises(simplernn.DtypeError):
        stream.step(x.astype("float64"))


def test_state():
    network = rnn()
    stream = network.stream(3)
    assert stream.batch == 3 and stream.rnn is network
    assert not stream.state.any() and stream.state.shape == (2, 3, 4)
    state = numpy.random.default_rng(0).random((2, 3, 4)).astype("float32")
    for given_state in (state, numpy.asfortranarray(state), fakes.Old(state)):
        stream.state = given_state
        assert (stream.state == state).all()
    stream.state = state[:, :1]
    assert (stream.state == state[:, :1]).all()
    stream.state = None
    assert not stream.state.any()
    with pytest.raises(simplernn.ShapeError):
        stream.state = state[:1]
    with pytest.raises(AttributeError):
        del stream.state
    with pytest.raises(AttributeError):
        stream.batch = 4


ROWS = [
    (None, [0, 1, 2, 3]), ([True, False, True, False], [0, 2]),
    (numpy.array([0, 7, 0, 1], "uint8"), [1, 3]),
    (numpy.array([1, 0, 0, 1], bool), [0, 3]),
    (numpy.array([1, 0, 1, 0, 0, 0, 1, 0], bool)[::2], [0, 1, 3]),
    (fakes.Fake(numpy.array([0, 0, 1, 0], "uint8")), [2]),
    ([0, 2], [0, 2]), ((1, 3), [1, 3]), ([1, 0], [0, 1]), ([2, 2], [2]),
    (numpy.array([1, 0]), [0, 1]), (numpy.array([3], "int8"), [3]),
    ([-1], [3]), (2, [2]), (-4, [0]), ([], []), (slice(1, 3), [1, 2]),
    (numpy.zeros(4, bool), []), (numpy.array(2), [2])]


@pytest.mark.parametrize("rows, chosen", ROWS)
def test_reset_of_some_rows(rows, chosen):
    stream = rnn().stream(4)
    state = numpy.random.default_rng(0).random((2, 4, 4)).astype("float32")
    fresh = -state
    for begin in (None, fresh, numpy.asfortranarray(fresh), fresh[:, :1]):
        stream.state = state
        stream.reset(rows, fresh=begin)
        wanted = state.copy()
        wanted[:, chosen] = (0 if begin is None else numpy.broadcast_to(
            begin, state.shape)[:, chosen])
        assert (stream.state == wanted).all()


@pytest.mark.parametrize("rows, error", [
    ([4], IndexError), ([-5], IndexError), (4, IndexError),
    ([0.0, 1.0], IndexError), (numpy.zeros(3, bool), simplernn.ShapeError),
    ([True, False], IndexError), ("ab", IndexError),
    (numpy.zeros((4, 1), "uint8"), simplernn.ShapeError)])
def test_reset_of_rows_that_are_none(rows, error):
    stream = rnn().stream(4)
    stream.state = state = numpy.ones((2, 4, 4), "float32")
    with pytest.raises(error):
        stream.reset(rows)
    with pytest.raises(simplernn.ShapeError, match="fresh must have the shape"):
        stream.reset(fresh=state[:, :2])
    assert (stream.state == state).all()


def test_another_network():
    network, other = rnn(), rnn(seed=1)
    x = inputs()
    half = network(x[:6])[1]
    wanted = other(x[6:], half)[0]
    stream = network.stream(3)
    stream.advance(x[:6])
    stream.set_rnn(other)
    assert stream.rnn is other
    assert stream.advance(x[6:]).tobytes() == wanted.tobytes()
    for bad, error in ((rnn(num_layers=1), simplernn.ShapeError),
                       (rnn(dtype="float64"), simplernn.DtypeError),
                       (rnn(nonlinearity="relu"), simplernn.InvalidError)):
        with pytest.raises(error):
            stream.set_rnn(bad)
        assert stream.rnn is other


def test_a_closed_stream():
    with rnn().stream(3) as stream:
        stream.step(inputs()[0])
    stream.close()
    x = inputs()
    for call in (lambda: stream.step(x[0]), lambda: stream.advance(x),
                 lambda: stream.state, lambda: stream.reset(),
                 lambda: setattr(stream, "state", None),
                 lambda: stream.set_rnn(rnn()), lambda: stream.__enter__()):
        with pytest.raises(ValueError, match="the stream is closed"):
            call()


class Meddler:
    """An array that does something while it is read."""

    def __init__(self, array, action):
        self.array, self.action = array, action

    def __dlpack__(self, **keywords):
        self.action()
        return self.array.__dlpack__()


def test_arguments_that_meddle_with_the_stream():
    x = inputs()
    for call in (lambda s, a: s.step(Meddler(x[0], a)),
                 lambda s, a: s.step(x[0], out=Meddler(
                     numpy.zeros((3, 4), "float32"), a)),
                 lambda s, a: s.advance(Meddler(x, a)),
                 lambda s, a: s.reset(fresh=Meddler(
                     numpy.zeros((2, 3, 4), "float32"), a)),
                 lambda s, a: setattr(s, "state", Meddler(
                     numpy.zeros((2, 3, 4), "float32"), a))):
        stream = rnn().stream(3)
        with pytest.raises(ValueError, match="the stream is closed"):
            call(stream, stream.close)
        stream = rnn().stream(3)  # nobody else has that network
        call(stream, lambda: stream.set_rnn(rnn(seed=1)))
        stream.step(x[0])


def test_resets_and_shapes_of_blocks():
    stream = rnn(batch_first=True).stream(3)
    x = inputs().swapaxes(0, 1)
    with pytest.raises(simplernn.ShapeError):
        stream.advance(x[:2])
    with pytest.raises(simplernn.ShapeError):
        stream.advance(x, resets=numpy.zeros((12, 3), bool))
    out = numpy.zeros((3, 12, 8), "float32")[..., ::2]
    assert stream.advance(x, out=out) is out
    same = inputs()
    with pytest.raises(simplernn.AliasError):
        simplernn.RNN(3, 3, seed=0).stream(3).advance(same, out=same)
    alone = rnn().stream(1)
    assert alone.advance(inputs(batch=1)[:, 0]).shape == (12, 4)
