# SPDX-License-Identifier: MIT
"""Optimizers: the formulas, options by prefix, and what they refuse."""

import numpy
import pytest

import simplernn
import train_reference
from simplernn import train

VARIANTS = [
    ("SGD", {}), ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("Adam", {}), ("Adam", {"betas": (0.5, 0.9), "eps": 1e-3}),
    ("Adam", {"weight_decay": 0.1}),
    ("AdamW", {}), ("AdamW", {"weight_decay": 0.5, "betas": (0.8, 0.99)}),
    ("RMSprop", {}), ("RMSprop", {"alpha": 0.5, "eps": 1e-3}),
    ("RMSprop", {"momentum": 0.9, "weight_decay": 0.1}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
]


def parameter(size=50, dtype="float64", seed=0, name="value"):
    """An array and its gradients."""
    value = numpy.random.default_rng(seed).normal(size=size).astype(dtype)
    return value, train.Gradients(value, name=name)


@pytest.mark.parametrize("name, options", VARIANTS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_formulas(name, options, dtype):
    """Each step rounds the value, so the bound grows with their number."""
    value, gradients = parameter(dtype=dtype)
    optimizer = getattr(train, name)(gradients, 0.01, **options)
    reference = getattr(train_reference, name)(0.01, **options)
    random = numpy.random.default_rng(1)
    wide = value.astype("float64")
    for number in range(20):
        gradients.flat[:] = random.normal(size=value.size)
        if number == 10:
            optimizer.lr = reference.lr = 0.02
        wide = reference.step(wide, gradients.flat.astype("float64"))
        optimizer.step()
        assert optimizer.steps == number + 1
        bound = 64 * numpy.finfo(dtype).eps * (number + 1)
        assert (abs(value - wide) <= bound * numpy.maximum(abs(wide), 1)).all()


def test_defaults_are_those_of_torch():
    def shown(kind):
        return repr(getattr(train, kind)(parameter()[1])).splitlines()[0]

    assert shown("SGD") == ("SGD(lr=0.001, momentum=0.0, dampening=0.0, "
                            "weight_decay=0.0, nesterov=False)")
    assert shown("Adam") == ("Adam(lr=0.001, eps=1e-08, weight_decay=0.0, "
                             "betas=(0.9, 0.999))")
    assert shown("AdamW") == ("AdamW(lr=0.001, eps=1e-08, weight_decay=0.01, "
                              "betas=(0.9, 0.999))")
    assert shown("RMSprop") == ("RMSprop(lr=0.01, alpha=0.99, eps=1e-08, "
                                "weight_decay=0.0, momentum=0.0, "
                                "centered=False)")


def test_options_of_one_prefix():
    (one, g_one), (two, g_two) = parameter(seed=1), parameter(seed=2)
    optimizer = train.SGD({"one.": g_one, "two.": g_two}, 0.5)
    optimizer["two."].lr = 0.0
    assert (optimizer.lr, optimizer["one."].lr, optimizer["two."].lr) == (
        0.5, 0.5, 0.0)
    before = one.copy(), two.copy()
    g_one.flat[:] = g_two.flat[:] = 1
    optimizer.step()
    assert (one == before[0] - 0.5).all() and (two == before[1]).all()
    optimizer.lr = 0.25
    assert optimizer["two."].lr == 0.25
    optimizer["one."].nesterov = True
    assert optimizer["one."].nesterov is True and not optimizer.nesterov
    adam = train.Adam({"one.": g_one})
    adam["one."].betas = 0.5, 0.25
    assert adam["one."].betas == (0.5, 0.25) and adam.betas == (0.9, 0.999)
    with pytest.raises(simplernn.NotFoundError, match="prefix 'x'; there are"):
        adam["x"]


def test_frozen_parameters_and_weights_that_run():
    """A step reaches what a network and a layer compute with."""
    network = simplernn.RNN(3, 4, seed=0)
    layer = train.Linear(4, 2, seed=0)
    g_rnn, g_fc = train.Gradients(network), train.Gradients(layer)
    optimizer = train.SGD({"rnn.": g_rnn, "fc.": g_fc}, 1.0, weight_decay=0.5)
    x = numpy.ones((5, 2, 3), "float32")
    before = network(x)[0], layer(network(x)[0])
    state = network.state_dict()
    g_rnn.freeze("weight_hh_l0")
    optimizer.step()
    after = network.state_dict()
    assert (after["weight_hh_l0"] == state["weight_hh_l0"]).all()
    assert (after["weight_ih_l0"] == state["weight_ih_l0"] / 2).all()
    assert (network(x)[0] != before[0]).any()
    again = simplernn.RNN.from_state_dict(after)
    assert (network(x)[0] == again(x)[0]).all()
    assert (layer(before[0]) != before[1]).any()


def test_a_gradient_that_is_not_finite_changes_nothing():
    network = simplernn.RNN(3, 4, seed=0)
    value, g_value = parameter()
    gradients = train.Gradients(network)
    optimizer = train.Adam({"rnn.": gradients, "": g_value})
    before = network._save_bytes("", ()), value.copy()
    g_value.flat[:] = 1
    gradients["bias_hh_l0"][2] = numpy.nan
    with pytest.raises(simplernn.NotFiniteError, match="bias_hh_l0"):
        optimizer.step()
    assert network._save_bytes("", ()) == before[0] and optimizer.steps == 0
    assert (value == before[1]).all()
    assert optimizer.check_finite
    optimizer.check_finite = False
    optimizer.step()
    assert numpy.isnan(network.state_dict()["bias_hh_l0"]).sum() == 1


@pytest.mark.parametrize("call, error, text", [
    (lambda: train.Adam(3), TypeError, ""),
    (lambda: train.Adam({"": 3}), TypeError, "gradients must be Gradients"),
    (lambda: train.Adam({3: parameter()[1]}), TypeError,
     "a prefix must be a text"),
    (lambda: train.Adam({"\0": parameter()[1]}), ValueError, "null"),
    (lambda: train.Adam({"optimizer.": parameter()[1]}),
     simplernn.InvalidError, "optimizer."),
    (lambda: train.Adam({"a": parameter(name="bc")[1],
                         "ab": parameter(name="c")[1]}),
     simplernn.InvalidError, "abc"),
    (lambda: train.Adam(parameter()[1], lr=-1.0), simplernn.RangeError,
     "LEARNING_RATE"),
    (lambda: train.Adam(parameter()[1], betas=(1.0, 0.9)),
     simplernn.RangeError, "BETA1"),
    (lambda: train.Adam(parameter()[1], lr="1"), TypeError, ""),
    (lambda: train.Adam({}).step(), simplernn.StateError, "gradients"),
    (lambda: train.SGD(parameter()[1], nesterov=True).step(),
     simplernn.StateError, "momentum"),
    (lambda: setattr(train.SGD(parameter()[1]), "lr", "x"), TypeError, ""),
    (lambda: setattr(train.SGD(parameter()[1]), "steps", 3), AttributeError,
     ""),
    (lambda: train.Adam(parameter()[1]).__init__(parameter()[1]),
     RuntimeError, "has an optimizer already"),
])
def test_errors(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)


def test_gradients_of_one_parameter_twice():
    network = simplernn.RNN(3, 4)
    with pytest.raises(simplernn.InvalidError):
        train.Adam({"a.": train.Gradients(network),
                    "b.": train.Gradients(network)})


def test_a_class_that_forgets_its_base():
    class Forgetful(train.Adam):
        def __init__(self):
            self._groups = {}

    for call in (lambda it: it.step(), lambda it: it.lr, lambda it: it.steps,
                 lambda it: setattr(it, "lr", 1), lambda it: it.save("x"),
                 lambda it: it.load("x")):
        with pytest.raises(RuntimeError, match=r"super\(\).__init__\(\)"):
            call(Forgetful())
