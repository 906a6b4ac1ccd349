# SPDX-License-Identifier: MIT
"""Losses: values, gradients, what does not count, and what is refused."""

import numpy
import pytest
from hypothesis import given, strategies as st

import networks
import simplernn
import train_reference
from simplernn import train

OUTER = st.lists(st.integers(0, 5), max_size=3)


def assert_near(got, wanted, dtype, size):
    """Sums of size numbers, which are not larger than the result by much."""
    bound = 8 * size * numpy.finfo(dtype).eps
    assert abs(got - wanted) <= bound * max(1, abs(wanted))


@given(st.data())
def test_cross_entropy(data):
    dtype, outer = data.draw(networks.DTYPES), data.draw(OUTER)
    classes = data.draw(st.integers(1, 7))
    logits = networks.values(data.draw, (*outer, classes), dtype) * 20
    random = numpy.random.default_rng(data.draw(st.integers(0, 2**32)))
    targets = random.integers(0, classes, outer)
    targets = numpy.where(random.random(outer) < 0.3, -100, targets)
    divisor = data.draw(st.sampled_from([None, 0.5, 7.0]))
    total, count, gradient = train_reference.cross_entropy(logits, targets)
    found = train.cross_entropy(logits, targets, divisor=divisor)
    assert isinstance(found[0], float) and found[1] == count
    assert_near(found[0], total, dtype, logits.size + 1)
    assert found[2].dtype == dtype and found[2].shape == logits.shape
    gradient = gradient / (divisor or max(1, count))
    bound = 64 * numpy.finfo(dtype).eps / (divisor or max(1, count))
    assert (abs(found[2] - gradient) <= bound).all()
    assert train.cross_entropy(logits, targets, d_logits=False) == (
        *found[:2], None)


@given(st.data())
def test_squared_error(data):
    dtype, outer = data.draw(networks.DTYPES), data.draw(OUTER)
    shape = (*outer, data.draw(st.integers(1, 4)))
    output, target = (networks.values(data.draw, shape, dtype)
                      for _ in range(2))
    random = numpy.random.default_rng(data.draw(st.integers(0, 2**32)))
    counted = data.draw(st.sampled_from([None, random.random(outer) < 0.7]))
    if counted is not None:
        target[~counted] = numpy.nan
    divisor = data.draw(st.sampled_from([None, 0.5, 7.0]))
    total, count, gradient = train_reference.squared_error(output, target,
                                                           counted)
    found = train.squared_error(output, target, counted=counted,
                                divisor=divisor)
    assert found[1] == count
    assert_near(found[0], total, dtype, output.size + 1)
    gradient = gradient / (divisor or max(1, count))
    bound = 4 * numpy.finfo(dtype).eps * abs(gradient)
    assert (abs(found[2] - gradient) <= bound).all()
    assert train.squared_error(output, target, counted=counted,
                               d_output=False) == (*found[:2], None)


def test_results_go_where_they_are_wanted():
    logits, targets = numpy.eye(3), [0, 1, -100]
    wanted = train.cross_entropy(logits, targets)[2]
    out = numpy.empty((3, 6))[:, ::2]
    assert train.cross_entropy(logits, targets, d_logits=out)[2] is out
    assert (out == wanted).all() and not out[2].any()
    assert train.cross_entropy(logits, targets, d_logits=logits)[2] is logits
    assert (logits == wanted).all()
    output = numpy.ones((3, 2))
    assert train.squared_error(output, 0 * output, d_output=output)[2] is output
    assert (output == 2 / 6).all()


def test_numbers_in_another_byte_order():
    logits = numpy.eye(3)
    swapped = logits.astype(logits.dtype.newbyteorder())
    found, wanted = (train.cross_entropy(each, [0, 1, 1])[2]
                     for each in (swapped, logits))
    assert networks.same([found], [wanted])


def test_extreme_logits_and_nothing_that_counts():
    total, count, gradient = train.cross_entropy(
        numpy.array([[1e4, 0.0], [0.0, 1e4]], "float32"), [0, 0])
    assert (total, count) == (1e4, 2)
    assert (gradient == [[0, 0], [-0.5, 0.5]]).all()
    total, count, gradient = train.cross_entropy(numpy.ones((2, 3)),
                                                 [-100, -100])
    assert (total, count) == (0, 0) and not gradient.any()
    assert train.squared_error(numpy.ones((0, 3)), numpy.ones((0, 3)))[:2] == (
        0, 0)


def test_a_divisor_of_zero_means_the_count():
    logits, targets = numpy.eye(3), [0, 1, -100]
    assert networks.same(
        [train.cross_entropy(logits, targets, divisor=0)[2],
         train.squared_error(logits, -logits, divisor=0)[2]],
        [train.cross_entropy(logits, targets)[2],
         train.squared_error(logits, -logits)[2]])


@pytest.mark.parametrize("targets", [
    [1, 0], (1, 0), numpy.array([1, 0], "int32"), numpy.array([1, 0], "uint8"),
    numpy.array([1, 9, 0])[::2]])
def test_targets_are_integers_of_any_type(targets):
    logits = numpy.array([[0.0, 1.0], [3.0, 5.0]])
    assert train.cross_entropy(logits, targets)[:2] == train.cross_entropy(
        logits, numpy.array([1, 0]))[:2]


@pytest.mark.parametrize("call, error, text", [
    (lambda: train.cross_entropy(numpy.ones((2, 3)), [0, 3]),
     simplernn.RangeError, "targets[1] is 3"),
    (lambda: train.cross_entropy(
        numpy.ones((2, 3)), numpy.array([0, 2**64 - 100], "u8")),
     simplernn.RangeError, "targets has the number 18446744073709551516"),
    (lambda: train.cross_entropy(numpy.ones((2, 3)), [0]),
     simplernn.ShapeError, "targets is [1]"),
    (lambda: train.cross_entropy(numpy.ones((2, 3)), [0.0, 1.0]),
     simplernn.DtypeError, "targets must be integers"),
    (lambda: train.cross_entropy(numpy.ones((2, 0)), [0, 1]),
     simplernn.ShapeError, "logits"),
    (lambda: train.cross_entropy(numpy.ones(()), 0), simplernn.ShapeError,
     "logits"),
    (lambda: train.cross_entropy(numpy.ones((2, 3), "int64"), [0, 1]),
     simplernn.DtypeError, "logits has dtype int64"),
    (lambda: train.cross_entropy(numpy.ones((2, 3)), [0, 1], divisor=-1),
     simplernn.RangeError, "divisor"),
    (lambda: train.cross_entropy(numpy.ones((2, 3)), [0, 1], divisor="1"),
     TypeError, ""),
    (lambda: train.cross_entropy(numpy.ones((2, 3)), [0, 1], d_logits=3),
     TypeError, "d_logits must be an array"),
    (lambda: train.cross_entropy(numpy.ones((2, 3))), TypeError,
     "needs the argument targets"),
    (lambda: train.squared_error(numpy.ones((2, 3)), numpy.ones((2, 2))),
     simplernn.ShapeError, "target is [2, 2]"),
    (lambda: train.squared_error(numpy.ones((2, 3)),
                                 numpy.ones((2, 3), "float32")),
     simplernn.DtypeError, "target has dtype float32"),
    (lambda: train.squared_error(numpy.ones((2, 3)), numpy.ones((2, 3)),
                                 counted=[1]),
     simplernn.ShapeError, "counted is [1]"),
])
def test_errors(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)
