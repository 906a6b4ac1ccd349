# SPDX-License-Identifier: MIT
"""Checkpoints: training goes on with the same bits, in another process too."""

import json
import subprocess
import sys

import numpy
import pytest

import simplernn
from simplernn import train

# Trains for some steps. Dropout and a carried state are a part of it.
PROGRAM = """
import sys
import numpy, simplernn
from simplernn import train

class Training:
    def __init__(self, kind, **options):
        self.rnn = simplernn.RNN(3, 8, num_layers=2, dropout=0.3, seed=1)
        self.fc = train.Linear(8, 4, seed=2)
        self.h0 = numpy.zeros((2, 1, 8), "float32")
        self.gradients = {"rnn.": train.Gradients(self.rnn),
                          "fc.": train.Gradients(self.fc),
                          "": train.Gradients(self.h0, name="h0")}
        self.optimizer = getattr(train, kind)(self.gradients, **options)
        self.tape = train.Tape(self.rnn)
        self.carried = numpy.zeros((2, 5, 8), "float32")
        self.losses = []

    def step(self):
        number = self.optimizer.steps
        random = numpy.random.default_rng(number)
        x = random.normal(size=(6, 5, 3)).astype("float32")
        y, self.carried = self.tape.record(x, self.carried + self.h0,
                                           seed=number)
        logits = self.fc(y)
        targets = random.integers(0, 4, (6, 5))
        loss, count, d = train.cross_entropy(logits, targets)
        d = self.fc.backward(y, d, gradients=self.gradients["fc."])
        self.tape.backward(d, gradients=self.gradients["rnn."],
                           d_h0=self.gradients[""]["h0"])
        train.clip_norm(self.gradients.values(), 1.0)
        self.optimizer.step()
        self.losses.append(loss)

    def save(self, path):
        self.optimizer.save(path, {"carried": self.carried},
                            {"order": "as it comes"})

    def load(self, path):
        tensors, metadata = self.optimizer.load(path)
        assert metadata == {"order": "as it comes"}
        self.carried = tensors.pop("carried")
        assert not tensors

if __name__ == "__main__":
    training = Training(sys.argv[1])
    training.load(sys.argv[2])
    for _ in range(5):
        training.step()
    training.save(sys.argv[3])
"""
module = {"__name__": "training"}
exec(PROGRAM, module)
Training = module["Training"]


@pytest.mark.parametrize("kind", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_ten_steps_are_five_and_five(kind, tmp_path, environment):
    training = Training(kind)
    for number in range(10):
        if number == 5:
            training.save(tmp_path / "middle.safetensors")
        training.step()
    training.save(tmp_path / "end.safetensors")
    subprocess.run([sys.executable, "-c", PROGRAM, kind,
                    tmp_path / "middle.safetensors",
                    tmp_path / "again.safetensors"], env=environment,
                   check=True)
    assert (tmp_path / "end.safetensors").read_bytes() == (
        tmp_path / "again.safetensors").read_bytes()
    assert len(set(training.losses)) == 10


def test_models_are_read_from_a_checkpoint(tmp_path):
    training = Training("Adam")
    training.step()
    path = tmp_path / "checkpoint.safetensors"
    training.save(path)
    x = numpy.ones((6, 5, 3), "float32")
    rnn, fc = simplernn.RNN.load(path, "rnn."), train.Linear.load(path, "fc.")
    assert rnn.dropout == pytest.approx(0.3)
    assert (rnn(x)[0] == training.rnn(x)[0]).all()
    assert (fc(rnn(x)[0]) == training.fc(training.rnn(x)[0])).all()


def test_options_steps_and_frozen_values_come_back(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    one = Training("AdamW", lr=0.5, weight_decay=0.25)
    one.optimizer["fc."].lr = 0.125
    one.step()
    one.save(path)
    two = Training("AdamW")
    two.load(path)
    assert repr(two.optimizer) == repr(one.optimizer)
    assert two.optimizer["fc."].lr == 0.125 and two.optimizer.steps == 1
    assert (two.h0 == one.h0).all() and one.h0.any()


def test_tensors_of_every_type_and_texts(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    value = numpy.zeros(3)
    optimizer = train.SGD(train.Gradients(value, name="value"))
    given = {
        "float32": numpy.arange(6, dtype="float32").reshape(2, 3)[:, ::-1],
        "float64": numpy.array(0.5), "int64": numpy.arange(4)[::2],
        "uint8": numpy.zeros((0, 3), "uint8"),
        "flags": numpy.array([True, False])}
    texts = {"generator": '{"state": 1}', "": "", "Ü": "ä"}
    optimizer.save(path, given, texts)
    tensors, metadata = optimizer.load(path)
    assert metadata == texts and tensors.keys() == given.keys()
    for name, array in given.items():
        wanted = array.astype("uint8") if name == "flags" else array
        assert tensors[name].dtype == wanted.dtype
        assert tensors[name].shape == wanted.shape
        assert (tensors[name] == wanted).all()
    optimizer.save(path, tensors, metadata)
    assert optimizer.load(path)[1] == texts
    optimizer.save(path)
    assert optimizer.load(path) == ({}, {})


def test_a_linear_layer_has_no_options_in_metadata(tmp_path):
    """So a text of the caller may have the name of one."""
    path = tmp_path / "checkpoint"
    gradients = train.Gradients(train.Linear(1, 1))
    optimizer = train.SGD(gradients)
    optimizer.save(path, metadata={"dropout": "of my own"})
    assert optimizer.load(path)[1] == {"dropout": "of my own"}


def test_what_is_refused(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    training = Training("Adam")
    training.step()
    optimizer = training.optimizer
    ones = numpy.ones(3)
    for tensors, metadata, error, text in [
            ({"h0": ones}, {}, simplernn.InvalidError, "h0"),
            ({"optimizer.x": ones}, {}, simplernn.InvalidError, "optimizer."),
            ({}, {"optimizer.x": ""}, simplernn.InvalidError, "optimizer."),
            ({}, {"rnn.dropout": ""}, simplernn.InvalidError, "rnn.dropout"),
            ({"x": ones.astype("int32")}, {}, simplernn.DtypeError,
             "x has dtype int32; a checkpoint holds float32, float64, int64, "
             "uint8"),
            ({"x": None}, {}, simplernn.DtypeError, "object"),
            ({3: ones}, {}, TypeError, "the name of a tensor must be a text"),
            ({}, {"x": 3}, TypeError, "metadata must be a text"),
            ({"a\0": ones}, {}, ValueError, "null")]:
        with pytest.raises(error) as caught:
            optimizer.save(path, tensors, metadata)
        assert text in str(caught.value)
        assert not path.exists()
    with pytest.raises(simplernn.IoError):
        optimizer.save(tmp_path / "none" / "file")


def with_odd_type(file):
    """The carried state as integers of a type that the library does not
    read."""
    size = int.from_bytes(file[:8], "little")
    header = json.loads(file[8:8 + size])
    header["carried"]["dtype"] = "I32"
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + file[8 + size:]


def test_a_load_that_fails_changes_nothing(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    training = Training("Adam")
    training.step()
    training.save(path)
    network = tmp_path / "network.safetensors"
    training.rnn.save(network, "rnn.")
    whole = path.read_bytes()
    (tmp_path / "short").write_bytes(whole[:-1])
    (tmp_path / "odd").write_bytes(with_odd_type(whole))
    training.step()
    before = training.rnn._save_bytes("", ()), training.optimizer.steps
    for source, error in [(network, simplernn.NotFoundError),
                          (tmp_path / "short", simplernn.FormatError),
                          (tmp_path / "odd", simplernn.DtypeError),
                          (tmp_path / "none", simplernn.IoError)]:
        with pytest.raises(error):
            training.optimizer.load(source)
    with pytest.raises(simplernn.StateError):
        Training("SGD").load(path)
    assert before == (training.rnn._save_bytes("", ()),
                      training.optimizer.steps)
    training.load(path)
    assert training.optimizer.steps == 1
