# SPDX-License-Identifier: MIT
"""Files, state_dicts, copies."""

import copy
import io
import json
import os
import pathlib
import pickle
import subprocess
import sys

import numpy
import pytest
from hypothesis import given

import networks
import simplernn

OPTIONS = ("input_size", "hidden_size", "num_layers", "nonlinearity", "bias",
           "batch_first", "dropout", "direction", "dtype")


def rnn(**options):
    return simplernn.RNN(3, 4, **{"num_layers": 2, "seed": 0, **options})


def assert_equal(got, wanted):
    for name in OPTIONS:
        assert getattr(got, name) == getattr(wanted, name), name
    mine, theirs = got.state_dict(), wanted.state_dict()
    assert list(mine) == list(theirs)
    for name, value in theirs.items():
        assert mine[name].dtype == value.dtype
        assert mine[name].tobytes() == value.tobytes()


def ways_to_load(path):
    yield str(path)
    yield path
    data = path.read_bytes()
    yield from (data, bytearray(data), memoryview(data), io.BytesIO(data))
    with open(path, "rb") as file:
        yield file


def header_of(path):
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8:8 + size])


def test_all_ways_to_load_and_save(tmp_path):
    network = rnn(bidirectional=True, batch_first=True, dropout=0.25,
                  nonlinearity="relu", dtype="float64")
    path = tmp_path / "ünï \udcff.safetensors"
    network.save(path)
    for source in ways_to_load(path):
        assert_equal(simplernn.RNN.load(source), network)
    by_name, by_file = tmp_path / "name", io.BytesIO()
    network.save(str(by_name))
    network.save(by_file)
    assert by_name.read_bytes() == path.read_bytes() == by_file.getvalue()


@given(networks.networks())
def test_random_networks_survive(network):
    loaded = simplernn.RNN.load(network._save_bytes("", ()))
    for copied in (loaded, pickle.loads(pickle.dumps(network)),
                   copy.copy(network), copy.deepcopy(network)):
        assert_equal(copied, network)
    if network.direction != "reverse":
        assert_equal(simplernn.RNN.from_state_dict(
            network.state_dict(), nonlinearity=network.nonlinearity,
            batch_first=network.batch_first), network)


def test_several_networks_in_one_file(tmp_path):
    path = tmp_path / "model.safetensors"
    encoder, decoder = rnn(), rnn(seed=1, nonlinearity="relu", num_layers=1)
    encoder.save(path, "encoder.", {"made by": "a test"})
    decoder.save(path, "decoder.rnn.", {"epoch": "3"})
    assert_equal(simplernn.RNN.load(path, "encoder."), encoder)
    assert_equal(simplernn.RNN.load(path, "decoder.rnn."), decoder)
    header = header_of(path)
    assert header["__metadata__"]["made by"] == "a test"
    assert header["__metadata__"]["epoch"] == "3"
    with pytest.raises(simplernn.FormatError, match="encoder"):
        simplernn.RNN.load(path)
    decoder.save(path, alone=True)
    assert_equal(simplernn.RNN.load(path), decoder)
    assert not any(name.startswith("encoder") for name in header_of(path))


def test_a_failure_leaves_the_old_file(tmp_path):
    path = tmp_path / "model.safetensors"
    rnn().save(path)
    before = path.read_bytes()
    for failing in (lambda: rnn().save(path, metadata={"a\0b": "c"}),
                    lambda: rnn().save(path, metadata={"a": "b\0c"}),
                    lambda: rnn().save(path, metadata={"a": 3}),
                    lambda: rnn().save(path, metadata={3: "a"}),
                    lambda: rnn().save(path, metadata={"a": "\ud800"}),
                    lambda: rnn().save(path, "a\0b")):
        with pytest.raises((ValueError, TypeError)):
            failing()
        assert path.read_bytes() == before
    broken = tmp_path / "broken"
    broken.write_bytes(before[:40])
    with pytest.raises(simplernn.FormatError):
        rnn().save(broken)
    assert broken.read_bytes() == before[:40]
    assert sorted(os.listdir(tmp_path)) == ["broken", "model.safetensors"]
    with pytest.raises(OSError, match="No such file"):
        rnn().save(tmp_path / "none" / "model")
    with pytest.raises(OSError):
        rnn().save(tmp_path)


def test_failing_files_of_python():
    class Broken(io.RawIOBase):
        def read(self, size=-1):
            raise OSError("the tape is torn")

        def write(self, data):
            raise OSError("the tape is full")

    with pytest.raises(OSError, match="torn"):
        simplernn.RNN.load(Broken())
    with pytest.raises(OSError, match="full"):
        rnn().save(Broken())
    with pytest.raises(TypeError):
        simplernn.RNN.load(io.StringIO("text"))
    with pytest.raises(TypeError):
        rnn().save(io.StringIO())


class Slow(io.RawIOBase):
    """A file without a buffer that takes few bytes in one call."""

    def __init__(self, most):
        self.most, self.taken = most, b""

    def write(self, data):
        if len(self.taken) >= self.most:
            return None
        self.taken += bytes(data[:7])
        return len(data[:7])


class Own:
    """An object with write() alone, which returns nothing."""

    def write(self, data):
        self.taken = data


def test_files_that_take_fewer_bytes_than_they_are_given(tmp_path):
    wanted = io.BytesIO()
    rnn().save(wanted)
    for target in Slow(10**6), Own():
        rnn().save(target)
        assert target.taken == wanted.getvalue()
    with pytest.raises(BlockingIOError, match="did not take the last"):
        rnn().save(Slow(100))
    script = f"""
import resource, signal, simplernn
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    file = open({str(tmp_path / 'short')!r}, "wb", buffering=0)
    simplernn.RNN(3, 4).save(file)
except OSError as error:
    print(error.strerror)
"""
    done = subprocess.run([sys.executable, "-c", script], text=True,
                          capture_output=True)
    assert (done.stdout, done.stderr) == ("File too large\n", "")


@pytest.mark.parametrize("path, error", [
    ("a\0b", ValueError), (b"a\0b", simplernn.FormatError), ("", ValueError),
    ("\ud800", UnicodeEncodeError), (pathlib.Path("/"), OSError)])
def test_paths_that_cannot_be(path, error):
    with pytest.raises(error):
        simplernn.RNN.load(path)


def test_options_of_load_have_priority(tmp_path):
    path = tmp_path / "model.safetensors"
    network = rnn(nonlinearity="relu", dropout=0.5)
    network.save(path)
    plain = simplernn.RNN.load(path)
    assert plain.nonlinearity == "relu" and plain.dropout == 0.5
    stated = simplernn.RNN.load(path, nonlinearity="sigmoid", dropout=0.0,
                                batch_first=True, dtype="float64",
                                num_threads=2)
    assert stated.nonlinearity == "sigmoid" and stated.dropout == 0
    assert stated.batch_first and stated.dtype == "float64"
    assert stated.num_threads == 2
    name = "weight_ih_l0"
    assert (stated.state_dict()[name] == network.state_dict()[name]).all()


def test_allow_extra(tmp_path):
    path = tmp_path / "model.safetensors"
    rnn().save(path)
    rnn(num_layers=1).save(path, "weight_ih_l7.")
    with pytest.raises(simplernn.SimpleRNNError):
        simplernn.RNN.load(path)
    assert_equal(simplernn.RNN.load(path, allow_extra=True), rnn())


def test_state_dict_is_a_copy_and_goes_back():
    network, other = rnn(), rnn(seed=1)
    state = network.state_dict()
    state["weight_ih_l0"][:] = 7
    assert_equal(network, rnn())
    other.load_state_dict({name: value[::-1].copy()[::-1]
                           for name, value in network.state_dict().items()})
    assert_equal(other, network)


def test_a_state_dict_that_does_not_fit_writes_nothing():
    network = rnn()
    state = network.state_dict()
    for name, value, error in (
            ("bias_hh_l1", numpy.zeros(5, "float32"), simplernn.ShapeError),
            ("bias_hh_l1", numpy.zeros(4, "float64"), simplernn.DtypeError),
            ("bias_hh_l1", None, TypeError),
            ("bias_hh_l2", numpy.zeros(4, "float32"), simplernn.InvalidError)):
        bad = {each: 0 * old for each, old in state.items()}
        with pytest.raises(error):
            network.load_state_dict({**bad, name: value})
        assert_equal(network, rnn())
    del state["bias_ih_l0"]
    with pytest.raises(KeyError, match="bias_ih_l0"):
        network.load_state_dict(state)


def test_sync_compares_bits():
    network = rnn()
    values = list(network.state_dict().values())
    assert network._sync(values) is False
    values[0][0, 0] = 0.0
    assert network._sync(values) is True
    values[0][0, 0] = -0.0
    assert network._sync(values) is True
    assert network._sync(values) is False
    values[0][0, 0] = numpy.nan
    assert network._sync(values) is True
    assert network._sync([value[...] for value in values]) is False
    values[-1][-1] += 1  # the last number counts too
    assert network._sync(values) is True
    strided = [numpy.repeat(value, 2, -1)[..., ::2] for value in values]
    assert network._sync(strided) is True
    with pytest.raises(simplernn.SimpleRNNError):
        network._sync(values[:-1])


class Made:
    """A sequence that makes its items, so that nobody else has them."""

    def __init__(self, values):
        self.values = values

    def __len__(self):
        return 7  # which is wrong

    def __getitem__(self, index):
        return numpy.array(self.values[index])


def test_values_that_nobody_else_has():
    network, other = simplernn.RNN(64, 64, seed=0), simplernn.RNN(64, 64)
    values = list(network.state_dict().values())
    for make in Made(values), (numpy.array(value) for value in values):
        other._set_parameters([numpy.zeros_like(value) for value in values])
        other._set_parameters(make)
        assert_equal(other, network)


def test_from_state_dict_takes_other_types():
    network = rnn(bias=False)
    state = network.state_dict()
    half = simplernn.RNN.from_state_dict(
        {name: value.astype("float16") for name, value in state.items()})
    assert half.dtype == "float32"
    double = simplernn.RNN.from_state_dict(state, dtype="float64")
    assert double.dtype == "float64"
    swapped = {"a." + name: value.astype(">f4")[::-1][::-1].tolist()
               if name == "weight_hh_l1" else value.astype(">f4")
               for name, value in state.items()}
    with pytest.raises(simplernn.SimpleRNNError):
        simplernn.RNN.from_state_dict(swapped)
    assert_equal(simplernn.RNN.from_state_dict(
        {name: numpy.asarray(value, ">f4") for name, value in swapped.items()},
        "a."), network)
    with pytest.raises(simplernn.DtypeError, match="int32"):
        simplernn.RNN.from_state_dict(
            {name: value.astype("int32") for name, value in state.items()})


class Named(simplernn.RNN):
    def __init__(self, size, name):
        super().__init__(size, size, seed=0)
        self.name = name


class Slotted(simplernn.RNN):
    __slots__ = ("name",)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_of_derived_classes(protocol):
    network = Named(3, ["a", "name"])
    network.num_threads = 2
    again = pickle.loads(pickle.dumps(network, protocol))
    assert type(again) is Named and again.name == ["a", "name"]
    assert again.num_threads == 2
    assert_equal(again, network)
    slotted = Slotted(3, 4, seed=0)
    slotted.name, slotted.other = "slot", "dict"
    again = pickle.loads(pickle.dumps(slotted, protocol))
    assert again.name == "slot" and again.other == "dict"


def test_copies_are_apart():
    network = Named(3, ["a"])
    shallow, deep = copy.copy(network), copy.deepcopy(network)
    assert shallow.name is network.name
    assert deep.name == network.name and deep.name is not network.name
    network.load_state_dict({name: 0 * value
                             for name, value in network.state_dict().items()})
    assert_equal(shallow, Named(3, ""))
    assert_equal(deep, Named(3, ""))
    cell = copy.deepcopy(simplernn.RNNCell(3, 4, seed=0))
    assert type(cell) is simplernn.RNNCell and cell.hidden_size == 4


def test_the_safetensors_package_reads_what_we_write(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    network = rnn(bidirectional=True)
    path = tmp_path / "model.safetensors"
    network.save(path)
    for read in (safetensors.load_file(path),
                 safetensors.load(network._save_bytes("", ()))):
        for name, value in network.state_dict().items():
            assert read[name].tobytes() == value.tobytes()
    written = safetensors.save(network.state_dict())
    assert_equal(simplernn.RNN.load(written), network)
