# SPDX-License-Identifier: MIT
"""Linear: values, gradients, files, and what it refuses."""

import copy
import io
import pickle

import numpy
import pytest
from hypothesis import given, strategies as st

import networks
import simplernn
from simplernn import train


def linear(*sizes, **options):
    return train.Linear(*(sizes or (4, 2)),
                        **{"dtype": "float64", "seed": 0, **options})


def assert_near(got, wanted, magnitude, count):
    """Of a sum of count products, whose absolute values sum up to
    magnitude."""
    u = numpy.finfo(got.dtype).eps / 2
    assert got.shape == wanted.shape
    assert (abs(got - wanted) <= (count + 2) * u * magnitude).all()


@given(st.data())
def test_values_and_gradients(data):
    dtype = data.draw(networks.DTYPES)
    sizes = data.draw(st.tuples(st.integers(1, 9), st.integers(1, 9)))
    layer = linear(*sizes, dtype=dtype, bias=data.draw(st.booleans()))
    outer = data.draw(st.lists(st.integers(0, 5), max_size=3))
    x = networks.values(data.draw, (*outer, sizes[0]), dtype)
    d = networks.values(data.draw, (*outer, sizes[1]), dtype)
    rnn = data.draw(st.sampled_from([None, simplernn.RNN(1, 1)]))
    values = [value.astype("float64") for value in layer.state_dict().values()]
    weight, bias = values[0], values[1] if layer.bias else 0.0
    assert_near(layer(x, rnn=rnn), x @ weight.T + bias,
                abs(x).astype("float64") @ abs(weight).T + abs(bias), sizes[0])
    gradients = train.Gradients(layer)
    gradients.flat[:] = 1
    d_input = layer.backward(x, d, gradients=gradients, accumulate=True,
                             rnn=rnn)
    assert_near(d_input, d @ weight, abs(d).astype("float64") @ abs(weight),
                sizes[1])
    rows = x.reshape(-1, sizes[0]), d.reshape(-1, sizes[1])
    wide = [each.astype("float64") for each in rows]
    assert_near(gradients["weight"], wide[1].T @ wide[0] + 1,
                abs(wide[1]).T @ abs(wide[0]) + 1, len(rows[0]))
    if layer.bias:
        assert_near(gradients["bias"], wide[1].sum(axis=0) + 1,
                    abs(wide[1]).sum(axis=0) + 1, len(rows[0]))


def test_results_go_where_they_are_wanted():
    layer = linear()
    x, d = numpy.ones((3, 5, 4)), numpy.ones((3, 5, 2))
    out = numpy.empty((3, 5, 4))[..., ::2]
    assert layer(x, out=out) is out and (out == layer(x)).all()
    d_input = numpy.empty((3, 5, 4))
    assert layer.backward(x, d, d_input=d_input) is d_input
    assert (layer.backward(x, d, d_input=True) == d_input).all()
    gradients = train.Gradients(layer)
    assert layer.backward(x, d, gradients=gradients, d_input=False) is None
    assert (gradients["bias"] == 15).all()


def test_threads_of_an_rnn_change_no_bit():
    layer = linear(64, 33, dtype="float32")
    random = numpy.random.default_rng(0)
    x = random.normal(size=(200, 16, 64)).astype("float32")
    d = random.normal(size=(200, 16, 33)).astype("float32")
    found = set()
    for rnn in (None, simplernn.RNN(3, 4, num_threads=1),
                simplernn.RNN(3, 4, num_threads=4)):
        gradients = train.Gradients(layer)
        d_input = layer.backward(x, d, gradients=gradients, rnn=rnn)
        found.add((layer(x, rnn=rnn).tobytes(), d_input.tobytes(),
                   gradients.flat.tobytes()))
    assert len(found) == 1


def test_what_a_layer_says_of_itself():
    layer = train.Linear(4, 2, False, dtype="float64")
    assert (layer.in_features, layer.out_features, layer.bias, layer.dtype) == (
        4, 2, False, "float64")
    assert repr(layer).startswith("Linear(4, 2, bias=False, dtype='float64')")
    assert list(layer.state_dict()) == ["weight"]
    assert (train.Linear(4, 2).state_dict()["weight"]
            != train.Linear(4, 2).state_dict()["weight"]).any()


def same(one, two):
    a, b = one.state_dict(), two.state_dict()
    return (list(a) == list(b) and one.dtype == two.dtype
            and all(a[name].tobytes() == b[name].tobytes() for name in a))


def test_a_file_holds_a_network_and_a_layer(tmp_path):
    path = tmp_path / "model.safetensors"
    network, layer = simplernn.RNN(3, 4, seed=0), linear(dtype="float32")
    network.save(path, "rnn.")
    layer.save(path, "fc.")
    again = train.Linear.load(path, "fc.")
    assert same(layer, again) and type(again) is train.Linear
    assert same(layer, train.Linear.load(path.read_bytes(), "fc."))
    assert same(layer, train.Linear.load(io.BytesIO(path.read_bytes()), "fc."))
    wanted = network.state_dict()
    for name, value in simplernn.RNN.load(path, "rnn.").state_dict().items():
        assert value.tobytes() == wanted[name].tobytes()


def test_copies_have_the_same_values():
    class Head(train.Linear):
        pass

    for layer in linear(), linear(bias=False, dtype="float32"), Head(4, 2):
        layer.note = 3
        for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))
                      if type(layer) is train.Linear else copy.copy(layer)):
            assert same(layer, again) and again.note == 3
            assert type(again) is type(layer)
        assert same(layer, type(layer).from_state_dict(
            {f"a.{name}": value for name, value in layer.state_dict().items()},
            "a."))


def test_load_state_dict_writes_all_or_nothing():
    layer = linear()
    state = {name: value + 1 for name, value in layer.state_dict().items()}
    layer.load_state_dict(state)
    assert (layer.state_dict()["bias"] == state["bias"]).all()
    for change, error, text in [
            ({"bias": numpy.zeros(3)}, simplernn.ShapeError,
             "bias is [3]; a linear layer from 4 to 2 features needs [2]"),
            ({"weight": numpy.zeros((4, 2))}, simplernn.ShapeError,
             "weight is [4, 2]"),
            ({"x": numpy.zeros(3)}, simplernn.InvalidError, "x is not a"),
            ({"weight": numpy.zeros((2, 4), "int64")}, simplernn.DtypeError,
             "weight has dtype int64; this layer has float64"),
            ({"bias": numpy.zeros(2, "float32")}, simplernn.DtypeError,
             "bias has dtype float32")]:
        with pytest.raises(error) as caught:
            layer.load_state_dict({**state, **change})
        assert text in str(caught.value)
        assert (layer.state_dict()["weight"] == state["weight"]).all()
    with pytest.raises(simplernn.NotFoundError, match="has no bias"):
        layer.load_state_dict({"weight": state["weight"]})


@pytest.mark.parametrize("kind", ["uniform", "orthogonal", "identity", "zeros"])
def test_first_values(kind):
    layer, network = linear(3, 5), simplernn.RNN(3, 5, dtype="float64")
    layer.initialise("weight", kind, 2.0, seed=1)
    weight = layer.state_dict()["weight"]
    if kind == "uniform":
        assert 1 < abs(weight).max() <= 2 and weight.min() < 0
    elif kind == "orthogonal":
        assert numpy.allclose(weight.T @ weight, 4 * numpy.eye(3))
    else:
        assert (weight == (2 * numpy.eye(5, 3) if kind == "identity" else 0)
                ).all()
    network.initialise("weight_ih_l0", kind, 2.0, seed=1)
    assert (network.state_dict()["weight_ih_l0"] == weight).all()
    cell = simplernn.RNNCell(3, 5, dtype="float64")
    cell.initialise("weight_ih", kind, 2.0, seed=1)
    assert (cell.state_dict()["weight_ih"] == weight).all()
    layer.initialise("bias", "zeros")
    assert not layer.state_dict()["bias"].any()


@pytest.mark.parametrize("made, name", [
    (linear(3, 3), "weight"), (simplernn.RNN(3, 3), "weight_hh_l0"),
    (simplernn.RNNCell(3, 3), "weight_hh")])
def test_first_values_without_a_gain(made, name):
    made.initialise(name, "identity")
    assert (made.state_dict()[name] == numpy.eye(3)).all()


@pytest.mark.parametrize("call, error, text", [
    (lambda: train.Linear(0, 2), simplernn.RangeError, "in_features is 0"),
    (lambda: train.Linear(2, 2**30), simplernn.RangeError, "out_features is"),
    (lambda: train.Linear(2, 2, dtype="int64"), simplernn.DtypeError, "int64"),
    (lambda: train.Linear(2, 2, seed=2**64), simplernn.RangeError, "seed"),
    (lambda: train.Linear("2", 2), TypeError, ""),
    (lambda: linear()(numpy.zeros((3, 5))), simplernn.ShapeError,
     "input is [3, 5]; a linear layer from 4 to 2 features needs "
     "[..., in_features=4]"),
    (lambda: linear()(numpy.zeros(())), simplernn.ShapeError, "input is []"),
    (lambda: linear()(numpy.zeros((3, 4), "float32")), simplernn.DtypeError,
     "input has dtype float32"),
    (lambda: linear()(numpy.zeros((3, 4)), out=numpy.zeros((3, 3))),
     simplernn.ShapeError, "output is [3, 3]"),
    (lambda: linear()(), TypeError, "Linear() needs the argument input"),
    (lambda: linear()(numpy.zeros((3, 4)), rnn=3), TypeError,
     "rnn must be an RNN"),
    (lambda: linear().backward(numpy.zeros((3, 4)), numpy.zeros((3, 3))),
     simplernn.ShapeError, "d_output is [3, 3]"),
    (lambda: linear().backward(numpy.zeros((3, 4)), numpy.zeros((3, 2)),
                               gradients=train.Gradients(linear())),
     simplernn.InvalidError, "gradients"),
    (lambda: linear().backward(numpy.zeros((3, 4)), numpy.zeros((3, 2)),
                               gradients=3), TypeError, "must be Gradients"),
    (lambda: linear().backward(numpy.zeros((3, 4)), numpy.zeros((3, 2)),
                               d_input=3), TypeError, "d_input must be"),
    (lambda: linear().initialise("weight", "xavier"), simplernn.InvalidError,
     "kind is 'xavier'"),
    (lambda: linear().initialise("x", "zeros"), simplernn.NotFoundError, ""),
    (lambda: linear().initialise("bias", "orthogonal"), simplernn.ShapeError,
     "bias"),
    (lambda: linear().initialise("bias", "uniform", -1.0),
     simplernn.RangeError, "gain"),
    (lambda: simplernn.RNN(3, 4).initialise("x", "zeros"),
     simplernn.NotFoundError, ""),
    (lambda: train.Linear.load("/nonexistent"), simplernn.IoError, "open"),
    (lambda: train.Linear.load(b"12345678"), simplernn.FormatError, ""),
    (lambda: train.Linear.from_state_dict({"bias": numpy.zeros(3)}),
     simplernn.NotFoundError, "weight"),
    (lambda: linear().save("/nonexistent/file"), simplernn.IoError, ""),
])
def test_errors(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)


def test_a_class_that_forgets_its_base():
    class Forgetful(train.Linear):
        def __init__(self):
            pass

    layer = Forgetful()
    for call in (lambda: layer(numpy.zeros(4)), lambda: layer.state_dict(),
                 lambda: repr(layer), lambda: layer.bias, lambda: layer.dtype,
                 lambda: layer.backward(None, None), lambda: layer.save("x"),
                 lambda: layer._set_flat(numpy.zeros(4)),
                 lambda: layer.initialise("weight", "zeros"),
                 lambda: train.Gradients(layer)):
        with pytest.raises(RuntimeError, match=r"super\(\).__init__\(\)"):
            call()
    layer = linear()
    with pytest.raises(RuntimeError, match="has a layer already"):
        layer.__init__(4, 2)
